import Foundations
import Graphs
import Operators
import Tensors

/// Makes a graph that fails in some way as small as it can while it still fails, by delta debugging (Zeller and Hildebrandt,
/// "Simplifying and isolating failure-inducing input", 2002).
///
/// Its first strategies are those of `torch._functorch.fx_minifier`, under its names: outputs are dropped, dead code and unused inputs go,
/// the graph is cut off after a node, and blocks of nodes become inputs that hold their eager values, by granularities that are halved.
/// Where it starts again at the largest granularity after each success, this goes on from where it is, which asks less. Then follow moves
/// of its own: single nodes become constants, a node gives way to one of its operands, lists and optional arguments are shortened, known
/// tensors become inputs, symbols become numbers. All are repeated until none of them helps.
package struct GraphShrinker {
  /// What it is at.
  package enum Step: Sendable {
    /// A strategy begins; `granularity` is how many nodes it takes away at once, at most.
    case strategy(String, granularity: Int)
    /// A smaller case fails too.
    case accepted(GraphCase, strategy: String, granularity: Int)
  }
  /// The smallest case found so far that fails.
  package private(set) var smallest: GraphCase
  /// How many candidates were tried.
  package private(set) var attempts: Int = 0
  private let limit: Int
  private let maximumGranularity: Int
  private let table: OperatorTable
  private let report: (Step) throws -> Void
  private let stillFails: (GraphCase) throws -> Bool
  /// What the smallest case's nodes yield.
  private var values: [Tensor?]
  private var current: (strategy: String, granularity: Int) = ("", 1)

  /// - Parameters:
  ///   - start: a case of which `stillFails` is true.
  ///   - limit: candidates tried at most.
  ///   - maximumGranularity: the most nodes that one move takes away.
  ///   - report: told of every strategy and every smaller case; what it throws ends the shrinking, too.
  ///   - stillFails: whether a candidate shows the failure; what it throws ends the shrinking.
  /// - Returns: a case of which `stillFails` is true that none of the moves makes smaller, or the smallest after `limit` candidates.
  package static func shrink(
    _ start: GraphCase, table: OperatorTable = .standard, limit: Int = 400, maximumGranularity: Int = .max, report: @escaping (Step) throws -> Void = { _ in },
    stillFails: @escaping (GraphCase) throws -> Bool
  ) throws -> GraphCase {
    var shrinker = GraphShrinker(
      smallest: start, limit: limit, maximumGranularity: maximumGranularity, table: table, report: report, stillFails: stillFails, values: try start.values(table))
    try shrinker.run()
    return shrinker.smallest
  }

  private init(
    smallest: GraphCase, limit: Int, maximumGranularity: Int, table: OperatorTable, report: @escaping (Step) throws -> Void,
    stillFails: @escaping (GraphCase) throws -> Bool, values: [Tensor?]
  ) {
    (self.smallest, self.limit, self.maximumGranularity, self.table) = (smallest, limit, max(maximumGranularity, 1), table)
    (self.report, self.stillFails, self.values) = (report, stillFails, values)
  }

  private var graph: Graph { smallest.graph }

  private mutating func run() throws {
    var before: [Int] = []
    while before != weight, attempts < limit {
      before = weight
      try removeUnneeded()
      try removeOutputs()
      var granularity: Int = largestGranularity
      while granularity >= 1, attempts < limit {
        try truncateSuffix(granularity)
        try replaceBlocks(granularity)
        granularity = min(granularity / 2, largestGranularity)
      }
      try makeConstants()
      try bypassNodes()
      try shortenArguments()
      try makeOrdinary()
    }
  }

  /// The largest power of two that is no more than the number of nodes.
  private var largestGranularity: Int {
    let most: Int = min(graph.nodes.count, maximumGranularity)
    return 1 << (Int.bitWidth - 1 - most.leadingZeroBitCount)
  }

  /// What must fall for another round to be worth it.
  private var weight: [Int] {
    let arguments: Int = graph.nodes.reduce(0) { count, node in
      var inner: Int = node.arguments.count { $0.value != .none }
      for argument in node.arguments { if case .list(let items) = argument.value { inner += items.count } }
      return count + inner
    }
    let known: Int = graph.nodes.count { if case .placeholder(let role) = $0.operation { if case .user = role { false } else { true } } else { false } }
    return [smallest.callCount, graph.nodes.count, graph.outputs.count, arguments, known, smallest.hints.count]
  }

  private mutating func begin(_ strategy: String, _ granularity: Int = 1) throws {
    current = (strategy, granularity)
    try report(.strategy(strategy, granularity: granularity))
  }

  /// Takes the edited case over where it is valid and still fails.
  /// - Parameter mustShrink: whether a case with as many nodes is not tried.
  private mutating func attempt(_ edit: GraphEdit, mustShrink: Bool = false) throws -> Bool {
    guard attempts < limit, let candidate = try? edit.applied(to: smallest, values: values, table: table) else { return false }
    if mustShrink, candidate.graph.nodes.count >= graph.nodes.count { return false }
    return try attempt(candidate)
  }
  private mutating func attempt(_ candidate: GraphCase) throws -> Bool {
    guard attempts < limit else { return false }
    attempts += 1
    guard try stillFails(candidate), let values = try? candidate.values(table) else { return false }
    (smallest, self.values) = (candidate, values)
    try report(.accepted(candidate, strategy: current.strategy, granularity: current.granularity))
    return true
  }

  // MARK: Moves

  /// Calls whose results nobody needs and inputs that no call takes.
  private mutating func removeUnneeded() throws {
    try begin("Eliminate dead code")
    _ = try attempt(GraphEdit(), mustShrink: true)
  }

  /// As few outputs as possible: runs of them go, then shorter ones.
  private mutating func removeOutputs() throws {
    var length: Int = graph.outputs.count / 2
    while length >= 1 {
      try begin("Remove outputs", length)
      var place: Int = 0
      while graph.outputs.count > 1, place < graph.outputs.count {
        var outputs: [Argument] = graph.outputs
        outputs.removeSubrange(place..<min(place + length, outputs.count))
        if outputs.isEmpty { break }
        if try !attempt(GraphEdit(outputs: outputs)) { place += length }
      }
      length /= 2
    }
  }

  /// The earliest of every so many nodes that shows the failure becomes the only output; those of larger granularities were tried.
  private mutating func truncateSuffix(_ granularity: Int) throws {
    try begin("Truncate suffix", granularity)
    for end in stride(from: granularity, to: graph.nodes.count, by: 2 * granularity) {
      guard let node = tensors(in: max(end - granularity, 0) + 1..<end + 1).last else { continue }
      if try attempt(GraphEdit(outputs: [.node(node)]), mustShrink: true) { return }
    }
  }

  /// Calls and elements of results that are tensors.
  private func tensors(in range: Range<Int>) -> [Graph.NodeID] {
    range.compactMap { index in
      guard values[index] != nil else { return nil }
      switch graph.nodes[index].operation {
      case .call, .getItem: return Graph.NodeID(index)
      case .placeholder, .output: return nil
      }
    }
  }

  /// Runs of so many nodes become inputs that hold their eager values.
  private mutating func replaceBlocks(_ length: Int) throws {
    try begin("Delta Debugging", length)
    try replaceRuns(length, by: .input)
  }

  /// The same for single nodes whose values must be known when the graph is compiled for it to fail.
  private mutating func makeConstants() throws {
    try begin("Make constants")
    try replaceRuns(1, by: .constant)
  }

  private mutating func replaceRuns(_ length: Int, by replacement: GraphEdit.Replacement) throws {
    var place: Int = 0
    while true {
      let nodes: [Graph.NodeID] = tensors(in: 0..<graph.nodes.count)
      guard place < nodes.count else { return }
      let run: ArraySlice<Graph.NodeID> = nodes[place..<min(place + length, nodes.count)]
      let before: Int = graph.nodes.count
      let succeeded: Bool = try attempt(GraphEdit(replacements: Dictionary(run.map { ($0, replacement) }, uniquingKeysWith: { $1 })))
      // The same place now holds other nodes, unless nothing went away.
      if !succeeded || graph.nodes.count >= before { place += length }
    }
  }

  /// An operand of the same type stands for the node.
  private mutating func bypassNodes() throws {
    try begin("Bypass nodes")
    var index: Int = graph.nodes.count - 1
    while index >= 0 {
      defer { index = min(index, graph.nodes.count) - 1 }
      guard index < graph.nodes.count, let type = graph.nodes[index].type.tensor, case .call = graph.nodes[index].operation else { continue }
      var operands: [Graph.NodeID] = []
      for argument in graph.nodes[index].arguments { argument.value.forEachNode { operands.append($0) } }
      for operand in operands {
        guard let other = graph[operand].type.tensor, other.dtype == type.dtype, other.sizes == type.sizes else { continue }
        if try attempt(GraphEdit(replacements: [Graph.NodeID(index): .node(operand)])) { break }
      }
    }
  }

  /// Lists of tensors lose elements, optional tensors go.
  private mutating func shortenArguments() throws {
    try begin("Shorten arguments")
    for index in graph.nodes.indices {
      guard index < graph.nodes.count, case .call(let name) = graph.nodes[index].operation, let schema = table[name]?.schema else { continue }
      for place in graph.nodes[index].arguments.indices {
        guard index < graph.nodes.count, place < graph.nodes[index].arguments.count else { break }
        let argument: NamedArgument = graph.nodes[index].arguments[place]
        switch argument.value {
        case .node:
          guard schema.parameters.first(where: { $0.name == argument.name })?.type == "Tensor?" else { continue }
          _ = try attempt(GraphEdit(arguments: [Graph.NodeID(index): [place: .none]]))
        case .list(var items):
          guard items.count > 1, items.contains(where: { if case .node = $0 { true } else { false } }) else { continue }
          var item: Int = items.count - 1
          while item >= 0, items.count > 1 {
            var shorter: [Argument] = items
            shorter.remove(at: item)
            let before: Int = graph.nodes.count
            if try attempt(GraphEdit(arguments: [Graph.NodeID(index): [place: .list(shorter)]])) {
              // Nodes that went away move the rest; another round goes on.
              if graph.nodes.count != before { return }
              items = shorter
            }
            item -= 1
          }
        default: continue
        }
      }
    }
  }

  /// Known tensors become inputs, and symbols numbers.
  private mutating func makeOrdinary() throws {
    try begin("Concretize")
    if weight[4] > 0 { _ = try attempt(GraphEdit(makesUserInputs: true)) }
    if !smallest.hints.isEmpty, let concrete = try? smallest.withoutSymbols(table) { _ = try attempt(concrete) }
  }
}

extension GraphCase {
  /// The same at the sizes that its inputs have.
  /// - Throws: where a size is known only from a run.
  package func withoutSymbols(_ table: OperatorTable = .standard) throws -> GraphCase {
    var result: GraphCase = self
    func concrete(_ argument: Argument) -> Argument {
      switch argument {
      case .int(let size): .int(size.evaluate { hints[$0] }.map { SymbolicInt($0) } ?? size)
      case .list(let items): .list(items.map(concrete))
      default: argument
      }
    }
    for index in graph.nodes.indices {
      for place in graph.nodes[index].arguments.indices {
        result.graph.nodes[index].arguments[place].value = concrete(graph.nodes[index].arguments[place].value)
      }
    }
    for (id, tensor) in zip(graph.placeholders, inputs) {
      var type = TensorType(tensor)
      type.requiresGradient = graph[id].type.tensor?.requiresGradient ?? false
      result.graph.nodes[Int(id.index)].type = .tensor(type)
    }
    (result.hints, result.ranges) = ([:], [:])
    return try result.retraced(table)
  }
}
