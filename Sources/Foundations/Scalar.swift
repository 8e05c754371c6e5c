/// A number of the host language: an operator argument of ATen's type `Scalar`.
package enum Scalar: Hashable, Sendable {
  case bool(Bool), int(Int), double(Double)

  package var double: Double {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .int(let value): Double(value)
    case .double(let value): value
    }
  }
  /// The value as an integer; a fraction is cut off, what does not fit is clamped.
  package var int: Int {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .int(let value): value
    case .double(let value):
      value.isNaN ? 0 : Int(exactly: value.rounded(.towardZero)) ?? (value < 0 ? Int.min : Int.max)
    }
  }
  package var isTrue: Bool { double != 0 }
  /// The type it takes part in promotion with.
  package var dtype: DType {
    switch self {
    case .bool: .bool
    case .int: .i64
    case .double: .f64
    }
  }
}
