import Archives
import Capture
import Foundations
import Graphs

/// A program's inputs with the sizes that wishes ask for, before the graph has its say.
struct WishedDimensions {
  /// A wish and the dimension it is for.
  struct Item {
    var wish: DimensionWish
    var node: Graph.NodeID
    /// The size before and after.
    var old: SymbolicInt
    var size: SymbolicInt
    /// Why it is fixed, where it is.
    var reason: String?
    /// How the place is called: `x.size()[0]`.
    var place: String { "\(wish.input).size()[\(wish.dimension)]" }
    /// Whether it has to stay dynamic.
    var mustStay: Bool {
      switch wish.kind {
      case .dynamic, .named, .derived: true
      case .auto, .fixed: false
      }
    }
  }
  private(set) var items: [Item] = []
  /// What symbols of the program become.
  private(set) var substitution: [String: SymbolicInt] = [:]
  private(set) var hints: [String: Int]
  /// What wishes say of symbols, by symbol.
  private(set) var ranges: [String: SizeRange] = [:]
  /// Symbols that stand for sizes which were numbers.
  private(set) var fresh: Set<String> = []
  /// Symbols of named dimensions, by name.
  private(set) var named: [String: SymbolicInt] = [:]
  private let program: ExportedProgram

  /// - Throws: `LatheError` of kind `badInput` for a wish that names no dimension, contradicts another or does not fit the program's sizes.
  init(_ wishes: [DimensionWish], of program: ExportedProgram) throws {
    self.program = program
    hints = program.symbolHints
    let ranges: [String: SizeRange] = try WishedDimensions.namedRanges(wishes)
    for wish in wishes {
      let (node, size) = try dimension(of: wish)
      if let twice = items.first(where: { $0.node == node && $0.wish.dimension == wish.dimension }) {
        throw LatheError.badInput("dimension \(wish.dimension) of '\(wish.input)' is wished to be both \(twice.wish.text) and \(wish.text)")
      }
      items.append(try resolve(wish, node, size, ranges))
    }
    for index in items.indices { items[index].size = settled(items[index].size) }
    for (symbol, size) in substitution { substitution[symbol] = settled(size) }
  }

  /// The expression with every substitution in it.
  func settled(_ size: SymbolicInt) -> SymbolicInt {
    var size: SymbolicInt = size
    for _ in 0...substitution.count {
      let next: SymbolicInt = size.substituting { substitution[$0] }
      if next == size { return size }
      size = next
    }
    return size
  }

  // MARK: Wishes

  private static func namedRanges(_ wishes: [DimensionWish]) throws -> [String: SizeRange] {
    var ranges: [String: SizeRange] = [:]
    for wish in wishes {
      guard case .named(let name, let range?) = wish.kind else { continue }
      if let other = ranges[name], other != range { throw LatheError.badInput("the dimension '\(name)' is given two ranges") }
      ranges[name] = range
    }
    return ranges
  }

  private func dimension(of wish: DimensionWish) throws -> (Graph.NodeID, SymbolicInt) {
    let graph: Graph = program.graph
    let users: [Graph.NodeID] = graph.placeholders.filter {
      switch graph[$0].operation {
      case .placeholder(.user), .placeholder(.constant): true
      default: false
      }
    }
    guard let id = users.first(where: { graph[$0].name == wish.input }) else {
      throw LatheError.badInput("the program has no input '\(wish.input)'; its inputs are \(users.map { "'\(graph[$0].name)'" }.joined(separator: ", "))")
    }
    guard let type = graph[id].type.tensor else { throw LatheError.badInput("input '\(wish.input)' is no tensor, so it has no dimensions") }
    guard type.sizes.indices.contains(wish.dimension) else {
      throw LatheError.badInput("input '\(wish.input)' has \(type.rank) dimension\(type.rank == 1 ? "" : "s"), so it has none with the number \(wish.dimension)")
    }
    return (id, type.sizes[wish.dimension])
  }

  private mutating func resolve(_ wish: DimensionWish, _ node: Graph.NodeID, _ old: SymbolicInt, _ ranges: [String: SizeRange]) throws -> Item {
    var item = Item(wish: wish, node: node, old: old, size: old)
    guard let hint = old.evaluate({ program.symbolHints[$0] }) else {
      throw LatheError.badInput("the size of \(item.place) at the export is not known, so no wish can be fulfilled for it")
    }
    switch wish.kind {
    case .auto(let range):
      if let refusal = zeroOne(old, hint) {
        item.reason = refusal
      } else {
        item.size = try dynamic(item, hint, range)
      }
    case .dynamic(let range):
      try refuseZeroOne(item, hint)
      item.size = try dynamic(item, hint, range)
    case .fixed(let size):
      if old.isConstant, let size, size != hint {
        throw LatheError.badInput("\(item.place) is \(hint) in the program, so it cannot be fixed at \(size)")
      }
      try equate(item, .constant(size ?? hint))
      item.size = .constant(size ?? hint)
      item.reason = old.isConstant ? "the program was exported with this size" : "fixed as wished"
    case .named(let name, _):
      try refuseZeroOne(item, hint)
      try equate(item, try symbol(named: name, hint: hint, ranges[name], item))
      item.size = named[name]!
    case .derived(let name, let coefficient, let constant):
      try refuseZeroOne(item, hint)
      guard hint >= constant, (hint - constant).isMultiple(of: coefficient) else {
        throw LatheError.badInput("\(item.place) is \(hint), which is not \(wish.text) for any size \(name)")
      }
      let root: SymbolicInt = try symbol(named: name, hint: (hint - constant) / coefficient, ranges[name], item)
      item.size = root * SymbolicInt(coefficient) + SymbolicInt(constant)
      try equate(item, item.size)
    }
    return item
  }

  private func zeroOne(_ size: SymbolicInt, _ hint: Int) -> String? {
    size.isConstant && hint <= 1 ? "sizes 0 and 1 are specialized, and the program was exported with \(hint)" : nil
  }
  private func refuseZeroOne(_ item: Item, _ hint: Int) throws {
    if zeroOne(item.old, hint) != nil {
      throw LatheError.badInput(
        "Constraints violated (\(item.place)): \(item.wish.text) was asked for, but the export specialized it to be a constant due to its size of \(hint)\nSuggested fixes:\n  \(item.wish.input):\(item.wish.dimension)=static")
    }
  }

  // MARK: Symbols

  /// The dimension as a symbol of its own, or the expression that it is already.
  private mutating func dynamic(_ item: Item, _ hint: Int, _ range: SizeRange?) throws -> SymbolicInt {
    let size: SymbolicInt = item.old.isConstant ? makeSymbol(hint: hint) : item.old
    if let range {
      try check(hint, range, item)
      guard let symbol = size.symbolName else { throw LatheError.badInput("\(item.place) is \(size) in the program; only a symbol alone can be given a range") }
      narrow(symbol, range)
    }
    return size
  }

  private mutating func makeSymbol(hint: Int) -> SymbolicInt {
    var number: Int = 0
    while hints["s\(number)"] != nil || program.rangeConstraints["s\(number)"] != nil { number += 1 }
    let name: String = "s\(number)"
    hints[name] = hint
    fresh.insert(name)
    return SymbolicInt(symbol: name)
  }

  private mutating func symbol(named name: String, hint: Int, _ range: SizeRange?, _ item: Item) throws -> SymbolicInt {
    if let known = named[name] {
      guard known.evaluate({ hints[$0] }) == hint else {
        throw LatheError.badInput("the dimension '\(name)' would be \(known.evaluate { hints[$0] } ?? 0) elsewhere and \(hint) at \(item.place)")
      }
      return known
    }
    if let range, !range.contains(hint) {
      throw LatheError.badInput("Constraints violated (\(name)): the export's size \(hint) is not in the range of \(item.wish.text.contains("(") ? item.wish.text : name)")
    }
    let made: SymbolicInt = makeSymbol(hint: hint)
    named[name] = made
    narrow(made.symbolName!, SizeRange(minimum: range?.minimum ?? 0, maximum: range?.maximum))
    return made
  }

  private mutating func narrow(_ symbol: String, _ range: SizeRange) {
    let old: SizeRange? = ranges[symbol]
    let high: Int = min(old?.maximum ?? .max, range.maximum ?? .max)
    ranges[symbol] = SizeRange(minimum: max(old?.minimum ?? 0, range.minimum ?? 0), maximum: high == .max ? nil : high)
  }

  private func check(_ hint: Int, _ range: SizeRange, _ item: Item) throws {
    if !range.contains(hint) { throw LatheError.badInput("\(item.place) is \(hint) in the program, which is not in the range of \(item.wish.text)") }
  }

  /// Makes the dimension's expression equal to `size` by saying what its symbol is.
  private mutating func equate(_ item: Item, _ size: SymbolicInt) throws {
    if item.old.isConstant { return }
    let current: SymbolicInt = settled(item.old)
    let wanted: SymbolicInt = settled(size)
    if current == wanted { return }
    func contradiction() -> LatheError {
      LatheError.badInput("\(item.place) is \(current == item.old ? "\(current)" : "\(item.old), by another wish \(current),") in the program, which cannot be \(item.wish.text)")
    }
    guard let (symbol, coefficient, constant) = current.linear else { throw contradiction() }
    // A named dimension that stands for the program's own symbol takes its place.
    let difference: SymbolicInt = wanted - SymbolicInt(constant)
    let solution: SymbolicInt = difference.floorDivided(by: SymbolicInt(coefficient))
    guard solution * SymbolicInt(coefficient) == difference, !solution.symbols.contains(symbol) else { throw contradiction() }
    if let value = solution.constant {
      let range: SizeRange? = program.rangeConstraints[symbol]
      guard value >= 0, range.map({ ProgramInputs.allows($0, value) }) ?? true else {
        throw LatheError.badInput("\(item.place) cannot be \(item.wish.text): the program takes \(symbol) in \(ExportReport.text(range!))")
      }
    }
    substitution[symbol] = solution
    if let range = ranges[symbol], let other = solution.symbolName { narrow(other, range) }
  }
}

extension ExportReport {
  /// For example `[2, 512]` or `[2, ∞]`.
  static func text(_ range: SizeRange) -> String { "[\(range.minimum.map(String.init) ?? "-∞"), \(range.maximum.map(String.init) ?? "∞")]" }
}
