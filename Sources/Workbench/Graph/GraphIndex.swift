import Archives
import Foundations
import Graphs

/// Flat tables over a graph, made once when it is opened, so that a hundred thousand nodes can be browsed.
///
/// Nodes are known by their index. Arguments and users are in compressed rows: `arguments[argumentStart[n]..<argumentStart[n + 1]]`.
package struct GraphIndex: Sendable {
  package let graph: Graph
  package private(set) var argumentStart: [Int32] = [0]
  package private(set) var arguments: [Int32] = []
  package private(set) var userStart: [Int32]
  package private(set) var users: [Int32]
  package let modules: ModuleTree
  /// Whether a node is drawn: all but the placeholders of parameters, buffers and constants.
  package private(set) var isDrawn: [Bool] = []
  /// Drawn nodes in all.
  package let drawnCount: Int
  private let nodeByName: [String: Int32]

  package init(_ graph: Graph) {
    self.graph = graph
    let count = graph.nodes.count
    argumentStart.reserveCapacity(count + 1)
    isDrawn.reserveCapacity(count)
    var degree: [Int32] = Array(repeating: 0, count: count + 1)
    var byName: [String: Int32] = [:]
    byName.reserveCapacity(count)
    for (index, node) in graph.nodes.enumerated() {
      let start = arguments.count
      for argument in node.arguments { argument.value.forEachNode { arguments.append(Int32($0.index)) } }
      GraphIndex.removeRepeats(&arguments, from: start)
      for used in arguments[start...] { degree[Int(used) + 1] += 1 }
      argumentStart.append(Int32(arguments.count))
      isDrawn.append(GraphIndex.isDrawn(node.operation))
      byName[node.name] = Int32(index)
    }
    for index in 0..<count { degree[index + 1] += degree[index] }
    userStart = degree
    users = Array(repeating: 0, count: arguments.count)
    for index in 0..<count {
      for position in Int(argumentStart[index])..<Int(argumentStart[index + 1]) {
        let used = Int(arguments[position])
        users[Int(degree[used])] = Int32(index)
        degree[used] += 1
      }
    }
    nodeByName = byName
    drawnCount = isDrawn.count { $0 }
    modules = ModuleTree(graph, isDrawn: isDrawn)
  }

  package func arguments(of node: Int) -> ArraySlice<Int32> { arguments[Int(argumentStart[node])..<Int(argumentStart[node + 1])] }
  package func users(of node: Int) -> ArraySlice<Int32> { users[Int(userStart[node])..<Int(userStart[node + 1])] }
  package func node(named name: String) -> Int? { nodeByName[name].map { Int($0) } }

  /// What the graph's rows call a node: the operator without namespace, or the role of a placeholder.
  package func operatorName(of node: Int) -> String {
    switch graph.nodes[node].operation {
    case .placeholder(let role): GraphIndex.roleName(role)
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
