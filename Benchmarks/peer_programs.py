"""The eight programs of the benchmark, as PyTorch modules with inputs, their export for Lathe, and the options that choose among them."""

import argparse
import os
import sys

import torch
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "Tools"))
from program_cases import save_case  # noqa: E402


class Tiny(nn.Module):
    """What a call costs."""

    def __init__(self):
        super().__init__()
        self.l = nn.Linear(8, 8)

    def forward(self, x):
        return torch.relu(self.l(x)) + 1


class Pointwise(nn.Module):
    """A chain of element-wise operators, bound by memory."""

    def forward(self, x, y):
        return ((x * torch.sigmoid(y) + y.tanh()) * 0.5 + x.exp().clamp(max=3.0)).sum(-1)


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(1024, 4096), nn.GELU(), nn.LayerNorm(4096), nn.Linear(4096, 1024))

    def forward(self, x):
        return self.f(x).softmax(-1)


class Only(nn.Module):
    """One tensor of a library model's output object."""

    def __init__(self, model, key):
        super().__init__()
        self.model, self.key = model, key

    def forward(self, tokens):
        return getattr(self.model(tokens), self.key)


class MatrixProduct(nn.Module):
    def forward(self, a, b):
        return a @ b


def vision(name):
    import torchvision

    return getattr(torchvision.models, name)(weights=None), (torch.randn(1, 3, 224, 224),)


def bert_base():
    import transformers

    model = transformers.BertModel(transformers.BertConfig(attn_implementation="sdpa"))
    return Only(model, "last_hidden_state"), (torch.randint(0, 30000, (1, 128)),)


def gpt2():
    import transformers

    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(use_cache=False))
    return Only(model, "logits"), (torch.randint(0, 50000, (1, 128)),)


PROGRAMS = {
    "tiny": lambda: (Tiny(), (torch.randn(4, 8),)),
    "pointwise": lambda: (Pointwise(), (torch.randn(4096, 1024), torch.randn(4096, 1024))),
    "mlp": lambda: (MLP(), (torch.randn(64, 1024),)),
    "resnet18": lambda: vision("resnet18"),
    "mobilenet_v2": lambda: vision("mobilenet_v2"),
    "vit_b_16": lambda: vision("vit_b_16"),
    "bert_base": bert_base,
    "gpt2": gpt2,
}


def options_of_programs(documentation):
    """A parser of the options that every benchmark over these programs takes."""
    parser = argparse.ArgumentParser(description=documentation.splitlines()[0])
    parser.add_argument("--lathe")
    parser.add_argument("--programs", help="where the exported programs are, or are to be made")
    parser.add_argument("--only", default="", help="names, with commas")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="a round's time for each")
    parser.add_argument("--json", action="store_true")
    return parser


def matrix_product(size=1024):
    return MatrixProduct(), (torch.randn(size, size), torch.randn(size, size))


def make(name, maker, folder):
    """The module and its inputs; the exported program is left in the folder if it is not there yet."""
    torch.manual_seed(0)
    module, inputs = maker()
    module = module.eval()
    if not os.path.exists(os.path.join(folder, name + ".pt2")):
        save_case(folder, name, module, inputs)
    return module, inputs
