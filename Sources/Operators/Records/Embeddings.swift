import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Look-ups in tables of vectors (`ATen/native/Embedding.cpp`, `EmbeddingBag.cpp`, `Onehot.cpp`).
  static let embeddings: [OperatorRecord] =
    [
      OperatorRecord(
        "aten::embedding(Tensor weight, Tensor indices, SymInt padding_idx=-1, bool scale_grad_by_freq=False, bool sparse=False) -> Tensor",
        .kernel(
          shape: { call in
            let (weight, indices): (TensorType, TensorType) = (try call.type("weight"), try call.type("indices"))
            guard weight.rank == 2 else { throw call.failure("'weight' must be 2-D") }
            guard indices.dtype == .i64 || indices.dtype == .i32 else {
              throw call.failure("Expected tensor for argument 'indices' to have one of the following scalar types: Long, Int; but got \(indices.dtype.torchName) instead")
            }
            return [.tensor(TensorType(dtype: weight.dtype, sizes: indices.sizes + [weight.sizes[1]]))]
          },
          run: { call, types in
            let result: Tensor = try Tensor.empty(types[0])
            let weight: Tensor = try call.tensor("weight")
            var error = lathe_index_error()
            let failed: Bool = withViews([weight, try call.tensor("indices"), result]) { lathe_embedding($0[0], $0[1], $0[2], &error) != 0 }
            if failed { throw call.failure("index out of range in self: \(error.value) in a table of \(weight.sizes[0]) rows") }
            return [.tensor(result)]
          })),
      OperatorRecord(
        "aten::one_hot(Tensor self, int num_classes=-1) -> Tensor",
        .kernel(
          shape: { call in
            let type: TensorType = try call.type("self")
            guard type.dtype == .i64 else { throw call.failure("one_hot is only applicable to index tensor of type LongTensor.") }
            let classes: Int = try call.integer("num_classes")
            return [.tensor(TensorType(dtype: .i64, sizes: type.sizes + [classes == -1 ? call.environment.unbackedSymbol() : SymbolicInt(classes)]))]
          },
          run: { call, _ in
            let input: Tensor = try call.tensor("self")
            let indices: [Int] = try input.integers()
            var classes: Int = try call.integer("num_classes")
            if indices.isEmpty && classes <= 0 { throw call.failure("Can not infer total number of classes from empty tensor.") }
            if classes == -1 { classes = (indices.max() ?? -1) + 1 }
            guard indices.allSatisfy({ $0 >= 0 }) else { throw call.failure("Class values must be non-negative.") }
            guard indices.allSatisfy({ $0 < classes }) else { throw call.failure("Class values must be smaller than num_classes.") }
            let result: Tensor = try Tensor.empty(input.sizes + [classes], .i64)
            result.fill(.int(0))
            let cells = result.data.assumingMemoryBound(to: Int.self)
            for (row, index) in indices.enumerated() { cells[row * classes + index] = 1 }
            return [.tensor(result)]
          })),
    ]
    + ["embedding_bag", "_embedding_bag", "_embedding_bag_forward_only"].map { name in
      let padding: String = name == "embedding_bag" ? "" : ", int padding_idx=-1"
      return OperatorRecord(
        "aten::\(name)(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq=False, int mode=0, bool sparse=False, Tensor? per_sample_weights=None, bool include_last_offset=False\(padding)) -> (Tensor, Tensor, Tensor, Tensor)",
        .kernel(shape: bagTypes, run: bag))
    }
    + [
      OperatorRecord(
        "aten::embedding_bag.padding_idx(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq, int mode, bool sparse, Tensor? per_sample_weights, bool include_last_offset, int? padding_idx) -> (Tensor, Tensor, Tensor, Tensor)",
        .kernel(shape: bagTypes, run: bag))
    ]

  private static func bagCount(_ call: OperatorCall) throws -> SymbolicInt {
    let count: SymbolicInt = try call.type("offsets").sizes[0]
    return try call.flag("include_last_offset") ? count - 1 : count
  }

  /// Result, the bag of each index, bag sizes, and for `max` the rows chosen.
  @Sendable private static func bagTypes(_ call: OperatorCall) throws -> [ValueType] {
    let (weight, indices, offsets): (TensorType, TensorType, TensorType) = (try call.type("weight"), try call.type("indices"), try call.type("offsets"))
    guard weight.rank == 2, indices.rank == 1, offsets.rank == 1 else {
      throw call.failure("weight must be 2-D, indices and offsets 1-D, but got \(weight.rank)-D, \(indices.rank)-D and \(offsets.rank)-D")
    }
    let bags: SymbolicInt = try bagCount(call)
    let mode: Int = try call.integer("mode")
    guard (0...2).contains(mode) else { throw call.failure("mode has to be one of sum, mean or max") }
    let index: DType = indices.dtype
    let chosen: [SymbolicInt] = mode == 2 ? [bags, weight.sizes[1]] : mode == 0 ? [bags] : [bags]
    let isFastSum: Bool = mode != 2 && weight.dtype != .f64
    let bagOfIndex: [SymbolicInt] = isFastSum && mode == 0 ? [0] : [indices.sizes[0]]
    return [
      .tensor(TensorType(dtype: weight.dtype, sizes: [bags, weight.sizes[1]])), .tensor(TensorType(dtype: index, sizes: bagOfIndex)),
      .tensor(TensorType(dtype: index, sizes: [bags])), .tensor(TensorType(dtype: index, sizes: chosen)),
    ]
  }

  @Sendable private static func bag(_ call: OperatorCall, _ types: [ValueType]) throws -> [Value] {
    let weight: Tensor = try call.tensor("weight")
    let results: [Tensor] = try types.map { try Tensor.empty($0) }
    let (indices, offsets): ([Int], [Int]) = (try call.tensor("indices").integers(), try call.tensor("offsets").integers())
    let mode: Int = try call.integer("mode")
    var padding: Int = call.schema.index(of: "padding_idx") == nil ? -1 : try call.optionalInteger("padding_idx") ?? -1
    let rows: Int = weight.sizes[0]
    if padding < 0 && call.schema.name.overload == "padding_idx" && !call.value("padding_idx").isNone { padding += rows }
    let scales: [Double]? = try call.optionalTensor("per_sample_weights")?.doubles()
    let table: Tensor = try weight.converted(to: .f64).contiguous()
    let width: Int = weight.sizes[1]
    let bags: Int = results[0].sizes[0]
    if let first = offsets.first, first != 0 { throw call.failure("offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, got \(first)") }
    var sums: [Double] = Array(repeating: 0, count: bags * width)
    var (chosen, sizes, bagOfIndex): ([Int], [Int], [Int]) = ([], [], Array(repeating: 0, count: indices.count))
    let values = table.data.assumingMemoryBound(to: Double.self)
    try withExtendedLifetime(table) {
      for bag in 0..<bags {
        let (start, end): (Int, Int) = (offsets[bag], bag + 1 < offsets.count ? offsets[bag + 1] : indices.count)
        guard start >= 0, start <= end, end <= indices.count else { throw call.failure("offsets [\(start), \(end)) lie outside the \(indices.count) indices") }
        var count: Int = 0
        var picks: [Int] = Array(repeating: 0, count: width)
        for position in start..<end {
          let row: Int = indices[position]
          bagOfIndex[position] = bag
          guard row >= 0, row < rows else { throw call.failure("index out of range in self: \(row) in a table of \(rows) rows") }
          if row == padding { continue }
          let scale: Double = scales?[position] ?? 1
          for column in 0..<width {
            let value: Double = values[row * width + column] * scale
            if mode != 2 {
              sums[bag * width + column] += value
            } else if count == 0 || value > sums[bag * width + column] || value.isNaN {
              sums[bag * width + column] = value
              picks[column] = row
            }
          }
          count += 1
        }
        if mode == 1 && count > 0 { for column in 0..<width { sums[bag * width + column] /= Double(count) } }
        sizes.append(count)
        chosen += picks
      }
    }
    results[0].copy(from: try Tensor(sums, sizes: [bags, width], .f64))
    if results[1].sizes[0] == indices.count { results[1].copy(from: try Tensor(bagOfIndex, sizes: [indices.count])) }
    results[2].copy(from: try Tensor(sizes, sizes: [bags]))
    if mode == 2 { results[3].copy(from: try Tensor(chosen, sizes: [bags, width])) } else { results[3].fill(.int(0)) }
    return results.map { .tensor($0) }
  }
}
