/// An integer expression over named symbols in canonical form: a sum of integer multiples of products of atoms.
///
/// Two equal polynomials have the same form, so equality is structural. Atoms are symbols and the operations that do not
/// distribute over sums (floor division, modulus, maximum, minimum). Semantics of the operations are Python's, as in PyTorch's
/// `torch/utils/_sympy/functions.py`.
package final class SymbolicExpression: Hashable, Sendable {
  package indirect enum Atom: Hashable, Sendable {
    case symbol(String)
    case floorDivide(SymbolicInt, SymbolicInt)
    case modulo(SymbolicInt, SymbolicInt)
    case maximum(SymbolicInt, SymbolicInt)
    case minimum(SymbolicInt, SymbolicInt)
    /// base to an exponent that is not a small constant
    case power(SymbolicInt, SymbolicInt)
    /// A function Lathe does not reason about, kept to be shown: its name and arguments.
    case other(String, [SymbolicInt])
  }
  /// `coefficient` times the product of `factors`; factors are sorted, symbols first, and may repeat.
  package struct Term: Hashable, Sendable {
    package var coefficient: Int
    package var factors: [Atom]
  }

  /// Terms with at least one factor, in the order sympy prints them, coefficients not zero.
  package let terms: [Term]
  package let constant: Int
  private let hash: Int

  init(terms: [Term], constant: Int) {
    self.terms = terms
    self.constant = constant
    var hasher = Hasher()
    hasher.combine(terms)
    hasher.combine(constant)
    hash = hasher.finalize()
  }

  package static func == (a: SymbolicExpression, b: SymbolicExpression) -> Bool {
    a === b || (a.hash == b.hash && a.constant == b.constant && a.terms == b.terms)
  }
  package func hash(into hasher: inout Hasher) { hasher.combine(hash) }

  /// Names of the symbols in it, in no order.
  package var symbols: Set<String> {
    var names: Set<String> = []
    for term in terms { for factor in term.factors { factor.collectSymbols(into: &names) } }
    return names
  }
}

extension SymbolicExpression.Atom {
  var operands: [SymbolicInt] {
    switch self {
    case .symbol: []
    case .floorDivide(let a, let b), .modulo(let a, let b), .maximum(let a, let b), .minimum(let a, let b), .power(let a, let b): [a, b]
    case .other(_, let arguments): arguments
    }
  }

  fileprivate func collectSymbols(into names: inout Set<String>) {
    if case .symbol(let name) = self { names.insert(name) }
    for case .expression(let operand) in operands { names.formUnion(operand.symbols) }
  }

  /// The atom's value where every operand is known.
  fileprivate func evaluate(_ bindings: (String) -> Int?) -> Int? {
    if case .symbol(let name) = self { return bindings(name) }
    var values: [Int] = []
    for operand in operands {
      guard let value = operand.evaluate(bindings) else { return nil }
      values.append(value)
    }
    switch self {
    case .symbol, .other: return nil
    case .floorDivide: return values[1] == 0 ? nil : values[0].floorDivided(by: values[1])
    case .modulo: return values[1] == 0 ? nil : values[0].floorModulo(values[1])
    case .maximum: return max(values[0], values[1])
    case .minimum: return min(values[0], values[1])
    case .power:
      guard values[1] >= 0, values[1] < 64 else { return nil }
      var result = 1
      for _ in 0..<values[1] {
        let (product, overflow) = result.multipliedReportingOverflow(by: values[0])
        if overflow { return nil }
        result = product
      }
      return result
    }
  }
}

extension SymbolicExpression {
  /// The value under the bindings; nil where a symbol is unbound, a division is by zero or the result does not fit.
  package func evaluate(_ bindings: (String) -> Int?) -> Int? {
    var total = constant
    for term in terms {
      var product = term.coefficient
      for factor in term.factors {
        guard let value = factor.evaluate(bindings) else { return nil }
        let (next, overflow) = product.multipliedReportingOverflow(by: value)
        if overflow { return nil }
        product = next
      }
      let (next, overflow) = total.addingReportingOverflow(product)
      if overflow { return nil }
      total = next
    }
    return total
  }
}

extension Int {
  /// Division that rounds towards negative infinity, as Python's `//`; the divisor is not zero.
  package func floorDivided(by divisor: Int) -> Int {
    if divisor == -1 { return 0 &- self }
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder != 0 && (remainder < 0) != (divisor < 0) ? quotient - 1 : quotient
  }
  /// The remainder with the divisor's sign, as Python's `%`; the divisor is not zero.
  package func floorModulo(_ divisor: Int) -> Int {
    if divisor == -1 { return 0 }
    let remainder = self % divisor
    return remainder != 0 && (remainder < 0) != (divisor < 0) ? remainder + divisor : remainder
  }
}
