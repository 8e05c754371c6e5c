"""The small functions that conformance sequences call, and their exported programs.

Each function is exported with every dimension and every int dynamic that can be, so that the program holds all that the function does;
no function branches in Python. The sources are run as a file named `model.py`, which is what guards and errors name.
"""

import inspect
import linecache
import os
import re
import sys
import types
import zipfile

import torch

FILE = "model.py"


class Program:
    """One function: its source, and the inputs of distinct sizes it is exported with.

    `fixed` names the arguments that an exported program holds as constants (floats and bools): calls with other values are on record for
    what torch.compile does, and the program on file cannot be called so. A function that cannot be exported has no example.
    """

    def __init__(self, name, source, example=None, fixed=()):
        self.name, self.source, self.example, self.fixed = name, source.lstrip("\n"), example, fixed

    def load(self):
        """The callable, new at each call: its code object has never been compiled."""
        lines = self.source.splitlines(True)
        linecache.cache[FILE] = (len(self.source), None, lines, FILE)
        module = sys.modules["model"] = types.ModuleType("model")
        exec(compile(self.source, FILE, "exec"), module.__dict__)
        if not hasattr(module, "Model"):
            return module.f
        torch.manual_seed(0)
        return module.Model()

    def code(self, function):
        """The code object that torch.compile sees."""
        return (function.forward if isinstance(function, torch.nn.Module) else function).__code__

    def parameters(self):
        """Names of the arguments, in order."""
        function = self.load()
        return list(
            inspect.signature(function.forward if isinstance(function, torch.nn.Module) else function).parameters
        )


def ramp(*size, dtype=torch.float32):
    count = int(torch.tensor(size).prod()) if size else 1
    return ((torch.arange(count, dtype=torch.float64) * 37 % 100 - 25) / 100).to(dtype).reshape(size)


def one(body):
    return f"def f(x):\n    return {body}\n"


PROGRAMS = [
    Program("pointwise", one("x.sin() * 2 + 1"), lambda: (ramp(3),)),
    Program("pointwise2d", one("x.sin() * 2 + 1"), lambda: (ramp(3, 4),)),
    Program("add", "def f(x, y):\n    return x + y\n", lambda: (ramp(3), ramp(3))),
    Program("add2d", "def f(x, y):\n    return x + y\n", lambda: (ramp(3, 4), ramp(3, 4))),
    Program("blend", "def f(x, y, z):\n    return x * y + z\n", lambda: (ramp(3), ramp(3), ramp(3))),
    Program("apart", "def f(x, y):\n    return x.sin().sum() + y.cos().sum()\n", lambda: (ramp(3), ramp(5))),
    Program(
        "linear",
        """
class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 3)

    def forward(self, x):
        return self.linear(x).relu()
""".replace("class", "import torch\n\n\nclass", 1),
        lambda: (ramp(5, 4),),
    ),
    Program("flatten", one("x.view(x.shape[0], -1) + 1"), lambda: (ramp(2, 3, 4),)),
    Program("trim", one("x[:, :-1] * 2"), lambda: (ramp(3, 4),)),
    Program("half", one("x[: x.shape[0] // 2] + 1"), lambda: (ramp(6),)),
    Program("join", "import torch\n\n\ndef f(x, y):\n    return torch.cat([x, y]) * 2\n", lambda: (ramp(3), ramp(5))),
    Program("scale", "def f(x, k):\n    return x * k\n", lambda: (ramp(3), 5)),
    Program("rows", "def f(x, k):\n    return x.view(-1, k) + 1\n", lambda: (ramp(12), 3)),
    Program("count", "import torch\n\n\ndef f(x, k):\n    return x.sum() + torch.arange(k)\n", lambda: (ramp(3), 5)),
    Program("scale_float", "def f(x, k):\n    return x * k\n", lambda: (ramp(3), 2.5), fixed=("k",)),
    Program("scale_bool", "def f(x, k):\n    return x * k\n", lambda: (ramp(3), True), fixed=("k",)),
    Program("softmax", one("x.softmax(-1)"), lambda: (ramp(3, 4),)),
    Program("mean", one("x.mean(0)"), lambda: (ramp(3, 4),)),
    Program("matmul", "def f(x, y):\n    return x @ y\n", lambda: (ramp(3, 4), ramp(4, 5))),
    Program("blocks", one("x.view(-1, 4).sum(1)"), lambda: (ramp(12),)),
    Program("exactly", one("x.view(3) + 1"), lambda: (ramp(3),)),
    Program("nonzero", one("x.relu().nonzero() * 2"), lambda: (ramp(5),)),
    Program("item", "def f(x, n):\n    return x * n.item()\n", lambda: (ramp(5), torch.tensor(7))),
    Program(
        "stance_inside",
        """
import torch


def f(x):
    torch.compiler.set_stance("force_eager")
    return x + 1
""",
    ),
    Program(
        "ten",
        """
def f(xs):
    total = xs[0]
    for x in xs[1:]:
        total = total + x
    return total
""",
        lambda: ([ramp(3) for _ in range(10)],),
    ),
]

BY_NAME = {program.name: program for program in PROGRAMS}


def dynamic(value):
    """`dynamic_shapes` of one argument: all that export lets be dynamic."""
    auto = torch.export.Dim.AUTO
    if isinstance(value, torch.Tensor):
        return {dim: auto for dim in range(value.dim())}
    if isinstance(value, list):
        return [dynamic(item) for item in value]
    return auto if type(value) is int else None


def own_frames(stack_trace):
    """A stack trace cut to the frames of the model's own file, so that programs say nothing of the machine."""
    frames = re.findall(r'  File "[^\n]*\n(?:    [^\n]*\n)*', stack_trace)
    return "".join(frame for frame in frames if f'"{FILE}"' in frame)


def export(program, folder):
    """Writes folder/NAME.pt2, with sizes from 0 up where the function allows it, and checks it against the function."""
    function = program.load()
    module = function
    if not isinstance(function, torch.nn.Module):
        module = torch.nn.Module()
        module.forward = function
    arguments = program.example()
    with torch.no_grad(), torch.fx.experimental._config.patch(backed_size_oblivious=True):
        exported = torch.export.export(
            module, arguments, dynamic_shapes=tuple(dynamic(value) for value in arguments), strict=True
        )
        expected, got = function(*arguments), exported.module()(*arguments)
    if not torch.equal(got, expected):
        raise RuntimeError(f"{program.name}: the exported program does not give what the function gives")
    for graph_module in exported.graph_module.modules():
        for node in graph_module.graph.nodes:
            # Addresses differ from run to run.
            node.meta.pop("from_node", None)
            if "nn_module_stack" in node.meta:
                stack = node.meta["nn_module_stack"].items()
                node.meta["nn_module_stack"] = {"L__self___" + at[0] if key.isdigit() else key: at for key, at in stack}
            if node.meta.get("stack_trace"):
                node.meta["stack_trace"] = own_frames(node.meta["stack_trace"])
    path = os.path.join(folder, program.name + ".pt2")
    torch.export.save(exported, path)
    here = os.path.dirname(os.path.abspath(__file__)).encode()
    with zipfile.ZipFile(path) as archive:
        for entry in archive.namelist():
            data = archive.read(entry)
            if b"site-packages" in data or here in data:
                raise RuntimeError(f"{path}: {entry} names this machine's files")
    return exported
