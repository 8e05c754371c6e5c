"""Writes a made-up program of 100,000 nodes in PyTorch 2.6's layout, without PyTorch: what a very large model costs to open.

usage: python Tools/make_wide_graph.py wide.pt2 [--stages 20] [--blocks 100]

A stage is a chain of blocks, a block has 50 nodes: a linear layer, then diamonds of element-wise operators, the last of which
reaches back to the block's input. Every node carries a stack trace, and a stack of modules four deep. The same arguments
give the same bytes. The program is one that PyTorch loads and runs.
"""

import argparse
import array
import io
import json
import pickle
import random
import zipfile

WIDTH = 8
DIAMONDS = 12
EPOCH = (1980, 1, 1, 0, 0, 0)
SOURCE = {
    "forward": (101, "x = stage(x)"),
    "stage": (82, "x = block(x)"),
    "block": (55, "h = self.mix(self.proj(x), x)"),
}


class Global:
    """A name in the pickle, such as torch.FloatStorage, which need not exist here."""

    def __init__(self, module, name):
        self.opcode = f"c{module}\n{name}\n".encode()


class Call:
    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments


class Storage:
    def __init__(self, elements):
        self.identity = ("storage", Global("torch", "FloatStorage"), "0", "cpu", elements)


class WeightsPickler(pickle._Pickler):
    """Protocol 2 with the few forms that torch.save writes: globals, persistent storages and calls."""

    def __init__(self, file):
        super().__init__(file, protocol=2)

    def persistent_id(self, value):
        return value.identity if isinstance(value, Storage) else None

    def save_global_name(self, value):
        self.write(value.opcode)

    def save_call(self, value):
        self.save(value.function)
        self.save(value.arguments)
        self.write(pickle.REDUCE)

    dispatch = {**pickle._Pickler.dispatch, Global: save_global_name, Call: save_call}


def torch_file(value, data=None):
    """The bytes of a file that torch.load reads: a pickle, and at most one storage, in a zip."""
    pickled, out = io.BytesIO(), io.BytesIO()
    WeightsPickler(pickled).dump(value)
    with zipfile.ZipFile(out, "w") as archive:
        def add(name, payload):
            archive.writestr(zipfile.ZipInfo("archive/" + name, EPOCH), payload)

        add("data.pkl", pickled.getvalue())
        add("byteorder", b"little")
        if data is not None:
            add("data/0", data)
        add("version", b"3\n")
    return out.getvalue()


def tensor_meta(sizes, parameter=False):
    strides = [1]
    for size in reversed(sizes[1:]):
        strides.insert(0, strides[0] * size)
    return {
        "dtype": 7,
        "sizes": [{"as_int": size} for size in sizes],
        "requires_grad": parameter,
        "device": {"type": "cpu"},
        "strides": [{"as_int": stride} for stride in strides],
        "storage_offset": {"as_int": 0},
        "layout": 7,
    }


def tensor(name):
    return {"as_tensor": {"name": name}}


class Program:
    """Nodes, values and modules as they are added."""

    def __init__(self, rows):
        self.sizes = (rows, WIDTH)
        self.nodes, self.values, self.counts = [], {}, {}
        self.parameters, self.modules = [], [""]
        self.elements = 0

    def parameter(self, path, sizes):
        name = "p_" + path.replace(".", "_")
        self.values[name] = tensor_meta(sizes, parameter=True)
        self.parameters.append((path, name, sizes, self.elements))
        count = 1
        for size in sizes:
            count *= size
        self.elements += count
        return name

    def add(self, overload, arguments, metadata):
        base = overload.split(".")[0]
        count = self.counts.get(base, 0)
        self.counts[base] = count + 1
        name = f"{base}_{count}" if count else base
        self.nodes.append({
            "target": "torch.ops.aten." + overload,
            "inputs": [{"name": key, "arg": value} for key, value in arguments],
            "outputs": [tensor(name)],
            "metadata": {**metadata, "torch_fn": f"{base}_{count + 1};builtin_function_or_method.{base}"},
        })
        self.values[name] = tensor_meta(self.sizes)
        return name


def frame(function, line, text):
    return f'File "wide_model.py", line {line}, in {function}\n    {text}'


def metadata(modules, innermost):
    frames = [frame("forward", *SOURCE[part]) for part in ("forward", "stage", "block")] + [innermost]
    stack = ";".join(f"L__self__{'.' if path else ''}{path},{path},wide_model.{kind}" for path, kind in modules)
    return {"stack_trace": "\n  ".join(frames), "nn_module_stack": stack}


def add_block(program, stage, path, x):
    outer = [("", "Wide"), (stage, "Stage"), (path, "Block")]
    program.modules += [path, path + ".proj", path + ".mix"]
    weight = program.parameter(path + ".proj.weight", (WIDTH, WIDTH))
    bias = program.parameter(path + ".proj.bias", (WIDTH,))
    linear = metadata(outer + [(path + ".proj", "Projection")], frame("forward", 20, "return F.linear(x, self.weight, self.bias)"))
    h = program.add("linear.default", [("input", tensor(x)), ("weight", tensor(weight)), ("bias", tensor(bias))], linear)
    inner = outer + [(path + ".mix", "Diamonds")]
    h = program.add("relu.default", [("self", tensor(h))], metadata(inner, frame("forward", 34, "h = torch.relu(h)")))
    gate = metadata(inner, frame("forward", 36, "a, b = torch.sigmoid(h), torch.tanh(h)"))
    product = metadata(inner, frame("forward", 37, "h = a * b"))
    total = metadata(inner, frame("forward", 38, "h = h + (x if i == last else a)"))
    for i in range(DIAMONDS):
        a = program.add("sigmoid.default", [("self", tensor(h))], gate)
        b = program.add("tanh.default", [("self", tensor(h))], gate)
        h = program.add("mul.Tensor", [("self", tensor(a)), ("other", tensor(b))], product)
        other = x if i == DIAMONDS - 1 else a
        h = program.add("add.Tensor", [("self", tensor(h)), ("other", tensor(other))], total)
    return h


def leaf_spec(arguments):
    leaf = {"type": None, "context": None, "children_spec": []}
    inputs = {"type": "builtins.tuple", "context": "null", "children_spec": [leaf] * arguments}
    keywords = {"type": "builtins.dict", "context": "[]", "children_spec": []}
    whole = {"type": "builtins.tuple", "context": "null", "children_spec": [inputs, keywords]}
    return json.dumps([1, whole]), json.dumps([1, leaf])


def exported_program(program, output):
    specs = [{"parameter": {"arg": {"name": name}, "parameter_name": path}} for path, name, _, _ in program.parameters]
    specs.append({"user_input": {"arg": tensor("x")}})
    in_spec, out_spec = leaf_spec(1)
    calls = [{"fqn": path} for path in program.modules]
    calls[0]["signature"] = {
        "inputs": [], "outputs": [], "in_spec": in_spec, "out_spec": out_spec, "forward_arg_names": ["x"],
    }
    graph = {
        "inputs": [tensor(name) for _, name, _, _ in program.parameters] + [tensor("x")],
        "outputs": [tensor(output)],
        "nodes": program.nodes,
        "tensor_values": program.values,
        "sym_int_values": {}, "sym_bool_values": {}, "is_single_tensor_return": False,
        "custom_obj_values": {}, "sym_float_values": {},
    }
    signature = {"input_specs": specs, "output_specs": [{"user_output": {"arg": tensor(output)}}]}
    return {
        "graph_module": {"graph": graph, "signature": signature, "module_call_graph": calls, "metadata": {}},
        "opset_version": {"aten": 10}, "range_constraints": {}, "schema_version": {"major": 8, "minor": 2},
        "verifiers": ["TRAINING"], "torch_version": "2.6.0",
    }


def state_dict(program):
    """Every parameter as a view of one storage, as torch.save writes views."""
    storage, hooks = Storage(program.elements), Call(Global("collections", "OrderedDict"))
    rebuild = Global("torch._utils", "_rebuild_tensor_v2")
    parameter = Global("torch._utils", "_rebuild_parameter")
    state = {}
    for path, _, sizes, offset in program.parameters:
        strides = tuple(stride["as_int"] for stride in tensor_meta(sizes)["strides"])
        view = Call(rebuild, storage, offset, sizes, strides, False, hooks)
        state[path] = Call(parameter, view, True, hooks)
    values = random.Random(0)
    weights = array.array("f", (values.uniform(-0.15, 0.15) for _ in range(program.elements)))
    return torch_file(state, weights.tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--stages", type=int, default=20)
    parser.add_argument("--blocks", type=int, default=100, help="blocks in a stage, 50 nodes each")
    options = parser.parse_args()
    program = Program(rows=4)
    program.values["x"] = tensor_meta(program.sizes)
    h = "x"
    program.modules.append("stages")
    for s in range(options.stages):
        stage = f"stages.{s}"
        program.modules += [stage, stage + ".blocks"]
        for b in range(options.blocks):
            h = add_block(program, stage, f"{stage}.blocks.{b}", h)
    entries = {
        "serialized_exported_program.json": json.dumps(exported_program(program, h)).encode(),
        "serialized_state_dict.pt": state_dict(program),
        "serialized_constants.pt": torch_file({}),
        "serialized_example_inputs.pt": b"",
        "version": b"8.2",
    }
    with zipfile.ZipFile(options.out, "w") as archive:
        for name, payload in entries.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), payload)
    size = sum(map(len, entries.values()))
    print(f"{options.out}: {len(program.nodes):,} nodes, {len(program.modules):,} modules, {size:,} bytes")


if __name__ == "__main__":
    main()
