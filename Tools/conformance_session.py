"""Plays one sequence with the PyTorch at hand and observes it: backend compiles, cache entries, reasons, guards, errors, warnings."""

import contextlib
import logging
import math
import re
import warnings

import torch
import torch._dynamo.testing
from conformance_programs import BY_NAME
from torch._dynamo import guards as dynamo_guards
from torch._dynamo.eval_frame import _debug_get_cache_entry_list

OLD_NAMES = {
    "recompile_limit": "cache_size_limit",
    "accumulated_recompile_limit": "accumulated_cache_size_limit",
    "fail_on_recompile_limit_hit": "fail_on_cache_limit_hit",
}
GRAD_MODES = {"no_grad": torch.no_grad, "enable_grad": torch.enable_grad, "inference_mode": torch.inference_mode}
MARKS = {
    "dynamic": torch._dynamo.mark_dynamic,
    "maybe_dynamic": torch._dynamo.maybe_mark_dynamic,
    "static": torch._dynamo.mark_static,
    "unbacked": torch._dynamo.decorators.mark_unbacked,
}


def tidy(text):
    """Text without what differs between machines and runs: installation paths, addresses, process ids, padding."""
    text = re.sub(r"/[^\s\"']*/(?:site|dist)-packages/", "", text)
    text = re.sub(r"/[^\s\"']*/lib/python3\.\d+/", "python/", text)
    text = re.sub(r"0x[0-9a-f]+", "0x0", text)
    text = re.sub(r"(___check_(?:obj|type)_id\([^,]*, )\d+", r"\g<1>0", text)
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip()


class Recorder(logging.Handler):
    """Keeps what PyTorch logs: recompilations and warnings. Errors it logs are raised as well, or are about its own insides."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.recompilations, self.warnings = [], []

    def emit(self, record):
        if record.name == dynamo_guards.recompiles_log.name:
            self.recompilations.append(record.getMessage())
        elif record.levelno == logging.WARNING:
            self.warnings.append(record.getMessage())

    def attach(self):
        torch._logging.set_logs(recompiles=True)
        for logger in list(logging.root.manager.loggerDict.values()):
            if (
                isinstance(logger, logging.Logger)
                and logger.name.startswith("torch")
                and logger.name != "torch.__trace"
                and logger.handlers
            ):
                logger.handlers[:] = [self]
        dynamo_guards.recompiles_log.handlers[:] = [self]
        dynamo_guards.recompiles_log.propagate = False


class Symbols:
    """Names the symbols of one graph s0, s1, ... and u0, u1, ... in the order in which inputs show them."""

    def __init__(self):
        self.names = {}

    def name(self, found):
        kind = "u" if found.startswith("u") else "s"
        taken = sum(name.startswith(kind) for name in self.names.values())
        return self.names.setdefault(found, f"{kind}{taken}")

    def show(self, size):
        if isinstance(size, int):
            return size
        text = str(size)
        return (
            int(text) if re.fullmatch(r"-?\d+", text) else re.sub(r"\b[su]\d+\b", lambda m: self.name(m.group()), text)
        )


def graph_inputs(graph_module):
    """Inputs of a captured graph by the source they come from: sizes of tensors, symbols of ints; those it does not use are absent."""
    symbols, found = Symbols(), {}
    for node in graph_module.graph.nodes:
        grapharg = node.meta.get("grapharg") if node.op == "placeholder" else None
        example = node.meta.get("example_value")
        if grapharg is None or grapharg.source is None:
            continue
        source = grapharg.source.name
        source = dynamo_name(source() if callable(source) else source)
        if isinstance(example, torch.Tensor):
            found[source] = {"size": [symbols.show(size) for size in example.size()]}
            found[source]["stride"] = [symbols.show(stride) for stride in example.stride()]
        elif ".size()" not in source and ".stride()" not in source and ".storage_offset()" not in source:
            found[source] = symbols.show(example)
    return {source: found[source] for source in sorted(found)}


def dynamo_name(source):
    """`L['x']` as `x`."""
    return re.sub(r"L\['(.*?)'\]", r"\1", source)


class CountingBackend:
    """Runs the graph as it was captured, and keeps what it was given."""

    def __init__(self):
        self.graphs = []

    def __call__(self, graph_module, example_inputs):
        self.graphs.append(graph_inputs(graph_module))
        return graph_module.forward


def parse_reasons(text):
    """Entries of a list of guard failures: id, guard as printed, the comment behind it, the user stack below it."""
    reasons = []
    for line in text.split("\n"):
        found = re.match(r"\s*- (\d+/\d+(?:_\d+)?): (.*)$", line)
        if found:
            guard, _, comment = found.group(2).partition("  # ")
            reasons.append({"entry": found.group(1), "guard": tidy(guard).strip()})
            if not comment:
                guard, _, comment = found.group(2).partition(" # ")
                reasons[-1]["guard"] = tidy(guard).strip()
            if comment:
                reasons[-1]["comment"] = tidy(comment)
        elif reasons and line.strip(" -"):
            reasons[-1].setdefault("below", []).append(tidy(re.sub(r"^\s*- ?", "", line)))
    return reasons


class Session:
    """One compiled function, and what has happened to it."""

    def __init__(self, sequence):
        self.sequence = sequence
        self.program = BY_NAME[sequence.program]
        self.recorder = Recorder()
        self.recorder.attach()
        self.backend, self.forced = CountingBackend(), CountingBackend()
        torch._dynamo.register_backend(self.backend, name="counting")
        torch._dynamo.register_backend(self.forced, name="forced")
        self.scopes, self.globals = [], contextlib.ExitStack()
        torch.set_num_threads(2)
        torch._dynamo.config.automatic_dynamic_local_pgo = False
        self.configure(sequence.config)
        function = self.program.load()
        self.code = self.program.code(function)
        self.compiled = torch.compile(function, backend="counting", **sequence.options)

    # Steps.

    def configure(self, values):
        for name, value in values.items():
            if not hasattr(torch._dynamo.config, name):
                name = OLD_NAMES[name]
            setattr(torch._dynamo.config, name, value)

    def set_stance(self, step):
        options = {name: value for name, value in step.items() if name not in ("stance", "enter")}
        return torch.compiler.set_stance(step.get("stance") or step.get("enter"), **options)

    def set_global(self, name, value):
        if name == "default_dtype":
            torch.set_default_dtype(getattr(torch, value))
        elif name == "num_threads":
            torch.set_num_threads(value)
        elif name == "grad_mode":
            torch.set_grad_enabled(value)
        elif name == "deterministic":
            torch.use_deterministic_algorithms(value)
        elif name == "autocast":
            if value:
                self.globals.enter_context(torch.autocast("cpu"))
            else:
                self.globals.close()
        else:
            raise ValueError(f"no setting {name}")

    def leave(self, how):
        scope = self.scopes.pop()
        if how == "raising":
            scope.__exit__(RuntimeError, RuntimeError("raised in the scope"), None)
        else:
            scope.__exit__(None, None, None)

    def call(self, step):
        values = make_arguments(step["call"], self.program.parameters())
        mode = GRAD_MODES[step["under"]] if "under" in step else contextlib.nullcontext
        with mode():
            return describe_result(self.compiled(*values))

    def perform(self, step):
        if "call" in step:
            return self.call(step)
        if "stance" in step:
            self.set_stance(step)
        elif "enter" in step:
            scope = self.set_stance(step)
            scope.__enter__()
            self.scopes.append(scope)
        elif "leave" in step:
            self.leave(step["leave"])
        elif "set" in step:
            for name, value in step["set"].items():
                self.set_global(name, value)
        elif "config" in step:
            self.configure(step["config"])
        elif "reset" in step:
            torch._dynamo.reset()
        else:
            raise ValueError(f"no step {step}")
        return None

    # What is seen.

    def entries(self):
        return [(str(entry.compile_id), entry) for entry in _debug_get_cache_entry_list(self.code)]

    def play(self):
        return [self.step(step) for step in self.sequence.steps]

    def step(self, step):
        before = {name for name, _ in self.entries()}
        counts = len(self.backend.graphs), len(self.forced.graphs)
        self.recorder.recompilations.clear()
        self.recorder.warnings.clear()
        seen = {}
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                result = self.perform(step)
            except Exception as error:
                result = None
                seen["raised"] = {"type": type(error).__name__, "text": tidy(str(error))}
        messages = self.recorder.warnings + [
            str(w.message) for w in caught if "Guards may run slower" not in str(w.message)
        ]
        if "call" in step:
            entries = self.entries()
            seen["compiles"] = len(self.backend.graphs)
            if self.forced.graphs:
                seen["forced"] = len(self.forced.graphs)
            seen["entries"] = [name for name, _ in entries]
            if result is not None:
                seen["result"] = result
            reasons = [reason for text in self.recorder.recompilations for reason in parse_reasons(text)]
            if reasons:
                seen["reasons"] = reasons
            graphs = self.backend.graphs[counts[0] :] + self.forced.graphs[counts[1] :]
            new = [(name, entry) for name, entry in entries if name not in before]
            if new:
                name, entry = new[0]
                seen["new"] = {
                    "entry": name,
                    "backend": self.backend_of(counts),
                    **({"inputs": graphs[-1]} if graphs else {}),
                }
                guards = shape_guards(entry)
                if guards:
                    seen["new"]["guards"] = guards
        if messages:
            seen["warnings"] = [tidy(message) for message in messages]
        return {"step": step, "seen": seen}

    def backend_of(self, counts):
        if len(self.forced.graphs) > counts[1]:
            return "forced"
        return "counting" if len(self.backend.graphs) > counts[0] else "other"


def shape_guards(entry):
    """Symbolic relations among an entry's guards, in the order in which they are checked, as Python over `L`."""
    return [
        tidy(line.partition("  # ")[0])
        for line in re.findall(r"^\+- LAMBDA_GUARD: (.*)$", str(entry.guard_manager), re.MULTILINE)
    ]


def describe_result(result):
    """Dtype, size, and the sum of the elements as a double, of six significant digits."""
    total = float(f"{result.detach().double().sum().item():.6g}")
    return {
        "dtype": str(result.dtype).removeprefix("torch."),
        "size": list(result.size()),
        "sum": total if math.isfinite(total) else str(total),
    }


def make_arguments(described, names):
    made, storages = {}, {}
    for name, item in zip(names, described, strict=True):
        made[name] = make(item, made, storages)
    return list(made.values())


def make(item, made, storages):
    if "same" in item:
        return made[item["same"]]
    if "size" in item:
        return make_tensor(item, storages)
    if "list" in item:
        return [make(element, made, storages) for element in item["list"]]
    ((kind, value),) = item.items()
    return {"int": int, "float": float, "bool": bool}[kind](value)


def contiguous(size):
    strides = []
    for dim in range(len(size)):
        strides.append(math.prod(max(other, 1) for other in size[dim + 1 :]))
    return strides


def make_tensor(item, storages):
    """The described tensor. Its storage is as long as its elements reach; a shared one has room for 64 elements."""
    size, offset = item["size"], item.get("offset", 0)
    stride = item.get("stride") or contiguous(size)
    dtype = getattr(torch, item["dtype"])
    reach = 0 if 0 in size else 1 + sum((n - 1) * step for n, step in zip(size, stride))
    with torch.inference_mode() if item.get("inference") else contextlib.nullcontext():
        if "storage" in item:
            flat = storages.setdefault(item["storage"], fill(64, dtype))
        else:
            flat = fill(offset + reach, dtype)
        if item.get("view"):
            tensor = flat.as_strided(size, stride, offset)
        else:
            tensor = torch.empty(0, dtype=dtype).set_(flat.untyped_storage(), offset, size, stride)
    if item.get("grad"):
        tensor.requires_grad_()
    for marked in item.get("mark", []):
        bounds = {name: value for name, value in marked.items() if name not in ("kind", "dim")}
        MARKS[marked["kind"]](tensor, marked["dim"], **bounds)
    return tensor


def fill(count, dtype):
    numbers = torch.arange(count, dtype=torch.int64)
    if dtype == torch.bool:
        return numbers % 2 == 0
    numbers = numbers * 37 % 100 - 25
    return (numbers.double() / 100).to(dtype) if dtype.is_floating_point else numbers.to(dtype)
