import Foundations
import Graphs
import Operators

extension GraphPass {
  /// Calls that are equal in operator and arguments become one (`torch/fx/passes/graph_transform_observer.py`, `fx_graph_cse`).
  static let commonSubexpressions = GraphPass(name: "common subexpressions", summary: "equal calls become one") { graph, context in
    struct Key: Hashable {
      var operation: Graph.Operation
      var arguments: [NamedArgument]
    }
    // A tensor that is written to by a later operator is not the tensor that an equal call gives.
    let writtenTo: Set<Graph.NodeID> = graph.nodesWritten(context.table)
    var known: [Key: Graph.NodeID] = [:]
    return graph.rewritten { id, node, arguments in
      switch node.operation {
      case .getItem: break
      case .call(let name):
        guard let record = context.table[name], !record.isRandom, !record.writes(node), !record.takesGraphs, !record.schema.results.isEmpty,
          !writtenTo.contains(id), !node.type.isRevealedByRun
        else { return nil }
      default: return nil
      }
      let key = Key(operation: node.operation, arguments: arguments)
      if let first = known[key] { return first }
      known[key] = id
      return nil
    }
  }
}

extension ValueType {
  /// Whether it is a number that only the run of its operator reveals; sizes may be named after it.
  var isRevealedByRun: Bool {
    switch self {
    case .int, .double, .bool, .other: true
    case .list(let items): items.contains(where: \.isRevealedByRun)
    case .tensor(let type): type.sizes.contains { $0.symbols.contains { $0.hasPrefix("u") } }
    case .none: false
    }
  }
}
