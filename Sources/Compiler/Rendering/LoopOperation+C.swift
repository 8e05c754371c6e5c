import Foundations
import LoopIR

extension LoopType {
  /// How C names in `lathe_lanes.h` end for the type.
  var suffix: String {
    switch self {
    case .bool: "b"
    case .int: "i"
    case .float: "f"
    case .double: "d"
    }
  }
  var lanes: String { "lanes_\(suffix)" }
}

extension LoopOperation {
  /// How an operation is written in C.
  enum Form {
    case prefix(String)
    case infix(String)
    /// A comparison: the truth value of an infix operation.
    case comparison(String)
    /// A function of `lathe_lanes.h` or `lathe_functions.h`, its name without the type's suffix.
    case function(String)
  }

  /// The C of the operation on operands of a type; nil where it is left to the operator's own kernel.
  func form(of type: LoopType) -> Form? {
    switch self {
    case .add: type == .bool ? .infix("|") : type == .int ? .function("add") : .infix("+")
    case .subtract: type == .bool ? nil : type == .int ? .function("subtract") : .infix("-")
    case .multiply: type == .bool ? .infix("&") : type == .int ? .function("multiply") : .infix("*")
    case .divide: type.isFloatingPoint ? .infix("/") : nil
    case .negate: type.isFloatingPoint ? .prefix("-") : nil
    case .maximum, .minimum: type == .bool ? .infix(self == .maximum ? "|" : "&") : .function("\(self)")
    case .and: type == .int || type == .bool ? .infix("&") : nil
    case .or: type == .int || type == .bool ? .infix("|") : nil
    case .exclusiveOr: type == .int || type == .bool ? .infix("^") : nil
    case .not: type == .int || type == .bool ? .prefix("~") : nil
    case .equal: .comparison("==")
    case .notEqual: .comparison("!=")
    case .less: type == .bool ? nil : .comparison("<")
    case .lessOrEqual: type == .bool ? nil : .comparison("<=")
    case .greater: type == .bool ? nil : .comparison(">")
    case .greaterOrEqual: type == .bool ? nil : .comparison(">=")
    case .absolute, .sign: type == .bool ? nil : .function("\(self)")
    case .power: type == .bool ? nil : .function("power")
    case .gcd, .lcm, .shiftLeft, .shiftRight: type == .int ? .function("\(self)") : nil
    case .roundToF16: type == .float ? .function("rounded_f16") : nil
    case .roundToBF16: type == .float ? .function("rounded_bf16") : nil
    case .remainder, .divideFlooring, .fmod: type == .bool ? nil : .function("\(self)")
    case .divideTruncating: type == .int ? .function("\(self)") : nil
    case .fmax, .fmin, .sqrt, .floor, .ceil, .trunc, .round, .copysign, .nextafter, .hypot, .atan2, .erfc, .asin, .acos, .atan,
      .exp, .exp2, .expm1, .log, .log2, .log10, .log1p, .sin, .cos, .tan, .sinh, .cosh, .tanh, .asinh, .acosh, .atanh, .erf, .sigmoid:
      type.isFloatingPoint ? .function("\(self)") : nil
    default: nil
    }
  }

  /// Whether its function, on operands of a type, is one of `lathe_functions.h`.
  func isRare(of type: LoopType) -> Bool {
    guard case .function? = form(of: type) else { return false }
    switch self {
    case .add, .subtract, .multiply, .maximum, .minimum, .absolute, .sign: return false
    case .fmax, .fmin, .sqrt, .floor, .ceil, .trunc, .round, .copysign, .roundToF16, .roundToBF16: return false
    case .exp, .expm1, .log, .log2, .log10, .log1p, .tanh, .erf, .sigmoid: return type != .float
    default: return true
    }
  }

  /// Whether kernels can contain it; `type` is that of its operands.
  package func isRendered(of type: LoopType) -> Bool {
    switch self {
    case .constant, .load, .cast, .select, .reduceMaximum, .reduceMinimum: true
    case .reduceSum, .reduceProduct: type != .bool
    // The type of a position's operands is that of the last, the position itself.
    case .reducePositionOfMaximum, .reducePositionOfMinimum: type == .int
    case .square, .reciprocal, .rsqrt, .multiplyAdd, .isNaN, .isInfinite: type.isFloatingPoint
    case .divideTruncating: type != .bool
    default: form(of: type) != nil
    }
  }
}

/// Writes one value of a kernel as C.
struct LoopValueRenderer {
  let arena: LoopArena
  /// A value's variable.
  let name: (LoopValue) -> String
  /// How a load is written, by its access.
  let load: (Int) -> String

  func text(_ value: LoopValue) -> String {
    let node: LoopArena.Node = arena[value]
    let operands: [String] = node.operands.map(name)
    let type: LoopType = node.operands.last.map { arena[$0].type } ?? node.type
    let suffix: String = type.suffix
    switch node.operation {
    case .constant: return constant(node)
    case .load: return load(Int(node.immediate))
    case .cast:
      return type == node.type ? operands[0] : "\(node.type.suffix.uppercased())_FROM_\(suffix.uppercased())(\(operands[0]))"
    case .select: return "select_\(suffix)(\(operands.joined(separator: ", ")))"
    case .square: return "\(operands[0]) * \(operands[0])"
    case .reciprocal: return "1 / \(operands[0])"
    case .rsqrt: return "1 / sqrt_\(suffix)(\(operands[0]))"
    case .multiplyAdd: return "\(operands[0]) * \(operands[1]) + \(operands[2])"
    case .divideTruncating where type.isFloatingPoint: return "trunc_\(suffix)(\(operands[0]) / \(operands[1]))"
    case .isNaN: return "TRUE_\(suffix.uppercased())(\(operands[0]) != \(operands[0]))"
    case .isInfinite: return "TRUE_\(suffix.uppercased())(absolute_\(suffix)(\(operands[0])) == __builtin_inf\(type == .float ? "f" : "")())"
    default: break
    }
    switch node.operation.form(of: type) {
    case .prefix(let sign): return "\(sign)\(operands[0])"
    case .infix(let sign): return "\(operands[0]) \(sign) \(operands[1])"
    case .comparison(let sign): return "TRUE_\(suffix.uppercased())(\(operands[0]) \(sign) \(operands[1]))"
    case .function(let name): return "\(name)_\(suffix)(\(operands.joined(separator: ", ")))"
    case nil: preconditionFailure("\(node.operation) of \(type) is not rendered")
    }
  }

  /// A value of `type`, named, in the type that memory of `dtype` is stored from.
  func stored(_ name: String, _ type: LoopType, as dtype: DType) -> String {
    let target = LoopType(computing: dtype)
    return type == target ? name : "\(target.suffix.uppercased())_FROM_\(type.suffix.uppercased())(\(name))"
  }

  private func constant(_ node: LoopArena.Node) -> String {
    switch node.type {
    case .bool: return "ALL_B(\(node.immediate))"
    case .int: return "ALL_I(\(CText.integer(Int64(bitPattern: node.immediate))))"
    case .float: return "ALL_F(\(CText.number(Double(bitPattern: node.immediate), "f")))"
    case .double: return "ALL_D(\(CText.number(Double(bitPattern: node.immediate), "")))"
    }
  }
}
