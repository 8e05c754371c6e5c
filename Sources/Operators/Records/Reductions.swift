import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Reductions over dimensions (`ATen/native/ReduceOps.cpp`).
  static let reductions: [OperatorRecord] = sums + extremesOverDimensions + truths + positions + sizesReduced

  private static let sums: [OperatorRecord] = [
    reduction("sum(Tensor self, *, ScalarType? dtype=None) -> Tensor", LATHE_REDUCE_SUM, widened),
    reduction("sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor", LATHE_REDUCE_SUM, widened),
    reduction("nansum(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor", LATHE_REDUCE_NANSUM, widened),
    reduction("prod(Tensor self, *, ScalarType? dtype=None) -> Tensor", LATHE_REDUCE_PROD, widened),
    reduction("prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor", LATHE_REDUCE_PROD, widened),
    reduction("mean(Tensor self, *, ScalarType? dtype=None) -> Tensor", LATHE_REDUCE_MEAN, floating),
    reduction("mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor", LATHE_REDUCE_MEAN, floating),
    reduction("logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor", LATHE_REDUCE_LOGSUMEXP) { $1.isFloatingPoint ? $1 : .f32 },
    composed("nanmean(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor") { c in
      guard try c.call.type("self").dtype.isFloatingPoint else {
        throw c.call.failure("nanmean(): expected input to have floating point or complex dtype but got \(try c.call.type("self").dtype.torchName)")
      }
      let sum: Value = try c("aten.nansum.default", c["self"], c["dim"], c["keepdim"], keywords: ["dtype": c["dtype"]])
      let present: Value = try c("aten.logical_not.default", try c("aten.isnan.default", c["self"]))
      return try c("aten.div.Tensor", sum, try c("aten.sum.dim_IntList", present, c["dim"], c["keepdim"]))
    },
  ]

  private static let extremesOverDimensions: [OperatorRecord] =
    [("max", LATHE_REDUCE_MAX, true), ("min", LATHE_REDUCE_MIN, false)].flatMap { name, operation, isLargest -> [OperatorRecord] in
      [
        reduction("a\(name)(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor", operation) { $1 },
        reduction("\(name)(Tensor self) -> Tensor", operation) { $1 },
        OperatorRecord(
          "aten::\(name).dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
          .kernel(shape: valuesAndIndices, run: { try extremeAlong($0, $1, largest: isLargest) }))
          .reducing { try ReductionForm.extreme($0, largest: isLargest) },
      ]
    } + [
      OperatorRecord("aten::aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)", .composite { c in
        var dims: Value = .list([])
        if let dim = try c.call.optionalInteger("dim") { dims = .ints([dim]) }
        return [try c("aten.amin.default", c["self"], dims, c["keepdim"]), try c("aten.amax.default", c["self"], dims, c["keepdim"])]
      })
    ]

  private static let truths: [OperatorRecord] = [("any", LATHE_REDUCE_ANY), ("all", LATHE_REDUCE_ALL)].flatMap { name, operation in
    [
      "\(name)(Tensor self) -> Tensor", "\(name).dim(Tensor self, int dim, bool keepdim=False) -> Tensor",
      "\(name).dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor",
    ].map { schema in reduction(schema, operation) { $1 == .u8 ? .u8 : .bool } }
  }

  private static let positions: [OperatorRecord] = [
    reduction("argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor", LATHE_REDUCE_ARGMAX) { _, _ in .i64 },
    reduction("argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor", LATHE_REDUCE_ARGMIN) { _, _ in .i64 },
    reduction("count_nonzero(Tensor self, int? dim=None) -> Tensor", LATHE_REDUCE_COUNT_NONZERO) { _, _ in .i64 },
    reduction("count_nonzero.dim_IntList(Tensor self, int[] dim) -> Tensor", LATHE_REDUCE_COUNT_NONZERO) { _, _ in .i64 },
  ]

  private static let sizesReduced: [OperatorRecord] = [
    composed("sum_to_size(Tensor self, SymInt[] size) -> Tensor") { c in
      let type: TensorType = try c.call.type("self")
      let target: [SymbolicInt] = try c.call.sizes("size")
      let lead: Int = type.rank - target.count
      let fits: Bool = lead >= 0 && target.indices.allSatisfy { c.call.environment.isEqual(target[$0], 1) || c.call.environment.isEqual(target[$0], type.sizes[$0 + lead]) }
      guard fits else { throw c.call.failure("size {\(target)} is not expandable to size {\(type.sizes)}.") }
      let dims: [Int] = (0..<lead) + target.indices.filter { target[$0] == 1 && type.sizes[$0 + lead] != 1 }.map { $0 + lead }
      if target.isEmpty { return try c("aten.sum.default", c["self"]) }
      if dims.isEmpty { return try c("aten.alias.default", c["self"]) }
      let sum: Value = try c("aten.sum.dim_IntList", c["self"], .ints(dims), .bool(true))
      return try c("aten.view.default", sum, .list(target.map { .int($0) }))
    }
  ]

  // MARK: What they share

  /// Integers are summed in 64 bits unless another type is asked for.
  @Sendable private static func widened(_ call: OperatorCall, _ dtype: DType) throws -> DType {
    try call.dtype("dtype") ?? (dtype.isFloatingPoint ? dtype : .i64)
  }
  @Sendable private static func floating(_ call: OperatorCall, _ dtype: DType) throws -> DType {
    let result: DType = try call.dtype("dtype") ?? dtype
    guard result.isFloatingPoint else {
      throw call.failure(
        "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: \(dtype.torchName)")
    }
    return result
  }

  private static func reduction(
    _ schema: String, _ operation: lathe_reduce_op, _ resultType: @escaping @Sendable (OperatorCall, DType) throws -> DType
  ) -> OperatorRecord {
    filling(schema) { call in
      let type: TensorType = try call.type("self")
      return try reduced(type, call, to: try resultType(call, type.dtype))
    } _: { call, result in
      var input: Tensor = try call.tensor("self")
      if call.schema.index(of: "dtype") != nil, input.dtype.isFloatingPoint, result.dtype != input.dtype,
        !result.dtype.isFloatingPoint || result.dtype.size <= input.dtype.size
      {
        input = try input.converted(to: result.dtype)
      }
      let dims: [Int] = try reducedDimensions(call, rank: input.rank)
      let target: Tensor = try keepsDimensions(call) ? result : result.inserting(dims)
      let isEmpty: Bool = Tensor.withViews(input, target) { lathe_reduce(operation, $0, dimensionMask(dims), $0 + 1) } != 0
      if isEmpty { throw emptyReduction(call, input, dims) }
    }.reducing { try ReductionForm.fold($0, operation, resultType) }
  }

  /// The dimensions named by `dim`; all where the operator has no such parameter or it is None or empty. An empty list of `any` and
  /// `all` names none.
  static func reducedDimensions(_ call: OperatorCall, rank: Int) throws -> [Int] {
    guard call.schema.index(of: "dim") != nil else { return Array(0..<rank) }
    let keepsEmpty: Bool = call.schema.name.overload == "dims" && !call.value("dim").isNone
    return try call.dimensions("dim", rank: rank, emptyMeansAll: !keepsEmpty).filter { $0 < rank }
  }
  static func keepsDimensions(_ call: OperatorCall) throws -> Bool {
    call.schema.index(of: "keepdim") == nil ? false : try call.flag("keepdim")
  }
  static func dimensionMask(_ dims: [Int]) -> UInt32 { dims.reduce(0) { $0 | (1 << UInt32($1)) } }

  static func reduced(_ type: TensorType, _ call: OperatorCall, to dtype: DType) throws -> TensorType {
    guard type.dtype.isComputable else { throw LatheError.unsupported("\(call.schema.name) on \(type.dtype.torchName)") }
    let dims: [Int] = try reducedDimensions(call, rank: type.rank)
    return TensorType(dtype: dtype, sizes: try without(dims, type.sizes, call))
  }
  static func without(_ dims: [Int], _ sizes: [SymbolicInt], _ call: OperatorCall) throws -> [SymbolicInt] {
    if try keepsDimensions(call) { return sizes.indices.map { dims.contains($0) ? 1 : sizes[$0] } }
    return sizes.indices.filter { !dims.contains($0) }.map { sizes[$0] }
  }

  static func emptyReduction(_ call: OperatorCall, _ input: Tensor, _ dims: [Int]) -> LatheError {
    let name: Substring = call.schema.name.base
    if dims.count < input.rank, let empty = dims.first(where: { input.sizes[$0] == 0 }) {
      return call.failure("\(name)(): Expected reduction dim \(empty) to have non-zero size.")
    }
    return call.failure(
      "\(name)(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument.")
  }

  /// The types of an operator along `dim` that gives values and where they were.
  @Sendable static func valuesAndIndices(_ call: OperatorCall) throws -> [ValueType] {
    let type: TensorType = try call.type("self")
    let values: TensorType = try reduced(type, call, to: type.dtype)
    return [.tensor(values), .tensor(TensorType(dtype: .i64, sizes: values.sizes))]
  }

  private static func extremeAlong(_ call: OperatorCall, _ types: [ValueType], largest: Bool) throws -> [Value] {
    let input: Tensor = try call.tensor("self").atLeast1D
    let dim: Int = try call.dimension("dim", rank: input.rank)
    let (values, indices): (Tensor, Tensor) = (try Tensor.empty(types[0]), try Tensor.empty(types[1]))
    let isKept: Bool = values.rank == input.rank
    let (best, places): (Tensor, Tensor) = (isKept ? values : values.inserting([dim]), isKept ? indices : indices.inserting([dim]))
    let isEmpty: Bool = Tensor.withViews(input, best, places) { lathe_reduce_extreme($0, Int32(dim), largest, $0 + 1, $0 + 2) } != 0
    if isEmpty { throw emptyReduction(call, input, [dim]) }
    return [.tensor(values), .tensor(indices)]
  }
}
