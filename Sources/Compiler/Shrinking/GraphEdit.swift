import Foundations
import Graphs
import Operators
import Tensors

/// What is to be changed in a graph to make it smaller, and the change itself.
struct GraphEdit {
  enum Replacement {
    /// The node's eager value is handed in at the call.
    case input
    /// The node's eager value is known when the graph is compiled.
    case constant
    /// An earlier node stands for it.
    case node(Graph.NodeID)
  }
  var replacements: [Graph.NodeID: Replacement] = [:]
  /// Arguments of nodes to change, by position.
  var arguments: [Graph.NodeID: [Int: Argument]] = [:]
  /// The new outputs, nil where they stay.
  var outputs: [Argument]?
  /// Whether parameters, buffers and constants become inputs of the call.
  var makesUserInputs: Bool = false

  /// The smaller case: what nobody needs is gone, and all types are worked out anew.
  /// - Parameter values: what each node yielded, by index; nil for one that is no tensor.
  /// - Throws: where the change makes no valid graph.
  func applied(to original: GraphCase, values: [Tensor?], table: OperatorTable) throws -> GraphCase {
    var nodes: [Graph.Node] = original.graph.nodes
    if let outputs {
      nodes[nodes.count - 1].arguments = outputs.map { NamedArgument($0) }
    }
    func resolved(_ argument: Argument) -> Argument {
      argument.mapNodes { id in
        var id: Graph.NodeID = id
        while case .node(let other)? = replacements[id] { id = other }
        return id
      }
    }
    for index in nodes.indices {
      for (place, argument) in arguments[Graph.NodeID(index)] ?? [:] { nodes[index].arguments[place].value = argument }
      for place in nodes[index].arguments.indices { nodes[index].arguments[place].value = resolved(nodes[index].arguments[place].value) }
    }
    let isUsed: [Bool] = used(nodes, table)
    // Placeholders first: those there were, then the new ones.
    var graph: Graph = original.graph
    graph.nodes = []
    var inputs: [Tensor] = []
    var places: [Graph.NodeID: Graph.NodeID] = [:]
    var users: Int = 0
    func appendPlaceholder(_ id: Graph.NodeID, _ role: Graph.InputRole, _ type: ValueType, _ tensor: Tensor) {
      var role: Graph.InputRole = role
      if case .user = role {
        role = .user(users)
        users += 1
      }
      places[id] = graph.append(Graph.Node(operation: .placeholder(role), name: nodes[Int(id.index)].name, type: type))
      inputs.append(tensor)
    }
    for (id, tensor) in zip(original.graph.placeholders, original.inputs) where isUsed[Int(id.index)] {
      guard case .placeholder(let role) = nodes[Int(id.index)].operation else { continue }
      appendPlaceholder(id, makesUserInputs ? .user(0) : role, nodes[Int(id.index)].type, tensor)
    }
    for index in nodes.indices where isUsed[index] {
      let id = Graph.NodeID(index)
      guard let replacement = replacements[id] else { continue }
      guard let tensor = values[index], let type = nodes[index].type.tensor else { throw LatheError.badInput("node \(nodes[index].name) has no tensor to put in its place") }
      let isSymbolic: Bool = !type.sizes.allSatisfy(\.isConstant)
      if case .constant = replacement, isSymbolic { throw LatheError.badInput("a constant has no symbolic size") }
      // The symbolic sizes stay; the value lies densely, so that they determine its strides.
      let value: Tensor = isSymbolic ? try tensor.contiguousCopy() : tensor
      let valueType = isSymbolic ? TensorType(dtype: type.dtype, sizes: type.sizes) : TensorType(value)
      if case .constant = replacement {
        appendPlaceholder(id, .tensorConstant("constant_\(nodes[index].name)"), .tensor(valueType), value)
      } else { appendPlaceholder(id, .user(0), .tensor(valueType), value) }
    }
    for index in nodes.indices where isUsed[index] && places[Graph.NodeID(index)] == nil {
      var node: Graph.Node = nodes[index]
      for place in node.arguments.indices { node.arguments[place].value = node.arguments[place].value.mapNodes { places[$0]! } }
      places[Graph.NodeID(index)] = graph.append(node)
    }
    graph.outputRoles = Array(repeating: .user, count: nodes.last?.arguments.count ?? 0)
    var result: GraphCase = original
    (result.graph, result.inputs) = (graph, inputs)
    return try result.retraced(table)
  }

  /// Which nodes are needed: the output, calls that write, what they use, and what stands in for it.
  private func used(_ nodes: [Graph.Node], _ table: OperatorTable) -> [Bool] {
    var isUsed: [Bool] = Array(repeating: false, count: nodes.count)
    for index in nodes.indices.reversed() {
      let isReplaced: Bool = replacements[Graph.NodeID(index)] != nil
      if nodes[index].operation == .output { isUsed[index] = true }
      if case .call(let name) = nodes[index].operation, !isReplaced, let record = table[name], record.writes(nodes[index]) { isUsed[index] = true }
      if isUsed[index], !isReplaced { for argument in nodes[index].arguments { argument.value.forEachNode { isUsed[Int($0.index)] = true } } }
    }
    return isUsed
  }
}

extension GraphCase {
  /// The same calls under their names, with the types that the operators' rules give.
  /// - Throws: where a rule refuses its arguments.
  package func retraced(_ table: OperatorTable = .standard) throws -> GraphCase {
    var original: Graph = graph
    for index in original.nodes.indices { original.nodes[index].origin = Int32(index) }
    let tracer = GraphTracer(from: original, environment: environment, table: table, expandsComposites: false)
    let inputs: [Value] = original.placeholders.map { tracer.placeholder(original[$0]) }
    let outputs: [Value] = try GraphPlan(original, table: table).run(inputs, runner: tracer) { tracer.begin(original.nodes[$0]) }
    try tracer.output(outputs, roles: original.outputRoles)
    let (traced, constants) = tracer.result
    guard constants.isEmpty else { throw LatheError.unsupported("an operator made a constant while it was traced") }
    var result: GraphCase = self
    result.graph = traced.keepingUsed(table).named(after: original)
    return result
  }

  /// Every tensor that a node yields, right after it was computed, by the node's index.
  func values(_ table: OperatorTable) throws -> [Tensor?] {
    let recorder = RecordingRunner(EagerRunner(table: table))
    _ = try run(recorder, table: table)
    var values: [Tensor?] = Array(repeating: nil, count: graph.nodes.count)
    var lists: [Graph.NodeID: [Value]] = [:]
    var (call, placeholder) = (0, 0)
    for (index, node) in graph.nodes.enumerated() {
      switch node.operation {
      case .placeholder:
        values[index] = inputs[placeholder]
        placeholder += 1
      case .call(let name):
        let results: [Value] = recorder.results[call]
        call += 1
        if results.count == 1, table[name]?.yieldsTuple == false {
          values[index] = results[0].tensor
          if case .list(let items) = results[0] { lists[Graph.NodeID(index)] = items }
        } else { lists[Graph.NodeID(index)] = results }
      case .getItem(let item):
        if case .node(let source)? = node.arguments.first?.value, let items = lists[source], items.indices.contains(item) { values[index] = items[item].tensor }
      case .output: break
      }
    }
    return values
  }
}

extension Graph {
  /// The nodes' names are those of the nodes they come from; others that stand in the way get a number.
  fileprivate func named(after original: Graph) -> Graph {
    var result: Graph = self
    var taken: Set<String> = []
    var others: [Int] = []
    for (index, node) in nodes.enumerated() {
      if node.origin >= 0, case let source = original.nodes[Int(node.origin)], source.operation == node.operation, taken.insert(source.name).inserted {
        result.nodes[index].name = source.name
      } else { others.append(index) }
    }
    for index in others {
      var (name, number) = (nodes[index].name, 1)
      while !taken.insert(name).inserted {
        name = "\(nodes[index].name)_\(number)"
        number += 1
      }
      result.nodes[index].name = name
    }
    return result
  }

  /// Without elements of results that nobody asks for.
  fileprivate func keepingUsed(_ table: OperatorTable) -> Graph {
    let users: [[NodeID]] = users()
    return keeping { id in
      if case .getItem = self[id].operation { return !users[Int(id.index)].isEmpty }
      return true
    }
  }
}

/// Runs operators and keeps copies of what each call of the graph gave.
private final class RecordingRunner: OperatorRunner, @unchecked Sendable {
  // Safe to send: one run on one thread uses it.
  private let base: EagerRunner
  private(set) var results: [[Value]] = []
  var environment: ShapeEnvironment { base.environment }
  init(_ base: EagerRunner) { self.base = base }

  func run(_ name: OperatorName, _ arguments: [(name: String, value: Value)]) throws -> [Value] {
    guard let record = base.meaning(of: name) else { throw LatheError.unsupported("Lathe has no operator \(name)") }
    return try run(record, arguments)
  }
  func run(_ record: OperatorRecord, _ arguments: [(name: String, value: Value)]) throws -> [Value] {
    let values: [Value] = try base.run(record, arguments)
    results.append(try values.map(RecordingRunner.copied))
    return values
  }
  func run(_ subgraph: SubgraphReference, _ operands: [Value]) throws -> [Value] { try base.run(subgraph, operands) }
  func plan(for subgraph: SubgraphReference) -> GraphPlan { base.plan(for: subgraph) }
  func meaning(of name: OperatorName) -> OperatorRecord? { base.meaning(of: name) }

  private static func copied(_ value: Value) throws -> Value {
    switch value {
    case .tensor(let tensor): .tensor(try tensor.duplicated())
    case .list(let items): .list(try items.map(copied))
    default: value
    }
  }
}
