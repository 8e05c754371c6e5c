"""Times Lathe's packaging beside PyTorch's `aoti_compile_and_package`, and calls of both archives in PyTorch, in one run.

usage: python Benchmarks/archives.py [--lathe .build/release/lathe] [--programs DIR] [--only bert_base,resnet18] [--threads 2]
                                      [--rounds 3] [--seconds 1] [--json]

Needs torch, torchvision, transformers and safetensors. Packaging is cold: the caches are emptied before each, and what was written before is
on the disk. PyTorch's time begins with the exported program in memory, Lathe's with its process. Both archives are loaded by
`torch._inductor.aoti_load_package` in this process, give the same outputs as the module, and take turns, round after round.
"""

import json
import os
import shutil
import statistics
import tempfile
import time
import warnings

INDUCTOR_CACHE = os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", tempfile.mkdtemp(prefix="lathe-inductor-"))

import torch  # noqa: E402

import measuring  # noqa: E402
from peer_programs import PROGRAMS, make, options_of_programs  # noqa: E402

LATHE_ROUNDS = 3
HEADER = (
    "| program | packaging: PyTorch | Lathe | Lathe / PyTorch | archive: PyTorch | Lathe | call: PyTorch | Lathe | Lathe / PyTorch |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def package_by_torch(module, inputs, archive):
    program = torch.export.export(module, inputs)
    shutil.rmtree(INDUCTOR_CACHE, ignore_errors=True)
    os.sync()
    start = time.perf_counter()
    torch._inductor.aoti_compile_and_package(program, package_path=archive)
    return time.perf_counter() - start


def package_by_lathe(lathe, program, archive, threads):
    """Median seconds, each with an empty cache."""
    times = []
    for _ in range(LATHE_ROUNDS):
        with tempfile.TemporaryDirectory() as cache:
            if os.path.exists(archive):
                os.remove(archive)
            os.sync()
            start = time.perf_counter()
            measuring.run_lathe(lathe, ["package", program + ".pt2", "-o", archive], threads, {"XDG_CACHE_HOME": cache})
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def measure(name, options, lathe):
    module, inputs = make(name, PROGRAMS[name], options.programs)
    program = os.path.join(options.programs, name)
    row = {"program": name}
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        archives = {maker: os.path.join(folder, f"{maker}.pt2") for maker in ("PyTorch", "Lathe")}
        row["torch_s"] = package_by_torch(module, inputs, archives["PyTorch"])
        row["lathe_s"] = package_by_lathe(lathe, program, archives["Lathe"], options.threads)
        row["torch_bytes"], row["lathe_bytes"] = (os.path.getsize(archives[maker]) for maker in ("PyTorch", "Lathe"))
        expected, models, rounds = module(*inputs), {}, {maker: [] for maker in archives}
        for maker, archive in archives.items():
            models[maker] = torch._inductor.aoti_load_package(archive)
            got = models[maker](*inputs)
            if not torch.allclose(got, expected, rtol=1e-3, atol=1e-3):
                raise measuring.BenchmarkError(f"{name}: the archive of {maker} differs from the module by {(got - expected).abs().max()}")
        for _ in range(options.rounds):
            for maker, model in models.items():
                rounds[maker].append(measuring.time_calls(lambda: model(*inputs), options.seconds)[0])
    row["torch_call_s"], row["lathe_call_s"] = (statistics.median(rounds[maker]) for maker in ("PyTorch", "Lathe"))
    row["rounds"] = rounds
    return row


def line(row):
    cells = [
        f"{row['torch_s']:.1f} s", f"{row['lathe_s']:.2f} s", f"{row['lathe_s'] / row['torch_s']:.3f}",
        f"{row['torch_bytes'] / 1e6:.1f} MB", f"{row['lathe_bytes'] / 1e6:.1f} MB",
        f"{row['torch_call_s'] * 1e3:.3f} ms", f"{row['lathe_call_s'] * 1e3:.3f} ms", f"{row['lathe_call_s'] / row['torch_call_s']:.2f}",
    ]  # fmt: skip
    return "| " + " | ".join([row["program"], *cells]) + " |"


def run():
    options = options_of_programs(__doc__).parse_args()
    warnings.filterwarnings("ignore")
    options.programs = options.programs or measuring.cache_folder("torch-" + torch.__version__)
    torch.set_num_threads(options.threads)
    lathe = measuring.lathe_binary(options.lathe)
    if not options.json:
        print(f"PyTorch {torch.__version__}, {options.threads} threads\n{HEADER}", flush=True)
    rows = []
    for name in PROGRAMS:
        if options.only and name not in options.only.split(","):
            continue
        rows.append(measure(name, options, lathe))
        if not options.json:
            print(line(rows[-1]), flush=True)
    if options.json:
        print(json.dumps(rows, indent=1))
    shutil.rmtree(INDUCTOR_CACHE, ignore_errors=True)


if __name__ == "__main__":
    measuring.main(run)
