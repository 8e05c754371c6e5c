import Foundations
import Graphs
import Operators
import Tensors

/// Makes a graph that fails in some way as small as it can while it still fails, by delta debugging (Zeller and Hildebrandt,
/// "Simplifying and isolating failure-inducing input", 2002; the counterpart of `torch._functorch.fx_minifier`).
///
/// Its moves: outputs are dropped, the graph is cut off after a node, ranges of nodes and single nodes become inputs or constants that
/// hold their eager values, a node gives way to one of its operands, lists and optional arguments are shortened, known tensors become
/// inputs, symbols become numbers. They are repeated until none of them helps.
package struct GraphShrinker {
  /// The smallest case found so far that fails.
  package private(set) var smallest: GraphCase
  /// How many candidates were tried.
  package private(set) var attempts: Int = 0
  private let limit: Int
  private let table: OperatorTable
  private let stillFails: (GraphCase) throws -> Bool
  /// What the smallest case's nodes yield.
  private var values: [Tensor?]

  /// - Parameters:
  ///   - start: a case of which `stillFails` is true.
  ///   - limit: candidates tried at most.
  ///   - stillFails: whether a candidate shows the failure; what it throws ends the shrinking.
  /// - Returns: a case of which `stillFails` is true that none of the moves makes smaller, or the smallest after `limit` candidates.
  package static func shrink(
    _ start: GraphCase, table: OperatorTable = .standard, limit: Int = 400, stillFails: @escaping (GraphCase) throws -> Bool
  ) throws -> GraphCase {
    var shrinker = GraphShrinker(smallest: start, limit: limit, table: table, stillFails: stillFails, values: try start.values(table))
    try shrinker.run()
    return shrinker.smallest
  }

  private init(smallest: GraphCase, limit: Int, table: OperatorTable, stillFails: @escaping (GraphCase) throws -> Bool, values: [Tensor?]) {
    (self.smallest, self.limit, self.table, self.stillFails, self.values) = (smallest, limit, table, stillFails, values)
  }

  private var graph: Graph { smallest.graph }

  private mutating func run() throws {
    var before: [Int] = []
    while before != weight, attempts < limit {
      before = weight
      try dropOutputs()
      try cutOff()
      try replaceRanges()
      try bypassNodes()
      try shortenArguments()
      try makeOrdinary()
    }
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

  /// Takes the edited case over where it is valid and still fails.
  private mutating func attempt(_ edit: GraphEdit) throws -> Bool {
    guard attempts < limit, let candidate = try? edit.applied(to: smallest, values: values, table: table) else { return false }
    return try attempt(candidate)
  }
  private mutating func attempt(_ candidate: GraphCase) throws -> Bool {
    guard attempts < limit, let values = try? candidate.values(table) else { return false }
    attempts += 1
    guard try stillFails(candidate) else { return false }
    (smallest, self.values) = (candidate, values)
    return true
  }

  // MARK: Moves

  /// One output, or else as few as possible.
  private mutating func dropOutputs() throws {
    for output in graph.outputs where graph.outputs.count > 1 {
      if try attempt(GraphEdit(outputs: [output])) { return }
    }
    var place: Int = 0
    while graph.outputs.count > 1, place < graph.outputs.count {
      var outputs: [Argument] = graph.outputs
      outputs.remove(at: place)
      if try !attempt(GraphEdit(outputs: outputs)) { place += 1 }
    }
  }

  /// The earliest node that shows the failure as the only output: by halves, then one by one from the front.
  private mutating func cutOff() throws {
    var (low, high) = (0, graph.nodes.count)
    while high - low > 8 {
      let middle: Int = (low + high) / 2
      guard let node = tensors(in: low..<middle).last else {
        low = middle
        continue
      }
      let before: Int = graph.nodes.count
      if try attempt(GraphEdit(outputs: [.node(node)])), graph.nodes.count < before { (low, high) = (0, graph.nodes.count) } else { low = middle }
    }
    let last: Set<Argument> = Set(graph.outputs)
    for node in tensors(in: 0..<graph.nodes.count).suffix(24) where !last.contains(.node(node)) {
      if try attempt(GraphEdit(outputs: [.node(node)])) { return }
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

  /// Runs of nodes, then shorter ones, hold their eager values.
  private mutating func replaceRanges() throws {
    var length: Int = max(smallest.callCount / 2, 1)
    while true {
      var place: Int = 0
      while true {
        let nodes: [Graph.NodeID] = tensors(in: 0..<graph.nodes.count)
        guard place < nodes.count else { break }
        let range: ArraySlice<Graph.NodeID> = nodes[place..<min(place + length, nodes.count)]
        let before: Int = graph.nodes.count
        var succeeded: Bool = try attempt(GraphEdit(replacements: Dictionary(range.map { ($0, .input) }, uniquingKeysWith: { $1 })))
        if !succeeded, length == 1 { succeeded = try attempt(GraphEdit(replacements: Dictionary(range.map { ($0, .constant) }, uniquingKeysWith: { $1 }))) }
        // The same place now holds other nodes, unless nothing went away.
        if !succeeded || graph.nodes.count >= before { place += length }
      }
      if length == 1 { return }
      length /= 2
    }
  }

  /// An operand of the same type stands for the node.
  private mutating func bypassNodes() throws {
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
    if weight[4] > 0 { _ = try attempt(GraphEdit(makesUserInputs: true)) }
    if !smallest.hints.isEmpty, let concrete = try? smallest.withoutSymbols(table) { _ = try attempt(concrete) }
  }
}

extension GraphCase {
  /// The same at the sizes that its inputs have.
  fileprivate func withoutSymbols(_ table: OperatorTable) throws -> GraphCase {
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
    for (id, tensor) in zip(graph.placeholders, inputs) { result.graph.nodes[Int(id.index)].type = .tensor(TensorType(tensor)) }
    (result.hints, result.ranges) = ([:], [:])
    return try result.retraced(table)
  }
}
