import Foundations
import LoopIR

extension OperatorTable {
  /// Functions of one real number, and a few of two.
  static let elementwiseFunctions: [OperatorRecord] =
    [
      ("exp", LoopOperation.exp), ("exp2", .exp2), ("expm1", .expm1), ("log", .log), ("log2", .log2), ("log10", .log10), ("log1p", .log1p),
      ("sqrt", .sqrt), ("rsqrt", .rsqrt), ("sin", .sin), ("cos", .cos), ("tan", .tan), ("asin", .asin), ("acos", .acos), ("atan", .atan),
      ("sinh", .sinh), ("cosh", .cosh), ("tanh", .tanh), ("asinh", .asinh), ("acosh", .acosh), ("atanh", .atanh), ("erf", .erf), ("erfc", .erfc),
      ("erfinv", .erfinv), ("lgamma", .lgamma), ("digamma", .digamma), ("sigmoid", .sigmoid), ("i0", .i0), ("special_i0e", .i0e),
      ("special_i1", .i1), ("special_i1e", .i1e), ("special_expit", .sigmoid), ("special_erf", .erf),
    ].map { unary($0, $1, .float) }
    + [("floor", LoopOperation.floor), ("ceil", .ceil), ("trunc", .trunc), ("round", .round)].map { name, operation in
      unary(name) { $0.type.isFloatingPoint ? $0.unary(operation) : $0 }
    } + [
      unary("fix") { $0.type.isFloatingPoint ? $0.unary(.trunc) : $0 },
      unary("frac") { $0 - $0.unary(.trunc) },
      unary("sinc", .float) { x in
        let scaled: LoopExpression = x * Double.pi
        return x.binary(.equal, x.constant(0)).select(x.constant(1), scaled.unary(.sin) / scaled)
      },
      unary("deg2rad", .float) { $0 * (Double.pi / 180) },
      unary("rad2deg", .float) { $0 * (180 / Double.pi) },
      OperatorRecord(
        "aten::round.decimals(Tensor self, *, int decimals) -> Tensor",
        .elementwise(
          Elementwise(.promoted, ["self"]) { context in
            let decimals: Int = try context.call.integer("decimals")
            guard context.type.isFloatingPoint else { return context.a }
            var power: Double = 1
            for _ in 0..<abs(decimals) { power *= 10 }
            let scaled: LoopExpression = decimals >= 0 ? context.a * power : context.a / power
            return decimals >= 0 ? scaled.unary(.round) / power : scaled.unary(.round) * power
          })),
      OperatorRecord(
        "aten::logit(Tensor self, float? eps=None) -> Tensor",
        .elementwise(
          Elementwise(.float, ["self"]) { context in
            var x: LoopExpression = context.a
            if let epsilon = try context.call.optionalDouble("eps") {
              x = (x < epsilon).select(x.constant(epsilon), (x > 1 - epsilon).select(x.constant(1 - epsilon), x))
            }
            return (x / (1 - x)).unary(.log)
          })),
      OperatorRecord(
        "aten::xlogy.Tensor(Tensor self, Tensor other) -> Tensor",
        .elementwise(
          Elementwise(.float, ["self", "other"]) { context in
            let zero: LoopExpression = context.constant(0)
            return context.b.unary(.isNaN).select(
              context.b, context.a.binary(.equal, zero).select(zero, context.a * context.b.unary(.log)))
          })),
      OperatorRecord(
        "aten::logaddexp(Tensor self, Tensor other) -> Tensor",
        .elementwise(Elementwise(.promoted, ["self", "other"]) { logAddExp($0.a, $0.b) { $0.unary(.exp) } log1p: { $0.unary(.log1p) } })),
      OperatorRecord(
        "aten::logaddexp2(Tensor self, Tensor other) -> Tensor",
        .elementwise(
          Elementwise(.promoted, ["self", "other"]) {
            logAddExp($0.a, $0.b) { $0.unary(.exp2) } log1p: { $0.unary(.log1p) * (1 / 0.6931471805599453) }
          })),
      OperatorRecord(
        "aten::nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor",
        .elementwise(
          Elementwise(.promoted, ["self"]) { context in
            guard context.type.isFloatingPoint else { return context.a }
            let limit: Double = largestFinite(context.dtype)
            let nan: LoopExpression = context.constant(try context.call.optionalDouble("nan") ?? 0)
            let high: LoopExpression = context.constant(try context.call.optionalDouble("posinf") ?? limit)
            let low: LoopExpression = context.constant(try context.call.optionalDouble("neginf") ?? -limit)
            let x: LoopExpression = context.a
            return x.unary(.isNaN).select(nan, x.unary(.isInfinite).select((x > 0).select(high, low), x))
          })),
      binary("igamma", .igamma), binary("igammac", .igammac),
      OperatorRecord(
        "aten::polygamma(int n, Tensor self) -> Tensor",
        .elementwise(
          Elementwise(.float, ["self"]) { context in
            context.constant(Double(try context.call.integer("n"))).binary(.polygamma, context.a)
          })),
      OperatorRecord(
        "aten::ldexp.Tensor(Tensor self, Tensor other) -> Tensor",
        .elementwise(Elementwise(.float, ["self", "other"]) { $0.a * $0.b.unary(.exp2) })),
      OperatorRecord(
        "aten::float_power.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor",
        .composite { c in
          let base: Value = try c("aten.to.dtype", c["self"], .dtype(.f64))
          return [try c("aten.pow.Tensor_Tensor", base, try c("aten.to.dtype", c["exponent"], .dtype(.f64)))]
        }),
    ]

  /// log(e^a + e^b) without overflow; equal infinities give themselves.
  private static func logAddExp(
    _ a: LoopExpression, _ b: LoopExpression, exp: (LoopExpression) -> LoopExpression, log1p: (LoopExpression) -> LoopExpression
  ) -> LoopExpression {
    let high: LoopExpression = a.binary(.maximum, b)
    let sum: LoopExpression = high + log1p(exp(-(a - b).unary(.absolute)))
    return a.unary(.isInfinite).binary(.and, a.binary(.equal, b)).select(a, sum)
  }

  private static func largestFinite(_ dtype: DType) -> Double {
    switch dtype {
    case .f16: 65504
    case .bf16: 3.3895313892515355e38
    case .f32: Double(Float.greatestFiniteMagnitude)
    default: Double.greatestFiniteMagnitude
    }
  }
}
