import Foundations
import Graphs
import Tensors

/// Runs operators over types only, with symbolic sizes: shape inference by the operators' own rules.
package final class ShapeRunner: OperatorRunner {
  package let environment: ShapeEnvironment
  package let table: OperatorTable
  private let subgraphs = SubgraphPlans()

  package init(environment: ShapeEnvironment, table: OperatorTable = .standard) {
    self.environment = environment
    self.table = table
  }

  package func run(_ name: OperatorName, _ arguments: [(name: String, value: Value)]) throws -> [Value] {
    guard let record = table[name] else { throw LatheError.unsupported("Lathe has no operator \(name)") }
    let call = try OperatorCall(record.schema, arguments, environment: environment)
    switch record.meaning {
    case .elementwise(let elementwise): return [.abstract(try elementwise.shape(call))]
    case .view(let name, let transform): return [try abstract(try transform(call), try call.type(name).dtype)]
    case .views(let name, let transforms):
      let dtype: DType = try call.type(name).dtype
      return [.list(try transforms(call).map { try abstract($0, dtype) })]
    case .kernel(let shape, _): return try shape(call).map { try ShapeRunner.value(of: $0, call) }
    case .composite(let compose), .region(let compose), .higherOrder(let compose): return try compose(Composer(call: call, runner: self))
    case .scalar(let compute): return [try compute(call)]
    case .inPlace(let functional): return [try write(functional, call)]
    }
  }

  package func run(_ subgraph: SubgraphReference, _ operands: [Value]) throws -> [Value] {
    try plan(for: subgraph).run(operands, runner: self)
  }
  package func plan(for subgraph: SubgraphReference) -> GraphPlan { subgraphs.plan(for: subgraph, table: table) }
  package func meaning(of name: OperatorName) -> OperatorRecord? { table[name] }

  private func write(_ functional: OperatorName, _ call: OperatorCall) throws -> Value {
    guard let record = table[functional] else { throw LatheError.unsupported("Lathe has no operator \(functional)") }
    guard let target = call.values.first, let type = target.tensorType else { throw call.failure("its first argument is not a tensor") }
    let bound: OperatorCall = try InPlaceWrite.functional(record, of: call)
    let made: [Value] = try run(functional, zip(record.schema.parameters, bound.values).map { ($0.name, $1) })
    if let made = made.first?.tensorType { try InPlaceWrite.check(made, over: type, call) }
    return target
  }

  private func abstract(_ view: ViewTransform, _ dtype: DType) throws -> Value {
    .abstract(TensorType(dtype: dtype, sizes: view.sizes, strides: view.strides))
  }

  private static func value(of type: ValueType, _ call: OperatorCall) throws -> Value {
    switch type {
    case .none: return .none
    case .tensor(let tensor): return .abstract(tensor)
    case .int(let size): return .int(size)
    case .list(let items): return .list(try items.map { try value(of: $0, call) })
    case .double, .bool, .other: return .opaque(tag: "\(type)", "unknown until it runs")
    }
  }
}
