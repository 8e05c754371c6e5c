// Text in the form sympy prints and PyTorch's readable graphs show: `2*s0 + 1`, `((s0//2)) + 1`, `Max(1, s0)`, `5 - s0`.
// The order of terms is sympy's: lexicographic in the atoms, symbols before other atoms.

extension SymbolicInt: CustomStringConvertible {
  package var description: String {
    switch self {
    case .constant(let value): "\(value)"
    case .expression(let expression): expression.description
    }
  }
  /// In parentheses where it is more than a number or a symbol.
  fileprivate var operandText: String {
    if symbolName != nil { return description }
    if case .constant(let value) = self, value >= 0 { return "\(value)" }
    if case .expression(let e) = self, e.constant == 0, e.terms.count == 1, e.terms[0].coefficient == 1, e.terms[0].factors.count == 1 {
      switch e.terms[0].factors[0] {
      case .maximum, .minimum, .other: return description
      default: break
      }
    }
    return "(\(description))"
  }
}

extension SymbolicExpression: CustomStringConvertible {
  package var description: String {
    // A single atom stands without the parentheses it has inside a sum or product.
    if constant == 0, terms.count == 1, terms[0].coefficient == 1, terms[0].factors.count == 1 { return terms[0].factors[0].text }
    if constant > 0, terms.count == 1, terms[0].coefficient < 0, Set(terms[0].factors).count == 1 {
      return "\(constant) - \(terms[0].magnitudeText)"
    }
    var text = ""
    for term in terms {
      if text.isEmpty {
        text = term.coefficient < 0 ? "-\(term.magnitudeText)" : term.magnitudeText
      } else {
        text += term.coefficient < 0 ? " - \(term.magnitudeText)" : " + \(term.magnitudeText)"
      }
    }
    if constant != 0 { text += constant < 0 ? " - \(constant.magnitude)" : " + \(constant)" }
    return text
  }
}

extension SymbolicExpression.Term {
  /// The term without its sign.
  fileprivate var magnitudeText: String {
    let product = powers.joined(separator: "*")
    return coefficient.magnitude == 1 ? product : "\(coefficient.magnitude)*\(product)"
  }
  /// Factors as text, repeated ones as powers.
  private var powers: [String] {
    var result: [String] = []
    var index = 0
    while index < factors.count {
      var end = index + 1
      while end < factors.count, factors[end] == factors[index] { end += 1 }
      result.append(end - index == 1 ? factors[index].factorText : "\(factors[index].factorText)**\(end - index)")
      index = end
    }
    return result
  }
  /// Orders terms as sympy prints them: by their factors, a longer product before its own beginning.
  var sortKey: String { factors.map(\.sortKey).joined() + "2" }
}

extension SymbolicExpression.Atom {
  /// Orders factors: symbols by name, then other atoms by text.
  var sortKey: String {
    if case .symbol(let name) = self { return "0\(name)\u{1}" }
    return "1\(text)\u{1}"
  }

  var text: String {
    switch self {
    case .symbol(let name): name
    case .floorDivide(let a, let b): "(\(a.operandText)//\(b.operandText))"
    case .modulo(let a, let b): "Mod(\(a), \(b))"
    case .maximum: "Max(\(flattened.joined(separator: ", ")))"
    case .minimum: "Min(\(flattened.joined(separator: ", ")))"
    case .power(let a, let b): "\(a.operandText)**\(b.operandText)"
    case .other(let name, let arguments): "\(name)(\(arguments.map(\.description).joined(separator: ", ")))"
    }
  }
  /// In the parentheses that sympy's precedence asks for inside sums and products.
  fileprivate var factorText: String {
    switch self {
    case .floorDivide, .modulo: "(\(text))"
    default: text
    }
  }

  /// The arguments of nested maxima, or minima, as one list, numbers first.
  private var flattened: [String] {
    var (numbers, others): ([Int], [String]) = ([], [])
    func collect(_ value: SymbolicInt) {
      switch value {
      case .constant(let number): numbers.append(number)
      case .expression(let e):
        if e.constant == 0, e.terms.count == 1, e.terms[0].coefficient == 1, e.terms[0].factors.count == 1 {
          switch (self, e.terms[0].factors[0]) {
          case (.maximum, .maximum(let a, let b)), (.minimum, .minimum(let a, let b)):
            collect(a)
            collect(b)
            return
          default: break
          }
        }
        others.append(e.description)
      }
    }
    for operand in operands { collect(operand) }
    return numbers.sorted().map { "\($0)" } + others.sorted()
  }
}
