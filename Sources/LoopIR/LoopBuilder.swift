import Foundations

/// Makes loop expressions; hands out `LoopExpression`s, which combine with operators.
package final class LoopBuilder {
  package private(set) var arena = LoopArena()
  /// The storage types of the loads, by input number.
  package private(set) var inputs: [DType] = []
  package init() {}
  /// Goes on with expressions that others made.
  package init(continuing arena: LoopArena, inputs: [DType]) { (self.arena, self.inputs) = (arena, inputs) }

  package func make(_ node: LoopArena.Node) -> LoopExpression { LoopExpression(value: arena.intern(node), builder: self) }

  /// The element of the next input, in the type its storage type computes in.
  package func load(_ dtype: DType) -> LoopExpression {
    inputs.append(dtype)
    return make(.init(.load, LoopType(computing: dtype), immediate: UInt64(inputs.count - 1)))
  }
  /// The load with this input number.
  package func value(ofLoad number: Int) -> LoopValue {
    arena.intern(.init(.load, LoopType(computing: inputs[number]), immediate: UInt64(number)))
  }
  /// The element's row-major linear index in the iteration space.
  package func index() -> LoopExpression { make(.init(.index, .int)) }

  package func constant(_ value: Double, _ type: LoopType) -> LoopExpression { constant(.double(value), type) }
  package func constant(_ value: Scalar, _ type: LoopType) -> LoopExpression {
    let bits: UInt64 =
      switch type {
      case .bool: value.isTrue ? 1 : 0
      case .int: UInt64(bitPattern: Int64(value.int))
      case .float: Double(Float(value.double)).bitPattern
      case .double: value.double.bitPattern
      }
    return make(.init(.constant, type, immediate: bits))
  }
}

/// A loop value together with its builder; operands of one operation share a type.
package struct LoopExpression {
  package let value: LoopValue
  package let builder: LoopBuilder
  package init(value: LoopValue, builder: LoopBuilder) { (self.value, self.builder) = (value, builder) }
  package var type: LoopType { builder.arena[value].type }

  package func cast(to type: LoopType) -> LoopExpression {
    self.type == type ? self : builder.make(.init(.cast, type, value))
  }
  package func constant(_ number: Double) -> LoopExpression { builder.constant(number, type) }

  /// An operation on this value alone.
  package func unary(_ operation: LoopOperation) -> LoopExpression {
    builder.make(.init(operation, operation.yieldsBool ? .bool : type, value))
  }
  /// This value as a tensor of the type has it: rounded where the type computes in a wider one.
  package func unary(roundingTo dtype: DType) -> LoopExpression {
    LoopOperation(roundingTo: dtype).map { unary($0) } ?? self
  }
  /// An operation on this value and another of its type.
  package func binary(_ operation: LoopOperation, _ other: LoopExpression) -> LoopExpression {
    precondition(type == other.type, "operands of \(operation) have one type")
    return builder.make(.init(operation, operation.yieldsBool ? .bool : type, value, other.value))
  }
  /// Combined over the reduced dimensions, by one of the operations that do so with one operand.
  package func reduced(_ operation: LoopOperation) -> LoopExpression {
    precondition(operation.isReduction && !operation.yieldsPosition, "\(operation) combines one operand")
    return builder.make(.init(operation, type, value))
  }
  /// The place, among those that `position` counts, where this value has its extreme.
  package func reduced(_ operation: LoopOperation, at position: LoopExpression) -> LoopExpression {
    precondition(operation.yieldsPosition && position.type == .int, "\(operation) takes a value and an integer position")
    return builder.make(.init(operation, .int, value, position.value))
  }
  /// `self ? a : b`, of a truth value.
  package func select(_ a: LoopExpression, _ b: LoopExpression) -> LoopExpression {
    precondition(type == .bool && a.type == b.type, "a truth value chooses between values of one type")
    return builder.make(.init(.select, a.type, value, a.value, b.value))
  }

  package static func + (a: LoopExpression, b: LoopExpression) -> LoopExpression { a.binary(.add, b) }
  package static func - (a: LoopExpression, b: LoopExpression) -> LoopExpression { a.binary(.subtract, b) }
  package static func * (a: LoopExpression, b: LoopExpression) -> LoopExpression { a.binary(.multiply, b) }
  package static func / (a: LoopExpression, b: LoopExpression) -> LoopExpression { a.binary(.divide, b) }
  package static func + (a: LoopExpression, b: Double) -> LoopExpression { a + a.constant(b) }
  package static func - (a: LoopExpression, b: Double) -> LoopExpression { a - a.constant(b) }
  package static func * (a: LoopExpression, b: Double) -> LoopExpression { a * a.constant(b) }
  package static func / (a: LoopExpression, b: Double) -> LoopExpression { a / a.constant(b) }
  package static func - (a: Double, b: LoopExpression) -> LoopExpression { b.constant(a) - b }
  package static prefix func - (a: LoopExpression) -> LoopExpression { a.unary(.negate) }
  package static func < (a: LoopExpression, b: LoopExpression) -> LoopExpression { a.binary(.less, b) }
  package static func <= (a: LoopExpression, b: LoopExpression) -> LoopExpression { a.binary(.lessOrEqual, b) }
  package static func > (a: LoopExpression, b: LoopExpression) -> LoopExpression { a.binary(.greater, b) }
  package static func >= (a: LoopExpression, b: LoopExpression) -> LoopExpression { a.binary(.greaterOrEqual, b) }
  package static func < (a: LoopExpression, b: Double) -> LoopExpression { a < a.constant(b) }
  package static func <= (a: LoopExpression, b: Double) -> LoopExpression { a <= a.constant(b) }
  package static func > (a: LoopExpression, b: Double) -> LoopExpression { a > a.constant(b) }
  package static func >= (a: LoopExpression, b: Double) -> LoopExpression { a >= a.constant(b) }
}
