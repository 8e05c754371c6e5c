import Foundations
import Graphs
import Synchronization

/// What is known of symbols while shapes are worked out, and every decision that was taken on them.
///
/// A comparison that numbers and ranges do not settle is decided by the hints (sizes seen at export) and kept, as PyTorch's
/// `ShapeEnv` does (`torch/fx/experimental/symbolic_shapes.py`); later floors turn decisions into guards.
package final class ShapeEnvironment: Sendable {
  /// A condition that was taken to hold.
  package struct Decision: Hashable, Sendable {
    package enum Relation: String, Sendable { case equal = "==", notEqual = "!=", less = "<", greaterOrEqual = ">=" }
    package var left: SymbolicInt
    package var relation: Relation
    package var right: SymbolicInt
    /// The operator that asked.
    package var neededBy: String
    /// The node of the program's graph it was asked for, or -1.
    package var node: Int32 = -1
  }
  /// What a run has to check of sizes that it reveals.
  package struct Requirement: Hashable, Sendable {
    package var condition: Decision
    /// What a run says where it does not hold.
    package var message: String
  }
  package let hints: [String: Int]
  private struct State {
    var decisions: [Decision] = []
    var requirements: [Requirement] = []
    /// As given, and narrowed by every decision that bounds one symbol.
    var ranges: [String: ClosedRange<Int>]
    /// The decision that last narrowed a symbol's range.
    var narrowing: [String: Decision] = [:]
    var unbackedCount: Int = 0
    /// Names for the next symbols that only a run reveals.
    var awaited: [String] = []
    /// The symbols of that kind that nodes of the graph yielded so far.
    var revealed: Set<String> = []
    /// Those of all graphs that are sizes of tensors.
    var revealedSizes: Set<String> = []
    var node: Int32 = -1
  }
  private let state: Mutex<State>

  package init(hints: [String: Int] = [:], ranges: [String: ClosedRange<Int>] = [:]) {
    self.hints = hints
    state = Mutex(State(ranges: ranges))
  }

  /// Every decision, in the order in which they were taken.
  package var decisions: [Decision] { state.withLock { $0.decisions } }
  /// Every requirement on sizes that only a run reveals, in the order in which they came up.
  package var requirements: [Requirement] { state.withLock { $0.requirements } }
  /// What is known of symbols by now.
  package var ranges: [String: ClosedRange<Int>] { state.withLock { $0.ranges } }
  /// The decision that last narrowed each symbol's range.
  package var narrowing: [String: Decision] { state.withLock { $0.narrowing } }

  /// Says for which node of the program's graph what follows is asked.
  /// - Parameter type: what the graph says that the node yields. The symbols in it that only a run reveals, and that no earlier node
  ///   yielded, become those that `unbackedSymbol` gives next: a graph that is worked out anew keeps their names.
  package func begin(node: Int32, yielding type: ValueType) {
    state.withLock { state in
      state.node = node
      state.awaited = type.unbackedSymbols.filter { state.revealed.insert($0).inserted }
    }
  }

  /// Says that a placeholder of the graph has the type: no later node yields its symbols first.
  package func know(unbackedSymbolsOf type: ValueType) {
    let symbols: [String] = type.unbackedSymbols
    if !symbols.isEmpty { state.withLock { $0.revealed.formUnion(symbols) } }
  }

  /// Says that a graph is worked out anew from here on, whose symbols `unbackedSymbol` must not give to anything else.
  package func begin(graph: Graph) {
    let numbers: [Int] = graph.nodes.flatMap(\.type.unbackedSymbols).compactMap { Int($0.dropFirst()) }
    state.withLock { state in
      state.unbackedCount = max(state.unbackedCount, (numbers.max() ?? -1) + 1)
      state.revealed = []
      state.awaited = []
    }
  }

  /// A new symbol for what only a run reveals, named as PyTorch names them.
  /// - Parameter isSize: whether it is a size (`nonzero`) and no number of another kind (`item`).
  package func unbackedSymbol(isSize: Bool = true) -> SymbolicInt {
    let name: String = state.withLock { state in
      var name: String
      if state.awaited.isEmpty {
        name = "u\(state.unbackedCount)"
        state.unbackedCount += 1
      } else { name = state.awaited.removeFirst() }
      if isSize { state.revealedSizes.insert(name) }
      return name
    }
    return SymbolicInt(symbol: name)
  }

  /// Whether two sizes are equal.
  package func isEqual(_ a: SymbolicInt, _ b: SymbolicInt, for asker: @autoclosure () -> String = "") -> Bool {
    if a == b { return true }
    if case .constant = a, case .constant = b { return false }
    if case .constant(let difference) = a - b { return difference == 0 }
    if let bounds = bounds(of: a - b), !bounds.contains(0) || bounds == 0...0 { return bounds.contains(0) }
    if isZero(a - b) { return true }
    guard let left = a.evaluate({ self.hints[$0] }), let right = b.evaluate({ self.hints[$0] }) else { return false }
    record(Decision(left: a, relation: left == right ? .equal : .notEqual, right: b, neededBy: asker()))
    return left == right
  }
  /// Whether `a < b`.
  package func isLess(_ a: SymbolicInt, _ b: SymbolicInt, for asker: @autoclosure () -> String = "") -> Bool {
    if case .constant(let x) = a, case .constant(let y) = b { return x < y }
    let difference: SymbolicInt = a - b
    if case .constant(let value) = difference { return value < 0 }
    if let bounds = bounds(of: difference) {
      if bounds.upperBound < 0 { return true }
      if bounds.lowerBound >= 0 { return false }
    }
    guard let value = difference.evaluate({ self.hints[$0] }) else { return false }
    record(Decision(left: a, relation: value < 0 ? .less : .greaterOrEqual, right: b, neededBy: asker()))
    return value < 0
  }

  /// Whether the relation holds, where numbers, ranges or hints settle it; a hint's answer is kept as a decision. Nil where only a run
  /// will tell.
  /// - Parameter assumesRanges: whether what the program says of the range of a number that only a run reveals counts as known; the
  ///   program itself has to check it then.
  package func settled(
    _ a: SymbolicInt, _ relation: Decision.Relation, _ b: SymbolicInt, assumesRanges: Bool = true, for asker: @autoclosure () -> String = ""
  ) -> Bool? {
    let difference: SymbolicInt = a - b
    if case .expression(let expression) = difference, !expression.symbols.allSatisfy({ hints[$0] != nil }) {
      var known: [String: ClosedRange<Int>] = ranges
      let sizes: Set<String> = state.withLock { $0.revealedSizes }
      for symbol in expression.symbols where hints[symbol] == nil && (!assumesRanges || known[symbol] == nil) {
        known[symbol] = (sizes.contains(symbol) ? 0 : Int.min)...Int.max
      }
      guard let bounds = bounds(of: expression, known) else { return nil }
      let (isNegative, isPositive): (Bool, Bool) = (bounds.upperBound < 0, bounds.lowerBound > 0)
      switch relation {
      case .equal: return isNegative || isPositive ? false : nil
      case .notEqual: return isNegative || isPositive ? true : nil
      case .less: return isNegative ? true : bounds.lowerBound >= 0 ? false : nil
      case .greaterOrEqual: return bounds.lowerBound >= 0 ? true : isNegative ? false : nil
      }
    }
    return switch relation {
    case .equal: isEqual(a, b, for: asker())
    case .notEqual: !isEqual(a, b, for: asker())
    case .less: isLess(a, b, for: asker())
    case .greaterOrEqual: !isLess(a, b, for: asker())
    }
  }

  /// Makes sure that the relation holds: now, or of sizes that only a run reveals in that run, once they are known.
  /// - Throws: `LatheError` of kind `badInput` where it does not.
  package func require(_ a: SymbolicInt, _ relation: Decision.Relation, _ b: SymbolicInt, _ call: OperatorCall, orElse message: @autoclosure () -> String) throws {
    if let holds = settled(a, relation, b, assumesRanges: false, for: "\(call.schema.name)") {
      if !holds { throw call.failure(message()) }
      return
    }
    state.withLock { state in
      let condition = Decision(left: a, relation: relation, right: b, neededBy: "\(call.schema.name)", node: state.node)
      let isKnown: Bool = state.requirements.contains {
        $0.condition.left == a && $0.condition.relation == relation && $0.condition.right == b
      }
      if !isKnown { state.requirements.append(Requirement(condition: condition, message: "\(call.schema.name): \(message())")) }
    }
  }

  /// Whether it is zero by what was decided to divide evenly: `4*(s0//4) - s0` where `s0 % 4 == 0`.
  private func isZero(_ value: SymbolicInt) -> Bool {
    guard case .expression(let expression) = value else { return value == 0 }
    for decision in decisions where decision.relation == .equal && decision.right == 0 {
      guard case .expression(let left) = decision.left, left.constant == 0, left.terms.count == 1, left.terms[0].factors.count == 1,
        case .modulo(let dividend, let divisor) = left.terms[0].factors[0]
      else { continue }
      let quotient: SymbolicExpression.Atom = .floorDivide(dividend, divisor)
      var scaled: SymbolicInt = divisor * .constant(expression.constant)
      for term in expression.terms {
        var factors: [SymbolicExpression.Atom] = term.factors
        var product: SymbolicInt = .constant(term.coefficient)
        if let place = factors.firstIndex(of: quotient) {
          factors.remove(at: place)
          product *= dividend
        } else {
          product *= divisor
        }
        for factor in factors { product *= .of(atom: factor) }
        scaled += product
      }
      if scaled == 0 { return true }
    }
    return false
  }

  private func record(_ decision: Decision) {
    state.withLock { state in
      var decision: Decision = decision
      decision.node = state.node
      let isKnown: Bool = state.decisions.contains { $0.left == decision.left && $0.relation == decision.relation && $0.right == decision.right }
      if isKnown { return }
      state.decisions.append(decision)
      guard let (symbol, coefficient, constant) = (decision.left - decision.right).linear else { return }
      let old: ClosedRange<Int> = state.ranges[symbol] ?? 0...Int.max
      var (low, high) = (old.lowerBound, old.upperBound)
      // coefficient * symbol + constant stands in the relation to 0.
      switch (decision.relation, coefficient > 0) {
      case (.equal, _):
        low = -constant / coefficient
        high = low
      case (.less, true): high = min(high, (-constant - 1).floorDivided(by: coefficient))
      case (.less, false): low = max(low, (-constant).floorDivided(by: coefficient) + 1)
      case (.greaterOrEqual, true): low = max(low, -constant.floorDivided(by: coefficient))
      case (.greaterOrEqual, false): high = min(high, constant.floorDivided(by: -coefficient))
      case (.notEqual, _): return
      }
      guard low <= high, low...high != old else { return }
      state.ranges[symbol] = low...high
      state.narrowing[symbol] = decision
    }
  }

  /// Bounds of a sum of products of symbols with known ranges; a symbol with no range may be any size from 0.
  ///
  /// Products of several symbols are looked at twice, the second time with every symbol as its least value and what it is above
  /// that: `s0*s1 - s1`, where both are at least 2, is then `s0'*s1' + s1' + 2*s0' + 2`, which is at least 2.
  private func bounds(of value: SymbolicInt) -> ClosedRange<Int>? {
    guard case .expression(let expression) = value else { return value.constant.map { $0...$0 } }
    let ranges: [String: ClosedRange<Int>] = self.ranges
    guard let plain = bounds(of: expression, ranges) else { return nil }
    guard expression.terms.contains(where: { $0.factors.count > 1 }) else { return plain }
    let above: SymbolicInt = value.substituting { name in ranges[name].map { SymbolicInt(symbol: name) + .constant($0.lowerBound) } }
    guard case .expression(let shifted) = above else { return above.constant.map { $0...$0 } }
    let spans: [String: ClosedRange<Int>] = ranges.mapValues { 0...($0.upperBound == .max ? .max : $0.upperBound - $0.lowerBound) }
    guard let finer = bounds(of: shifted, spans) else { return plain }
    return max(plain.lowerBound, finer.lowerBound)...min(plain.upperBound, finer.upperBound)
  }
  private func bounds(of expression: SymbolicExpression, _ ranges: [String: ClosedRange<Int>]) -> ClosedRange<Int>? {
    var (low, high) = (expression.constant, expression.constant)
    for term in expression.terms {
      var (least, most) = (1, 1)
      for factor in term.factors {
        guard case .symbol(let name) = factor else { return nil }
        let range: ClosedRange<Int> = ranges[name] ?? 0...Int.max
        guard range.lowerBound >= 0 else { return nil }
        least = saturating(least, range.lowerBound)
        most = saturating(most, range.upperBound)
      }
      let (first, second) = (saturating(term.coefficient, least), saturating(term.coefficient, most))
      low = adding(low, min(first, second))
      high = adding(high, max(first, second))
    }
    return low...high
  }
  private func saturating(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? ((a < 0) != (b < 0) ? Int.min : Int.max) : product
  }
  private func adding(_ a: Int, _ b: Int) -> Int {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? (a < 0 ? Int.min : Int.max) : sum
  }
}
