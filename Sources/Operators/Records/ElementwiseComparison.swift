import Foundations
import LoopIR

extension OperatorTable {
  /// Comparisons, logic and choices.
  static let elementwiseComparison: [OperatorRecord] =
    [
      ("eq", LoopOperation.equal), ("ne", .notEqual), ("lt", .less), ("le", .lessOrEqual), ("gt", .greater), ("ge", .greaterOrEqual),
    ].flatMap { name, operation in
      binaryPair(name, .comparison) { $0.binary(operation, $1) }
    } + [
      logical("logical_and", .and), logical("logical_or", .or), logical("logical_xor", .exclusiveOr),
      unary("logical_not", .comparison) { $0.cast(to: .bool).unary(.not) },
      unary("isnan", .comparison) { $0.type.isFloatingPoint ? $0.unary(.isNaN) : $0.binary(.notEqual, $0) },
      unary("isinf", .comparison) { $0.type.isFloatingPoint ? $0.unary(.isInfinite) : $0.binary(.notEqual, $0) },
      unary("isfinite", .comparison) {
        $0.type.isFloatingPoint ? $0.unary(.isNaN).binary(.or, $0.unary(.isInfinite)).unary(.not) : $0.binary(.equal, $0)
      },
      unary("isposinf", .comparison) { $0.type.isFloatingPoint ? $0.unary(.isInfinite).binary(.and, $0 > 0) : $0.binary(.notEqual, $0) },
      unary("isneginf", .comparison) { $0.type.isFloatingPoint ? $0.unary(.isInfinite).binary(.and, $0 < 0) : $0.binary(.notEqual, $0) },
      unary("signbit", .comparison) {
        $0.type.isFloatingPoint ? $0.unary(.signbit) : $0.type == .bool ? $0.binary(.notEqual, $0) : $0 < 0
      },
      OperatorRecord(
        "aten::isclose(Tensor self, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False) -> Tensor",
        .elementwise(Elementwise(.comparison, ["self", "other"], build: isClose))),
      OperatorRecord(
        "aten::where.self(Tensor condition, Tensor self, Tensor other) -> Tensor",
        .elementwise(Elementwise(.promoted, ["self", "other"], conditions: ["condition"]) { $0.conditions[0].select($0.a, $0.b) })),
    ] + [("ScalarSelf", "Scalar", "Tensor"), ("ScalarOther", "Tensor", "Scalar"), ("Scalar", "Scalar", "Scalar")].map { overload, first, second in
      OperatorRecord(
        "aten::where.\(overload)(Tensor condition, \(first) self, \(second) other) -> Tensor",
        .elementwise(Elementwise(.promoted, ["self", "other"], conditions: ["condition"]) { $0.conditions[0].select($0.a, $0.b) }))
    } + ["Scalar", "Tensor"].map { kind in
      OperatorRecord(
        "aten::masked_fill.\(kind)(Tensor self, Tensor mask, \(kind) value) -> Tensor",
        .elementwise(Elementwise(.first, ["self", "value"], conditions: ["mask"]) { $0.conditions[0].select($0.b, $0.a) }))
    } + [
      OperatorRecord(
        "aten::heaviside(Tensor self, Tensor values) -> Tensor",
        .elementwise(
          Elementwise(.promoted, ["self", "values"]) { context in
            let zero: LoopExpression = context.constant(0)
            let step: LoopExpression = (context.a.binary(.less, zero)).select(zero, context.constant(1))
            return context.a.binary(.equal, zero).select(context.b, step)
          }))
    ]

  private static func logical(_ name: String, _ operation: LoopOperation) -> OperatorRecord {
    OperatorRecord(
      "aten::\(name)(Tensor self, Tensor other) -> Tensor",
      .elementwise(Elementwise(.comparison, ["self", "other"]) { $0.a.cast(to: .bool).binary(operation, $0.b.cast(to: .bool)) }))
  }

  @Sendable private static func isClose(_ context: ElementwiseContext) throws -> LoopExpression {
    let (a, b): (LoopExpression, LoopExpression) = (context.a, context.b)
    var close: LoopExpression = a.binary(.equal, b)
    guard context.type != .bool else { return close }
    let type: LoopType = context.type == .int ? .double : context.type
    let (x, y): (LoopExpression, LoopExpression) = (a.cast(to: type), b.cast(to: type))
    let allowed: LoopExpression =
      y.unary(.absolute) * context.builder.constant(try context.call.double("rtol"), type) + (try context.call.double("atol"))
    let difference: LoopExpression = (x - y).unary(.absolute)
    close = close.binary(.or, difference.unary(.isInfinite).unary(.not).binary(.and, difference <= allowed))
    if try context.call.flag("equal_nan"), context.type.isFloatingPoint {
      close = close.binary(.or, a.unary(.isNaN).binary(.and, b.unary(.isNaN)))
    }
    return close
  }
}
