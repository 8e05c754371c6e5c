import CRuntime
import Foundations

extension Tensor {
  /// A new handle of this tensor, which refers to its storage; the caller deletes it.
  /// - Throws: `LatheError` of kind `badInput` for more dimensions than handles have.
  package func makeHandle() throws -> AtenTensorHandle {
    guard let handle = lathe_tensor_make(storage.handle, Int32(dtype.rawValue), Int32(sizes.count), sizes, strides, offset) else {
      throw LatheError.badInput(String(cString: torch_exception_get_what_without_backtrace()))
    }
    return handle
  }

  /// The tensor that a handle is; the handle stays the caller's. Nil for an undefined one.
  package init?(handle: AtenTensorHandle) {
    let tensor: AtenTensorHandle = handle
    guard let storage = tensor.pointee.storage, let dtype = DType(rawValue: UInt8(truncatingIfNeeded: tensor.pointee.view.dtype)) else { return nil }
    let rank: Int = Int(tensor.pointee.view.rank)
    self.init(
      storage: Storage.share(storage), dtype: dtype,
      sizes: Array(UnsafeBufferPointer(start: lathe_tensor_sizes(tensor), count: rank)),
      strides: Array(UnsafeBufferPointer(start: lathe_tensor_strides(tensor), count: rank)), offset: tensor.pointee.offset)
  }

  /// Makes an existing handle refer to this tensor.
  package func assign(to handle: AtenTensorHandle) throws {
    guard lathe_tensor_assign(handle, storage.handle, Int32(dtype.rawValue), Int32(sizes.count), sizes, strides, offset) == 0 else {
      throw LatheError.badInput(String(cString: torch_exception_get_what_without_backtrace()))
    }
  }
}
