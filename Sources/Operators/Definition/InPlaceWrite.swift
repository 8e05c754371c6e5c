import Foundations
import Graphs

/// What the result of an operator must be to go over the operator's first argument (`relu_`, `add_`).
package enum InPlaceWrite {
  /// - Throws: `LatheError` of kind `badInput` where the result has other sizes or a type that cannot become the target's, as
  ///   `TensorIterator` in ATen (`at::canCast`, and the size check of outputs that may not be resized).
  package static func check(_ made: TensorType, over target: TensorType, _ call: OperatorCall) throws {
    guard TypePromotion.canCast(made.dtype, to: target.dtype) else {
      throw call.failure("result type \(made.dtype.c10Name) can't be cast to the desired output type \(target.dtype.c10Name)")
    }
    let agree: Bool = made.rank == target.rank && zip(made.sizes, target.sizes).allSatisfy { call.environment.isEqual($0, $1, for: "\(call.schema.name)") }
    guard agree else { throw call.failure("output with shape \(target.sizes) doesn't match the result's shape \(made.sizes)") }
  }

  /// The call of the functional operator with the same arguments, those that it has.
  package static func functional(_ record: OperatorRecord, of call: OperatorCall) throws -> OperatorCall {
    let given: [(name: String, value: Value)] = zip(call.schema.parameters, call.values).map { (name: $0.name, value: $1) }
    return try OperatorCall(record.schema, given.filter { record.schema.index(of: $0.name) != nil }, environment: call.environment)
  }
}
