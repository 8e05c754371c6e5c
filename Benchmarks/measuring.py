"""What the benchmarks share: timing PyTorch in this process and Lathe in its own."""

import json
import math
import os
import statistics
import subprocess
import sys
import time


class BenchmarkError(Exception):
    """Lathe or the machine did not do what the benchmark needs."""


def lathe_binary(given):
    here = os.path.dirname(os.path.abspath(__file__))
    path = given or os.path.join(here, os.pardir, ".build", "release", "lathe")
    if not os.access(path, os.X_OK):
        raise BenchmarkError(f"{path} is not there: run `make release`, or name the binary with --lathe")
    return os.path.abspath(path)


def cache_folder(name):
    root = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(root, "lathe-benchmarks", name)


def time_calls(call, seconds, warm_up=2):
    """Median and least seconds of one call, over about the given time and at least five calls."""
    for _ in range(warm_up):
        call()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times), min(times)


def run_lathe(lathe, arguments, threads, variables={}):
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), **variables}
    done = subprocess.run([lathe, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or ["nothing"]
        raise BenchmarkError(f"lathe {' '.join(arguments)} said: {said[-1]}")
    return done.stdout


def time_lathe(lathe, program, repeat, threads, mode="eager"):
    """Median and least seconds of one call in one run of `lathe run --repeat`."""
    arguments = ["run", program + ".pt2", "--inputs", program + ".inputs.safetensors", "--mode", mode, "--repeat", str(repeat), "--json"]
    report = json.loads(run_lathe(lathe, arguments, threads))
    seconds = report["repeat"]["seconds"]
    return seconds["median"], seconds["minimum"]


# A process begins with the memory of the one that started it, so a small one starts what is measured.
LAUNCHER = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
child.returncode = os.waitstatus_to_exitcode(status)
print(child.returncode, usage.ru_maxrss * 1024)
"""


def peak_memory(lathe, program, threads, mode):
    """The most memory, in bytes, that a process of its own had resident for one call."""
    arguments = [lathe, "run", program + ".pt2", "--inputs", program + ".inputs.safetensors", "--mode", mode]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    said = subprocess.run([sys.executable, "-S", "-c", LAUNCHER, *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    code, most = map(int, said.split())
    if code != 0:
        raise BenchmarkError(f"{' '.join(arguments)} failed")
    return most


def repeats(seconds, one_call):
    return max(5, min(100_000, math.ceil(seconds / one_call)))


def main(run):
    try:
        run()
    except BenchmarkError as error:
        sys.exit(str(error))
