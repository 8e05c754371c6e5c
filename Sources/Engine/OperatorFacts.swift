import Graphs
import Operators

/// What a screen shows of an operator: its signature. An operator without facts is one that Lathe does not support.
package struct OperatorFacts: Hashable, Sendable {
  package struct Parameter: Hashable, Sendable {
    package var name: String
    /// As ATen's notation writes it, for example `Tensor?`.
    package var type: String
    /// As written; nil where the argument is required.
    package var defaultText: String?
  }
  /// In ATen's notation.
  package var schema: String
  package var parameters: [Parameter]
}

extension Engine {
  /// The facts of the operators that a graph and the graphs in it call; the ones that Lathe does not support are not in the table.
  package static func operatorFacts(of graph: Graph, table: OperatorTable = .standard) -> [OperatorName: OperatorFacts] {
    var facts: [OperatorName: OperatorFacts] = [:]
    collectFacts(graph, table, into: &facts)
    return facts
  }

  private static func collectFacts(_ graph: Graph, _ table: OperatorTable, into facts: inout [OperatorName: OperatorFacts]) {
    for node in graph.nodes {
      guard case .call(let name) = node.operation, facts[name] == nil, let schema = table[name]?.schema else { continue }
      let parameters = schema.parameters.map { OperatorFacts.Parameter(name: $0.name, type: $0.type, defaultText: $0.defaultText) }
      facts[name] = OperatorFacts(schema: schema.text, parameters: parameters)
    }
    for subgraph in graph.subgraphs { collectFacts(subgraph.graph, table, into: &facts) }
  }
}
