"""Times Lathe beside PyTorch's eager mode on eight programs, in one run.

usage: python Benchmarks/peers.py [--lathe .build/release/lathe] [--programs DIR] [--only tiny,mlp] [--threads 2]
                                  [--rounds 3] [--seconds 1] [--json]

Needs torch, torchvision, transformers and safetensors. The two take turns, round after round, so that a noisy machine is noisy
for both; a program's time is the median of its rounds' medians. Lathe's outputs are compared with PyTorch's first. The last lines
are the geometric mean of the ratios (below 1: Lathe is faster) and the largest.
"""

import json
import os
import statistics
import warnings

import torch

import measuring
from peer_programs import PROGRAMS, make, options_of_programs


def measure(name, options, lathe):
    module, inputs = make(name, PROGRAMS[name], options.programs)
    program = os.path.join(options.programs, name)
    measuring.run_lathe(lathe, ["verify", program + ".pt2"], options.threads)
    peer, ours, count = [], [], 5
    with torch.no_grad():
        for _ in range(options.rounds):
            peer.append(measuring.time_calls(lambda: module(*inputs), options.seconds)[0])
            if not ours:
                count = measuring.repeats(options.seconds, measuring.time_lathe(lathe, program, count, options.threads)[0])
            ours.append(measuring.time_lathe(lathe, program, count, options.threads)[0])
    row = {"program": name, "pytorch_s": statistics.median(peer), "lathe_s": statistics.median(ours)}
    return row | {"ratio": row["lathe_s"] / row["pytorch_s"], "pytorch_rounds_s": peer, "lathe_rounds_s": ours}


def run():
    options = options_of_programs(__doc__).parse_args()
    warnings.filterwarnings("ignore")
    options.programs = options.programs or measuring.cache_folder("torch-" + torch.__version__)
    lathe = measuring.lathe_binary(options.lathe)
    torch.set_num_threads(options.threads)
    names = [name for name in PROGRAMS if not options.only or name in options.only.split(",")]
    if not options.json:
        print(f"PyTorch {torch.__version__} eager, {options.threads} threads; milliseconds for one call")
        print(f"{'program':14} {'PyTorch':>10} {'Lathe':>10} {'ratio':>7}", flush=True)
    rows = []
    for name in names:
        try:
            row = measure(name, options, lathe)
        except measuring.BenchmarkError as error:
            row = {"program": name, "error": str(error)}
        rows.append(row)
        if options.json:
            continue
        if "error" in row:
            print(f"{name:14} {row['error']}", flush=True)
        else:
            print(f"{name:14} {row['pytorch_s'] * 1e3:10.4f} {row['lathe_s'] * 1e3:10.4f} {row['ratio']:7.2f}", flush=True)
    ratios = [row["ratio"] for row in rows if "ratio" in row]
    if not ratios:
        raise measuring.BenchmarkError("no program ran")
    mean, largest = statistics.geometric_mean(ratios), max(ratios)
    if options.json:
        result = {"torch": torch.__version__, "threads": options.threads, "programs": rows}
        print(json.dumps(result | {"geometric_mean": mean, "largest": largest}, indent=1))
    else:
        print(f"geometric mean {mean:.2f}, largest {largest:.2f}, {len(ratios)} of {len(names)} programs")
    if len(ratios) != len(names):
        raise SystemExit(1)


if __name__ == "__main__":
    measuring.main(run)
