import Foundations
import Graphs

// Numbers that torch.export's files use for PyTorch's enumerations (`torch/_export/serde/schema.py`); not PyTorch's own numbers.

extension DType {
  /// The element type that a file's `ScalarType` number means; nil for a number without a counterpart here.
  init?(schemaNumber: Int) {
    switch schemaNumber {
    case 1: self = .u8
    case 2: self = .i8
    case 3: self = .i16
    case 4: self = .i32
    case 5: self = .i64
    case 6: self = .f16
    case 7: self = .f32
    case 8: self = .f64
    case 9: self = .c32
    case 10: self = .c64
    case 11: self = .c128
    case 12: self = .bool
    case 13: self = .bf16
    case 28: self = .u16
    case 29: self = .f8e4m3fn
    case 30: self = .f8e5m2
    case 31: self = .f8e4m3fnuz
    case 32: self = .f8e5m2fnuz
    case 33: self = .f8e8m0fnu
    case 34: self = .u32
    case 35: self = .u64
    default: return nil
    }
  }
}

extension MemoryFormat {
  init?(schemaNumber: Int) {
    switch schemaNumber {
    case 1: self = .contiguous
    case 2: self = .channelsLast
    case 3: self = .channelsLast3d
    case 4: self = .preserve
    default: return nil
    }
  }
}

extension DType {
  /// The `ScalarType` number of a file.
  var schemaNumber: Int { DType.byNumber[self]! }
  private static let byNumber: [DType: Int] = Dictionary(uniqueKeysWithValues: (1...35).compactMap { number in DType(schemaNumber: number).map { ($0, number) } })
}

extension MemoryFormat {
  var schemaNumber: Int {
    switch self {
    case .contiguous: 1
    case .channelsLast: 2
    case .channelsLast3d: 3
    case .preserve: 4
    }
  }
}

/// The `Layout` number of a name that `layoutName` gives; 0, unknown, for another.
func layoutNumber(of name: String) -> Int { (1...7).first { layoutName(schemaNumber: $0) == name } ?? 0 }

/// The name in `torch` of a file's `Layout` number.
func layoutName(schemaNumber: Int) -> String {
  switch schemaNumber {
  case 1: "sparse_coo"
  case 2: "sparse_csr"
  case 3: "sparse_csc"
  case 4: "sparse_bsr"
  case 5: "sparse_bsc"
  case 6: "_mkldnn"
  case 7: "strided"
  default: "layout \(schemaNumber)"
  }
}
