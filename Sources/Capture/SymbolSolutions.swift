import Foundations
import Operators

/// What decisions on sizes say that symbols are.
package struct SymbolSolution: Hashable, Sendable {
  /// A number, or another symbol.
  package var value: SymbolicInt
  package var decision: ShapeEnvironment.Decision

  /// The symbols that decisions of equality settle.
  package static func all(of decisions: [ShapeEnvironment.Decision]) -> [String: SymbolSolution] {
    var found: [String: SymbolSolution] = [:]
    for decision in decisions where decision.relation == .equal {
      let difference: SymbolicInt = decision.left - decision.right
      if let (symbol, coefficient, constant) = difference.linear, constant.isMultiple(of: coefficient) {
        found[symbol] = found[symbol] ?? SymbolSolution(value: .constant(-constant / coefficient), decision: decision)
      } else if let (first, second) = pair(difference), found[second] == nil, found[first] == nil {
        found[second] = SymbolSolution(value: SymbolicInt(symbol: first), decision: decision)
      }
    }
    return found
  }

  /// The two symbols of a difference `a - b`, the one that comes first in the program's inputs first.
  private static func pair(_ difference: SymbolicInt) -> (String, String)? {
    guard case .expression(let e) = difference, e.constant == 0, e.terms.count == 2, e.terms[0].coefficient == -e.terms[1].coefficient,
      e.terms.allSatisfy({ $0.factors.count == 1 && $0.coefficient.magnitude == 1 })
    else { return nil }
    let names: [String] = e.terms.compactMap { if case .symbol(let name) = $0.factors[0] { name } else { nil } }
    return names.count == 2 ? (names[0], names[1]) : nil
  }
}
