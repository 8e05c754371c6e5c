import Foundations
import Graphs
import Operators
import Synchronization
import Tensors

/// Works out the types of a graph's values anew, for placeholders whose sizes became symbols.
///
/// What a file says of a value and a rule does not (requires_grad, device, the order of dimensions in memory) is kept.
final class Retyping: OperatorRunner {
  let environment: ShapeEnvironment
  private let shapes: ShapeRunner
  private struct State {
    var subgraphs: [ObjectIdentifier: Graph] = [:]
  }
  private let state = Mutex(State())

  init(environment: ShapeEnvironment) {
    self.environment = environment
    shapes = ShapeRunner(environment: environment)
  }

  /// - Parameter graph: with the placeholders' new types.
  /// - Throws: `LatheError`: `unsupported` for an operator without a rule whose arguments changed, or what a rule throws.
  func retyped(_ graph: Graph) throws -> Graph {
    environment.begin(graph: graph)
    return try retyped(graph, graph.placeholders.map { try Retyping.value(of: graph[$0].type, named: graph[$0].name) }).graph
  }

  private func retyped(_ original: Graph, _ inputs: [Value]) throws -> (graph: Graph, outputs: [Value]) {
    var graph: Graph = original
    let references: [SubgraphReference] = original.subgraphs.map { SubgraphReference(name: $0.name, graph: $0.graph) }
    var values: [Value] = Array(repeating: .none, count: graph.nodes.count)
    var outputs: [Value] = []
    var next: Int = 0
    func resolve(_ argument: Argument) -> Value {
      switch argument {
      case .node(let id): values[Int(id.index)]
      case .list(let items): .list(items.map(resolve))
      default: GraphPlan.constant(argument, references)
      }
    }
    for index in graph.nodes.indices {
      let node: Graph.Node = graph.nodes[index]
      switch node.operation {
      case .placeholder:
        environment.know(unbackedSymbolsOf: node.type)
        values[index] = inputs[next]
        next += 1
        graph.nodes[index].type = merged(node.type, values[index].type)
      case .getItem(let item):
        guard case .list(let items) = resolve(node.arguments[0].value), items.indices.contains(item) else { continue }
        values[index] = items[item]
        graph.nodes[index].type = merged(node.type, values[index].type)
      case .output: outputs = node.arguments.map { resolve($0.value) }
      case .call(let name):
        let arguments: [(name: String, value: Value)] = node.arguments.map { ($0.name, resolve($0.value)) }
        values[index] = try result(of: name, node, arguments)
        graph.nodes[index].type = merged(node.type, values[index].type)
      }
    }
    for (place, reference) in references.enumerated() {
      if let made = state.withLock({ $0.subgraphs[ObjectIdentifier(reference)] }) { graph.subgraphs[place].graph = made }
    }
    return (graph, outputs)
  }

  private func result(of name: OperatorName, _ node: Graph.Node, _ arguments: [(name: String, value: Value)]) throws -> Value {
    guard let record = shapes.table[name] else { throw LatheError.unsupported("node \(node.name) needs the operator \(name), which Lathe does not have") }
    environment.begin(node: node.origin, yielding: node.type)
    let results: [Value] = try run(record, arguments)
    return results.count == 1 && !record.yieldsTuple ? results[0] : .list(results)
  }

  // MARK: Running

  func run(_ name: OperatorName, _ arguments: [(name: String, value: Value)]) throws -> [Value] { try shapes.run(name, arguments) }
  func run(_ record: OperatorRecord, _ arguments: [(name: String, value: Value)]) throws -> [Value] {
    switch record.meaning {
    case .region(let compose), .higherOrder(let compose):
      return try compose(Composer(call: try OperatorCall(record.schema, arguments, environment: environment), runner: self))
    default: return try shapes.run(record.name, arguments)
    }
  }
  func run(_ subgraph: SubgraphReference, _ operands: [Value]) throws -> [Value] {
    var graph: Graph = subgraph.graph
    for (id, operand) in zip(graph.placeholders, operands) { graph.nodes[Int(id.index)].type = merged(graph[id].type, operand.type) }
    let (made, outputs) = try retyped(graph, operands)
    state.withLock { $0.subgraphs[ObjectIdentifier(subgraph)] = made }
    return outputs
  }
  func plan(for subgraph: SubgraphReference) -> GraphPlan { shapes.plan(for: subgraph) }
  func meaning(of name: OperatorName) -> OperatorRecord? { shapes.table[name] }

  // MARK: Types

  private static func value(of type: ValueType, named name: String) throws -> Value {
    switch type {
    case .none: .none
    case .tensor(let tensor): .abstract(tensor)
    case .int(let size): .int(size)
    case .double: .opaque(tag: "float", name)
    case .bool: .opaque(tag: "bool", name)
    case .list(let items): .list(try items.map { try value(of: $0, named: name) })
    case .other(let tag): .opaque(tag: tag, name)
    }
  }

  private func merged(_ old: ValueType, _ new: ValueType) -> ValueType {
    switch (old, new) {
    case (.tensor(let before), .tensor(let after)) where before.rank == after.rank && before.dtype == after.dtype:
      var type: TensorType = before
      type.sizes = after.sizes
      let strides: [Int?] = before.strides.map { $0.evaluate { environment.hints[$0] } }
      let isSame: Bool = after.strides.map { $0.evaluate { environment.hints[$0] } } == strides
      type.strides = isSame ? after.strides : Retyping.strides(of: after.sizes, like: before, hints: environment.hints)
      return .tensor(type)
    case (.int, .int): return new
    case (.list(let before), .list(let after)) where before.count == after.count: return .list(zip(before, after).map { merged($0, $1) })
    default: return old
    }
  }

  /// Dense strides for the sizes in the order in memory that `old` has; `old`'s own where it is not dense.
  static func strides(of sizes: [SymbolicInt], like old: TensorType, hints: [String: Int]) -> [SymbolicInt] {
    let numbers: [(size: Int, stride: Int)] = zip(old.sizes, old.strides).compactMap { size, stride in
      guard let size = size.evaluate({ hints[$0] }), let stride = stride.evaluate({ hints[$0] }) else { return nil }
      return (size, stride)
    }
    guard numbers.count == sizes.count else { return TensorType.contiguousStrides(sizes) }
    let order: [Int] = sizes.indices.sorted { (numbers[$0].stride, numbers[$0].size == 1 ? 0 : 1, $1) < (numbers[$1].stride, numbers[$1].size == 1 ? 0 : 1, $0) }
    var strides: [SymbolicInt] = old.strides
    var (next, expected): (SymbolicInt, Int) = (1, 1)
    for dimension in order {
      guard numbers[dimension].stride == expected || numbers[dimension].size == 1 else { return old.strides }
      strides[dimension] = next
      next *= sizes[dimension] == 0 ? 1 : sizes[dimension]
      expected *= max(numbers[dimension].size, 1)
    }
    return strides
  }
}
