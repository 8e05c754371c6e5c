import Archives
import Capture
import Compiler
import Foundations
import Graphs
import Operators

/// Finds out what a program's graph allows its wished dimensions to be, by tracing it over their symbols: the decisions that the
/// operators' shape rules take on them become specializations, relations and ranges (`torch/_export/non_strict_utils.py`,
/// `produce_guards_and_solve_constraints`).
struct DimensionSolver {
  let program: ExportedProgram
  var wished: WishedDimensions
  /// What symbols turned out to be, and the decision behind it.
  private(set) var solutions: [String: SymbolicInt] = [:]
  private(set) var reasons: [String: ExportReport.Finding] = [:]
  private(set) var notes: [ExportReport.Finding] = []
  private(set) var relations: [ShapeEnvironment.Decision] = []
  private(set) var ranges: [String: SizeRange] = [:]
  private(set) var narrowing: [String: ExportReport.Finding] = [:]

  init(_ wished: WishedDimensions, of program: ExportedProgram) { (self.wished, self.program) = (wished, program) }

  var hints: [String: Int] { wished.hints }

  /// An expression of the program as it is in the new one.
  func settled(_ size: SymbolicInt) -> SymbolicInt {
    var size: SymbolicInt = wished.settled(size)
    for _ in 0...solutions.count {
      let next: SymbolicInt = size.substituting { solutions[$0] }
      if next == size { return size }
      size = next
    }
    return size
  }

  /// The placeholders' types in the new program.
  func type(of id: Graph.NodeID) -> ValueType {
    var type: ValueType = program.graph[id].type
    if case .tensor(var tensor) = type {
      // Strides of sizes that were numbers are worked out from the new sizes, in the same order of dimensions.
      let old: TensorType = tensor
      for item in wished.items where item.node == id { tensor.sizes[item.wish.dimension] = item.size }
      tensor.sizes = tensor.sizes.map(settled)
      tensor.strides = tensor.sizes == old.sizes ? old.strides : Retyping.strides(of: tensor.sizes, like: old, hints: hints)
      type = .tensor(tensor)
    } else if case .int(let size) = type {
      type = .int(settled(size))
    }
    return type
  }

  /// The graph with the placeholders' new types.
  var specialized: Graph {
    var graph: Graph = program.graph
    for id in graph.placeholders { graph.nodes[Int(id.index)].type = type(of: id) }
    return graph
  }

  /// Symbols that stand for sizes which were numbers, as far as they are symbols still.
  var born: Set<String> {
    var symbols: Set<String> = []
    for item in wished.items where item.old.isConstant { symbols.formUnion(settled(item.size).symbols) }
    return symbols
  }
  /// Symbols of all wished dimensions.
  var wanted: Set<String> { wished.items.reduce(into: []) { $0.formUnion(settled($1.size).symbols) } }

  // MARK: Solving

  /// - Throws: `LatheError` of kind `badInput` for a dimension that had to stay dynamic and cannot, with fixes to choose from.
  mutating func solve() throws {
    var environment: ShapeEnvironment = try trace()
    for _ in 0..<64 {
      if specialize(environment.decisions) || settleDoubts() {
        environment = try trace()
      } else {
        break
      }
    }
    conclude(environment)
    try checkWishes()
  }

  /// The decisions that the graph takes over the sizes as they are by now. A graph that cannot be traced leaves its numbers fixed.
  private mutating func trace() throws -> ShapeEnvironment {
    let environment = ShapeEnvironment(hints: hints, ranges: analysed)
    do {
      let graph: Graph = specialized
      _ = try GraphPass.run(named: ["decompose"], on: graph, PassContext(environment: environment, table: .standard, given: program.captured.known))
      if !born.isEmpty { _ = try retyped(graph) }
      return environment
    } catch let error as LatheError where error.kind != .cancelled {
      let lost: Set<String> = born
      if lost.isEmpty { return environment }
      for symbol in lost { fix(symbol, ExportReport.Finding(text: "the graph cannot be traced with a size that changes", neededBy: error.message)) }
      return try trace()
    }
  }

  /// Ranges for the time of the analysis, which looks at sizes from 2 on.
  var analysed: [String: ClosedRange<Int>] {
    var result: [String: ClosedRange<Int>] = [:]
    for symbol in hints.keys {
      let range: SizeRange = declared(symbol)
      let low: Int = max(range.minimum ?? 2, 2)
      result[symbol] = low...max(low, range.maximum ?? .max)
    }
    return result
  }

  /// What the program and the wishes say of a symbol.
  func declared(_ symbol: String) -> SizeRange {
    let known: SizeRange? = inherited(symbol)
    let wish: SizeRange? = wished.ranges[symbol]
    let high: Int = min(known?.maximum ?? .max, wish?.maximum ?? .max)
    let low: Int? = known == nil && wish == nil ? 2 : max(known?.minimum ?? 0, wish?.minimum ?? (known == nil ? 2 : 0))
    return SizeRange(minimum: low, maximum: high == .max ? nil : high)
  }

  /// What the program says of the symbol, or of one that it takes the place of.
  private func inherited(_ symbol: String) -> SizeRange? {
    var range: SizeRange? = program.rangeConstraints[symbol]
    for (old, size) in wished.substitution where size.symbolName == symbol {
      guard let other = program.rangeConstraints[old] else { continue }
      let high: Int = min(range?.maximum ?? .max, other.maximum ?? .max)
      range = SizeRange(minimum: max(range?.minimum ?? 0, other.minimum ?? 0), maximum: high == .max ? nil : high)
    }
    return range
  }

  private mutating func fix(_ symbol: String, _ finding: ExportReport.Finding) {
    guard let hint = hints[symbol], solutions[symbol] == nil else { return }
    solutions[symbol] = .constant(hint)
    reasons[symbol] = finding
  }

  /// Takes over what decisions settle of the symbols that were numbers; whether there was anything.
  private mutating func specialize(_ decisions: [ShapeEnvironment.Decision]) -> Bool {
    let new: Set<String> = born
    var changed: Bool = false
    for (symbol, solution) in SymbolSolution.all(of: decisions).sorted(by: { $0.key < $1.key }) where solutions[symbol] == nil {
      guard new.contains(symbol) || !new.isDisjoint(with: solution.value.symbols), !settled(solution.value).symbols.contains(symbol) else { continue }
      solutions[symbol] = solution.value
      reasons[symbol] = finding("\(place(of: symbol)) == \(solution.value.symbolName.map(place(of:)) ?? "\(solution.value)")", solution.decision)
      changed = true
    }
    return changed
  }

  /// A size that was a number may stand in the graph as that number, where nothing shows whether it is the size or not: such a
  /// dimension is left as it is, unless the user asked for it.
  private mutating func settleDoubts() -> Bool {
    var changed: Bool = false
    for symbol in born.sorted() {
      let items: [WishedDimensions.Item] = wished.items.filter { settled($0.size).symbols.contains(symbol) }
      let constants = SizeConstants(graph: program.graph, dependingOn: items.map(\.node))
      var doubts: [SizeConstants.Use] = constants.uses(of: items.reduce(into: []) { $0.formUnion(products(of: $1)) })
      if doubts.isEmpty, let typed = try? retyped(specialized) { doubts = constants.cuts(of: symbol, in: typed) }
      guard let doubt = doubts.first else { continue }
      let isAsked: Bool = items.contains(where: \.mustStay)
      let text: String = "the graph holds the number \(doubt.number) as '\(doubt.parameter)' of \(program.graph[doubt.node].name)"
      if isAsked {
        let note = ExportReport.Finding(text: "\(text); it is taken to be no size", neededBy: doubt.operation, place: place(doubt.node))
        if !notes.contains(note) { notes.append(note) }
      } else {
        fix(symbol, ExportReport.Finding(text: "\(text), which may come from this size", neededBy: doubt.operation, place: place(doubt.node)))
        changed = true
      }
    }
    return changed
  }

  /// The dimension's size at the export, and its products with the sizes beside it.
  private func products(of item: WishedDimensions.Item) -> Set<Int> {
    guard let type = program.graph[item.node].type.tensor else { return [] }
    let sizes: [Int] = type.sizes.map { $0.evaluate { program.symbolHints[$0] } ?? 1 }
    var numbers: Set<Int> = []
    for first in 0...item.wish.dimension {
      for last in item.wish.dimension..<sizes.count {
        let product: Int = sizes[first...last].reduce(1) { $0 &* $1 }
        if product > 1 { numbers.insert(product) }
      }
    }
    return numbers
  }

  private mutating func conclude(_ environment: ShapeEnvironment) {
    let wanted: Set<String> = self.wanted
    for symbol in wanted.union(program.rangeConstraints.keys).sorted() where hints[symbol] != nil {
      var range: SizeRange = declared(symbol)
      if let found = environment.ranges[symbol], let before = analysed[symbol], found != before {
        if found.lowerBound != before.lowerBound { range.minimum = found.lowerBound }
        if found.upperBound != before.upperBound { range.maximum = found.upperBound }
        if let decision = environment.narrowing[symbol] {
          narrowing[symbol] = finding("\(symbol) in \(ExportReport.text(range))", decision)
        }
      }
      ranges[symbol] = range
    }
    relations = environment.decisions.filter { decision in
      let difference: SymbolicInt = decision.left - decision.right
      return (difference.linear == nil || decision.relation == .notEqual) && !wanted.isDisjoint(with: difference.symbols)
    }
  }

  // MARK: Texts

  func finding(_ text: String, _ decision: ShapeEnvironment.Decision) -> ExportReport.Finding {
    let node: Graph.NodeID? = decision.node < 0 ? nil : Graph.NodeID(Int(decision.node))
    var asker: String = decision.neededBy
    if asker.isEmpty, let node, case .call(let name) = program.graph[node].operation { asker = name.text }
    return ExportReport.Finding(text: text, neededBy: asker, place: node.flatMap(place))
  }

  /// What the user knows a symbol as: the first dimension that has it as its size.
  private func place(of symbol: String) -> String {
    wished.items.first { $0.size.symbolName == symbol }?.place ?? symbol
  }

  /// The user's line of a node: the innermost that is not PyTorch's own.
  private func place(_ id: Graph.NodeID) -> ExportReport.Place? {
    guard Int(id.index) < program.graph.nodes.count else { return nil }
    let frames: [SourceFrame] = program.graph.sourceFrames(of: id)
    let own: SourceFrame? = frames.last { !$0.file.hasPrefix("torch/") && !$0.file.contains("/torch/") } ?? frames.last
    return own.map { ExportReport.Place(file: $0.file, line: $0.line, text: $0.text) }
  }
}
