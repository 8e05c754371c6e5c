#!/usr/bin/env python3
"""Records what PyTorch does for sequences of calls of compiled functions, as data that tests replay.

    record-conformance.py programs      exports the functions (PyTorch 2.15)
    record-conformance.py sequences     plays the sequences with the PyTorch at hand; the record goes by its version
    record-conformance.py sequences NAME ...   some of them

Records go to Tests/CaptureTests/Conformance, whose README says how they read. Two runs write the same bytes.
"""

import argparse
import json
import multiprocessing
import os
import sys

import conformance_shapes
import conformance_stances
import torch
import torch._dynamo.testing  # so that each sequence's own process begins with all of it loaded
from conformance_programs import BY_NAME, PROGRAMS, export
from conformance_session import Session

SEQUENCES = conformance_shapes.SEQUENCES + conformance_stances.SEQUENCES
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "CaptureTests", "Conformance")


def version():
    return ".".join(torch.__version__.split(".")[:2])


def play(sequence):
    try:
        return Session(sequence).play()
    except Exception as error:
        raise RuntimeError(f"{sequence.name}: {type(error).__name__}: {error}") from error


def compact(value):
    return json.dumps(value, ensure_ascii=False)


def lines(sequence, record):
    """JSON with a line for each thing that can change by itself."""
    head = {"name": sequence.name, "program": sequence.program, "torch": version()}
    if sequence.about:
        head["about"] = sequence.about
    program = BY_NAME[sequence.program]
    parameters = program.parameters()
    if program.fixed:
        head["fixed"] = list(program.fixed)
    head["options"], head["config"] = sequence.options, sequence.config
    yield "{"
    for name, value in head.items():
        yield f" {compact(name)}: {compact(value)},"
    yield ' "steps": ['
    for index, entry in enumerate(record):
        step = entry["step"]
        if "call" in step:
            step = {**step, "call": dict(zip(parameters, step["call"]))}
        fields = [f"{compact(name)}: {compact(value)}" for name, value in step.items()]
        yield "  {" + ", ".join(fields) + ("," if entry["seen"] else "")
        for position, (name, value) in enumerate(entry["seen"].items()):
            comma = "," if position + 1 < len(entry["seen"]) else ""
            if name == "reasons":
                yield '   "reasons": ['
                for place, reason in enumerate(value):
                    yield f"    {compact(reason)}" + ("," if place + 1 < len(value) else "")
                yield "   ]" + comma
            else:
                yield f"   {compact(name)}: {compact(value)}{comma}"
        yield "  }" + ("," if index + 1 < len(record) else "")
    yield " ]"
    yield "}"


def record_sequences(names):
    folder = os.path.join(FOLDER, "torch-" + version())
    os.makedirs(folder, exist_ok=True)
    chosen = [s for s in SEQUENCES if (not names or s.name in names) and (s.only is None or version() in s.only)]
    # A process for each: frame ids begin at 0, and nothing that PyTorch remembers of one sequence reaches the next.
    with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
        for sequence, record in zip(chosen, pool.imap(play, chosen)):
            with open(os.path.join(folder, sequence.name + ".json"), "w", encoding="utf-8") as file:
                file.write("\n".join(lines(sequence, record)) + "\n")
    if not names:
        for name in sorted(set(os.listdir(folder)) - {s.name + ".json" for s in chosen}):
            os.remove(os.path.join(folder, name))
    print(f"{len(chosen)} sequences recorded with PyTorch {torch.__version__}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("programs", "sequences"))
    parser.add_argument("names", nargs="*", help="sequences, all when none is named")
    options = parser.parse_args()
    unknown = set(options.names) - {s.name for s in SEQUENCES}
    if unknown:
        sys.exit(f"no sequence named {', '.join(sorted(unknown))}")
    if options.what == "sequences":
        return record_sequences(options.names)
    folder = os.path.join(FOLDER, "programs")
    os.makedirs(folder, exist_ok=True)
    exportable = [program for program in PROGRAMS if program.example]
    for program in exportable:
        torch._dynamo.reset()
        export(program, folder)
    print(f"{len(exportable)} programs exported with PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
