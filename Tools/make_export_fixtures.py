"""Exports small programs with fixed sizes, and again with every dimension Dim.AUTO, for the tests of lathe export.

usage: python Tools/make_export_fixtures.py OUTDIR

Writes NAME.pt2 (fixed sizes), NAME.inputs and .expected (and .alt for other sizes), and auto.json: what PyTorch made of each input's
sizes and of the symbols' ranges. Made with PyTorch 2.6.0.
"""

import json
import os
import sys

import torch
from program_cases import check_no_machine_paths, strip_machine_paths, write_tensors


class Dense(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.Linear(8, 16), torch.nn.Linear(16, 4)

    def forward(self, x):
        return self.second(torch.relu(self.first(x))).softmax(-1)


class Rows(torch.nn.Module):
    def forward(self, x):
        return x.view(-1, 4).cos()


class Sum(torch.nn.Module):
    def forward(self, x, y):
        return x + y


class Joined(torch.nn.Module):
    def forward(self, x, y):
        return torch.cat([x, y], 0) * 2.5


class Counted(torch.nn.Module):
    def forward(self, x):
        return x.sum(0) / x.shape[0]


class Table(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("table", torch.randn(64, 8))

    def forward(self, x):
        return x + self.table[: x.shape[0]]


class Branches(torch.nn.Module):
    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda x: x.sin() * 3, lambda x: x.cos() - 1.5, (x,))


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(0)
    cases = {
        "dense": (Dense(), (torch.randn(5, 8),), (torch.randn(9, 8),)),
        "rows": (Rows(), (torch.randn(12),), (torch.randn(20),)),
        "sum": (Sum(), (torch.randn(5, 8), torch.randn(5, 8)), (torch.randn(7, 8), torch.randn(7, 8))),
        "joined": (Joined(), (torch.randn(5, 3), torch.randn(7, 3)), (torch.randn(2, 3), torch.randn(9, 3))),
        "counted": (Counted(), (torch.randn(5, 8),), None),
        "table": (Table(), (torch.randn(5, 8),), None),
        "branches": (Branches(), (torch.randn(5, 3),), (torch.randn(8, 3),)),
    }
    found = {}
    for name, (module, inputs, other) in cases.items():
        module = module.eval()
        program = torch.export.export(module, inputs)
        strip_machine_paths(program)
        torch.export.save(program, os.path.join(folder, f"{name}.pt2"))
        check_no_machine_paths(os.path.join(folder, f"{name}.pt2"))
        for middle, values in (("", inputs), ("alt.", other)):
            if values is not None:
                path = os.path.join(folder, f"{name}.{middle}")
                write_tensors(path + "inputs.safetensors", values)
                write_tensors(path + "expected.safetensors", [module(*values)])
        wishes = tuple(tuple(torch.export.Dim.AUTO for _ in value.shape) for value in inputs)
        program = torch.export.export(module, inputs, dynamic_shapes=wishes)
        sizes = {}
        for node in program.graph.nodes:
            if node.op == "placeholder" and node.name in program.graph_signature.user_inputs:
                sizes[node.name] = [str(size) for size in node.meta["val"].shape]
        ranges = {str(symbol): [int(r.lower), None if "oo" in str(r.upper) else int(r.upper)] for symbol, r in program.range_constraints.items()}
        found[name] = {"sizes": sizes, "ranges": ranges}
    with open(os.path.join(folder, "auto.json"), "w") as file:
        json.dump(found, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
