"""Packages programs with Lathe and loads the archives with the PyTorch at hand: each is called on the inputs beside the program, without a
warning. Then three models in one archive with metadata, whose constants are listed and, where this PyTorch can, replaced."""

import glob
import logging
import os
import subprocess
import sys
import tempfile
import warnings

import torch
from safetensors.torch import load_file
from torch.utils import _pytree as pytree

from program_cases import TOLERANCE

CALL = """
import logging, sys, warnings
warnings.simplefilter("error", UserWarning)
import torch
sys.path.insert(0, {tools!r})
from packaged_programs import {function}
{function}(*{arguments!r})
"""


def numbered(path):
    tensors = load_file(path)
    return [tensors[str(index)] for index in range(len(tensors))]


def isolated(function, *arguments):
    """Calls one of this module's functions in a process of its own, since a fault in native code ends it; the output, or the failure."""
    code = CALL.format(tools=os.path.dirname(os.path.abspath(__file__)), function=function, arguments=arguments)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600)
    noise = [line for line in done.stderr.splitlines() if line.strip()]
    if done.returncode != 0:
        return None, (noise or ["no reason"])[-1] if done.returncode > 0 else f"ended by signal {-done.returncode}"
    # Warnings of the loaders go to standard error.
    return (done.stdout, None) if not noise else (None, f"says on standard error: {noise[0]}")


def precision(stem):
    """The tolerance of the least precise element type that the program computes in: autocast's results are rounded inside."""
    logging.disable()  # only the archive has to load without a warning
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            values = [node.meta.get("val") for node in torch.export.load(f"{stem}.pt2").graph.nodes]
        except Exception:  # a program that this PyTorch does not load
            values = []
    logging.disable(logging.NOTSET)
    return max((TOLERANCE.get(value.dtype, 0) for value in values if isinstance(value, torch.Tensor)), default=0)


def near(got, expected, least=0):
    bound = max(TOLERANCE.get(expected.dtype, 0), least if expected.dtype.is_floating_point else 0)
    return got.shape == expected.shape and torch.allclose(got.to(expected.dtype), expected, rtol=bound, atol=bound, equal_nan=True)


@torch.no_grad()
def call_package(archive, stem):
    """Calls the archive's model on the pairs of inputs beside the program."""
    model = torch._inductor.aoti_load_package(archive)
    in_spec = pytree.treespec_loads(model.loader.get_call_spec()[0])
    least = precision(stem)
    count = 0
    for kind in ("", ".alt"):
        if not os.path.exists(f"{stem}{kind}.inputs.safetensors"):
            continue
        inputs, expected = numbered(f"{stem}{kind}.inputs.safetensors"), numbered(f"{stem}{kind}.expected.safetensors")
        if in_spec.num_leaves == len(inputs):
            arguments, keywords = pytree.tree_unflatten(inputs, in_spec)
            got = pytree.tree_leaves(model(*arguments, **keywords))
        else:  # numbers that the export fixed are leaves too
            got = model.loader.run(inputs)
        got = [value for value in got if isinstance(value, torch.Tensor)]
        if len(got) != len(expected):
            got = [value for value in got if value.dim() > 0]
        if len(got) != len(expected):
            sys.exit(f"{len(got)} outputs{kind}, not {len(expected)}")
        for index, (a, b) in enumerate(zip(got, expected)):
            if not near(a, b, least):
                sys.exit(f"output {index}{kind} differs by {(a - b).abs().max()}")
        count += 1
    print(count)


@torch.no_grad()
def call_three(archive, stem):
    """Three models in one archive, the first of them the program `stem`: metadata, constants, full and partial maps."""
    from torch._inductor.package import load_package

    inputs, expected = numbered(f"{stem}.inputs.safetensors"), numbered(f"{stem}.expected.safetensors")
    models = {name: load_package(archive, name) for name in ("net", "net_two", "n")}
    for name, model in models.items():
        metadata = model.get_metadata()
        if metadata.get("owner") != "tests" or metadata.get("AOTI_DEVICE_KEY") != "cpu":
            sys.exit(f"{name} has the metadata {metadata}")
    model = models["net"]
    if not near(model.loader.run(inputs)[0], expected[0]):
        sys.exit("the first of three models gives something else")
    names = sorted(model.get_constant_fqns())
    program = torch.export.load(f"{stem}.pt2")
    # What nothing reads is no constant of an archive: here a counter of batch norms.
    used = {node.name for node in program.graph.nodes if node.users}
    read = {spec.target for spec in program.graph_signature.input_specs if spec.target and spec.arg.name in used}
    if names != sorted(read):
        sys.exit(f"the constants are {names}, not {sorted(read)}")
    doubled = {name: tensor.detach() * 2 for name, tensor in program.state_dict.items() if name in read}
    try:
        model.load_constants(doubled, check_full_update=True)
    except RuntimeError:
        # 2.6.0 hands constants over in a form that only its own code can read; nothing may have changed.
        if torch.__version__.startswith("2.6.") and near(model.loader.run(inputs)[0], expected[0]):
            print("refused")
            return
        raise
    for name, tensor in doubled.items():
        program.state_dict[name].copy_(tensor)
    module = program.module()
    if not near(model.loader.run(inputs)[0], module(*inputs)):
        sys.exit("a full map of constants has another effect than in the program")
    part = {names[0]: torch.zeros_like(doubled[names[0]])}
    program.state_dict[names[0]].zero_()
    model.load_constants(part, check_full_update=False)
    if not near(model.loader.run(inputs)[0], program.module()(*inputs)):
        sys.exit("a partial map of constants has another effect than in the program")
    for wrong, full in (({"nobody": torch.ones(1)}, False), (part, True)):
        try:
            model.load_constants(wrong, check_full_update=full)
        except RuntimeError:
            continue
        sys.exit(f"constants {list(wrong)} were taken")
    print("replaced")


def package(lathe, arguments, archive):
    """The failure's text, or None."""
    done = subprocess.run([lathe, "package", *arguments, "-o", archive], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return None if done.returncode == 0 else done.stdout.strip()


def check_packages(lathe, places, mlp, limit=None):
    """The programs under the places, of each the first `limit`; how many passed, and the failures. `mlp` is one that this PyTorch loads without a warning."""
    passed, failures = 0, []
    with tempfile.TemporaryDirectory() as folder:
        archive = os.path.join(folder, "packaged.pt2")
        for stem in (path[: -len(".pt2")] for place in places for path in sorted(glob.glob(os.path.join(place, "*.pt2")))[:limit]):
            if not os.path.exists(f"{stem}.inputs.safetensors"):
                continue
            name = "/".join(stem.split("/")[-2:])
            failure = package(lathe, [f"{stem}.pt2"], archive)
            count = None
            if failure is None:
                count, failure = isolated("call_package", archive, stem)
            if failure is None:
                passed += int(count)
            else:
                failures.append(f"{name}: {failure}")
                print(f"FAIL         {failures[-1]}", flush=True)
        files = [f"--name={name}={mlp}.pt2" for name in ("net", "net_two", "n")]
        failure = package(lathe, [*files, "--metadata", "owner=tests"], archive)
        outcome = None
        if failure is None:
            outcome, failure = isolated("call_three", archive, mlp)
        if failure is None:
            print(f"three models in one archive: constants {outcome.strip()}", flush=True)
            passed += 1
        else:
            failures.append(f"three models in one archive: {failure}")
            print(f"FAIL         {failures[-1]}", flush=True)
    return passed, failures
