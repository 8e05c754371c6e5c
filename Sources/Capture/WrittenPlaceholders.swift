import Foundations
import Graphs
import Operators

/// Finds the inputs of a graph whose memory an in-place operator reaches, directly or through views.
enum WrittenPlaceholders {
  static func find(in graph: Graph, table: OperatorTable) -> Set<Graph.NodeID> {
    // For each node, the placeholder its memory may be; operators whose result may share memory say so in their schema.
    var root: [Graph.NodeID?] = Array(repeating: nil, count: graph.nodes.count)
    var written: Set<Graph.NodeID> = []
    for (index, node) in graph.nodes.enumerated() {
      switch node.operation {
      case .placeholder: root[index] = Graph.NodeID(index)
      case .getItem:
        if case .node(let source)? = node.arguments.first?.value { root[index] = root[Int(source.index)] }
      case .call(let name):
        guard let record = table[name] else { continue }
        func argument(_ position: Int, _ name: String) -> Argument? {
          (node.arguments.first { $0.name == name } ?? (position < node.arguments.count ? node.arguments[position] : nil))?.value
        }
        var hidden: [String] = []
        if let writes = record.hiddenWrites, let position = record.schema.index(of: writes.flag), argument(position, writes.flag) != .bool(false) {
          hidden = writes.parameters
        }
        for (position, parameter) in record.schema.parameters.enumerated() where parameter.isAliased || hidden.contains(parameter.name) {
          guard case .node(let source)? = argument(position, parameter.name), let origin = root[Int(source.index)] else { continue }
          if parameter.isAliased { root[index] = origin }
          if parameter.isWritten || hidden.contains(parameter.name) { written.insert(origin) }
        }
      case .output: break
      }
    }
    return written
  }
}
