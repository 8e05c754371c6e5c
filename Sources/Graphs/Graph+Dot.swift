import Foundations

extension Graph {
  /// The graph in Graphviz's language: a box for each node, an edge for each use, nested clusters for the modules.
  ///
  /// Parameters and other lifted tensors are left out where `showsParameters` is false. Subgraphs become clusters of their own,
  /// tied to the call that uses them by a dashed edge.
  package func dot(showsParameters: Bool = false) -> String {
    var writer = DotWriter(showsParameters: showsParameters)
    writer.text = "digraph graph_module {\n  node [shape=box, fontname=\"monospace\", fontsize=10];\n"
    writer.write(self, prefix: "n", indent: "  ")
    writer.text += "}\n"
    return writer.text
  }
}

private struct DotWriter {
  let showsParameters: Bool
  var text = ""
  private var clusters = 0

  init(showsParameters: Bool) { self.showsParameters = showsParameters }

  /// A module and what lies directly in it.
  private final class Cluster {
    let scope: ModuleScope
    var nodes: [Graph.NodeID] = []
    var children: [Cluster] = []
    var childByScope: [ModuleScope: Cluster] = [:]
    init(_ scope: ModuleScope) { self.scope = scope }

    func child(_ scope: ModuleScope) -> Cluster {
      if let known = childByScope[scope] { return known }
      let new = Cluster(scope)
      childByScope[scope] = new
      children.append(new)
      return new
    }
  }

  mutating func write(_ graph: Graph, prefix: String, indent: String) {
    let root = Cluster(ModuleScope(path: "", type: ""))
    var clusterByStack: [Int32: Cluster] = [-1: root]
    for (index, node) in graph.nodes.enumerated() where isShown(node) {
      let stack = node.moduleStack
      let cluster = clusterByStack[stack] ?? graph.moduleStack(of: Graph.NodeID(index)).reduce(root) { $0.child($1) }
      clusterByStack[stack] = cluster
      cluster.nodes.append(Graph.NodeID(index))
    }
    write(root, graph, prefix: prefix, indent: indent, isRoot: true)
    for (index, node) in graph.nodes.enumerated() where isShown(node) {
      for argument in node.arguments {
        argument.value.forEachNode { used in
          if isShown(graph[used]) { text += "\(indent)\(prefix)\(used.index) -> \(prefix)\(index);\n" }
        }
        guard case .subgraph(let number) = argument.value else { continue }
        writeSubgraph(graph.subgraphs[number], prefix: "\(prefix)_\(number)_", caller: "\(prefix)\(index)", indent: indent)
      }
    }
  }

  private mutating func writeSubgraph(_ subgraph: Graph.Subgraph, prefix: String, caller: String, indent: String) {
    openCluster(subgraph.name, indent: indent)
    write(subgraph.graph, prefix: prefix, indent: "\(indent)  ")
    text += "\(indent)}\n"
    if !subgraph.graph.nodes.isEmpty { text += "\(indent)\(caller) -> \(prefix)\(subgraph.graph.nodes.count - 1) [style=dashed];\n" }
  }

  private mutating func write(_ cluster: Cluster, _ graph: Graph, prefix: String, indent: String, isRoot: Bool) {
    if !isRoot {
      openCluster(cluster.scope.path.isEmpty ? String(cluster.scope.shortType) : "\(cluster.scope.path): \(cluster.scope.shortType)", indent: indent)
    }
    let inner = isRoot ? indent : "\(indent)  "
    for id in cluster.nodes {
      let node = graph[id]
      let type = node.type.readable.map { "\n\($0)" } ?? ""
      text += "\(inner)\(prefix)\(id.index) [label=\(quoted("\(node.name)\n\(kind(node))\(type)"))\(style(node))];\n"
    }
    for child in cluster.children { write(child, graph, prefix: prefix, indent: inner, isRoot: false) }
    if !isRoot { text += "\(indent)}\n" }
  }

  private mutating func openCluster(_ label: String, indent: String) {
    text += "\(indent)subgraph cluster_\(clusters) {\n\(indent)  label=\(quoted(label));\n"
    clusters += 1
  }

  private func isShown(_ node: Graph.Node) -> Bool {
    guard !showsParameters, case .placeholder(let role) = node.operation else { return true }
    switch role {
    case .parameter, .buffer, .tensorConstant: return false
    default: return true
    }
  }
  private func kind(_ node: Graph.Node) -> String {
    switch node.operation {
    case .placeholder: "input"
    case .call(let name): name.text
    case .getItem(let index): "[\(index)]"
    case .output: "output"
    }
  }
  private func style(_ node: Graph.Node) -> String {
    switch node.operation {
    case .placeholder, .output: ", style=rounded"
    default: ""
    }
  }

  private func quoted(_ text: String) -> String {
    var result: [UInt8] = [UInt8(ascii: "\"")]
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
      case 0x0A: result += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
      default: result.append(byte)
      }
    }
    return String(decoding: result + [UInt8(ascii: "\"")], as: UTF8.self)
  }
}
