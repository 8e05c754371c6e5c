"""Makes programs that nothing else here is tuned on: a test of how general Lathe is.

usage: python Tools/make_held_out.py OUT_DIR [NAME ...]

Needs torch and safetensors; timm, transformers and torchvision where installed. Writes each program with inputs and expected
outputs as program_cases.py says, `index.json` (the overloads of each program, and those that this PyTorch would not export,
with its reason) and `overloads.txt` (how many programs use each overload). A program that this PyTorch will not export
with dynamic sizes is written with static ones. Weights are random, from fixed seeds.
"""

import argparse
import collections
import json
import os
import signal
import warnings
import zlib

import torch
from torch import nn

from held_out_libraries import timm_models, torchvision_models, transformers_models
from held_out_modules import hand_made
from program_cases import overloads, save_case

SECONDS = 180


def settle(module):
    """Random weights as a network in use might have: no identities, no zero biases, nothing that grows or vanishes."""
    for part in module.modules():
        mean, variance = getattr(part, "running_mean", None), getattr(part, "running_var", None)
        if mean is not None:
            mean.normal_(0, 0.2)
        if variance is not None:
            variance.uniform_(0.5, 1.5)
        if "Norm" in type(part).__name__ and isinstance(getattr(part, "bias", None), nn.Parameter):
            nn.init.normal_(part.bias, 0, 0.1)


def too_long(*_):
    raise TimeoutError(f"not exported within {SECONDS} s")


def write(folder, name, program):
    """Exports the program, dynamic where it can be; returns its index entry."""
    settle(program.module)
    module = program.module.eval()
    entry = {"name": name}
    if program.dynamic is not None:
        try:
            other = (program.other, program.other_keywords or {})
            exported = save_case(folder, name, module, program.arguments, program.keywords, program.dynamic, other)
            return entry | {"dynamic": True, "nodes": len(exported.graph.nodes), "targets": overloads(exported)}
        except TimeoutError:
            raise
        except Exception as error:
            entry["static_because"] = first_line(error)
            for suffix in (".pt2", ".inputs.safetensors", ".expected.safetensors", ".alt.inputs.safetensors", ".alt.expected.safetensors"):
                if os.path.exists(os.path.join(folder, name + suffix)):
                    os.remove(os.path.join(folder, name + suffix))
    exported = save_case(folder, name, module, program.arguments, program.keywords, strict=program.strict)
    return entry | {"dynamic": False, "nodes": len(exported.graph.nodes), "targets": overloads(exported)}


def first_line(error):
    return f"{type(error).__name__}: {(str(error).strip() or '-').splitlines()[0][:200]}"


def write_index(folder, written, refused):
    """Brings `index.json` and `overloads.txt` up to date with what was just made."""
    path = os.path.join(folder, "index.json")
    index = {"models": [], "refused": []}
    if os.path.exists(path):
        with open(path) as file:
            index = json.load(file)
    made = {entry["name"] for entry in written + refused}
    models = [entry for entry in index["models"] if entry["name"] not in made] + written
    refused = [entry for entry in index["refused"] if entry["name"] not in made] + refused
    with open(path, "w") as file:
        json.dump({"torch": torch.__version__, "models": models, "refused": refused}, file, indent=1)
    counts = collections.Counter(target for entry in models for target in entry["targets"])
    with open(os.path.join(folder, "overloads.txt"), "w") as file:
        file.writelines(f"{count:4} {target}\n" for target, count in counts.most_common())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    os.makedirs(options.out, exist_ok=True)
    signal.signal(signal.SIGALRM, too_long)
    makers = dict(hand_made())
    for library in (timm_models, transformers_models, torchvision_models):
        try:
            makers |= library()
        except ImportError as error:
            print(f"{library.__name__}: left out, {error}", flush=True)
    written, refused = [], []
    for name, make in makers.items():
        if options.names and name not in options.names:
            continue
        torch.manual_seed(zlib.crc32(name.encode()))
        signal.alarm(SECONDS)
        try:
            written.append(write(options.out, name, make()))
            print(f"{name}: {written[-1]['nodes']} nodes", flush=True)
        except Exception as error:
            refused.append({"name": name, "because": first_line(error)})
            print(f"{name}: REFUSED {refused[-1]['because']}", flush=True)
            for leftover in (".pt2", ".inputs.safetensors", ".expected.safetensors"):
                if os.path.exists(os.path.join(options.out, name + leftover)):
                    os.remove(os.path.join(options.out, name + leftover))
        finally:
            signal.alarm(0)
        torch.compiler.reset()
    write_index(options.out, written, refused)
    print(f"{len(written)} written, {len(refused)} refused")


if __name__ == "__main__":
    main()
