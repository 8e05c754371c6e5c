import Foundations
import Graphs

/// Reads a `Graph` of torch.export's schema straight into Lathe's graph, as PyTorch's `GraphModuleDeserializer` does.
///
/// A node with several results becomes the call and one `getItem` node for each result, under the names PyTorch gives them.
struct GraphReader {
  let tables: ProgramTables
  let isSubgraph: Bool
  var graph = Graph()
  var names = NodeNames()
  var moduleStacks = Interner<[ModuleScope]>()
  var stackTraces = Interner<String>()
  /// Nodes with several results and their `getItem` nodes, whose types give theirs; inner ones first.
  var pendingLists: [(call: Int, elements: [Int])] = []
  /// The arguments of the node being read; kept between nodes, so that each node's own list is made once in its size.
  var pendingArguments: [NamedArgument] = []
  let cancellation: (() throws -> Void)?

  init(tables: ProgramTables, isSubgraph: Bool = false, cancellation: (() throws -> Void)? = nil) {
    (self.tables, self.isSubgraph, self.cancellation) = (tables, isSubgraph, cancellation)
  }

  /// Fields may come in any order; the ones that need others first are read when those are there.
  mutating func read(_ cursor: inout JSONCursor) throws -> Graph {
    var (inputs, nodes, outputs, tensors): (Bool, Bool, Int?, Bool) = (false, false, nil, false)
    var waitingNodes: Int?
    var waitingTypes: [(field: TypeField, place: Int)] = []
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      _ = cursor.peek()
      switch key {
      case "inputs":
        try readInputs(&cursor)
        inputs = true
      case "nodes" where inputs:
        try readNodes(&cursor)
        nodes = true
      case "nodes":
        waitingNodes = cursor.offset
        try cursor.skipValue()
      case "outputs":
        outputs = cursor.offset
        try cursor.skipValue()
      case "is_single_tensor_return": graph.returnsSingleTensor = try cursor.readBool()
      default:
        guard let field = TypeField(key) else {
          try cursor.skipValue()
          continue
        }
        if field == .tensors { tensors = true }
        if nodes {
          try readTypes(field, &cursor)
        } else {
          waitingTypes.append((field, cursor.offset))
          try cursor.skipValue()
        }
      }
    }
    let end = cursor.offset
    guard inputs else { throw cursor.failure("the graph before here has no field 'inputs'") }
    if let waitingNodes {
      cursor.seek(waitingNodes)
      try readNodes(&cursor)
      nodes = true
    }
    cursor.seek(end)
    guard nodes else { throw cursor.failure("the graph before here has no field 'nodes'") }
    guard tensors else { throw cursor.failure("the graph before here has no field 'tensor_values'") }
    for (field, place) in waitingTypes {
      cursor.seek(place)
      try readTypes(field, &cursor)
    }
    cursor.seek(end)
    cursor.seek(try cursor.require(outputs, "outputs", of: "graph"))
    try readOutputs(&cursor)
    cursor.seek(end)
    for (call, elements) in pendingLists { graph.nodes[call].type = .list(elements.map { graph.nodes[$0].type }) }
    graph.moduleStacks = moduleStacks.values
    graph.stackTraces = stackTraces.values
    return graph
  }

  // MARK: Names

  func lookUp(_ text: JSONText, _ cursor: JSONCursor) throws -> Graph.NodeID? {
    if !text.hasEscapes { return names.value(text.bytes).map { Graph.NodeID($0) } }
    var decoded = try cursor.decode(text)
    return decoded.withUTF8 { names.value($0).map { Graph.NodeID($0) } }
  }
  func reference(_ text: JSONText, _ cursor: JSONCursor) throws -> Graph.NodeID {
    guard let node = try lookUp(text, cursor) else { throw cursor.failure("the value '\(try cursor.decode(text))' is used but not defined before") }
    return node
  }

  mutating func add(_ subgraph: Graph.Subgraph) -> Int {
    names.reserve(subgraph.name)
    graph.subgraphs.append(subgraph)
    return graph.subgraphs.count - 1
  }

  /// Appends a node that the file knows by the name `text`.
  mutating func define(_ text: JSONText, _ node: Graph.Node, _ cursor: JSONCursor) throws {
    var node = node
    var decoded = try cursor.decode(text)
    guard let name = names.define(&decoded, graph.nodes.count) else { throw cursor.failure("the value '\(decoded)' is defined twice") }
    node.name = name
    graph.nodes.append(node)
  }

  /// Makes room for the nodes that a text of so many bytes may hold; memory that is not used in the end is never touched.
  mutating func reserve(forBytes count: Int) {
    let nodes = min(count / 700, 1 << 20)
    graph.nodes.reserveCapacity(nodes)
    names.reserve(count: nodes)
  }

  // MARK: Inputs and outputs

  private mutating func readInputs(_ cursor: inout JSONCursor) throws {
    var scope = try cursor.beginArray()
    while try cursor.nextElement(&scope) {
      let number = graph.nodes.count
      let role: Graph.InputRole = isSubgraph ? .operand(number) : .user(number)
      let (output, type) = try readInput(&cursor)
      var node = Graph.Node(operation: .placeholder(role), name: "", type: type)
      if case .named(let text) = output {
        try define(text, node, cursor)
      } else {
        // A constant has its name in the signature, which subgraphs have not.
        if isSubgraph { node.name = names.fresh("arg\(number)") }
        graph.nodes.append(node)
      }
    }
  }

  private func readInput(_ cursor: inout JSONCursor) throws -> (OutputValue, ValueType) {
    let start = cursor.offset
    let value = try readOutput(&cursor)
    if case .named = value { return (value, .none) }
    let end = cursor.offset
    cursor.seek(start)
    var type: ValueType = .none
    var scope = try cursor.beginObject()
    while let tag = try cursor.nextKey(&scope) {
      switch tag {
      case "as_int": type = .int(.constant(try cursor.readInt()))
      case "as_float":
        type = .double
        try cursor.skipValue()
      case "as_bool":
        type = .bool
        try cursor.skipValue()
      case "as_string":
        type = .other("str")
        try cursor.skipValue()
      default: try cursor.skipValue()
      }
    }
    cursor.seek(end)
    return (value, type)
  }

  private mutating func readOutputs(_ cursor: inout JSONCursor) throws {
    var arguments: [NamedArgument] = []
    var scope = try cursor.beginArray()
    while try cursor.nextElement(&scope) { arguments.append(NamedArgument(try readArgument(&cursor))) }
    graph.nodes.append(Graph.Node(operation: .output, arguments: arguments, name: names.fresh("output")))
  }
}
