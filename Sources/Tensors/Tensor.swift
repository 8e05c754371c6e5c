import CRuntime
import Foundations

/// A strided view of shared storage, as `torch.Tensor` is on a CPU.
///
/// Sizes, strides and offset are in elements. Strides are never negative; a stride of 0 repeats an element (`expand`).
package struct Tensor: Sendable {
  package let storage: Storage
  package let dtype: DType
  package let sizes: [Int]
  package let strides: [Int]
  package let offset: Int

  /// A view of `storage`.
  /// - Precondition: every element lies inside the storage; see `init(checking:)` for untrusted numbers.
  package init(storage: Storage, dtype: DType, sizes: [Int], strides: [Int], offset: Int = 0) {
    self.storage = storage
    self.dtype = dtype
    self.sizes = sizes
    self.strides = strides
    self.offset = offset
  }

  /// A new contiguous tensor of uninitialised elements.
  package static func empty(_ sizes: [Int], _ dtype: DType) throws -> Tensor {
    try empty(sizes, dtype, strides: contiguousStrides(sizes))
  }

  /// A new tensor of uninitialised elements with dense strides in any order of dimensions.
  package static func empty(_ sizes: [Int], _ dtype: DType, strides: [Int]) throws -> Tensor {
    let bytes: Int = try storageBytes(sizes: sizes, strides: strides, offset: 0, dtype: dtype)
    return Tensor(storage: try Storage.allocate(byteCount: bytes), dtype: dtype, sizes: sizes, strides: strides)
  }

  /// A view whose numbers come from a file: every size, stride and offset is checked against the storage.
  /// - Throws: `LatheError` of kind `badFile` when an element would lie outside.
  package init(checking storage: Storage, dtype: DType, sizes: [Int], strides: [Int], offset: Int, subject: String) throws {
    guard sizes.count == strides.count else {
      throw LatheError.badFile(subject, "has \(sizes.count) sizes but \(strides.count) strides")
    }
    guard sizes.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }), offset >= 0 else {
      throw LatheError.badFile(subject, "has a negative size, stride or offset")
    }
    guard Tensor.checkedElementCount(sizes) != nil, let needed = try? Tensor.storageBytes(sizes: sizes, strides: strides, offset: offset, dtype: dtype) else {
      throw LatheError.badFile(subject, "has sizes \(sizes) that overflow")
    }
    guard needed <= storage.byteCount else {
      throw LatheError.badFile(subject, "needs \(needed) bytes for sizes \(sizes) of \(dtype.torchName) but its storage has \(storage.byteCount)")
    }
    self.init(storage: storage, dtype: dtype, sizes: sizes, strides: strides, offset: offset)
  }

  /// The product of sizes that are not negative; nil where it, or its part without zeros, overflows.
  package static func checkedElementCount(_ sizes: [Int]) -> Int? {
    var count: Int = 1
    for size in sizes where size != 0 {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      count = product
    }
    return sizes.contains(0) ? 0 : count
  }

  /// Bytes up to and including the last element, 0 for an empty tensor.
  package static func storageBytes(sizes: [Int], strides: [Int], offset: Int, dtype: DType) throws -> Int {
    guard sizes.allSatisfy({ $0 >= 0 }) else {
      throw LatheError.badInput("a tensor cannot have the negative dimension \(sizes.first { $0 < 0 } ?? 0): \(sizes)")
    }
    if sizes.contains(0) { return 0 }
    var last: Int = offset
    for (size, stride) in zip(sizes, strides) {
      let (span, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (next, overflowed) = last.addingReportingOverflow(span)
      if overflow || overflowed { throw LatheError.badInput("a tensor of sizes \(sizes) is too large") }
      last = next
    }
    let (count, tooMany) = last.addingReportingOverflow(1)
    let (bytes, overflow) = count.multipliedReportingOverflow(by: dtype.size)
    if tooMany || overflow { throw LatheError.badInput("a tensor of sizes \(sizes) is too large") }
    return bytes
  }

  package static func contiguousStrides(_ sizes: [Int]) -> [Int] {
    var strides: [Int] = Array(repeating: 1, count: sizes.count)
    var next: Int = 1
    var dimension: Int = sizes.count - 1
    while dimension >= 0 {
      strides[dimension] = next
      next *= max(sizes[dimension], 1)
      dimension -= 1
    }
    return strides
  }

  @inlinable package var rank: Int { sizes.count }
  package var elementCount: Int {
    var count: Int = 1
    for size in sizes { count *= size }
    return count
  }
  /// The element with all indices zero.
  @inlinable package var data: UnsafeMutableRawPointer { storage.data + offset * dtype.size }

  /// The form kernels take.
  package var view: lathe_view {
    lathe_view_make(data, Int32(dtype.rawValue), Int32(sizes.count), sizes, strides)
  }

  /// Whether elements lie row-major without gaps (dimensions of size 1 do not matter).
  package var isContiguous: Bool {
    var expected: Int = 1
    var dimension: Int = sizes.count - 1
    while dimension >= 0 {
      let size: Int = sizes[dimension]
      if size == 0 { return true }
      if size != 1 {
        if strides[dimension] != expected { return false }
        expected *= size
      }
      dimension -= 1
    }
    return true
  }

  /// Whether a 4- or 5-dimensional tensor lies channels-last without gaps.
  package var isChannelsLast: Bool {
    guard rank == 4 || rank == 5 else { return false }
    var expected: Int = 1
    for dimension in [1] + (2..<rank).reversed() + [0] where sizes[dimension] != 1 {
      if strides[dimension] != expected { return false }
      expected *= sizes[dimension]
    }
    return true
  }
}
