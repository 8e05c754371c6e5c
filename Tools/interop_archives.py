"""Has Lathe run archives that the PyTorch at hand compiles just now, and compares with what PyTorch computes without compiling,
or, where PyTorch's loader gets something else of the same archive, with that.

usage: python Tools/interop_archives.py --lathe .build/release/lathe [--keep DIR] [NAME...]

Needs torch, safetensors and a C++ compiler, and Debian's libsleef3 and libgomp1 for what the archives need. With --keep, archives that are in
DIR already are not compiled again. Exits 0 where at least one archive ran and none differs.
"""

import argparse
import glob
import os
import subprocess
import sys
import tempfile
import warnings

import torch
from safetensors.torch import load_file, save_file

from make_torch_archives import make
from program_cases import TOLERANCE


def difference(found, expected):
    """Why the tensors of one file are not those of another; None where they are."""
    found, expected = load_file(found), load_file(expected)
    if found.keys() != expected.keys():
        return f"{len(found)} outputs where {len(expected)} are expected"
    for name, truth in expected.items():
        bound = TOLERANCE.get(truth.dtype, 0)
        if found[name].shape != truth.shape or found[name].dtype != truth.dtype:
            return f"output {name} is {found[name].dtype} {tuple(found[name].shape)}, not {truth.dtype} {tuple(truth.shape)}"
        if not torch.allclose(found[name], truth, rtol=bound, atol=bound, equal_nan=True):
            return f"output {name} differs by {(found[name].double() - truth.double()).abs().max()}"
    return None


def own_results(archive, inputs, path):
    """What PyTorch's loader makes of the archive. It is not always what the program computes: 2.6 takes nonzero's result to lie row by row."""
    tensors = load_file(inputs)
    results = torch._inductor.aoti_load_package(archive).loader.run([tensors[str(place)] for place in range(len(tensors))])
    save_file({str(place): tensor.contiguous().clone() for place, tensor in enumerate(results)}, path)


def run(lathe, archive, inputs, expected):
    with tempfile.TemporaryDirectory() as folder:
        output = f"{folder}/output.safetensors"
        done = subprocess.run(
            [lathe, "run", archive, "--trust", "--inputs", inputs, "--output", output], capture_output=True, text=True, timeout=300
        )
        if done.returncode:
            return done.stderr.strip() or f"exit code {done.returncode}"
        reason = difference(output, expected)
        if reason is None:
            return None
        own_results(archive, inputs, f"{folder}/own.safetensors")
        if difference(f"{folder}/own.safetensors", expected) and difference(output, f"{folder}/own.safetensors") is None:
            print(f"{os.path.basename(archive)}: PyTorch's own run of it differs from the program ({reason}), and Lathe's is the same")
            return None
        return reason


def embed(program, archive, inputs, expected):
    """Runs the archive of one matrix in and one out without Swift. Constants of 2.6 cannot be changed from C."""
    source, truth = load_file(inputs)["0"], load_file(expected)["0"]
    with tempfile.TemporaryDirectory() as folder:
        for name, tensor in (("input", source), ("expected", truth)):
            with open(f"{folder}/{name}", "wb") as file:
                file.write(tensor.contiguous().numpy().tobytes())
        constant = "" if torch.__version__.startswith("2.6") else "scale"
        rows, columns = map(str, source.shape)
        done = subprocess.run(
            [program, archive, "model", f"{folder}/input", f"{folder}/expected", rows, columns, constant], capture_output=True, text=True, timeout=60
        )
        return None if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lathe", required=True)
    parser.add_argument("--keep")
    parser.add_argument("--embedding", help="Tests/Embedding/embedding.cpp, compiled: runs an archive with the C library alone")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or temporary
        if not glob.glob(f"{folder}/*.aoti.pt2"):
            make(folder, options.names)
        passed, failed = 0, 0
        for archive in sorted(glob.glob(f"{folder}/*.aoti.pt2")):
            stem = archive.removesuffix(".aoti.pt2")
            if options.names and os.path.basename(stem) not in options.names:
                continue
            for pair in ("", ".alt"):
                if not os.path.exists(f"{stem}{pair}.inputs.safetensors"):
                    continue
                reason = run(options.lathe, archive, f"{stem}{pair}.inputs.safetensors", f"{stem}{pair}.expected.safetensors")
                print(f"{os.path.basename(stem)}{pair}: {reason or 'as PyTorch'}", flush=True)
                passed, failed = passed + (reason is None), failed + (reason is not None)
        if options.embedding:
            stem = f"{folder}/elementwise"
            reason = embed(options.embedding, f"{stem}.aoti.pt2", f"{stem}.inputs.safetensors", f"{stem}.expected.safetensors")
            print(f"elementwise by the C library: {reason or 'as PyTorch'}")
            passed, failed = passed + (reason is None), failed + (reason is not None)
    print(f"Lathe ran {passed} archives' calls that PyTorch {torch.__version__} compiled, {failed} failed")
    if failed or passed == 0:
        sys.exit(1)


if __name__ == "__main__":
    main()
