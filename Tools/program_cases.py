"""Writes a PyTorch module as a case: an exported program beside the tensors it was run on and the tensors it gave.

    NAME.pt2                        what torch.export.save wrote
    NAME.inputs.safetensors         the tensors among the program's user inputs, keyed 0, 1, ... in order
    NAME.expected.safetensors       the tensors among its flattened outputs, keyed likewise
    NAME.alt.inputs.safetensors     a second pair at other sizes, for a program with dynamic dimensions
    NAME.alt.expected.safetensors

Expected outputs come from the module itself in eager mode, not from the exported program, and the two are compared.
"""

import copy
import os
import re
import zipfile

import torch
from safetensors.torch import save_file
from torch.utils import _pytree as pytree

TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 3e-2}
INSTALLED = re.compile(r'File "[^"]*/(?:site|dist)-packages/')
ABSOLUTE = re.compile(r'File "/[^"]*/')


class CaseError(Exception):
    """The program could not be written, or what was written is not what was asked for."""


def relative_paths(stack_trace):
    """A stack trace whose file names say nothing of the machine: `torch/nn/modules/linear.py`, `make_demo_models.py`."""
    return ABSOLUTE.sub('File "', INSTALLED.sub('File "', stack_trace))


def strip_machine_paths(program):
    for module in program.graph_module.modules():
        graph = getattr(module, "graph", None)
        for node in graph.nodes if graph is not None else ():
            if node.meta.get("stack_trace"):
                node.meta["stack_trace"] = relative_paths(node.meta["stack_trace"])


def check_no_machine_paths(path):
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            for needle in (b'File \\"/', b"site-packages", os.path.dirname(os.path.abspath(__file__)).encode()):
                if needle in data:
                    raise CaseError(f"{path}: {name} names this machine's files ({needle.decode()})")


def run(module, arguments, keywords):
    """Flattened outputs of the module on copies of the inputs; its buffers are as they were afterwards."""
    module, arguments, keywords = copy.deepcopy((module, arguments, keywords))
    with torch.no_grad():
        return pytree.tree_leaves(module(*arguments, **keywords))


def tensors(values):
    """Tensors among the values, keyed 0, 1, ... in order, each with storage of its own as safetensors wants it."""
    found = [value for value in values if isinstance(value, torch.Tensor)]
    return {str(i): value.detach().contiguous().clone() for i, value in enumerate(found)}


def write_tensors(path, values):
    save_file(tensors(values), path)
    os.chmod(path, 0o644)


def compare(name, what, got, expected):
    if len(got) != len(expected):
        raise CaseError(f"{name}: {what} has {len(got)} outputs, not {len(expected)}")
    for i, (a, b) in enumerate(zip(got, expected)):
        if not isinstance(b, torch.Tensor):
            continue
        bound = TOLERANCE.get(b.dtype, 0)
        if not torch.allclose(a, b, rtol=bound, atol=bound, equal_nan=True):
            raise CaseError(f"{name}: output {i} of {what} is not the module's own")


def save_case(folder, name, module, arguments, keywords=None, dynamic=None, alternative=None, strict=False):
    """Exports the module and writes the case; returns the exported program.

    `dynamic` is torch.export's `dynamic_shapes`; `alternative` is a second (arguments, keywords) pair of other sizes.
    """
    keywords = keywords or {}
    pairs = [("", arguments, keywords)] + ([(".alt", *alternative)] if alternative else [])
    os.makedirs(folder, exist_ok=True)
    stem = os.path.join(folder, name)
    with torch.no_grad():
        program = torch.export.export(
            copy.deepcopy(module), arguments, keywords, dynamic_shapes=dynamic, strict=strict
        )
    strip_machine_paths(program)
    torch.export.save(program, stem + ".pt2")
    check_no_machine_paths(stem + ".pt2")
    for suffix, a, k in pairs:
        expected = run(module, a, k)
        compare(name, "the exported program" + suffix, run(program.module(), a, k), expected)
        given = [v for v in pytree.tree_leaves((a, k)) if isinstance(v, torch.Tensor)]
        write_tensors(f"{stem}{suffix}.inputs.safetensors", given)
        write_tensors(f"{stem}{suffix}.expected.safetensors", expected)
    return program


def overloads(program):
    """Names of the operators a program calls, nested graphs included, as `aten.add.Tensor`."""
    names = set()
    for module in program.graph_module.modules():
        graph = getattr(module, "graph", None)
        for node in graph.nodes if graph is not None else ():
            if node.op == "call_function":
                names.add(re.sub(r" at 0x[0-9a-f]+", "", str(node.target)))
    return sorted(names)
