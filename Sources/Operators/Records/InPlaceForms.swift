import Foundations
import Graphs

extension OperatorTable {
  /// Operators that write their result over their first argument: the functional form, then a store (`torch._ops` `name_`).
  static let inPlaceForms: [OperatorRecord] =
    ["relu", "silu", "mish", "hardswish", "hardsigmoid", "sigmoid", "tanh", "exp", "log", "sqrt", "rsqrt", "abs", "neg", "reciprocal", "square",
      "floor", "ceil", "round", "trunc", "sin", "cos", "erf", "logical_not", "bitwise_not", "relu6", "selu", "exp2", "expm1", "log1p", "log2", "sign",
    ].map { inPlace("\($0)_(Tensor(a!) self)", "\($0).default") }
    + ["add", "sub"].flatMap { name in
      [
        inPlace("\(name)_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1)", "\(name).Tensor"),
        inPlace("\(name)_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1)", "\(name).Scalar"),
      ]
    }
    + [
      "mul", "div", "remainder", "fmod", "eq", "ne", "lt", "le", "gt", "ge", "bitwise_and", "bitwise_or", "bitwise_xor", "__and__", "__or__",
    ].flatMap { name in
      ["Tensor", "Scalar"].map { kind in
        inPlace("\(name.hasPrefix("__") ? "__i" + name.dropFirst(2) : name + "_").\(kind)(Tensor(a!) self, \(kind) other)", "\(name).\(kind)")
      }
    }
    + ["logical_and", "logical_or", "logical_xor"].map { inPlace("\($0)_(Tensor(a!) self, Tensor other)", "\($0).default") }
    + [
      inPlace("floor_divide_.Tensor(Tensor(a!) self, Tensor other)", "floor_divide.default"),
      inPlace("floor_divide_.Scalar(Tensor(a!) self, Scalar other)", "floor_divide.Scalar"),
      inPlace("clamp_(Tensor(a!) self, Scalar? min=None, Scalar? max=None)", "clamp.default"),
      inPlace("clamp_.Tensor(Tensor(a!) self, Tensor? min=None, Tensor? max=None)", "clamp.Tensor"),
      inPlace("clamp_min_(Tensor(a!) self, Scalar min)", "clamp_min.default"),
      inPlace("clamp_max_(Tensor(a!) self, Scalar max)", "clamp_max.default"),
      inPlace("pow_.Scalar(Tensor(a!) self, Scalar exponent)", "pow.Tensor_Scalar"),
      inPlace("pow_.Tensor(Tensor(a!) self, Tensor exponent)", "pow.Tensor_Tensor"),
      inPlace("masked_fill_.Scalar(Tensor(a!) self, Tensor mask, Scalar value)", "masked_fill.Scalar"),
      inPlace("masked_fill_.Tensor(Tensor(a!) self, Tensor mask, Tensor value)", "masked_fill.Tensor"),
      inPlace("leaky_relu_(Tensor(a!) self, Scalar negative_slope=0.01)", "leaky_relu.default"),
      inPlace("elu_(Tensor(a!) self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1)", "elu.default"),
      inPlace("celu_(Tensor(a!) self, Scalar alpha=1.0)", "celu.default"),
      inPlace("hardtanh_(Tensor(a!) self, Scalar min_val=-1, Scalar max_val=1)", "hardtanh.default"),
      inPlace("threshold_(Tensor(a!) self, Scalar threshold, Scalar value)", "threshold.default"),
      inPlace("gelu_(Tensor(a!) self, *, str approximate='none')", "gelu.default"),
      inPlace("addcmul_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1)", "addcmul.default"),
      inPlace("addcdiv_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1)", "addcdiv.default"),
      inPlace("lerp_.Scalar(Tensor(a!) self, Tensor end, Scalar weight)", "lerp.Scalar"),
      inPlace("fill_.Scalar(Tensor(a!) self, Scalar value)", "fill.Scalar"),
      inPlace("fill_.Tensor(Tensor(a!) self, Tensor value)", "fill.Tensor"),
      inPlace("zero_(Tensor(a!) self)", "zero.default"),
      inPlace("copy_(Tensor(a!) self, Tensor src, bool non_blocking=False)", "copy.default"),
    ]

  /// - Parameter signature: the schema without namespace and result.
  static func inPlace(_ signature: String, _ functional: String) -> OperatorRecord {
    OperatorRecord("aten::\(signature) -> Tensor(a!)", .inPlace(of: OperatorName("aten.\(functional)")))
  }
}
