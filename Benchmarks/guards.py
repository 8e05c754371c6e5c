"""Times the guards of compiled programs, and whole calls of small ones, beside torch.compile in the same run.

usage: python Benchmarks/guards.py [--lathe .build/release/lathe] [--threads 2] [--rounds 5] [--json]

Needs torch 2.8 or newer and safetensors. Programs add up 1, 10 and 100 small tensors, with fixed sizes and with a dynamic one, so that
a call is mostly what serving it costs. torch.compile's guards are timed as its own frame evaluation checks them (`guard_manager.check`).
"""

import argparse
import json
import os
import statistics
import tempfile
import time

import torch
from safetensors.torch import save_file

import measuring


class Sum(torch.nn.Module):
    def forward(self, xs):
        total = xs[0]
        for x in xs[1:]:
            total = total + x
        return total + 1


def programs(folder):
    """Name, path without suffix, module and inputs of each program."""
    for count in (1, 10, 100):
        for dynamic in (False, True):
            xs = [torch.arange(8.0) + place for place in range(count)]
            size = {0: torch.export.Dim("n", min=2, max=4096)} if dynamic else None
            program = torch.export.export(Sum(), (xs,), dynamic_shapes={"xs": [size] * count})
            path = os.path.join(folder, f"sum{count}{'_dynamic' if dynamic else ''}")
            torch.export.save(program, path + ".pt2")
            save_file({str(place): x for place, x in enumerate(xs)}, path + ".inputs.safetensors")
            yield count, dynamic, path, xs


def torch_guard_seconds(function, xs, rounds):
    """Seconds of one check of the compiled function's guards, at best."""
    from torch._dynamo.eval_frame import _debug_get_cache_entry_list

    entry = _debug_get_cache_entry_list(function.__code__)[0]
    local = {"self": function.__self__, "xs": xs} if hasattr(function, "__self__") else {"xs": xs}
    check = entry.guard_manager.check
    if not check(local):
        raise measuring.BenchmarkError("torch.compile's guards do not hold for the inputs they were made for")
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(1000):
            check(local)
        best = min(best, (time.perf_counter() - start) / 1000)
    return best


def plain(xs):
    total = xs[0]
    for x in xs[1:]:
        total = total + x
    return total + 1


def measure(count, dynamic, path, xs, options, lathe):
    torch._dynamo.reset()
    compiled = torch.compile(plain, dynamic=dynamic)
    with torch.no_grad():
        expected = plain(xs)
        assert torch.equal(compiled(xs), expected)
        times = []
        for _ in range(options.rounds):
            torch_call = measuring.time_calls(lambda: compiled(xs), 0.3, warm_up=50)[0]
            arguments = ["bench", path + ".pt2", "--inputs", path + ".inputs.safetensors", "--seconds", "0.5", "--json"]
            if dynamic:
                arguments += ["--dynamic", "true"]
            report = json.loads(measuring.run_lathe(lathe, arguments, options.threads))
            times.append((torch_call, torch_guard_seconds(plain, xs, 5), report["compiled"]["median"], report["guards"]["seconds"]))
    torch_call, torch_guards, call, guards = (statistics.median(column) for column in zip(*times))
    return {
        "inputs": count, "dynamic": dynamic, "torch_guards": torch_guards, "guards": guards, "guard_ratio": guards / torch_guards,
        "torch_call": torch_call, "call": call, "call_ratio": call / torch_call,
    }


def run():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lathe")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    lathe = measuring.lathe_binary(options.lathe)
    torch.set_num_threads(options.threads)
    rows = []
    if not options.json:
        print(f"PyTorch {torch.__version__}, {options.threads} threads; microseconds\n")
        print("| inputs | sizes | guards: torch.compile | Lathe | ratio | call: torch.compile | Lathe | ratio |")
        print("|--:|---|--:|--:|--:|--:|--:|--:|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for count, dynamic, path, xs in programs(folder):
            row = measure(count, dynamic, path, xs, options, lathe)
            rows.append(row)
            if not options.json:
                cells = [f"{row[key] * 1e6:.2f}" for key in ("torch_guards", "guards", "torch_call", "call")]
                print(
                    f"| {count} | {'dynamic' if dynamic else 'fixed'} | {cells[0]} | {cells[1]} | {row['guard_ratio']:.2f} "
                    f"| {cells[2]} | {cells[3]} | {row['call_ratio']:.2f} |", flush=True)
    if options.json:
        print(json.dumps(rows, indent=1))
    else:
        print(f"\nLathe over torch.compile: guards at most {max(r['guard_ratio'] for r in rows):.2f}, calls at most {max(r['call_ratio'] for r in rows):.2f}.")


if __name__ == "__main__":
    measuring.main(run)
