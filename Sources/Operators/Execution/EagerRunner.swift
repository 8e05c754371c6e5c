import Foundations
import Graphs
import Tensors

/// Runs operators at once on concrete tensors; the reference for everything that compiles.
package final class EagerRunner: OperatorRunner {
  package let environment = ShapeEnvironment()
  package let table: OperatorTable
  private let programs = TileProgramCache()
  private let subgraphs = SubgraphPlans()

  package init(table: OperatorTable = .standard) { self.table = table }

  package func run(_ name: OperatorName, _ arguments: [(name: String, value: Value)]) throws -> [Value] {
    guard let record = table[name] else { throw LatheError.unsupported("Lathe has no operator \(name)") }
    return try run(record, arguments)
  }

  package func run(_ record: OperatorRecord, _ arguments: [(name: String, value: Value)]) throws -> [Value] {
    try run(record, try OperatorCall(record.schema, arguments, environment: environment))
  }

  package func run(_ record: OperatorRecord, _ call: OperatorCall) throws -> [Value] {
    switch record.meaning {
    case .elementwise(let elementwise): return [.tensor(try elementwise.run(call, cache: programs))]
    case .view(let name, let transform): return [.tensor(try apply(try transform(call), to: try call.tensor(name)))]
    case .views(let name, let transforms):
      let source: Tensor = try call.tensor(name)
      return [.list(try transforms(call).map { .tensor(try apply($0, to: source)) })]
    case .kernel(let shape, let run): return try run(call, try shape(call))
    case .composite(let compose), .region(let compose), .higherOrder(let compose): return try compose(Composer(call: call, runner: self))
    case .scalar(let compute): return [try compute(call)]
    case .inPlace(let functional): return [try runInPlace(functional, call)]
    }
  }

  package func run(_ subgraph: SubgraphReference, _ operands: [Value]) throws -> [Value] {
    try plan(for: subgraph).run(operands, runner: self)
  }
  package func plan(for subgraph: SubgraphReference) -> GraphPlan { subgraphs.plan(for: subgraph, table: table) }
  package func meaning(of name: OperatorName) -> OperatorRecord? { table[name] }

  private func apply(_ view: ViewTransform, to source: Tensor) throws -> Tensor {
    func numbers(_ sizes: [SymbolicInt]) throws -> [Int] {
      try sizes.map {
        guard let number = $0.constant else { throw LatheError.badInput("the view's size \($0) is not known") }
        return number
      }
    }
    guard let offset = view.offset.constant else { throw LatheError.badInput("the view's offset \(view.offset) is not known") }
    let (sizes, strides): ([Int], [Int]) = (try numbers(view.sizes), try numbers(view.strides))
    // Whatever a record works out, no view leaves the memory.
    guard sizes.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }), source.offset + offset >= 0,
      try Tensor.storageBytes(sizes: sizes, strides: strides, offset: source.offset + offset, dtype: source.dtype) <= source.storage.byteCount
    else { throw LatheError.badInput("a view of sizes \(sizes) reaches beyond the tensor of sizes \(source.sizes)") }
    return Tensor(storage: source.storage, dtype: source.dtype, sizes: sizes, strides: strides, offset: source.offset + offset)
  }

  private func runInPlace(_ functional: OperatorName, _ call: OperatorCall) throws -> Value {
    guard let record = table[functional] else { throw LatheError.unsupported("Lathe has no operator \(functional)") }
    guard case .tensor(let target)? = call.values.first else { throw call.failure("its first argument is not a tensor") }
    guard target.storage.isWritable else { throw call.failure("would write to memory that is read-only") }
    let bound: OperatorCall = try InPlaceWrite.functional(record, of: call)
    if case .elementwise(let elementwise) = record.meaning {
      return .tensor(try elementwise.run(bound, into: target, cache: programs))
    }
    guard let result = try run(record, bound)[0].tensor else { throw call.failure("\(functional) does not yield a tensor") }
    try InPlaceWrite.check(TensorType(result), over: TensorType(target), call)
    target.copy(from: result)
    return .tensor(target)
  }
}
