import Foundation
import Foundations

/// Numbers and sizes as C.
enum CText {
  /// A floating-point number exactly, in hexadecimal where it has a fraction.
  static func number(_ value: Double, _ suffix: String) -> String {
    if value.isNaN { return "__builtin_nan\(suffix)(\"\")" }
    if value.isInfinite { return "\(value < 0 ? "-" : "")__builtin_inf\(suffix)()" }
    if value == value.rounded(), abs(value) < 1e6, !(value == 0 && value.sign == .minus) { return "\(Int(value)).0\(suffix)" }
    return "\(String(format: "%a", value))\(suffix)"
  }
  static func integer(_ value: Int64) -> String { value == .min ? "(-9223372036854775807LL - 1)" : "\(value)LL" }

  /// A size over symbols that are C variables of their own names.
  /// - Throws: `LatheError` of kind `unsupported` for a function of sizes that C has no text for.
  static func size(_ size: SymbolicInt) throws -> String {
    switch size {
    case .constant(let value): return "\(value)"
    case .expression(let expression):
      var parts: [String] = try expression.terms.map { term in
        let factors: [String] = try term.factors.map { try atom($0) }
        return (term.coefficient == 1 ? factors : ["\(term.coefficient)"] + factors).joined(separator: " * ")
      }
      if expression.constant != 0 || parts.isEmpty { parts.append("\(expression.constant)") }
      return parts.count == 1 ? parts[0] : "(\(parts.joined(separator: " + ")))"
    }
  }

  private static func atom(_ atom: SymbolicExpression.Atom) throws -> String {
    switch atom {
    case .symbol(let name): return symbol(name)
    case .floorDivide(let a, let b): return "lathe_floor_divide(\(try size(a)), \(try size(b)))"
    case .modulo(let a, let b): return "lathe_modulo(\(try size(a)), \(try size(b)))"
    case .maximum(let a, let b): return "lathe_largest(\(try size(a)), \(try size(b)))"
    case .minimum(let a, let b): return "lathe_least(\(try size(a)), \(try size(b)))"
    case .power(let a, let b):
      guard let exponent = b.constant, (1...8).contains(exponent) else { throw LatheError.unsupported("the size \(atom) cannot be compiled") }
      return "(\(Array(repeating: try size(a), count: exponent).joined(separator: " * ")))"
    case .other(let name, _): throw LatheError.unsupported("a size is computed with \(name), which cannot be compiled")
    }
  }
  /// A symbol's variable.
  static func symbol(_ name: String) -> String { "n_" + name.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined() }

  /// The element type of memory.
  static func storage(_ dtype: DType) -> String {
    switch dtype {
    case .bool, .u8: "uint8_t"
    case .i8: "int8_t"
    case .i16: "int16_t"
    case .i32: "int32_t"
    case .i64: "int64_t"
    case .f16, .bf16: "uint16_t"
    case .f32: "float"
    case .f64: "double"
    default: "uint8_t"
    }
  }
}

extension CText {
  /// A string literal.
  static func string(_ text: String) -> String {
    var result: String = "\""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += "\\\(Character(UnicodeScalar(byte)))"
      case 0x20..<0x7F: result.append(Character(UnicodeScalar(byte)))
      default: result += "\\" + String(byte, radix: 8).leftPadded(to: 3)
      }
    }
    return result + "\""
  }
}

extension String {
  fileprivate func leftPadded(to count: Int) -> String { String(repeating: "0", count: max(0, count - self.count)) + self }
}
