import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Norms and distances (`ATen/native/LinearAlgebra.cpp`, `Distance.cpp`, `WeightNorm.cpp`).
  static let distances: [OperatorRecord] = norms + [
    OperatorRecord("aten::pairwise_distance(Tensor x1, Tensor x2, float p=2., float eps=9.9999999999999995e-07, bool keepdim=False) -> Tensor", .composite { c in
      let difference: Value = try c("aten.add.Scalar", try c("aten.sub.Tensor", c["x1"], c["x2"]), c["eps"])
      return [try norm(c, difference, c["p"], .ints([-1]), c["keepdim"])]
    }),
    OperatorRecord("aten::cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor", .composite { c in
      let common: DType = TypePromotion.resultType(["x1", "x2"].compactMap { name in c.call.optionalType(name).map { .tensor($0.dtype, rank: $0.rank) } })
      guard common.isFloatingPoint else { throw c.call.failure("expected common dtype to be floating point, yet common dtype is \(common.torchName)") }
      let sizes: [SymbolicInt] = try Broadcasting.shape([try c.call.type("x1").sizes, try c.call.type("x2").sizes], c.call.environment)
      func unit(_ name: String) throws -> Value {
        let whole: Value = try c("aten.expand.default", try c("aten.to.dtype", c[name], .dtype(common)), .list(sizes.map { .int($0) }))
        let length: Value = try c("aten.clamp_min.default", try norm(c, whole, .integer(2), .list([c["dim"]]), .bool(true)), c["eps"])
        return try c("aten.div.Tensor", whole, length)
      }
      return [try c("aten.sum.dim_IntList", try c("aten.mul.Tensor", try unit("x1"), try unit("x2")), .list([c["dim"]]))]
    }),
    OperatorRecord("aten::dist(Tensor self, Tensor other, Scalar p=2) -> Tensor", .composite { c in
      [try norm(c, try c("aten.sub.Tensor", c["self"], c["other"]), c["p"], .none, .bool(false))]
    }),
    OperatorRecord("aten::cdist(Tensor x1, Tensor x2, float p=2., int? compute_mode=None) -> Tensor", .composite(crossDistance)),
    OperatorRecord("aten::_cdist_forward(Tensor x1, Tensor x2, float p, int? compute_mode) -> Tensor", .composite(crossDistance)),
    OperatorRecord("aten::_euclidean_dist(Tensor x1, Tensor x2) -> Tensor", .composite { [try $0("aten.cdist.default", $0["x1"], $0["x2"])] }),
    OperatorRecord("aten::pdist(Tensor self, float p=2.) -> Tensor", .kernel(shape: pairTypes, run: pairDistances)),
    OperatorRecord("aten::_pdist_forward(Tensor self, float p=2.) -> Tensor", .kernel(shape: pairTypes, run: pairDistances)),
    OperatorRecord("aten::norm_except_dim(Tensor v, int pow=2, int dim=0) -> Tensor", .composite { [try normExcept($0, $0["pow"])] }),
    OperatorRecord("aten::_weight_norm(Tensor v, Tensor g, int dim=0) -> Tensor", .composite { c in
      [try c("aten.mul.Tensor", c["v"], try c("aten.div.Tensor", c["g"], try normExcept(c, .integer(2))))]
    }),
    OperatorRecord("aten::_weight_norm_interface(Tensor v, Tensor g, int dim=0) -> (Tensor, Tensor)", .composite { c in
      let length: Value = try normExcept(c, .integer(2))
      return [try c("aten.mul.Tensor", c["v"], try c("aten.div.Tensor", c["g"], length)), length]
    }),
  ]

  /// A vector norm by `linalg_vector_norm`.
  static func norm(_ c: Composer, _ value: Value, _ order: Value, _ dims: Value, _ keepsDims: Value, dtype: Value = .none) throws -> Value {
    try c("aten.linalg_vector_norm.default", value, order.isNone ? .integer(2) : order, dims, keepsDims, keywords: ["dtype": dtype])
  }

  /// The norm over all dimensions but one, which stays; all of them where `dim` is -1.
  private static func normExcept(_ c: Composer, _ order: Value) throws -> Value {
    let rank: Int = try c.call.type("v").rank
    let dim: Int = try c.call.integer("dim")
    if dim == -1 { return try norm(c, c["v"], order, .none, .bool(false)) }
    return try norm(c, c["v"], order, .ints((0..<rank).filter { $0 != dim }), .bool(true))
  }

  /// Distances between all rows of two matrices, batch by batch.
  @Sendable private static func crossDistance(_ c: Composer) throws -> [Value] {
    let (a, b): (TensorType, TensorType) = (try c.call.type("x1"), try c.call.type("x2"))
    guard a.rank >= 2, b.rank >= 2 else { throw c.call.failure("cdist only supports at least 2D tensors, X1 got: \(a.rank)D, X2 got: \(b.rank)D") }
    guard c.call.isEqual(a.sizes[a.rank - 1], b.sizes[b.rank - 1]) else {
      throw c.call.failure("X1 and X2 must have the same number of columns. X1: \(a.sizes[a.rank - 1]) X2: \(b.sizes[b.rank - 1])")
    }
    let difference: Value = try c("aten.sub.Tensor", try c("aten.unsqueeze.default", c["x1"], .integer(-2)), try c("aten.unsqueeze.default", c["x2"], .integer(-3)))
    let order: Value = c.call.schema.index(of: "p") == nil ? .integer(2) : c["p"]
    return [try norm(c, difference, order, .ints([-1]), .bool(false))]
  }

  @Sendable private static func pairTypes(_ call: OperatorCall) throws -> [ValueType] {
    let type: TensorType = try call.type("self")
    guard type.rank == 2 else { throw call.failure("pdist only supports 2D tensors, got: \(type.rank)D") }
    guard type.dtype.isFloatingPoint, type.dtype.isComputable else { throw call.failure("pdist only supports floating-point dtypes") }
    let rows: SymbolicInt = type.sizes[0]
    return [.tensor(TensorType(dtype: type.dtype, sizes: [(rows * (rows - 1)).floorDivided(by: 2)]))]
  }
  @Sendable private static func pairDistances(_ call: OperatorCall, _ types: [ValueType]) throws -> [Value] {
    let input: Tensor = try call.tensor("self")
    let (values, p): ([Double], Double) = (try input.doubles(), try call.double("p"))
    let (rows, width): (Int, Int) = (input.sizes[0], input.sizes[1])
    var result: [Double] = []
    for i in 0..<rows {
      for j in (i + 1)..<max(rows, i + 1) {
        let apart: [Double] = (0..<width).map { abs(values[i * width + $0] - values[j * width + $0]) }
        result.append(VectorNorm.of(apart, order: p))
      }
    }
    return [.tensor(try Tensor(result, sizes: [result.count], input.dtype))]
  }
}
