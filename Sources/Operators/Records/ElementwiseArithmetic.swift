import Foundations
import LoopIR

extension OperatorTable {
  /// Sums, products and the like of tensors and numbers.
  static let elementwiseArithmetic: [OperatorRecord] =
    scaledSums + products + roundingDivisions + extremes + [
      OperatorRecord(
        "aten::addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor",
        .elementwise(Elementwise(.promoted, ["self", "tensor1", "tensor2"]) { $0.a + (try $0.scalar("value")) * $0.b * $0.c })),
      OperatorRecord(
        "aten::addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor",
        .elementwise(Elementwise(.promoted, ["self", "tensor1", "tensor2"]) { $0.a + (try $0.scalar("value")) * $0.b / $0.c })),
      OperatorRecord(
        "aten::lerp.Scalar(Tensor self, Tensor end, Scalar weight) -> Tensor",
        .elementwise(Elementwise(.promoted, ["self", "end"]) { interpolate($0.a, $0.b, try $0.scalar("weight")) })),
      OperatorRecord(
        "aten::lerp.Tensor(Tensor self, Tensor end, Tensor weight) -> Tensor",
        .elementwise(Elementwise(.promoted, ["self", "end", "weight"]) { interpolate($0.a, $0.b, $0.c) })),
      unary("neg", .negate), unary("abs", .absolute), 
      unary("sign") { $0.type == .bool ? $0 : $0.unary(.sign) }, unary("sgn") { $0.type == .bool ? $0 : $0.unary(.sign) },
      OperatorRecord("aten::square(Tensor self) -> Tensor", .composite { [try $0("aten.pow.Tensor_Scalar", $0["self"], .integer(2))] }),
      unary("positive") { $0 },
      unary("reciprocal", .reciprocal, .float),
      binary("hypot", .hypot), binary("copysign.Tensor", .copysign, .float), binary("nextafter", .nextafter), binary("atan2", .atan2, .float),
      OperatorRecord(
        "aten::copysign.Scalar(Tensor self, Scalar other) -> Tensor", .elementwise(Elementwise(.float, ["self", "other"]) { $0.a.binary(.copysign, $0.b) })),
      binary("gcd", .gcd), binary("lcm", .lcm),
    ] + powers + bits

  /// `torch.lerp`'s formula, which is exact at both ends.
  private static func interpolate(_ a: LoopExpression, _ b: LoopExpression, _ weight: LoopExpression) -> LoopExpression {
    let difference: LoopExpression = b - a
    return (weight.unary(.absolute) < 0.5).select(a + weight * difference, b - difference * (1 - weight))
  }

  /// An operator of one tensor by one operation; the overload is `default`.
  static func unary(_ name: String, _ operation: LoopOperation, _ typing: Elementwise.Typing = .promoted) -> OperatorRecord {
    unary(name, typing) { $0.unary(operation) }
  }
  static func unary(
    _ name: String, _ typing: Elementwise.Typing = .promoted, _ build: @escaping @Sendable (LoopExpression) -> LoopExpression
  ) -> OperatorRecord {
    OperatorRecord("aten::\(name)(Tensor self) -> Tensor", .elementwise(Elementwise(typing, ["self"]) { build($0.a) }))
  }
  /// An operator of two tensors by one operation.
  static func binary(_ name: String, _ operation: LoopOperation, _ typing: Elementwise.Typing = .promoted) -> OperatorRecord {
    OperatorRecord(
      "aten::\(name)(Tensor self, Tensor other) -> Tensor", .elementwise(Elementwise(typing, ["self", "other"]) { $0.a.binary(operation, $0.b) }))
  }
  /// The `Tensor` and `Scalar` overloads of one operation.
  static func binaryPair(
    _ name: String, _ typing: Elementwise.Typing = .promoted, _ build: @escaping @Sendable (LoopExpression, LoopExpression) -> LoopExpression
  ) -> [OperatorRecord] {
    ["Tensor", "Scalar"].map { kind in
      OperatorRecord(
        "aten::\(name).\(kind)(Tensor self, \(kind) other) -> Tensor", .elementwise(Elementwise(typing, ["self", "other"]) { build($0.a, $0.b) }))
    }
  }

  private static let scaledSums: [OperatorRecord] = ["Tensor", "Scalar"].flatMap { kind -> [OperatorRecord] in
    let star: String = kind == "Tensor" ? "*, " : ""
    return [
      OperatorRecord(
        "aten::add.\(kind)(Tensor self, \(kind) other, \(star)Scalar alpha=1) -> Tensor",
        .elementwise(
          Elementwise(.promoted, ["self", "other"]) { context in
            if context.type == .bool { return context.a.binary(.or, context.b) }
            return context.a + (try context.scaled(context.b))
          })),
      OperatorRecord(
        "aten::sub.\(kind)(Tensor self, \(kind) other, \(star)Scalar alpha=1) -> Tensor",
        .elementwise(Elementwise(.promoted, ["self", "other"]) { $0.a - (try $0.scaled($0.b)) })),
      OperatorRecord(
        "aten::rsub.\(kind)(Tensor self, \(kind) other, \(star)Scalar alpha=1) -> Tensor",
        .elementwise(Elementwise(.promoted, ["self", "other"]) { $0.b - (try $0.scaled($0.a)) })),
    ]
  }

  private static let products: [OperatorRecord] =
    binaryPair("mul") { $0.type == .bool ? $0.binary(.and, $1) : $0 * $1 }
    + binaryPair("div", .float) { $0 / $1 } + binaryPair("true_divide", .float) { $0 / $1 }

  private static let roundingDivisions: [OperatorRecord] =
    ["Tensor", "Scalar"].map { kind in
      OperatorRecord(
        "aten::div.\(kind)_mode(Tensor self, \(kind) other, *, str? rounding_mode) -> Tensor",
        .elementwise(
          Elementwise(.floatWithout("rounding_mode"), ["self", "other"]) { context in
            switch try context.call.optionalString("rounding_mode") {
            case "floor": context.a.binary(.divideFlooring, context.b)
            case "trunc": context.a.binary(.divideTruncating, context.b)
            case nil: context.a / context.b
            case let other?: throw context.call.failure("div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '\(other)'")
            }
          }))
    }
    + binaryPair("remainder") { $0.binary(.remainder, $1) } + binaryPair("fmod") { $0.binary(.fmod, $1) }
    + [
      binary("floor_divide", .divideFlooring),
      OperatorRecord(
        "aten::floor_divide.Scalar(Tensor self, Scalar other) -> Tensor",
        .elementwise(Elementwise(.promoted, ["self", "other"]) { $0.a.binary(.divideFlooring, $0.b) })),
    ]

  private static let extremes: [OperatorRecord] =
    [
      binary("maximum", .maximum), binary("minimum", .minimum), binary("max.other", .maximum), binary("min.other", .minimum),
      binary("fmax", .fmax), binary("fmin", .fmin),
    ]
    + [("", "Scalar?"), (".Tensor", "Tensor?")].map { overload, kind in
      OperatorRecord(
        "aten::clamp\(overload)(Tensor self, \(kind) min=None, \(kind) max=None) -> Tensor",
        .elementwise(
          Elementwise(.promoted, ["self", "min", "max"]) { context in
            var value: LoopExpression = context.a
            if let low = context.optionalOperands[1] { value = value.binary(.maximum, low) }
            if let high = context.optionalOperands[2] { value = value.binary(.minimum, high) }
            return value
          }))
    }
    + [("clamp_min", LoopOperation.maximum, "min"), ("clamp_max", .minimum, "max")].flatMap { name, operation, parameter in
      [("", "Scalar"), (".Tensor", "Tensor")].map { overload, kind in
        OperatorRecord(
          "aten::\(name)\(overload)(Tensor self, \(kind) \(parameter)) -> Tensor",
          .elementwise(Elementwise(.promoted, ["self", parameter]) { $0.a.binary(operation, $0.b) }))
      }
    }

  private static let powers: [OperatorRecord] = [
    OperatorRecord(
      "aten::pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor",
      .elementwise(
        Elementwise(.promoted, ["self", "exponent"]) { context in
          let exponent: Scalar = try context.call.scalar("exponent")
          guard context.type.isFloatingPoint else { return context.a.binary(.power, context.b) }
          switch exponent.double {
          case 2: return context.a * context.a
          case 3: return context.a * context.a * context.a
          case 0.5: return context.a.unary(.sqrt)
          case -0.5: return context.a.unary(.rsqrt)
          case -1: return context.a.unary(.reciprocal)
          case -2: return (context.a * context.a).unary(.reciprocal)
          default: return context.a.binary(.power, context.b)
          }
        })),
    OperatorRecord(
      "aten::pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor",
      .elementwise(Elementwise(.promoted, ["self", "exponent"]) { $0.a.binary(.power, $0.b) })),
    OperatorRecord(
      "aten::pow.Scalar(Scalar self, Tensor exponent) -> Tensor",
      .elementwise(Elementwise(.promoted, ["self", "exponent"]) { $0.a.binary(.power, $0.b) })),
  ]

  private static let bits: [OperatorRecord] =
    [
      ("bitwise_and", LoopOperation.and), ("bitwise_or", .or), ("bitwise_xor", .exclusiveOr), ("bitwise_left_shift", .shiftLeft),
      ("bitwise_right_shift", .shiftRight),
    ].flatMap { name, operation in
      binaryPair(name) { $0.binary(operation, $1) }
    } + binaryPair("__and__") { $0.binary(.and, $1) } + binaryPair("__or__") { $0.binary(.or, $1) }
    + binaryPair("__xor__") { $0.binary(.exclusiveOr, $1) } + [unary("bitwise_not", .not)]
}

extension ElementwiseContext {
  /// The value times `alpha`, where that is not 1.
  fileprivate func scaled(_ value: LoopExpression) throws -> LoopExpression {
    let alpha: Scalar = try call.scalar("alpha")
    return alpha.double == 1 ? value : value * builder.constant(alpha, type)
  }
}
