"""Trades programs with the PyTorch at hand: exports some just now and has Lathe run them against PyTorch's own outputs; then has Lathe
write them, the demo models and the corpus where it is, and has PyTorch load and run what Lathe wrote. The same with archives of compiled
models that Lathe packages: of each, or with --packages N of the first N in each place.

usage: python Tools/interop.py --lathe .build/release/lathe [--seed N] [--keep DIR] [--packages N]

Needs torch and safetensors. Exits 0 where each verified at least one program of the other and none differs; a program that Lathe says
uses an operator unknown to it is reported, and is no failure.
"""

import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile
import warnings

import torch

from held_out_modules import hand_made
from make_demo_models import demo_models, settle
from packaged_programs import check_packages
from program_cases import save_case
from written_programs import check_all

HAND_MADE = ("lstm_deep", "encoder_layer", "conv_1d", "structured", "shared", "lengths", "autocast", "cond_nested", "double")


def export_all(folder, seed):
    torch.manual_seed(seed)
    for name, (_, make, inputs, sizes, other, dynamic) in demo_models().items():
        module = make().eval()
        settle(module)
        alternative = (inputs(*other), {}) if other else None
        save_case(folder, name, module, inputs(*sizes), dynamic=dynamic, alternative=alternative)
    makers = hand_made()
    for name in HAND_MADE:
        program = makers[name]()
        settle(program.module)
        alternative = (program.other, program.other_keywords or {}) if program.other else None
        save_case(
            folder, name, program.module.eval(), program.arguments, program.keywords, program.dynamic, alternative, program.strict
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lathe", required=True)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--packages", type=int, help="package only so many programs of each place")
    parser.add_argument("--keep", help="write the programs here and leave them")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or temporary
        export_all(folder, options.seed)
        count = sum(name.endswith(".pt2") for name in os.listdir(folder))
        print(f"exported {count} programs with PyTorch {torch.__version__}", flush=True)
        done = subprocess.run([options.lathe, "verify", folder], stdout=subprocess.PIPE, text=True, timeout=600)
        checkout = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
        places = [folder, f"{checkout}/demo-models", *sorted(glob.glob(f"{checkout}/../shared/corpus/models-*"))]
        with tempfile.TemporaryDirectory() as written:
            passed, failures = check_all(options.lathe, places, written)
        packaged, packaging_failures = check_packages(options.lathe, places, os.path.join(folder, "perceptron"), options.packages)
    print(done.stdout, end="")
    closing = re.search(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", done.stdout, re.MULTILINE)
    if closing is None:
        sys.exit(f"lathe verify did not say what passed (exit code {done.returncode})")
    if done.returncode != 0 or closing.group(1) == "0" or closing.group(2) != "0":
        sys.exit(f"Lathe and PyTorch {torch.__version__} do not agree")
    print(f"PyTorch {torch.__version__} ran {passed} programs that Lathe wrote, {len(failures)} failed")
    print(f"PyTorch {torch.__version__} ran {packaged} packaged models, {len(packaging_failures)} failed")
    if failures or passed == 0 or packaging_failures or packaged == 0:
        sys.exit(f"PyTorch {torch.__version__} does not run what Lathe wrote")


if __name__ == "__main__":
    main()
