import Foundations
import LoopIR

extension OperatorTable {
  /// Activation functions of neural networks (`torch/nn/functional.py`, `ATen/native/Activation.cpp`).
  static let activations: [OperatorRecord] = [
    unary("relu") { $0.binary(.maximum, $0.constant(0)) },
    unary("relu6") { $0.binary(.maximum, $0.constant(0)).binary(.minimum, $0.constant(6)) },
    unary("silu") { $0 / ((-$0).unary(.exp) + 1) },
    unary("mish") { $0 * softplus($0).unary(.tanh) },
    unary("hardswish") { $0 * clamp($0 + 3, 0, 6) / 6 },
    unary("hardsigmoid") { clamp($0 + 3, 0, 6) / 6 },
    unary("selu") { x in
      let (alpha, scale): (Double, Double) = (1.6732632423543772848170429916717, 1.0507009873554804934193349852946)
      return (x > 0).select(x * scale, x.unary(.expm1) * (alpha * scale))
    },
    unary("log_sigmoid") { $0.binary(.minimum, $0.constant(0)) - (-$0.unary(.absolute)).unary(.exp).unary(.log1p) },
    OperatorRecord(
      "aten::gelu(Tensor self, *, str approximate='none') -> Tensor",
      .elementwise(
        Elementwise(.promoted, ["self"]) { context in
          let x: LoopExpression = context.a
          switch try context.call.string("approximate") {
          case "none": return x * 0.5 * ((x * 0.5.squareRoot()).unary(.erf) + 1)
          case "tanh":
            let inner: LoopExpression = (x + x * x * x * 0.044715) * (2 / Double.pi).squareRoot()
            return x * 0.5 * (inner.unary(.tanh) + 1)
          case let other: throw context.call.failure("approximate argument must be either none or tanh, not '\(other)'")
          }
        })),
    OperatorRecord(
      "aten::leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor",
      .elementwise(Elementwise(.promoted, ["self"]) { ($0.a > 0).select($0.a, $0.a * (try $0.scalar("negative_slope"))) })),
    OperatorRecord(
      "aten::elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor",
      .elementwise(
        Elementwise(.promoted, ["self"]) { context in
          let (scale, inputScale): (LoopExpression, LoopExpression) = (try context.scalar("scale"), try context.scalar("input_scale"))
          let negative: LoopExpression = (context.a * inputScale).unary(.expm1) * (try context.scalar("alpha")) * scale
          return (context.a > 0).select(context.a * scale, negative)
        })),
    OperatorRecord(
      "aten::celu(Tensor self, Scalar alpha=1.0) -> Tensor",
      .elementwise(
        Elementwise(.promoted, ["self"]) { context in
          let alpha: LoopExpression = try context.scalar("alpha")
          return (context.a > 0).select(context.a, (context.a / alpha).unary(.expm1) * alpha)
        })),
    OperatorRecord(
      "aten::prelu(Tensor self, Tensor weight) -> Tensor",
      .composite { c in
        let (input, weight) = (try c.call.type("self"), try c.call.type("weight"))
        var shape: [SymbolicInt] = Array(repeating: 1, count: input.rank)
        if input.rank > 1 { shape[1] = weight.elementCount } else if input.rank == 1 { shape[0] = 1 }
        let slopes: Value = try c("aten.reshape.default", c["weight"], .list(shape.map { .int($0) }))
        let positive: Value = try c("aten.gt.Scalar", c["self"], .integer(0))
        return [try c("aten.where.self", positive, c["self"], try c("aten.mul.Tensor", c["self"], slopes))]
      }),
    OperatorRecord(
      "aten::hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1) -> Tensor",
      .elementwise(
        Elementwise(.promoted, ["self"]) {
          $0.a.binary(.maximum, try $0.scalar("min_val")).binary(.minimum, try $0.scalar("max_val"))
        })),
    OperatorRecord(
      "aten::hardshrink(Tensor self, Scalar lambd=0.5) -> Tensor",
      .elementwise(
        Elementwise(.promoted, ["self"]) { context in
          let limit: LoopExpression = try context.scalar("lambd")
          let inside: LoopExpression = (context.a >= -limit).binary(.and, context.a <= limit)
          return inside.select(context.constant(0), context.a)
        })),
    OperatorRecord(
      "aten::softshrink(Tensor self, Scalar lambd=0.5) -> Tensor",
      .elementwise(
        Elementwise(.promoted, ["self"]) { context in
          let limit: LoopExpression = try context.scalar("lambd")
          let (x, zero): (LoopExpression, LoopExpression) = (context.a, context.a * 0)
          return (x > limit).select(x - limit, (x < -limit).select(x + limit, zero))
        })),
    OperatorRecord(
      "aten::threshold(Tensor self, Scalar threshold, Scalar value) -> Tensor",
      .elementwise(
        Elementwise(.promoted, ["self"]) { context in
          (context.a <= (try context.scalar("threshold"))).select(try context.scalar("value"), context.a)
        })),
    OperatorRecord(
      "aten::softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor",
      .elementwise(
        Elementwise(.promoted, ["self"]) { context in
          let beta: LoopExpression = try context.scalar("beta")
          let scaled: LoopExpression = context.a * beta
          return (scaled > (try context.scalar("threshold"))).select(context.a, scaled.unary(.exp).unary(.log1p) / beta)
        })),
    OperatorRecord(
      "aten::glu(Tensor self, int dim=-1) -> Tensor",
      .composite { c in
        let type = try c.call.type("self")
        let dim: Int = try c.call.dimension("dim", of: type)
        guard case .list(let halves) = try c("aten.chunk.default", c["self"], .integer(2), .integer(dim)), halves.count == 2 else {
          throw c.call.failure("Halving dimension must be even, but dimension \(dim) is size \(type.sizes[dim])")
        }
        return [try c("aten.mul.Tensor", halves[0], try c("aten.sigmoid.default", halves[1]))]
      }),
  ]

  static func softplus(_ x: LoopExpression) -> LoopExpression { (x > 20).select(x, x.unary(.exp).unary(.log1p)) }
  private static func clamp(_ x: LoopExpression, _ low: Double, _ high: Double) -> LoopExpression {
    x.binary(.maximum, x.constant(low)).binary(.minimum, x.constant(high))
  }
}
