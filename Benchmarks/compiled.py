"""Times Lathe's compiled mode beside PyTorch eager, torch.compile and ONNX Runtime on eight programs, in one run.

usage: python Benchmarks/compiled.py [--lathe .build/release/lathe] [--programs DIR] [--only tiny,mlp] [--threads 2]
                                     [--rounds 3] [--seconds 1] [--results Benchmarks/RESULTS.md] [--json]

Needs torch, torchvision, transformers, safetensors, onnxruntime, onnx and onnxscript. torch.compile runs with freezing. All take turns,
round after round, so that a noisy machine is noisy for all; a program's time is the median of its rounds' medians. Lathe's outputs
are compared with PyTorch's first. Compilations are cold: the caches are emptied. torch.compile's is given twice, as the first compilation of
a process, which Lathe's always is, and after others in the same process (medians of three where it takes less than five seconds). Warm
ones, which find everything in the cache, are medians of seven. Memory is the most that a process of its own had resident for a
call, Lathe's eager mode beside its compiled one.
"""

import argparse
import contextlib
import io
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

os.environ.setdefault("TORCHINDUCTOR_FREEZING", "1")
INDUCTOR_CACHE = os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", tempfile.mkdtemp(prefix="lathe-inductor-"))

import torch  # noqa: E402

import measuring  # noqa: E402
from peer_programs import PROGRAMS, make, options_of_programs  # noqa: E402

PEERS = ("eager", "torch.compile", "ONNX Runtime")


COLD_ROUNDS, LONG_COMPILATION, WARM_ROUNDS = 3, 5.0, 7


def compiled_by_torch(module, inputs):
    """The compiled module, and the seconds that cold compilations took."""
    times = []
    while len(times) < COLD_ROUNDS and (not times or times[0] < LONG_COMPILATION):
        torch._dynamo.reset()
        shutil.rmtree(INDUCTOR_CACHE, ignore_errors=True)
        compiled = torch.compile(module)
        start = time.perf_counter()
        compiled(*inputs)
        times.append(time.perf_counter() - start)
    return compiled, times


def first_compile_by_torch(name, options):
    """Seconds of the first compilation of a process of its own, with empty caches; importing torch is not counted."""
    with tempfile.TemporaryDirectory() as cache:
        arguments = [sys.executable, __file__, "--first-compile", name, "--programs", options.programs, "--threads", str(options.threads)]
        done = subprocess.run(arguments, env={**os.environ, "TORCHINDUCTOR_CACHE_DIR": cache}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    return float(done.stdout.split()[-1])


def first_compile(name, options):
    module, inputs = make(name, PROGRAMS[name], options.programs)
    with torch.no_grad():
        start = time.perf_counter()
        torch.compile(module)(*inputs)
        print(time.perf_counter() - start)


def onnx_session(module, inputs, path, threads):
    import onnxruntime

    if not os.path.exists(path):
        torch.backends.mha.set_fastpath_enabled(False)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            torch.onnx.export(module, inputs, path, dynamo=True)
        torch.backends.mha.set_fastpath_enabled(True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {entry.name: value.numpy() for entry, value in zip(session.get_inputs(), inputs)}
    return lambda: session.run(None, feed)


def cold_compile(lathe, program, threads, rounds):
    """Median seconds of compilations with an empty cache, and of the next ones with what they left."""
    arguments = ["bench", program + ".pt2", "--inputs", program + ".inputs.safetensors", "--seconds", "0.001", "--json"]
    cold, warm = [], []
    for round in range(rounds):
        with tempfile.TemporaryDirectory() as cache:
            for time in range(1 + (WARM_ROUNDS if round == 0 else 0)):
                report = json.loads(measuring.run_lathe(lathe, arguments, threads, {"XDG_CACHE_HOME": cache}))
                (warm if time > 0 else cold).append(report["compileSeconds"])
    return statistics.median(cold), statistics.median(warm)


def measure(name, options, lathe):
    module, inputs = make(name, PROGRAMS[name], options.programs)
    program = os.path.join(options.programs, name)
    measuring.run_lathe(lathe, ["verify", program + ".pt2", "--mode", "compiled"], options.threads)
    row = {"program": name}
    for mode in ("eager", "compiled"):  # the kernel cache is warm by now
        row[f"{mode}_bytes"] = measuring.peak_memory(lathe, program, options.threads, mode)
    calls, rounds = {}, {peer: [] for peer in (*PEERS, "Lathe")}
    with torch.no_grad():
        calls["eager"] = lambda: module(*inputs)
        compiled, torch_times = compiled_by_torch(module, inputs)
        row["torch_cold_s"] = statistics.median(torch_times)
        row["torch_first_s"] = first_compile_by_torch(name, options)
        row["cold_s"], row["warm_s"] = cold_compile(lathe, program, options.threads, len(torch_times))
        calls["torch.compile"] = lambda: compiled(*inputs)
        try:
            calls["ONNX Runtime"] = onnx_session(module, inputs, program + ".onnx", options.threads)
        except Exception as error:  # an export that fails is no reason to leave the others out
            row["onnx_error"] = f"{type(error).__name__}: {str(error)[:100]}"
        count = 5
        for _ in range(options.rounds):
            for peer, call in calls.items():
                rounds[peer].append(measuring.time_calls(call, options.seconds)[0])
            if not rounds["Lathe"]:
                count = measuring.repeats(options.seconds, measuring.time_lathe(lathe, program, count, options.threads, "compiled")[0])
            rounds["Lathe"].append(measuring.time_lathe(lathe, program, count, options.threads, "compiled")[0])
    for peer, times in rounds.items():
        row[peer] = statistics.median(times) if times else None
    row["best"] = min(row[peer] for peer in PEERS if row[peer])
    row["ratio"] = row["Lathe"] / row["best"]
    row["rounds"] = rounds
    return row


HEADER = (
    "| program | eager | torch.compile | ONNX Runtime | Lathe | Lathe / best | cold compile: torch.compile, first | torch.compile, later | Lathe | warm: Lathe | memory: eager | compiled |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def line(row):
    def ms(seconds):
        return f"{seconds * 1e3:.3f}" if seconds else "–"

    times = [ms(row[peer]) for peer in (*PEERS, "Lathe")]
    cold = [f"{row['torch_first_s']:.2f} s", f"{row['torch_cold_s']:.2f} s", f"{row['cold_s']:.2f} s", f"{row['warm_s'] * 1e3:.0f} ms"]
    memory = [f"{row[mode] / 1e6:.0f} MB" for mode in ("eager_bytes", "compiled_bytes")]
    return "| " + " | ".join([row["program"], *times, f"{row['ratio']:.2f}", *cold, *memory]) + " |"


def processor():
    with open("/proc/cpuinfo") as file:
        names = [text.split(":", 1)[1].strip() for text in file if text.startswith("model name")]
    return f"{names[0]}, {len(names)} cores" if names else platform.processor()


def write_results(path, rows, options, summary):
    import onnxruntime

    with open(path, "w") as file:
        file.write(
            "# Compiled programs beside their peers\n\n"
            "Made by `Benchmarks/compiled.py`; milliseconds for one call, medians. Machines differ and are noisy: only the columns of one run\n"
            "can be compared.\n\n"
            f"{processor()}; {options.threads} threads; PyTorch {torch.__version__} (torch.compile with freezing), ONNX Runtime {onnxruntime.__version__}.\n\n"
        )
        file.write(HEADER + "\n" + "\n".join(line(row) for row in rows) + f"\n\n{summary}\n")


def run():
    parser = options_of_programs(__doc__)
    parser.add_argument("--results", help="write the table to this file")
    parser.add_argument("--first-compile", help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    options.programs = options.programs or measuring.cache_folder("torch-" + torch.__version__)
    torch.set_num_threads(options.threads)
    if options.first_compile:
        return first_compile(options.first_compile, options)
    lathe = measuring.lathe_binary(options.lathe)
    with torch.no_grad():  # what the first compilation of a process costs besides is nobody's program
        torch.compile(lambda x: torch.relu(x) + 1)(torch.ones(3))
    names = [name for name in PROGRAMS if not options.only or name in options.only.split(",")]
    if not options.json:
        print(f"PyTorch {torch.__version__}, {options.threads} threads; milliseconds for one call\n{HEADER}", flush=True)
    rows = []
    for name in names:
        rows.append(measure(name, options, lathe))
        if not options.json:
            print(line(rows[-1]), flush=True)
    ratios = [row["ratio"] for row in rows]
    first, later = (max(row["cold_s"] / row[peer] for row in rows) for peer in ("torch_first_s", "torch_cold_s"))
    summary = (
        f"Lathe over the best of the others: geometric mean {statistics.geometric_mean(ratios):.2f}, largest {max(ratios):.2f}. "
        f"Lathe's cold compilation takes at most {100 * first:.0f} % of torch.compile's first in a process "
        f"and {100 * later:.0f} % of its later ones, a compiled call at most "
        f"{100 * max(row['compiled_bytes'] / row['eager_bytes'] for row in rows):.0f} % of the memory of an eager one."
    )
    print(json.dumps(rows, indent=1) if options.json else summary)
    if options.results:
        write_results(options.results, rows, options, summary)
    shutil.rmtree(INDUCTOR_CACHE, ignore_errors=True)


if __name__ == "__main__":
    measuring.main(run)
