import Engine
import Foundations
import Graphs

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
  package private(set) var operators: [OperatorName: OperatorFacts]
  /// The program's graph, those that passes left as far as they were looked at, and the graphs in them.
  package private(set) var levels: [GraphLevel]
  /// The level shown.
  package private(set) var current = 0
  /// The program's graph and what passes left of it.
  package private(set) var stages: GraphStages
  /// The stage to show once it is laid out.
  package var wantedStage: Int?
  package var lastRun: RunReport?
  /// Nil until the program is compiled.
  package var kernels: KernelTable?
  package var compiles = CompileTable()
  /// What it was driven by last.
  package var lastSweep: String?
  package private(set) var back: [Place] = []
  package private(set) var forward: [Place] = []
  /// Changes when a run was timed.
  private var runNumber = 0
  package var name: String { PathText.name(opened.path) }

  package init(id: Int, opened: OpenModel, levels: [GraphLevel], operators: [OperatorName: OperatorFacts]) {
    (self.id, self.opened, self.levels, self.operators) = (id, opened, levels, operators)
    stages = GraphStages(levels[0].index.graph)
  }

  package var level: GraphLevel { levels[current] }
  package var index: GraphIndex { levels[current].index }
  package var samples: [Float] { levels[current].samples }
  package var view: GraphView {
    get { levels[current].view }
    _modify { yield &levels[current].view }
  }
  /// The levels from the outermost graph to the one shown.
  package var chain: [Int] {
    var chain = [current]
    while let first = chain.first, levels[first].parent != first { chain.insert(levels[first].parent, at: 0) }
    return chain
  }
  /// Whether the graph shown is in no other.
  package var isOutermost: Bool { level.parent == current }

  /// Spreads the seconds of a run of the program over its graph's nodes.
  package mutating func useSamples(_ samples: [Float]) {
    levels[0].samples = samples
    runNumber += 1
  }

  // MARK: Stages

  /// The number of the stage that the graph shown belongs to.
  package var stage: Int {
    let outermost = chain[0]
    return outermost == 0 ? 0 : stages.all.firstIndex { $0.level == outermost } ?? 0
  }
  package var stageName: String { stage == 0 ? "" : "after \(stages.all[stage].pass)" }

  /// Takes what passes left; what was laid out before stays.
  package mutating func use(_ found: GraphStages) {
    guard !stages.areKnown else { return }
    stages = found
  }

  /// Takes a stage's graph, laid out.
  /// - Parameter levels: the graph and the graphs in it, numbered from 0.
  package mutating func add(_ levels: [GraphLevel], stage: Int, operators: [OperatorName: OperatorFacts]) {
    guard stages.all.indices.contains(stage), stages.all[stage].level == nil else { return }
    stages.all[stage].level = self.levels.count
    let base = self.levels.count
    self.levels += levels.map { $0.moved(by: base) }
    self.operators.merge(operators) { known, _ in known }
    for level in base..<self.levels.count { self.levels[level].view.overlay = levels[0].view.overlay }
  }

  /// Shows a stage that is laid out, at what the current node is there.
  package mutating func show(stage: Int, height: Int) {
    guard let target = stages.all[stage].level else { return }
    let overlay = view.overlay
    levels[target].view.takeFolds(of: levels[chain[0]], levels[target].index)
    let origin = chain.count > 1 ? programNode(of: levels[chain[1]].caller, in: chain[0]) : view.currentNode.flatMap { programNode(of: $0, in: chain[0]) }
    if let node = levels[target].node(of: origin, isProgram: stage == 0) {
      go(to: Place(level: target, node: node), height: height)
    } else {
      current = target
    }
    view.pane = .rows
    view.overlay = overlay
  }

  /// The node of the program's graph that a node of an outermost graph comes from; nil for one that passes made.
  package func programNode(of node: Int, in level: Int) -> Int? {
    if level == 0 { return node }
    let origin = Int(levels[level].index.graph.nodes[node].origin)
    return origin >= 0 ? origin : nil
  }
  /// The node of the program's graph that a node of the graph shown comes from; nil for one in a subgraph, or that passes made.
  package func programNode(of node: Int) -> Int? { isOutermost ? programNode(of: node, in: current) : nil }

  // MARK: Kernels

  /// The kernels that compute a node of the graph shown.
  package func kernels(of node: Int) -> [Int] { level.kernels.map { $0.kernels(of: node).map { Int($0) } } ?? [] }

  /// Brings the kernels of the graph shown and the weights of its rows up to date.
  package mutating func followKernels() {
    if let kernels, isOutermost {
      for level in current == 0 ? [0] : [0, current] where levels[level].kernels?.compilation != kernels.compilation {
        levels[level].kernels = nodeKernels(of: level, kernels)
      }
    } else {
      levels[current].kernels = nil
    }
    let usesKernels = view.overlay == .kernel && level.kernels != nil
    let weights = GraphView.Weights(usesKernels: usesKernels, revision: usesKernels ? kernels?.revision ?? 0 : runNumber)
    if view.weights == weights { return }
    levels[current].view.use(usesKernels ? level.kernels?.spread(kernels?.secondsInCall ?? []) ?? [] : samples, weights, index.modules)
  }

  private func nodeKernels(of level: Int, _ table: KernelTable) -> NodeKernels {
    let graph = levels[level].index.graph
    if level != 0, level != stages.all.last?.level, let program = levels[0].kernels { return NodeKernels(graph, program: program) }
    let nodes = table.report.kernels.map { level == 0 ? $0.nodes : $0.lastNodes }
    return NodeKernels(nodeCount: graph.nodes.count, nodes: nodes, compilation: table.compilation)
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
