import Archives
import Capture
import Compiler
import Foundations
import Graphs
import Operators
import Tensors

extension GraphCase {
  /// A program at the inputs of one call: sizes are the numbers that they have there, numbers that were inputs are constants, and what
  /// writes make of buffers is an output as any other, as PyTorch's minifier exports its candidates anew at fixed sizes.
  /// - Parameter values: the user's inputs; see `ProgramInputs.bind`.
  /// - Throws: `LatheError` of kind `unsupported` for inputs that are neither tensors nor numbers, and for shapes that only a run reveals.
  init(_ program: Program, inputs values: [Value]) throws {
    let graph: Graph = program.graph
    let users: [[Graph.NodeID]] = graph.users()
    var hints: [String: Int] = program.hints
    var rest: ArraySlice<Value> = values[...]
    var tensors: [Tensor] = []
    var known: [Graph.NodeID: Argument] = [:]
    for id in graph.placeholders {
      let node: Graph.Node = graph[id]
      guard case .placeholder(let role) = node.operation else { continue }
      var value: Value
      if case .user = role { value = rest.popFirst() ?? .none } else { value = try program.initialValue(node) }
      if case .tensor(let tensor) = value {
        tensors.append(tensor)
        for (size, actual) in zip(node.type.tensor?.sizes ?? [], tensor.sizes) {
          if let (symbol, coefficient, constant) = size.linear { hints[symbol] = (actual - constant) / coefficient }
        }
        continue
      }
      guard let constant = Argument(constant: value) else {
        guard users[Int(id.index)].isEmpty else { throw LatheError.unsupported("input '\(node.name)' is \(value.kindName), which a smaller program cannot hold") }
        known[id] = Argument.none
        continue
      }
      if case .int(let size) = node.type, let symbol = size.symbolName, case .int(.constant(let number)) = value { hints[symbol] = number }
      known[id] = constant
    }
    var result: Graph = graph
    result.nodes = []
    var places: [Graph.NodeID: Argument] = known
    for index in graph.nodes.indices where known[Graph.NodeID(index)] == nil {
      var node: Graph.Node = graph.nodes[index]
      if node.operation == .output { node.arguments = node.arguments.filter { $0.value.isTensor(in: graph) } }
      for place in node.arguments.indices { node.arguments[place].value = node.arguments[place].value.replacing(places) }
      places[Graph.NodeID(index)] = .node(result.append(node))
    }
    guard !result.outputs.isEmpty else { throw LatheError.unsupported("no output of the program is a tensor, so nothing shows a failure") }
    result.outputRoles = result.outputs.map { _ in .user }
    self = try GraphCase(graph: result, inputs: tensors, hints: hints).withoutSymbols()
  }
}

extension ExportedProgram {
  /// A program of a graph at fixed sizes and of what its placeholders hold.
  /// - Parameter original: whose versions and dialects it keeps.
  package init(_ graphCase: GraphCase, like original: ExportedProgram? = nil) {
    self.init(name: "model", container: .legacyZip, graph: graphCase.graph)
    if let original { (opsetVersion, verifiers, torchVersion) = (original.opsetVersion, original.verifiers, original.torchVersion) }
    var users: Int = 0
    for (id, tensor) in zip(graph.placeholders, graphCase.inputs) {
      guard case .placeholder(let role) = graph[id].operation else { continue }
      switch role {
      case .parameter(let name): state[name] = tensor
      case .buffer(let name, let persistent): if persistent { state[name] = tensor } else { constants[name] = tensor }
      case .tensorConstant(let name): constants[name] = tensor
      default: users += 1
      }
    }
    inputSpec = .tuple([.tuple(Array(repeating: .leaf, count: users)), .dictionary(keys: [], [])])
    outputSpec = .tuple(Array(repeating: .leaf, count: graph.outputs.count))
    moduleCalls = [ModuleCall(path: "", inputSpec: inputSpec, outputSpec: outputSpec)]
  }
}

extension Argument {
  fileprivate init?(constant value: Value) {
    switch value {
    case .int(let size) where size.isConstant: self = .int(size)
    case .double(let number): self = .double(number)
    case .bool(let flag): self = .bool(flag)
    case .string(let text): self = .string(text)
    case .none: self = .none
    default: return nil
    }
  }

  fileprivate func replacing(_ places: [Graph.NodeID: Argument]) -> Argument {
    switch self {
    case .node(let id): places[id] ?? self
    case .list(let items): .list(items.map { $0.replacing(places) })
    default: self
    }
  }

  fileprivate func isTensor(in graph: Graph) -> Bool {
    if case .node(let id) = self { graph[id].type.tensor != nil } else { false }
  }
}
