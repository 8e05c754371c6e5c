import Foundations
import Graphs
import Operators

extension GraphPass {
  /// Convolutions get images whose channels are contiguous, and the layout goes on from them by the operators' own rules until an
  /// output, or a view that needs another, takes it back (`torch/_inductor/graph.py`, `decide_layout_opt`).
  static let channelsLast = GraphPass(name: "channels last", summary: "images of convolutions have their channels contiguous") { graph, context in
    let layout = ChannelsLast(graph, context)
    return layout.isWorthwhile ? try layout.run() : nil
  }
}

/// One run of the pass over one graph.
private final class ChannelsLast {
  private let graph: Graph
  private let context: PassContext
  private let tracer: GraphTracer
  private let subgraphs: [SubgraphReference]
  private var values: [Graph.NodeID: Value] = [:]
  /// Tensors in another layout than their node's, by node and strides.
  private var copies: [Copy: Value] = [:]
  private struct Copy: Hashable {
    var node: Graph.NodeID
    var strides: [SymbolicInt]
  }

  init(_ graph: Graph, _ context: PassContext) {
    (self.graph, self.context) = (graph, context)
    tracer = GraphTracer(from: graph, environment: context.environment, table: context.table, expandsComposites: false)
    subgraphs = graph.subgraphs.map { SubgraphReference(name: $0.name, graph: $0.graph) }
  }

  /// Whether a template takes some convolution, and every output can be given its layout back.
  var isWorthwhile: Bool {
    var hasConvolution: Bool = false
    for node in graph.nodes {
      if case .output = node.operation {
        let layouts: [TensorType] = node.arguments.compactMap { if case .node(let id) = $0.value { graph[id].type.tensor } else { nil } }
        if !layouts.allSatisfy({ ChannelsLast.format(of: $0) != nil }) { return false }
      }
      guard !hasConvolution, let call = call(node, of: graph, { .node($0, $1) }) else { continue }
      hasConvolution = (try? convolvedInput(node, call)) != nil
    }
    return hasConvolution
  }

  func run() throws -> Graph {
    for (index, node) in graph.nodes.enumerated() {
      let id = Graph.NodeID(index)
      tracer.begin(node)
      switch node.operation {
      case .placeholder: values[id] = tracer.placeholder(node)
      case .getItem(let item):
        guard case .node(let source)? = node.arguments.first?.value, case .list(let items)? = values[source] else { continue }
        values[id] = items[item]
      case .call(let name):
        guard let record = context.table[name] else { throw LatheError.unsupported("Lathe has no operator \(name)") }
        let results: [Value] = try called(node, record)
        values[id] = results.count == 1 && !record.yieldsTuple ? results[0] : .list(results)
      case .output: try tracer.output(try node.arguments.map { try returned($0.value) }, roles: graph.outputRoles)
      }
    }
    let (result, constants) = tracer.result
    context.add(constants)
    return result
  }

  // MARK: Calls

  private func called(_ node: Graph.Node, _ record: OperatorRecord) throws -> [Value] {
    var arguments: [(name: String, value: Value)] = node.arguments.map { ($0.name, value($0.value)) }
    if let call = call(node, of: graph, { .node($0, $1) }), let name = try convolvedInput(node, call), case .node(let source)? = argument(name, of: node, record) {
      let input: Value = try laidOut(source, .channelsLast)
      for index in arguments.indices where node.arguments[index].value == .node(source) { arguments[index].value = input }
      return try tracer.run(record, arguments)
    }
    // A view is of memory as its operand's node has it.
    if let viewed = record.viewedParameter, case .node(let source)? = argument(viewed, of: node, record), !(try isIndependentOfLayout(record, node, arguments, source)),
      let format = graph[source].type.tensor.flatMap({ ChannelsLast.format(of: $0) })
    {
      let input: Value = try laidOut(source, format)
      for index in arguments.indices where node.arguments[index].value == .node(source) { arguments[index].value = input }
    }
    return try tracer.run(record, arguments)
  }

  /// Whether a view takes the same elements from its operand as it is laid out now.
  private func isIndependentOfLayout(_ record: OperatorRecord, _ node: Graph.Node, _ arguments: [(name: String, value: Value)], _ source: Graph.NodeID) throws -> Bool {
    guard let declared = graph[source].type.tensor, let actual = values[source]?.tensorType, actual.strides != declared.strides else { return true }
    guard case .view(_, let transform) = record.meaning, let before = call(node, of: graph, { .node($0, $1) }) else { return false }
    guard let after = try? OperatorCall(record.schema, arguments, environment: context.environment), let new = try? transform(after) else { return false }
    let old: ViewTransform = try transform(before)
    return old.sizes.allSatisfy { $0 == 1 } || old.strides != new.strides
  }

  /// The parameter whose tensor a template of convolutions wants with contiguous channels.
  private func convolvedInput(_ node: Graph.Node, _ call: OperatorCall) throws -> String? {
    guard case .call(let name) = node.operation, let record = context.table[name], let form = try record.templateForm?(call), case .convolution(let convolution) = form,
      try call.type(convolution.input).dtype == .f32, case .node(let weight, _) = call.value(convolution.weight), case .placeholder(let role) = graph[weight].operation
    else { return nil }
    switch role {
    case .parameter, .buffer, .tensorConstant: return convolution.input
    default: return nil
    }
  }

  private func argument(_ name: String, of node: Graph.Node, _ record: OperatorRecord) -> Argument? {
    guard let position = record.schema.index(of: name) else { return nil }
    return (node.arguments.first { $0.name == name } ?? (position < node.arguments.count ? node.arguments[position] : nil))?.value
  }

  private func call(_ node: Graph.Node, of graph: Graph, _ tensor: (Graph.NodeID, TensorType) -> Value) -> OperatorCall? {
    guard case .call(let name) = node.operation, let record = context.table[name], !record.takesGraphs else { return nil }
    func value(_ argument: Argument) -> Value {
      switch argument {
      case .node(let id):
        switch graph[id].type {
        case .tensor(let type): tensor(id, type)
        case .int(let size): .int(size)
        default: .none
        }
      case .list(let items): .list(items.map(value))
      default: GraphPlan.constant(argument, subgraphs)
      }
    }
    return try? OperatorCall(record.schema, node.arguments.map { ($0.name, value($0.value)) }, environment: context.environment)
  }

  // MARK: Layouts

  private func value(_ argument: Argument) -> Value {
    switch argument {
    case .node(let id): values[id] ?? .none
    case .list(let items): .list(items.map { self.value($0) })
    default: GraphPlan.constant(argument, subgraphs)
    }
  }

  /// The format that gives a tensor its strides.
  private static func format(of type: TensorType) -> MemoryFormat? {
    if type.strides == TensorType.contiguousStrides(type.sizes) { return .contiguous }
    if type.rank == 4, type.strides == OperatorTable.channelsLastStrides(type.sizes) { return .channelsLast }
    return nil
  }

  /// A node's tensor in a format, copied where it has another.
  private func laidOut(_ source: Graph.NodeID, _ format: MemoryFormat) throws -> Value {
    guard let value = values[source], let type = value.tensorType else { preconditionFailure("\(graph[source].name) is a tensor") }
    let strides: [SymbolicInt] = format == .channelsLast ? OperatorTable.channelsLastStrides(type.sizes) : TensorType.contiguousStrides(type.sizes)
    if type.strides == strides { return value }
    if let known = copies[Copy(node: source, strides: strides)] { return known }
    let copy: Value = try tracer.run("aten.clone.default", [("", value), ("memory_format", .memoryFormat(format))])[0]
    copies[Copy(node: source, strides: strides)] = copy
    return copy
  }

  private func returned(_ argument: Argument) throws -> Value {
    guard case .node(let id) = argument, let declared = graph[id].type.tensor, let actual = values[id]?.tensorType, actual.strides != declared.strides,
      let format = ChannelsLast.format(of: declared)
    else { return value(argument) }
    return try laidOut(id, format)
  }
}
