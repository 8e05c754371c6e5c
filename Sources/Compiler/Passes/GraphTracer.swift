import Foundations
import Graphs
import Operators
import Synchronization
import Tensors

/// Runs operators into a graph: what each would compute is worked out over types and kept as a node.
///
/// The counterpart of tracing with proxies (`torch.fx.experimental.proxy_tensor`). Sizes are expressions, so arithmetic on them
/// leaves no nodes.
package final class GraphTracer: OperatorRunner {
  package let environment: ShapeEnvironment
  package let table: OperatorTable
  private let shapes: ShapeRunner
  /// Whether operators made of others become those others.
  private let expandsComposites: Bool
  /// Whether calls take the form that archives have for them.
  private let isForArchive: Bool

  private struct State {
    var graph = Graph()
    var names: Set<String> = []
    var nextNumbers: [String: Int] = [:]
    var moduleStack: Int32 = -1
    var stackTrace: Int32 = -1
    var origin: Int32 = -1
    var subgraphs: [ObjectIdentifier: Int] = [:]
    var constants: [String: Tensor] = [:]
  }
  private let state = Mutex(State())

  /// - Parameter original: whose module stacks and stack traces the nodes refer to.
  package init(from original: Graph, environment: ShapeEnvironment, table: OperatorTable, expandsComposites: Bool, isForArchive: Bool = false) {
    self.isForArchive = isForArchive
    self.environment = environment
    self.table = table
    self.expandsComposites = expandsComposites
    shapes = ShapeRunner(environment: environment, table: table)
    environment.begin(graph: original)
    state.withLock {
      $0.graph.moduleStacks = original.moduleStacks
      $0.graph.stackTraces = original.stackTraces
      $0.graph.returnsSingleTensor = original.returnsSingleTensor
    }
  }

  /// The graph so far, and tensors that became constants of it.
  package var result: (graph: Graph, constants: [String: Tensor]) { state.withLock { ($0.graph, $0.constants) } }

  package subscript(id: Graph.NodeID) -> Graph.Node { state.withLock { $0.graph[id] } }

  /// Says which node of the original what follows comes from.
  package func begin(_ node: Graph.Node) {
    state.withLock { ($0.moduleStack, $0.stackTrace, $0.origin) = (node.moduleStack, node.stackTrace, node.origin) }
    environment.begin(node: node.origin, yielding: node.type)
  }

  // MARK: Nodes

  /// A placeholder as in the original; gives the value that stands for it.
  package func placeholder(_ node: Graph.Node) -> Value {
    environment.know(unbackedSymbolsOf: node.type)
    let id: Graph.NodeID = append(node, named: node.name)
    switch node.type {
    case .tensor(let type): return .node(id, type)
    case .int(let size): return .int(size)
    case .double, .bool, .none, .list, .other:
      if case .placeholder(.constant(_, let value)) = node.operation { return value.value }
      return .opaque(tag: "\(node.type)", node.name)
    }
  }

  package func output(_ values: [Value], roles: [Graph.OutputRole]) throws {
    let arguments: [NamedArgument] = try values.map { NamedArgument(try argument($0)) }
    _ = append(Graph.Node(operation: .output, arguments: arguments, name: "output"), named: "output")
    state.withLock { $0.graph.outputRoles = roles }
  }

  /// A node as given, with a name of its own made from `hint`.
  @discardableResult
  package func append(_ node: Graph.Node, named hint: String) -> Graph.NodeID {
    state.withLock { state in
      var node: Graph.Node = node
      node.name = hint
      while !state.names.insert(node.name).inserted {
        let number: Int = state.nextNumbers[hint, default: 1]
        state.nextNumbers[hint] = number + 1
        node.name = "\(hint)_\(number)"
      }
      return state.graph.append(node)
    }
  }

  // MARK: Running

  package func run(_ name: OperatorName, _ arguments: [(name: String, value: Value)]) throws -> [Value] {
    guard let record = table[name] else { throw LatheError.unsupported("Lathe has no operator \(name)") }
    return try run(record, arguments)
  }

  package func run(_ record: OperatorRecord, _ arguments: [(name: String, value: Value)]) throws -> [Value] {
    if expandsComposites, let decomposition = record.decomposition,
      let values = try decomposition(Composer(call: try OperatorCall(record.schema, arguments, environment: environment), runner: self))
    {
      return values
    }
    if isForArchive, let portable = record.portableForm,
      let values = try portable(Composer(call: try OperatorCall(record.schema, arguments, environment: environment), runner: self))
    {
      return values
    }
    switch record.meaning {
    case .region(let compose):
      return try compose(Composer(call: try OperatorCall(record.schema, arguments, environment: environment), runner: self))
    case .composite(let compose) where expandsComposites:
      return try compose(Composer(call: try OperatorCall(record.schema, arguments, environment: environment), runner: self))
    case .scalar(let compute): return [try compute(try OperatorCall(record.schema, arguments, environment: environment))]
    default: return try emit(record, arguments)
    }
  }

  package func run(_ subgraph: SubgraphReference, _ operands: [Value]) throws -> [Value] {
    try plan(for: subgraph).run(operands, runner: self)
  }
  package func plan(for subgraph: SubgraphReference) -> GraphPlan { shapes.plan(for: subgraph) }
  package func meaning(of name: OperatorName) -> OperatorRecord? { table[name] }

  /// A node that calls the operator; nodes for its results where there are several.
  private func emit(_ record: OperatorRecord, _ arguments: [(name: String, value: Value)]) throws -> [Value] {
    let types: [Value] = try shapes.run(record, arguments)
    let nodeType: ValueType = types.count == 1 && !record.yieldsTuple ? types[0].type : .list(types.map(\.type))
    let parameters: [OperatorSchema.Parameter] = record.schema.parameters
    var named: [NamedArgument] = []
    for (position, item) in arguments.enumerated() {
      let name: String = item.name.isEmpty && !record.takesGraphs && position < parameters.count ? parameters[position].name : item.name
      let isKeyword: Bool = parameters.first { $0.name == name }?.isKeywordOnly ?? false
      named.append(NamedArgument(name: name, try argument(item.value), isKeyword: isKeyword))
    }
    let (moduleStack, stackTrace, origin) = state.withLock { ($0.moduleStack, $0.stackTrace, $0.origin) }
    func made(_ operation: Graph.Operation, _ arguments: [NamedArgument], _ type: ValueType, _ hint: String) -> Graph.NodeID {
      var node = Graph.Node(operation: operation, arguments: arguments, name: "", type: type, moduleStack: moduleStack, stackTrace: stackTrace)
      node.origin = origin
      return append(node, named: hint)
    }
    let hint: String = String(record.name.base)
    let call: Graph.NodeID = made(.call(record.name), named, nodeType, hint)
    func value(_ type: Value, _ id: () -> Graph.NodeID) throws -> Value {
      switch type {
      case .abstract(let tensor), .node(_, let tensor): return .node(id(), tensor)
      case .none, .int: return type
      case .list(let items):
        let list: Graph.NodeID = id()
        return .list(try items.enumerated().map { index, item in
          try value(item) { made(.getItem(index), [NamedArgument(.node(list))], item.type, "getitem") }
        })
      default: return .opaque(tag: "\(record.name)", "a result that only a run reveals")
      }
    }
    if types.count == 1 && !record.yieldsTuple { return [try value(types[0]) { call }] }
    return try types.enumerated().map { index, type in
      try value(type) { made(.getItem(index), [NamedArgument(.node(call))], type.type, "getitem") }
    }
  }

  private func argument(_ value: Value) throws -> Argument {
    switch value {
    case .none: return .none
    case .node(let id, _): return .node(id)
    case .tensor(let tensor): return .node(constant(tensor))
    case .abstract: throw LatheError.unsupported("a tensor of which only the type is known cannot be part of a graph")
    case .int(let size): return .int(size)
    case .double(let number): return .double(number)
    case .bool(let flag): return .bool(flag)
    case .string(let text): return .string(text)
    case .dtype(let type): return .dtype(type)
    case .device(let name): return .device(name)
    case .layout(let name): return .layout(name)
    case .memoryFormat(let format): return .memoryFormat(format)
    case .list(let items): return .list(try items.map { try argument($0) })
    case .subgraph(let reference): return .subgraph(subgraph(reference))
    case .opaque(let tag, let text): return .opaque(tag: tag, text)
    }
  }

  private func subgraph(_ reference: SubgraphReference) -> Int {
    state.withLock { state in
      if let known = state.subgraphs[ObjectIdentifier(reference)] { return known }
      state.graph.subgraphs.append(Graph.Subgraph(name: reference.name, graph: reference.graph))
      state.subgraphs[ObjectIdentifier(reference)] = state.graph.subgraphs.count - 1
      return state.graph.subgraphs.count - 1
    }
  }

  /// A tensor that an operator made while it was traced.
  private func constant(_ tensor: Tensor) -> Graph.NodeID {
    let name: String = state.withLock { "_tensor_constant\($0.constants.count)" }
    state.withLock { $0.constants[name] = tensor }
    let type = TensorType(tensor)
    return append(Graph.Node(operation: .placeholder(.tensorConstant(name)), name: name, type: .tensor(type)), named: name)
  }
}
