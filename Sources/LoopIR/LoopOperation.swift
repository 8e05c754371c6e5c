import CRuntime
import Foundations

/// What a loop value's elements are while they are computed; storage types are converted at loads and stores.
///
/// Integers of every width compute in `int`, f16 and bf16 in `float`.
package enum LoopType: UInt8, Sendable, Hashable {
  case bool = 0, int, float, double

  /// The type elements of `dtype` compute in.
  /// - Precondition: `dtype.isComputable`.
  package init(computing dtype: DType) {
    switch dtype {
    case .bool: self = .bool
    case .f64: self = .double
    case .f16, .bf16, .f32: self = .float
    default: self = .int
    }
  }
  package var isFloatingPoint: Bool { self == .float || self == .double }
}

/// An operation on one element; the closed set that tiles run and that C is rendered from. Semantics stand at `lathe_tile_op`.
///
/// Those whose names begin with `reduce` combine the operand over all points of the reduced dimensions, of which the kernel tells which they
/// are; their result is the same at every such point. Tiles do not run them.
package enum LoopOperation: UInt8, Sendable, Hashable, CaseIterable {
  case constant = 0, load, index, cast
  case add, subtract, multiply, divide, divideTruncating, divideFlooring, remainder, fmod, maximum, minimum, fmax, fmin, power
  case negate, absolute, sign, reciprocal, square, multiplyAdd
  case and, or, exclusiveOr, not, shiftLeft, shiftRight, gcd, lcm
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, isNaN, isInfinite
  case select
  case exp, exp2, expm1, log, log2, log10, log1p, sqrt, rsqrt, sin, cos, tan, asin, acos, atan, atan2, sinh, cosh, tanh, asinh, acosh, atanh
  case erf, erfc, erfinv, lgamma, digamma, sigmoid, floor, ceil, trunc, round, hypot, copysign, nextafter, signbit
  case i0, i0e, i1, i1e, igamma, igammac, polygamma, zeta
  /// The nearest number that f16 or bf16 has. Tiles do not run these.
  case roundToF16, roundToBF16
  /// Sum, product and extremes; a NaN wins an extreme, as in `torch.amax`. Of truth values the extremes are `any` and `all`.
  case reduceSum, reduceProduct, reduceMaximum, reduceMinimum
  /// The least of the second operand (a position, an integer) where the first has its extreme; a NaN is the extreme where there is one.
  case reducePositionOfMaximum, reducePositionOfMinimum

  /// The rounding to a type that is narrower than what it computes in; nil for other types.
  package init?(roundingTo dtype: DType) {
    switch dtype {
    case .f16: self = .roundToF16
    case .bf16: self = .roundToBF16
    default: return nil
    }
  }

  /// Whether its second operand is a divisor.
  package var isDivision: Bool {
    switch self {
    case .divide, .divideTruncating, .divideFlooring, .remainder, .fmod: true
    default: false
    }
  }

  /// Whether it combines values over the reduced dimensions.
  package var isReduction: Bool { rawValue >= LoopOperation.reduceSum.rawValue }

  package var yieldsPosition: Bool { self == .reducePositionOfMaximum || self == .reducePositionOfMinimum }

  /// Whether the result is a truth value whatever the operands are.
  package var yieldsBool: Bool {
    switch self {
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .isNaN, .isInfinite, .signbit: true
    default: false
    }
  }
}
