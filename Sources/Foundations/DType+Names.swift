extension DType {
  /// The name that ATen's messages have for it (`c10/core/ScalarType.h`, `toString`).
  package var c10Name: String {
    switch self {
    case .bool: "Bool"
    case .u8: "Byte"
    case .i8: "Char"
    case .i16: "Short"
    case .i32: "Int"
    case .i64: "Long"
    case .f16: "Half"
    case .bf16: "BFloat16"
    case .f32: "Float"
    case .f64: "Double"
    default: torchName
    }
  }
}
