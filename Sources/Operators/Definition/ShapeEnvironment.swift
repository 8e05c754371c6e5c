import Foundations
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
  package let hints: [String: Int]
  private struct State {
    var decisions: [Decision] = []
    /// As given, and narrowed by every decision that bounds one symbol.
    var ranges: [String: ClosedRange<Int>]
    /// The decision that last narrowed a symbol's range.
    var narrowing: [String: Decision] = [:]
    var unbackedCount: Int = 0
    var node: Int32 = -1
  }
  private let state: Mutex<State>

  package init(hints: [String: Int] = [:], ranges: [String: ClosedRange<Int>] = [:]) {
    self.hints = hints
    state = Mutex(State(ranges: ranges))
  }

  /// Every decision, in the order in which they were taken.
  package var decisions: [Decision] { state.withLock { $0.decisions } }
  /// What is known of symbols by now.
  package var ranges: [String: ClosedRange<Int>] { state.withLock { $0.ranges } }
  /// The decision that last narrowed each symbol's range.
  package var narrowing: [String: Decision] { state.withLock { $0.narrowing } }

  /// Says for which node of the program's graph what follows is asked.
  package func begin(node: Int32) { state.withLock { $0.node = node } }

  /// A new symbol for a size that only a run reveals (`nonzero`, `item`), named as PyTorch names them.
  package func unbackedSymbol() -> SymbolicInt {
    let number: Int = state.withLock {
      $0.unbackedCount += 1
      return $0.unbackedCount - 1
    }
    return SymbolicInt(symbol: "u\(number)")
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
