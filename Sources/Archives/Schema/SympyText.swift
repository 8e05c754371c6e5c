import Foundation
import Foundations

/// Expressions as sympy's `srepr` writes them: `Mul(Integer(2), Symbol('s0', positive=True, integer=True))`.
package struct SympyText {
  /// What a file wrote for whole expressions, kept to the letter.
  private let known: [SymbolicInt: String]
  /// Symbols with their assumptions, by name.
  private let symbols: [String: String]

  package init(known: [SymbolicInt: String]) {
    self.known = known
    var symbols: [String: String] = [:]
    for text in known.values {
      for part in text.components(separatedBy: "Symbol('").dropFirst() {
        guard let quote = part.firstIndex(of: "'"), let close = part.firstIndex(of: ")") else { continue }
        symbols[String(part[..<quote])] = "Symbol('\(part[...close])"
      }
    }
    self.symbols = symbols
  }

  package func text(_ value: SymbolicInt) -> String {
    guard case .expression(let expression) = value else { return "Integer(\(value.constant ?? 0))" }
    if let text = known[value] { return text }
    var parts: [String] = expression.constant == 0 ? [] : ["Integer(\(expression.constant))"]
    for term in expression.terms {
      var factors: [String] = term.coefficient == 1 ? [] : ["Integer(\(term.coefficient))"]
      factors += powers(term.factors)
      parts.append(factors.count == 1 ? factors[0] : "Mul(\(factors.joined(separator: ", ")))")
    }
    return parts.count == 1 ? parts[0] : "Add(\(parts.joined(separator: ", ")))"
  }

  private func powers(_ factors: [SymbolicExpression.Atom]) -> [String] {
    var texts: [String] = []
    var index: Int = 0
    while index < factors.count {
      let end: Int = factors[index...].firstIndex { $0 != factors[index] } ?? factors.count
      let base: String = text(factors[index])
      texts.append(end - index == 1 ? base : "Pow(\(base), Integer(\(end - index)))")
      index = end
    }
    return texts
  }

  private func text(_ atom: SymbolicExpression.Atom) -> String {
    switch atom {
    // PyTorch takes sizes to be positive; what only a run reveals may be anything.
    case .symbol(let name): symbols[name] ?? "Symbol('\(name)', \(name.hasPrefix("u") ? "" : "positive=True, ")integer=True)"
    case .floorDivide(let a, let b): "FloorDiv(\(text(a)), \(text(b)))"
    case .modulo(let a, let b): "Mod(\(text(a)), \(text(b)))"
    case .maximum(let a, let b): "Max(\(text(a)), \(text(b)))"
    case .minimum(let a, let b): "Min(\(text(a)), \(text(b)))"
    case .power(let a, let b): "PowByNatural(\(text(a)), \(text(b)))"
    case .other(let name, let arguments): "\(name)(\(arguments.map(text).joined(separator: ", ")))"
    }
  }
}
