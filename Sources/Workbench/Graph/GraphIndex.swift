import Archives
import Foundations
import Graphs

/// Flat tables over a graph, made once when it is opened, so that a hundred thousand nodes can be browsed.
///
/// Nodes are known by their index. Arguments and users are in compressed rows: `arguments[argumentStart[n]..<argumentStart[n + 1]]`.
package struct GraphIndex: Sendable {
  package let graph: Graph
  package let argumentStart: [Int32]
  package let arguments: [Int32]
  package let userStart: [Int32]
  package let users: [Int32]
  package let modules: ModuleTree
  /// Whether a node is drawn: all but the placeholders of parameters, buffers and constants.
  package let isDrawn: [Bool]
  /// Drawn nodes in all.
  package let drawnCount: Int
  /// What `operatorName(of:)` gives, interned.
  package let operatorTexts: InternedTexts
  /// Types as the rows show them, for example `f32[s0,64]`, interned.
  package let typeTexts: InternedTexts
  /// Bytes of a value of each interned type at the sizes seen at export; 0 where they are not known.
  private let bytesOfType: [Float]

  /// - Parameter hints: a size for each symbol, to estimate bytes with.
  package init(_ graph: Graph, hints: [String: Int] = [:]) {
    self.graph = graph
    let drawn = graph.nodes.map { GraphIndex.isDrawn($0.operation) }
    let (edges, (operators, modules)) = together(
      { Edges(graph) },
      {
        let operators = InternedTexts(graph.nodes.lazy.map(\.operation)) { GraphIndex.operatorName($0) }
        return (operators, ModuleTree(graph, isDrawn: drawn, operators: operators.ids))
      })
    (argumentStart, arguments, userStart, users) = (edges.argumentStart, edges.arguments, edges.userStart, edges.users)
    (isDrawn, operatorTexts, self.modules) = (drawn, operators, modules)
    drawnCount = drawn.reduce(0) { $0 + ($1 ? 1 : 0) }
    typeTexts = edges.typeTexts
    subgraphs = GraphIndex.subgraphs(graph)
    bytesOfType = GraphIndex.bytes(graph, typeTexts, hints)
  }

  /// What is found in the one of two walks that does not ask for modules.
  private struct Edges: Sendable {
    let argumentStart: [Int32]
    let arguments: [Int32]
    let userStart: [Int32]
    let users: [Int32]
    let typeTexts: InternedTexts

    init(_ graph: Graph) {
      let count = graph.nodes.count
      var argumentStart: [Int32] = [0]
      var arguments: [Int32] = []
      var userStart: [Int32] = Array(repeating: 0, count: count + 1)
      argumentStart.reserveCapacity(count + 1)
      arguments.reserveCapacity(count * 2)
      for node in graph.nodes {
        let start = arguments.count
        for argument in node.arguments { argument.value.forEachNode { arguments.append(Int32($0.index)) } }
        GraphIndex.removeRepeats(&arguments, from: start)
        for position in start..<arguments.count { userStart[Int(arguments[position]) + 1] += 1 }
        argumentStart.append(Int32(arguments.count))
      }
      for index in 0..<count { userStart[index + 1] += userStart[index] }
      var next = userStart
      var users: [Int32] = Array(repeating: 0, count: arguments.count)
      for index in 0..<count {
        for position in Int(argumentStart[index])..<Int(argumentStart[index + 1]) {
          let argument = Int(arguments[position])
          users[Int(next[argument])] = Int32(index)
          next[argument] += 1
        }
      }
      (self.argumentStart, self.arguments, self.userStart, self.users) = (argumentStart, arguments, userStart, users)
      typeTexts = InternedTexts(graph.nodes.lazy.map(\.type)) { $0.rowText }
    }
  }

  package func arguments(of node: Int) -> ArraySlice<Int32> { arguments[Int(argumentStart[node])..<Int(argumentStart[node + 1])] }
  package func users(of node: Int) -> ArraySlice<Int32> { users[Int(userStart[node])..<Int(userStart[node + 1])] }
  package func node(named name: String) -> Int? { graph.nodes.firstIndex { $0.name == name } }

  package func operatorName(of node: Int) -> String { operatorTexts[node] }
  package func typeText(of node: Int) -> String { typeTexts[node] }

  package func bytes(of node: Int) -> Float { bytesOfType[Int(typeTexts.ids[node])] }

  /// Which nodes take which subgraphs as arguments, in order.
  package let subgraphs: [(node: Int, subgraph: Int)]
  package func subgraphs(of node: Int) -> [Int] { subgraphs.filter { $0.node == node }.map(\.subgraph) }

  private static func subgraphs(_ graph: Graph) -> [(node: Int, subgraph: Int)] {
    if graph.subgraphs.isEmpty { return [] }
    return graph.nodes.enumerated().flatMap { number, node in
      node.arguments.compactMap { if case .subgraph(let subgraph) = $0.value { (number, subgraph) } else { nil } }
    }
  }

  private static func bytes(_ graph: Graph, _ types: InternedTexts, _ hints: [String: Int]) -> [Float] {
    var bytes: [Float] = Array(repeating: -1, count: types.texts.count)
    for (index, node) in graph.nodes.enumerated() where bytes[Int(types.ids[index])] < 0 {
      let tensors = node.type.tensors.map { Float($0.elementCount.evaluate { hints[$0] } ?? 0) * Float($0.dtype.size) }
      bytes[Int(types.ids[index])] = tensors.reduce(0, +)
    }
    return bytes
  }

  /// What the graph's rows call an operation: the operator without namespace, or the role of a placeholder.
  private static func operatorName(_ operation: Graph.Operation) -> String {
    switch operation {
    case .placeholder(let role): roleName(role)
    case .call(let name): name.overload.isEmpty || name.overload == "default" ? String(name.base) : "\(name.base).\(name.overload)"
    case .getItem(let index): "getitem[\(index)]"
    case .output: "output"
    }
  }

  package static func roleName(_ role: Graph.InputRole) -> String {
    switch role {
    case .user: "input"
    case .parameter: "parameter"
    case .buffer: "buffer"
    case .tensorConstant: "constant"
    case .customObject: "object"
    case .token: "token"
    case .constant: "fixed input"
    case .operand: "operand"
    }
  }

  private static func isDrawn(_ operation: Graph.Operation) -> Bool {
    guard case .placeholder(let role) = operation else { return true }
    switch role {
    case .user, .operand, .constant: return true
    case .parameter, .buffer, .tensorConstant, .customObject, .token: return false
    }
  }

  private static func removeRepeats(_ list: inout [Int32], from start: Int) {
    guard list.count - start > 1 else { return }
    var end = start + 1
    for position in start + 1..<list.count where !list[start..<end].contains(list[position]) {
      list[end] = list[position]
      end += 1
    }
    list.removeLast(list.count - end)
  }
}

/// A text for each node, each different one held once.
package struct InternedTexts: Sendable {
  package private(set) var texts: [String] = []
  package private(set) var ids: [Int32] = []

  init<Value: Hashable>(_ values: some Collection<Value>, text: (Value) -> String) {
    var known: [Value: Int32] = [:]
    ids.reserveCapacity(values.count)
    for value in values {
      if let id = known[value] {
        ids.append(id)
      } else {
        known[value] = Int32(texts.count)
        ids.append(Int32(texts.count))
        texts.append(text(value))
      }
    }
  }
  package subscript(node: Int) -> String { texts[Int(ids[node])] }
}

extension ValueType {
  /// In the short form of a graph's row, for example `f32[s0,64] ×3`.
  package var rowText: String {
    switch self {
    case .none: return ""
    case .tensor(let type): return "\(type.dtype.abbreviation)[\(type.sizes.map(\.description).joined(separator: ","))]"
    case .int(let value): return "int \(value)"
    case .double: return "float"
    case .bool: return "bool"
    case .list(let items):
      let texts = items.map(\.rowText)
      if let first = texts.first, texts.count > 1, texts.allSatisfy({ $0 == first }) { return "\(first) ×\(texts.count)" }
      return "(\(texts.joined(separator: ", ")))"
    case .other(let name): return name
    }
  }
  /// The tensors it is or holds.
  package var tensors: [TensorType] {
    switch self {
    case .tensor(let type): [type]
    case .list(let items): items.flatMap(\.tensors)
    default: []
    }
  }
  /// The element type of a tensor or of a list's first tensor.
  package var firstTensor: TensorType? {
    switch self {
    case .tensor(let type): type
    case .list(let items): items.lazy.compactMap(\.firstTensor).first
    default: nil
    }
  }
}
