import Graphs

extension Graph {
  /// The graph with some nodes replaced by earlier ones; those replaced stay, unused.
  /// - Parameter replacement: gets a node and its arguments after earlier replacements; the node to use instead, or nil.
  /// - Returns: nil where nothing was replaced.
  func rewritten(_ replacement: (NodeID, Node, [NamedArgument]) throws -> NodeID?) rethrows -> Graph? {
    var result: Graph = self
    var replaced: [NodeID: NodeID] = [:]
    for index in nodes.indices {
      if !replaced.isEmpty {
        for place in result.nodes[index].arguments.indices {
          result.nodes[index].arguments[place].value = result.nodes[index].arguments[place].value.mapNodes { replaced[$0] ?? $0 }
        }
      }
      if let other = try replacement(NodeID(index), result.nodes[index], result.nodes[index].arguments) { replaced[NodeID(index)] = other }
    }
    return replaced.isEmpty ? nil : result
  }

  /// The graph with only some of its nodes; nodes kept use only nodes kept.
  func keeping(_ isKept: (NodeID) -> Bool) -> Graph {
    var places: [NodeID: NodeID] = [:]
    var result: Graph = self
    result.nodes = []
    for index in nodes.indices where isKept(NodeID(index)) {
      var node: Node = nodes[index]
      for place in node.arguments.indices { node.arguments[place].value = node.arguments[place].value.mapNodes { places[$0]! } }
      places[NodeID(index)] = result.append(node)
    }
    return result
  }
}

extension Argument {
  /// The argument with its nodes replaced.
  func mapNodes(_ replacement: (Graph.NodeID) -> Graph.NodeID) -> Argument {
    switch self {
    case .node(let id): .node(replacement(id))
    case .list(let items): .list(items.map { $0.mapNodes(replacement) })
    default: self
    }
  }
}
