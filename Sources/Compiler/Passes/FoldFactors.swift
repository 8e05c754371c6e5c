import Foundations
import Graphs
import Operators
import Tensors

extension GraphPass {
  /// Products with, and sums of, known numbers for each channel go into the weight and bias of the linear operator before them
  /// (`torch/_inductor/fx_passes/binary_folding.py`); batch normalisation after a convolution is one of each.
  ///
  ///     mul(linear(x, W, b), k) = linear(x, k W, k b)
  ///     add(linear(x, W, b), k) = linear(x, W, b + k)
  static let foldFactors = GraphPass(name: "fold factors", summary: "known factors and terms go into the weights before them") { graph, context in
    let folding = FactorFolding(graph, context)
    return folding.isWorthwhile ? try folding.run() : nil
  }
}

private final class FactorFolding {
  private let graph: Graph
  private let context: PassContext
  private let tracer: GraphTracer
  private let users: [[Graph.NodeID]]
  /// Whether a node is worked out from parameters, buffers and constants alone.
  private var isKnown: [Bool]
  private var values: [Graph.NodeID: Value] = [:]
  /// The same of the new graph's nodes.
  private var isKnownNew: Set<Graph.NodeID> = []

  init(_ graph: Graph, _ context: PassContext) {
    self.graph = graph
    self.context = context
    tracer = GraphTracer(from: graph, environment: context.environment, table: context.table, expandsComposites: false)
    users = graph.users()
    isKnown = Array(repeating: false, count: graph.nodes.count)
    let known: [Graph.NodeID: Tensor] = context.knownTensors(of: graph)
    for (index, node) in graph.nodes.enumerated() {
      switch node.operation {
      case .placeholder: isKnown[index] = known[Graph.NodeID(index)] != nil
      case .getItem, .output: break
      case .call(let name):
        guard let record = context.table[name], !record.isRandom, !record.takesGraphs, !record.writes(node) else { continue }
        var all: Bool = true
        for argument in node.arguments { argument.value.forEachNode { all = all && isKnown[Int($0.index)] } }
        isKnown[index] = all
      }
    }
  }

  /// Whether some product or sum follows a linear operator that nothing else uses.
  var isWorthwhile: Bool {
    graph.nodes.contains { node in
      guard FactorFolding.rule(node) != nil, case .node(let operand)? = node.arguments.first?.value, case .node(let known)? = node.arguments.last?.value
      else { return false }
      guard isKnown[Int(known.index)], users[Int(operand.index)].count == 1, case .call(let name) = graph[operand].operation else { return false }
      return context.table[name]?.linearDimension != nil
    }
  }

  private enum Rule { case multiply, add }
  private static func rule(_ node: Graph.Node) -> Rule? {
    guard node.arguments.count == 2 else { return nil }
    switch node.operation {
    case .call("aten.mul.Tensor"): return .multiply
    case .call("aten.add.Tensor"): return .add
    default: return nil
    }
  }

  func run() throws -> Graph {
    let subgraphs: [SubgraphReference] = graph.subgraphs.map { SubgraphReference(name: $0.name, graph: $0.graph) }
    func value(_ argument: Argument) -> Value {
      switch argument {
      case .node(let id): values[id] ?? .none
      case .list(let items): .list(items.map(value))
      default: GraphPlan.constant(argument, subgraphs)
      }
    }
    for (index, node) in graph.nodes.enumerated() {
      let id = Graph.NodeID(index)
      tracer.begin(node)
      switch node.operation {
      case .placeholder: values[id] = tracer.placeholder(node)
      case .getItem(let item):
        guard case .node(let source)? = node.arguments.first?.value, case .list(let items)? = values[source] else { continue }
        values[id] = items[item]
      case .call(let name):
        if let rule = FactorFolding.rule(node), let folded = try fold(node, rule, value) {
          values[id] = folded
          continue
        }
        guard let record = context.table[name] else { throw LatheError.unsupported("Lathe has no operator \(name)") }
        let results: [Value] = try tracer.run(record, node.arguments.map { ($0.name, value($0.value)) })
        values[id] = results.count == 1 && !record.yieldsTuple ? results[0] : .list(results)
      case .output: try tracer.output(node.arguments.map { value($0.value) }, roles: graph.outputRoles)
      }
      if isKnown[index], case .node(let new, _)? = values[id] { isKnownNew.insert(new) }
    }
    let (result, constants) = tracer.result
    context.add(constants)
    return result
  }

  /// The linear operator with the factor or term in it, nil where the rule does not hold.
  private func fold(_ node: Graph.Node, _ rule: Rule, _ value: (Argument) -> Value) throws -> Value? {
    guard case .node(let operand)? = node.arguments.first?.value, case .node(let known)? = node.arguments.last?.value, isKnown[Int(known.index)],
      users[Int(operand.index)].count == 1, case .node(let linear, let type) = value(.node(operand)), let factor = value(.node(known)).tensorType,
      node.type.tensor?.sizes == type.sizes, factor.dtype == type.dtype, type.dtype == .f32 || type.dtype == .f64,
      case .call(let name) = tracer[linear].operation, let record = context.table[name], let dimension = record.linearDimension
    else { return nil }
    var arguments: [(name: String, value: Value)] = tracer[linear].arguments.map { ($0.name, self.newValue($0.value)) }
    let call = try OperatorCall(record.schema, arguments, environment: context.environment)
    guard let fromEnd = try dimension(call), let weight = call.optionalType("weight"), isParameter(call.value("weight")),
      call.value("bias").isNone || isParameter(call.value("bias"))
    else { return nil }
    // One number for each channel, or one for all.
    let channels: SymbolicInt = weight.sizes[0]
    let place: Int = factor.rank + fromEnd
    guard factor.sizes.indices.allSatisfy({ factor.sizes[$0] == 1 || ($0 == place && factor.sizes[$0] == channels) }) else { return nil }
    let count: SymbolicInt = factor.elementCount
    let numbers: Value = try run("aten.reshape.default", [("", value(.node(known))), ("", .list([.int(count)]))])
    func set(_ name: String, _ value: Value) {
      if let index = arguments.firstIndex(where: { $0.name == name }) { arguments[index].value = value } else { arguments.append((name, value)) }
    }
    let bias: Value = call.value("bias")
    switch rule {
    case .multiply:
      let shape: Value = .list([.int(count)] + weight.sizes.dropFirst().map { _ in .int(1) })
      let spread: Value = try run("aten.view.default", [("", numbers), ("", shape)])
      set("weight", try run("aten.mul.Tensor", [("", call.value("weight")), ("", spread)]))
      if !bias.isNone { set("bias", try run("aten.mul.Tensor", [("", bias), ("", numbers)])) }
    case .add:
      let term: Value = try run("aten.expand.default", [("", numbers), ("", .list([.int(channels)]))])
      set("bias", bias.isNone ? try run("aten.clone.default", [("", term), ("memory_format", .memoryFormat(.contiguous))])
        : try run("aten.add.Tensor", [("", bias), ("", term)]))
    }
    return try tracer.run(record, arguments)[0]
  }

  private func newValue(_ argument: Argument) -> Value {
    switch argument {
    case .node(let id): tracer[id].type.tensor.map { .node(id, $0) } ?? .none
    case .list(let items): .list(items.map(newValue))
    default: GraphPlan.constant(argument, [])
    }
  }

  private func isParameter(_ value: Value) -> Bool {
    guard case .node(let id, _) = value else { return false }
    return isKnownNew.contains(id)
  }

  /// An operator on known tensors, known in its turn.
  private func run(_ name: OperatorName, _ arguments: [(name: String, value: Value)]) throws -> Value {
    let result: Value = try tracer.run(name, arguments)[0]
    if case .node(let id, _) = result { isKnownNew.insert(id) }
    return result
  }
}
