"""Writes Sources/CRuntime/shim_operators_*.c, shim_operators.list and shim_functions.list: the operator functions of PyTorch's stable C interface.

    python3 Tools/make_shim_operators.py        # with an environment that has torch (its torchgen is used)

Names and C signatures come from torchgen, which writes PyTorch's own c_shim_cpu.h from the same tables; signatures never change between
versions, so the newest version's table serves every archive. Every function packs its arguments into words and hands them over with its
place in a table; the table says how to read them:

    out=o self=t bias=T stride=ln alpha=d ret=r

    t Tensor   o Tensor that is written   n int   d float or Scalar   b bool   s str   y dtype   w layout   v device (two words)
    m memory format   g generator   r result Tensor   q result int
    a capital letter is an optional value (a pointer that may be NULL); l before a letter is a list (pointer, count), L an optional list
"""
import pathlib
import re
import sys

import torchgen
import torchgen.gen as gen
from torchgen.aoti.fallback_ops import inductor_fallback_ops
from torchgen.gen_aoti_c_shim import convert_arg_type_and_name
from torchgen.model import BaseTy, BaseType, FunctionSchema, ListType, OptionalType, SchemaKind

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Sources" / "CRuntime"
LETTERS = {
    BaseTy.Tensor: "t", BaseTy.bool: "b", BaseTy.int: "n", BaseTy.SymInt: "n", BaseTy.Scalar: "d", BaseTy.float: "d", BaseTy.str: "s",
    BaseTy.ScalarType: "y", BaseTy.Layout: "w", BaseTy.Device: "v", BaseTy.MemoryFormat: "m", BaseTy.Generator: "g", BaseTy.DeviceIndex: "n",
}
# Written by hand in PyTorch (torch/csrc/inductor/aoti_torch/c/shim_mkldnn.h): the function's name and the operator's schema. The others of
# that file take weights that oneDNN has packed, which only `freezing` makes.
BY_HAND = {
    "mkldnn_rnn_layer":
        "aten::mkldnn_rnn_layer(Tensor input, Tensor weight0, Tensor weight1, Tensor weight2, Tensor weight3, Tensor hx_, Tensor cx_, "
        "bool reverse, int[] batch_sizes, int mode, int hidden_size, int num_layers, bool has_biases, bool bidirectional, "
        "bool batch_first, bool train) -> (Tensor, Tensor, Tensor, Tensor)",
}


def letters(type_, written):
    """How one argument's words are read."""
    if isinstance(type_, BaseType):
        return "o" if written and type_.name == BaseTy.Tensor else LETTERS[type_.name]
    if isinstance(type_, OptionalType):
        inner = letters(type_.elem, written)
        return "L" + inner[1:] if inner[0] == "l" else inner.upper()
    assert isinstance(type_, ListType), type_
    return "l" + letters(type_.elem, written)


def word(letter, name):
    """C for one argument's words."""
    if letter == "d":
        return [f"{{.d = {name}}}"]
    if letter in "tos" or letter.isupper() or letter[0] in "lL":
        words = [f"{{.p = {name}}}"]
    else:
        words = [f"{{.i = {name}}}"]
    if letter[0] in "lL":
        words.append(f"{{.i = {name}_len_}}")
    if letter in "vV":
        words.append(f"{{.i = {name}_index_}}")
    return words


def function(name, namespace, schema, operators):
    written = schema.kind() in (SchemaKind.out, SchemaKind.inplace)
    arguments = list(schema.arguments.out) + list(schema.arguments.flat_non_out) if written else list(schema.arguments.flat_all)
    types, words, signature = [], [], []
    for argument in arguments:
        is_written = argument.is_write
        c_types, names, _, _ = convert_arg_type_and_name(argument.type, argument.name)
        letter = letters(argument.type, is_written)
        names = [n if n not in ("default", "register") else n + "_" for n in names]
        types += [f"{t} {n}" for t, n in zip(c_types, names)]
        words += word(letter, names[0])
        signature.append(f"{argument.name}={letter}")
    by_hand = name in BY_HAND
    if not written or (by_hand and schema.returns):
        for place, result in enumerate(schema.returns):
            is_tensor = result.type.name == BaseTy.Tensor
            types.append(("AtenTensorHandle *" if is_tensor else "int64_t *") + f"ret{place}")
            words.append(f"{{.p = ret{place}}}")
            signature.append("ret=" + ("r" if is_tensor else "q"))
    return (f"aoti_torch_cpu_{name}", "|".join(operators), " ".join(signature), types, words)


def tidy(c_type):
    return re.sub(r"(\w)(\*+) (\w)", r"\1 \2\3", c_type.replace("* *", "**"))


def table():
    folder = pathlib.Path(torchgen.__file__).parent / "packaged" / "ATen" / "native"
    parsed = gen.parse_native_yaml(str(folder / "native_functions.yaml"), str(folder / "tags.yaml"))
    functions, by_signature = {}, {}
    for native in parsed.native_functions:
        key = f"{native.namespace}.{native.func.name.name}.{native.func.name.overload_name or 'default'}"
        functions[key] = native
        if native.func.kind() == SchemaKind.functional:
            by_signature.setdefault(native.func.signature(), key)
    rows = []
    header = folder.parents[3] / "torch" / "include" / "torch" / "csrc" / "inductor" / "aoti_torch" / "generated" / "c_shim_cpu.h"
    on_cpu = set(re.findall(r"aoti_torch_cpu_(\w+)", header.read_text()))
    for key in sorted(inductor_fallback_ops):
        native = functions[key]
        if native.func.name.unambiguous_name() not in on_cpu:
            continue
        candidates = [key]
        if native.func.kind() != SchemaKind.functional:
            functional = by_signature.get(native.func.signature())
            if functional:
                candidates.append(functional)
        rows.append(function(native.func.name.unambiguous_name(), native.namespace, native.func, candidates))
    for name, text in BY_HAND.items():
        namespace, rest = text.split("::", 1)
        schema = FunctionSchema.parse(rest)
        rows.append(function(name, namespace, schema, [f"{namespace}.{schema.name.name}.{schema.name.overload_name or 'default'}"]))
    return sorted(rows)


def main():
    rows = table()
    listing = ["// Written by Tools/make_shim_operators.py: function, operators that compute it (the first that is known), how its words are read."]
    listing += [f'OPERATOR({name}, "{operators}", "{signature}")' for name, operators, signature, _, _ in rows]
    (FOLDER / "shim_operators.list").write_text("\n".join(listing) + "\n")
    headers = "".join((FOLDER / "include" / name).read_text() for name in ("lathe_aoti.h", "lathe_fallback.h"))
    names = re.findall(r"^LATHE_EXPORT [^(]*?\*?(\w+)\(", headers, re.M)
    others = ["// Written by Tools/make_shim_operators.py: the functions of lathe_aoti.h and lathe_fallback.h."] + [f"FUNCTION({name})" for name in sorted(names)]
    (FOLDER / "shim_functions.list").write_text("\n".join(others) + "\n")
    for name, first, last in [("a_l", "", "m"), ("m_z", "m", "~")]:
        chosen = [row for row in rows if first <= row[0].removeprefix("aoti_torch_cpu_").lower() < last]
        (FOLDER / f"shim_operators_{name}.c").write_text("\n".join(source(chosen)) + "\n")
    print(f"{len(rows)} functions", file=sys.stderr)


def wrapped(start, pieces, end):
    """Lines of at most 140 characters."""
    lines, line = [], start
    for place, piece in enumerate(pieces):
        piece += ", " if place + 1 < len(pieces) else end
        if len(line) + len(piece.rstrip()) > 140:
            lines.append(line.rstrip())
            line = "  "
        line += piece
    return lines + [line]


def source(rows):
    code = [
        "// Written by Tools/make_shim_operators.py. Operator functions of PyTorch's stable C interface: each packs its arguments into words.",
        '#include "shim_places.h"',
        "",
        "typedef struct AtenGeneratorOpaque *AtenGeneratorHandle;",
        "#define CALL(name, ...) lathe_fallback_call(LATHE_PLACE_##name, (const lathe_word[]){__VA_ARGS__})",
        "",
    ]
    for name, _, _, types, words in rows:
        code += wrapped(f"AOTITorchError {name}(", [tidy(t) for t in types], ") {")
        code += wrapped(f"  return CALL({name}, ", words, ");")
        code.append("}")
    return code


main()
