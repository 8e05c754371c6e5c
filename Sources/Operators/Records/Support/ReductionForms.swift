import CRuntime
import Foundations
import Graphs
import LoopIR
import Tensors

/// Reductions over named dimensions as loop expressions, computed in the types that CRuntime's kernels compute in.
enum ReductionForm {
  /// What elements are brought to where the result's precision matters too.
  static func computeType(_ input: DType, _ output: DType) -> LoopType {
    if input == .f64 || output == .f64 { return .double }
    return input.isFloatingPoint || output.isFloatingPoint ? .float : .int
  }
  /// Whether no size is zero: what an empty reduction gives is the operator's own affair.
  static func hasElements(_ type: TensorType) -> Bool { type.rank > 0 && type.dtype.isComputable && !type.sizes.contains(0) }

  /// Results with one value for each place of the dimensions that are kept.
  /// - Parameter build: gives the results, of the argument's element.
  static func overDimensions(_ c: ReductionContext, _ build: (LoopExpression, ReductionContext.Frame) throws -> [LoopExpression]?) throws -> Reduction? {
    let type: TensorType = try c.call.type("self")
    guard hasElements(type) else { return nil }
    let dims = Set(try OperatorTable.reducedDimensions(c.call, rank: type.rank))
    let frame = ReductionContext.Frame(type.sizes, reduced: dims)
    guard !dims.isEmpty, let x = try c.load("self", as: type.sizes, in: frame), let values = try build(x, frame) else { return nil }
    let dimensions: [[Int]] = try rows(c.call, type.rank, dims)
    return Reduction(domain: type.sizes, reduced: dims, results: values.map { .init(value: $0, dimensions: dimensions) })
  }
  private static func rows(_ call: OperatorCall, _ rank: Int, _ dims: Set<Int>) throws -> [[Int]] {
    if try OperatorTable.keepsDimensions(call) { return (0..<rank).map { dims.contains($0) ? [] : [$0] } }
    return (0..<rank).filter { !dims.contains($0) }.map { [$0] }
  }

  /// One of CRuntime's reductions to one value.
  static func fold(
    _ c: ReductionContext, _ operation: lathe_reduce_op, _ resultType: (OperatorCall, DType) throws -> DType
  ) throws -> Reduction? {
    let dtype: DType = try c.call.type("self").dtype
    let result: DType = try resultType(c.call, dtype)
    // A narrower type that is asked for rounds the elements first.
    if c.call.schema.index(of: "dtype") != nil, dtype.isFloatingPoint, result != dtype, !result.isFloatingPoint || result.size <= dtype.size { return nil }
    return try overDimensions(c) { x, frame in
      let sums: LoopExpression = x.cast(to: computeType(dtype, result))
      let whole: LoopExpression = x.type == .bool ? x.cast(to: .int) : x
      switch operation {
      case LATHE_REDUCE_SUM: return [sums.reduced(.reduceSum)]
      case LATHE_REDUCE_NANSUM where sums.type.isFloatingPoint: return [sums.unary(.isNaN).select(sums.constant(0), sums).reduced(.reduceSum)]
      case LATHE_REDUCE_NANSUM: return [sums.reduced(.reduceSum)]
      case LATHE_REDUCE_PROD: return [sums.reduced(.reduceProduct)]
      case LATHE_REDUCE_MEAN where sums.type.isFloatingPoint: return [mean(sums, c, frame)]
      case LATHE_REDUCE_MAX: return [x.reduced(.reduceMaximum)]
      case LATHE_REDUCE_MIN: return [x.reduced(.reduceMinimum)]
      case LATHE_REDUCE_ANY: return [x.cast(to: .bool).reduced(.reduceMaximum)]
      case LATHE_REDUCE_ALL: return [x.cast(to: .bool).reduced(.reduceMinimum)]
      case LATHE_REDUCE_COUNT_NONZERO: return [x.cast(to: .bool).cast(to: .int).reduced(.reduceSum)]
      case LATHE_REDUCE_ARGMAX: return [whole.reduced(.reducePositionOfMaximum, at: c.position(in: frame))]
      case LATHE_REDUCE_ARGMIN: return [whole.reduced(.reducePositionOfMinimum, at: c.position(in: frame))]
      case LATHE_REDUCE_LOGSUMEXP: return [logarithmOfSum(x.cast(to: computeType(result, result)))]
      default: return nil
      }
    }
  }

  /// The extreme along a dimension and where it is.
  static func extreme(_ c: ReductionContext, largest: Bool) throws -> Reduction? {
    try overDimensions(c) { x, frame in
      let whole: LoopExpression = x.type == .bool ? x.cast(to: .int) : x
      return [
        x.reduced(largest ? .reduceMaximum : .reduceMinimum),
        whole.reduced(largest ? .reducePositionOfMaximum : .reducePositionOfMinimum, at: c.position(in: frame)),
      ]
    }
  }

  static func mean(_ x: LoopExpression, _ c: ReductionContext, _ frame: ReductionContext.Frame) -> LoopExpression {
    x.reduced(.reduceSum) / c.number(frame.count, x.type, in: frame)
  }

  /// log(sum(exp(x))), about the maximum so that nothing overflows.
  private static func logarithmOfSum(_ x: LoopExpression) -> LoopExpression {
    let top: LoopExpression = x.reduced(.reduceMaximum)
    let center: LoopExpression = top.unary(.isInfinite).select(top.constant(0), top)
    return (x - center).unary(.exp).reduced(.reduceSum).unary(.log) + center
  }

  /// Variance, or its root, and the mean. What the mean lost in rounding is taken off the squares.
  static func variance(_ c: ReductionContext, correction: Double, root: Bool, givesMean: Bool) throws -> Reduction? {
    let dtype: DType = try c.call.type("self").dtype
    return try overDimensions(c) { element, frame in
      let x: LoopExpression = element.cast(to: computeType(dtype, dtype))
      let (count, center): (LoopExpression, LoopExpression) = (c.number(frame.count, x.type, in: frame), mean(x, c, frame))
      let deviation: LoopExpression = x - center
      let rest: LoopExpression = deviation.reduced(.reduceSum)
      let squares: LoopExpression = (deviation * deviation).reduced(.reduceSum) - rest * rest / count
      let freedom: LoopExpression = (count - correction).binary(.maximum, count.constant(0))
      let variance: LoopExpression = squares / freedom
      let result: LoopExpression = root ? variance.unary(.sqrt) : variance
      return givesMean ? [result, runningMean(x, center, c, frame)] : [result]
    }
  }

  /// The mean as a running mean has it (`WelfordOps` of PyTorch's `SharedReduceOps.h`): an infinity that another element follows makes it NaN.
  private static func runningMean(_ x: LoopExpression, _ mean: LoopExpression, _ c: ReductionContext, _ frame: ReductionContext.Frame) -> LoopExpression {
    let isBeforeLast: LoopExpression = c.position(in: frame) < c.number(frame.count - 1, .int, in: frame)
    let isFollowed: LoopExpression = x.unary(.isInfinite).binary(.and, isBeforeLast)
    return isFollowed.reduced(.reduceMaximum).select(x.constant(.nan), mean)
  }

  /// The norm of a vector, for the orders that need no power.
  static func norm(_ c: ReductionContext, order: Double, _ result: DType) throws -> Reduction? {
    let dtype: DType = try c.call.type("self").dtype
    return try overDimensions(c) { element, _ in
      let x: LoopExpression = element.cast(to: computeType(dtype, result))
      guard x.type.isFloatingPoint else { return nil }
      switch order {
      case 0: return [x.cast(to: .bool).cast(to: x.type).reduced(.reduceSum)]
      case 1: return [x.unary(.absolute).reduced(.reduceSum)]
      case 2: return [(x * x).reduced(.reduceSum).unary(.sqrt)]
      case .infinity: return [x.unary(.absolute).reduced(.reduceMaximum)]
      case -.infinity: return [x.unary(.absolute).reduced(.reduceMinimum)]
      default: return nil
      }
    }
  }

  /// The mean of the last dimensions, which stay with size 1.
  static func meanOfLast(_ c: ReductionContext, _ count: Int) throws -> Reduction? {
    let type: TensorType = try c.call.type("self")
    guard hasElements(type), type.dtype.isFloatingPoint, type.rank > count else { return nil }
    let kept: Range<Int> = 0..<(type.rank - count)
    let frame = ReductionContext.Frame(type.sizes, reduced: Set(kept.upperBound..<type.rank))
    guard let x = try c.load("self", as: type.sizes, in: frame) else { return nil }
    let dimensions: [[Int]] = kept.map { [$0] } + Array(repeating: [], count: count)
    return Reduction(domain: type.sizes, reduced: frame.reduced, results: [.init(value: mean(x, c, frame), dimensions: dimensions)])
  }
}
