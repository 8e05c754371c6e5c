import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Running sums and the like along a dimension, differences, and the trapezoidal rule.
  static let scans: [OperatorRecord] = runningValues + differences + trapezoids

  private static let runningValues: [OperatorRecord] = [
    scan("cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor", LATHE_SCAN_SUM),
    scan("cumprod(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor", LATHE_SCAN_PROD),
    scan("logcumsumexp(Tensor self, int dim) -> Tensor", LATHE_SCAN_LOGSUMEXP),
    inPlace("cumsum_(Tensor(a!) self, int dim, *, ScalarType? dtype=None)", "cumsum.default"),
    inPlace("cumprod_(Tensor(a!) self, int dim, *, ScalarType? dtype=None)", "cumprod.default"),
  ] + [("cummax", LATHE_SCAN_MAX), ("cummin", LATHE_SCAN_MIN)].map { name, operation in
    OperatorRecord(
      "aten::\(name)(Tensor self, int dim) -> (Tensor values, Tensor indices)",
      .kernel(
        shape: { call in
          let type: TensorType = try call.type("self")
          _ = try call.dimension("dim", rank: type.rank)
          return [.tensor(TensorType(dtype: type.dtype, sizes: type.sizes)), .tensor(TensorType(dtype: .i64, sizes: type.sizes))]
        },
        run: { call, types in
          let input: Tensor = try call.tensor("self").atLeast1D
          let (values, indices): (Tensor, Tensor) = (try Tensor.empty(types[0]), try Tensor.empty(types[1]))
          let dim = Int32(try call.dimension("dim", rank: input.rank))
          Tensor.withViews(input, values.atLeast1D, indices.atLeast1D) { lathe_scan(operation, $0, dim, $0 + 1, $0 + 2) }
          return [.tensor(values), .tensor(indices)]
        }))
  }

  private static func scan(_ schema: String, _ operation: lathe_scan_op) -> OperatorRecord {
    filling(schema) { call in
      let type: TensorType = try call.type("self")
      _ = try call.dimension("dim", rank: type.rank)
      guard call.schema.index(of: "dtype") != nil else { return TensorType(dtype: type.dtype, sizes: type.sizes) }
      return TensorType(dtype: try call.dtype("dtype") ?? (type.dtype.isFloatingPoint ? type.dtype : .i64), sizes: type.sizes)
    } _: { call, result in
      let input: Tensor = try call.tensor("self").converted(to: result.dtype).atLeast1D
      let dim = Int32(try call.dimension("dim", rank: input.rank))
      Tensor.withViews(input, result.atLeast1D) { lathe_scan(operation, $0, dim, $0 + 1, nil) }
    }
  }

  // MARK: Differences

  private static let differences: [OperatorRecord] = [
    composed("diff(Tensor self, int n=1, int dim=-1, Tensor? prepend=None, Tensor? append=None) -> Tensor") { c in
      let type: TensorType = try c.call.type("self")
      guard type.rank > 0 else { throw c.call.failure("diff expects input to be at least one-dimensional") }
      let dim: Int = try c.call.dimension("dim", rank: type.rank)
      let order: Int = try c.call.integer("n")
      guard order >= 0 else { throw c.call.failure("order must be non-negative but got \(order)") }
      let parts: [Value] = [c["prepend"], c["self"], c["append"]].filter { !$0.isNone }
      var value: Value = parts.count == 1 ? parts[0] : try c("aten.cat.default", .list(parts), .integer(dim))
      if order == 0 { return try c("aten.clone.default", value) }
      for _ in 0..<order {
        let length: SymbolicInt = try c.type(value).sizes[dim]
        if length == 0 { break }
        let (after, before): (Value, Value) = (try shifted(c, value, dim, from: 1), try shifted(c, value, dim, to: -1))
        value = try c(type.dtype == .bool ? "aten.logical_xor.default" : "aten.sub.Tensor", after, before)
      }
      return value
    }
  ]

  /// The part of a value along `dim` from a place, up to a place.
  static func shifted(_ c: Composer, _ value: Value, _ dim: Int, from start: Int = 0, to end: Int? = nil) throws -> Value {
    try c("aten.slice.Tensor", value, .integer(dim), .integer(start), end.map { .integer($0) } ?? .none)
  }

  // MARK: The trapezoidal rule

  private static let trapezoids: [OperatorRecord] = [
    composed("trapezoid.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor") { try trapezoid($0, spacing: "x", isRunning: false) },
    composed("trapezoid.dx(Tensor y, *, Scalar dx=1, int dim=-1) -> Tensor") { try trapezoid($0, spacing: nil, isRunning: false) },
    composed("trapz.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor") { try trapezoid($0, spacing: "x", isRunning: false) },
    composed("trapz.dx(Tensor y, *, float dx=1., int dim=-1) -> Tensor") { try trapezoid($0, spacing: nil, isRunning: false) },
    composed("cumulative_trapezoid.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor") { try trapezoid($0, spacing: "x", isRunning: true) },
    composed("cumulative_trapezoid.dx(Tensor y, *, Scalar dx=1, int dim=-1) -> Tensor") { try trapezoid($0, spacing: nil, isRunning: true) },
  ]

  private static func trapezoid(_ c: Composer, spacing: String?, isRunning: Bool) throws -> Value {
    let type: TensorType = try c.call.type("y")
    let dim: Int = try c.call.dimension("dim", rank: type.rank)
    guard type.rank > 0 else { throw c.call.failure("trapezoid() expects a tensor of at least one dimension") }
    let sums: Value = try c("aten.add.Tensor", try shifted(c, c["y"], dim, to: -1), try shifted(c, c["y"], dim, from: 1))
    var areas: Value = sums
    if let spacing {
      var places: Value = c[spacing]
      let given: TensorType = try c.type(places)
      if given.rank == 1 && type.rank > 1 {
        guard c.call.environment.isEqual(given.sizes[0], type.sizes[dim]) else {
          throw c.call.failure("trapezoid(): There must be one `x` value for each sample point")
        }
        var sizes: [SymbolicInt] = Array(repeating: 1, count: type.rank)
        sizes[dim] = given.sizes[0]
        places = try c("aten.reshape.default", places, .list(sizes.map { .int($0) }))
      }
      for _ in 0..<max(type.rank - (try c.type(places).rank), 0) { places = try c("aten.unsqueeze.default", places, .integer(0)) }
      let widths: Value = try c("aten.sub.Tensor", try shifted(c, places, dim, from: 1), try shifted(c, places, dim, to: -1))
      areas = try c("aten.mul.Tensor", sums, widths)
    } else {
      areas = try c("aten.mul.Scalar", sums, c["dx"])
    }
    let total: Value =
      isRunning ? try c("aten.cumsum.default", areas, .integer(dim)) : try c("aten.sum.dim_IntList", areas, .ints([dim]))
    return try c("aten.div.Scalar", total, .double(2))
  }
}
