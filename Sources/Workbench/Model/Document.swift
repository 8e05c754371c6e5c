import Engine
import Foundations
import Graphs

/// A graph that can be looked at: the program's own, or one that an operator takes as an argument.
package struct GraphLevel: Sendable {
  package let index: GraphIndex
  package var view: GraphView
  /// Seconds by node in the last timed run; empty without one.
  package var samples: [Float] = []
  /// What the subgraph is called; empty for the program's own graph.
  package let name: String
  /// The level it is entered from and the node there that calls it; its own number and 0 for the program's own graph.
  package let parent: Int
  package let caller: Int
  /// The levels of its subgraphs, in their order.
  package fileprivate(set) var inner: [Int] = []

  /// A graph and all graphs in it, each before those in it.
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
}

/// A program that is open, with how it is looked at.
package struct Document: Sendable {
  /// A node of one of the graphs.
  package struct Place: Hashable, Sendable {
    package var level: Int
    package var node: Int
  }

  package let id: Int
  package let opened: OpenModel
  /// Of the operators that are supported.
  package let operators: [OperatorName: OperatorFacts]
  /// The program's graph and the graphs in it.
  package private(set) var levels: [GraphLevel]
  /// The level shown.
  package private(set) var current = 0
  package var lastRun: RunReport?
  /// Nil until the program is compiled.
  package var kernels: KernelTable?
  package private(set) var back: [Place] = []
  package private(set) var forward: [Place] = []
  package var name: String { PathText.name(opened.path) }

  package init(id: Int, opened: OpenModel, levels: [GraphLevel], operators: [OperatorName: OperatorFacts]) {
    (self.id, self.opened, self.levels, self.operators) = (id, opened, levels, operators)
  }

  package var level: GraphLevel { levels[current] }
  package var index: GraphIndex { levels[current].index }
  package var samples: [Float] { levels[current].samples }
  package var view: GraphView {
    get { levels[current].view }
    _modify { yield &levels[current].view }
  }
  /// The levels from the program's own graph to the one shown.
  package var chain: [Int] {
    var chain = [current]
    while let first = chain.first, first != 0 { chain.insert(levels[first].parent, at: 0) }
    return chain
  }

  /// Spreads the seconds of a run of the program over its graph's nodes.
  package mutating func useSamples(_ samples: [Float]) {
    levels[0].samples = samples
    levels[0].view.useSamples(samples)
  }

  // MARK: Going places

  private var place: Place? { view.currentNode.map { Place(level: current, node: $0) } }

  /// Goes to a node of the graph shown and remembers where it came from.
  package mutating func go(to node: Int, height: Int) { go(to: Place(level: current, node: node), height: height) }

  /// Goes to a node of the program's own graph.
  package mutating func go(toProgramNode node: Int, height: Int) {
    go(to: Place(level: 0, node: node), height: height)
    view.pane = .rows
  }

  /// Enters a subgraph of the graph shown; its cursor stays where it was left.
  package mutating func enter(subgraph: Int, height: Int) {
    let inner = levels[current].inner[subgraph]
    guard let node = levels[inner].view.currentNode else { return }
    go(to: Place(level: inner, node: node), height: height)
    view.pane = .rows
  }

  /// Leaves a subgraph for the node that calls it.
  package mutating func leave(height: Int) {
    let level = levels[current]
    go(to: Place(level: level.parent, node: level.caller), height: height)
  }

  private mutating func go(to target: Place, height: Int) {
    if let place, place != target {
      back.append(place)
      if back.count > 200 { back.removeFirst() }
      forward = []
    }
    show(target, height: height)
  }
  private mutating func show(_ target: Place, height: Int) {
    current = target.level
    if view.currentNode != target.node { levels[current].view.go(to: target.node, levels[current].index, height: height) }
  }
  package mutating func goBack(height: Int) {
    guard let target = back.popLast() else { return }
    if let place { forward.append(place) }
    show(target, height: height)
  }
  package mutating func goForward(height: Int) {
    guard let target = forward.popLast() else { return }
    if let place { back.append(place) }
    show(target, height: height)
  }
}
