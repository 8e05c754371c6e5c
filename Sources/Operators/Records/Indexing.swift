import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Reading and writing through index tensors as `x[i, :, mask]` does (`ATen/native/TensorAdvancedIndexing.cpp`).
  static let indexing: [OperatorRecord] =
    [
      OperatorRecord(
        "aten::index.Tensor(Tensor self, Tensor?[] indices) -> Tensor",
        .kernel(
          shape: { call in
            let type: TensorType = try call.type("self")
            return [.tensor(TensorType(dtype: type.dtype, sizes: try IndexedShape(call, type).sizes))]
          },
          run: { call, _ in
            let source: Tensor = try call.tensor("self")
            let plan = try IndexPlan(call, source)
            let result: Tensor = try Tensor.empty(plan.sizes, source.dtype)
            try plan.check(call) { count, operands, error in
              Tensor.withViews(plan.base, result) { lathe_index_gather($0, count, operands, $0 + 1, error) }
            }
            return [.tensor(result)]
          })),
      filling("index_put(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor", { laidOut(try $0.type("self"), nil) }) { call, result in
        result.copy(from: try call.tensor("self"))
        try put(call, into: result)
      },
      OperatorRecord(
        "aten::index_put_(Tensor(a!) self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor(a!)", .inPlace(of: "aten.index_put.default")),
      OperatorRecord(
        "aten::_index_put_impl_(Tensor(a!) self, Tensor?[] indices, Tensor values, bool accumulate=False, bool unsafe=False) -> Tensor(a!)",
        .inPlace(of: "aten.index_put.default")),
    ]

  private static func put(_ call: OperatorCall, into target: Tensor) throws {
    let values: Tensor = try call.tensor("values")
    guard values.dtype == target.dtype else {
      throw call.failure(
        "Index put requires the source and destination dtypes match, got \(target.dtype.torchName) for the destination and \(values.dtype.torchName) for the source.")
    }
    let plan = try IndexPlan(call, target)
    let stretched: Bool =
      (try? Broadcasting.shape([values.sizes, plan.sizes], call.environment)) == plan.sizes
    guard stretched else {
      throw call.failure("shape mismatch: value tensor of shape \(values.sizes) cannot be broadcast to indexing result of shape \(plan.sizes)")
    }
    let accumulates: Bool = try call.flag("accumulate")
    try plan.check(call) { count, operands, error in
      Tensor.withViews(plan.base, values.expanded(to: plan.sizes)) { lathe_index_put($0, count, operands, $0 + 1, accumulates, error) }
    }
  }
}

/// Where the sizes of an indexing result come from: runs of whole dimensions around one block of dimensions of the index tensors,
/// which stands in the place of the indexed dimensions where those are neighbours and in front of everything else where not.
struct IndexLayout {
  /// Dimensions of the indexed tensor before and after the block.
  let before: [Int], after: [Int]

  /// - Parameter isIndexed: by dimension of the indexed tensor.
  init(isIndexed: [Bool]) {
    let indexed: [Int] = isIndexed.indices.filter { isIndexed[$0] }
    let whole: [Int] = isIndexed.indices.filter { !isIndexed[$0] }
    guard let first = indexed.first, let last = indexed.last, last - first + 1 == indexed.count else {
      (before, after) = indexed.isEmpty ? (whole, []) : ([], whole)
      return
    }
    (before, after) = (whole.filter { $0 < first }, whole.filter { $0 > last })
  }
}

/// The result's sizes over types alone; a mask picks an unknown number of elements.
struct IndexedShape {
  let sizes: [SymbolicInt]

  init(_ call: OperatorCall, _ type: TensorType) throws {
    guard case .list(let indices) = call.value("indices") else { throw call.mismatch("indices", "a list of tensors") }
    var isIndexed: [Bool] = []
    var shapes: [[SymbolicInt]] = []
    var picked: SymbolicInt?
    for index in indices {
      guard let given = index.tensorType else {
        isIndexed.append(false)
        continue
      }
      if given.dtype == .bool || given.dtype == .u8 {
        let count: SymbolicInt
        if let mask = index.tensor {
          count = SymbolicInt(Tensor.withViews(mask) { lathe_nonzero_count($0) })
        } else {
          count = picked ?? call.environment.unbackedSymbol()
        }
        picked = count
        shapes.append([count])
        isIndexed += Array(repeating: true, count: given.rank)
      } else {
        shapes.append(given.sizes)
        isIndexed.append(true)
      }
    }
    guard isIndexed.count <= type.rank else {
      throw call.failure("too many indices for tensor of dimension \(type.rank) (got \(isIndexed.count))")
    }
    isIndexed += Array(repeating: false, count: type.rank - isIndexed.count)
    let layout = IndexLayout(isIndexed: isIndexed)
    let block: [SymbolicInt] = shapes.isEmpty ? [] : try Broadcasting.shape(shapes, call.environment)
    sizes = layout.before.map { type.sizes[$0] } + block + layout.after.map { type.sizes[$0] }
  }
}

/// Concrete operands of `lathe_index_gather` and `lathe_index_put`.
struct IndexPlan {
  let sizes: [Int]
  /// The indexed tensor laid over the result's space.
  let base: Tensor
  private let operands: [lathe_index_operand]
  /// Keeps the operands' memory.
  private let indices: [Tensor]

  init(_ call: OperatorCall, _ source: Tensor) throws {
    guard case .list(let given) = call.value("indices") else { throw call.mismatch("indices", "a list of tensors") }
    var byDimension: [Tensor?] = []
    for value in given {
      guard let index = value.tensor else {
        byDimension.append(nil)
        continue
      }
      guard index.dtype == .bool || index.dtype == .u8 else {
        guard !index.dtype.isFloatingPoint else {
          throw call.failure("tensors used as indices must be long, int, byte or bool tensors")
        }
        byDimension.append(try index.asIndices())
        continue
      }
      for dim in 0..<index.rank where byDimension.count + dim < source.rank && index.sizes[dim] != source.sizes[byDimension.count + dim] {
        throw call.failure(
          "The shape of the mask \(index.sizes) at index \(dim) does not match the shape of the indexed tensor \(source.sizes) at index \(byDimension.count + dim)")
      }
      let count: Int = Tensor.withViews(index) { lathe_nonzero_count($0) }
      let places: Tensor = try Tensor.empty([count, index.rank], .i64)
      Tensor.withViews(index, places) { lathe_nonzero_fill($0, $0 + 1) }
      for dim in 0..<index.rank { byDimension.append(places.viewed([count], [index.rank], offset: dim)) }
    }
    guard byDimension.count <= source.rank else {
      throw call.failure("too many indices for tensor of dimension \(source.rank) (got \(byDimension.count))")
    }
    byDimension += Array(repeating: nil, count: source.rank - byDimension.count)
    let layout = IndexLayout(isIndexed: byDimension.map { $0 != nil })
    let block: [Int]
    do {
      block = try Broadcasting.shape(byDimension.compactMap { $0?.sizes }, call.environment)
    } catch {
      let shapes: String = byDimension.compactMap { $0.map { "\($0.sizes)" } }.joined(separator: ", ")
      throw call.failure("shape mismatch: indexing tensors could not be broadcast together with shapes \(shapes)")
    }
    sizes = layout.before.map { source.sizes[$0] } + block + layout.after.map { source.sizes[$0] }
    let still: [Int] = Array(repeating: 0, count: block.count)
    base = source.viewed(sizes, layout.before.map { source.strides[$0] } + still + layout.after.map { source.strides[$0] })
    var (operands, kept): ([lathe_index_operand], [Tensor]) = ([], [])
    for (dim, index) in byDimension.enumerated() {
      guard let index else { continue }
      let strides: [Int] = Array(repeating: 0, count: layout.before.count) + Broadcasting.strides(index, to: block)
      let stretched: Tensor = index.viewed(sizes, strides + Array(repeating: 0, count: layout.after.count))
      operands.append(lathe_index_operand(indices: stretched.view, size: source.sizes[dim], stride: source.strides[dim], dimension: Int32(dim)))
      kept.append(stretched)
    }
    (self.operands, indices) = (operands, kept)
  }

  /// Runs a kernel on the operands.
  /// - Throws: `LatheError` of kind `badInput` when it meets an index out of range.
  func check(
    _ call: OperatorCall, _ kernel: (Int32, UnsafePointer<lathe_index_operand>?, UnsafeMutablePointer<lathe_index_error>) -> Int32
  ) throws {
    var error = lathe_index_error()
    let status: Int32 = withExtendedLifetime(indices) {
      operands.withUnsafeBufferPointer { kernel(Int32($0.count), $0.baseAddress, &error) }
    }
    if status != 0 { throw call.outOfRange(error) }
  }
}
