import Foundations
import Graphs

extension OperatorTable {
  /// Losses made of other operators (`ATen/native/Loss.cpp`, `PointwiseOps`); reductions are 0 none, 1 mean, 2 sum.
  static let losses: [OperatorRecord] =
    [
      loss("mse_loss(Tensor self, Tensor target, int reduction=1)") { c in
        let difference: Value = try c("aten.sub.Tensor", c["self"], c["target"])
        return try c("aten.mul.Tensor", difference, difference)
      },
      loss("l1_loss(Tensor self, Tensor target, int reduction=1)") { c in try distance(c) },
      loss("smooth_l1_loss(Tensor self, Tensor target, int reduction=1, float beta=1.)") { c in
        let (beta, z): (Double, Value) = (try c.call.double("beta"), try distance(c))
        guard beta >= 0 else { throw c.call.failure("smooth_l1_loss does not support negative values for beta.") }
        if beta == 0 { return z }
        let square: Value = try c("aten.mul.Scalar", try c("aten.mul.Tensor", z, z), .double(0.5 / beta))
        return try c("aten.where.self", try c("aten.lt.Scalar", z, .double(beta)), square, try c("aten.sub.Scalar", z, .double(0.5 * beta)))
      },
      loss("huber_loss(Tensor self, Tensor target, int reduction=1, float delta=1.)") { c in
        let (delta, z): (Double, Value) = (try c.call.double("delta"), try distance(c))
        guard delta > 0 else { throw c.call.failure("huber_loss does not support non-positive values for delta.") }
        let square: Value = try c("aten.mul.Scalar", try c("aten.mul.Tensor", z, z), .double(0.5))
        let line: Value = try c("aten.mul.Scalar", try c("aten.sub.Scalar", z, .double(0.5 * delta)), .double(delta))
        return try c("aten.where.self", try c("aten.le.Scalar", z, .double(delta)), square, line)
      },
      loss("binary_cross_entropy(Tensor self, Tensor target, Tensor? weight=None, int reduction=1)") { c in
        let log: Value = try c("aten.clamp_min.default", try c("aten.log.default", c["self"]), .integer(-100))
        let negated: Value = try c("aten.neg.default", c["self"])
        let complement: Value = try c("aten.clamp_min.default", try c("aten.log1p.default", negated), .integer(-100))
        let first: Value = try c("aten.mul.Tensor", try c("aten.sub.Scalar", c["target"], .integer(1)), complement)
        let value: Value = try c("aten.sub.Tensor", first, try c("aten.mul.Tensor", c["target"], log))
        return c["weight"].isNone ? value : try c("aten.mul.Tensor", value, c["weight"])
      },
      loss("binary_cross_entropy_with_logits(Tensor self, Tensor target, Tensor? weight=None, Tensor? pos_weight=None, int reduction=1)") { c in
        var log: Value = try c("aten.log_sigmoid.default", c["self"])
        if !c["pos_weight"].isNone {
          let weight: Value = try c("aten.mul.Tensor", try c("aten.sub.Scalar", c["pos_weight"], .integer(1)), c["target"])
          log = try c("aten.mul.Tensor", log, try c("aten.add.Scalar", weight, .integer(1)))
        }
        let first: Value = try c("aten.mul.Tensor", try c("aten.rsub.Scalar", c["target"], .integer(1)), c["self"])
        let value: Value = try c("aten.sub.Tensor", first, log)
        return c["weight"].isNone ? value : try c("aten.mul.Tensor", value, c["weight"])
      },
      loss("kl_div(Tensor self, Tensor target, int reduction=1, *, bool log_target=False)") { c in
        if try c.call.flag("log_target") {
          return try c("aten.mul.Tensor", try c("aten.exp.default", c["target"]), try c("aten.sub.Tensor", c["target"], c["self"]))
        }
        let entropy: Value = try c("aten.xlogy.Tensor", c["target"], c["target"])
        return try c("aten.sub.Tensor", entropy, try c("aten.mul.Tensor", c["target"], c["self"]))
      },
      loss("hinge_embedding_loss(Tensor self, Tensor target, float margin=1., int reduction=1)") { c in
        let margin: Value = try c("aten.clamp_min.default", try c("aten.rsub.Scalar", c["self"], c["margin"]), .integer(0))
        let first: Value = try chosen(c, where: try c("aten.ne.Scalar", c["target"], .integer(1)), margin)
        return try c("aten.add.Tensor", first, try chosen(c, where: try c("aten.ne.Scalar", c["target"], .integer(-1)), c["self"]))
      },
      loss("margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, float margin=0., int reduction=1)") { c in
        let difference: Value = try c("aten.sub.Tensor", c["input1"], c["input2"])
        let product: Value = try c("aten.mul.Tensor", try c("aten.neg.default", c["target"]), difference)
        return try c("aten.clamp_min.default", try c("aten.add.Scalar", product, c["margin"]), .integer(0))
      },
      loss("soft_margin_loss(Tensor self, Tensor target, int reduction=1)") { c in
        let product: Value = try c("aten.mul.Tensor", try c("aten.neg.default", c["target"]), c["self"])
        return try c("aten.log1p.default", try c("aten.exp.default", product))
      },
      loss("poisson_nll_loss(Tensor input, Tensor target, bool log_input, bool full, float eps, int reduction)") { c in
        let value: Value
        if try c.call.flag("log_input") {
          value = try c("aten.sub.Tensor", try c("aten.exp.default", c["input"]), try c("aten.mul.Tensor", c["target"], c["input"]))
        } else {
          let log: Value = try c("aten.log.default", try c("aten.add.Scalar", c["input"], c["eps"]))
          value = try c("aten.sub.Tensor", c["input"], try c("aten.mul.Tensor", c["target"], log))
        }
        guard try c.call.flag("full") else { return value }
        let target: Value = c["target"]
        let half: Value = try c("aten.mul.Scalar", try c("aten.log.default", try c("aten.mul.Scalar", target, .double(2 * Double.pi))), .double(0.5))
        let power: Value = try c("aten.sub.Tensor", try c("aten.mul.Tensor", target, try c("aten.log.default", target)), target)
        let stirling: Value = try c("aten.add.Tensor", power, half)
        let closed: Value = try c("aten.le.Scalar", target, .integer(1))
        return try c("aten.add.Tensor", value, try c("aten.masked_fill.Scalar", stirling, closed, .integer(0)))
      },
      loss("cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target, float margin=0., int reduction=1)") { c in
        let rank: Int = try c.call.type("target").rank
        let dim: Value = .ints([rank])
        func inner(_ a: String, _ b: String) throws -> Value { try c("aten.sum.dim_IntList", try c("aten.mul.Tensor", c[a], c[b]), dim) }
        let first: Value = try c("aten.add.Scalar", try inner("input1", "input1"), .double(1e-12))
        let second: Value = try c("aten.add.Scalar", try inner("input2", "input2"), .double(1e-12))
        let length: Value = try c("aten.sqrt.default", try c("aten.mul.Tensor", first, second))
        let cosine: Value = try c("aten.div.Tensor", try inner("input1", "input2"), length)
        let positive: Value = try c("aten.rsub.Scalar", cosine, .integer(1))
        let negative: Value = try c("aten.clamp_min.default", try c("aten.sub.Scalar", cosine, c["margin"]), .integer(0))
        let same: Value = try chosen(c, where: try c("aten.eq.Scalar", c["target"], .integer(1)), positive)
        return try c("aten.add.Tensor", same, try chosen(c, where: try c("aten.eq.Scalar", c["target"], .integer(-1)), negative))
      },
      loss(
        "triplet_margin_loss(Tensor anchor, Tensor positive, Tensor negative, float margin=1., float p=2., float eps=9.9999999999999995e-07, bool swap=False, int reduction=1)"
      ) { c in
        func apart(_ a: String, _ b: String) throws -> Value { try c("aten.pairwise_distance.default", c[a], c[b], c["p"], c["eps"]) }
        var far: Value = try apart("anchor", "negative")
        if try c.call.flag("swap") { far = try c("aten.minimum.default", far, try apart("positive", "negative")) }
        let difference: Value = try c("aten.sub.Tensor", try apart("anchor", "positive"), far)
        return try c("aten.clamp_min.default", try c("aten.add.Scalar", difference, c["margin"]), .integer(0))
      },
      OperatorRecord(
        "aten::cross_entropy_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, SymInt ignore_index=-100, float label_smoothing=0.) -> Tensor",
        .composite(crossEntropy)),
    ]

  private static func loss(_ signature: String, _ value: @escaping @Sendable (Composer) throws -> Value) -> OperatorRecord {
    OperatorRecord("aten::\(signature) -> Tensor", .composite { c in [try reduced(c, try value(c))] })
  }
  /// A loss reduced as the argument `reduction` says.
  static func reduced(_ c: Composer, _ value: Value) throws -> Value {
    switch try c.call.integer("reduction") {
    case 0: return value
    case 1: return try c("aten.mean.default", value)
    case 2: return try c("aten.sum.default", value)
    case let other: throw c.call.failure("reduction \(other) is not one of 0 (none), 1 (mean) and 2 (sum)")
    }
  }
  private static func distance(_ c: Composer) throws -> Value { try c("aten.abs.default", try c("aten.sub.Tensor", c["self"], c["target"])) }
  /// The value where the condition holds, else 0.
  private static func chosen(_ c: Composer, where condition: Value, _ value: Value) throws -> Value {
    try c("aten.where.self", condition, value, try c("aten.zeros_like.default", value))
  }

  @Sendable private static func crossEntropy(_ c: Composer) throws -> [Value] {
    let (input, target): (TensorType, TensorType) = (try c.call.type("self"), try c.call.type("target"))
    let dim: Int = input.rank == 1 ? 0 : 1
    guard input.rank > 0 else { throw c.call.failure("input must have at least one dimension") }
    let (classes, smoothing): (SymbolicInt, Double) = (input.sizes[dim], try c.call.double("label_smoothing"))
    guard smoothing >= 0, smoothing <= 1 else { throw c.call.failure("label_smoothing must be between 0.0 and 1.0. Got: \(smoothing)") }
    guard let count = classes.constant else { throw c.call.failure("its number of classes \(classes) is not known") }
    let logs: Value = try c("aten.log_softmax.int", c["self"], .integer(dim), .dtype(input.dtype))
    let reduction: Int = try c.call.integer("reduction")
    var shape: [Int] = Array(repeating: 1, count: input.rank)
    shape[dim] = count
    let weight: Value = c["weight"].isNone ? .none : try c("aten.view.default", c["weight"], .ints(shape))
    func weighed(_ value: Value) throws -> Value { weight.isNone ? value : try c("aten.mul.Tensor", value, weight) }
    func negatedSum(_ value: Value) throws -> Value { try c("aten.neg.default", try c("aten.sum.dim_IntList", value, .ints([dim]))) }
    if target.sizes == input.sizes {
      guard target.dtype.isFloatingPoint else {
        throw c.call.failure("Expected floating point type for target with class probabilities, got \(target.dtype.torchName)")
      }
      var probabilities: Value = c["target"]
      if smoothing > 0 {
        let kept: Value = try c("aten.mul.Scalar", probabilities, .double(1 - smoothing))
        probabilities = try c("aten.add.Scalar", kept, .double(smoothing / Double(count)))
      }
      let each: Value = try negatedSum(try weighed(try c("aten.mul.Tensor", logs, probabilities)))
      if reduction == 0 { return [each] }
      return [try reduced(c, each)]
    }
    let plain: Value = try c("aten.nll_loss_nd.default", logs, c["target"], c["weight"], c["reduction"], c["ignore_index"])
    if smoothing == 0 { return [plain] }
    let ignored: Value = try c("aten.eq.Scalar", c["target"], c["ignore_index"])
    var smooth: Value = try negatedSum(try weighed(logs))
    smooth = try c("aten.masked_fill.Scalar", smooth, ignored, .integer(0))
    if reduction == 2 { smooth = try c("aten.sum.default", smooth) }
    if reduction == 1 {
      let total: Value
      if weight.isNone {
        total = try c("aten.sum.default", try c("aten.logical_not.default", ignored))
      } else {
        let flat: Value = try c("aten.reshape.default", try c("aten.masked_fill.Scalar", c["target"], ignored, .integer(0)), .ints([-1]))
        let own: Value = try c("aten.gather.default", c["weight"], .integer(0), flat)
        let closed: Value = try c("aten.reshape.default", ignored, .ints([-1]))
        total = try c("aten.sum.default", try c("aten.masked_fill.Scalar", own, closed, .integer(0)))
      }
      smooth = try c("aten.div.Tensor", try c("aten.sum.default", smooth), total)
    }
    let share: Value = try c("aten.mul.Scalar", smooth, .double(smoothing / Double(count)))
    return [try c("aten.add.Tensor", try c("aten.mul.Scalar", plain, .double(1 - smoothing)), share)]
  }
}
