import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Losses over class indices (`ATen/native/LossNLL.cpp`, `LossMultiMargin.cpp`, `LossMultiLabelMargin.cpp`).
  static let classLosses: [OperatorRecord] =
    [
      ("nll_loss_nd", "Tensor? weight=None, int reduction=1, SymInt ignore_index=-100", "Tensor"),
      ("nll_loss", "Tensor? weight=None, int reduction=1, SymInt ignore_index=-100", "Tensor"),
      ("nll_loss2d", "Tensor? weight=None, int reduction=1, SymInt ignore_index=-100", "Tensor"),
      ("nll_loss_forward", "Tensor? weight, int reduction, SymInt ignore_index", "(Tensor output, Tensor total_weight)"),
      ("nll_loss2d_forward", "Tensor? weight, int reduction, SymInt ignore_index", "(Tensor output, Tensor total_weight)"),
    ].map { name, parameters, result in
      OperatorRecord("aten::\(name)(Tensor self, Tensor target, \(parameters)) -> \(result)", .kernel(shape: likelihoodTypes, run: likelihood))
    }
    + [
      OperatorRecord(
        "aten::multi_margin_loss(Tensor self, Tensor target, Scalar p=1, Scalar margin=1, Tensor? weight=None, int reduction=1) -> Tensor",
        .kernel(shape: { [try rowLossType($0)] }, run: multiMargin)),
      OperatorRecord(
        "aten::multilabel_margin_loss(Tensor self, Tensor target, int reduction=1) -> Tensor", .kernel(shape: { [try rowLossType($0)] }, run: multilabelMargin)),
      OperatorRecord(
        "aten::multilabel_margin_loss_forward(Tensor self, Tensor target, int reduction) -> (Tensor output, Tensor is_target)",
        .kernel(shape: { call in [try rowLossType(call), .tensor(TensorType(dtype: try call.type("self").dtype, sizes: try call.type("target").sizes))] }, run: multilabelMargin)),
    ]

  /// The result, and for `_forward` the weight that a mean divides by.
  @Sendable private static func likelihoodTypes(_ call: OperatorCall) throws -> [ValueType] {
    let (input, target): (TensorType, TensorType) = (try call.type("self"), try call.type("target"))
    guard input.dtype.isFloatingPoint, input.dtype.isComputable else { throw LatheError.unsupported("\(call.schema.name) on \(input.dtype.torchName)") }
    guard input.rank >= 1, target.rank == input.rank - 1 else {
      throw call.failure("0D or 1D target tensor expected, multi-target not supported: input \(input.sizes), target \(target.sizes)")
    }
    let expected: [SymbolicInt] = input.rank == 1 ? [] : [input.sizes[0]] + input.sizes.dropFirst(2)
    guard zip(expected, target.sizes).allSatisfy({ call.isEqual($0, $1) }) else {
      throw call.failure("Expected target size \(expected), got \(target.sizes)")
    }
    let isSingle: Bool = try call.integer("reduction") != 0
    let result: ValueType = .tensor(TensorType(dtype: input.dtype, sizes: isSingle ? [] : target.sizes))
    return call.schema.results.count > 1 ? [result, .tensor(TensorType(dtype: input.dtype, sizes: []))] : [result]
  }

  @Sendable private static func likelihood(_ call: OperatorCall, _ types: [ValueType]) throws -> [Value] {
    let input: Tensor = try call.tensor("self")
    let (values, targets): ([Double], [Int]) = (try input.doubles(), try call.tensor("target").integers())
    let weights: [Double]? = try call.optionalTensor("weight")?.doubles()
    let (reduction, ignored): (Int, Int) = (try call.integer("reduction"), try call.integer("ignore_index"))
    let classes: Int = input.rank == 1 ? input.sizes[0] : input.sizes[1]
    let inner: Int = input.sizes.dropFirst(2).reduce(1, *)
    if let weights, weights.count != classes {
      throw call.failure("weight tensor should be defined either for all \(classes) classes or no classes but got weight tensor of \(weights.count) elements")
    }
    var each: [Double] = Array(repeating: 0, count: targets.count)
    var (sum, total): (Double, Double) = (0, 0)
    for (place, target) in targets.enumerated() where target != ignored {
      guard target >= 0, target < classes else { throw call.failure("Target \(target) is out of bounds.") }
      let weight: Double = weights?[target] ?? 1
      let index: Int = (place / inner) * classes * inner + target * inner + place % inner
      each[place] = -values[index] * weight
      sum += each[place]
      total += weight
    }
    let dtype: DType = input.dtype
    let result: Tensor
    switch reduction {
    case 0: result = try Tensor(each, sizes: try call.tensor("target").sizes, dtype)
    case 1: result = try Tensor([sum / total], sizes: [], dtype)
    default: result = try Tensor([sum], sizes: [], dtype)
    }
    return types.count > 1 ? [.tensor(result), .tensor(try Tensor([reduction == 0 ? 0 : total], sizes: [], dtype))] : [.tensor(result)]
  }

  private static func rowLossType(_ call: OperatorCall) throws -> ValueType {
    let input: TensorType = try call.type("self")
    guard input.dtype.isFloatingPoint, input.dtype.isComputable else { throw LatheError.unsupported("\(call.schema.name) on \(input.dtype.torchName)") }
    guard input.rank <= 2 else { throw call.failure("Expected non-empty vector or matrix with optional 0-dim batch size, but got: \(input.sizes)") }
    let isSingle: Bool = try call.integer("reduction") != 0 || input.rank < 2
    return .tensor(TensorType(dtype: input.dtype, sizes: isSingle ? [] : [input.sizes[0]]))
  }
  private static func rowLoss(_ call: OperatorCall, _ each: [Double], _ dtype: DType) throws -> Tensor {
    let sum: Double = each.reduce(0, +)
    switch try call.integer("reduction") {
    case 0: return try Tensor(each, sizes: try call.type("self").rank < 2 ? [] : [each.count], dtype)
    case 1: return try Tensor([sum / Double(each.count)], sizes: [], dtype)
    default: return try Tensor([sum], sizes: [], dtype)
    }
  }

  @Sendable private static func multiMargin(_ call: OperatorCall, _ types: [ValueType]) throws -> [Value] {
    let input: Tensor = try call.tensor("self")
    let (values, targets): ([Double], [Int]) = (try input.doubles(), try call.tensor("target").integers())
    let weights: [Double]? = try call.optionalTensor("weight")?.doubles()
    let (p, margin): (Int, Double) = (try call.integer("p"), try call.double("margin"))
    guard p == 1 || p == 2 else { throw call.failure("only p == 1 and p == 2 supported") }
    let width: Int = input.sizes.last ?? 1
    let rows: Int = input.rank < 2 ? 1 : input.sizes[0]
    guard targets.count == rows else { throw call.failure("inconsistent target size, expected \(rows) but got \(targets.count)") }
    let each: [Double] = try (0..<rows).map { row in
      let target: Int = targets[row]
      guard target >= 0, target < width else { throw call.failure("target \(target) out of range") }
      var sum: Double = 0
      for column in 0..<width where column != target {
        let z: Double = margin - values[row * width + target] + values[row * width + column]
        if z > 0 { sum += (p == 1 ? z : z * z) * (weights?[target] ?? 1) }
      }
      return sum / Double(width)
    }
    return [.tensor(try rowLoss(call, each, input.dtype))]
  }

  @Sendable private static func multilabelMargin(_ call: OperatorCall, _ types: [ValueType]) throws -> [Value] {
    let input: Tensor = try call.tensor("self")
    let (values, targets): ([Double], [Int]) = (try input.doubles(), try call.tensor("target").integers())
    let width: Int = input.sizes.last ?? 1
    let rows: Int = input.rank < 2 ? 1 : input.sizes[0]
    guard targets.count == values.count else { throw call.failure("inconsistent target size: \(try call.tensor("target").sizes) for input \(input.sizes)") }
    var marks: [Double] = Array(repeating: 0, count: values.count)
    let each: [Double] = try (0..<rows).map { row in
      let own: [Int] = Array(targets[(row * width)..<((row + 1) * width)].prefix { $0 >= 0 })
      guard own.allSatisfy({ $0 < width }) else { throw call.failure("target out of range") }
      for target in own { marks[row * width + target] = 1 }
      var sum: Double = 0
      for target in own {
        for column in 0..<width where marks[row * width + column] == 0 {
          sum += max(0, 1 - values[row * width + target] + values[row * width + column])
        }
      }
      return sum / Double(width)
    }
    let result: Value = .tensor(try rowLoss(call, each, input.dtype))
    return types.count > 1 ? [result, .tensor(try Tensor(marks, sizes: try call.tensor("target").sizes, input.dtype))] : [result]
  }
}
