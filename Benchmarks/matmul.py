"""Times a matrix product through Lathe against the machine's measured peak, and against PyTorch's, in one run.

usage: python Benchmarks/matmul.py [--lathe .build/release/lathe] [--size 1024] [--threads 2] [--rounds 5] [--json]

Needs torch, safetensors and a C compiler. Peak is what `peak.c` reaches just then with fused multiply-adds in registers.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile

import torch

import measuring
from peer_programs import make, matrix_product


def build_peak(folder):
    compiler = os.environ.get("CC") or shutil.which("clang") or shutil.which("cc")
    if not compiler:
        raise measuring.BenchmarkError("no C compiler: the machine's peak cannot be measured")
    source, program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peak.c"), os.path.join(folder, "peak")
    subprocess.run([compiler, "-O3", "-march=native", "-mprefer-vector-width=512", "-ffp-contract=fast", source, "-o", program, "-lpthread"], check=True)
    return program


def run():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lathe")
    parser.add_argument("--programs", help="where the exported program is, or is to be made")
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = options.programs or measuring.cache_folder("torch-" + torch.__version__)
    lathe = measuring.lathe_binary(options.lathe)
    torch.set_num_threads(options.threads)
    name = f"matmul_{options.size}"
    module, inputs = make(name, lambda: matrix_product(options.size), folder)
    program = os.path.join(folder, name)
    measuring.run_lathe(lathe, ["verify", program + ".pt2"], options.threads)
    work = 2 * options.size**3 / 1e9
    rates = {"peak": [], "lathe": [], "pytorch": []}  # [median of a round, best of a round]
    with tempfile.TemporaryDirectory() as temporary, torch.no_grad():
        peak = build_peak(temporary)
        count = measuring.repeats(0.5, measuring.time_lathe(lathe, program, 5, options.threads)[0])
        for _ in range(options.rounds):
            said = subprocess.run([peak, str(options.threads)], stdout=subprocess.PIPE, text=True, check=True).stdout
            rates["peak"].append([json.loads(said)["gflops"]] * 2)
            rates["lathe"].append([work / seconds for seconds in measuring.time_lathe(lathe, program, count, options.threads)])
            rates["pytorch"].append([work / seconds for seconds in measuring.time_calls(lambda: module(*inputs), 0.5)])
    medians = {key: [statistics.median(kind) for kind in zip(*values)] for key, values in rates.items()}
    if options.json:
        names = ("median", "best")
        report = {key: dict(zip(names, values)) for key, values in medians.items()}
        print(json.dumps({"size": options.size, "threads": options.threads, "gflops": report, "rounds": rates}, indent=1))
        return
    print(f"{options.size}-cubed f32 product, {options.threads} threads, GFLOP/s (medians of {options.rounds} rounds)")
    print(f"{'':24} {'median call':>16} {'best call':>16}")
    for key, label in (("peak", "measured peak"), ("lathe", "Lathe"), ("pytorch", f"PyTorch {torch.__version__}")):
        cells = (f"{rate:8.1f} {100 * rate / peak:5.0f} %" for rate, peak in zip(medians[key], medians["peak"]))
        print(f"{label:24}", *cells)


if __name__ == "__main__":
    measuring.main(run)
