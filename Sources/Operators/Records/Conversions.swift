import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Copies, conversions and reshapes that may copy.
  static let conversions: [OperatorRecord] =
    [
      OperatorRecord(
        "aten::clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor",
        .kernel(
          shape: { [.tensor(laidOut(try $0.type("self"), try $0.memoryFormat("memory_format")))] },
          run: { call, types in
            let result: Tensor = try Tensor.empty(types[0])
            result.copy(from: try call.tensor("self"))
            return [.tensor(result)]
          })).copying("self"),
      OperatorRecord("aten::contiguous(Tensor(a) self, *, MemoryFormat memory_format=contiguous_format) -> Tensor(a)", .kernel(
        shape: { [.tensor(laidOut(try $0.type("self"), try $0.memoryFormat("memory_format")))] },
        run: { call, types in
          let source: Tensor = try call.tensor("self")
          let isLaidOut: Bool = try call.memoryFormat("memory_format") == .contiguous ? source.isContiguous : source.isChannelsLast
          if isLaidOut { return [.tensor(source)] }
          let result: Tensor = try Tensor.empty(types[0])
          result.copy(from: source)
          return [.tensor(result)]
        })).copying("self"),
      conversion("to.dtype", "ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None", "dtype"),
      conversion(
        "to.dtype_layout",
        "*, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None",
        "dtype"),
      conversion(
        "to.device", "Device device, ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None", "dtype"),
      conversion(
        "_to_copy",
        "*, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, bool non_blocking=False, MemoryFormat? memory_format=None",
        "dtype", alwaysCopies: true),
      OperatorRecord(
        "aten::to.other(Tensor(a) self, Tensor other, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)",
        .composite { [try $0("aten.to.dtype", $0["self"], .dtype(try $0.call.type("other").dtype))] }),
      OperatorRecord(
        "aten::type_as(Tensor self, Tensor other) -> Tensor",
        .composite { [try $0("aten.to.dtype", $0["self"], .dtype(try $0.call.type("other").dtype))] }),
      OperatorRecord(
        "aten::reshape(Tensor(a) self, SymInt[] shape) -> Tensor(a)", .composite { try reshape($0, try $0.call.sizes("shape")) }),
      OperatorRecord(
        "aten::reshape_as(Tensor(a) self, Tensor other) -> Tensor(a)", .composite { try reshape($0, try $0.call.type("other").sizes) }),
      OperatorRecord("aten::view_as(Tensor(a) self, Tensor other) -> Tensor(a)", .composite { try reshape($0, try $0.call.type("other").sizes) }),
      OperatorRecord("aten::ravel(Tensor(a) self) -> Tensor(a)", .composite { try reshape($0, [-1]) }),
      OperatorRecord("aten::flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)", .composite { c in
        let type: TensorType = try c.call.type("self")
        if type.rank == 0 { return try reshape(c, [1]) }
        let (start, end): (Int, Int) = (try c.call.dimension("start_dim", rank: type.rank), try c.call.dimension("end_dim", rank: type.rank))
        guard start <= end else { throw c.call.failure("start_dim cannot come after end_dim") }
        return try reshape(c, Array(type.sizes[..<start]) + [type.sizes[start...end].product] + Array(type.sizes[(end + 1)...]))
      }),
      OperatorRecord("aten::unflatten.int(Tensor(a) self, int dim, SymInt[] sizes) -> Tensor(a)", .composite { c in
        let type: TensorType = try c.call.type("self")
        let dim: Int = try c.call.dimension("dim", of: type)
        var sizes: [SymbolicInt] = try c.call.sizes("sizes")
        if let place = sizes.firstIndex(of: -1) {
          let known: SymbolicInt = sizes.indices.filter { $0 != place }.map { sizes[$0] }.product
          sizes[place] = type.sizes[dim].floorDivided(by: known)
        }
        return try reshape(c, Array(type.sizes[..<dim]) + sizes + Array(type.sizes[(dim + 1)...]))
      }),
      OperatorRecord("aten::copy(Tensor self, Tensor src, bool non_blocking=False) -> Tensor", .composite { c in
        let type: TensorType = try c.call.type("self")
        let source: Value = try c("aten.expand.default", c["src"], .list(type.sizes.map { .int($0) }))
        return [try c("aten._to_copy.default", source, keywords: ["dtype": .dtype(type.dtype)])]
      }),
      OperatorRecord("aten::_assert_tensor_metadata(Tensor a, SymInt[]? size=None, SymInt[]? stride=None, ScalarType? dtype=None, *, Device? device=None, Layout? layout=None) -> ()", .scalar { call in
        if let dtype = try call.dtype("dtype"), try call.type("a").dtype != dtype {
          throw call.failure("Tensor dtype mismatch! Expected \(dtype.torchName), got \(try call.type("a").dtype.torchName)")
        }
        return .none
      }),
    ] + [
      ("alias_copy", "", "alias.default"), ("expand_copy", ", SymInt[] size, *, bool implicit=False", "expand.default"),
      ("permute_copy", ", int[] dims", "permute.default"), ("transpose_copy.int", ", int dim0, int dim1", "transpose.int"), ("t_copy", "", "t.default"),
      ("squeeze_copy", "", "squeeze.default"), ("squeeze_copy.dim", ", int dim", "squeeze.dim"), ("unsqueeze_copy", ", int dim", "unsqueeze.default"),
      ("view_copy", ", SymInt[] size", "view.default"), ("unfold_copy", ", int dimension, int size, int step", "unfold.default"),
      ("diagonal_copy", ", int offset=0, int dim1=0, int dim2=1", "diagonal.default"),
      ("narrow_copy", ", int dim, SymInt start, SymInt length", "narrow.default"),
      ("as_strided_copy", ", SymInt[] size, SymInt[] stride, SymInt? storage_offset=None", "as_strided.default"),
      ("select_copy.int", ", int dim, SymInt index", "select.int"), ("detach_copy", "", "detach.default"),
      ("slice_copy.Tensor", ", int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1", "slice.Tensor"),
    ].map { name, parameters, view in
      // The `_copy` form of a view is the view, then a contiguous copy.
      OperatorRecord("aten::\(name)(Tensor self\(parameters)) -> Tensor", .composite { c in
        let arguments: [(name: String, value: Value)] = zip(c.call.schema.parameters, c.call.values).map { ($0.name, $1) }
        let viewed: Value = try c.runner.run(OperatorName("aten.\(view)"), arguments)[0]
        return [try c("aten.clone.default", viewed, keywords: ["memory_format": .memoryFormat(.contiguous)])]
      })
    } + ["split_with_sizes_copy"].map { name in
      OperatorRecord("aten::\(name)(Tensor self, SymInt[] split_sizes, int dim=0) -> Tensor[]", .composite { c in
        guard case .list(let pieces) = try c("aten.split_with_sizes.default", c["self"], c["split_sizes"], c["dim"]) else { return [] }
        return [.list(try pieces.map { try c("aten.clone.default", $0, keywords: ["memory_format": .memoryFormat(.contiguous)]) })]
      })
    }

  /// The type under a memory format: row-major, channels-last, or the source's own order.
  static func laidOut(_ type: TensorType, _ format: MemoryFormat?) -> TensorType {
    var result: TensorType = type
    switch format {
    case .contiguous: result.strides = TensorType.contiguousStrides(type.sizes)
    case .channelsLast where type.rank == 4, .channelsLast3d where type.rank == 5:
      result.strides = channelsLastStrides(type.sizes)
    default: result.strides = preservedStrides(type)
    }
    return result
  }
  package static func channelsLastStrides(_ sizes: [SymbolicInt]) -> [SymbolicInt] {
    var strides: [SymbolicInt] = Array(repeating: 1, count: sizes.count)
    var next: SymbolicInt = 1
    for dimension in [1] + (2..<sizes.count).reversed() + [0] {
      strides[dimension] = next
      next *= sizes[dimension] == 0 ? 1 : sizes[dimension]
    }
    return strides
  }
  /// `torch.preserve_format`: the order of dimensions stays where the strides are known to be dense.
  static func preservedStrides(_ type: TensorType) -> [SymbolicInt] {
    let contiguous: [SymbolicInt] = TensorType.contiguousStrides(type.sizes)
    if type.strides == contiguous { return contiguous }
    let sizes: [Int] = type.sizes.compactMap(\.constant)
    let strides: [Int] = type.strides.compactMap(\.constant)
    guard sizes.count == type.rank, strides.count == type.rank else { return contiguous }
    return Tensor.restrided(sizes, like: strides).map { SymbolicInt($0) }
  }

  private static func conversion(_ name: String, _ parameters: String, _ dtype: String, alwaysCopies: Bool = false) -> OperatorRecord {
    /// Whether the result is the argument itself (`to_will_alias`).
    @Sendable func isSame(_ call: OperatorCall, _ source: DType) throws -> Bool {
      let format: MemoryFormat? = try call.memoryFormat("memory_format")
      return try !alwaysCopies && !call.flag("copy") && (call.dtype(dtype) ?? source) == source && (format == nil || format == .preserve)
    }
    return OperatorRecord(
      alwaysCopies ? "aten::\(name)(Tensor self, \(parameters)) -> Tensor" : "aten::\(name)(Tensor(a) self, \(parameters)) -> Tensor(a)",
      .kernel(
        shape: { call in
          var type: TensorType = try call.type("self")
          if try isSame(call, type.dtype) { return [.tensor(type)] }
          type.dtype = try call.dtype(dtype) ?? type.dtype
          guard type.dtype.isComputable else { throw LatheError.unsupported("\(call.schema.name) to \(type.dtype.torchName)") }
          return [.tensor(laidOut(type, try call.memoryFormat("memory_format")))]
        },
        run: { call, types in
          let source: Tensor = try call.tensor("self")
          if try isSame(call, source.dtype) { return [.tensor(source)] }
          let result: Tensor = try Tensor.empty(types[0])
          result.copy(from: source)
          return [.tensor(result)]
        })).copying("self")
  }

  static func reshape(_ c: Composer, _ requested: [SymbolicInt]) throws -> [Value] {
    let type: TensorType = try c.call.type("self")
    let sizes: [SymbolicInt] = try ViewRules.inferred(requested, of: type, c.call)
    let target: Value = .list(sizes.map { .int($0) })
    if ViewRules.strides(of: type, viewedAs: sizes, c.call.environment) != nil { return [try c("aten.view.default", c["self"], target)] }
    let copy: Value = try c("aten.clone.default", c["self"], keywords: ["memory_format": .memoryFormat(.contiguous)])
    return [try c("aten.view.default", copy, target)]
  }
}

extension Tensor {
  /// A new tensor of the type a shape rule gave.
  /// - Throws: `LatheError` of kind `badInput` when a size is not a number.
  package static func empty(_ type: ValueType) throws -> Tensor {
    guard let tensor = type.tensor else { throw LatheError.badInput("\(type) is not a tensor's type") }
    let sizes: [Int] = tensor.sizes.compactMap(\.constant)
    let strides: [Int] = tensor.strides.compactMap(\.constant)
    guard sizes.count == tensor.rank, strides.count == tensor.rank else {
      throw LatheError.badInput("the sizes of \(tensor.shortDescription) are not known")
    }
    return try Tensor.empty(sizes, tensor.dtype, strides: strides)
  }
}
