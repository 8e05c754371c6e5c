import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Elements repeated, turned round, or kept on one side of a diagonal.
  static let rearranging: [OperatorRecord] = repeats + turns + triangles

  private static let repeats: [OperatorRecord] = [
    filling("repeat(Tensor self, SymInt[] repeats) -> Tensor", { call in
      let type: TensorType = try call.type("self")
      let counts: [SymbolicInt] = try call.sizes("repeats")
      guard counts.count >= type.rank else {
        throw call.failure("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
      }
      let sizes: [SymbolicInt] = Array(repeating: 1, count: counts.count - type.rank) + type.sizes
      return TensorType(dtype: type.dtype, sizes: zip(counts, sizes).map { $0 * $1 })
    }) { call, result in
      let (source, counts): (Tensor, [Int]) = (try call.tensor("self"), try call.integers("repeats"))
      if result.elementCount == 0 { return }
      let lead: Int = counts.count - source.rank
      var (sizes, into, from): ([Int], [Int], [Int]) = ([], [], [])
      for (dim, count) in counts.enumerated() {
        let size: Int = dim < lead ? 1 : source.sizes[dim - lead]
        sizes += [count, size]
        into += [result.strides[dim] * size, result.strides[dim]]
        from += [0, dim < lead ? 0 : source.strides[dim - lead]]
      }
      let kept: [Int] = sizes.indices.filter { sizes[$0] != 1 }
      result.viewed(kept.map { sizes[$0] }, kept.map { into[$0] }).copy(from: source.viewed(kept.map { sizes[$0] }, kept.map { from[$0] }))
    },
    composed("tile(Tensor self, SymInt[] dims) -> Tensor") { c in
      let counts: [SymbolicInt] = try c.call.sizes("dims")
      let missing: Int = max(try c.call.type("self").rank - counts.count, 0)
      return try c("aten.repeat.default", c["self"], .list((Array(repeating: 1, count: missing) + counts).map { .int($0) }))
    },
    composed("repeat_interleave.self_int(Tensor self, SymInt repeats, int? dim=None, *, SymInt? output_size=None) -> Tensor") { c in
      let count: SymbolicInt = try c.call.size("repeats")
      let flat: Value = c["dim"].isNone ? try c("aten.flatten.using_ints", c["self"]) : c["self"]
      let type: TensorType = try c.type(flat)
      let source: Value = type.rank == 0 ? try c("aten.reshape.default", flat, .ints([1])) : flat
      let dim: Int = c["dim"].isNone ? 0 : try c.call.dimension("dim", rank: type.rank)
      var sizes: [SymbolicInt] = type.rank == 0 ? [1] : type.sizes
      var stretched: [SymbolicInt] = sizes
      stretched.insert(count, at: dim + 1)
      sizes[dim] *= count
      let wide: Value = try c("aten.expand.default", try c("aten.unsqueeze.default", source, .integer(dim + 1)), .list(stretched.map { .int($0) }))
      let copy: Value = try c("aten.clone.default", wide, keywords: ["memory_format": .memoryFormat(.contiguous)])
      return try c("aten.view.default", copy, .list(sizes.map { .int($0) }))
    },
    composed("repeat_interleave.self_Tensor(Tensor self, Tensor repeats, int? dim=None, *, SymInt? output_size=None) -> Tensor") { c in
      let flat: Value = c["dim"].isNone ? try c("aten.flatten.using_ints", c["self"]) : c["self"]
      let type: TensorType = try c.type(flat)
      let dim: Int = c["dim"].isNone ? 0 : try c.call.dimension("dim", rank: type.rank)
      var counts: Value = c["repeats"]
      let given: TensorType = try c.call.type("repeats")
      let length: SymbolicInt = type.rank == 0 ? 1 : type.sizes[dim]
      guard given.rank <= 1 else { throw c.call.failure("repeats must be 0-dim or 1-dim tensor") }
      if given.rank == 0 || given.sizes[0] == 1 {
        counts = try c("aten.expand.default", try c("aten.reshape.default", counts, .ints([1])), .list([.int(length)]))
      } else if !c.call.environment.isEqual(given.sizes[0], length) {
        throw c.call.failure("repeats must have the same size as input along dim, but got repeats.size(0) = \(given.sizes[0]) and input.size(\(dim)) = \(length)")
      }
      let index: Value = try c("aten.repeat_interleave.Tensor", counts, keywords: ["output_size": c["output_size"]])
      return try c("aten.index_select.default", flat, .integer(dim), index)
    },
    OperatorRecord(
      "aten::repeat_interleave.Tensor(Tensor repeats, *, SymInt? output_size=None) -> Tensor",
      .kernel(
        shape: { call in
          let size: SymbolicInt = try call.optionalSize("output_size") ?? call.environment.unbackedSymbol()
          return [.tensor(TensorType(dtype: try call.type("repeats").dtype, sizes: [size]))]
        },
        run: { call, _ in
          let counts: Tensor = try call.tensor("repeats")
          let numbers: [Int] = try counts.integers()
          guard numbers.allSatisfy({ $0 >= 0 }) else { throw call.failure("repeats can not be negative") }
          let places: [Int] = numbers.enumerated().flatMap { Array(repeating: $0, count: $1) }
          if let size = try call.optionalInteger("output_size"), size != places.count {
            throw call.failure("allocated size does not match required size: \(size) and \(places.count)")
          }
          return [.tensor(try Tensor(places, sizes: [places.count], counts.dtype))]
        })),
  ]

  // MARK: Turns

  private static let turns: [OperatorRecord] = [
    composed("roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor") { c in
      let type: TensorType = try c.call.type("self")
      let (shifts, dims): ([SymbolicInt], [Int]) = (try c.call.sizes("shifts"), try c.call.integers("dims").map { try c.call.wrap($0, rank: type.rank) })
      if type.elementCount == 0 { return try c("aten.clone.default", c["self"]) }
      if dims.isEmpty {
        guard shifts.count == 1 else { throw c.call.failure("shifts and dimensions must align. shifts: \(shifts.count), dims:0") }
        let rolled: Value = try rolled(c, try c("aten.flatten.using_ints", c["self"]), 0, shifts[0])
        return try c("aten.view.default", rolled, .list(type.sizes.map { .int($0) }))
      }
      guard shifts.count == dims.count else { throw c.call.failure("shifts and dimensions must align. shifts: \(shifts.count), dims:\(dims.count)") }
      return try zip(shifts, dims).reduce(c["self"]) { try rolled(c, $0, $1.1, $1.0) }
    },
    flipping("flip(Tensor self, int[] dims) -> Tensor") { try $0.dimensions("dims", rank: $1, emptyMeansAll: false) },
    flipping("fliplr(Tensor self) -> Tensor") { call, rank in
      guard rank >= 2 else { throw call.failure("Input must be >= 2-d.") }
      return [1]
    },
    flipping("flipud(Tensor self) -> Tensor") { call, rank in
      guard rank >= 1 else { throw call.failure("Input must be >= 1-d.") }
      return [0]
    },
    composed("rot90(Tensor self, int k=1, int[] dims=[0, 1]) -> Tensor") { c in
      let rank: Int = try c.call.type("self").rank
      let dims: [Int] = try c.call.integers("dims").map { try c.call.wrap($0, rank: rank) }
      guard dims.count == 2, dims[0] != dims[1] else { throw c.call.failure("expected rotation dims to be different and 2 in number, but got \(dims)") }
      let turns: Int = ((try c.call.integer("k")) % 4 + 4) % 4
      func flipped(_ dims: [Int]) throws -> Value { try c("aten.flip.default", c["self"], .ints(dims)) }
      switch turns {
      case 1: return try c("aten.transpose.int", try flipped([dims[1]]), .integer(dims[0]), .integer(dims[1]))
      case 2: return try flipped(dims)
      case 3: return try c("aten.transpose.int", try flipped([dims[0]]), .integer(dims[0]), .integer(dims[1]))
      default: return try c("aten.clone.default", c["self"], keywords: ["memory_format": .memoryFormat(.contiguous)])
      }
    },
  ]

  /// The value with its last `shift` places along `dim` moved to the front.
  private static func rolled(_ c: Composer, _ value: Value, _ dim: Int, _ shift: SymbolicInt) throws -> Value {
    if try c.type(value).rank == 0 { return try c("aten.clone.default", value) }
    let size: SymbolicInt = try c.type(value).sizes[dim]
    let start: SymbolicInt = (size - shift).modulo(size)
    if start == 0 { return try c("aten.clone.default", value) }
    let tail: Value = try c("aten.narrow.default", value, .integer(dim), .int(start), .int(size - start))
    let head: Value = try c("aten.narrow.default", value, .integer(dim), .int(0), .int(start))
    return try c("aten.cat.default", .list([tail, head]), .integer(dim))
  }

  private static func flipping(_ schema: String, _ dims: @escaping @Sendable (OperatorCall, Int) throws -> [Int]) -> OperatorRecord {
    filling(schema) { call in
      let type: TensorType = try call.type("self")
      _ = try dims(call, type.rank)
      return laidOut(type, nil)
    } _: { call, result in
      let source: Tensor = try call.tensor("self")
      if source.elementCount == 0 { return }
      // Kernels, unlike tensors, may walk backwards.
      var (strides, offset): ([Int], Int) = (source.strides, 0)
      for dim in try dims(call, source.rank) where dim < source.rank {
        offset += (source.sizes[dim] - 1) * strides[dim]
        strides[dim] = -strides[dim]
      }
      var from = lathe_view_make(
        source.data + offset * source.dtype.size, Int32(source.dtype.rawValue), Int32(source.rank), source.sizes, strides)
      var to = result.view
      withExtendedLifetime(source) { lathe_copy(&to, &from) }
    }
  }

  // MARK: Triangles and diagonals

  private static let triangles: [OperatorRecord] = [
    triangle("tril", keepsLower: true), triangle("triu", keepsLower: false),
    indices("tril_indices", keepsLower: true), indices("triu_indices", keepsLower: false),
    composed("diag(Tensor self, int diagonal=0) -> Tensor") { c in
      switch try c.call.type("self").rank {
      case 1: return try c("aten.diag_embed.default", c["self"], c["diagonal"])
      case 2: return try c("aten.diagonal_copy.default", c["self"], c["diagonal"])
      case let rank: throw c.call.failure("diag(): Supports 1D or 2D tensors. Got \(rank)D")
      }
    },
    composed("diagflat(Tensor self, int offset=0) -> Tensor") { c in
      try c("aten.diag_embed.default", try c("aten.flatten.using_ints", c["self"]), c["offset"])
    },
    filling("diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor", { call in
      let type: TensorType = try call.type("self")
      let (a, b): (Int, Int) = try diagonalDimensions(call, rank: type.rank + 1)
      let side: SymbolicInt = (type.sizes.last ?? 1) + SymbolicInt(abs(try call.integer("offset")))
      var sizes: [SymbolicInt] = Array(type.sizes.dropLast())
      sizes.insert(side, at: min(a, b))
      sizes.insert(side, at: max(a, b))
      return TensorType(dtype: type.dtype, sizes: sizes)
    }) { call, result in
      let source: Tensor = try call.tensor("self").atLeast1D
      let (a, b): (Int, Int) = try diagonalDimensions(call, rank: result.rank)
      result.fill(.int(0))
      let offset: Int = try call.integer("offset")
      let start: Int = offset >= 0 ? offset * result.strides[b] : -offset * result.strides[a]
      let others: [Int] = result.sizes.indices.filter { $0 != a && $0 != b }
      if source.elementCount == 0 { return }
      result.viewed(source.sizes, others.map { result.strides[$0] } + [result.strides[a] + result.strides[b]], offset: start).copy(from: source)
    },
  ]

  private static func diagonalDimensions(_ call: OperatorCall, rank: Int) throws -> (Int, Int) {
    let (a, b): (Int, Int) = (try call.dimension("dim1", rank: rank), try call.dimension("dim2", rank: rank))
    guard a != b else { throw call.failure("diagonal dimensions cannot be identical \(a), \(b)") }
    return (a, b)
  }

  private static func triangle(_ name: String, keepsLower: Bool) -> OperatorRecord {
    filling("\(name)(Tensor self, int diagonal=0) -> Tensor", { call in
      let type: TensorType = try call.type("self")
      guard type.rank >= 2 else { throw call.failure("\(name): input tensor must have at least 2 dimensions") }
      return TensorType(dtype: type.dtype, sizes: type.sizes)
    }) { call, result in
      result.copy(from: try call.tensor("self"))
      let (rows, columns): (Int, Int) = (result.sizes[result.rank - 2], result.sizes[result.rank - 1])
      if result.elementCount == 0 { return }
      let (diagonal, size): (Int, Int) = (try call.integer("diagonal"), result.dtype.size)
      for row in 0..<(result.elementCount / columns) {
        // Columns left of `edge` lie under the diagonal.
        let edge: Int = min(max(row % rows + diagonal + (keepsLower ? 1 : 0), 0), columns)
        let cleared: Range<Int> = keepsLower ? edge..<columns : 0..<edge
        let start: UnsafeMutableRawPointer = result.data + (row * columns + cleared.lowerBound) * size
        start.initializeMemory(as: UInt8.self, repeating: 0, count: cleared.count * size)
      }
    }
  }

  private static func indices(_ name: String, keepsLower: Bool) -> OperatorRecord {
    @Sendable func places(_ call: OperatorCall) throws -> [(Int, Int)] {
      let (rows, columns, offset): (Int, Int, Int) = (try call.integer("row"), try call.integer("col"), try call.integer("offset"))
      guard rows >= 0, columns >= 0 else { throw call.failure("row and col must be non-negative, got \(rows) and \(columns)") }
      var found: [(Int, Int)] = []
      for row in 0..<rows {
        let edge: Int = min(max(row + offset + (keepsLower ? 1 : 0), 0), columns)
        for column in keepsLower ? 0..<edge : edge..<columns { found.append((row, column)) }
      }
      return found
    }
    return filling(
      "\(name)(int row, int col, int offset=0, *, ScalarType? dtype=long, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
      { TensorType(dtype: try $0.dtype("dtype") ?? .i64, sizes: [2, SymbolicInt(try places($0).count)]) }
    ) { call, result in
      let found: [(Int, Int)] = try places(call)
      result.copy(from: try Tensor(found.map(\.0) + found.map(\.1), sizes: result.sizes, .i64))
    }
  }
}
