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
          Tensor.withViews(source, values.atLeast1D, indices.atLeast1D) { lathe_topk($0, Int32(dim), largest, $0 + 1, $0 + 2) }
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
          Tensor.withViews(source, results[0].atLeast1D, results[results.count - 1].atLeast1D) {
            lathe_sort($0, Int32(dim), descending, givesValues ? $0 + 1 : nil, $0 + 2)
          }
          return results.map { .tensor($0) }
        }))
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
    }
    var error = lathe_index_error()
    let status: Int32 = Tensor.withViews(row, sorter ?? row, values.atLeast1D, result.atLeast1D) {
      lathe_searchsorted($0, sorter == nil ? nil : $0 + 1, $0 + 2, right, $0 + 3, &error)
    }
    if status != 0 { throw call.failure("sorter index out of range") }
  }
}
