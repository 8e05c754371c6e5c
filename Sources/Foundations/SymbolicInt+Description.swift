// Text in the form sympy prints and PyTorch's readable graphs show: `2*s0 + 1`, `(s0//2)`, `Max(1, s0)`.

extension SymbolicInt: CustomStringConvertible {
  package var description: String {
    switch self {
    case .constant(let value): "\(value)"
    case .expression(let expression): expression.description
    }
  }
  /// In parentheses where it is a sum.
  fileprivate var factorText: String {
    switch self {
    case .constant(let value): value < 0 ? "(\(value))" : "\(value)"
    case .expression(let e): e.terms.count + (e.constant == 0 ? 0 : 1) > 1 ? "(\(e))" : e.description
    }
  }
}

extension SymbolicExpression: CustomStringConvertible {
  package var description: String {
    var text = ""
    for term in terms {
      let magnitude = term.coefficient.magnitude
      let product = term.powers.joined(separator: "*")
      let body = magnitude == 1 ? product : "\(magnitude)*\(product)"
      if text.isEmpty {
        text = term.coefficient < 0 ? "-\(body)" : body
      } else {
        text += term.coefficient < 0 ? " - \(body)" : " + \(body)"
      }
    }
    if constant != 0 { text += constant < 0 ? " - \(constant.magnitude)" : " + \(constant)" }
    return text
  }
}

extension SymbolicExpression.Term {
  /// Factors as text, repeated ones as powers.
  fileprivate var powers: [String] {
    var result: [String] = []
    var index = 0
    while index < factors.count {
      var end = index + 1
      while end < factors.count, factors[end] == factors[index] { end += 1 }
      result.append(end - index == 1 ? factors[index].text : "\(factors[index].text)**\(end - index)")
      index = end
    }
    return result
  }
  /// Higher degrees first, then by text.
  var sortKey: String {
    let degree = 99 - min(factors.count, 99)
    return (degree < 10 ? "0\(degree)" : "\(degree)") + powers.joined(separator: "*")
  }
}

extension SymbolicExpression.Atom {
  var text: String {
    switch self {
    case .symbol(let name): name
    case .floorDivide(let a, let b): "(\(a.factorText)//\(b.factorText))"
    case .modulo(let a, let b): "Mod(\(a), \(b))"
    case .maximum(let a, let b): "Max(\(a), \(b))"
    case .minimum(let a, let b): "Min(\(a), \(b))"
    case .power(let a, let b): "\(a.factorText)**\(b.factorText)"
    case .other(let name, let arguments): "\(name)(\(arguments.map(\.description).joined(separator: ", ")))"
    }
  }
}
