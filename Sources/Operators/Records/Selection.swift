import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Elements picked by what they are; most results have sizes that only a run reveals.
  static let selection: [OperatorRecord] = nonzeros + masks + membership + uniques

  private static let nonzeros: [OperatorRecord] = [
    OperatorRecord(
      "aten::nonzero(Tensor self) -> Tensor",
      .kernel(
        shape: { call in
          let count: SymbolicInt = call.environment.unbackedSymbol()
          return [.tensor(TensorType(dtype: .i64, sizes: [count, SymbolicInt(try call.type("self").rank)], strides: [1, count]))]
        },
        run: { call, _ in [.tensor(try coordinates(try call.tensor("self")))] })),
    OperatorRecord("aten::nonzero_numpy(Tensor self) -> Tensor[]", .composite { [try columns($0, $0["self"])] }),
    OperatorRecord("aten::where(Tensor condition) -> Tensor[]", .composite { [try columns($0, $0["condition"])] }),
    filling("nonzero_static(Tensor self, *, int size, int fill_value=-1) -> Tensor", { call in
      TensorType(dtype: .i64, sizes: [try call.size("size"), SymbolicInt(try call.type("self").rank)])
    }) { call, result in
      let found: Tensor = try coordinates(try call.tensor("self"))
      let count: Int = min(found.sizes[0], result.sizes[0])
      result.fill(try call.scalar("fill_value"))
      result.narrowed(0, 0, count).copy(from: found.narrowed(0, 0, count))
    },
  ]

  /// A dimension's coordinates lie together, as PyTorch's kernel for CPUs lays them out; code it compiled relies on that.
  private static func coordinates(_ input: Tensor) throws -> Tensor {
    let count: Int = Tensor.withViews(input) { lathe_nonzero_count($0) }
    let result: Tensor = try Tensor.empty([count, input.rank], .i64, strides: [1, count])
    Tensor.withViews(input, result) { lathe_nonzero_fill($0, $0 + 1) }
    return result
  }
  /// One vector of coordinates a dimension.
  private static func columns(_ c: Composer, _ value: Value) throws -> Value {
    let source: Value = try c.type(value).rank == 0 ? try c("aten.unsqueeze.default", value, .integer(0)) : value
    return try c("aten.unbind.int", try c("aten.nonzero.default", source), .integer(1))
  }

  // MARK: Masks

  private static let masks: [OperatorRecord] = [
    OperatorRecord(
      "aten::masked_select(Tensor self, Tensor mask) -> Tensor",
      .kernel(
        shape: { call in
          let type: TensorType = try call.type("self")
          _ = try Broadcasting.shape([type.sizes, try call.type("mask").sizes], call.environment)
          return [.tensor(TensorType(dtype: type.dtype, sizes: [call.environment.unbackedSymbol()]))]
        },
        run: { call, _ in
          let (source, mask): (Tensor, Tensor) = (try call.tensor("self"), try call.tensor("mask"))
          guard mask.dtype == .bool || mask.dtype == .u8 else {
            throw call.failure("masked_select: expected BoolTensor or ByteTensor for mask, but got \(mask.dtype.torchName)")
          }
          let sizes: [Int] = try Broadcasting.shape([source.sizes, mask.sizes], call.environment)
          let wide: Tensor = mask.expanded(to: sizes)
          let count: Int = Tensor.withViews(wide) { lathe_nonzero_count($0) }
          let result: Tensor = try Tensor.empty([count], source.dtype)
          Tensor.withViews(source.expanded(to: sizes), wide, result) { lathe_masked_select($0, $0 + 1, $0 + 2) }
          return [.tensor(result)]
        })),
    filling("masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor", { call in
      let type: TensorType = try call.type("self")
      return TensorType(dtype: type.dtype, sizes: try Broadcasting.shape([type.sizes, try call.type("mask").sizes], call.environment))
    }) { call, result in
      let (own, mask): (Tensor, Tensor) = (try call.tensor("self"), try call.tensor("mask"))
      let source: Tensor = try call.tensor("source").flattened()
      guard source.dtype == own.dtype else {
        throw call.failure("masked_scatter_: expected self and source to have same dtypes but got \(own.dtype.torchName) and \(source.dtype.torchName)")
      }
      result.copy(from: own.expanded(to: result.sizes))
      let status: Int32 = Tensor.withViews(result, mask.expanded(to: result.sizes), source) { lathe_masked_scatter($0, $0 + 1, $0 + 2) }
      if status != 0 { throw call.failure("Number of elements of source < number of ones in mask") }
    },
    inPlace("masked_scatter_(Tensor(a!) self, Tensor mask, Tensor source)", "masked_scatter.default"),
  ]

  // MARK: Membership

  private static let membership: [OperatorRecord] = [
    ("Tensor_Tensor", "Tensor elements", "Tensor test_elements"), ("Tensor_Scalar", "Tensor elements", "Scalar test_element"),
    ("Scalar_Tensor", "Scalar element", "Tensor test_elements"),
  ].map { overload, first, second in
    let (elements, tests): (String, String) = (String(first.split(separator: " ")[1]), String(second.split(separator: " ")[1]))
    return filling("isin.\(overload)(\(first), \(second), *, bool assume_unique=False, bool invert=False) -> Tensor", { call in
      TensorType(dtype: .bool, sizes: call.optionalType(elements)?.sizes ?? [])
    }) { call, result in
      let (own, wanted): (Tensor, Tensor) = (try call.tensor(elements), try call.tensor(tests))
      let inverted: Bool = try call.flag("invert")
      let found: [Bool]
      if own.dtype.isFloatingPoint || wanted.dtype.isFloatingPoint {
        let set: Set<Double> = Set(try wanted.doubles())
        found = try own.doubles().map { set.contains($0) }
      } else {
        let set: Set<Int> = Set(try wanted.integers())
        found = try own.integers().map { set.contains($0) }
      }
      result.copy(from: try Tensor(found.map { $0 != inverted ? 1 : 0 }, sizes: result.sizes, .i64))
    }
  }

  // MARK: Unique elements

  private static let uniques: [OperatorRecord] = [
    unique("_unique(Tensor self, bool sorted=True, bool return_inverse=False) -> (Tensor, Tensor)"),
    unique("_unique2(Tensor self, bool sorted=True, bool return_inverse=False, bool return_counts=False) -> (Tensor, Tensor, Tensor)"),
    unique("unique_dim(Tensor self, int dim, bool sorted=True, bool return_inverse=False, bool return_counts=False) -> (Tensor, Tensor, Tensor)"),
    unique("unique_consecutive(Tensor self, bool return_inverse=False, bool return_counts=False, int? dim=None) -> (Tensor, Tensor, Tensor)"),
    unique("unique_dim_consecutive(Tensor self, int dim, bool return_inverse=False, bool return_counts=False) -> (Tensor, Tensor, Tensor)"),
  ]

  /// Unique elements, or unique slices along `dim`, in ascending order or (consecutive ones) as they come.
  private static func unique(_ schema: String) -> OperatorRecord {
    OperatorRecord(
      "aten::\(schema)",
      .kernel(
        shape: { call in
          let type: TensorType = try call.type("self")
          let count: SymbolicInt = call.environment.unbackedSymbol()
          var sizes: [SymbolicInt] = [count]
          var inverse: [SymbolicInt] = type.sizes
          if call.schema.index(of: "dim") != nil, !call.value("dim").isNone {
            let dim: Int = try call.dimension("dim", of: type)
            sizes = type.sizes
            inverse = [type.sizes[dim]]
            sizes[dim] = count
          }
          let results: [TensorType] = [
            TensorType(dtype: type.dtype, sizes: sizes), TensorType(dtype: .i64, sizes: try call.flag("return_inverse") ? inverse : [0]),
            TensorType(dtype: .i64, sizes: try countsItems(call) ? [count] : [0]),
          ]
          return results.prefix(call.schema.results.count).map { .tensor($0) }
        },
        run: { call, _ in
          let source: Tensor = try call.tensor("self")
          let isConsecutive: Bool = call.schema.name.base.hasSuffix("consecutive")
          let alongDimension: Bool = call.schema.index(of: "dim") != nil && !call.value("dim").isNone
          let dim: Int = alongDimension ? try call.dimension("dim", rank: source.rank) : 0
          let items: Tensor = alongDimension ? source : try source.flattened()
          let groups: Groups = try Groups(items.transposed(0, dim), sorts: !isConsecutive)
          let picked = try Tensor(groups.firsts, sizes: [groups.firsts.count], .i64)
          var sizes: [Int] = items.sizes
          sizes[dim] = groups.firsts.count
          let values: Tensor = try Tensor.empty(sizes, source.dtype)
          Tensor.withViews(items, picked, values) { _ = lathe_index_select($0, Int32(dim), $0 + 1, $0 + 2, nil) }
          let none: Tensor = try Tensor.empty([0], .i64)
          let inverse: Tensor =
            try call.flag("return_inverse")
            ? try Tensor(groups.groupOfItem, sizes: alongDimension ? [groups.groupOfItem.count] : source.sizes, .i64) : none
          var results: [Value] = [.tensor(values), .tensor(inverse)]
          if call.schema.results.count > 2 {
            results.append(.tensor(try countsItems(call) ? try Tensor(groups.counts, sizes: [groups.counts.count], .i64) : none))
          }
          return results
        }))
  }

  private static func countsItems(_ call: OperatorCall) throws -> Bool {
    call.schema.index(of: "return_counts") == nil ? false : try call.flag("return_counts")
  }

  /// Equal items of a tensor along its first dimension.
  private struct Groups {
    /// The first item of each group, and how many it has.
    var firsts: [Int] = []
    var counts: [Int] = []
    var groupOfItem: [Int]

    /// - Parameter sorts: whether equal items that are apart count as one group, and groups come in ascending order.
    init(_ items: Tensor, sorts: Bool) throws {
      let count: Int = items.sizes[0]
      groupOfItem = Array(repeating: 0, count: count)
      if count == 0 { return }
      let width: Int = items.elementCount / count
      var order: [Int] = Array(0..<count)
      if items.dtype.isFloatingPoint {
        let values: [Double] = try items.doubles()
        if sorts { order.sort { Groups.precedes(values, $0, $1, width) { $0 < $1 || ($1.isNaN && !$0.isNaN) } } }
        group(order) { a, b in (0..<width).allSatisfy { values[a * width + $0] == values[b * width + $0] } }
      } else {
        let values: [Int] = try items.integers()
        if sorts { order.sort { Groups.precedes(values, $0, $1, width, <) } }
        group(order) { a, b in (0..<width).allSatisfy { values[a * width + $0] == values[b * width + $0] } }
      }
    }
    private static func precedes<Element>(_ values: [Element], _ a: Int, _ b: Int, _ width: Int, _ isLess: (Element, Element) -> Bool) -> Bool {
      for place in 0..<width {
        let (x, y): (Element, Element) = (values[a * width + place], values[b * width + place])
        if isLess(x, y) { return true }
        if isLess(y, x) { return false }
      }
      return a < b
    }
    private mutating func group(_ order: [Int], _ isEqual: (Int, Int) -> Bool) {
      for (place, item) in order.enumerated() {
        if place == 0 || !isEqual(order[place - 1], item) {
          firsts.append(item)
          counts.append(0)
        }
        counts[counts.count - 1] += 1
        groupOfItem[item] = firsts.count - 1
      }
    }
  }
}
