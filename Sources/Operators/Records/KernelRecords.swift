import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// An operator with one result: its type, and the filling of a tensor allocated with that type.
  static func filling(
    _ schema: String, _ type: @escaping @Sendable (OperatorCall) throws -> TensorType,
    _ fill: @escaping @Sendable (OperatorCall, Tensor) throws -> Void
  ) -> OperatorRecord {
    OperatorRecord(
      "aten::\(schema)",
      .kernel(
        shape: { [.tensor(try type($0))] },
        run: { call, types in
          let result: Tensor = try Tensor.empty(types[0])
          try fill(call, result)
          return [.tensor(result)]
        }))
  }

  /// An operator of other operators with one result.
  static func composed(_ schema: String, _ compose: @escaping @Sendable (Composer) throws -> Value) -> OperatorRecord {
    OperatorRecord("aten::\(schema)", .composite { [try compose($0)] })
  }
}

extension OperatorCall {
  /// The same call with one argument replaced.
  func replacing(_ name: String, with value: Value) throws -> OperatorCall {
    try OperatorCall(
      schema, zip(schema.parameters, values).map { ($0.name, $0.name == name ? value : $1) }, environment: environment)
  }
  /// An index out of range, in PyTorch's words.
  func outOfRange(_ error: lathe_index_error) -> LatheError {
    failure("index \(error.value) is out of bounds for dimension \(error.dimension) with size \(error.size)")
  }
}

extension Tensor {
  /// Calls `body` with a row of views, one a tensor; the tensors live until it returns.
  static func withViews<Result>(_ tensors: Tensor..., body: (UnsafePointer<lathe_view>) throws -> Result) rethrows -> Result {
    let views: [lathe_view] = tensors.map(\.view)
    return try withExtendedLifetime(tensors) { try views.withUnsafeBufferPointer { try body($0.baseAddress!) } }
  }
  func viewed(_ sizes: [Int], _ strides: [Int], offset: Int = 0) -> Tensor {
    Tensor(storage: storage, dtype: dtype, sizes: sizes, strides: strides, offset: self.offset + offset)
  }
  /// A zero-dimensional tensor seen with one dimension of size 1.
  var atLeast1D: Tensor { rank > 0 ? self : viewed([1], [1]) }
  /// Stretched to sizes it broadcasts to.
  func expanded(to sizes: [Int]) -> Tensor { viewed(sizes, Broadcasting.strides(self, to: sizes)) }
  func narrowed(_ dim: Int, _ start: Int, _ length: Int) -> Tensor {
    var sizes: [Int] = self.sizes
    sizes[dim] = length
    return viewed(sizes, strides, offset: start * strides[dim])
  }
  /// With a dimension of size 1 put in at each of the places, which are those of the result.
  func inserting(_ places: [Int]) -> Tensor {
    var (sizes, strides): ([Int], [Int]) = (self.sizes, self.strides)
    for place in places.sorted() {
      sizes.insert(1, at: place)
      strides.insert(1, at: place)
    }
    return viewed(sizes, strides)
  }
  func transposed(_ a: Int, _ b: Int) -> Tensor {
    var (sizes, strides): ([Int], [Int]) = (self.sizes, self.strides)
    sizes.swapAt(a, b)
    strides.swapAt(a, b)
    return viewed(sizes, strides)
  }
  /// All elements in one dimension, copied where they do not lie that way.
  func flattened() throws -> Tensor {
    let dense: Tensor = try contiguous()
    return dense.viewed([dense.elementCount], [1])
  }
  /// The elements along `dim`, one row for each place of the other dimensions in row-major order, as doubles.
  func rows(_ dim: Int) throws -> [[Double]] {
    let order: [Int] = sizes.indices.filter { $0 != dim } + [dim]
    let values: [Double] = try viewed(order.map { sizes[$0] }, order.map { strides[$0] }).doubles()
    let length: Int = sizes[dim]
    return length == 0 ? [] : stride(from: 0, to: values.count, by: length).map { Array(values[$0..<($0 + length)]) }
  }
  /// A tensor of index values as kernels take them.
  func asIndices() throws -> Tensor { dtype == .i64 || dtype == .i32 ? self : try converted(to: .i64) }
}
