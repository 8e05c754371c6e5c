import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Elements gathered from and scattered along one dimension (`ATen/native/TensorAdvancedIndexing.cpp`).
  static let scattering: [OperatorRecord] = gathers + scatters + rowWrites + viewWrites + flatAccess + scatteringInPlace

  private static let gathers: [OperatorRecord] = [
    filling("gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor", { call in
      let (type, index): (TensorType, TensorType) = (try call.type("self"), try call.type("index"))
      try checkRanks(call, type, index)
      _ = try call.dimension("dim", rank: type.rank)
      return TensorType(dtype: type.dtype, sizes: index.sizes)
    }) { call, result in
      let (source, index): (Tensor, Tensor) = (try call.tensor("self").atLeast1D, try call.tensor("index").asIndices().atLeast1D)
      try gather(call, source, try call.dimension("dim", rank: source.rank), index, into: result.atLeast1D)
    },
    composed("take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor") { c in
      if c["dim"].isNone {
        return try c("aten.gather.default", try c("aten.flatten.using_ints", c["self"]), .integer(0), try c("aten.flatten.using_ints", c["indices"]))
      }
      let (type, index): (TensorType, TensorType) = (try c.call.type("self"), try c.call.type("indices"))
      guard type.rank == index.rank else {
        throw c.call.failure("torch.take_along_dim(): input and indices should have the same number of dimensions, but got \(type.rank) dimensions for input, and \(index.rank) dimensions for indices")
      }
      let dim: Int = try c.call.dimension("dim", of: type)
      func stretched(_ name: String, _ own: TensorType, _ other: TensorType) throws -> Value {
        var (from, with): ([SymbolicInt], [SymbolicInt]) = (own.sizes, other.sizes)
        from[dim] = 1
        with[dim] = 1
        var sizes: [SymbolicInt] = try Broadcasting.shape([from, with], c.call.environment)
        sizes[dim] = own.sizes[dim]
        return try c("aten.expand.default", c[name], .list(sizes.map { .int($0) }))
      }
      return try c("aten.gather.default", try stretched("self", type, index), .integer(dim), try stretched("indices", index, type))
    },
    filling("index_select(Tensor self, int dim, Tensor index) -> Tensor", { call in
      let (type, index): (TensorType, TensorType) = (try call.type("self"), try call.type("index"))
      guard index.rank <= 1 else { throw call.failure("Index is supposed to be a vector, but got dim: \(index.rank)") }
      let dim: Int = try call.dimension("dim", rank: type.rank)
      var sizes: [SymbolicInt] = type.sizes
      if type.rank > 0 { sizes[dim] = index.elementCount }
      return TensorType(dtype: type.dtype, sizes: sizes)
    }) { call, result in
      let (source, index): (Tensor, Tensor) = (try call.tensor("self").atLeast1D, try call.tensor("index").asIndices())
      let dim = Int32(try call.dimension("dim", rank: source.rank))
      var error = lathe_index_error()
      let status: Int32 = Tensor.withViews(source, index, result.atLeast1D) { lathe_index_select($0, dim, $0 + 1, $0 + 2, &error) }
      if status != 0 { throw call.failure("index out of range in self: \(call.outOfRange(error).message)") }
    },
  ]

  private static func checkRanks(_ call: OperatorCall, _ type: TensorType, _ index: TensorType) throws {
    guard max(type.rank, 1) == max(index.rank, 1) || index.elementCount == 0 else {
      throw call.failure("Index tensor must have the same number of dimensions as input tensor")
    }
  }
  private static func gather(_ call: OperatorCall, _ source: Tensor, _ dim: Int, _ index: Tensor, into result: Tensor) throws {
    if index.elementCount == 0 { return }
    for other in index.sizes.indices where other != dim && index.sizes[other] > source.sizes[other] {
      throw call.failure("Size does not match at dimension \(other) expected index \(index.sizes) to be smaller than self \(source.sizes) apart from dimension \(dim)")
    }
    var error = lathe_index_error()
    let status: Int32 = Tensor.withViews(source, index, result) { lathe_gather($0, Int32(dim), $0 + 1, $0 + 2, &error) }
    if status != 0 { throw call.outOfRange(error) }
  }

  // MARK: Scatters

  private static let scatters: [OperatorRecord] = [
    scatter("scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor", "src") { _ in LATHE_SCATTER_SET },
    scatter("scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor", "value") { _ in LATHE_SCATTER_SET },
    scatter("scatter.reduce(Tensor self, int dim, Tensor index, Tensor src, *, str reduce) -> Tensor", "src", operation),
    scatter("scatter.value_reduce(Tensor self, int dim, Tensor index, Scalar value, *, str reduce) -> Tensor", "value", operation),
    scatter("scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor", "src") { _ in LATHE_SCATTER_ADD },
    scatter("scatter_reduce.two(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True) -> Tensor", "src", operation),
  ]

  @Sendable private static func operation(_ call: OperatorCall) throws -> lathe_scatter_op {
    switch try call.string("reduce") {
    case "add", "sum": return LATHE_SCATTER_ADD
    case "multiply", "prod": return LATHE_SCATTER_MULTIPLY
    case "mean": return LATHE_SCATTER_MEAN
    case "amax": return LATHE_SCATTER_MAX
    case "amin": return LATHE_SCATTER_MIN
    case let other: throw call.failure("reduce argument must be either sum, prod, mean, amax or amin, got \(other)")
    }
  }

  private static func scatter(
    _ schema: String, _ sourceName: String, _ operation: @escaping @Sendable (OperatorCall) throws -> lathe_scatter_op
  ) -> OperatorRecord {
    filling(schema) { call in
      let type: TensorType = try call.type("self")
      try checkRanks(call, type, try call.type("index"))
      _ = try call.dimension("dim", rank: type.rank)
      return TensorType(dtype: type.dtype, sizes: type.sizes)
    } _: { call, result in
      result.copy(from: try call.tensor("self"))
      let (target, index): (Tensor, Tensor) = (result.atLeast1D, try call.tensor("index").asIndices().atLeast1D)
      if index.elementCount == 0 { return }
      let source: Tensor = try written(call, sourceName, result, over: index.sizes)
      let dim: Int = try call.dimension("dim", rank: target.rank)
      guard source.rank == index.rank else { throw call.failure("Index tensor must have the same number of dimensions as src tensor") }
      for other in index.sizes.indices where (other != dim && index.sizes[other] > target.sizes[other]) || index.sizes[other] > source.sizes[other] {
        throw call.failure(
          "Expected index \(index.sizes) to be smaller than self \(target.sizes) apart from dimension \(dim) and to be smaller size than src \(source.sizes)")
      }
      try run(call, try operation(call), target, dim, index, source)
    }
  }

  /// What is written: a tensor of the target's type, or a number stretched over the index.
  private static func written(_ call: OperatorCall, _ name: String, _ target: Tensor, over sizes: [Int]) throws -> Tensor {
    if case .tensor(let source) = call.value(name), source.rank > 0 || sizes.count == 1 && name == "src" {
      guard source.dtype == target.dtype else {
        throw call.failure("Expected self.dtype to be equal to src.dtype, but got \(target.dtype.torchName) and \(source.dtype.torchName)")
      }
      return source.atLeast1D
    }
    return try Tensor(scalar: try call.scalar(name), target.dtype).viewed(sizes, Array(repeating: 0, count: sizes.count))
  }

  private static func run(
    _ call: OperatorCall, _ operation: lathe_scatter_op, _ target: Tensor, _ dim: Int, _ index: Tensor, _ source: Tensor
  ) throws {
    let includesSelf: Bool = call.schema.index(of: "include_self") == nil ? true : try call.flag("include_self")
    var error = lathe_index_error()
    let status: Int32 = Tensor.withViews(target, index, source) {
      lathe_scatter(operation, includesSelf, $0, Int32(dim), $0 + 1, $0 + 2, &error)
    }
    if status != 0 { throw call.outOfRange(error) }
  }

  // MARK: Writes of whole rows

  private static let rowWrites: [OperatorRecord] = [
    rows("index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor", "source") { _ in LATHE_SCATTER_ADD },
    rows("index_copy(Tensor self, int dim, Tensor index, Tensor source) -> Tensor", "source") { _ in LATHE_SCATTER_SET },
    rows("index_fill.int_Scalar(Tensor self, int dim, Tensor index, Scalar value) -> Tensor", "value") { _ in LATHE_SCATTER_SET },
    rows("index_fill.int_Tensor(Tensor self, int dim, Tensor index, Tensor value) -> Tensor", "value") { _ in LATHE_SCATTER_SET },
    rows("index_reduce(Tensor self, int dim, Tensor index, Tensor source, str reduce, *, bool include_self=True) -> Tensor", "source", operation),
  ]

  private static func rows(
    _ schema: String, _ sourceName: String, _ operation: @escaping @Sendable (OperatorCall) throws -> lathe_scatter_op
  ) -> OperatorRecord {
    filling(schema) { call in
      let type: TensorType = try call.type("self")
      guard try call.type("index").rank <= 1 else { throw call.failure("Index is supposed to be a vector, but got dim: \(try call.type("index").rank)") }
      _ = try call.dimension("dim", rank: type.rank)
      return laidOut(type, nil)
    } _: { call, result in
      result.copy(from: try call.tensor("self"))
      let target: Tensor = result.atLeast1D
      let dim: Int = try call.dimension("dim", rank: target.rank)
      var index: Tensor = try call.tensor("index").asIndices().atLeast1D
      if sourceName == "value" {
        // Only index_fill counts negative indices from the end.
        let size: Int = target.sizes[dim]
        index = try Tensor(try index.integers().map { $0 < 0 ? $0 + size : $0 }, sizes: index.sizes, .i64)
      }
      var sizes: [Int] = target.sizes
      sizes[dim] = index.sizes[0]
      var source: Tensor
      if sourceName == "value" {
        source = try Tensor(scalar: try call.scalar("value"), result.dtype).viewed(sizes, Array(repeating: 0, count: sizes.count))
      } else {
        source = try call.tensor(sourceName)
        guard source.dtype == result.dtype else {
          throw call.failure("self (\(result.dtype.torchName)) and source (\(source.dtype.torchName)) must have the same scalar type")
        }
        source = source.rank == 0 ? source.viewed(sizes, Array(repeating: 0, count: sizes.count)) : source
        guard source.sizes == sizes else {
          throw call.failure("Source/destination tensor must have same slice shapes. Destination slice shape: \(sizes) at dimension \(dim) and source slice shape: \(source.sizes)")
        }
      }
      if index.elementCount == 0 { return }
      if call.schema.index(of: "alpha") != nil, try call.double("alpha") != 1 {
        let scaled: Tensor = try Tensor.empty(source.sizes, source.dtype)
        let alpha: Scalar = try call.scalar("alpha")
        if source.dtype.isFloatingPoint {
          scaled.copy(from: try Tensor(try source.doubles().map { $0 * alpha.double }, sizes: source.sizes, .f64))
        } else {
          scaled.copy(from: try Tensor(try source.integers().map { $0 &* alpha.int }, sizes: source.sizes, .i64))
        }
        source = scaled
      }
      let strides: [Int] = sizes.indices.map { $0 == dim ? index.strides[0] : 0 }
      try run(call, try operation(call), target, dim, index.viewed(sizes, strides), source)
    }
  }

  // MARK: Writes through views

  private static let viewWrites: [OperatorRecord] = [
    viewWrite("select_scatter(Tensor self, Tensor src, int dim, SymInt index) -> Tensor") { call in
      let type: TensorType = try call.type("self")
      return try select(call, type, try call.dimension("dim", of: type), try call.size("index"))
    },
    viewWrite("slice_scatter(Tensor self, Tensor src, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor", slice),
    viewWrite("diagonal_scatter(Tensor self, Tensor src, int offset=0, int dim1=0, int dim2=1) -> Tensor", diagonal),
    viewWrite("as_strided_scatter(Tensor self, Tensor src, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor") { call in
      ViewTransform(sizes: try call.sizes("size"), strides: try call.sizes("stride"), offset: try call.optionalSize("storage_offset") ?? 0)
    },
  ]

  /// A copy of `self` in which the view holds `src`.
  private static func viewWrite(_ schema: String, _ view: @escaping @Sendable (OperatorCall) throws -> ViewTransform) -> OperatorRecord {
    filling(schema) { call in
      _ = try view(call)
      return laidOut(try call.type("self"), nil)
    } _: { call, result in
      result.copy(from: try call.tensor("self"))
      let transform: ViewTransform = try view(try call.replacing("self", with: .tensor(result)))
      let source: Tensor = try call.tensor("src")
      let window = try Tensor(
        checking: result.storage, dtype: result.dtype, sizes: transform.sizes.compactMap(\.constant), strides: transform.strides.compactMap(\.constant),
        offset: transform.offset.constant ?? 0, subject: "\(call.schema.name)")
      let stretched: [Int]? = try? Broadcasting.shape([source.sizes, window.sizes], call.environment)
      guard stretched == window.sizes else {
        throw call.failure("expected src to have a size equal to the slice of self. src size = \(source.sizes), slice size = \(window.sizes)")
      }
      window.copy(from: source.expanded(to: window.sizes))
    }
  }

  // MARK: Access by flat position

  private static let flatAccess: [OperatorRecord] = [
    filling("take(Tensor self, Tensor index) -> Tensor", { call in
      TensorType(dtype: try call.type("self").dtype, sizes: try call.type("index").sizes)
    }) { call, result in
      let (source, index): (Tensor, Tensor) = (try call.tensor("self").flattened(), try call.tensor("index").asIndices())
      let base: Tensor = source.viewed(result.sizes, Array(repeating: 0, count: result.rank))
      try flat(call, source, index) { operand, error in Tensor.withViews(base, result) { lathe_index_gather($0, 1, operand, $0 + 1, error) } }
    },
    filling("put(Tensor self, Tensor index, Tensor source, bool accumulate=False) -> Tensor", { call in
      let type: TensorType = try call.type("self")
      return TensorType(dtype: type.dtype, sizes: type.sizes)
    }) { call, result in
      result.copy(from: try call.tensor("self"))
      let (index, source): (Tensor, Tensor) = (try call.tensor("index").asIndices(), try call.tensor("source").flattened())
      guard source.dtype == result.dtype else {
        throw call.failure("put_(): self and source expected to have the same dtype, but got self.dtype = \(result.dtype.torchName) and source.dtype = \(source.dtype.torchName)")
      }
      guard source.elementCount == index.elementCount else {
        throw call.failure("put_(): Expected source and index to have the same number of elements, but got source.numel() = \(source.elementCount), index.numel() = \(index.elementCount)")
      }
      let base: Tensor = result.viewed(index.sizes, Array(repeating: 0, count: index.rank))
      let values: Tensor = source.viewed(index.sizes, Tensor.contiguousStrides(index.sizes))
      let accumulates: Bool = try call.flag("accumulate")
      try flat(call, result.viewed([result.elementCount], [1]), index) { operand, error in
        Tensor.withViews(base, values) { lathe_index_put($0, 1, operand, $0 + 1, accumulates, error) }
      }
    },
  ]

  private static func flat(
    _ call: OperatorCall, _ source: Tensor, _ index: Tensor,
    _ kernel: (UnsafePointer<lathe_index_operand>, UnsafeMutablePointer<lathe_index_error>) -> Int32
  ) throws {
    if index.elementCount == 0 { return }
    var operand = lathe_index_operand(indices: index.view, size: source.elementCount, stride: 1, dimension: 0)
    var error = lathe_index_error()
    let status: Int32 = withExtendedLifetime((source, index)) { kernel(&operand, &error) }
    if status != 0 { throw call.failure("out of range: tried to access index \(error.value) on a tensor of \(error.size) elements.") }
  }

  private static let scatteringInPlace: [OperatorRecord] = [
    inPlace("scatter_.src(Tensor(a!) self, int dim, Tensor index, Tensor src)", "scatter.src"),
    inPlace("scatter_.value(Tensor(a!) self, int dim, Tensor index, Scalar value)", "scatter.value"),
    inPlace("scatter_.reduce(Tensor(a!) self, int dim, Tensor index, Tensor src, *, str reduce)", "scatter.reduce"),
    inPlace("scatter_.value_reduce(Tensor(a!) self, int dim, Tensor index, Scalar value, *, str reduce)", "scatter.value_reduce"),
    inPlace("scatter_add_(Tensor(a!) self, int dim, Tensor index, Tensor src)", "scatter_add.default"),
    inPlace("scatter_reduce_.two(Tensor(a!) self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True)", "scatter_reduce.two"),
    inPlace("index_add_(Tensor(a!) self, int dim, Tensor index, Tensor source, *, Scalar alpha=1)", "index_add.default"),
    inPlace("index_copy_(Tensor(a!) self, int dim, Tensor index, Tensor source)", "index_copy.default"),
    inPlace("index_fill_.int_Scalar(Tensor(a!) self, int dim, Tensor index, Scalar value)", "index_fill.int_Scalar"),
    inPlace("index_fill_.int_Tensor(Tensor(a!) self, int dim, Tensor index, Tensor value)", "index_fill.int_Tensor"),
    inPlace("index_reduce_(Tensor(a!) self, int dim, Tensor index, Tensor source, str reduce, *, bool include_self=True)", "index_reduce.default"),
    inPlace("put_(Tensor(a!) self, Tensor index, Tensor source, bool accumulate=False)", "put.default"),
  ]
}
