import Graphs
import Operators

extension GraphPass {
  /// Calls whose results nobody uses go, and parameters, buffers and constants that nobody uses.
  static let deadCode = GraphPass(name: "dead code", summary: "calls, and known tensors, that nobody uses go") { graph, context in
    var isUsed: [Bool] = Array(repeating: false, count: graph.nodes.count)
    for index in graph.nodes.indices.reversed() {
      let node: Graph.Node = graph.nodes[index]
      switch node.operation {
      case .placeholder(.user), .placeholder(.operand), .output: isUsed[index] = true
      case .placeholder: break
      case .getItem: break
      case .call(let name):
        guard let record = context.table[name] else { break }
        if record.schema.results.isEmpty || record.writes(node) || record.takesGraphs || node.type.isRevealedByRun { isUsed[index] = true }
      }
      if isUsed[index] { for argument in node.arguments { argument.value.forEachNode { isUsed[Int($0.index)] = true } } }
    }
    return isUsed.allSatisfy { $0 } ? nil : graph.keeping { isUsed[Int($0.index)] }
  }
}
