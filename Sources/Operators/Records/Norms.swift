import CRuntime
import Foundation
import Foundations
import Graphs
import Tensors

/// The norm of a vector of absolute values, as `torch.linalg.vector_norm` has it.
enum VectorNorm {
  static func of(_ magnitudes: [Double], order: Double) -> Double {
    switch order {
    case 0: Double(magnitudes.count { $0 != 0 })
    case 1: magnitudes.reduce(0, +)
    case 2: magnitudes.reduce(0) { $0 + $1 * $1 }.squareRoot()
    case .infinity: magnitudes.reduce(0) { $1.isNaN || $0.isNaN ? .nan : max($0, $1) }
    case -.infinity: magnitudes.reduce(.infinity) { $1.isNaN || $0.isNaN ? .nan : min($0, $1) }
    default: pow(magnitudes.reduce(0) { $0 + pow($1, order) }, 1 / order)
    }
  }
}

extension OperatorTable {
  /// Norms of vectors and matrices, cross products, traces (`ATen/native/LinearAlgebra.cpp`).
  static let norms: [OperatorRecord] = [
    OperatorRecord(
      "aten::linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
      .kernel(
        shape: { call in
          var type: TensorType = try call.type("self")
          let dims: [Int] = try normDimensions(call, type.rank)
          let dtype: DType = try call.dtype("dtype") ?? type.dtype
          guard dtype.isFloatingPoint, dtype.isComputable else {
            throw call.failure("linalg.vector_norm: Expected a floating point or complex tensor as input. Got \(dtype.torchName)")
          }
          let keeps: Bool = try call.flag("keepdim")
          for dim in dims where dim < type.rank { type.sizes[dim] = 1 }
          let sizes: [SymbolicInt] = keeps ? type.sizes : type.sizes.indices.filter { !dims.contains($0) }.map { type.sizes[$0] }
          return [.tensor(TensorType(dtype: dtype, sizes: sizes))]
        },
        run: { call, types in
          let result: Tensor = try Tensor.empty(types[0])
          let input: Tensor = try call.tensor("self")
          let dims: [Int] = try normDimensions(call, input.rank)
          let whole: [Int] = input.sizes.indices.map { dims.contains($0) ? 1 : input.sizes[$0] }
          let order: Double = try call.double("ord")
          let source: Tensor = !input.dtype.isFloatingPoint || result.dtype == .f64 ? try input.converted(to: result.dtype) : input
          let target: Tensor = result.viewed(whole, Tensor.contiguousStrides(whole))
          let mask: UInt32 = dims.reduce(0) { $0 | (1 << UInt32($1)) }
          if withViews([source, target], { lathe_reduce_norm($0[0], mask, order, $0[1]) }) != 0 {
            throw call.failure("linalg.vector_norm cannot compute the \(order) norm on an empty tensor because the operation does not have an identity")
          }
          return [.tensor(result)]
        }))
      .reducing { c in try ReductionForm.norm(c, order: try c.call.double("ord"), try c.call.dtype("dtype") ?? (try c.call.type("self").dtype)) },
    OperatorRecord("aten::norm.Scalar(Tensor self, Scalar p=2) -> Tensor", .composite { [try norm($0, $0["self"], $0["p"], .none, .bool(false))] }),
    OperatorRecord("aten::norm.ScalarOpt_dtype(Tensor self, Scalar? p, *, ScalarType dtype) -> Tensor", .composite { c in
      [try norm(c, c["self"], c["p"], .none, .bool(false), dtype: c["dtype"])]
    }),
    OperatorRecord("aten::norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor", .composite { c in
      [try norm(c, c["self"], c["p"], c["dim"], c["keepdim"])]
    }),
    OperatorRecord("aten::norm.ScalarOpt_dim_dtype(Tensor self, Scalar? p, int[1] dim, bool keepdim, *, ScalarType dtype) -> Tensor", .composite { c in
      [try norm(c, c["self"], c["p"], c["dim"], c["keepdim"], dtype: c["dtype"])]
    }),
    OperatorRecord("aten::frobenius_norm.dim(Tensor self, int[1] dim, bool keepdim=False) -> Tensor", .composite { c in
      [try norm(c, c["self"], .integer(2), c["dim"], c["keepdim"])]
    }),
    OperatorRecord("aten::linalg_norm(Tensor self, Scalar? ord=None, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor", .composite { c in
      let rank: Int = try c.call.type("self").rank
      let dims: [Int]? = try c.call.optionalIntegers("dim")
      if c["ord"].isNone { return [try norm(c, c["self"], .integer(2), c["dim"], c["keepdim"], dtype: c["dtype"])] }
      if dims?.count == 2 || (dims == nil && rank == 2) {
        return [try c("aten.linalg_matrix_norm.default", c["self"], c["ord"], .ints(dims ?? [-2, -1]), c["keepdim"], keywords: ["dtype": c["dtype"]])]
      }
      return [try norm(c, c["self"], c["ord"], c["dim"], c["keepdim"], dtype: c["dtype"])]
    }),
    OperatorRecord("aten::linalg_norm.ord_str(Tensor self, str ord, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor", .composite { c in
      let dims: [Int] = try c.call.optionalIntegers("dim") ?? [-2, -1]
      return [try c("aten.linalg_matrix_norm.str_ord", c["self"], c["ord"], .ints(dims), c["keepdim"], keywords: ["dtype": c["dtype"]])]
    }),
    OperatorRecord("aten::linalg_matrix_norm(Tensor self, Scalar ord, int[] dim=[-2, -1], bool keepdim=False, *, ScalarType? dtype=None) -> Tensor", .composite(matrixNorm)),
    OperatorRecord("aten::linalg_matrix_norm.str_ord(Tensor self, str ord=\"fro\", int[] dim=[-2, -1], bool keepdim=False, *, ScalarType? dtype=None) -> Tensor", .composite { c in
      switch try c.call.string("ord") {
      case "fro": return [try norm(c, c["self"], .integer(2), c["dim"], c["keepdim"], dtype: c["dtype"])]
      case "nuc":
        let values: Value = try singularValues(c)
        return [try restored(c, try c("aten.sum.dim_IntList", values, .ints([-1])))]
      case let other: throw c.call.failure("linalg.matrix_norm: Order \(other) not supported.")
      }
    }),
    OperatorRecord("aten::linalg_svdvals(Tensor A, *, str? driver=None) -> Tensor", .kernel(
      shape: { call in
        let type: TensorType = try call.type("A")
        guard type.rank >= 2 else { throw call.failure("linalg.svd: The input tensor A must have at least 2 dimensions.") }
        let (rows, columns): (SymbolicInt, SymbolicInt) = (type.sizes[type.rank - 2], type.sizes[type.rank - 1])
        return [.tensor(TensorType(dtype: type.dtype, sizes: Array(type.sizes.dropLast(2)) + [SymbolicInt.minimum(rows, columns)]))]
      },
      run: { call, types in
        let input: Tensor = try call.tensor("A")
        let (rows, columns): (Int, Int) = (input.sizes[input.rank - 2], input.sizes[input.rank - 1])
        let values: [Double] = try input.doubles()
        let each: Int = rows * columns
        let result: [Double] = each == 0 ? [] : (0..<(values.count / each)).flatMap { SingularValues.of(Array(values[($0 * each)..<(($0 + 1) * each)]), rows: rows, columns: columns) }
        return [.tensor(try Tensor(result, sizes: Array(input.sizes.dropLast(2)) + [min(rows, columns)], input.dtype))]
      })),
    OperatorRecord("aten::trace(Tensor self) -> Tensor", .composite { c in
      guard try c.call.type("self").rank == 2 else { throw c.call.failure("trace: expected a matrix, but got tensor with dim \(try c.call.type("self").rank)") }
      return [try c("aten.sum.default", try c("aten.diagonal.default", c["self"]))]
    }),
    OperatorRecord("aten::linalg_cross(Tensor self, Tensor other, *, int dim=-1) -> Tensor", .composite { try cross($0, try $0.call.integer("dim")) }),
    OperatorRecord("aten::cross(Tensor self, Tensor other, int? dim=None) -> Tensor", .composite { c in
      if let dim = try c.call.optionalInteger("dim") { return try cross(c, dim) }
      guard let dim = try c.call.type("self").sizes.firstIndex(where: { $0 == 3 }) else { throw c.call.failure("no dimension of size 3 in input") }
      return try cross(c, dim - (try c.call.type("self").rank))
    }),
  ]

  private static func normDimensions(_ call: OperatorCall, _ rank: Int) throws -> [Int] {
    rank == 0 ? [] : try call.dimensions("dim", rank: rank)
  }

  /// Singular values of the two dimensions `dim`, moved last.
  private static func singularValues(_ c: Composer) throws -> Value {
    let dims: Value = .list(try c.call.integers("dim").map { .integer($0) })
    var input: Value = try c("aten.movedim.intlist", c["self"], dims, .ints([-2, -1]))
    if !c["dtype"].isNone { input = try c("aten.to.dtype", input, c["dtype"]) }
    return try c("aten.linalg_svdvals.default", input)
  }
  /// Puts reduced dimensions back with size 1 where `keepdim` asks.
  private static func restored(_ c: Composer, _ value: Value) throws -> Value {
    guard try c.call.flag("keepdim") else { return value }
    let dims: [Int] = try c.call.dimensions("dim", rank: try c.call.type("self").rank)
    return try dims.sorted().reduce(value) { try c("aten.unsqueeze.default", $0, .integer($1)) }
  }

  @Sendable private static func matrixNorm(_ c: Composer) throws -> [Value] {
    let order: Double = try c.call.double("ord")
    let rank: Int = try c.call.type("self").rank
    let dims: [Int] = try c.call.dimensions("dim", rank: rank)
    guard dims.count == 2 else { throw c.call.failure("linalg.matrix_norm: dim must be a 2-tuple. Got \(dims)") }
    switch abs(order) {
    case 2:
      let values: Value = try singularValues(c)
      return [try restored(c, try c(order > 0 ? "aten.amax.default" : "aten.amin.default", values, .ints([-1])))]
    case 1, .infinity:
      let summed: Int = abs(order) == 1 ? dims[0] : dims[1]
      let rest: Int = abs(order) == 1 ? dims[1] : dims[0]
      let sums: Value = try norm(c, c["self"], .integer(1), .ints([summed]), .bool(true), dtype: c["dtype"])
      var result: Value = try c(order > 0 ? "aten.amax.default" : "aten.amin.default", sums, .ints([rest]), .bool(true))
      guard try !c.call.flag("keepdim") else { return [result] }
      for dim in dims.sorted(by: >) { result = try c("aten.squeeze.dim", result, .integer(dim)) }
      return [result]
    default: throw c.call.failure("linalg.matrix_norm: Order \(order) not supported.")
    }
  }

  private static func cross(_ c: Composer, _ dim: Int) throws -> [Value] {
    let (a, b): (TensorType, TensorType) = (try c.call.type("self"), try c.call.type("other"))
    let sizes: [SymbolicInt] = try Broadcasting.shape([a.sizes, b.sizes], c.call.environment)
    guard !sizes.isEmpty else { throw c.call.failure("linalg.cross: inputs must have a dimension of length 3, but they have none") }
    let place: Int = try c.call.wrap(dim, rank: sizes.count)
    guard c.call.isEqual(sizes[place], 3) else { throw c.call.failure("linalg.cross: inputs dimension \(dim) must have length 3. Got \(sizes[place])") }
    func parts(_ name: String) throws -> [Value] {
      let whole: Value = try c("aten.expand.default", c[name], .list(sizes.map { .int($0) }))
      return try (0..<3).map { try c("aten.select.int", whole, .integer(place), .integer($0)) }
    }
    let (x, y): ([Value], [Value]) = (try parts("self"), try parts("other"))
    let components: [Value] = try (0..<3).map { axis in
      let (i, j): (Int, Int) = ((axis + 1) % 3, (axis + 2) % 3)
      return try c("aten.sub.Tensor", try c("aten.mul.Tensor", x[i], y[j]), try c("aten.mul.Tensor", x[j], y[i]))
    }
    return [try c("aten.stack.default", .list(components), .integer(place))]
  }
}

/// Singular values by one-sided Jacobi rotations (Hestenes 1958), in descending order.
enum SingularValues {
  /// - Parameter values: the matrix, row-major.
  static func of(_ values: [Double], rows: Int, columns: Int) -> [Double] {
    // Vectors of the longer side's length, as many as the shorter side.
    let (count, length): (Int, Int) = (min(rows, columns), max(rows, columns))
    var vectors: [[Double]] = (0..<count).map { index in
      (0..<length).map { rows >= columns ? values[$0 * columns + index] : values[index * columns + $0] }
    }
    for _ in 0..<60 {
      var isDone: Bool = true
      for i in 0..<count {
        for j in (i + 1)..<max(count, i + 1) {
          var (a, b, product): (Double, Double, Double) = (0, 0, 0)
          for k in 0..<length {
            a += vectors[i][k] * vectors[i][k]
            b += vectors[j][k] * vectors[j][k]
            product += vectors[i][k] * vectors[j][k]
          }
          if abs(product) <= 1e-15 * (a * b).squareRoot() || product == 0 { continue }
          isDone = false
          let zeta: Double = (b - a) / (2 * product)
          let tangent: Double = (zeta < 0 ? -1 : 1) / (abs(zeta) + (1 + zeta * zeta).squareRoot())
          let cosine: Double = 1 / (1 + tangent * tangent).squareRoot()
          let sine: Double = cosine * tangent
          for k in 0..<length {
            let (x, y): (Double, Double) = (vectors[i][k], vectors[j][k])
            vectors[i][k] = cosine * x - sine * y
            vectors[j][k] = sine * x + cosine * y
          }
        }
      }
      if isDone { break }
    }
    return vectors.map { VectorNorm.of($0, order: 2) }.sorted(by: >)
  }
}
