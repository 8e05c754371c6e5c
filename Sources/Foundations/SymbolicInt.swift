/// A size: a number, or an expression over symbols.
package enum SymbolicInt: Hashable, Sendable, ExpressibleByIntegerLiteral {
  case constant(Int)
  case expression(SymbolicExpression)

  @inlinable package init(_ value: Int) { self = .constant(value) }
  @inlinable package init(integerLiteral value: Int) { self = .constant(value) }
  package init(symbol name: String) { self = .of(atom: .symbol(name)) }

  /// The number, where it is one.
  @inlinable package var constant: Int? {
    if case .constant(let value) = self { return value }
    return nil
  }
  package var isConstant: Bool { constant != nil }

  /// The value under the bindings; nil where a symbol is unbound, a division is by zero or the result does not fit.
  package func evaluate(_ bindings: (String) -> Int?) -> Int? {
    switch self {
    case .constant(let value): value
    case .expression(let expression): expression.evaluate(bindings)
    }
  }
  package var symbols: Set<String> {
    if case .expression(let expression) = self { return expression.symbols }
    return []
  }
  /// The name, where it is one symbol alone.
  package var symbolName: String? {
    guard case .expression(let e) = self, e.constant == 0, e.terms.count == 1, e.terms[0].coefficient == 1, e.terms[0].factors.count == 1,
      case .symbol(let name) = e.terms[0].factors[0]
    else { return nil }
    return name
  }

  package static func of(atom: SymbolicExpression.Atom) -> SymbolicInt {
    .expression(SymbolicExpression(terms: [.init(coefficient: 1, factors: [atom])], constant: 0))
  }
  private var terms: [SymbolicExpression.Term] {
    if case .expression(let expression) = self { return expression.terms }
    return []
  }
  private var constantPart: Int {
    switch self {
    case .constant(let value): value
    case .expression(let expression): expression.constant
    }
  }
  private static func make(_ terms: [[SymbolicExpression.Atom]: Int], _ constant: Int) -> SymbolicInt {
    let kept: [SymbolicExpression.Term] = terms.compactMap { $1 == 0 ? nil : .init(coefficient: $1, factors: $0) }
    if kept.isEmpty { return .constant(constant) }
    let sorted = kept.map { ($0, $0.sortKey) }.sorted { $0.1 < $1.1 }.map(\.0)
    return .expression(SymbolicExpression(terms: sorted, constant: constant))
  }
}

// MARK: Arithmetic

extension SymbolicInt {
  package static func + (a: SymbolicInt, b: SymbolicInt) -> SymbolicInt {
    if case .constant(let x) = a, case .constant(let y) = b { return .constant(x &+ y) }
    var terms: [[SymbolicExpression.Atom]: Int] = [:]
    for term in a.terms { terms[term.factors, default: 0] &+= term.coefficient }
    for term in b.terms { terms[term.factors, default: 0] &+= term.coefficient }
    return make(terms, a.constantPart &+ b.constantPart)
  }
  package static func - (a: SymbolicInt, b: SymbolicInt) -> SymbolicInt { a + b * -1 }
  package static prefix func - (a: SymbolicInt) -> SymbolicInt { a * -1 }

  package static func * (a: SymbolicInt, b: SymbolicInt) -> SymbolicInt {
    if case .constant(let x) = a, case .constant(let y) = b { return .constant(x &* y) }
    var terms: [[SymbolicExpression.Atom]: Int] = [:]
    let left: [SymbolicExpression.Term] = a.terms + (a.constantPart == 0 ? [] : [.init(coefficient: a.constantPart, factors: [])])
    let right: [SymbolicExpression.Term] = b.terms + (b.constantPart == 0 ? [] : [.init(coefficient: b.constantPart, factors: [])])
    for x in left {
      for y in right {
        let factors = (x.factors + y.factors).map { ($0, $0.sortKey) }.sorted { $0.1 < $1.1 }.map(\.0)
        terms[factors, default: 0] &+= x.coefficient &* y.coefficient
      }
    }
    let constant = terms.removeValue(forKey: []) ?? 0
    return make(terms, constant)
  }
  package static func += (a: inout SymbolicInt, b: SymbolicInt) { a = a + b }
  package static func *= (a: inout SymbolicInt, b: SymbolicInt) { a = a * b }

  /// Python's `//`; exact where every term divides.
  package func floorDivided(by divisor: SymbolicInt) -> SymbolicInt {
    if divisor == 1 { return self }
    if divisor == -1 { return -self }
    if self == divisor, self != 0 { return 1 }
    if case .constant(let d) = divisor, d != 0 {
      if case .constant(let value) = self { return .constant(value.floorDivided(by: d)) }
      if case .expression(let e) = self, e.terms.allSatisfy({ $0.coefficient % d == 0 }) {
        var terms: [[SymbolicExpression.Atom]: Int] = [:]
        for term in e.terms { terms[term.factors] = term.coefficient / d }
        return .make(terms, e.constant.floorDivided(by: d))
      }
    }
    if let quotient = exactQuotient(by: divisor) { return quotient }
    return .of(atom: .floorDivide(self, divisor))
  }

  /// The quotient where the division leaves nothing: of every term by a divisor that is one product, or of the whole by a sum.
  private func exactQuotient(by divisor: SymbolicInt) -> SymbolicInt? {
    if case .expression(let d) = divisor, d.terms.count + (d.constant == 0 ? 0 : 1) > 1 { return quotient(bySum: d) }
    guard case .expression(let d) = divisor, d.constant == 0, d.terms.count == 1, case .expression(let e) = self, e.constant == 0 else { return nil }
    var result: [[SymbolicExpression.Atom]: Int] = [:]
    var constant = 0
    for term in e.terms {
      guard d.terms[0].coefficient != -1 || term.coefficient != Int.min, term.coefficient % d.terms[0].coefficient == 0 else { return nil }
      var factors = term.factors
      for factor in d.terms[0].factors {
        guard let index = factors.firstIndex(of: factor) else { return nil }
        factors.remove(at: index)
      }
      let coefficient = term.coefficient / d.terms[0].coefficient
      if factors.isEmpty { constant &+= coefficient } else { result[factors, default: 0] &+= coefficient }
    }
    return .make(result, constant)
  }

  /// Long division, first terms first; of a quotient with more than 16 terms it is not tried to its end.
  private func quotient(bySum divisor: SymbolicExpression) -> SymbolicInt? {
    let first: SymbolicInt = .make([divisor.terms[0].factors: divisor.terms[0].coefficient], 0)
    var (rest, quotient): (SymbolicInt, SymbolicInt) = (self, 0)
    for _ in 0..<16 {
      guard let term = rest.terms.first, let part = SymbolicInt.make([term.factors: term.coefficient], 0).exactQuotient(by: first) else { return nil }
      quotient += part
      rest = rest - part * .expression(divisor)
      if rest == 0 { return quotient }
    }
    return nil
  }

  /// Python's `%`.
  package func modulo(_ divisor: SymbolicInt) -> SymbolicInt {
    if divisor == 1 || divisor == -1 || (self == divisor && self != 0) { return 0 }
    if case .constant(let d) = divisor, d != 0 {
      if case .constant(let value) = self { return .constant(value.floorModulo(d)) }
      if case .expression(let e) = self, e.terms.allSatisfy({ $0.coefficient % d == 0 }) { return .constant(e.constant.floorModulo(d)) }
    }
    if let quotient = exactQuotient(by: divisor), quotient * divisor == self { return 0 }
    return .of(atom: .modulo(self, divisor))
  }

  package static func maximum(_ a: SymbolicInt, _ b: SymbolicInt) -> SymbolicInt {
    if a == b { return a }
    if case .constant(let difference) = a - b { return difference >= 0 ? a : b }
    return .of(atom: .maximum(a, b))
  }
  package static func minimum(_ a: SymbolicInt, _ b: SymbolicInt) -> SymbolicInt {
    if a == b { return a }
    if case .constant(let difference) = a - b { return difference <= 0 ? a : b }
    return .of(atom: .minimum(a, b))
  }
  package func power(_ exponent: SymbolicInt) -> SymbolicInt {
    if case .constant(let n) = exponent, n >= 0, n <= 16 {
      var result: SymbolicInt = 1
      for _ in 0..<n { result *= self }
      return result
    }
    return .of(atom: .power(self, exponent))
  }
  /// A function that is only shown, never reasoned about.
  package static func opaque(_ name: String, _ arguments: [SymbolicInt]) -> SymbolicInt { .of(atom: .other(name, arguments)) }
}

extension Sequence<SymbolicInt> {
  /// The product of all; 1 for none.
  package var product: SymbolicInt { reduce(1, *) }
}
