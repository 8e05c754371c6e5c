import Foundations
import Graphs
import Operators

extension GraphPass {
  /// Writes become new values: an in-place operator its functional form, a write through a view a copy of the viewed tensor with the
  /// part replaced, and inputs that are written to further outputs (`torch/_subclasses/functional_tensor.py`).
  static let functionalize = GraphPass(name: "functionalize", summary: "writes to tensors become new tensors") { graph, context in
    let writes: Bool = graph.nodes.contains { node in
      guard case .call(let name) = node.operation, let record = context.table[name] else { return false }
      return record.writes(node)
    }
    return writes ? try Functionalizer(graph, context).run() : nil
  }
}

extension OperatorRecord {
  /// Whether a call of it may write to one of its arguments.
  func writes(_ node: Graph.Node) -> Bool {
    if case .inPlace = meaning { return true }
    return !writtenParameters(of: node).isEmpty
  }
  /// Parameters that the call writes to, by the schema or though that does not say so.
  func writtenParameters(of node: Graph.Node) -> [String] {
    let declared: [String] = schema.parameters.filter(\.isWritten).map(\.name)
    guard let hiddenWrites, let position = schema.index(of: hiddenWrites.flag) else { return declared }
    let flag: Argument? = (node.arguments.first { $0.name == hiddenWrites.flag } ?? (position < node.arguments.count ? node.arguments[position] : nil))?.value
    return flag == .bool(false) ? declared : declared + hiddenWrites.parameters
  }
}

extension Graph {
  /// The nodes whose tensors calls write to.
  func nodesWritten(_ table: OperatorTable) -> Set<NodeID> {
    var written: Set<NodeID> = []
    for node in nodes {
      guard case .call(let name) = node.operation, let record = table[name] else { continue }
      for argument in node.arguments where record.writtenParameters(of: node).contains(argument.name) { argument.value.forEachNode { written.insert($0) } }
    }
    return written
  }
}

private final class Functionalizer {
  /// Memory that several values share: the value of all of it now, and how often it changed.
  private final class Base {
    var current: Value
    var version: Int = 0
    /// The placeholder whose memory it is.
    let placeholder: Graph.NodeID?
    init(_ current: Value, placeholder: Graph.NodeID? = nil) { (self.current, self.placeholder) = (current, placeholder) }
  }
  /// A view operator of the original, or an element of one that gives several.
  private struct ViewStep {
    var node: Graph.NodeID
    var item: Int?
  }
  private struct Alias {
    var base: Base
    var steps: [ViewStep] = []
    var version: Int
    var value: Value
  }

  private let graph: Graph
  private let context: PassContext
  private let tracer: GraphTracer
  private var aliases: [Graph.NodeID: Alias] = [:]
  /// What is not a tensor: numbers, and operators' lists of results.
  private var others: [Graph.NodeID: Value] = [:]
  private var written: [Base] = []

  init(_ graph: Graph, _ context: PassContext) {
    (self.graph, self.context) = (graph, context)
    tracer = GraphTracer(from: graph, environment: context.environment, table: context.table, expandsComposites: false)
  }

  func run() throws -> Graph {
    let subgraphs: [SubgraphReference] = graph.subgraphs.map { SubgraphReference(name: $0.name, graph: $0.graph) }
    for index in graph.nodes.indices {
      let (id, node): (Graph.NodeID, Graph.Node) = (Graph.NodeID(index), graph.nodes[index])
      tracer.begin(node)
      switch node.operation {
      case .placeholder: define(id, tracer.placeholder(node), placeholder: id)
      case .getItem(let item):
        guard case .node(let source)? = node.arguments.first?.value else { continue }
        if isViews(source) { try alias(id, of: source, item: item) } else if case .list(let items)? = others[source] { define(id, items[item]) }
      case .call(let name):
        guard let record = context.table[name] else { throw LatheError.unsupported("Lathe has no operator \(name)") }
        try call(id, node, record, subgraphs)
      case .output:
        var values: [Value] = try node.arguments.map { try value(of: $0.value, subgraphs) }
        var roles: [Graph.OutputRole] = graph.outputRoles
        for base in written where base.version > 0 {
          guard let placeholder = base.placeholder, case .placeholder(let role) = graph[placeholder].operation else { continue }
          switch role {
          case .buffer(let name, _): roles.append(.bufferMutation(name))
          case .parameter(let name): roles.append(.parameterMutation(name))
          case .user: roles.append(.userInputMutation(graph[placeholder].name))
          default: continue
          }
          values.append(base.current)
        }
        try tracer.output(values, roles: roles)
      }
    }
    let (result, constants) = tracer.result
    context.add(constants)
    return result
  }

  private func call(_ id: Graph.NodeID, _ node: Graph.Node, _ record: OperatorRecord, _ subgraphs: [SubgraphReference]) throws {
    switch record.meaning {
    case .view:
      if case .node(let source)? = node.arguments.first?.value { return try alias(id, of: source, item: nil) }
    case .views: return
    case .inPlace(let functional): return try write(id, node, record, functional, subgraphs)
    default: break
    }
    let written: [String] = record.writtenParameters(of: node)
    var arguments: [(name: String, value: Value)] = []
    for argument in node.arguments {
      var value: Value = try self.value(of: argument.value, subgraphs)
      if written.contains(argument.name), case .node(let source) = argument.value, value.tensorType != nil {
        // The operator writes into a copy made for it, which is the memory's value from then on.
        value = try tracer.run("aten.clone.default", [("", value)])[0]
        try store(value, in: source)
      }
      arguments.append((argument.name, value))
    }
    if let source = try sameTensor(node, record, arguments) {
      aliases[id] = aliases[source]
      return
    }
    let results: [Value] = try tracer.run(record, arguments)
    define(id, results.count == 1 && !record.yieldsTuple ? results[0] : .list(results))
  }

  /// The argument that the call gives back itself: one that the schema says the result may share memory with, of the very type that
  /// the result has, where no copy is asked for (`contiguous` of what is contiguous, `to` the type there is).
  private func sameTensor(_ node: Graph.Node, _ record: OperatorRecord, _ arguments: [(name: String, value: Value)]) throws -> Graph.NodeID? {
    guard case .kernel(let shape, _) = record.meaning, let parameter = record.schema.parameters.first, parameter.isAliased, record.schema.results == ["Tensor"],
      case .node(let source)? = node.arguments.first?.value, aliases[source] != nil, let given = arguments.first?.value.tensorType
    else { return nil }
    let call = try OperatorCall(record.schema, arguments, environment: context.environment)
    if record.schema.index(of: "copy") != nil, try call.flag("copy") { return nil }
    guard let made = try shape(call).first?.tensor, made.dtype == given.dtype, made.sizes == given.sizes,
      made.sizes.indices.allSatisfy({ made.sizes[$0] == 1 || made.strides[$0] == given.strides[$0] })
    else { return nil }
    return source
  }

  private func define(_ id: Graph.NodeID, _ value: Value, placeholder: Graph.NodeID? = nil) {
    if value.tensorType != nil {
      aliases[id] = Alias(base: Base(value, placeholder: placeholder), version: 0, value: value)
    } else { others[id] = value }
  }

  // MARK: Views

  private func isViews(_ id: Graph.NodeID) -> Bool {
    guard case .call(let name) = graph[id].operation, case .views? = context.table[name]?.meaning else { return false }
    return true
  }

  /// - Parameter source: the tensor that is viewed, or the view operator of which `id` is an element.
  private func alias(_ id: Graph.NodeID, of source: Graph.NodeID, item: Int?) throws {
    var viewed: Graph.NodeID = source
    if item != nil, case .node(let tensor)? = graph[source].arguments.first?.value { viewed = tensor }
    guard let parent = aliases[viewed] else { throw LatheError.unsupported("node \(graph[id].name): a view of what is not a tensor") }
    let step = ViewStep(node: item == nil ? id : source, item: item)
    let value: Value = try apply(step, to: try read(viewed))
    aliases[id] = Alias(base: parent.base, steps: parent.steps + [step], version: parent.base.version, value: value)
  }

  private func apply(_ step: ViewStep, to value: Value) throws -> Value {
    let node: Graph.Node = graph[step.node]
    guard case .call(let name) = node.operation else { return value }
    var arguments: [(name: String, value: Value)] = try node.arguments.map { ($0.name, try self.value(of: $0.value, [])) }
    arguments[0].value = value
    let result: Value = try tracer.run(name, arguments)[0]
    guard let item = step.item else { return result }
    guard case .list(let items) = result else { throw LatheError.unsupported("node \(node.name) yields no list of views") }
    return items[item]
  }

  /// The value now: of a view whose memory has changed since, the view of what it is now.
  private func read(_ id: Graph.NodeID) throws -> Value {
    guard var alias = aliases[id] else { return others[id] ?? .none }
    if alias.version == alias.base.version { return alias.value }
    alias.value = try alias.steps.reduce(alias.base.current) { try apply($1, to: $0) }
    alias.version = alias.base.version
    aliases[id] = alias
    return alias.value
  }

  // MARK: Writes

  private func write(
    _ id: Graph.NodeID, _ node: Graph.Node, _ record: OperatorRecord, _ functional: OperatorName, _ subgraphs: [SubgraphReference]
  ) throws {
    guard case .node(let target)? = node.arguments.first?.value, let type = try read(target).tensorType else {
      throw LatheError.unsupported("node \(node.name) writes to what is not a tensor")
    }
    guard let form = context.table[functional] else { throw LatheError.unsupported("Lathe has no operator \(functional)") }
    var arguments: [(name: String, value: Value)] = []
    for (position, argument) in node.arguments.enumerated() {
      let name: String = argument.name.isEmpty && position < record.schema.parameters.count ? record.schema.parameters[position].name : argument.name
      if form.schema.index(of: name) != nil { arguments.append((name, try value(of: argument.value, subgraphs))) }
    }
    var result: Value = try tracer.run(form, arguments)[0]
    guard let made = result.tensorType else { throw LatheError.unsupported("node \(node.name): \(functional) yields no tensor") }
    try InPlaceWrite.check(made, over: type, try OperatorCall(form.schema, arguments, environment: context.environment))
    if made.dtype != type.dtype { result = try convert(result, to: type.dtype) }
    if made.sizes != type.sizes { result = try tracer.run("aten.expand.default", [("", result), ("", .list(type.sizes.map { .int($0) }))])[0] }
    try store(result, in: target)
    aliases[id] = aliases[target]
  }

  private func convert(_ value: Value, to dtype: DType) throws -> Value {
    try tracer.run("aten._to_copy.default", [("", value), ("dtype", .dtype(dtype))])[0]
  }

  /// Makes `value` what the tensor's part of its memory holds.
  private func store(_ value: Value, in target: Graph.NodeID) throws {
    guard let alias = aliases[target] else { return }
    var value: Value = value
    var wholes: [Value] = [alias.base.current]
    for step in alias.steps.dropLast() { wholes.append(try apply(step, to: wholes[wholes.count - 1])) }
    for (viewed, step) in zip(wholes, alias.steps).reversed() {
      // A copy has no gaps; the part's place in it is worked out anew.
      var whole: Value = viewed
      if viewed.tensorType?.isPermutedDense == false {
        whole = try tracer.run("aten.clone.default", [("", viewed), ("memory_format", .memoryFormat(.contiguous))])[0]
      }
      guard let part = try apply(step, to: whole).tensorType else { continue }
      let offset: SymbolicInt = try self.offset(of: step, in: whole)
      value = try tracer.run(
        "aten.as_strided_scatter.default",
        [("", whole), ("", value), ("", .list(part.sizes.map { .int($0) })), ("", .list(part.strides.map { .int($0) })), ("", .int(offset))])[0]
    }
    alias.base.current = value
    alias.base.version += 1
    if !written.contains(where: { $0 === alias.base }) { written.append(alias.base) }
  }

  /// How far into `whole` the view begins, in elements.
  private func offset(of step: ViewStep, in whole: Value) throws -> SymbolicInt {
    let node: Graph.Node = graph[step.node]
    guard case .call(let name) = node.operation, let record = context.table[name] else { return 0 }
    var arguments: [(name: String, value: Value)] = try node.arguments.map { ($0.name, try self.value(of: $0.value, [])) }
    arguments[0].value = whole
    let call = try OperatorCall(record.schema, arguments, environment: context.environment)
    switch record.meaning {
    case .view(_, let transform): return try transform(call).offset
    case .views(_, let transforms): return try transforms(call)[step.item ?? 0].offset
    default: return 0
    }
  }

  private func value(of argument: Argument, _ subgraphs: [SubgraphReference]) throws -> Value {
    if case .node(let id) = argument { return try read(id) }
    if case .list(let items) = argument { return .list(try items.map { try value(of: $0, subgraphs) }) }
    return GraphPlan.constant(argument, subgraphs)
  }
}
