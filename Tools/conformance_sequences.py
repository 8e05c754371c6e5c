"""The sequences of calls on record: which program, how it is compiled, and what happens step by step.

Every step is plain data and is written to the record as it stands here, so this file and the records say the same of inputs. Element `i` of a
tensor's storage is (i * 37 % 100 - 25) / 100 for floats, i * 37 % 100 - 25 for ints and `i % 2 == 0` for bools.
"""


class Sequence:
    def __init__(self, name, program, steps, about="", only=None, **options):
        self.name, self.program, self.steps, self.about, self.only = name, program, steps, about, only
        self.config = options.pop("config", {})
        self.options = options


SEQUENCES = []


def sequence(name, program, *steps, **options):
    """Adds a sequence. Options: `dynamic`, `fullgraph` (torch.compile's), `config` (torch._dynamo.config under its newest names), `about`,
    and `only` (the versions it can be recorded with)."""
    flat = [step for entry in steps for step in (entry if isinstance(entry, list) else [entry])]
    SEQUENCES.append(Sequence(name, program, flat, **options))


def t(*size, dtype="float32", **more):
    """A contiguous tensor. More: `stride`, `offset` (in elements), `storage` (a name: tensors of one call with the same name share it),
    `grad` (requires grad), `inference` (made in inference mode), `view` (an autograd view of its storage's flat tensor), `mark` (a list)."""
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


# Sizes: first static, then dynamic where they changed; 0 and 1 are specialised.
sequence("sizes-3-4-5-1-0-2", "pointwise", sizes(3, 4, 5, 1, 0, 2))
sequence("sizes-3-3-3", "pointwise", sizes(3, 3, 3))
sequence("sizes-1-3-4", "pointwise", sizes(1, 3, 4))
sequence("sizes-0-3-4", "pointwise", sizes(0, 3, 4))
sequence("sizes-3-1-4-0-5", "pointwise", sizes(3, 1, 4, 0, 5), about="1 comes before the second large size")
sequence("sizes-1-0-2-3", "pointwise", sizes(1, 0, 2, 3))
sequence("sizes-2-1-2-1", "pointwise", sizes(2, 1, 2, 1), about="two entries take turns at the front")
sequence("sizes-3-4-3-9", "pointwise", sizes(3, 4, 3, 9), about="the static entry serves 3 again, or the dynamic one does")
sequence("size-large", "pointwise", sizes(3, 1000000, 7))
sequence("two-dims-apart", "pointwise2d", sizes((3, 4), (5, 4), (5, 6), (7, 8)))
sequence("two-dims-together", "pointwise2d", sizes((3, 4), (5, 6), (7, 8), (9, 2)))
sequence("two-dims-equal-first", "pointwise2d", sizes((3, 3), (4, 4), (5, 6), (6, 5)), about="nor do two sizes of one tensor")
sequence("two-dims-equal-later", "pointwise2d", sizes((3, 4), (5, 5), (6, 7), (8, 8)))
sequence("two-dims-with-1", "pointwise2d", sizes((3, 4), (1, 4), (5, 1), (1, 1), (6, 7)))
sequence("two-dims-with-0", "pointwise2d", sizes((3, 4), (0, 4), (3, 0), (5, 6)))
sequence("second-dim-only", "pointwise2d", sizes((3, 4), (3, 5), (3, 6), (4, 6)))
sequence("rank-2-1-3", "pointwise2d", sizes((3, 4), (3,), (3, 4, 5), (6, 7), (8,)))
sequence("rank-scalar", "pointwise", sizes((), (3,), (), (4,)))

# dynamic= of torch.compile.
sequence("dynamic-true-3-4-1-0", "pointwise", sizes(3, 4, 1, 0, 5), dynamic=True)
sequence("dynamic-true-1-first", "pointwise", sizes(1, 2, 3), dynamic=True)
sequence("dynamic-true-2d", "pointwise2d", sizes((3, 4), (5, 6), (7, 7), (2, 1)), dynamic=True)
sequence("dynamic-true-2d-equal", "pointwise2d", sizes((3, 3), (4, 4), (4, 5)), dynamic=True)
sequence("dynamic-false-3-4-5-3", "pointwise", sizes(3, 4, 5, 3), dynamic=False)
sequence("dynamic-false-2d", "pointwise2d", sizes((3, 4), (5, 4), (3, 4), (3, 5)), dynamic=False)
sequence("dynamic-true-linear", "linear", sizes((5, 4), (6, 4), (1, 4)), dynamic=True)
sequence("dynamic-true-matmul", "matmul", call(t(3, 4), t(4, 5)), call(t(6, 7), t(7, 8)), call(t(6, 6), t(6, 6)), dynamic=True)
sequence("dynamic-true-blocks", "blocks", sizes(8, 12, 20, 4), dynamic=True)
sequence("dynamic-true-scale", "scale", scalars(2, 3, 1, 0, -5), dynamic=True)
sequence("dynamic-false-scale", "scale", scalars(2, 3, 2, 4), dynamic=False)

# Relations between sizes.
sequence(
    "duck-not-when-automatic",
    "apart",
    [call(t(a), t(b)) for a, b in ((3, 3), (4, 4), (5, 5), (6, 7), (8, 8), (9, 10))],
    about="sizes that became dynamic by changing share no symbol although they are equal",
)
sequence("duck-never", "apart", [call(t(a), t(b)) for a, b in ((3, 4), (5, 6), (7, 7), (8, 9))])
sequence("duck-one-changes", "apart", [call(t(a), t(b)) for a, b in ((3, 3), (4, 3), (5, 3), (5, 5), (6, 7))])
sequence("duck-dynamic-true", "apart", [call(t(a), t(b)) for a, b in ((3, 3), (4, 4), (4, 5), (6, 6))], dynamic=True)
sequence("add-equal", "add", [call(t(n), t(n)) for n in (3, 4, 5, 1, 2)])
sequence("add-2d", "add2d", [call(t(*n), t(*n)) for n in ((3, 4), (5, 4), (5, 6), (7, 7))])
sequence("blend", "blend", [call(t(n), t(n), t(n)) for n in (3, 4, 5, 0)])
sequence("ten-inputs", "ten", [call([t(n)] * 10) for n in (3, 4, 5)], about="ten distinct tensors")
sequence("ten-inputs-one-dtype", "ten", [call([t(3)] * 10), call([t(3)] * 9 + [t(3, dtype="float64")])])
sequence("linear-batch", "linear", sizes((5, 4), (6, 4), (7, 4), (1, 4), (2, 4)))
sequence("linear-strides", "linear", call(t(5, 4)), call(t(5, 4, stride=[1, 5])), call(t(6, 4)), call(t(6, 4, stride=[1, 6])))
sequence("flatten", "flatten", sizes((2, 3, 4), (5, 3, 4), (5, 6, 7), (8, 9, 1)))
sequence("trim", "trim", sizes((3, 4), (3, 5), (6, 7), (6, 2), (6, 1)))
sequence("half", "half", sizes(6, 7, 9, 3, 2))
sequence("join", "join", [call(t(a), t(b)) for a, b in ((3, 5), (4, 5), (4, 6), (7, 7), (1, 2))])
sequence("matmul", "matmul", [call(t(a, b), t(b, c)) for a, b, c in ((3, 4, 5), (6, 4, 5), (6, 7, 5), (8, 9, 10), (2, 2, 2))])
sequence("softmax", "softmax", sizes((3, 4), (3, 5), (6, 7)))
sequence("mean", "mean", sizes((3, 4), (5, 4), (6, 7)))
sequence("blocks", "blocks", sizes(8, 12, 20, 4, 16))
sequence("blocks-indivisible", "blocks", sizes(8, 12, 10, 16), about="10 elements are no rows of four: eager raises too")
sequence("exactly", "exactly", sizes(3, 3), sizes(4), sizes(3))

# Dtypes, strides, offsets, requires grad.
sequence("dtypes", "pointwise", [call(t(3, dtype=d)) for d in ("float32", "float64", "bfloat16", "int64", "float32")])
sequence("dtype-and-size", "pointwise", call(t(3)), call(t(4)), call(t(4, dtype="float64")), call(t(5, dtype="float64")), call(t(6)))
sequence("dtype-small-ints", "scale", [call(t(3, dtype=d), 2) for d in ("int64", "int32", "uint8", "bool", "float16")])
sequence("transposed", "pointwise2d", call(t(3, 4)), call(t(3, 4, stride=[1, 3])), call(t(5, 6, stride=[1, 5])), call(t(7, 8)))
sequence("transposed-view", "pointwise2d", call(t(3, 4)), call(t(3, 4, stride=[1, 3], view=True)), call(t(5, 6, stride=[1, 5], view=True)))
sequence("stride-inner", "pointwise2d", call(t(3, 4)), call(t(3, 4, stride=[8, 2])), call(t(3, 4, stride=[12, 3])), call(t(5, 4, stride=[16, 4])))
sequence("stride-outer", "pointwise2d", call(t(3, 4)), call(t(3, 4, stride=[6, 1])), call(t(3, 4, stride=[7, 1])), call(t(3, 5, stride=[9, 1])))
sequence("stride-1d", "pointwise", call(t(4)), call(t(4, stride=[2])), call(t(4, stride=[3])), call(t(5, stride=[5])))
sequence("expanded", "pointwise2d", call(t(3, 4)), call(t(3, 4, stride=[0, 1])), call(t(5, 4, stride=[0, 1])), call(t(5, 4)))
sequence("expanded-inner", "pointwise2d", call(t(3, 4, stride=[1, 0])), call(t(5, 4, stride=[1, 0])), call(t(5, 6, stride=[1, 0])))
sequence("storage-offset", "pointwise", call(t(3)), call(t(3, offset=2)), call(t(3, offset=5)), call(t(4, offset=1)), call(t(5)))
sequence("storage-offset-view", "pointwise", call(t(3, view=True)), call(t(3, offset=2, view=True)), call(t(4, offset=5, view=True)))
sequence(
    "requires-grad",
    "pointwise",
    [call(t(3)), call(t(3, grad=True)), call(t(3)), call(t(4, grad=True)), call(t(5, grad=True)), call(t(6))],
)

# Aliasing.
sequence("alias-later", "add", call(t(3), t(3)), call(t(3), same("x")), call(t(3), t(3)), call(t(4), same("x")), call(t(5), t(5)))
sequence("alias-first", "add", call(t(3), same("x")), call(t(3), t(3)), call(t(4), same("x")), call(t(5), same("x")))
sequence("overlap", "add", call(t(3), t(3)), call(t(3, storage="a"), t(3, storage="a", offset=1)), call(t(3, storage="a"), t(3, storage="a")))
sequence("alias-of-three", "blend", call(t(3), t(3), t(3)), call(t(3), same("x"), t(3)), call(t(3), same("x"), same("x")), call(t(3), t(3), same("y")))

# Global state.
sequence("no-grad", "pointwise", call(t(3)), call(t(3), under="no_grad"), call(t(3)), call(t(4), under="no_grad"), call(t(5)))
sequence("no-grad-with-parameters", "linear", call(t(5, 4)), call(t(5, 4), under="no_grad"), call(t(6, 4), under="no_grad"), call(t(7, 4)))
sequence("inference-mode", "pointwise", call(t(3)), call(t(3), under="inference_mode"), call(t(3), under="no_grad"), call(t(4)))
sequence("inference-tensor", "pointwise", call(t(3)), call(t(3, inference=True), under="inference_mode"), call(t(3)))
sequence("default-dtype", "pointwise", call(t(3)), setting(default_dtype="float64"), call(t(3)), call(t(4)), setting(default_dtype="float32"), call(t(5)))
sequence("num-threads", "pointwise", call(t(3)), setting(num_threads=3), call(t(3)), setting(num_threads=2), call(t(3)))
sequence("grad-mode-and-dtype", "pointwise", call(t(3)), setting(grad_mode=False, default_dtype="float64"), call(t(3)), setting(grad_mode=True), call(t(3)))
sequence("deterministic", "pointwise", call(t(3)), setting(deterministic=True), call(t(3)), setting(deterministic=False), call(t(3)))
sequence("autocast", "linear", call(t(5, 4)), setting(autocast=True), call(t(5, 4)), setting(autocast=False), call(t(6, 4)))

# Scalars.
sequence("ints-2-3-4-1-0-minus5", "scale", scalars(2, 3, 4, 1, 0, -5))
sequence("ints-1-first", "scale", scalars(1, 2, 3, 0))
sequence("ints-0-then-1", "scale", scalars(0, 1, 7, -1))
sequence("int-and-size", "scale", call(t(3), 2), call(t(4), 3), call(t(5), 5), call(t(6), 3), call(t(7), 7), about="k may equal the size")
sequence("int-then-size", "scale", call(t(3), 2), call(t(3), 3), call(t(4), 3), call(t(5), 6))
sequence("int-in-view", "rows", [call(t(n), k) for n, k in ((12, 3), (12, 4), (12, 6), (12, 1), (24, 4), (24, 24))])
sequence("int-in-view-dynamic", "rows", [call(t(n), k) for n, k in ((12, 3), (20, 4), (12, 12), (6, 1))], dynamic=True)
sequence("int-in-arange", "count", scalars(5, 6, 1, 0, 9))
sequence("int-then-bool", "scale", scalars(2, True, 3, False))
sequence("int-then-float", "scale", scalars(2, 2.5, 3, 3.5))
sequence("floats", "scale_float", scalars(2.5, 3.5, 4.5, 1.0, 0.0))
sequence("floats-dynamic-false", "scale_float", scalars(2.5, 3.5, 2.5), dynamic=False)
sequence("float-nan", "scale_float", scalars(2.5, 0.0, -0.0, 2.5))
sequence("bools", "scale_bool", scalars(True, False, True, False))

# Marks.
sequence("mark-dynamic", "pointwise", [call(dynamic(n)) for n in (3, 4, 5, 1, 0)])
sequence("mark-dynamic-then-plain", "pointwise", call(dynamic(3)), sizes(4, 5))
sequence("plain-then-mark-dynamic", "pointwise", sizes(3), call(dynamic(4)), call(dynamic(5)), sizes(6))
sequence("mark-dynamic-size-1", "pointwise", call(dynamic(1)), call(dynamic(2)), call(dynamic(3)))
sequence("mark-dynamic-second-dim", "pointwise2d", [call(dynamic(*n, dim=1)) for n in ((3, 4), (3, 5), (6, 5), (7, 8))])
sequence("mark-dynamic-both", "pointwise2d", [call(t(*n, mark=[mark("dynamic", 0), mark("dynamic", 1)])) for n in ((3, 4), (5, 6), (7, 7))])
sequence("mark-dynamic-equal", "pointwise2d", [call(t(*n, mark=[mark("dynamic", 0), mark("dynamic", 1)])) for n in ((3, 3), (4, 4), (5, 6))])
sequence("mark-dynamic-min-max", "pointwise", [call(dynamic(n, min=3, max=10)) for n in (5, 10, 3, 20, 2)])
sequence("mark-dynamic-min-max-first-outside", "pointwise", [call(dynamic(n, min=3, max=10)) for n in (20, 5)])
sequence("mark-dynamic-min-max-then-plain", "pointwise", call(dynamic(5, min=3, max=10)), sizes(7, 12, 2))
sequence("mark-dynamic-specialised", "exactly", call(dynamic(3)), sizes(3))
sequence("mark-dynamic-linear", "linear", call(dynamic(5, 4, dim=1)), call(dynamic(5, 4, dim=0)), call(dynamic(6, 4, dim=0)))
sequence("mark-dynamic-matmul", "matmul", call(dynamic(3, 4, dim=1), t(4, 5)), call(dynamic(3, 4, dim=1), dynamic(4, 5, dim=0)))
sequence("mark-dynamic-add", "add", call(dynamic(3), t(3)), call(dynamic(3), dynamic(3)), call(dynamic(4), dynamic(4)))
sequence("mark-dynamic-blocks", "blocks", [call(dynamic(n)) for n in (8, 12, 4)])
sequence("mark-dynamic-and-dynamic-false", "pointwise", [call(dynamic(n)) for n in (3, 4)], sizes(5), dynamic=False)
sequence("maybe-mark-dynamic", "pointwise", [call(t(n, mark=[mark("maybe_dynamic", 0)])) for n in (3, 4, 5)])
sequence("maybe-mark-dynamic-specialised", "exactly", [call(t(3, mark=[mark("maybe_dynamic", 0)]))], sizes(3))
sequence("maybe-mark-dynamic-linear", "linear", call(t(5, 4, mark=[mark("maybe_dynamic", 0), mark("maybe_dynamic", 1)])), call(t(6, 4)))
sequence("mark-static", "pointwise", [call(t(n, mark=[mark("static", 0)])) for n in (3, 4, 5, 3)])
sequence("mark-static-then-plain", "pointwise", call(t(3, mark=[mark("static", 0)])), sizes(4, 5))
sequence("mark-static-one-of-two", "pointwise2d", [call(t(*n, mark=[mark("static", 0)])) for n in ((3, 4), (3, 5), (6, 7))])
sequence("mark-static-and-dynamic-true", "pointwise", [call(t(n, mark=[mark("static", 0)])) for n in (3, 4)], sizes(5), dynamic=True)
sequence("mark-static-and-dynamic", "pointwise", call(t(3, mark=[mark("static", 0), mark("dynamic", 0)])), about="contradictory marks")
sequence("mark-unbacked", "pointwise", [call(t(n, mark=[mark("unbacked", 0)])) for n in (3, 1, 0, 5)])
sequence("mark-unbacked-add", "add", [call(t(n, mark=[mark("unbacked", 0)]), t(n, mark=[mark("unbacked", 0)])) for n in (3, 1)])
sequence("mark-unbacked-linear", "linear", call(t(5, 4, mark=[mark("unbacked", 0)])), call(t(1, 4, mark=[mark("unbacked", 0)])))

# Sizes that depend on values.
sequence("nonzero", "nonzero", sizes(5, 6, 7), fullgraph=True, config=UNBACKED)
sequence("item", "item", [call(t(5), t(dtype="int64", offset=k)) for k in (1, 2, 3)], call(t(6), t(dtype="int64")), fullgraph=True, config=UNBACKED)

# Stances.
sequence("force-eager", "pointwise", sizes(3), stance("force_eager"), sizes(3, 4), stance("default"), sizes(3, 4))
sequence("force-eager-cold", "pointwise", stance("force_eager"), sizes(3, 4), stance("default"), sizes(5))
sequence("eager-on-recompile", "pointwise", sizes(3), stance("eager_on_recompile"), sizes(3, 4, 5), stance("default"), sizes(4, 5))
sequence("eager-on-recompile-cold", "pointwise", stance("eager_on_recompile"), sizes(3, 4), stance("default"), sizes(4))
sequence("fail-on-recompile", "pointwise", sizes(3), stance("fail_on_recompile"), sizes(3, 4, 3), stance("default"), sizes(4, 5), stance("fail_on_recompile"), sizes(6, 1))
sequence("fail-on-recompile-cold", "pointwise", stance("fail_on_recompile"), sizes(3), stance("default"), sizes(3))
sequence("fail-on-recompile-int", "scale", scalars(2, 3), stance("fail_on_recompile"), scalars(4, 5), call(t(4), 4), stance("default"))
sequence("fail-on-recompile-dtype", "add", call(t(3), t(3)), stance("fail_on_recompile"), call(t(3), t(3, dtype="float64")), call(t(3), same("x")))
sequence("eager-then-compile-3-4-5-6", "pointwise", stance("eager_then_compile"), sizes(3, 4, 5, 6), only=NEWEST)
sequence("eager-then-compile-same", "pointwise", stance("eager_then_compile"), sizes(3, 3, 3, 4, 5), only=NEWEST)
sequence("eager-then-compile-2d", "pointwise2d", stance("eager_then_compile"), sizes((3, 4), (3, 5), (3, 6), (7, 6)), only=NEWEST)
sequence("eager-then-compile-int", "scale", stance("eager_then_compile"), scalars(2, 3, 4), call(t(4), 4), only=NEWEST)
sequence("eager-then-compile-dynamic-false", "pointwise", stance("eager_then_compile"), sizes(3, 4, 5), dynamic=False, only=NEWEST)
sequence("eager-then-compile-rank", "pointwise2d", stance("eager_then_compile"), sizes((2,), (2, 3), (2, 4)), only=NEWEST)
sequence("eager-then-compile-dtype", "pointwise", stance("eager_then_compile"), call(t(3)), call(t(3, dtype="float64")), call(t(4)), only=NEWEST)
sequence("eager-then-compile-reset", "pointwise", stance("eager_then_compile"), sizes(3, 4), RESET, sizes(5, 6), only=NEWEST)
sequence("eager-then-compile-warm", "pointwise", sizes(3), stance("eager_then_compile"), sizes(3, 4, 5, 6), only=NEWEST)
sequence("aot-eager-then-compile-3-4-5", "pointwise", stance("aot_eager_then_compile"), sizes(3, 4, 5), stance("default"), sizes(6), only=NEWEST)
sequence("aot-eager-then-compile-same", "pointwise", stance("aot_eager_then_compile"), sizes(3, 3, 3), stance("default"), sizes(3, 4), only=NEWEST)
sequence("aot-eager-then-compile-int", "scale", stance("aot_eager_then_compile"), scalars(2, 3, 4), only=NEWEST)
sequence("skip-guards-hit", "scale", scalars(2, 3), stance("default", skip_guard_eval_unsafe=True), scalars(4, 5), call(t(4), 4))
sequence("skip-guards-static-int", "scale", scalars(2), stance("default", skip_guard_eval_unsafe=True), scalars(3), stance("default"), scalars(3), about="a guard that never failed is not checked: the constant of the entry is used")
sequence("skip-guards-two-entries", "pointwise", sizes(3), call(t(3, dtype="float64")), stance("default", skip_guard_eval_unsafe=True), sizes(3), call(t(3, dtype="float64")), call(t(3, dtype="bfloat16")), stance("default"))
sequence("skip-guards-sizes", "pointwise", sizes(3, 4), stance("default", skip_guard_eval_unsafe=True), sizes(5, 3, 1))
sequence("skip-guards-cold", "pointwise", stance("default", skip_guard_eval_unsafe=True), sizes(3), stance("default"), sizes(3))
sequence("skip-guards-grad-mode", "pointwise", sizes(3), stance("default", skip_guard_eval_unsafe=True), call(t(3), under="no_grad"), stance("default"), call(t(3), under="no_grad"))
sequence("skip-guards-divisibility", "blocks", sizes(8, 12), stance("default", skip_guard_eval_unsafe=True), sizes(16, 20, 10))
sequence("skip-guards-eager-on-recompile", "pointwise", sizes(3), stance("eager_on_recompile", skip_guard_eval_unsafe=True), sizes(3, 4))
sequence("force-backend", "pointwise", sizes(3), stance("default", force_backend="forced"), sizes(3, 4, 5), stance("default"), sizes(3, 4, 6))
sequence("force-backend-cold", "pointwise", enter("default", force_backend="forced"), sizes(3, 3), leave(), sizes(3, 4))
sequence("force-backend-unknown", "pointwise", stance("default", force_backend="nosuch"), sizes(3), stance("default"), sizes(3))
sequence("force-backend-other-stance", "pointwise", stance("force_eager", force_backend="forced"), sizes(3))
sequence("stance-unknown", "pointwise", sizes(3), stance("bogus"), sizes(3, 4), stance("default"), sizes(4))
sequence("stance-scope", "pointwise", sizes(3), enter("force_eager"), sizes(4), leave(), sizes(4, 5))
sequence("stance-nested", "pointwise", sizes(3), enter("fail_on_recompile"), sizes(4), enter("eager_on_recompile"), sizes(4), leave(), sizes(4), leave(), sizes(4))
sequence("stance-scope-raising", "pointwise", sizes(3), enter("fail_on_recompile"), sizes(4), leave_raising(), sizes(4))
sequence("stance-scope-restores-call", "pointwise", stance("eager_on_recompile"), sizes(3), enter("default"), sizes(3), leave(), sizes(4))
sequence("stance-set-inside-scope", "pointwise", enter("force_eager"), sizes(3), stance("eager_on_recompile"), sizes(3), leave(), sizes(3), about="leaving a scope restores what held when it was made")
sequence("stance-survives-reset", "pointwise", sizes(3), stance("eager_on_recompile"), RESET, sizes(3), stance("default"), sizes(3))

# Limits.
sequence("limit-dynamic-false", "pointwise", sizes(*range(2, 13)), sizes(2, 12, 9), dynamic=False, about="eight entries, the default")
DTYPES = ("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")
sequence("limit-dtypes", "scale", [call(t(3, dtype=d), 2) for d in DTYPES], call(t(3), 2), call(t(3, dtype="uint8"), 2))
sequence("limit-fullgraph", "pointwise", sizes(*range(2, 12)), sizes(2), dynamic=False, fullgraph=True)
sequence("limit-2", "pointwise", sizes(3, 4, 5, 3, 6), dynamic=False, config={"recompile_limit": 2})
sequence("limit-1", "pointwise", sizes(3, 4, 3, 5), config={"recompile_limit": 1})
sequence("limit-1-fullgraph", "pointwise", sizes(3, 4, 3), fullgraph=True, config={"recompile_limit": 1})
sequence("limit-fail", "pointwise", sizes(3, 4, 5, 3), dynamic=False, config={"recompile_limit": 2, "fail_on_recompile_limit_hit": True})
sequence("limit-accumulated", "pointwise", sizes(3, 4, 5, 6, 3), dynamic=False, config={"accumulated_recompile_limit": 2})
sequence("limit-accumulated-fail", "pointwise", sizes(3, 4, 5), dynamic=False, config={"accumulated_recompile_limit": 2, "fail_on_recompile_limit_hit": True})
sequence("limit-then-reset", "pointwise", sizes(3, 4, 5), RESET, sizes(5, 4, 3), dynamic=False, config={"recompile_limit": 2})
sequence("limit-raised-later", "pointwise", sizes(3, 4, 5), config(recompile_limit=8), sizes(6, 3), dynamic=False, config={"recompile_limit": 2})
sequence("limit-and-stance", "pointwise", sizes(3, 4, 5), stance("fail_on_recompile"), sizes(3, 6), stance("default"), sizes(6), dynamic=False, config={"recompile_limit": 2})
sequence("limit-ints", "scale", scalars(*range(2, 12)), scalars(2), dynamic=False)
sequence("error-on-recompile", "pointwise", sizes(3, 4, 3), config={"error_on_recompile": True})

# Resetting, and the order in which entries are tried.
sequence("reset", "pointwise", sizes(3, 4), RESET, sizes(5, 6))
sequence("reset-then-same", "pointwise", sizes(3), RESET, sizes(3), RESET, sizes(4, 5))
sequence("move-to-front", "pointwise", [call(t(3, dtype=d)) for d in ("float32", "float64", "bfloat16", "float32", "float64", "int64", "bfloat16", "bool")])
sequence("move-to-front-sizes", "pointwise", sizes(3, 4, 5, 3, 4, 6), dynamic=False)
sequence(
    "failing-guard-moves-forward",
    "add",
    [call(t(3, dtype=a), t(3, dtype=b)) for a, b in (("float32", "float32"), ("float64", "float64"), ("float32", "float64"), ("float16", "float16"))],
    about="within an entry the argument whose guard has failed is checked first from then on",
)
sequence(
    "failing-guard-moves-forward-of-three",
    "blend",
    [call(*(t(3, dtype=d) for d in each)) for each in (("float32",) * 3, ("float32", "float32", "int64"), ("int32", "int32", "int32"), ("int32", "int64", "float32"), ("int16",) * 3)],
)
sequence("automatic-off", "pointwise", sizes(3, 4, 5), config={"automatic_dynamic_shapes": False})
sequence("assume-dynamic", "pointwise", sizes(3, 4, 1), config={"assume_static_by_default": False})
