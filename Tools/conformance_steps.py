"""What sequences of calls are made of: which program, how it is compiled, and what happens step by step.

Every step is plain data and is written to the record as it stands here, so this file and the records say the same of inputs. Element `i` of a
tensor's storage is (i * 37 % 100 - 25) / 100 for floats, i * 37 % 100 - 25 for ints and `i % 2 == 0` for bools.
"""

import math


class Sequence:
    def __init__(self, name, program, steps, about="", only=None, **options):
        self.name, self.program, self.steps, self.about, self.only = name, program, steps, about, only
        self.config = options.pop("config", {})
        self.options = options


def sequence(name, program, *steps, **options):
    """A sequence. Options: `dynamic`, `fullgraph` (torch.compile's), `config` (torch._dynamo.config under its newest names), `about`,
    and `only` (the versions it can be recorded with)."""
    flat = [step for entry in steps for step in (entry if isinstance(entry, list) else [entry])]
    return Sequence(name, program, flat, **options)


def t(*size, dtype="float32", **more):
    """A contiguous tensor. More: `stride`, `offset` (in elements), `storage` (a name: tensors of one call with the same name share it),
    `grad` (requires grad), `inference` (made in inference mode), `view` (an autograd view of its storage's flat tensor), `mark` (a list).
    """
    return {"size": list(size), "dtype": dtype, **more}


def same(name):
    """The very object passed as another argument of the call."""
    return {"same": name}


def mark(kind, dim, **bounds):
    return {"kind": kind, "dim": dim, **bounds}


def dynamic(*size, dim=0, **bounds):
    return t(*size, mark=[mark("dynamic", dim, **bounds)])


def value(item):
    """An argument: tensors are descriptions already, numbers name their type so that 2 and 2.0 differ in JSON."""
    if isinstance(item, dict):
        return item
    if isinstance(item, list):
        return {"list": [value(element) for element in item]}
    if isinstance(item, float) and not math.isfinite(item):
        return {"float": str(item)}
    return {type(item).__name__: item}


def call(*arguments, under=None):
    """A call; `under` is a grad mode: no_grad, enable_grad or inference_mode."""
    step = {"call": [value(argument) for argument in arguments]}
    return {**step, "under": under} if under else step


def sizes(*each, **more):
    """Calls with one tensor of each size: ints for one dimension, tuples for more."""
    return [call(t(*(size if isinstance(size, tuple) else (size,)), **more)) for size in each]


def scalars(*each, size=(3,)):
    return [call(t(*size), k) for k in each]


def stance(name, **more):
    """set_stance as a plain call: it stays."""
    return {"stance": name, **more}


def enter(name, **more):
    """`with set_stance(...)`: entered here, left at the matching `leave`."""
    return {"enter": name, **more}


def leave():
    return {"leave": "normally"}


def leave_raising():
    """The scope is left by an exception."""
    return {"leave": "raising"}


def setting(**values):
    """Global state (`default_dtype`, `num_threads`, `grad_mode`, `deterministic`, `autocast`) from here on."""
    return {"set": values}


def config(**values):
    return {"config": values}


RESET = {"reset": True}
NEWEST = ("2.15",)
UNBACKED = {"capture_scalar_outputs": True, "capture_dynamic_output_shape_ops": True}
