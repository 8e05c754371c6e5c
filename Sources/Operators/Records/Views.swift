import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Views: no element moves (`ATen/native/TensorShape.cpp`).
  static let views: [OperatorRecord] = [
    OperatorRecord("aten::view(Tensor(a) self, SymInt[] size) -> Tensor(a)", .view(of: "self", view)),
    OperatorRecord("aten::_unsafe_view(Tensor self, SymInt[] size) -> Tensor", .view(of: "self", view)),
    OperatorRecord(
      "aten::permute(Tensor(a) self, int[] dims) -> Tensor(a)",
      .view(of: "self") { call in
        let type: TensorType = try call.type("self")
        let order: [Int] = try call.dimensions("dims", rank: type.rank, emptyMeansAll: false)
        guard order.count == type.rank else { throw call.failure("\(order.count) dims for a tensor of \(type.rank) dimensions") }
        return ViewTransform(sizes: order.map { type.sizes[$0] }, strides: order.map { type.strides[$0] })
      }),
    OperatorRecord(
      "aten::transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a)",
      .view(of: "self") { call in
        let type: TensorType = try call.type("self")
        if type.rank == 0 { return ViewTransform(sizes: [], strides: []) }
        return swapped(type, try call.dimension("dim0", rank: type.rank), try call.dimension("dim1", rank: type.rank))
      }),
    OperatorRecord(
      "aten::t(Tensor(a) self) -> Tensor(a)",
      .view(of: "self") { call in
        let type: TensorType = try call.type("self")
        guard type.rank <= 2 else { throw call.failure("t() expects a tensor with <= 2 dimensions, but self is \(type.rank)D") }
        return type.rank < 2 ? ViewTransform(sizes: type.sizes, strides: type.strides) : swapped(type, 0, 1)
      }),
    lastTwoSwapped("mT"), lastTwoSwapped("mH"), lastTwoSwapped("matrix_H"), lastTwoSwapped("adjoint"),
    reversed("numpy_T"), reversed("T"), reversed("H"),
    OperatorRecord("aten::expand(Tensor(a) self, SymInt[] size, *, bool implicit=False) -> Tensor(a)", .view(of: "self") { try expand($0, try $0.sizes("size")) }),
    OperatorRecord("aten::expand_as(Tensor(a) self, Tensor other) -> Tensor(a)", .view(of: "self") { try expand($0, try $0.type("other").sizes) }),
    OperatorRecord("aten::broadcast_to(Tensor(a) self, SymInt[] size) -> Tensor(a)", .view(of: "self") { try expand($0, try $0.sizes("size")) }),
    OperatorRecord(
      "aten::unsqueeze(Tensor(a) self, int dim) -> Tensor(a)",
      .view(of: "self") { call in
        var type: TensorType = try call.type("self")
        let dim: Int = try call.wrap(try call.integer("dim"), rank: type.rank + 1)
        let stride: SymbolicInt = dim < type.rank ? type.sizes[dim] * type.strides[dim] : 1
        type.sizes.insert(1, at: dim)
        type.strides.insert(stride, at: dim)
        return ViewTransform(sizes: type.sizes, strides: type.strides)
      }),
    OperatorRecord("aten::squeeze(Tensor(a) self) -> Tensor(a)", .view(of: "self") { try squeeze($0, Array(0..<(try $0.type("self").rank))) }),
    OperatorRecord(
      "aten::squeeze.dim(Tensor(a) self, int dim) -> Tensor(a)",
      .view(of: "self") { try squeeze($0, [try $0.dimension("dim", rank: try $0.type("self").rank)]) }),
    OperatorRecord(
      "aten::squeeze.dims(Tensor(a) self, int[] dim) -> Tensor(a)",
      .view(of: "self") { try squeeze($0, try $0.dimensions("dim", rank: try $0.type("self").rank, emptyMeansAll: false)) }),
    OperatorRecord(
      "aten::select.int(Tensor(a) self, int dim, SymInt index) -> Tensor(a)",
      .view(of: "self") { call in
        let type: TensorType = try call.type("self")
        guard type.rank > 0 else { throw call.failure("select() cannot be applied to a 0-dim tensor.") }
        return try select(call, type, try call.dimension("dim", rank: type.rank), try call.size("index"))
      }),
    OperatorRecord(
      "aten::slice.Tensor(Tensor(a) self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor(a)", .view(of: "self", slice)),
    OperatorRecord(
      "aten::narrow(Tensor(a) self, int dim, SymInt start, SymInt length) -> Tensor(a)",
      .view(of: "self") { call in
        var type: TensorType = try call.type("self")
        let dim: Int = try call.dimension("dim", of: type)
        var start: SymbolicInt = try call.size("start")
        let (size, environment): (SymbolicInt, ShapeEnvironment) = (type.sizes[dim], call.environment)
        if environment.settled(start, .less, 0) == true { start += size }
        let length: SymbolicInt = try call.size("length")
        try environment.require(length, .greaterOrEqual, 0, call, orElse: "narrow(): length must be non-negative.")
        try environment.require(start, .greaterOrEqual, 0, call, orElse: "start out of range (expected to be in range of [-\(size), \(size)])")
        try environment.require(size, .greaterOrEqual, start + length, call, orElse: "start (\(start)) + length (\(length)) exceeds dimension size (\(size)).")
        type.sizes[dim] = length
        return ViewTransform(sizes: type.sizes, strides: type.strides, offset: start * type.strides[dim])
      }),
    OperatorRecord(
      "aten::diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a)", .view(of: "self", diagonal)),
    OperatorRecord(
      "aten::unfold(Tensor(a) self, int dimension, int size, int step) -> Tensor(a)",
      .view(of: "self") { call in
        var type: TensorType = try call.type("self")
        let (size, step): (Int, Int) = (try call.integer("size"), try call.integer("step"))
        guard size >= 0, step > 0 else { throw call.failure("size is \(size) but must be >= 0, step is \(step) but must be > 0") }
        if type.rank == 0 {
          guard size <= 1 else { throw call.failure("maximum size for tensor at dimension 0 is 1 but size is \(size)") }
          return ViewTransform(sizes: [SymbolicInt(size)], strides: [1])
        }
        let dim: Int = try call.dimension("dimension", rank: type.rank)
        if call.environment.isLess(type.sizes[dim], SymbolicInt(size)) {
          throw call.failure("maximum size for tensor at dimension \(dim) is \(type.sizes[dim]) but size is \(size)")
        }
        type.sizes.append(SymbolicInt(size))
        type.strides.append(type.strides[dim])
        type.sizes[dim] = (type.sizes[dim] - SymbolicInt(size)).floorDivided(by: SymbolicInt(step)) + 1
        type.strides[dim] *= SymbolicInt(step)
        return ViewTransform(sizes: type.sizes, strides: type.strides)
      }),
    OperatorRecord(
      "aten::as_strided(Tensor(a) self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor(a)",
      .kernel(
        shape: { [.tensor(TensorType(dtype: try $0.type("self").dtype, sizes: try $0.sizes("size"), strides: try $0.sizes("stride")))] },
        run: { call, _ in
          let source: Tensor = try call.tensor("self")
          return [
            .tensor(
              try Tensor(
                checking: source.storage, dtype: source.dtype, sizes: try call.integers("size"), strides: try call.integers("stride"),
                offset: try call.optionalInteger("storage_offset") ?? source.offset, subject: "as_strided"))
          ]
        })),
    OperatorRecord("aten::movedim.intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)", .view(of: "self", moveDimensions)),
    OperatorRecord("aten::movedim.int(Tensor(a) self, int source, int destination) -> Tensor(a)", .view(of: "self", moveDimensions)),
    identity("alias"), identity("detach"), identity("lift"), identity("resolve_neg"), identity("resolve_conj"),
    identity("lift_fresh"),
    OperatorRecord("aten::detach_(Tensor(a!) self) -> Tensor(a!)", .view(of: "self", same)),
    OperatorRecord("aten::lift_fresh_copy(Tensor self) -> Tensor", .composite { [try $0("aten.clone.default", $0["self"])] }),
    OperatorRecord("aten::split.Tensor(Tensor(a -> *) self, SymInt split_size, int dim=0) -> Tensor(a)[]", .views(of: "self", split)),
    OperatorRecord("aten::unsafe_split.Tensor(Tensor self, SymInt split_size, int dim=0) -> Tensor[]", .views(of: "self", split)),
    OperatorRecord("aten::split_with_sizes(Tensor(a -> *) self, SymInt[] split_sizes, int dim=0) -> Tensor(a)[]", .views(of: "self", splitWithSizes)),
    OperatorRecord("aten::unsafe_split_with_sizes(Tensor self, SymInt[] split_sizes, int dim=0) -> Tensor[]", .views(of: "self", splitWithSizes)),
    OperatorRecord("aten::split.sizes(Tensor(a -> *) self, SymInt[] split_size, int dim=0) -> Tensor(a)[]", .views(of: "self", splitWithSizes)),
    OperatorRecord("aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]", .views(of: "self", chunk)),
    OperatorRecord("aten::unsafe_chunk(Tensor self, int chunks, int dim=0) -> Tensor[]", .views(of: "self", chunk)),
    OperatorRecord(
      "aten::unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[]",
      .views(of: "self") { call in
        let type: TensorType = try call.type("self")
        let dim: Int = try call.dimension("dim", of: type)
        guard let count = type.sizes[dim].constant else { throw call.failure("cannot unbind the symbolic size \(type.sizes[dim])") }
        return try (0..<count).map { try select(call, type, dim, SymbolicInt($0)) }
      }),
    OperatorRecord("aten::broadcast_tensors(Tensor[] tensors) -> Tensor[]", .composite { c in
      let types: [TensorType] = try c.call.types("tensors")
      let sizes: [SymbolicInt] = try Broadcasting.shape(types.map(\.sizes), c.call.environment)
      guard case .list(let tensors) = c["tensors"] else { throw c.call.failure("takes a list") }
      return [.list(try tensors.map { try c("aten.expand.default", $0, .list(sizes.map { .int($0) })) })]
    }),
  ]

  private static func identity(_ name: String) -> OperatorRecord {
    OperatorRecord("aten::\(name)(Tensor(a) self) -> Tensor(a)", .view(of: "self", same))
  }
  @Sendable private static func same(_ call: OperatorCall) throws -> ViewTransform {
    let type: TensorType = try call.type("self")
    return ViewTransform(sizes: type.sizes, strides: type.strides)
  }
  private static func lastTwoSwapped(_ name: String) -> OperatorRecord {
    OperatorRecord(
      "aten::\(name)(Tensor(a) self) -> Tensor(a)",
      .view(of: "self") { call in
        let type: TensorType = try call.type("self")
        guard type.rank >= 2 else {
          if type.rank == 0 { return ViewTransform(sizes: [], strides: []) }
          throw call.failure("tensor.\(name) is only supported on matrices or batches of matrices. Got 1-D tensor.")
        }
        return swapped(type, type.rank - 2, type.rank - 1)
      })
  }
  private static func reversed(_ name: String) -> OperatorRecord {
    OperatorRecord(
      "aten::\(name)(Tensor(a) self) -> Tensor(a)",
      .view(of: "self") { call in
        let type: TensorType = try call.type("self")
        return ViewTransform(sizes: type.sizes.reversed(), strides: type.strides.reversed())
      })
  }
  private static func swapped(_ type: TensorType, _ a: Int, _ b: Int) -> ViewTransform {
    var transform = ViewTransform(sizes: type.sizes, strides: type.strides)
    transform.sizes.swapAt(a, b)
    transform.strides.swapAt(a, b)
    return transform
  }

  static func select(_ call: OperatorCall, _ type: TensorType, _ dim: Int, _ index: SymbolicInt) throws -> ViewTransform {
    var transform = ViewTransform(sizes: type.sizes, strides: type.strides)
    let size: SymbolicInt = type.sizes[dim]
    let place: SymbolicInt = call.environment.settled(index, .less, 0) == true ? index + size : index
    let message: String = "index \(index) is out of bounds for dimension \(dim) with size \(size)"
    try call.environment.require(place, .greaterOrEqual, 0, call, orElse: message)
    try call.environment.require(place, .less, size, call, orElse: message)
    transform.offset = place * type.strides[dim]
    transform.sizes.remove(at: dim)
    transform.strides.remove(at: dim)
    return transform
  }

  private static func expand(_ call: OperatorCall, _ target: [SymbolicInt]) throws -> ViewTransform {
    let type: TensorType = try call.type("self")
    let shift: Int = target.count - type.rank
    guard shift >= 0 else {
      throw call.failure("the number of sizes provided (\(target.count)) must be greater or equal to the number of dimensions in the tensor (\(type.rank))")
    }
    var result = ViewTransform(sizes: target, strides: Array(repeating: 0, count: target.count))
    for index in target.indices {
      guard index >= shift else {
        if target[index] == -1 { throw call.failure("the expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension \(index)") }
        result.strides[index] = 0
        continue
      }
      let size: SymbolicInt = type.sizes[index - shift]
      if target[index] == -1 || call.environment.isEqual(size, target[index]) {
        result.sizes[index] = size
        result.strides[index] = type.strides[index - shift]
      } else if !call.environment.isEqual(size, 1) {
        throw call.failure(
          "The expanded size of the tensor (\(target[index])) must match the existing size (\(size)) at non-singleton dimension \(index)")
      }
    }
    return result
  }

  private static func squeeze(_ call: OperatorCall, _ dims: [Int]) throws -> ViewTransform {
    let type: TensorType = try call.type("self")
    let kept: [Int] = type.sizes.indices.filter { !(dims.contains($0) && call.environment.isEqual(type.sizes[$0], 1)) }
    return ViewTransform(sizes: kept.map { type.sizes[$0] }, strides: kept.map { type.strides[$0] })
  }

  @Sendable static func slice(_ call: OperatorCall) throws -> ViewTransform {
    var type: TensorType = try call.type("self")
    guard type.rank > 0 else { throw call.failure("slice() cannot be applied to a 0-dim tensor.") }
    let environment: ShapeEnvironment = call.environment
    let dim: Int = try call.dimension("dim", rank: type.rank)
    let step: Int = try call.integer("step")
    guard step > 0 else { throw call.failure("slice step must be positive") }
    let size: SymbolicInt = type.sizes[dim]
    func clamped(_ value: SymbolicInt, low: SymbolicInt) throws -> SymbolicInt {
      var place: SymbolicInt = value
      if let number = place.constant, number >= Int(Int32.max) { return size }
      switch environment.settled(place, .less, 0) {
      case true?: place += size
      case false?: break
      case nil: try environment.require(place, .greaterOrEqual, 0, call, orElse: "a bound that only the run reveals must count from the beginning")
      }
      switch environment.settled(place, .less, low) {
      case true?: return low
      case false?: break
      case nil: place = SymbolicInt.maximum(place, low)
      }
      return environment.settled(size, .less, place).map { $0 ? size : place } ?? SymbolicInt.minimum(size, place)
    }
    let start: SymbolicInt = try clamped(try call.optionalSize("start") ?? 0, low: 0)
    let end: SymbolicInt = try clamped(try call.optionalSize("end") ?? SymbolicInt(Int.max), low: start)
    type.sizes[dim] = (end - start + SymbolicInt(step - 1)).floorDivided(by: SymbolicInt(step))
    let offset: SymbolicInt = start * type.strides[dim]
    type.strides[dim] *= SymbolicInt(step)
    return ViewTransform(sizes: type.sizes, strides: type.strides, offset: offset)
  }

  @Sendable static func diagonal(_ call: OperatorCall) throws -> ViewTransform {
    let type: TensorType = try call.type("self")
    let (a, b): (Int, Int) = (try call.dimension("dim1", rank: type.rank), try call.dimension("dim2", rank: type.rank))
    guard a != b else { throw call.failure("diagonal dimensions cannot be identical \(a), \(b)") }
    let offset: Int = try call.integer("offset")
    let zero: SymbolicInt = 0
    let length: SymbolicInt =
      offset >= 0
      ? SymbolicInt.maximum(SymbolicInt.minimum(type.sizes[a], type.sizes[b] - SymbolicInt(offset)), zero)
      : SymbolicInt.maximum(SymbolicInt.minimum(type.sizes[a] + SymbolicInt(offset), type.sizes[b]), zero)
    var shift: SymbolicInt = 0
    if length != 0 { shift = offset >= 0 ? SymbolicInt(offset) * type.strides[b] : SymbolicInt(-offset) * type.strides[a] }
    let kept: [Int] = type.sizes.indices.filter { $0 != a && $0 != b }
    return ViewTransform(
      sizes: kept.map { type.sizes[$0] } + [length], strides: kept.map { type.strides[$0] } + [type.strides[a] + type.strides[b]], offset: shift)
  }

  @Sendable private static func moveDimensions(_ call: OperatorCall) throws -> ViewTransform {
    let type: TensorType = try call.type("self")
    let from: [Int] = try call.dimensions("source", rank: type.rank, emptyMeansAll: false)
    let to: [Int] = try call.dimensions("destination", rank: type.rank, emptyMeansAll: false)
    guard from.count == to.count else { throw call.failure("Invalid source or destination dims: their counts differ") }
    if type.rank == 0 { return ViewTransform(sizes: [], strides: []) }
    var order: [Int?] = Array(repeating: nil, count: type.rank)
    for (source, destination) in zip(from, to) { order[destination] = source }
    var rest: ArraySlice<Int> = (0..<type.rank).filter { !from.contains($0) }[...]
    let full: [Int] = order.map { $0 ?? rest.removeFirst() }
    return ViewTransform(sizes: full.map { type.sizes[$0] }, strides: full.map { type.strides[$0] })
  }

  @Sendable private static func split(_ call: OperatorCall) throws -> [ViewTransform] {
    let type: TensorType = try call.type("self")
    let dim: Int = try call.dimension("dim", of: type)
    let piece: SymbolicInt = try call.size("split_size")
    return try pieces(call, type, dim, piece)
  }
  private static func pieces(_ call: OperatorCall, _ type: TensorType, _ dim: Int, _ piece: SymbolicInt) throws -> [ViewTransform] {
    let size: SymbolicInt = type.sizes[dim]
    let exact: SymbolicInt = size.floorDivided(by: piece)
    var count: Int
    if call.environment.isLess(piece, 0) { throw call.failure("split expects split_size be non-negative, but got split_size=\(piece)") }
    if piece == 0 {
      guard size == 0 else { throw call.failure("split_size can only be 0 if dimension size is 0, but got dimension size of \(size)") }
      count = 1
    } else if let number = exact.constant, (exact * piece) == size {
      count = max(number, 1)
    } else if let number = (size + piece - 1).floorDivided(by: piece).constant {
      count = max(number, 1)
    } else {
      throw call.failure("cannot split the symbolic size \(size) into a known number of pieces")
    }
    return (0..<count).map { index in
      let start: SymbolicInt = SymbolicInt(index) * piece
      var transform = ViewTransform(sizes: type.sizes, strides: type.strides, offset: start * type.strides[dim])
      transform.sizes[dim] = index == count - 1 ? size - start : piece
      return transform
    }
  }
  @Sendable private static func splitWithSizes(_ call: OperatorCall) throws -> [ViewTransform] {
    let type: TensorType = try call.type("self")
    let dim: Int = try call.dimension("dim", of: type)
    let name: String = call.schema.index(of: "split_sizes") != nil ? "split_sizes" : "split_size"
    var start: SymbolicInt = 0
    return try call.sizes(name).map { size in
      let entries: String = "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=\(try call.sizes(name))"
      try call.environment.require(size, .greaterOrEqual, 0, call, orElse: entries)
      var transform = ViewTransform(sizes: type.sizes, strides: type.strides, offset: start * type.strides[dim])
      transform.sizes[dim] = size
      start += size
      try call.environment.require(type.sizes[dim], .greaterOrEqual, start, call, orElse: "split sizes sum to more than dimension size \(type.sizes[dim])")
      return transform
    }
  }
  @Sendable private static func chunk(_ call: OperatorCall) throws -> [ViewTransform] {
    let type: TensorType = try call.type("self")
    let dim: Int = try call.dimension("dim", of: type)
    let chunks: Int = try call.integer("chunks")
    guard chunks > 0 else { throw call.failure("chunk expects `chunks` to be greater than 0, got: \(chunks)") }
    if type.sizes[dim] == 0 { return Array(repeating: ViewTransform(sizes: type.sizes, strides: type.strides), count: chunks) }
    return try pieces(call, type, dim, (type.sizes[dim] + SymbolicInt(chunks - 1)).floorDivided(by: SymbolicInt(chunks)))
  }

  @Sendable private static func view(_ call: OperatorCall) throws -> ViewTransform {
    let type: TensorType = try call.type("self")
    let sizes: [SymbolicInt] = try ViewRules.inferred(try call.sizes("size"), of: type, call)
    guard let strides = ViewRules.strides(of: type, viewedAs: sizes, call.environment) else {
      throw call.failure(
        "view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous subspaces). Use .reshape(...) instead.")
    }
    return ViewTransform(sizes: sizes, strides: strides)
  }
}
