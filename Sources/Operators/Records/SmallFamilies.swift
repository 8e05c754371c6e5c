import Foundation
import Foundations
import Graphs
import LoopIR
import Tensors

extension OperatorTable {
  /// Operators too few of a kind for a file of their own.
  static let smallFamilies: [OperatorRecord] = shifts + sizesOfTensors + swaps + parts + sliceNorms + backwards + trianglesInPlace

  /// Python's `<<` and `>>`: of integers by bits, of floats by powers of two.
  private static let shifts: [OperatorRecord] =
    binaryPair("__lshift__") { $0.type.isFloatingPoint ? $0 * $1.unary(.exp2) : $0.binary(.shiftLeft, $1) }
    + binaryPair("__rshift__") { $0.type.isFloatingPoint ? $0 / $1.unary(.exp2) : $0.binary(.shiftRight, $1) }
    + ["lshift", "rshift"].flatMap { name in
      ["Tensor", "Scalar"].map { inPlace("__i\(name)__.\($0)(Tensor(a!) self, \($0) other)", "__\(name)__.\($0)") }
    }

  private static let sizesOfTensors: [OperatorRecord] = [
    OperatorRecord("aten::size.int(Tensor self, int dim) -> int", .scalar { call in
      let type: TensorType = try call.type("self")
      guard type.rank > 0 else { throw call.failure("Dimension specified as \(try call.integer("dim")) but tensor has no dimensions") }
      return .int(type.sizes[try call.dimension("dim", rank: type.rank)])
    }),
    OperatorRecord("aten::size(Tensor self) -> int[]", .scalar { .list(try $0.type("self").sizes.map { .int($0) }) }),
    OperatorRecord("aten::sym_size(Tensor self) -> SymInt[]", .scalar { .list(try $0.type("self").sizes.map { .int($0) }) }),
    OperatorRecord("aten::sym_stride(Tensor self) -> SymInt[]", .scalar { .list(try $0.type("self").strides.map { .int($0) }) }),
    OperatorRecord("aten::stride.int(Tensor self, int dim) -> int", .scalar { call in
      let type: TensorType = try call.type("self")
      return .int(type.strides[try call.dimension("dim", rank: type.rank)])
    }),
    OperatorRecord("aten::numel(Tensor self) -> int", .scalar { .int(try $0.type("self").elementCount) }),
    OperatorRecord("aten::dim(Tensor self) -> int", .scalar { .integer(try $0.type("self").rank) }),
  ]

  private static let swaps: [OperatorRecord] = [("swapaxes", "axis0", "axis1"), ("swapdims", "dim0", "dim1")].map { name, first, second in
    composed("\(name)(Tensor(a) self, int \(first), int \(second)) -> Tensor(a)") { try $0("aten.transpose.int", $0["self"], $0[first], $0[second]) }
  }

  private static let parts: [OperatorRecord] = [
    OperatorRecord(
      "aten::frexp.Tensor(Tensor self) -> (Tensor mantissa, Tensor exponent)",
      .kernel(
        shape: { call in
          let type: TensorType = try call.type("self")
          guard type.dtype.isFloatingPoint else { throw call.failure("torch.frexp() only supports floating-point dtypes") }
          return [.tensor(TensorType(dtype: type.dtype, sizes: type.sizes)), .tensor(TensorType(dtype: .i32, sizes: type.sizes))]
        },
        run: { call, types in
          let source: Tensor = try call.tensor("self")
          let parts: [(Double, Int)] = try source.doubles().map { value in
            guard value.isFinite, value != 0 else { return (value, 0) }
            let exponent: Int = Int(value.exponent) + 1
            return (scalbn(value, -exponent), exponent)
          }
          return [
            .tensor(try Tensor(parts.map(\.0), sizes: source.sizes, source.dtype)), .tensor(try Tensor(parts.map(\.1), sizes: source.sizes, .i32)),
          ]
        }))
  ]

  /// Slices along `dim` scaled down to a norm.
  private static let sliceNorms: [OperatorRecord] = [
    composed("renorm(Tensor self, Scalar p, int dim, Scalar maxnorm) -> Tensor") { c in
      let type: TensorType = try c.call.type("self")
      let dim: Int = try c.call.dimension("dim", rank: type.rank)
      let others: [Int] = (0..<type.rank).filter { $0 != dim }
      let wide: Value = try c("aten.to.dtype", c["self"], .dtype(type.dtype == .f64 ? .f64 : .f32))
      let norm: Value = try c("aten.linalg_vector_norm.default", wide, c["p"], .ints(others), .bool(true))
      let limit: Value = try c("aten.mul.Tensor", try c("aten.reciprocal.default", try c("aten.add.Scalar", norm, .double(1e-7))), c["maxnorm"])
      let factor: Value = try c("aten.where.ScalarOther", try c("aten.gt.Scalar", norm, c["maxnorm"]), limit, .double(1))
      return try c("aten.to.dtype", try c("aten.mul.Tensor", wide, factor), .dtype(type.dtype))
    },
    filling("embedding_renorm(Tensor self, Tensor indices, float max_norm, float norm_type) -> Tensor", { call in
      guard try call.type("self").rank == 2 else { throw call.failure("'weight' must be 2-D") }
      return laidOut(try call.type("self"), nil)
    }) { call, result in
      let weight: Tensor = try call.tensor("self")
      result.copy(from: weight)
      let (limit, order): (Double, Double) = (try call.double("max_norm"), try call.double("norm_type"))
      for row in Set(try call.tensor("indices").integers()).sorted() {
        guard row >= 0, row < weight.sizes[0] else { throw call.failure("index out of range in self") }
        let slice: Tensor = result.narrowed(0, row, 1)
        let values: [Double] = try slice.doubles()
        let norm: Double =
          order.isInfinite ? values.map(abs).max() ?? 0 : pow(values.reduce(0) { $0 + pow(abs($1), order) }, 1 / order)
        if norm > limit { slice.copy(from: try Tensor(values.map { $0 * (limit / (norm + 1e-7)) }, sizes: slice.sizes, .f64)) }
      }
    },
    inPlace("renorm_(Tensor(a!) self, Scalar p, int dim, Scalar maxnorm)", "renorm.default"),
    inPlace("embedding_renorm_(Tensor(a!) self, Tensor indices, float max_norm, float norm_type)", "embedding_renorm.default"),
  ]

  /// Gradients of softmax and its logarithm from their results.
  private static let backwards: [OperatorRecord] = [("_softmax_backward_data", false), ("_log_softmax_backward_data", true)].map { name, isLogarithm in
    composed("\(name)(Tensor grad_output, Tensor output, int dim, ScalarType input_dtype) -> Tensor") { c in
      guard let dtype = try c.call.dtype("input_dtype") else { throw c.call.mismatch("input_dtype", "a dtype") }
      let wide: Value = .dtype(dtype == .f64 ? .f64 : .f32)
      let (gradient, output): (Value, Value) = (try c("aten.to.dtype", c["grad_output"], wide), try c("aten.to.dtype", c["output"], wide))
      let dims: Value = .ints([try c.call.integer("dim")])
      let weight: Value = isLogarithm ? gradient : try c("aten.mul.Tensor", gradient, output)
      let scale: Value = isLogarithm ? try c("aten.exp.default", output) : output
      let spread: Value = try c("aten.mul.Tensor", scale, try c("aten.sum.dim_IntList", weight, dims, .bool(true)))
      return try c("aten.to.dtype", try c("aten.sub.Tensor", weight, spread), .dtype(dtype))
    }
  }

  private static let trianglesInPlace: [OperatorRecord] = ["tril", "triu"].map {
    inPlace("\($0)_(Tensor(a!) self, int diagonal=0)", "\($0).default")
  }
}
