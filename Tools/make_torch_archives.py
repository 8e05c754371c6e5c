"""Has the PyTorch at hand compile models into archives for this machine (`torch._inductor.aoti_compile_and_package`), each with its inputs
and the outputs that PyTorch computes without compiling.

usage: python Tools/make_torch_archives.py OUT [NAME...] [--programs DIR...]

Writes OUT/NAME.aoti.pt2, NAME.inputs.safetensors and NAME.expected.safetensors. `--programs` compiles every exported program of a folder too,
with the inputs and outputs that lie beside it. Needs torch and safetensors, and a C++ compiler.
"""

import argparse
import glob
import os
import shutil
import sys
import warnings

import torch
from safetensors.torch import save_file

from archive_models import models


def flat(outputs):
    leaves, _ = torch.utils._pytree.tree_flatten(outputs)
    return {str(place): leaf.detach().contiguous().clone() for place, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor)}


def package(program, path):
    if os.path.exists(path):
        os.remove(path)
    torch._inductor.aoti_compile_and_package(program, package_path=path)


def make(folder, names):
    made = 0
    for name, (module, inputs) in models().items():
        if names and name not in names:
            continue
        try:
            with torch.no_grad():
                program = torch.export.export(module.eval(), inputs, strict=False)
                expected = module(*inputs)
                package(program, f"{folder}/{name}.aoti.pt2")
        except Exception as error:  # a version that cannot compile one model makes the others
            print(f"{name}: PyTorch {torch.__version__} does not compile it: {str(error).splitlines()[0][:150]}", file=sys.stderr)
            continue
        save_file({str(place): tensor.contiguous() for place, tensor in enumerate(inputs)}, f"{folder}/{name}.inputs.safetensors")
        save_file(flat(expected), f"{folder}/{name}.expected.safetensors")
        made += 1
        print(name, flush=True)
    return made


def compile_programs(folder, source, names):
    made = 0
    for path in sorted(glob.glob(f"{source}/*.pt2")):
        name = os.path.basename(path).removesuffix(".pt2")
        if names and name not in names:
            continue
        with torch.no_grad():
            package(torch.export.load(path), f"{folder}/{name}.aoti.pt2")
        for beside in glob.glob(f"{source}/{name}.*.safetensors"):
            shutil.copyfile(beside, f"{folder}/{os.path.basename(beside)}")
        made += 1
        print(name, flush=True)
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--programs", nargs="*", default=[])
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    os.makedirs(options.folder, exist_ok=True)
    made = make(options.folder, options.names) + sum(compile_programs(options.folder, p, options.names) for p in options.programs)
    print(f"PyTorch {torch.__version__} made {made} archives")


if __name__ == "__main__":
    main()
