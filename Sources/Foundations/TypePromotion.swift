/// PyTorch's type promotion (`c10/core/ScalarType.cpp`, `torch.result_type`).
package enum TypePromotion {
  /// What takes part in a promotion: a tensor with dimensions, a zero-dimensional tensor, or a number of the host language.
  package enum Operand: Sendable, Hashable {
    case tensor(DType, rank: Int)
    case scalar(DType)
  }

  /// The common type of two element types, as `torch.promote_types` gives it.
  package static func promote(_ a: DType, _ b: DType) -> DType {
    if a == b { return a }
    if a == .bool { return b }
    if b == .bool { return a }
    switch (category(a), category(b)) {
    case (.complex, _), (_, .complex): return promoteComplex(a, b)
    case (.floating, .floating):
      if a == .f64 || b == .f64 { return .f64 }
      if a.size < 2 || b.size < 2 { return a.size < 2 ? b : a }
      return .f32  // f16 with bf16, or either with f32
    case (.floating, _): return a
    case (_, .floating): return b
    default: break
    }
    if a.isUnsigned == b.isUnsigned { return a.size >= b.size ? a : b }
    let (unsigned, signed) = a.isUnsigned ? (a, b) : (b, a)
    if signed.size > unsigned.size { return signed }
    switch unsigned.size {
    case 1: return .i16
    case 2: return .i32
    default: return .i64
    }
  }

  private static func promoteComplex(_ a: DType, _ b: DType) -> DType {
    let wide: Bool = a == .c128 || b == .c128 || a == .f64 || b == .f64
    if wide { return .c128 }
    let narrow: Set<DType> = [.c32, .f16, .bool, .u8, .i8, .i16, .i32, .i64]
    if narrow.contains(a) && narrow.contains(b) { return .c32 }
    return .c64
  }

  private enum Category: Int { case boolean, integer, floating, complex }
  private static func category(_ type: DType) -> Category {
    if type.isComplex { return .complex }
    if type.isFloatingPoint { return .floating }
    return type == .bool ? .boolean : .integer
  }

  /// The result type of an operation: tensors with dimensions come first, then zero-dimensional ones, then numbers; a later
  /// group matters only where its category (boolean, integer, floating, complex) is higher. `torch.result_type`.
  package static func resultType(_ operands: [Operand], default defaultType: DType = .f32) -> DType {
    var groups: [DType?] = [nil, nil, nil]
    for operand in operands {
      let (index, type): (Int, DType) =
        switch operand {
        case .tensor(let type, let rank): (rank > 0 ? 0 : 1, type)
        case .scalar(let type): (2, type == .f64 ? defaultType : type == .c128 ? .c64 : type)
        }
      groups[index] = groups[index].map { promote($0, type) } ?? type
    }
    var result: DType?
    for case let type? in groups {
      guard let current = result else {
        result = type
        continue
      }
      if category(type) == .complex, category(current) == .floating {
        // The earlier group keeps its precision.
        result = current == .f16 ? .c32 : current == .f64 ? .c128 : .c64
      } else if category(type).rawValue > category(current).rawValue {
        result = promote(current, type)
      }
    }
    return result ?? defaultType
  }

  /// Whether a result of type `from` may be written over a tensor of type `to`: a type may be narrowed within its category or
  /// widened to a later one (boolean, integer, floating, complex), never brought back to an earlier one. `torch.can_cast`.
  package static func canCast(_ from: DType, to: DType) -> Bool {
    category(from).rawValue <= category(to).rawValue
  }
}
