import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Variances, order statistics and histograms.
  static let statistics: [OperatorRecord] = variances + orderStatistics + histograms

  private static let variances: [OperatorRecord] = [("var", false), ("std", true)].flatMap { name, isRoot in
    [
      ("(Tensor self, bool unbiased=True)"), (".dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False)"),
      (".correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False)"),
    ].flatMap { parameters -> [OperatorRecord] in
      [false, true].map { givesMean in
        let text: String = "aten::\(name)\(givesMean ? "_mean" : "")\(parameters) -> \(givesMean ? "(Tensor, Tensor)" : "Tensor")"
        return OperatorRecord(
          text,
          .kernel(
            shape: { call in
              let type: TensorType = try call.type("self")
              guard type.dtype.isFloatingPoint else { throw call.failure("std and var only support floating point and complex dtypes") }
              return Array(repeating: .tensor(try reduced(type, call, to: type.dtype)), count: givesMean ? 2 : 1)
            },
            run: { try variance($0, $1, root: isRoot) }))
          .reducing { try ReductionForm.variance($0, correction: try correction($0.call), root: isRoot, givesMean: givesMean) }
      }
    }
  }

  private static func correction(_ call: OperatorCall) throws -> Double {
    call.schema.index(of: "unbiased") != nil ? (try call.flag("unbiased") ? 1 : 0) : try call.optionalDouble("correction") ?? 1
  }

  private static func variance(_ call: OperatorCall, _ types: [ValueType], root: Bool) throws -> [Value] {
    let input: Tensor = try call.tensor("self")
    let dims: [Int] = try reducedDimensions(call, rank: input.rank)
    let correction: Double = try correction(call)
    let results: [Tensor] = try types.map { try Tensor.empty($0) }
    let isKept: Bool = try keepsDimensions(call)
    let targets: [Tensor] = results.map { isKept ? $0 : $0.inserting(dims) }
    Tensor.withViews(input, targets[0], targets[targets.count - 1]) {
      lathe_reduce_variance($0, dimensionMask(dims), correction, root, $0 + 1, targets.count == 2 ? $0 + 2 : nil)
    }
    return results.map { .tensor($0) }
  }

  // MARK: Order statistics

  private static let orderStatistics: [OperatorRecord] =
    [("median", false), ("nanmedian", true)].flatMap { name, ignoresNaN -> [OperatorRecord] in
      [
        filling("\(name)(Tensor self) -> Tensor", { TensorType(dtype: try $0.type("self").dtype, sizes: []) }) { call, result in
          let input: Tensor = try call.tensor("self").flattened()
          guard input.elementCount > 0 else { return result.fill(.double(.nan)) }
          let (values, indices): (Tensor, Tensor) = (result.viewed([1], [1]), try Tensor.empty([1], .i64))
          try pick(input, 0, values, indices) { medianPlace($0, ignoresNaN: ignoresNaN) }
        },
        OperatorRecord(
          "aten::\(name).dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
          .kernel(
            shape: valuesAndIndices,
            run: { call, types in
              let type: TensorType = try call.type("self")
              if type.dtype.isFloatingPoint, try call.tensor("self").doubles().contains(where: \.isNaN) {
                return try pickAlong(call, types) { medianPlace($0, ignoresNaN: ignoresNaN) }
              }
              let length: Int = type.rank == 0 ? 1 : type.sizes[try call.dimension("dim", rank: type.rank)].constant ?? 0
              return try selectAlong(call, types, LATHE_ORDER_NTH, (length - 1) / 2)
            })),
      ]
    } + [
      OperatorRecord(
        "aten::kthvalue(Tensor self, int k, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)",
        .kernel(
          shape: valuesAndIndices,
          run: { call, types in
            let k: Int = try call.integer("k")
            let type: TensorType = try call.type("self")
            let length: Int = type.rank == 0 ? 1 : type.sizes[try call.dimension("dim", rank: type.rank)].constant ?? 0
            guard k >= 1, k <= length else { throw call.failure("kthvalue(): selected number k out of range for dimension \(try call.integer("dim"))") }
            return try selectAlong(call, types, LATHE_ORDER_QUICKSELECT, k - 1)
          })),
      OperatorRecord(
        "aten::mode(Tensor self, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)",
        .kernel(shape: valuesAndIndices, run: { try pickAlong($0, $1, place: modePlace) })),
    ]

  /// The lower of the two middle elements of a sorted row; the first NaN (they sort last) where there is one, unless they are ignored.
  private static func medianPlace(_ row: [Double], ignoresNaN: Bool) -> Int {
    let numbers: Int = row.firstIndex(where: \.isNaN) ?? row.count
    if numbers == row.count { return (row.count - 1) / 2 }
    return ignoresNaN ? max(numbers - 1, 0) / 2 : numbers
  }
  /// The last element of the first longest run of equal ones.
  @Sendable private static func modePlace(_ row: [Double]) -> Int {
    var (best, bestLength, length): (Int, Int, Int) = (0, 0, 0)
    for index in row.indices {
      length += 1
      if index == row.count - 1 || row[index] != row[index + 1] {
        if length > bestLength { (best, bestLength) = (index, length) }
        length = 0
      }
    }
    return best
  }

  private static func pickAlong(_ call: OperatorCall, _ types: [ValueType], place: ([Double]) -> Int) throws -> [Value] {
    let input: Tensor = try call.tensor("self").atLeast1D
    let dim: Int = try call.dimension("dim", rank: input.rank)
    guard input.sizes[dim] > 0 else { throw emptyReduction(call, input, [dim]) }
    let (values, indices): (Tensor, Tensor) = (try Tensor.empty(types[0]), try Tensor.empty(types[1]))
    let isKept: Bool = values.rank == input.rank
    try pick(input, dim, isKept ? values : values.inserting([dim]), isKept ? indices : indices.inserting([dim]), place: place)
    return [.tensor(values), .tensor(indices)]
  }

  /// The element of each row along `dim` at one position of the row's order.
  private static func selectAlong(_ call: OperatorCall, _ types: [ValueType], _ operation: lathe_order_op, _ position: Int) throws -> [Value] {
    let input: Tensor = try call.tensor("self").atLeast1D
    let dim: Int = try call.dimension("dim", rank: input.rank)
    guard input.sizes[dim] > 0 else { throw emptyReduction(call, input, [dim]) }
    let (values, indices): (Tensor, Tensor) = (try Tensor.empty(types[0]), try Tensor.empty(types[1]))
    let isKept: Bool = values.rank == input.rank
    try order(
      operation, input, dim, count: 1, position: position, descending: false, isKept ? values : values.inserting([dim]),
      isKept ? indices : indices.inserting([dim]))
    return [.tensor(values), .tensor(indices)]
  }

  /// Sorts along a dimension and takes from each row the element whose place in it is asked for.
  private static func pick(_ input: Tensor, _ dim: Int, _ values: Tensor, _ indices: Tensor, place: ([Double]) -> Int) throws {
    let (sorted, order): (Tensor, Tensor) = (try Tensor.empty(input.sizes, input.dtype), try Tensor.empty(input.sizes, .i64))
    Tensor.withViews(input, sorted, order) { lathe_sort($0, Int32(dim), false, $0 + 1, $0 + 2) }
    let places = try Tensor(try sorted.rows(dim).map(place), sizes: values.sizes, .i64)
    Tensor.withViews(sorted, order, places, values, indices) {
      _ = lathe_gather($0, Int32(dim), $0 + 2, $0 + 3, nil)
      _ = lathe_gather($0 + 1, Int32(dim), $0 + 2, $0 + 4, nil)
    }
  }

  // MARK: Histograms

  private static let histograms: [OperatorRecord] = [
    filling("histc(Tensor self, int bins=100, Scalar min=0, Scalar max=0) -> Tensor", { call in
      TensorType(dtype: try call.type("self").dtype, sizes: [try call.size("bins")])
    }) { call, result in
      let values: [Double] = try call.tensor("self").doubles()
      let edges: [Double] = try binEdges(
        call, values, bins: try call.integer("bins"), low: try call.double("min"), high: try call.double("max"), widening: 1, result.dtype)
      var counts: [Double] = Array(repeating: 0, count: edges.count - 1)
      for value in values { if let bin = linearBin(value, edges, result.dtype) { counts[bin] += 1 } }
      result.copy(from: try Tensor(counts, sizes: result.sizes, .f64))
    },
    OperatorRecord(
      "aten::histogram.bin_ct(Tensor self, int bins=100, *, float[]? range=None, Tensor? weight=None, bool density=False) -> (Tensor hist, Tensor bin_edges)",
      .kernel(
        shape: { call in
          let (dtype, bins): (DType, SymbolicInt) = (try call.type("self").dtype, try call.size("bins"))
          return [.tensor(TensorType(dtype: dtype, sizes: [bins])), .tensor(TensorType(dtype: dtype, sizes: [bins + 1]))]
        },
        run: { call, types in
          let input: Tensor = try call.tensor("self")
          var range: [Double] = [0, 0]
          if case .list(let items) = call.value("range") { range = items.map(number) }
          guard range.count == 2 else { throw call.failure("the range should have 2 elements, but got \(range.count)") }
          let values: [Double] = try input.doubles()
          let edges: [Double] = try binEdges(call, values, bins: try call.integer("bins"), low: range[0], high: range[1], widening: 0.5, input.dtype)
          return try histogram(call, input, values, edges, types)
        })),
    OperatorRecord(
      "aten::histogram.bins_tensor(Tensor self, Tensor bins, *, Tensor? weight=None, bool density=False) -> (Tensor hist, Tensor bin_edges)",
      .kernel(
        shape: { call in
          let (dtype, edges): (DType, SymbolicInt) = (try call.type("self").dtype, try call.type("bins").elementCount)
          if call.environment.isLess(edges, 1) { throw call.failure("torch.histogramdd(): bins tensor should have at least one element") }
          return [.tensor(TensorType(dtype: dtype, sizes: [edges - 1])), .tensor(TensorType(dtype: dtype, sizes: [edges]))]
        },
        run: { call, types in
          let input: Tensor = try call.tensor("self")
          return try histogram(call, input, try input.doubles(), try call.tensor("bins").doubles(), types)
        })),
    OperatorRecord(
      "aten::bincount(Tensor self, Tensor? weights=None, int minlength=0) -> Tensor",
      .kernel(
        shape: { call in
          let dtype: DType = call.optionalType("weights").map { $0.dtype == .f32 ? .f32 : .f64 } ?? .i64
          return [.tensor(TensorType(dtype: dtype, sizes: [call.environment.unbackedSymbol()]))]
        },
        run: { call, types in
          let values: [Int] = try call.tensor("self").integers()
          guard values.allSatisfy({ $0 >= 0 }) else { throw call.failure("bincount only supports 1-d non-negative integral inputs.") }
          let count: Int = max((values.max() ?? -1) + 1, try call.integer("minlength"))
          let dtype: DType = types[0].tensor!.dtype
          guard let weights = try call.optionalTensor("weights")?.doubles() else {
            var counts: [Int] = Array(repeating: 0, count: count)
            for value in values { counts[value] += 1 }
            return [.tensor(try Tensor(counts, sizes: [count], dtype))]
          }
          guard weights.count == values.count else { throw call.failure("weights should be 1-d and have the same length as input") }
          var sums: [Double] = Array(repeating: 0, count: count)
          for (value, weight) in zip(values, weights) { sums[value] += weight }
          return [.tensor(try Tensor(sums, sizes: [count], dtype))]
        })),
  ]

  @Sendable private static func number(_ value: Value) -> Double {
    switch value {
    case .double(let number): number
    case .int(let size): Double(size.constant ?? 0)
    default: 0
    }
  }

  /// Evenly spaced edges over the range, over the data's own range where none is given (`select_outer_bin_edges` in ATen); a range of
  /// one value grows by `widening` on both sides.
  private static func binEdges(
    _ call: OperatorCall, _ values: [Double], bins: Int, low: Double, high: Double, widening: Double, _ dtype: DType
  ) throws -> [Double] {
    guard bins > 0 else { throw call.failure("bins must be > 0, but got \(bins)") }
    var (low, high): (Double, Double) = (low, high)
    if low == high, let least = values.min(), let most = values.max() { (low, high) = (least, most) }
    if low == high { (low, high) = (low - widening, high + widening) }
    guard low.isFinite, high.isFinite else { throw call.failure("range of [\(low), \(high)] is not finite") }
    guard low < high else { throw call.failure("max must be larger than min") }
    return try Tensor(evenlySpaced(low, high, bins + 1), sizes: [bins + 1], dtype).doubles()
  }
  /// The bin of a value by its distance from the first edge, each step rounded to the element type as ATen does; nil outside.
  private static func linearBin(_ value: Double, _ edges: [Double], _ dtype: DType) -> Int? {
    let bins: Int = edges.count - 1
    guard value >= edges[0], value <= edges[bins] else { return nil }
    let scaled: Double = rounded(rounded(value - edges[0], dtype) * Double(bins), dtype)
    return min(Int(rounded(scaled / rounded(edges[bins] - edges[0], dtype), dtype)), bins - 1)
  }
  private static func rounded(_ value: Double, _ dtype: DType) -> Double {
    switch dtype {
    case .f32: Double(Float(value))
    case .f16, .bf16: (try? Tensor([value], sizes: [], dtype).doubles()[0]) ?? value
    default: value
    }
  }
  private static func histogram(
    _ call: OperatorCall, _ input: Tensor, _ values: [Double], _ edges: [Double], _ types: [ValueType]
  ) throws -> [Value] {
    let weights: [Double]? = try call.optionalTensor("weight")?.doubles()
    guard weights.map({ $0.count == values.count }) ?? true else { throw call.failure("if weight tensor is provided it should have the same shape as the input tensor") }
    var counts: [Double] = Array(repeating: 0, count: max(edges.count - 1, 0))
    for (index, value) in values.enumerated() where edges.count > 1 && value >= edges[0] && value <= edges[edges.count - 1] {
      var (low, high): (Int, Int) = (0, edges.count - 1)
      while high - low > 1 {
        let middle: Int = (low + high) / 2
        if value >= edges[middle] { low = middle } else { high = middle }
      }
      counts[low] += weights?[index] ?? 1
    }
    if try call.flag("density") {
      let total: Double = counts.reduce(0, +)
      for bin in counts.indices { counts[bin] /= total * (edges[bin + 1] - edges[bin]) }
    }
    return [
      .tensor(try Tensor(counts, sizes: [counts.count], input.dtype)), .tensor(try Tensor(edges, sizes: [edges.count], input.dtype)),
    ]
  }
}
