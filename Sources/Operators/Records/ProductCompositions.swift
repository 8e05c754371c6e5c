import Foundations
import Graphs

extension OperatorTable {
  /// Products made of other products (`ATen/native/Linear.cpp`, `LinearAlgebra.cpp`).
  static let productCompositions: [OperatorRecord] =
    [
      OperatorRecord("aten::inner(Tensor self, Tensor other) -> Tensor", .composite { c in
        let (a, b): (TensorType, TensorType) = (try c.call.type("self"), try c.call.type("other"))
        if a.rank == 0 || b.rank == 0 { return [try c("aten.mul.Tensor", c["self"], c["other"])] }
        return [try c("aten.tensordot.default", c["self"], c["other"], .ints([a.rank - 1]), .ints([b.rank - 1]))]
      }),
      OperatorRecord("aten::tensordot(Tensor self, Tensor other, int[] dims_self, int[] dims_other) -> Tensor", .composite(tensordot)),
      OperatorRecord("aten::linalg_vecdot(Tensor x, Tensor y, *, int dim=-1) -> Tensor", .composite { c in
        [try c("aten.sum.dim_IntList", try c("aten.mul.Tensor", c["x"], c["y"]), .list([c["dim"]]))]
      }),
      OperatorRecord("aten::einsum(str equation, Tensor[] tensors, *, int[]? path=None) -> Tensor", .composite { try Einsum($0).run() }),
      OperatorRecord("aten::linalg_multi_dot(Tensor[] tensors) -> Tensor", .composite { c in
        guard case .list(let tensors) = c["tensors"], tensors.count >= 2 else { throw c.call.failure("multi_dot(): expected at least 2 tensors but got fewer") }
        return [try tensors.dropFirst().reduce(tensors[0]) { try c("aten.matmul.default", $0, $1) }]
      }),
      OperatorRecord("aten::chain_matmul(Tensor[] matrices) -> Tensor", .composite { c in
        guard case .list(let tensors) = c["matrices"], let first = tensors.first else { throw c.call.failure("chain_matmul(): Expected one or more matrices") }
        return [try tensors.dropFirst().reduce(first) { try c("aten.mm.default", $0, $1) }]
      }),
      OperatorRecord("aten::kron(Tensor self, Tensor other) -> Tensor", .composite { c in
        let (a, b): (TensorType, TensorType) = (try c.call.type("self"), try c.call.type("other"))
        let rank: Int = max(a.rank, b.rank)
        func padded(_ type: TensorType) -> [SymbolicInt] { Array(repeating: 1, count: rank - type.rank) + type.sizes }
        let (left, right): ([SymbolicInt], [SymbolicInt]) = (padded(a), padded(b))
        let first: Value = try c("aten.reshape.default", c["self"], .list(left.flatMap { [.int($0), .int(1)] }))
        let second: Value = try c("aten.reshape.default", c["other"], .list(right.flatMap { [.int(1), .int($0)] }))
        let product: Value = try c("aten.contiguous.default", try c("aten.mul.Tensor", first, second))
        return [try c("aten.view.default", product, .list(zip(left, right).map { .int($0 * $1) }))]
      }),
      OperatorRecord("aten::bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias=None) -> Tensor", .composite(bilinear)),
    ]

  private static func sizes(_ values: [SymbolicInt]) -> Value { .list(values.map { .int($0) }) }

  /// Both are permuted so that the contracted dimensions meet, then multiplied as matrices.
  @Sendable private static func tensordot(_ c: Composer) throws -> [Value] {
    var (left, right): (Value, Value) = (c["self"], c["other"])
    let (a, b): (TensorType, TensorType) = (try c.call.type("self"), try c.call.type("other"))
    let leftDims: [Int] = try c.call.dimensions("dims_self", rank: a.rank, emptyMeansAll: false)
    let rightDims: [Int] = try c.call.dimensions("dims_other", rank: b.rank, emptyMeansAll: false)
    guard leftDims.count == rightDims.count else { throw c.call.failure("both dimension lists should have same length") }
    var (leftSizes, rightSizes): ([SymbolicInt], [SymbolicInt]) = (a.sizes, b.sizes)
    for (x, y) in zip(leftDims, rightDims) {
      let (m, n): (SymbolicInt, SymbolicInt) = (leftSizes[x], rightSizes[y])
      if c.call.isEqual(m, n) { continue }
      if c.call.isEqual(n, 1) {
        left = try c("aten.sum.dim_IntList", left, .ints([x]), .bool(true))
        leftSizes[x] = 1
      } else if c.call.isEqual(m, 1) {
        right = try c("aten.sum.dim_IntList", right, .ints([y]), .bool(true))
        rightSizes[y] = 1
      } else {
        throw c.call.failure("contracted dimensions need to match, but first has size \(m) in dim \(x) and second has size \(n) in dim \(y)")
      }
    }
    let leftKept: [Int] = a.sizes.indices.filter { !leftDims.contains($0) }
    let rightKept: [Int] = b.sizes.indices.filter { !rightDims.contains($0) }
    let depth: SymbolicInt = leftDims.map { leftSizes[$0] }.product
    let rows: [SymbolicInt] = leftKept.map { leftSizes[$0] }
    let columns: [SymbolicInt] = rightKept.map { rightSizes[$0] }
    let first: Value = try c("aten.reshape.default", try c("aten.permute.default", left, .ints(leftKept + leftDims)), sizes([rows.product, depth]))
    let second: Value = try c("aten.reshape.default", try c("aten.permute.default", right, .ints(rightDims + rightKept)), sizes([depth, columns.product]))
    return [try c("aten.view.default", try c("aten.mm.default", first, second), sizes(rows + columns))]
  }

  /// result[..., o] = input1[..., i] weight[o, i, j] input2[..., j] + bias[o].
  @Sendable private static func bilinear(_ c: Composer) throws -> [Value] {
    let (first, second, weight): (TensorType, TensorType, TensorType) = (try c.call.type("input1"), try c.call.type("input2"), try c.call.type("weight"))
    guard weight.rank == 3, first.rank == second.rank, first.rank >= 1, zip(first.sizes, second.sizes).dropLast().allSatisfy({ c.call.isEqual($0, $1) }) else {
      throw c.call.failure("bilinear(): input dimensions do not match: got \(first.sizes) and \(second.sizes)")
    }
    guard c.call.isEqual(first.sizes[first.rank - 1], weight.sizes[1]), c.call.isEqual(second.sizes[second.rank - 1], weight.sizes[2]) else {
      throw c.call.failure("bilinear(): input sizes \(first.sizes) and \(second.sizes) do not match weight size \(weight.sizes)")
    }
    let leading: [SymbolicInt] = Array(first.sizes.dropLast())
    let rows: SymbolicInt = leading.product
    let (o, i, j): (SymbolicInt, SymbolicInt, SymbolicInt) = (weight.sizes[0], weight.sizes[1], weight.sizes[2])
    let left: Value = try c("aten.reshape.default", c["input1"], sizes([rows, i]))
    let matrix: Value = try c("aten.reshape.default", try c("aten.permute.default", c["weight"], .ints([1, 0, 2])), sizes([i, o * j]))
    let partial: Value = try c("aten.view.default", try c("aten.mm.default", left, matrix), sizes([rows, o, j]))
    let right: Value = try c("aten.reshape.default", c["input2"], sizes([rows, j, 1]))
    let product: Value = try c("aten.reshape.default", try c("aten.bmm.default", partial, right), sizes(leading + [o]))
    return [c["bias"].isNone ? product : try c("aten.add.Tensor", product, c["bias"])]
  }
}
