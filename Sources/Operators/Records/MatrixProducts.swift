import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Products of matrices and vectors (`ATen/native/LinearAlgebra.cpp`, `Linear.cpp`).
  static let matrixProducts: [OperatorRecord] =
    [
      product("mm(Tensor self, Tensor mat2)", "self", "mat2", ranks: (2, 2)),
      product("bmm(Tensor self, Tensor mat2)", "self", "mat2", ranks: (3, 3)),
      product("mv(Tensor self, Tensor vec)", "self", "vec", ranks: (2, 1)),
      product("dot(Tensor self, Tensor tensor)", "self", "tensor", ranks: (1, 1)),
      product("vdot(Tensor self, Tensor other)", "self", "other", ranks: (1, 1)),
      product("matmul(Tensor self, Tensor other)", "self", "other", ranks: nil),
      product("linalg_matmul(Tensor self, Tensor other)", "self", "other", ranks: nil),
      scaledProduct("addmm", "mat1", "mat2", ranks: (2, 2)),
      scaledProduct("baddbmm", "batch1", "batch2", ranks: (3, 3)),
      scaledProduct("addmv", "mat", "vec", ranks: (2, 1)),
      OperatorRecord("aten::linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor", .kernel(shape: linearShape, run: linear))
        .linear { try $0.type("weight").rank == 2 ? -1 : nil }
        .template { call in
          guard try call.type("weight").rank == 2 else { return nil }
          return .product(.init(left: "input", right: "weight", isRightTransposed: true, addend: call.value("bias").isNone ? nil : "bias"))
        },
      OperatorRecord("aten::addbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor", .composite { c in
        let (first, second): (TensorType, TensorType) = (try c.call.type("batch1"), try c.call.type("batch2"))
        guard first.rank == 3, second.rank == 3 else { throw c.call.failure("batch1 and batch2 must be 3D tensors") }
        if let count = first.sizes[0].constant, try c.call.type("self").dtype != .f32, count > 0 {
          // ATen adds one product after the other, which shows where each sum is rounded to 16 bits.
          return [try (0..<count).reduce(c["self"]) { sum, index in
            let (left, right): (Value, Value) = (try c("aten.select.int", c["batch1"], .integer(0), .integer(index)), try c("aten.select.int", c["batch2"], .integer(0), .integer(index)))
            return try c("aten.addmm.default", sum, left, right, keywords: ["beta": index == 0 ? c["beta"] : .integer(1), "alpha": c["alpha"]])
          }]
        }
        let depth: SymbolicInt = first.sizes[0] * first.sizes[2]
        let rows: Value = try c("aten.permute.default", c["batch1"], .ints([1, 0, 2]))
        let left: Value = try c("aten.reshape.default", rows, .list([.int(first.sizes[1]), .int(depth)]))
        let right: Value = try c("aten.reshape.default", c["batch2"], .list([.int(depth), .int(second.sizes[2])]))
        return [try c("aten.addmm.default", c["self"], left, right, keywords: ["beta": c["beta"], "alpha": c["alpha"]])]
      }),
      OperatorRecord("aten::addr(Tensor self, Tensor vec1, Tensor vec2, *, Scalar beta=1, Scalar alpha=1) -> Tensor", .composite { c in
        let outer: Value = try c("aten.outer.default", c["vec1"], c["vec2"])
        if try c.type(outer).dtype == .bool && c.call.type("self").dtype == .bool {
          let scaled: Value = try c.call.scalar("alpha").isTrue ? outer : try c("aten.zeros_like.default", outer)
          return [try c.call.scalar("beta").isTrue ? try c("aten.logical_or.default", scaled, c["self"]) : scaled]
        }
        let scaled: Value = try c("aten.mul.Scalar", outer, c["alpha"])
        if try c.call.double("beta") == 0 {
          return [try c("aten.to.dtype", scaled, .dtype(TypePromotion.resultType([.tensor(try c.type(outer).dtype, rank: 2), .tensor(try c.call.type("self").dtype, rank: 2)])))]
        }
        return [try c("aten.add.Tensor", try c("aten.mul.Scalar", c["self"], c["beta"]), scaled)]
      }),
    ]
    + [("outer", "vec2"), ("ger", "vec2")].map { name, other in
      OperatorRecord("aten::\(name)(Tensor self, Tensor \(other)) -> Tensor", .composite { c in
        guard try c.call.type("self").rank == 1, try c.call.type(other).rank == 1 else {
          throw c.call.failure("outer: Expected 1-D arguments, but got \(try c.call.type("self").rank)-D and \(try c.call.type(other).rank)-D")
        }
        return [try c("aten.mul.Tensor", try c("aten.unsqueeze.default", c["self"], .integer(1)), c[other])]
      })
    }
    + [
      inPlace("addmm_(Tensor(a!) self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1)", "addmm.default"),
      inPlace("baddbmm_(Tensor(a!) self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1)", "baddbmm.default"),
      inPlace("addbmm_(Tensor(a!) self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1)", "addbmm.default"),
      inPlace("addmv_(Tensor(a!) self, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar alpha=1)", "addmv.default"),
      inPlace("addr_(Tensor(a!) self, Tensor vec1, Tensor vec2, *, Scalar beta=1, Scalar alpha=1)", "addr.default"),
    ]

  /// A product of two tensors by `matmul`'s rules, with the ranks the operator demands.
  private static func product(_ signature: String, _ left: String, _ right: String, ranks: (Int, Int)?) -> OperatorRecord {
    OperatorRecord(
      "aten::\(signature) -> Tensor",
      .kernel(
        shape: { [.tensor(try productType($0, left, right, ranks))] },
        run: { call, types in
          let (a, b): (Tensor, Tensor) = (try call.tensor(left), try call.tensor(right))
          let result: Tensor = try Tensor.empty(types[0])
          multiply(a, b, into: result)
          return [.tensor(result)]
        })
    ).template { _ in .product(.init(left: left, right: right)) }
  }

  /// beta self + alpha (left right).
  private static func scaledProduct(_ name: String, _ left: String, _ right: String, ranks: (Int, Int)) -> OperatorRecord {
    OperatorRecord(
      "aten::\(name)(Tensor self, Tensor \(left), Tensor \(right), *, Scalar beta=1, Scalar alpha=1) -> Tensor",
      .kernel(
        shape: { call in
          try call.requireOneType(["self", left, right])
          let type: TensorType = try productType(call, left, right, ranks)
          let addend: TensorType = try call.type("self")
          let sizes: [SymbolicInt] = try Broadcasting.shape([addend.sizes, type.sizes], call.environment)
          guard sizes.count == type.rank, zip(sizes, type.sizes).allSatisfy({ call.isEqual($0, $1) }) else {
            throw call.failure("The expanded size of the tensor (\(type.sizes)) must match the existing size (\(addend.sizes))")
          }
          return [.tensor(type)]
        },
        run: { call, types in
          let result: Tensor = try Tensor.empty(types[0])
          let (a, b): (Tensor, Tensor) = (try call.tensor(left), try call.tensor(right))
          let (alpha, beta): (Double, Double) = (try call.double("alpha"), try call.double("beta"))
          multiply(a, b, into: result, alpha: alpha, beta: beta, addend: try call.tensor("self").expanded(to: result.sizes))
          return [.tensor(result)]
        })
    ).template { call in
      let (alpha, beta): (Double, Double) = (try call.double("alpha"), try call.double("beta"))
      return .product(.init(left: left, right: right, addend: beta == 0 ? nil : "self", alpha: alpha, beta: beta))
    }
  }

  private static func productType(_ call: OperatorCall, _ left: String, _ right: String, _ ranks: (Int, Int)?) throws -> TensorType {
    let (a, b): (TensorType, TensorType) = (try call.type(left), try call.type(right))
    if let ranks, a.rank != ranks.0 || b.rank != ranks.1 {
      throw call.failure("\(left) must be a \(ranks.0)-D tensor and \(right) a \(ranks.1)-D tensor, but got \(a.rank)-D and \(b.rank)-D")
    }
    guard a.rank > 0, b.rank > 0 else {
      throw call.failure("both arguments to matmul need to be at least 1D, but they are \(a.rank)D and \(b.rank)D")
    }
    try call.requireOneType([left, right])
    guard a.dtype != .bool, a.dtype.isComputable else { throw LatheError.unsupported("\(call.schema.name) on \(a.dtype.torchName)") }
    let depth: SymbolicInt = b.sizes[b.rank == 1 ? 0 : b.rank - 2]
    guard call.isEqual(a.sizes[a.rank - 1], depth) else {
      throw call.failure(
        "mat1 and mat2 shapes cannot be multiplied (\(a.sizes.map(\.description).joined(separator: "x")) and \(b.sizes.map(\.description).joined(separator: "x")))")
    }
    let batch: [SymbolicInt]
    do {
      batch = try Broadcasting.shape([Array(a.sizes.dropLast(2)), Array(b.sizes.dropLast(2))], call.environment)
    } catch let error as LatheError { throw call.failure(error.message) }
    if ranks?.0 == 3 && !call.isEqual(a.sizes[0], b.sizes[0]) {
      throw call.failure("Expected size for first two dimensions of batch2 tensor to be: [\(a.sizes[0]), \(a.sizes[2])] but got: [\(b.sizes[0]), \(b.sizes[1])].")
    }
    var sizes: [SymbolicInt] = batch
    if a.rank > 1 { sizes.append(a.sizes[a.rank - 2]) }
    if b.rank > 1 { sizes.append(b.sizes[b.rank - 1]) }
    return TensorType(dtype: a.dtype, sizes: sizes)
  }

  /// result = alpha a b + beta addend + bias, by `matmul`'s rules for ranks and batches; `addend` and `bias` have the result's sizes.
  static func multiply(_ a: Tensor, _ b: Tensor, into result: Tensor, alpha: Double = 1, beta: Double = 0, addend: Tensor? = nil, bias: Tensor? = nil) {
    func matrix(_ tensor: Tensor?) -> Tensor? {
      guard let tensor else { return nil }
      var (sizes, strides): ([Int], [Int]) = (tensor.sizes, tensor.strides)
      if a.rank == 1 {
        sizes.insert(1, at: sizes.count - (b.rank == 1 ? 0 : 1))
        strides.insert(0, at: strides.count - (b.rank == 1 ? 0 : 1))
      }
      if b.rank == 1 {
        sizes.append(1)
        strides.append(0)
      }
      return tensor.viewed(sizes, strides)
    }
    if result.elementCount == 0 { return }
    let c: Tensor = matrix(result)!
    let left: Tensor = a.rank == 1 ? a.viewed([1, a.sizes[0]], [0, a.strides[0]]) : a
    let right: Tensor = b.rank == 1 ? b.viewed([b.sizes[0], 1], [b.strides[0], 0]) : b
    let batch: [Int] = Array(c.sizes.dropLast(2))
    let stretchedLeft: Tensor = left.expanded(to: batch + left.sizes.suffix(2))
    let stretchedRight: Tensor = right.expanded(to: batch + right.sizes.suffix(2))
    withViews([c, stretchedLeft, stretchedRight, matrix(addend), matrix(bias)]) { views in
      lathe_gemm_batched(views[0], views[1], views[2], alpha, beta, views[3], views[4], LATHE_ACTIVATION_NONE)
    }
  }

  @Sendable private static func linearShape(_ call: OperatorCall) throws -> [ValueType] {
    let (input, weight): (TensorType, TensorType) = (try call.type("input"), try call.type("weight"))
    guard weight.rank == 1 || weight.rank == 2, input.rank >= 1 else {
      throw call.failure("input must be at least 1-D and weight 1-D or 2-D, but got \(input.rank)-D and \(weight.rank)-D")
    }
    try call.requireOneType(["input", "weight", "bias"])
    guard input.dtype != .bool, input.dtype.isComputable else { throw LatheError.unsupported("\(call.schema.name) on \(input.dtype.torchName)") }
    guard call.isEqual(input.sizes[input.rank - 1], weight.sizes[weight.rank - 1]) else {
      let rows: SymbolicInt = input.sizes.dropLast().product
      let columns: String = weight.rank == 2 ? "x\(weight.sizes[0])" : ""
      throw call.failure("mat1 and mat2 shapes cannot be multiplied (\(rows)x\(input.sizes[input.rank - 1]) and \(weight.sizes[weight.rank - 1])\(columns))")
    }
    let sizes: [SymbolicInt] = Array(input.sizes.dropLast()) + weight.sizes.dropLast()
    if let bias = call.optionalType("bias") {
      let broadcast: [SymbolicInt] = try Broadcasting.shape([sizes, bias.sizes], call.environment)
      guard broadcast.count == sizes.count, zip(broadcast, sizes).allSatisfy({ call.isEqual($0, $1) }) else {
        throw call.failure("a bias of size \(bias.sizes) does not fit a result of size \(sizes)")
      }
    }
    return [.tensor(TensorType(dtype: input.dtype, sizes: sizes))]
  }

  @Sendable private static func linear(_ call: OperatorCall, _ types: [ValueType]) throws -> [Value] {
    let (input, weight): (Tensor, Tensor) = (try call.tensor("input"), try call.tensor("weight"))
    let result: Tensor = try Tensor.empty(types[0])
    let right: Tensor = weight.rank == 1 ? weight : weight.viewed([weight.sizes[1], weight.sizes[0]], [weight.strides[1], weight.strides[0]])
    multiply(input, right, into: result, bias: try call.optionalTensor("bias")?.expanded(to: result.sizes))
    return [.tensor(result)]
  }
}
