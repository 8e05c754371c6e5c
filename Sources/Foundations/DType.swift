/// An element type; kernels work on the first ten, the rest can be read, shown and passed through.
///
/// The numbers PyTorch uses in its files and in its C ABI are kept at those edges, not here. Raw values up to `f64` equal
/// CRuntime's `lathe_dtype`.
package enum DType: UInt8, Sendable, CaseIterable {
  case bool, u8, i8, i16, i32, i64, f16, bf16, f32, f64
  case u16, u32, u64, c32, c64, c128, f8e4m3fn, f8e5m2, f8e4m3fnuz, f8e5m2fnuz, f8e8m0fnu

  /// Bytes of one element.
  package var size: Int {
    switch self {
    case .bool, .u8, .i8, .f8e4m3fn, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz, .f8e8m0fnu: 1
    case .i16, .u16, .f16, .bf16: 2
    case .i32, .u32, .f32, .c32: 4
    case .i64, .u64, .f64, .c64: 8
    case .c128: 16
    }
  }

  /// Whether Lathe's operators compute in this type.
  @inlinable package var isComputable: Bool { rawValue <= DType.f64.rawValue }
  package var isFloatingPoint: Bool {
    switch self {
    case .f16, .bf16, .f32, .f64, .f8e4m3fn, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz, .f8e8m0fnu: true
    default: false
    }
  }
  package var isComplex: Bool { self == .c32 || self == .c64 || self == .c128 }
  /// An integer type; `bool` is not one.
  package var isInteger: Bool { self != .bool && !isFloatingPoint && !isComplex }
  package var isUnsigned: Bool { self == .u8 || self == .u16 || self == .u32 || self == .u64 }

  /// The short name in PyTorch's readable graphs, for example `f32`, `b8`, `i64`.
  package var abbreviation: String { self == .bool ? "b8" : "\(self)" }

  /// PyTorch's own name, for example `torch.float32` without the prefix.
  package var torchName: String {
    switch self {
    case .bool: "bool"
    case .u8: "uint8"
    case .i8: "int8"
    case .i16: "int16"
    case .i32: "int32"
    case .i64: "int64"
    case .f16: "float16"
    case .bf16: "bfloat16"
    case .f32: "float32"
    case .f64: "float64"
    case .u16: "uint16"
    case .u32: "uint32"
    case .u64: "uint64"
    case .c32: "complex32"
    case .c64: "complex64"
    case .c128: "complex128"
    case .f8e4m3fn: "float8_e4m3fn"
    case .f8e5m2: "float8_e5m2"
    case .f8e4m3fnuz: "float8_e4m3fnuz"
    case .f8e5m2fnuz: "float8_e5m2fnuz"
    case .f8e8m0fnu: "float8_e8m0fnu"
    }
  }
}
