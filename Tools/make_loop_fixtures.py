"""Exports small programs that run graphs again and again: while_loop, map and scan, for the tests of packaging.

usage: python Tools/make_loop_fixtures.py OUTDIR

Writes the cases of program_cases.py. The second inputs of a while_loop make it take no step, or are of other sizes. Made with PyTorch
2.6.0 and with a later one, which alone writes programs that carry numbers.
"""

import sys

import torch
from torch import nn
from torch._higher_order_ops.scan import scan
from torch._higher_order_ops.while_loop import while_loop

from program_cases import save_case

try:
    from torch._higher_order_ops.map import map as map_over
except ImportError:
    from functorch.experimental.control_flow import map as map_over


class Countdown(nn.Module):
    def forward(self, n, x):
        return while_loop(lambda n, x: n > 0, lambda n, x: (n - 1, x * 1.5 + n), (n, x))


class Halved(nn.Module):
    """A layer again and again until what it gives is small; the rows are of a size that may change."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.register_buffer("limit", torch.tensor(0.5))

    def forward(self, x):
        def condition(x, steps):
            return (x.abs().max() > self.limit) & (steps < 20)

        def body(x, steps):
            return torch.tanh(self.layer(x)) * 0.5, steps + 1

        x, steps = while_loop(condition, body, (x, torch.zeros((), dtype=torch.int64)))
        return x + 1, steps


class Nested(nn.Module):
    """Loops in loops, with branches in them."""

    def forward(self, n, x):
        def inner(k, x):
            return while_loop(lambda k, x: k > 0, lambda k, x: (k - 1, x + k), (k, x))[1]

        def body(n, x):
            y = torch.cond(x.sum() > 3, lambda x: x * 0.5, lambda x: x + 1, (x,))
            return n - 1, inner(n.clone(), y)

        return while_loop(lambda n, x: n > 0, body, (n, x))


class Turned(nn.Module):
    """A turned tensor is carried, and a buffer, which are given back as they are where no step is taken."""

    def __init__(self):
        super().__init__()
        self.register_buffer("start", torch.arange(6.0).view(2, 3))

    def forward(self, n, x):
        def body(n, a, b):
            return n - 1, a + b.t(), b - 1

        return while_loop(lambda n, a, b: n > 0, body, (n, x.t(), self.start))


class Mapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.randn(4))

    def forward(self, xs, y):
        return map_over(lambda x, y: (x * self.scale + y, (x - y).sum()), xs, y)


class Scanned(nn.Module):
    def __init__(self, reverse):
        super().__init__()
        self.reverse = reverse

    def forward(self, start, xs):
        def step(carry, x):
            following = carry * 0.5 + x
            return following, following.sin() + carry

        return scan(step, start, xs, dim=0, reverse=self.reverse)


class Numbers(nn.Module):
    """Numbers are carried, and nothing else: PyTorch writes no list of numbers and tensors."""

    def forward(self, x):
        (i,) = while_loop(lambda i: i < 20, lambda i: (i + 2,), (x.shape[0],))
        return x + torch.full((), 0.5) * i


class Sized(nn.Module):
    """Steps that use a size which may change."""

    def forward(self, n, x):
        return while_loop(lambda n, x: n > 0, lambda n, x: (n - 1, x * 0.5 + torch.arange(x.shape[0])), (n, x))


def main():
    folder = sys.argv[1]
    torch.manual_seed(0)
    wide = ({0: torch.export.Dim("rows", min=2, max=64)},)

    def number(value):
        return torch.tensor(value)

    def save(name, module, inputs, other=None, dynamic=None):
        save_case(folder, name, module.eval(), inputs, dynamic=dynamic, alternative=(other, {}) if other else None, strict=True)

    rows = (None, {0: torch.export.Dim("rows", min=2)})
    save("countdown", Countdown(), (number(4), torch.randn(3)), (number(0), torch.randn(3)), dynamic=rows)
    save("halved", Halved(), (torch.randn(3, 4) * 3,), (torch.randn(5, 4) * 0.01,), dynamic=wide)
    save("nested", Nested(), (number(3), torch.randn(5)), (number(0), torch.randn(5)))
    save("turned", Turned(), (number(2), torch.randn(2, 3)), (number(0), torch.randn(2, 3)))
    save("mapped", Mapped(), (torch.randn(5, 3, 4), torch.randn(4)))
    save("scanned", Scanned(False), (torch.randn(4), torch.randn(6, 4)))
    save("scanned_back", Scanned(True), (torch.randn(4), torch.randn(6, 4)))
    save("scanned_long", Scanned(False), (torch.randn(2), torch.randn(129, 2)))
    save("scanned_sized", Scanned(False), (torch.randn(2), torch.randn(3, 2)), dynamic=rows)
    save("sized", Sized(), (number(2), torch.randn(3)), (number(1), torch.randn(7)), dynamic=rows)
    if not torch.__version__.startswith("2.6."):
        save("numbers", Numbers(), (torch.randn(3),))
        save("numbers_sized", Numbers(), (torch.randn(3),), (torch.randn(30),), dynamic=({0: torch.export.Dim("rows", min=2)},))


if __name__ == "__main__":
    main()
