extension SymbolicInt {
  /// The expression with symbols replaced; those for which `replacement` gives nil stay.
  package func substituting(_ replacement: (String) -> SymbolicInt?) -> SymbolicInt {
    guard case .expression(let expression) = self else { return self }
    var sum: SymbolicInt = .constant(expression.constant)
    for term in expression.terms {
      var product: SymbolicInt = .constant(term.coefficient)
      for factor in term.factors { product *= factor.substituting(replacement) }
      sum += product
    }
    return sum
  }

  /// The symbol, and the numbers with which the expression is `coefficient * symbol + constant`; nil where it is of another form.
  package var linear: (symbol: String, coefficient: Int, constant: Int)? {
    guard case .expression(let e) = self, e.terms.count == 1, e.terms[0].factors.count == 1, case .symbol(let name) = e.terms[0].factors[0] else { return nil }
    return (name, e.terms[0].coefficient, e.constant)
  }
}

extension SymbolicExpression.Atom {
  fileprivate func substituting(_ replacement: (String) -> SymbolicInt?) -> SymbolicInt {
    func operand(_ value: SymbolicInt) -> SymbolicInt { value.substituting(replacement) }
    switch self {
    case .symbol(let name): return replacement(name) ?? SymbolicInt(symbol: name)
    case .floorDivide(let a, let b): return operand(a).floorDivided(by: operand(b))
    case .modulo(let a, let b): return operand(a).modulo(operand(b))
    case .maximum(let a, let b): return .maximum(operand(a), operand(b))
    case .minimum(let a, let b): return .minimum(operand(a), operand(b))
    case .power(let a, let b): return operand(a).power(operand(b))
    case .other(let name, let arguments): return .opaque(name, arguments.map(operand))
    }
  }
}
