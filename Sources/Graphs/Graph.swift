import Foundations

/// A graph of operators in topological order, as `torch.fx` holds one; nodes are handles, so that passes keep side tables by index.
package struct Graph: Sendable {
  package struct NodeID: Hashable, Sendable, Comparable {
    package var index: UInt32
    package init(_ index: Int) { self.index = UInt32(index) }
    package static func < (a: NodeID, b: NodeID) -> Bool { a.index < b.index }
  }

  /// One value: an input, an operator call, an element of a call's results, or the output.
  package struct Node: Sendable {
    package var operation: Operation
    /// In the order of the operator's schema where it is known, else as the file lists them.
    package var arguments: [NamedArgument]
    /// Unique in its graph; what the readable form calls the value.
    package var name: String
    package var type: ValueType
    /// Indices into the graph's tables, or -1.
    package var moduleStack: Int32
    package var stackTrace: Int32
    /// In a graph that passes made: the index of the node of the program's graph that it comes from, or -1.
    package var origin: Int32 = -1
    /// The byte of the program's text at which the node's metadata begins, or `UInt32.max`: what a writer says of the node again.
    package var metadataPlace: UInt32 = .max

    package init(
      operation: Operation, arguments: [NamedArgument] = [], name: String, type: ValueType = .none, moduleStack: Int32 = -1, stackTrace: Int32 = -1
    ) {
      (self.operation, self.arguments, self.name, self.type) = (operation, arguments, name, type)
      (self.moduleStack, self.stackTrace) = (moduleStack, stackTrace)
    }
  }

  package enum Operation: Hashable, Sendable {
    case placeholder(InputRole)
    case call(OperatorName)
    /// Element number `index` of the first argument, a node with several results.
    case getItem(Int)
    case output
  }

  /// What a placeholder stands for (`InputSpec` in torch.export).
  package enum InputRole: Hashable, Sendable {
    case user(Int)
    case parameter(String)
    case buffer(String, persistent: Bool)
    case tensorConstant(String)
    case customObject(String)
    case token
    /// A number, text or flag fixed at export; it is passed at the call but must equal this value.
    case constant(name: String, ConstantValue)
    /// An operand of a subgraph.
    case operand(Int)
  }
  package enum ConstantValue: Hashable, Sendable { case none, int(Int), double(Double), bool(Bool), string(String) }

  /// What an output is for (`OutputSpec` in torch.export).
  package enum OutputRole: Hashable, Sendable {
    case user
    case loss
    case bufferMutation(String)
    case parameterMutation(String)
    case userInputMutation(String)
    case gradientToParameter(String)
    case gradientToUserInput(String)
    case token
  }

  /// What a file says of a value beyond its type, so that a writer can say it again.
  package struct ValueNote: Hashable, Sendable {
    /// The file's JSON, where the type holds less: symbolic floats and bools, objects, tensors that are not strided.
    package var description: String?
    /// In elements; 0 for most.
    package var storageOffset: SymbolicInt
    /// Whether the call's results are one list (`Tensor[]`), not several results.
    package var isList: Bool
    package init(description: String? = nil, storageOffset: SymbolicInt = 0, isList: Bool = false) {
      (self.description, self.storageOffset, self.isList) = (description, storageOffset, isList)
    }
  }

  /// A graph inside the graph, passed to an operator such as `cond`.
  package struct Subgraph: Sendable {
    package var name: String
    package var graph: Graph
    package init(name: String, graph: Graph) { (self.name, self.graph) = (name, graph) }
  }

  package var nodes: [Node] = []
  /// One an output, in order; empty in subgraphs.
  package var outputRoles: [OutputRole] = []
  package var subgraphs: [Subgraph] = []
  /// Whether calling the graph gives its one output itself, not a tuple of one (subgraphs of higher-order operators).
  package var returnsSingleTensor: Bool = false
  /// Interned module stacks, outermost scope first.
  package var moduleStacks: [[ModuleScope]] = []
  /// Interned Python tracebacks, unparsed; see `SourceFrame.parse`.
  package var stackTraces: [String] = []
  /// By the node's name; only of the few values that need one.
  package var notes: [String: ValueNote] = [:]

  package init() {}

  package subscript(id: NodeID) -> Node { nodes[Int(id.index)] }

  package mutating func append(_ node: Node) -> NodeID {
    nodes.append(node)
    return NodeID(nodes.count - 1)
  }

  /// The placeholders, in call order.
  package var placeholders: [NodeID] {
    nodes.indices.lazy.filter { if case .placeholder = nodes[$0].operation { true } else { false } }.map { NodeID($0) }
  }
  /// The arguments of the output node; empty when there is none.
  package var outputs: [Argument] {
    guard let last = nodes.last, last.operation == .output else { return [] }
    return last.arguments.map(\.value)
  }
  package func moduleStack(of id: NodeID) -> [ModuleScope] {
    let index = Int(self[id].moduleStack)
    return index < 0 ? [] : moduleStacks[index]
  }
  package func sourceFrames(of id: NodeID) -> [SourceFrame] {
    let index = Int(self[id].stackTrace)
    return index < 0 ? [] : SourceFrame.parse(trace: stackTraces[index])
  }

  /// Marks the arguments that are passed by name, here and in subgraphs, where the file did not say: PyTorch passes what has a
  /// default or is keyword-only in the operator's schema by name (`GraphModuleDeserializer.deserialize_inputs`).
  /// - Parameter keywords: the names of an operator's arguments that are passed by name; asked once for each operator.
  package mutating func markKeywords(_ keywords: (OperatorName) -> Set<String>) {
    var known: [OperatorName: [String]] = [:]
    for index in nodes.indices {
      guard case .call(let name) = nodes[index].operation else { continue }
      let names: [String]
      if let list = known[name] {
        names = list
      } else {
        names = Array(keywords(name))
        known[name] = names
      }
      if names.isEmpty { continue }
      for place in nodes[index].arguments.indices where names.contains(nodes[index].arguments[place].name) {
        nodes[index].arguments[place].isKeyword = true
      }
    }
    for index in subgraphs.indices { subgraphs[index].graph.markKeywords(keywords) }
  }

  /// For each node, the nodes that use its value, in order.
  package func users() -> [[NodeID]] {
    var users: [[NodeID]] = Array(repeating: [], count: nodes.count)
    for (index, node) in nodes.enumerated() {
      for argument in node.arguments {
        argument.value.forEachNode { used in
          if users[Int(used.index)].last != NodeID(index) { users[Int(used.index)].append(NodeID(index)) }
        }
      }
    }
    return users
  }
}
