import Foundation
import Foundations

/// What a dimension of an input is to be in a written program (`torch.export.Dim` and its hints).
package struct DimensionWish: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// Dynamic where the program allows it (`Dim.AUTO`).
    case auto(SizeRange?)
    /// Must stay dynamic; its range may become narrower (`Dim.DYNAMIC`).
    case dynamic(SizeRange?)
    /// One size: that of the export, or the number (`Dim.STATIC`).
    case fixed(Int?)
    /// A dimension with a name, the same for all that bear it; must be dynamic in the whole range (`Dim("seq", min=2, max=512)`).
    case named(String, SizeRange?)
    /// `coefficient * name + constant`.
    case derived(String, coefficient: Int, constant: Int)
  }
  /// The input's name in the graph.
  package var input: String
  package var dimension: Int
  package var kind: Kind

  package init(input: String, dimension: Int, kind: Kind) { (self.input, self.dimension, self.kind) = (input, dimension, kind) }

  /// Parses `x:0=auto,y:1=seq(2..512),z:0=static,w:0=2*seq`.
  /// - Throws: `LatheError` of kind `badInput` that names the part.
  package static func parse(_ text: String) throws -> [DimensionWish] {
    try split(text).map { part in
      guard let equals = part.firstIndex(of: "="), let colon = part[..<equals].lastIndex(of: ":"), colon > part.startIndex,
        let dimension = Int(part[part.index(after: colon)..<equals].trimmingCharacters(in: .whitespaces))
      else { throw LatheError.badInput("'\(part)' is not a wish for a dimension, such as x:0=auto") }
      let name: String = part[..<colon].trimmingCharacters(in: .whitespaces)
      let value: String = part[part.index(after: equals)...].trimmingCharacters(in: .whitespaces)
      return DimensionWish(input: name, dimension: dimension, kind: try kind(value, of: part))
    }
  }

  /// As it is written.
  package var text: String {
    func ranged(_ word: String, _ range: SizeRange?) -> String {
      range.map { "\(word)(\($0.minimum.map(String.init) ?? "")..\($0.maximum.map(String.init) ?? ""))" } ?? word
    }
    switch kind {
    case .auto(let range): return ranged("auto", range)
    case .dynamic(let range): return ranged("dynamic", range)
    case .fixed(let size): return size.map(String.init) ?? "static"
    case .named(let name, let range): return ranged(name, range)
    case .derived(let name, let coefficient, let constant): return (SymbolicInt(symbol: name) * SymbolicInt(coefficient) + SymbolicInt(constant)).description
    }
  }

  private static func split(_ text: String) -> [String] {
    var (parts, depth): ([String], Int) = ([""], 0)
    for character in text {
      if character == "(" { depth += 1 } else if character == ")" { depth -= 1 }
      if character == ",", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
    }
    return parts
  }

  private static func kind(_ text: String, of part: String) throws -> Kind {
    func bad(_ why: String) -> LatheError { LatheError.badInput("'\(part)': \(why)") }
    if let number = Int(text) {
      guard number >= 0 else { throw bad("a size is not negative") }
      return .fixed(number)
    }
    if text.contains(where: { "*+-/".contains($0) }), !text.contains("..") {
      guard let (name, coefficient, constant) = (try? SymbolicInt.parse(text))?.linear, coefficient > 0 else {
        throw bad("'\(text)' is not of the form 2*dx + 1")
      }
      return .derived(name, coefficient: coefficient, constant: constant)
    }
    var (word, range): (String, SizeRange?) = (text, nil)
    if let open = text.firstIndex(of: "(") {
      guard text.hasSuffix(")") else { throw bad("the range's parenthesis is not closed") }
      word = String(text[..<open])
      range = try self.range(String(text[text.index(after: open)...].dropLast()), bad)
    }
    switch word {
    case "auto": return .auto(range)
    case "dynamic": return .dynamic(range)
    case "static":
      if range != nil { throw bad("a static dimension has no range; write its size") }
      return .fixed(nil)
    default:
      guard let first = word.unicodeScalars.first, first.properties.isXIDStart || first == "_",
        word.unicodeScalars.allSatisfy({ $0.properties.isXIDContinue })
      else { throw bad("'\(word)' is neither auto, dynamic, static, a size nor a name") }
      return .named(word, range)
    }
  }

  private static func range(_ text: String, _ bad: (String) -> LatheError) throws -> SizeRange {
    guard let dots = text.range(of: "..") else { throw bad("'\(text)' is not a range, such as 2..512") }
    func bound(_ part: Substring) throws -> Int? {
      let part: String = part.trimmingCharacters(in: .whitespaces)
      if part.isEmpty { return nil }
      guard let number = Int(part), number >= 0 else { throw bad("'\(part)' is not a bound of sizes") }
      return number
    }
    let range = SizeRange(minimum: try bound(text[..<dots.lowerBound]), maximum: try bound(text[dots.upperBound...]))
    if let low = range.minimum, let high = range.maximum, low > high { throw bad("the range \(text) is empty") }
    return range
  }
}
