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
  }
  package let hints: [String: Int]
  private let ranges: [String: ClosedRange<Int>]
  private struct State {
    var decisions: [Decision] = []
    var unbackedCount: Int = 0
  }
  private let state = Mutex(State())

  package init(hints: [String: Int] = [:], ranges: [String: ClosedRange<Int>] = [:]) {
    self.hints = hints
    self.ranges = ranges
  }

  package var decisions: [Decision] { state.withLock { $0.decisions } }

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
    if let bounds = bounds(of: a - b), !bounds.contains(0) { return false }
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

  private func record(_ decision: Decision) { state.withLock { if !$0.decisions.contains(decision) { $0.decisions.append(decision) } } }

  /// Bounds of a sum of products of symbols with known ranges; a symbol with no range may be any size from 0.
  private func bounds(of value: SymbolicInt) -> ClosedRange<Int>? {
    guard case .expression(let expression) = value else { return value.constant.map { $0...$0 } }
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
