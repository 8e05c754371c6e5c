"""Loads programs that Lathe wrote with the PyTorch at hand, and runs them on the inputs beside their originals."""

import glob
import os
import subprocess

import torch
from safetensors.torch import load_file
from torch.export.graph_signature import ConstantArgument, InputKind
from torch.utils import _pytree as pytree

from program_cases import TOLERANCE

# Wishes for the programs of Tests/Fixtures/export, which PyTorch exported with fixed sizes.
WISHES = {
    "dense": ["x:0=auto", "x:0=batch(2..64)"],
    "rows": ["x:0=auto", "x:0=4*n"],
    "sum": ["x:0=auto,y:0=auto", "x:0=a,y:0=b"],
    "joined": ["x:0=auto,y:0=auto", "x:0=dynamic,y:0=dynamic(2..512)"],
    "branches": ["x:0=auto"],
}


def layouts():
    """The layouts that this PyTorch loads."""
    version = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])
    return ("legacy", "pt2") if version >= (2, 8) else ("legacy",)


def numbered(path):
    tensors = load_file(path)
    return [tensors[str(index)] for index in range(len(tensors))]


def arguments(program, tensors):
    """The tensors as the program's arguments; inputs that the export fixed get their constants."""
    users = [spec for spec in program.graph_signature.input_specs if spec.kind == InputKind.USER_INPUT]
    given = iter(tensors)
    leaves = []
    for spec in users:
        is_constant = isinstance(spec.arg, ConstantArgument)
        if len(tensors) == len(users):
            tensor = next(given)
        elif not is_constant:
            tensor = next(given)
        leaves.append(spec.arg.value if is_constant else tensor)
    return pytree.tree_unflatten(leaves, program.call_spec.in_spec)


def difference(program, stem):
    """How many pairs of inputs and outputs agree, and what does not, or None."""
    module = program.module()
    count = 0
    for kind in ("", ".alt"):
        if not os.path.exists(f"{stem}{kind}.inputs.safetensors"):
            continue
        values, keywords = arguments(program, numbered(f"{stem}{kind}.inputs.safetensors"))
        expected = numbered(f"{stem}{kind}.expected.safetensors")
        with torch.no_grad():
            got = [v for v in pytree.tree_leaves(module(*values, **keywords)) if isinstance(v, (torch.Tensor, int, float))]
        if len(got) != len(expected):  # some cases keep numbers beside tensors, some do not
            got = [v for v in got if isinstance(v, torch.Tensor)]
        if len(got) != len(expected):
            return count, f"{len(got)} outputs, not {len(expected)}"
        for index, (a, b) in enumerate(zip(got, expected)):
            bound = TOLERANCE.get(b.dtype, 0)
            if not torch.allclose(torch.as_tensor(a).to(b.dtype).reshape(b.shape), b, rtol=bound, atol=bound, equal_nan=True):
                return count, f"output {index}{kind} differs"
        count += 1
    return count, None


def loads(path):
    try:
        torch.export.load(path)
        return True
    except Exception:
        return False


def check(lathe, source, layout, wishes, folder):
    """Has Lathe write the program and PyTorch run it. Gives the outcome: passed, a failure's text, or None where PyTorch cannot load
    such a file whoever wrote it."""
    stem = source[: -len(".pt2")]
    path = os.path.join(folder, "written.pt2")
    command = [lathe, "export", source, "-o", path, "--format", layout] + (["--dynamic", wishes] if wishes else [])
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        return done.stdout.strip()
    try:
        program = torch.export.load(path)
    except Exception as error:
        # An operator that this release does not know in files, or a cond of one tensor in the older layout, which later releases refuse.
        text = str(error).strip().splitlines()[-1]
        return None if not loads(source) or "arg should not be None" in text else f"does not load: {text}"
    try:
        count, problem = difference(program, stem)
    except Exception as error:
        return f"does not run: {str(error).strip().splitlines()[-1]}"
    return problem or (f"passed {count}" if count else "has no inputs beside it")


def check_all(lathe, folders, folder):
    """Every program of the folders in each layout; the number of those that passed, and the failures."""
    passed, failures = 0, []
    cases = [(source, None) for place in folders for source in sorted(glob.glob(os.path.join(place, "*.pt2")))]
    fixtures = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "Fixtures", "export")
    cases += [(os.path.join(fixtures, f"{name}.pt2"), wish) for name, wishes in WISHES.items() for wish in wishes]
    for source, wishes in cases:
        for layout in layouts():
            name = f"{os.path.basename(os.path.dirname(source))}/{os.path.basename(source)} as {layout}{f' with {wishes}' if wishes else ''}"
            outcome = check(lathe, source, layout, wishes, folder)
            if outcome is None:
                print(f"not loaded   {name}: PyTorch {torch.__version__} loads no such file, whoever wrote it", flush=True)
            elif outcome.startswith("passed"):
                passed += 1
            else:
                failures.append(f"{name}: {outcome}")
                print(f"FAIL         {failures[-1]}", flush=True)
    return passed, failures
