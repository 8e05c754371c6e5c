import CRuntime
import Foundations

extension Tensor {
  /// A contiguous tensor of the given numbers, rounded to `dtype`.
  package init(_ values: [Double], sizes: [Int], _ dtype: DType = .f32) throws {
    let source: Tensor = try Tensor.empty(sizes, .f64)
    precondition(values.count == source.elementCount, "the count of values is the product of the sizes")
    values.withUnsafeBytes { if $0.count > 0 { source.data.copyMemory(from: $0.baseAddress!, byteCount: $0.count) } }
    self = try source.converted(to: dtype)
  }

  /// A contiguous tensor of the given integers.
  package init(_ values: [Int], sizes: [Int], _ dtype: DType = .i64) throws {
    let source: Tensor = try Tensor.empty(sizes, .i64)
    precondition(values.count == source.elementCount, "the count of values is the product of the sizes")
    values.withUnsafeBytes { if $0.count > 0 { source.data.copyMemory(from: $0.baseAddress!, byteCount: $0.count) } }
    self = try source.converted(to: dtype)
  }

  /// A zero-dimensional tensor.
  package init(scalar: Scalar, _ dtype: DType) throws {
    self = try Tensor.empty([], dtype)
    fill(scalar)
  }

  /// Sets every element.
  package func fill(_ value: Scalar) {
    let scalar: lathe_scalar
    if case .double(let number) = value { scalar = lathe_scalar_float(number) } else { scalar = lathe_scalar_integer(Int64(value.int)) }
    withUnsafePointer(to: view) { lathe_fill($0, scalar) }
  }

  /// Copies elements of a tensor with the same sizes into this one, converting them.
  package func copy(from source: Tensor) {
    precondition(sizes == source.sizes, "sizes agree")
    let (target, from): (lathe_view, lathe_view) = (view, source.view)
    withUnsafePointer(to: target) { target in withUnsafePointer(to: from) { lathe_copy(target, $0) } }
  }

  /// This tensor where it has the type already, else a dense copy in that type.
  package func converted(to dtype: DType) throws -> Tensor {
    if dtype == self.dtype { return self }
    let result: Tensor = try Tensor.empty(sizes, dtype, strides: denseStrides)
    result.copy(from: self)
    return result
  }

  /// This tensor where it is contiguous, else a contiguous copy.
  package func contiguous() throws -> Tensor { isContiguous ? self : try contiguousCopy() }

  package func contiguousCopy() throws -> Tensor {
    let result: Tensor = try Tensor.empty(sizes, dtype)
    result.copy(from: self)
    return result
  }

  /// Strides of a copy that keeps this tensor's order of dimensions where it is dense and non-overlapping, else row-major
  /// (`torch.preserve_format`).
  package var denseStrides: [Int] {
    if isContiguous { return Tensor.contiguousStrides(sizes) }
    if isNonOverlappingAndDense { return strides }
    return Tensor.restrided(sizes, like: strides)
  }

  /// Whether the elements fill a block of memory, in any order of dimensions.
  package var isNonOverlappingAndDense: Bool {
    let order: [Int] = sizes.indices.filter { sizes[$0] != 1 }.sorted { strides[$0] < strides[$1] }
    var expected: Int = 1
    for dimension in order {
      if strides[dimension] != expected { return false }
      expected *= sizes[dimension]
    }
    return true
  }

  /// Dense strides whose order of dimensions follows `strides` (`infer_dense_strides` in ATen).
  package static func restrided(_ sizes: [Int], like strides: [Int]) -> [Int] {
    let order: [Int] = sizes.indices.sorted { (strides[$0], -$0) < (strides[$1], -$1) }
    var result: [Int] = Array(repeating: 1, count: sizes.count)
    var next: Int = 1
    for dimension in order {
      result[dimension] = next
      next *= max(sizes[dimension], 1)
    }
    return result
  }

  /// Every element in row-major order, as doubles (integers beyond 2^53 are rounded).
  package func doubles() throws -> [Double] {
    let dense: Tensor = try converted(to: .f64).contiguous()
    return Array(UnsafeBufferPointer(start: dense.data.assumingMemoryBound(to: Double.self), count: dense.elementCount))
  }
  /// Every element in row-major order, as integers (fractions are cut off).
  package func integers() throws -> [Int] {
    let dense: Tensor = try converted(to: .i64).contiguous()
    return Array(UnsafeBufferPointer(start: dense.data.assumingMemoryBound(to: Int.self), count: dense.elementCount))
  }

  /// The one element.
  /// - Throws: `LatheError` of kind `badInput` when there is not exactly one (`Tensor.item`).
  package func item() throws -> Scalar {
    guard elementCount == 1 else {
      throw LatheError.badInput("a Tensor with \(elementCount) elements cannot be converted to Scalar")
    }
    if dtype == .bool { return .bool(try integers()[0] != 0) }
    return dtype.isFloatingPoint ? .double(try doubles()[0]) : .int(try integers()[0])
  }
}
