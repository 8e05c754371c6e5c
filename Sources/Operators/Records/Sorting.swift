import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Orders along a dimension and places in sorted sequences (`ATen/native/Sorting.cpp`, `Bucketization.cpp`).
  static let sorting: [OperatorRecord] = sorts + searches

  private static let sorts: [OperatorRecord] = [
    sort("sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)", givesValues: true),
    sort("sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)", givesValues: true),
    sort("argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor", givesValues: false),
    sort("argsort.stable(Tensor self, *, bool stable, int dim=-1, bool descending=False) -> Tensor", givesValues: false),
    composed("msort(Tensor self) -> Tensor") { try $0("aten.sort.default", $0["self"], .integer(0)) },
    OperatorRecord(
      "aten::topk(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor indices)",
      .kernel(
        shape: { call in
          let type: TensorType = try call.type("self")
          let dim: Int = try call.dimension("dim", rank: type.rank)
          let count: SymbolicInt = try call.size("k")
          var sizes: [SymbolicInt] = type.sizes
          if call.environment.isLess(type.rank == 0 ? 1 : sizes[dim], count) || call.environment.isLess(count, 0) {
            throw call.failure("selected index k out of range")
          }
          if type.rank > 0 { sizes[dim] = count }
          return [.tensor(TensorType(dtype: type.dtype, sizes: sizes)), .tensor(TensorType(dtype: .i64, sizes: sizes))]
        },
        run: { call, types in
          let source: Tensor = try call.tensor("self").atLeast1D
          let (dim, largest): (Int, Bool) = (try call.dimension("dim", rank: source.rank), try call.flag("largest"))
          let (values, indices): (Tensor, Tensor) = (try Tensor.empty(types[0]), try Tensor.empty(types[1]))
          try order(LATHE_ORDER_TOPK, source, dim, count: values.atLeast1D.sizes[dim], descending: largest, values.atLeast1D, indices.atLeast1D)
          return [.tensor(values), .tensor(indices)]
        })),
  ]

  private static func sort(_ schema: String, givesValues: Bool) -> OperatorRecord {
    OperatorRecord(
      "aten::\(schema)",
      .kernel(
        shape: { call in
          let type: TensorType = try call.type("self")
          _ = try call.dimension("dim", rank: type.rank)
          let indices: ValueType = .tensor(TensorType(dtype: .i64, sizes: type.sizes))
          return givesValues ? [.tensor(TensorType(dtype: type.dtype, sizes: type.sizes)), indices] : [indices]
        },
        run: { call, types in
          let source: Tensor = try call.tensor("self").atLeast1D
          let (dim, descending): (Int, Bool) = (try call.dimension("dim", rank: source.rank), try call.flag("descending"))
          let results: [Tensor] = try types.map { try Tensor.empty($0) }
          let (values, indices): (Tensor?, Tensor) = (givesValues ? results[0].atLeast1D : nil, results[results.count - 1].atLeast1D)
          if try isStable(call, source, descending) {
            Tensor.withViews(source, values ?? indices, indices) {
              lathe_sort($0, Int32(dim), descending, givesValues ? $0 + 1 : nil, $0 + 2)
            }
          } else {
            try order(LATHE_ORDER_SORT, source, dim, count: source.sizes[dim], descending: descending, values, indices)
          }
          return results.map { .tensor($0) }
        }))
  }

  /// Whether equal elements keep their order: where that is asked for, and for the long vectors of integers that ATen sorts by digits.
  private static func isStable(_ call: OperatorCall, _ source: Tensor, _ descending: Bool) throws -> Bool {
    if call.schema.index(of: "stable") != nil, case .bool(true) = call.value("stable") { return true }
    return source.rank == 1 && source.elementCount >= 32768 && source.dtype.isInteger && !descending
  }

  /// The first `count` places of each row along `dim` in ATen's order, and the elements that stand there.
  static func order(
    _ operation: lathe_order_op, _ source: Tensor, _ dim: Int, count: Int, position: Int? = nil, descending: Bool, _ values: Tensor?, _ indices: Tensor
  ) throws {
    let length: Int = source.sizes[dim]
    let others: [Int] = source.sizes.indices.filter { $0 != dim }
    let rows: Int = others.map { source.sizes[$0] }.reduce(1, *)
    if rows * length == 0 || count == 0 { return }
    let last: [Int] = others + [dim]
    let isFloating: Bool = source.dtype.isFloatingPoint
    let keys: Tensor = try source.viewed(last.map { source.sizes[$0] }, last.map { source.strides[$0] }).converted(to: isFloating ? .f64 : .i64).contiguous()
    let places: Tensor = try Tensor.empty(others.map { source.sizes[$0] } + [count], .i64)
    withExtendedLifetime((keys, places)) {
      lathe_order_rows(operation, isFloating, keys.data, rows, length, position ?? count, descending, places.data.assumingMemoryBound(to: Int64.self))
    }
    indices.viewed(last.map { indices.sizes[$0] }, last.map { indices.strides[$0] }).copy(from: places)
    if let values { Tensor.withViews(source, indices, values) { _ = lathe_gather($0, Int32(dim), $0 + 1, $0 + 2, nil) } }
  }

  // MARK: Places in sorted sequences

  private static let searches: [OperatorRecord] = ["Tensor", "Scalar"].flatMap { kind in
    [
      filling("bucketize.\(kind)(\(kind) self, Tensor boundaries, *, bool out_int32=False, bool right=False) -> Tensor", places) { call, result in
        try search(call, in: "boundaries", into: result)
      },
      filling(
        "searchsorted.\(kind)(Tensor sorted_sequence, \(kind) self, *, bool out_int32=False, bool right=False, str? side=None, Tensor? sorter=None) -> Tensor",
        places
      ) { call, result in
        try search(call, in: "sorted_sequence", into: result)
      },
    ]
  }

  @Sendable private static func places(_ call: OperatorCall) throws -> TensorType {
    let name: String = call.schema.index(of: "boundaries") == nil ? "sorted_sequence" : "boundaries"
    let (row, values): (TensorType, [SymbolicInt]) = (try call.type(name), call.optionalType("self")?.sizes ?? [])
    let isShared: Bool = row.rank == 1
    guard row.rank > 0 else { throw call.failure("boundaries tensor should have at least one dimension, but got a tensor without") }
    guard isShared || (row.rank == values.count && row.sizes.dropLast().elementsEqual(values.dropLast()) { call.environment.isEqual($0, $1) }) else {
      throw call.failure(
        "boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and input value tensor must match, but we got boundaries tensor \(row.sizes) and input value tensor \(values)")
    }
    return TensorType(dtype: try call.flag("out_int32") ? .i32 : .i64, sizes: values)
  }

  private static func search(_ call: OperatorCall, in name: String, into result: Tensor) throws {
    var (row, values): (Tensor, Tensor) = (try call.tensor(name), try call.tensor("self"))
    if values.dtype != row.dtype {
      let common: DType = call.value("self").tensor == nil ? TypePromotion.resultType([.tensor(row.dtype, rank: 1), .scalar(values.dtype == .f32 ? .f64 : values.dtype)]) : TypePromotion.promote(row.dtype, values.dtype)
      (row, values) = (try row.converted(to: common), try values.converted(to: common))
    }
    var right: Bool = try call.flag("right")
    var sorter: Tensor?
    if call.schema.index(of: "side") != nil {
      if let side = try call.optionalString("side") {
        guard side == "left" || side == "right" else { throw call.failure("side can only be 'left' or 'right' but got \(side)") }
        guard !(right && side == "left") else { throw call.failure("side and right can't be set to opposites, got side of left while right was True") }
        right = side == "right"
      }
      sorter = try call.optionalTensor("sorter")
      if let sorter, sorter.sizes != row.sizes || sorter.dtype != .i64 {
        throw call.failure("boundary and sorter must have the same size, and sorter must be a tensor of long dtype, but got sizes \(row.sizes) and \(sorter.sizes)")
      }
    }
    var error = lathe_index_error()
    let status: Int32 = Tensor.withViews(row, sorter ?? row, values.atLeast1D, result.atLeast1D) {
      lathe_searchsorted($0, sorter == nil ? nil : $0 + 1, $0 + 2, right, $0 + 3, &error)
    }
    if status != 0 { throw call.failure("sorter index out of range") }
  }
}
