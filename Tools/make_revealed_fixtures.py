"""Exports small programs with sizes and numbers that only a run reveals: nonzero, masks, item, repetitions.

usage: python Tools/make_revealed_fixtures.py OUTDIR

Writes the cases of program_cases.py; the second inputs reveal other numbers, mostly none. Made with PyTorch 2.6.0 and with a later one.
"""

import sys

import torch
import torch._dynamo
from torch import nn

from program_cases import save_case


class Slice(nn.Module):
    def forward(self, x, n):
        k = n.item()
        torch._check(k >= 0)
        torch._check(k <= x.shape[0])
        return torch.relu(x[:k]) * 2, x[:k].sum(0)


class Clamped(nn.Module):
    """A bound that may lie beyond the rows. PyTorch 2.6 cannot export it."""

    def forward(self, x, n):
        k = n.item()
        torch._check(k >= 0)
        return x[k:].exp().sum(0)


class Pick(nn.Module):
    def forward(self, x, n):
        k = n.item()
        torch._check(k >= 0)
        torch._check(k < x.shape[0])
        return x.select(0, k).sin() + 1


class Between(nn.Module):
    """Heads of rows between two numbers: their number is a difference, by which -1 is worked out. PyTorch 2.6 cannot export it."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, x, low, high):
        i, j = low.item(), high.item()
        part = x[i:j]
        torch._check(part.shape[0] >= 2)
        torch._check(part.shape[0] <= x.shape[0])
        return self.layer(part).view(part.shape[0], 4, -1).transpose(0, 1) * j


class Masked(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 5)

    def forward(self, x):
        rows = x[x[:, 0] > 0]
        return nn.functional.gelu(self.layer(rows)), rows.sum(0)


class Expert(nn.Module):
    """Rows by a router's choice, written back where they came from: writes around sizes that only the run reveals."""

    def __init__(self):
        super().__init__()
        self.up = nn.Linear(8, 16)
        self.down = nn.Linear(16, 8)

    def forward(self, x, chosen):
        result = torch.zeros_like(x)
        for expert in range(2):
            place, row = torch.where(nn.functional.one_hot(chosen, 2).permute(2, 1, 0)[expert])
            given = x[None, row].reshape(-1, 8)
            result.index_add_(0, row, self.down(nn.functional.silu(self.up(given))) * (place + 1)[:, None])
        return result


class Counted(nn.Module):
    def forward(self, x):
        found = x.nonzero()
        return found.float().sum(0) + found.shape[0], found * 2


class Scaled(nn.Module):
    def forward(self, x, n, f):
        return x * n.item() + f.item()


class Made(nn.Module):
    def forward(self, x, n):
        k = n.item()
        torch._check(k >= 0)
        torch._check(k < 100)
        return torch.arange(k) * x.sum(), torch.zeros(k, 3) + x[:3]


class Chosen(nn.Module):
    def forward(self, x, n):
        return torch.cond(n.item() > 3, lambda x: x.sin(), lambda x: x.cos() * 2, (x,))


def main():
    folder = sys.argv[1]
    torch._dynamo.config.capture_scalar_outputs = True
    torch.manual_seed(0)

    def number(value):
        return torch.tensor(value)

    def save(name, module, inputs, other):
        save_case(folder, name, module.eval(), inputs, alternative=(other, {}), strict=True)

    rows = torch.randn(10, 4)
    save("slice", Slice(), (rows, number(4)), (rows, number(0)))
    save("pick", Pick(), (rows, number(4)), (rows, number(9)))
    if not torch.__version__.startswith("2.6."):
        save("clamped", Clamped(), (rows, number(4)), (rows, number(400000)))
        save("between", Between(), (torch.randn(10, 8), number(2), number(7)), (torch.randn(10, 8), number(0), number(10)))
    save("masked", Masked(), (torch.randn(12, 8),), (-torch.rand(12, 8),))
    save("expert", Expert(), (torch.randn(6, 8), torch.tensor([[0], [1], [1], [0], [1], [1]])), (torch.randn(6, 8), torch.ones(6, 1, dtype=torch.int64)))
    save("counted", Counted(), ((torch.randn(5, 6) > 0).float(),), (torch.zeros(5, 6),))
    save("scaled", Scaled(), (rows, number(4), number(0.75)), (rows, number(-3), number(-2.5)))
    save("made", Made(), (torch.randn(10), number(7)), (torch.randn(10), number(0)))
    save("chosen", Chosen(), (rows, number(2)), (rows, number(7)))


if __name__ == "__main__":
    main()
