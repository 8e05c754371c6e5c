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
  private let nodeByName: [String: Int32]
  /// What `operatorName(of:)` gives, interned.
  package let operatorTexts: InternedTexts
  /// Types as the rows show them, for example `f32[s0,64]`, interned.
  package let typeTexts: InternedTexts
  /// Bytes of a value of each interned type at the sizes seen at export; 0 where they are not known.
  private let bytesOfType: [Float]

  /// - Parameter hints: a size for each symbol, to estimate bytes with.
  package init(_ graph: Graph, hints: [String: Int] = [:]) {
    self.graph = graph
    let count = graph.nodes.count
    var starts: [Int32] = [0]
    var used: [Int32] = []
    var drawn: [Bool] = []
    var degree: [Int32] = Array(repeating: 0, count: count + 1)
    var byName: [String: Int32] = [:]
    starts.reserveCapacity(count + 1)
    drawn.reserveCapacity(count)
    byName.reserveCapacity(count)
    for (index, node) in graph.nodes.enumerated() {
      let start = used.count
      for argument in node.arguments { argument.value.forEachNode { used.append(Int32($0.index)) } }
      GraphIndex.removeRepeats(&used, from: start)
      for argument in used[start...] { degree[Int(argument) + 1] += 1 }
      starts.append(Int32(used.count))
      drawn.append(GraphIndex.isDrawn(node.operation))
      byName[node.name] = Int32(index)
    }
    for index in 0..<count { degree[index + 1] += degree[index] }
    userStart = degree
    var usersOfNodes: [Int32] = Array(repeating: 0, count: used.count)
    for index in 0..<count {
      for argument in used[Int(starts[index])..<Int(starts[index + 1])] {
        usersOfNodes[Int(degree[Int(argument)])] = Int32(index)
        degree[Int(argument)] += 1
      }
    }
    (users, argumentStart, arguments, isDrawn, nodeByName) = (usersOfNodes, starts, used, drawn, byName)
    drawnCount = drawn.reduce(0) { $0 + ($1 ? 1 : 0) }
    operatorTexts = InternedTexts(graph.nodes.lazy.map(\.operation)) { GraphIndex.operatorName($0) }
    typeTexts = InternedTexts(graph.nodes.lazy.map(\.type)) { $0.rowText }
    modules = ModuleTree(graph, isDrawn: drawn)
    bytesOfType = GraphIndex.bytes(graph, typeTexts, hints)
  }

  package func arguments(of node: Int) -> ArraySlice<Int32> { arguments[Int(argumentStart[node])..<Int(argumentStart[node + 1])] }
  package func users(of node: Int) -> ArraySlice<Int32> { users[Int(userStart[node])..<Int(userStart[node + 1])] }
  package func node(named name: String) -> Int? { nodeByName[name].map { Int($0) } }

  package func operatorName(of node: Int) -> String { operatorTexts[node] }
  package func typeText(of node: Int) -> String { typeTexts[node] }

  package func bytes(of node: Int) -> Float { bytesOfType[Int(typeTexts.ids[node])] }

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
