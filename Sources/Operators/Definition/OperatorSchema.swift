import Foundation
import Foundations
import Graphs

/// The signature of an operator overload, parsed from ATen's notation (`aten/src/ATen/native/native_functions.yaml`):
/// `aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor`.
package struct OperatorSchema: Sendable {
  package struct Parameter: Sendable {
    package var name: String
    /// As written, without the alias annotation: `Tensor`, `int[2]`, `Tensor?[]`, `ScalarType?`, …
    package var type: String
    /// Nil where the argument is required.
    package var defaultValue: Value?
    /// The default as written.
    package var defaultText: String?
    package var isKeywordOnly: Bool
    /// Whether the operator writes to it: `Tensor(a!)`.
    package var isWritten: Bool
    /// Whether the result may share its memory: `Tensor(a)`.
    package var isAliased: Bool
  }
  package let text: String
  package let name: OperatorName
  package let parameters: [Parameter]
  /// The results' types as written.
  package let results: [String]
  /// Whether the last parameter, of type `Any*`, takes all positional arguments from its place on (operands of a subgraph).
  package let isVariadic: Bool
  /// One value a parameter: its default, or None.
  let defaults: [Value]
  /// Bits of the parameters that may be left out.
  let optionalMask: UInt64

  package init(_ text: String) {
    self.text = text
    guard let open = text.firstIndex(of: "("), let arrow = text.range(of: ") -> ", options: .backwards) else {
      preconditionFailure("schema '\(text)' has no parameter list")
    }
    let fullName = String(text[..<open].replacing("::", with: "."))
    let lacksOverload: Bool = fullName.hasPrefix("aten.") && fullName.split(separator: ".").count == 2
    name = OperatorName(lacksOverload ? fullName + ".default" : fullName)
    var isKeywordOnly: Bool = false
    var parameters: [Parameter] = []
    for piece in OperatorSchema.splitTopLevel(text[text.index(after: open)..<arrow.lowerBound]) {
      if piece == "*" {
        isKeywordOnly = true
      } else {
        parameters.append(OperatorSchema.parameter(piece, isKeywordOnly: isKeywordOnly))
      }
    }
    self.parameters = parameters
    isVariadic = parameters.last?.type == "Any*"
    precondition(parameters.count <= 64, "an operator has at most 64 parameters")
    defaults = parameters.map { $0.defaultValue ?? .none }
    optionalMask = parameters.enumerated().reduce(0) { mask, parameter in
      let isOptional: Bool = parameter.element.defaultValue != nil || parameter.element.type.hasSuffix("?")
      return isOptional ? mask | 1 << UInt64(parameter.offset) : mask
    }
    let result = text[arrow.upperBound...]
    if result == "()" {
      results = []
    } else if result.hasPrefix("(") && !result.hasPrefix("()") {
      results = OperatorSchema.splitTopLevel(result.dropFirst().dropLast()).map { OperatorSchema.withoutAlias(String($0.split(separator: " ")[0])) }
    } else {
      results = [OperatorSchema.withoutAlias(String(result))]
    }
  }

  /// The parameter's place, or nil.
  package func index(of name: String) -> Int? {
    for index in parameters.indices where parameters[index].name == name { return index }
    return nil
  }
  /// Whether it writes to an argument.
  package var isInPlace: Bool { parameters.contains(where: \.isWritten) }

  private static func splitTopLevel(_ text: Substring) -> [Substring] {
    var pieces: [Substring] = []
    var depth = 0
    var start = text.startIndex
    for index in text.indices {
      switch text[index] {
      case "(", "[": depth += 1
      case ")", "]": depth -= 1
      case "," where depth == 0:
        pieces.append(text[start..<index])
        start = text.index(after: index)
      default: break
      }
    }
    pieces.append(text[start...])
    return pieces.map { $0.drop(while: { $0 == " " }) }.filter { !$0.isEmpty }
  }

  private static func withoutAlias(_ type: String) -> String {
    guard let open = type.firstIndex(of: "("), let close = type.firstIndex(of: ")") else { return type }
    return String(type[..<open] + type[type.index(after: close)...])
  }

  private static func parameter(_ text: Substring, isKeywordOnly: Bool) -> Parameter {
    let parts = text.split(separator: "=", maxSplits: 1)
    let words = parts[0].split(separator: " ")
    precondition(words.count >= 2, "parameter '\(text)' has a type and a name")
    let rawType = words.dropLast().joined(separator: " ")
    let type = withoutAlias(rawType)
    return Parameter(
      name: String(words.last!), type: type, defaultValue: parts.count > 1 ? value(of: parts[1], type: type) : nil,
      defaultText: parts.count > 1 ? String(parts[1]) : nil, isKeywordOnly: isKeywordOnly,
      isWritten: rawType.contains("!"), isAliased: rawType.contains("("))
  }

  /// A default value as native_functions.yaml writes it.
  private static func value(of text: Substring, type: String) -> Value {
    switch text {
    case "None": return .none
    case "True": return .bool(true)
    case "False": return .bool(false)
    case "contiguous_format": return .memoryFormat(.contiguous)
    case "preserve_format": return .memoryFormat(.preserve)
    case "Mean": return .int(1)
    case "long": return .dtype(.i64)
    case "float" where type.hasPrefix("ScalarType"): return .dtype(.f32)
    default: break
    }
    if text.hasPrefix("[") {
      return .list(text.dropFirst().dropLast().split(separator: ",").map { value(of: $0.drop(while: { $0 == " " }), type: "int") })
    }
    if text.hasPrefix("\"") || text.hasPrefix("'") { return .string(String(text.dropFirst().dropLast())) }
    if let integer = Int(text) {
      if type == "float" { return .double(Double(integer)) }
      return type.contains("[") && !type.hasSuffix("?") ? .list([.int(SymbolicInt(integer))]) : .int(SymbolicInt(integer))
    }
    if let number = Double(text) { return .double(number) }
    preconditionFailure("default '\(text)' of type \(type) is understood")
  }
}
