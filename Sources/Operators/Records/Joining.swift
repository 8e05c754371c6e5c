import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Tensors put together, and split in the ways that `torch.split` has not (`ATen/native/TensorShape.cpp`).
  static let joining: [OperatorRecord] = concatenations + stacks + splits

  private static let concatenations: [OperatorRecord] = [
    filling("cat(Tensor[] tensors, int dim=0) -> Tensor", joined, fillJoined),
    composed("_chunk_cat(Tensor[] tensors, int dim, int num_chunks) -> Tensor", chunkedJoin),
  ]

  /// PyTorch takes a one-dimensional empty tensor among the operands as nothing.
  private static func takesPart(_ type: TensorType) -> Bool { !(type.rank == 1 && type.sizes[0] == 0) }

  @Sendable private static func joined(_ call: OperatorCall) throws -> TensorType {
    let all: [TensorType] = try call.types("tensors")
    guard let first = all.first else { throw call.failure("expected a non-empty list of Tensors") }
    let dtype: DType = TypePromotion.resultType(all.map { .tensor($0.dtype, rank: $0.rank) })
    guard all.allSatisfy({ $0.dtype.isComputable }) else { throw LatheError.unsupported("\(call.schema.name) on \(dtype.torchName)") }
    let parts: [TensorType] = all.filter(takesPart)
    guard let sample = parts.first else { return TensorType(dtype: dtype, sizes: first.sizes) }
    guard sample.rank > 0, parts.allSatisfy({ $0.rank > 0 }) else { throw call.failure("zero-dimensional tensor (at position 0) cannot be concatenated") }
    let dim: Int = try call.dimension("dim", rank: sample.rank)
    var sizes: [SymbolicInt] = sample.sizes
    sizes[dim] = 0
    for (place, part) in all.enumerated() where takesPart(part) {
      guard part.rank == sample.rank else { throw call.failure("Tensors must have same number of dimensions: got \(sample.rank) and \(part.rank)") }
      for other in sizes.indices where other != dim && !call.environment.isEqual(part.sizes[other], sizes[other]) {
        throw call.failure(
          "Sizes of tensors must match except in dimension \(dim). Expected size \(sizes[other]) but got size \(part.sizes[other]) for tensor number \(place) in the list.")
      }
      sizes[dim] += part.sizes[dim]
    }
    let isChannelsLast: Bool = parts.allSatisfy { $0.suggestsChannelsLast(call.environment) }
    return TensorType(dtype: dtype, sizes: sizes, strides: isChannelsLast ? channelsLastStrides(sizes) : nil)
  }

  @Sendable private static func fillJoined(_ call: OperatorCall, _ result: Tensor) throws {
    var start: Int = 0
    for part in try call.tensors("tensors") where !(part.rank == 1 && part.sizes[0] == 0) {
      let dim: Int = try call.dimension("dim", rank: part.rank)
      result.narrowed(dim, start, part.sizes[dim]).copy(from: part)
      start += part.sizes[dim]
    }
  }

  /// Each tensor in equal chunks (the last filled with zeros), chunk k of all side by side.
  @Sendable private static func chunkedJoin(_ c: Composer) throws -> Value {
    guard case .list(let tensors) = c["tensors"], !tensors.isEmpty else { throw c.call.failure("expected a non-empty list of Tensors") }
    let chunks: Int = try c.call.integer("num_chunks")
    guard chunks >= 1 else { throw c.call.failure("_chunk_cat expects positive num_chunks") }
    let dim: Int = try c.call.dimension("dim", of: try c.type(tensors[0]))
    let parts: [Value] = try tensors.map { tensor in
      let type: TensorType = try c.type(tensor)
      guard dim < type.rank else { throw c.call.failure("_chunk_cat expects tensors with more than \(dim) dimensions") }
      let piece: SymbolicInt = (type.sizes[dim] + SymbolicInt(chunks - 1)).floorDivided(by: SymbolicInt(chunks))
      let missing: SymbolicInt = piece * SymbolicInt(chunks) - type.sizes[dim]
      var filled: Value = tensor
      if missing != 0 {
        let padding: [SymbolicInt] = Array(repeating: 0, count: 2 * (type.rank - dim) - 1) + [missing]
        filled = try c("aten.constant_pad_nd.default", tensor, .list(padding.map { .int($0) }))
      }
      let rest: SymbolicInt = Array(type.sizes[(dim + 1)...]).product * piece
      return try c("aten.reshape.default", filled, .list((type.sizes[..<dim] + [SymbolicInt(chunks), rest]).map { .int($0) }))
    }
    return try c("aten.cat.default", .list(parts), .integer(dim + 1))
  }

  // MARK: Stacks

  private static let stacks: [OperatorRecord] = [
    composed("stack(Tensor[] tensors, int dim=0) -> Tensor") { c in
      let parts: [Value] = try list(c)
      let sample: TensorType = try c.type(parts[0])
      for (place, part) in parts.enumerated() {
        let sizes: [SymbolicInt] = try c.type(part).sizes
        guard sizes.count == sample.rank, zip(sizes, sample.sizes).allSatisfy({ c.call.environment.isEqual($0, $1) }) else {
          throw c.call.failure("stack expects each tensor to be equal size, but got \(sample.sizes) at entry 0 and \(sizes) at entry \(place)")
        }
      }
      let dim: Int = try c.call.wrap(try c.call.integer("dim"), rank: sample.rank + 1)
      return try c("aten.cat.default", .list(try parts.map { try c("aten.unsqueeze.default", $0, .integer(dim)) }), .integer(dim))
    },
    composed("hstack(Tensor[] tensors) -> Tensor") { c in
      let parts: [Value] = try list(c).map { try c("aten.atleast_1d.default", $0) }
      return try c("aten.cat.default", .list(parts), .integer(try c.type(parts[0]).rank == 1 ? 0 : 1))
    },
    composed("vstack(Tensor[] tensors) -> Tensor") { c in
      try c("aten.cat.default", .list(try list(c).map { try c("aten.atleast_2d.default", $0) }), .integer(0))
    },
    composed("dstack(Tensor[] tensors) -> Tensor") { c in
      try c("aten.cat.default", .list(try list(c).map { try c("aten.atleast_3d.default", $0) }), .integer(2))
    },
    composed("column_stack(Tensor[] tensors) -> Tensor") { c in
      let columns: [Value] = try list(c).map { part in
        let type: TensorType = try c.type(part)
        return type.rank > 1 ? part : try c("aten.reshape.default", part, .list([.int(type.elementCount), .int(1)]))
      }
      return try c("aten.cat.default", .list(columns), .integer(1))
    },
    composed("atleast_1d(Tensor self) -> Tensor") { try atLeast($0, $0["self"], 1) },
    composed("atleast_2d(Tensor self) -> Tensor") { try atLeast($0, $0["self"], 2) },
    composed("atleast_3d(Tensor self) -> Tensor") { try atLeast($0, $0["self"], 3) },
    composed("atleast_1d.Sequence(Tensor[] tensors) -> Tensor[]") { c in .list(try list(c).map { try atLeast(c, $0, 1) }) },
    composed("atleast_2d.Sequence(Tensor[] tensors) -> Tensor[]") { c in .list(try list(c).map { try atLeast(c, $0, 2) }) },
    composed("atleast_3d.Sequence(Tensor[] tensors) -> Tensor[]") { c in .list(try list(c).map { try atLeast(c, $0, 3) }) },
    filling("block_diag(Tensor[] tensors) -> Tensor", { call in
      let types: [TensorType] = try call.types("tensors")
      guard types.allSatisfy({ $0.rank <= 2 }) else { throw call.failure("Input tensors must have 2 or fewer dimensions.") }
      let blocks: [[SymbolicInt]] = types.map { Array(repeating: 1, count: 2 - $0.rank) + $0.sizes }
      let dtype: DType = TypePromotion.resultType(types.map { .tensor($0.dtype, rank: 1) })
      return TensorType(dtype: dtype, sizes: [blocks.map { $0[0] }.reduce(0, +), blocks.map { $0[1] }.reduce(0, +)])
    }) { call, result in
      result.fill(.int(0))
      var (row, column): (Int, Int) = (0, 0)
      for tensor in try call.tensors("tensors") {
        let block: Tensor = tensor.inserting(Array(0..<(2 - tensor.rank)))
        result.narrowed(0, row, block.sizes[0]).narrowed(1, column, block.sizes[1]).copy(from: block)
        row += block.sizes[0]
        column += block.sizes[1]
      }
    },
  ]

  private static func list(_ c: Composer) throws -> [Value] {
    guard case .list(let items) = c["tensors"], !items.isEmpty else { throw c.call.failure("expects a non-empty TensorList") }
    return items
  }
  /// `torch.atleast_3d` puts a vector's dimension in the middle and a matrix's two first.
  private static func atLeast(_ c: Composer, _ value: Value, _ rank: Int) throws -> Value {
    var result: Value = value
    var current: Int = try c.type(value).rank
    while current < rank {
      result = try c("aten.unsqueeze.default", result, .integer(current == 2 ? 2 : 0))
      current += 1
    }
    return result
  }

  // MARK: Splits

  private static let splits: [OperatorRecord] =
    [
      split("tensor_split.sections(Tensor(a -> *) self, SymInt sections, int dim=0) -> Tensor(a)[]") { try $0.dimension("dim", rank: $1) },
      split("tensor_split.indices(Tensor(a -> *) self, SymInt[] indices, int dim=0) -> Tensor(a)[]") { try $0.dimension("dim", rank: $1) },
      OperatorRecord(
        "aten::tensor_split.tensor_indices_or_sections(Tensor(a -> *) self, Tensor tensor_indices_or_sections, int dim=0) -> Tensor(a)[]",
        .composite { c in
          let places: Tensor = try c.call.tensor("tensor_indices_or_sections")
          let numbers: [Int] = try places.integers()
          if places.rank == 0 { return [try c("aten.tensor_split.sections", c["self"], .integer(numbers[0]), c["dim"])] }
          return [try c("aten.tensor_split.indices", c["self"], .ints(numbers), c["dim"])]
        }),
    ] + [("hsplit", 1, -1), ("vsplit", 2, 0), ("dsplit", 3, 2)].flatMap { name, leastRank, place in
      [("int", "int sections"), ("array", "int[] indices")].map { overload, parameter in
        split("\(name).\(overload)(Tensor(a -> *) self, \(parameter)) -> Tensor(a)[]") { call, rank in
          guard rank >= leastRank else { throw call.failure("torch.\(name) requires a tensor with at least \(leastRank) dimension, but got a tensor with \(rank) dimensions!") }
          let dim: Int = place >= 0 ? place : rank == 1 ? 0 : 1
          if overload == "int", let size = try call.type("self").sizes[dim].constant {
            let sections: Int = try call.integer("sections")
            guard sections > 0, size % sections == 0 else {
              throw call.failure("torch.\(name) attempted to split along dimension \(dim), but the size of the dimension \(size) is not divisible by the split_size \(sections)!")
            }
          }
          return dim
        }
      }
    }

  /// Pieces between the places given, or a number of pieces of which the first ones are larger by one.
  private static func split(_ schema: String, _ dimension: @escaping @Sendable (OperatorCall, Int) throws -> Int) -> OperatorRecord {
    OperatorRecord("aten::\(schema)", .views(of: "self") { call in
      let type: TensorType = try call.type("self")
      guard type.rank > 0 else { throw call.failure("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims") }
      let dim: Int = try dimension(call, type.rank)
      let size: SymbolicInt = type.sizes[dim]
      var bounds: [SymbolicInt] = [0]
      if call.schema.index(of: "sections") != nil {
        let sections: Int = try call.integer("sections")
        guard sections > 0 else { throw call.failure("number of sections must be larger than 0, got \(sections)") }
        let (least, extra): (SymbolicInt, SymbolicInt) = (size.floorDivided(by: SymbolicInt(sections)), size.modulo(SymbolicInt(sections)))
        for section in 1...sections { bounds.append(least * SymbolicInt(section) + SymbolicInt.minimum(extra, SymbolicInt(section))) }
      } else {
        for place in try call.sizes("indices") {
          let start: SymbolicInt = call.environment.isLess(place, 0) ? SymbolicInt.maximum(place + size, 0) : place
          bounds.append(SymbolicInt.minimum(start, size))
        }
        bounds.append(size)
      }
      return zip(bounds, bounds.dropFirst()).map { start, end in
        var piece = ViewTransform(sizes: type.sizes, strides: type.strides, offset: start * type.strides[dim])
        piece.sizes[dim] = call.environment.isLess(end, start) ? 0 : end - start
        return piece
      }
    })
  }
}
