import Foundations
import Operators

extension DimensionSolver {
  /// Whether every dimension that had to stay dynamic did, in the style of PyTorch's `ConstraintViolationError`.
  func checkWishes() throws {
    var violated: [String] = []
    var sentences: [String] = []
    var fixes: [String] = []
    func violate(_ name: String, _ sentence: String, _ fix: String?) {
      if violated.contains(name) { return }
      violated.append(name)
      sentences.append(sentence)
      if let fix { fixes.append(fix) }
    }
    for item in wished.items where item.mustStay {
      let size: SymbolicInt = settled(item.size)
      let place: String = "\(item.wish.input):\(item.wish.dimension)"
      let called: String = name(of: item) ?? item.place
      if let value = size.constant {
        violate(called, "\(item.place) was to be dynamic, but the program fixes it at \(value)\(because(item.size))", "\(place)=\(value)")
        continue
      }
      guard let name = name(of: item), let symbol = wished.named[name].map(settled)?.symbolName else { continue }
      let wish: SizeRange = wished.ranges[symbol] ?? SizeRange(minimum: 0, maximum: nil)
      if let range = ranges[symbol], range.maximum ?? .max < wish.maximum ?? .max || range.minimum ?? 0 > max(wish.minimum ?? 0, 2) {
        let text: String = "\(name)(\(range.minimum.map(String.init) ?? "")..\(range.maximum.map(String.init) ?? ""))"
        violate(
          name, "not all values of \(name) = \(item.place) in the range \(ExportReport.text(wish)) are allowed: it must be in \(ExportReport.text(range))\(sentence(narrowing[symbol]))",
          "\(place)=\(text)")
      } else if let relation = relations.first(where: { $0.relation != .notEqual && ($0.left - $0.right).symbols.contains(symbol) }) {
        let found: ExportReport.Finding = finding(text(relation), relation)
        violate(name, "not all values of \(name) = \(item.place) are allowed: \(found.text) must hold\(sentence(found))", divisibility(relation, symbol).map { "\(place)=\($0)*_\(name)" })
      }
    }
    if violated.isEmpty { return }
    let suggestions: String = fixes.isEmpty ? "" : "\nSuggested fixes:\n" + fixes.map { "  \($0)" }.joined(separator: "\n")
    throw LatheError.badInput("Constraints violated (\(violated.joined(separator: ", "))): \(sentences.joined(separator: "; "))\(suggestions)")
  }

  private func name(of item: WishedDimensions.Item) -> String? {
    switch item.wish.kind {
    case .named(let name, _): name
    case .derived(let name, _, _): name
    default: nil
    }
  }

  /// Why a size that was to be a symbol is a number.
  private func because(_ size: SymbolicInt) -> String { sentence(reason(for: size)) }

  /// What fixed the symbols of an expression.
  func reason(for size: SymbolicInt) -> ExportReport.Finding? {
    var symbols: [String] = size.symbols.sorted()
    var seen: Set<String> = []
    while let symbol = symbols.popLast() {
      guard seen.insert(symbol).inserted, let value = solutions[symbol] ?? wished.substitution[symbol] else { continue }
      if value.isConstant { return reasons[symbol] }
      symbols += value.symbols.sorted()
    }
    return nil
  }

  private func sentence(_ finding: ExportReport.Finding?) -> String {
    guard let finding else { return "" }
    let place: String = finding.place.map { " (\($0.file):\($0.line), \($0.text))" } ?? ""
    return " by \(finding.neededBy.isEmpty ? finding.text : "\(finding.text), which \(finding.neededBy) needs")\(place)"
  }

  /// `s0 % 4 == 0`, as the user's language has it.
  func text(_ decision: ShapeEnvironment.Decision) -> String {
    if decision.right == 0, let (dividend, divisor) = decision.left.remainder { return "\(dividend) % \(divisor) \(decision.relation.rawValue) 0" }
    return "\(decision.left) \(decision.relation.rawValue) \(decision.right)"
  }

  /// The number that must divide the symbol.
  private func divisibility(_ decision: ShapeEnvironment.Decision, _ symbol: String) -> Int? {
    guard decision.relation == .equal, decision.right == 0, let (dividend, divisor) = decision.left.remainder, dividend.symbolName == symbol else { return nil }
    return divisor.constant
  }
}

extension SymbolicInt {
  /// Both sides, where it is a remainder.
  fileprivate var remainder: (SymbolicInt, SymbolicInt)? {
    guard case .expression(let e) = self, e.constant == 0, e.terms.count == 1, e.terms[0].coefficient == 1, e.terms[0].factors.count == 1,
      case .modulo(let dividend, let divisor) = e.terms[0].factors[0]
    else { return nil }
    return (dividend, divisor)
  }
}
