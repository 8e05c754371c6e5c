import Foundations
import Operators

/// Where a symbol's value is read from at a call.
package struct SymbolBinding: Hashable, Sendable {
  package enum Place: Hashable, Sendable {
    case size(input: Int, dimension: Int)
    case number(input: Int)
  }
  package var symbol: String
  package var source: Source
  package var place: Place
  /// What is read is `coefficient * symbol + constant`.
  package var coefficient: Int = 1
  package var constant: Int = 0

  package init(symbol: String, source: Source, place: Place, coefficient: Int = 1, constant: Int = 0) {
    (self.symbol, self.source, self.place, self.coefficient, self.constant) = (symbol, source, place, coefficient, constant)
  }

  /// The symbol's value; nil where the call has no such size, or one that no integer gives.
  @inline(__always) func read(_ values: [Value]) -> Int? {
    let found: Int
    switch place {
    case .size(let input, let dimension):
      guard case .tensor(let tensor) = values[input], dimension < tensor.sizes.count else { return nil }
      found = tensor.sizes[dimension]
    case .number(let input):
      guard case .int(.constant(let number)) = values[input] else { return nil }
      found = number
    }
    if coefficient == 1 { return found &- constant }
    let (quotient, remainder) = (found &- constant).quotientAndRemainder(dividingBy: coefficient)
    return remainder == 0 ? quotient : nil
  }
}
