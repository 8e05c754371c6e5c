import Foundations
import Graphs

/// A graph that can be looked at: the program's own, one that a pass left, or one that an operator takes as an argument.
package struct GraphLevel: Sendable {
  package let index: GraphIndex
  package var view: GraphView
  /// Seconds by node in the last timed run; empty without one.
  package var samples: [Float] = []
  /// Nil until the program is compiled, and in subgraphs.
  package var kernels: NodeKernels?
  /// What the subgraph is called; empty for an outermost graph.
  package let name: String
  /// The level it is entered from and the node there that calls it; its own number and 0 for an outermost graph.
  package private(set) var parent: Int
  package let caller: Int
  /// The levels of its subgraphs, in their order.
  package private(set) var inner: [Int] = []

  /// A graph and all graphs in it, each before those in it, numbered from 0.
  package static func all(_ graph: Graph, hints: [String: Int]) -> [GraphLevel] {
    var levels: [GraphLevel] = []
    add(graph, hints, name: "", parent: 0, caller: 0, to: &levels)
    return levels
  }

  private static func add(_ graph: Graph, _ hints: [String: Int], name: String, parent: Int, caller: Int, to levels: inout [GraphLevel]) {
    let index = GraphIndex(graph, hints: hints)
    let number = levels.count
    levels.append(GraphLevel(index: index, view: GraphView(index), name: name, parent: parent, caller: caller))
    if graph.subgraphs.isEmpty { return }
    var callers: [Int] = Array(repeating: 0, count: graph.subgraphs.count)
    for (node, subgraph) in index.subgraphs where callers[subgraph] == 0 { callers[subgraph] = node }
    for (position, subgraph) in graph.subgraphs.enumerated() {
      levels[number].inner.append(levels.count)
      add(subgraph.graph, hints, name: subgraph.name, parent: number, caller: callers[position], to: &levels)
    }
  }

  private init(index: GraphIndex, view: GraphView, name: String, parent: Int, caller: Int) {
    (self.index, self.view, self.name, self.parent, self.caller) = (index, view, name, parent, caller)
  }

  /// The same level where numbers begin at another one.
  package func moved(by base: Int) -> GraphLevel {
    var level = self
    level.parent += base
    level.inner = inner.map { $0 + base }
    return level
  }

  /// The node that stands for one of the program's graph: the first that comes from it, or from the nearest one before it that has any.
  /// - Parameter isProgram: whether this is the program's own graph.
  package func node(of origin: Int?, isProgram: Bool) -> Int? {
    guard let origin, !index.graph.nodes.isEmpty else { return view.currentNode }
    if isProgram { return min(origin, index.graph.nodes.count - 1) }
    var (found, nearest) = (-1, -1)
    for number in index.graph.nodes.indices where index.isDrawn[number] {
      let place = Int(index.graph.nodes[number].origin)
      if place <= origin, place > nearest { (found, nearest) = (number, place) }
    }
    return found >= 0 ? found : view.currentNode
  }
}
