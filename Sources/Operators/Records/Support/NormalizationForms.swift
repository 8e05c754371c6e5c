import Foundations
import Graphs
import LoopIR
import Tensors

/// Softmax and normalisations as loop expressions.
enum NormalizationForm {
  private static func everyPoint(_ rank: Int) -> [[Int]] { (0..<rank).map { [$0] } }

  static func softmax(_ c: ReductionContext, _ result: DType, isLogarithm: Bool) throws -> Reduction? {
    let type: TensorType = try c.call.type("self")
    guard ReductionForm.hasElements(type), result.isComputable else { return nil }
    let frame = ReductionContext.Frame(type.sizes, reduced: [try c.call.dimension("dim", rank: type.rank)])
    guard let element = try c.load("self", as: type.sizes, in: frame) else { return nil }
    let x: LoopExpression = element.cast(to: ReductionForm.computeType(type.dtype, result))
    guard x.type.isFloatingPoint else { return nil }
    let centered: LoopExpression = x - x.reduced(.reduceMaximum)
    let powers: LoopExpression = centered.unary(.exp)
    let total: LoopExpression = powers.reduced(.reduceSum)
    let value: LoopExpression = isLogarithm ? centered - total.unary(.log) : powers * total.unary(.reciprocal)
    return Reduction(domain: type.sizes, reduced: frame.reduced, results: [.init(value: value, dimensions: everyPoint(type.rank))])
  }

  /// The element in the type that normalisations compute in.
  private static func element(_ c: ReductionContext, _ name: String, as sizes: [SymbolicInt], _ type: LoopType, in frame: ReductionContext.Frame) throws
    -> LoopExpression?
  { try c.load(name, as: sizes, in: frame)?.cast(to: type) }

  /// (x - mean) / sqrt(variance + eps), times the weight, plus the bias; mean; 1 / sqrt(variance + eps).
  private static func normalized(_ x: LoopExpression, _ c: ReductionContext, _ frame: ReductionContext.Frame, _ weight: LoopExpression?, _ bias: LoopExpression?)
    throws -> (value: LoopExpression, mean: LoopExpression, scale: LoopExpression)
  {
    let mean: LoopExpression = ReductionForm.mean(x, c, frame)
    let centered: LoopExpression = x - mean
    let scale: LoopExpression = (ReductionForm.mean(centered * centered, c, frame) + (try c.call.double("eps"))).unary(.rsqrt)
    var value: LoopExpression = centered * scale
    if let weight { value = value * weight }
    if let bias { value = value + bias }
    return (value, mean, scale)
  }

  static func layer(_ c: ReductionContext, givesStatistics: Bool) throws -> Reduction? {
    let (type, trailing): (TensorType, Int) = (try c.call.type("input"), try c.call.sizes("normalized_shape").count)
    guard ReductionForm.hasElements(type) else { return nil }
    let first: Int = type.rank - trailing
    let frame = ReductionContext.Frame(type.sizes, reduced: Set(first..<type.rank))
    let compute = LoopType(computing: type.dtype)
    guard let x = try element(c, "input", as: type.sizes, compute, in: frame) else { return nil }
    var parameters: [LoopExpression?] = []
    for name in ["weight", "bias"] {
      guard let parameter = c.call.optionalType(name) else { parameters.append(nil); continue }
      guard let value = try element(c, name, as: parameter.sizes, compute, in: frame) else { return nil }
      parameters.append(value)
    }
    let (value, mean, scale) = try normalized(x, c, frame, parameters[0], parameters[1])
    let rows: [[Int]] = (0..<type.rank).map { $0 < first ? [$0] : [] }
    var results: [Reduction.Result] = [.init(value: value, dimensions: everyPoint(type.rank))]
    if givesStatistics { results += [.init(value: mean, dimensions: rows), .init(value: scale, dimensions: rows)] }
    return Reduction(domain: type.sizes, reduced: frame.reduced, results: results)
  }

  static func rootMeanSquare(_ c: ReductionContext, epsilon: Double) throws -> Reduction? {
    let (type, trailing): (TensorType, Int) = (try c.call.type("input"), try c.call.sizes("normalized_shape").count)
    guard ReductionForm.hasElements(type) else { return nil }
    let first: Int = type.rank - trailing
    let frame = ReductionContext.Frame(type.sizes, reduced: Set(first..<type.rank))
    guard let x = try element(c, "input", as: type.sizes, LoopType(computing: type.dtype), in: frame) else { return nil }
    let scale: LoopExpression = (ReductionForm.mean(x * x, c, frame) + epsilon).unary(.rsqrt)
    var value: LoopExpression = x * scale
    if let parameter = c.call.optionalType("weight") {
      guard let weight = try element(c, "weight", as: parameter.sizes, x.type, in: frame) else { return nil }
      value = value * weight
    }
    let rows: [[Int]] = (0..<type.rank).map { $0 < first ? [$0] : [] }
    return Reduction(
      domain: type.sizes, reduced: frame.reduced, results: [.init(value: value, dimensions: everyPoint(type.rank)), .init(value: scale, dimensions: rows)])
  }

  /// Over a domain in which the channels are two dimensions, groups and channels of a group.
  static func group(_ c: ReductionContext, groups: Int, givesStatistics: Bool) throws -> Reduction? {
    let type: TensorType = try c.call.type("input")
    guard ReductionForm.hasElements(type), type.rank >= 2 else { return nil }
    let (groups, each): (SymbolicInt, SymbolicInt) = (SymbolicInt(groups), type.sizes[1].floorDivided(by: SymbolicInt(groups)))
    guard groups * each == type.sizes[1] else { return nil }
    let domain: [SymbolicInt] = [type.sizes[0], groups, each] + type.sizes.dropFirst(2)
    let frame = ReductionContext.Frame(domain, reduced: Set(2..<domain.count))
    let compute = LoopType(computing: type.dtype)
    guard let x = try element(c, "input", as: domain, compute, in: frame) else { return nil }
    var parameters: [LoopExpression?] = []
    for name in ["weight", "bias"] {
      guard c.call.optionalType(name) != nil else { parameters.append(nil); continue }
      let sizes: [SymbolicInt] = [groups, each] + type.sizes.dropFirst(2).map { _ in 1 }
      guard let value = try element(c, name, as: sizes, compute, in: frame) else { return nil }
      parameters.append(value)
    }
    let (value, mean, scale) = try normalized(x, c, frame, parameters[0], parameters[1])
    let points: [[Int]] = [[0], [1, 2]] + (3..<max(domain.count, 3)).map { [$0] }
    var results: [Reduction.Result] = [.init(value: value, dimensions: points)]
    if givesStatistics { results += [.init(value: mean, dimensions: [[0], [1]]), .init(value: scale, dimensions: [[0], [1]])] }
    return Reduction(domain: domain, reduced: frame.reduced, results: results)
  }
}
