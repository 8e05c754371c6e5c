"""Makes demo-models/: small programs, each as torch.export.save writes it, with inputs and expected outputs.

usage: python Tools/make_demo_models.py [--out demo-models] [NAME ...]

Needs torch and safetensors. Each program is written by the PyTorch that has its layout: run the script once with
PyTorch 2.6 (a zip of serialized_* files) and once with 2.8 or later (a PT2 archive); it makes what that one writes.
Weights are random, from fixed seeds.
"""

import argparse
import math
import os

import torch
import torch.nn.functional as F
from torch import nn
from torch.export import Dim

from program_cases import save_case


# A residual network, as for 32x32 images.


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = self.bn2(self.conv2(out))
        out += identity
        return F.relu(out, inplace=True)


class ResNet(nn.Module):
    def __init__(self, classes=10, widths=(16, 32, 64)):
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        before = (widths[0],) + widths
        for i, width in enumerate(widths):
            stride = 1 if i == 0 else 2
            layer = nn.Sequential(BasicBlock(before[i], width, stride), BasicBlock(width, width, 1))
            self.add_module(f"layer{i + 1}", layer)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(widths[-1], classes)

    def forward(self, image):
        x = self.maxpool(F.relu(self.bn1(self.conv1(image)), inplace=True))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(torch.flatten(self.avgpool(x), 1))


# An encoder with BERT's module names.


class BertEmbeddings(nn.Module):
    def __init__(self, vocabulary, positions, width):
        super().__init__()
        self.word_embeddings = nn.Embedding(vocabulary, width, padding_idx=0)
        self.position_embeddings = nn.Embedding(positions, width)
        self.token_type_embeddings = nn.Embedding(2, width)
        self.LayerNorm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = nn.Dropout(0.1)
        self.register_buffer("position_ids", torch.arange(positions).expand((1, -1)), persistent=False)

    def forward(self, input_ids, token_type_ids):
        positions = self.position_embeddings(self.position_ids[:, : input_ids.shape[1]])
        x = self.word_embeddings(input_ids) + self.token_type_embeddings(token_type_ids) + positions
        return self.dropout(self.LayerNorm(x))


class BertSelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)

    def split(self, x):
        return x.view(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def forward(self, x, mask):
        query, key, value = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        context = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return context.transpose(1, 2).reshape(x.shape)


class BertSelfOutput(nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        self.dense = nn.Linear(inputs, width)
        self.LayerNorm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x, residual):
        return self.LayerNorm(self.dropout(self.dense(x)) + residual)


class BertAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.self = BertSelfAttention(width, heads)
        self.output = BertSelfOutput(width, width)

    def forward(self, x, mask):
        return self.output(self.self(x, mask), x)


class BertIntermediate(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.dense = nn.Linear(width, inner)

    def forward(self, x):
        return F.gelu(self.dense(x))


class BertLayer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.attention = BertAttention(width, heads)
        self.intermediate = BertIntermediate(width, 4 * width)
        self.output = BertSelfOutput(4 * width, width)

    def forward(self, x, mask):
        x = self.attention(x, mask)
        return self.output(self.intermediate(x), x)


class BertEncoder(nn.Module):
    def __init__(self, width, heads, layers):
        super().__init__()
        self.layer = nn.ModuleList(BertLayer(width, heads) for _ in range(layers))

    def forward(self, x, mask):
        for layer in self.layer:
            x = layer(x, mask)
        return x


class BertPooler(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.dense = nn.Linear(width, width)

    def forward(self, x):
        return torch.tanh(self.dense(x[:, 0]))


class Bert(nn.Module):
    def __init__(self, vocabulary=512, positions=64, width=64, heads=4, layers=3):
        super().__init__()
        self.embeddings = BertEmbeddings(vocabulary, positions, width)
        self.encoder = BertEncoder(width, heads, layers)
        self.pooler = BertPooler(width)

    def forward(self, input_ids, attention_mask, token_type_ids):
        mask = attention_mask[:, None, None, :].to(torch.float32)
        mask = (1.0 - mask) * torch.finfo(torch.float32).min
        x = self.encoder(self.embeddings(input_ids, token_type_ids), mask)
        return {"last_hidden_state": x, "pooler_output": self.pooler(x)}


# A decoder with GPT-2's module names; its head shares the token embedding's weight.


class CausalSelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)

    def forward(self, x):
        batch, length, width = x.shape
        query, key, value = self.c_attn(x).split(width, dim=2)
        shape = (batch, length, self.heads, width // self.heads)
        query, key, value = (t.view(shape).transpose(1, 2) for t in (query, key, value))
        y = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.c_proj(y.transpose(1, 2).contiguous().view(batch, length, width))


class GptMLP(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width)
        self.c_proj = nn.Linear(4 * width, width)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class GptBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = CausalSelfAttention(width, heads)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = GptMLP(width)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GptTransformer(nn.Module):
    def __init__(self, vocabulary, positions, width, heads, layers):
        super().__init__()
        self.wte = nn.Embedding(vocabulary, width)
        self.wpe = nn.Embedding(positions, width)
        self.h = nn.ModuleList(GptBlock(width, heads) for _ in range(layers))
        self.ln_f = nn.LayerNorm(width)

    def forward(self, tokens):
        position = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.wte(tokens) + self.wpe(position)
        for block in self.h:
            x = block(x)
        return self.ln_f(x)


class Gpt(nn.Module):
    def __init__(self, vocabulary=512, positions=128, width=64, heads=4, layers=4):
        super().__init__()
        self.transformer = GptTransformer(vocabulary, positions, width, heads, layers)
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        self.lm_head.weight = self.transformer.wte.weight

    def forward(self, tokens):
        return self.lm_head(self.transformer(tokens))


# A bidirectional LSTM that tags each token.


class LstmTagger(nn.Module):
    def __init__(self, vocabulary=512, tags=12, width=48):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.lstm = nn.LSTM(width, width, num_layers=2, bidirectional=True, batch_first=True)
        self.classifier = nn.Linear(2 * width, tags)

    def forward(self, tokens):
        hidden, _ = self.lstm(self.embedding(tokens))
        return F.log_softmax(self.classifier(hidden), dim=-1)


# Data-dependent control flow: an easy input leaves early, a hard one goes through a deeper branch.


class EarlyExit(nn.Module):
    def __init__(self, width=32, classes=8):
        super().__init__()
        self.stem = nn.Linear(width, width)
        self.gate = nn.Linear(width, 1)
        self.easy = nn.Linear(width, classes)
        self.hard = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, classes))

    def forward(self, x):
        hidden = torch.tanh(self.stem(x))
        score = torch.sigmoid(self.gate(hidden)).mean()

        def leave(hidden):
            return self.easy(hidden), hidden.mean(-1)

        def go_on(hidden):
            return self.hard(hidden), hidden.amax(-1)

        logits, summary = torch.cond(score > 0.5, leave, go_on, (hidden,))
        return logits, summary, score


# A perceptron over tabular features.


class Perceptron(nn.Module):
    def __init__(self, features=24, width=96, classes=5):
        super().__init__()
        self.norm = nn.BatchNorm1d(features)
        self.layers = nn.Sequential(
            nn.Linear(features, width),
            nn.SiLU(),
            nn.LayerNorm(width),
            nn.Dropout(0.2),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Linear(width, classes),
        )

    def forward(self, features):
        return self.layers(self.norm(features)).softmax(-1)


# An MLP-Mixer over image patches, in bfloat16.


class MixerMLP(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.fc1 = nn.Linear(width, inner)
        self.fc2 = nn.Linear(inner, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class MixerBlock(nn.Module):
    def __init__(self, patches, width):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.token_mixing = MixerMLP(patches, 2 * patches)
        self.norm2 = nn.LayerNorm(width)
        self.channel_mixing = MixerMLP(width, 4 * width)

    def forward(self, x):
        x = x + self.token_mixing(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channel_mixing(self.norm2(x))


class Mixer(nn.Module):
    def __init__(self, patch=4, side=16, width=48, layers=3, classes=10):
        super().__init__()
        self.stem = nn.Conv2d(3, width, patch, stride=patch)
        self.blocks = nn.Sequential(*(MixerBlock((side // patch) ** 2, width) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, image):
        x = self.stem(image).flatten(2).transpose(1, 2)
        return self.head(self.norm(self.blocks(x)).mean(1))


# A vision transformer with rotary attention, for the newer layout.


class RotaryAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def rotate(self, x, cos, sin):
        first, second = x.chunk(2, dim=-1)
        return x * cos + torch.cat((-second, first), dim=-1) * sin

    def forward(self, x, cos, sin):
        batch, length, width = x.shape
        qkv = self.qkv(x).reshape(batch, length, 3, self.heads, width // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        query, key = self.rotate(query, cos, sin), self.rotate(key, cos, sin)
        scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
        x = scores.softmax(dim=-1) @ value
        return self.proj(x.transpose(1, 2).reshape(batch, length, width))


class VisionBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.RMSNorm(width, eps=1e-6)
        self.attn = RotaryAttention(width, heads)
        self.norm2 = nn.RMSNorm(width, eps=1e-6)
        self.gate = nn.Linear(width, 2 * width, bias=False)
        self.up = nn.Linear(width, 2 * width, bias=False)
        self.down = nn.Linear(2 * width, width, bias=False)

    def forward(self, x, cos, sin):
        x = x + self.attn(self.norm1(x), cos, sin)
        y = self.norm2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class VisionTransformer(nn.Module):
    def __init__(self, patch=8, side=32, width=64, heads=4, layers=4, classes=10):
        super().__init__()
        self.patch_embed = nn.Conv2d(3, width, patch, stride=patch)
        self.cls_token = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.blocks = nn.ModuleList(VisionBlock(width, heads) for _ in range(layers))
        self.norm = nn.RMSNorm(width, eps=1e-6)
        self.head = nn.Linear(width, classes)
        size = width // heads
        frequency = 100.0 ** (-torch.arange(0, size, 2) / size)
        angle = torch.outer(torch.arange((side // patch) ** 2 + 1), frequency).repeat(1, 2)
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())

    def forward(self, image):
        x = self.patch_embed(image).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls_token.expand(x.shape[0], -1, -1), x), dim=1)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        return self.head(self.norm(x)[:, 0])


def tokens(*shape):
    return torch.randint(1, 512, shape)


def bert_inputs(batch, length):
    mask = torch.ones(batch, length, dtype=torch.int64)
    mask[0, length - 3 :] = 0
    types = (torch.arange(length) >= length // 2).to(torch.int64).expand(batch, -1).contiguous()
    return tokens(batch, length), mask, types


def demo_models():
    """Name -> (newer layout, make module, make inputs, inputs' sizes, other sizes or None, dynamic shapes or None)."""
    batch, length = Dim("batch", min=1, max=64), Dim("length", min=4, max=63)
    by_batch, by_length = {0: batch}, {0: batch, 1: length}
    mixed = torch.bfloat16
    return {
        "resnet": (False, ResNet, lambda b: (torch.randn(b, 3, 32, 32),), (2,), (5,), (by_batch,)),
        "bert": (False, Bert, bert_inputs, (2, 16), (3, 24), (by_length, by_length, by_length)),
        "gpt": (False, Gpt, lambda b, t: (tokens(b, t),), (2, 16), (1, 33), (by_length,)),
        "lstm_tagger": (False, LstmTagger, lambda b, t: (tokens(b, t),), (4, 12), None, None),
        "early_exit": (False, EarlyExit, lambda b: (torch.randn(b, 32),), (6,), None, None),
        "perceptron": (False, Perceptron, lambda b: (torch.randn(b, 24),), (8,), (3,), (by_batch,)),
        "mixer_bf16": (
            False, lambda: Mixer().to(mixed), lambda b: (torch.randn(b, 3, 16, 16).to(mixed),), (2,), (7,), (by_batch,)
        ),
        "vision_transformer": (
            True, VisionTransformer, lambda b: (torch.randn(b, 3, 32, 32),), (2,), (4,), (by_batch,)
        ),
    }


def settle(module):
    """Gives batch norms the statistics and weights of a network in use, so that nothing is an identity."""
    for part in module.modules():
        if isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d)):
            part.running_mean.normal_(0, 0.2)
            part.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(part.weight, 0.7, 1.3)
            nn.init.normal_(part.bias, 0, 0.1)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default=os.path.join(here, os.pardir, "demo-models"))
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    newer = tuple(int(part) for part in torch.__version__.split(".")[:2]) >= (2, 8)
    for seed, (name, entry) in enumerate(demo_models().items()):
        for_newer, make, inputs, sizes, other, dynamic = entry
        if for_newer != newer or (options.names and name not in options.names):
            continue
        torch.manual_seed(seed)
        module = make().eval()
        settle(module)
        arguments = inputs(*sizes)
        alternative = (inputs(*other), {}) if other else None
        save_case(options.out, name, module, arguments, dynamic=dynamic, alternative=alternative)
        size = os.path.getsize(os.path.join(options.out, name + ".pt2"))
        parameters = sum(p.numel() for p in module.parameters())
        print(f"{name}: {parameters:,} parameters, {size:,} bytes", flush=True)


if __name__ == "__main__":
    main()
