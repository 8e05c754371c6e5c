extension SymbolicInt {
  /// The expression as Python code, in the form of PyTorch's guards (`torch/utils/_sympy/printers.py`, `PythonPrinter`).
  /// - Parameter name: what a symbol is called.
  package func pythonText(_ name: (String) -> String) -> String {
    guard case .expression(let expression) = self else { return "\(constant ?? 0)" }
    var parts: [String] = expression.constant == 0 ? [] : [expression.constant < 0 ? "(\(expression.constant))" : "\(expression.constant)"]
    for term in expression.terms {
      var factors: [String] = term.coefficient == 1 ? [] : [term.coefficient < 0 ? "(\(term.coefficient))" : "\(term.coefficient)"]
      factors += term.factors.map { $0.pythonText(name) }
      parts.append(factors.joined(separator: "*"))
    }
    return parts.count == 1 ? parts[0] : "(\(parts.joined(separator: " + ")))"
  }
}

extension SymbolicExpression.Atom {
  fileprivate func pythonText(_ name: (String) -> String) -> String {
    func text(_ operand: SymbolicInt) -> String { operand.pythonText(name) }
    switch self {
    case .symbol(let symbol): return name(symbol)
    case .floorDivide(let a, let b): return "(\(text(a)) // \(text(b)))"
    case .modulo(let a, let b): return "(\(text(a)) % \(text(b)))"
    case .maximum(let a, let b): return "max(\(text(a)), \(text(b)))"
    case .minimum(let a, let b): return "min(\(text(a)), \(text(b)))"
    case .power(let a, let b): return "(\(text(a)) ** \(text(b)))"
    case .other(let function, let arguments): return "\(function)(\(arguments.map(text).joined(separator: ", ")))"
    }
  }
}
