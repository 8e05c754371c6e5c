import CRuntime
import Foundations

/// Bytes that tensors view: allocated by CRuntime's caching allocator, or borrowed from a mapped file.
package final class Storage: @unchecked Sendable {
  // Safe to share: the handle never changes and its count is atomic; writers of the bytes order themselves, as in PyTorch.
  package let handle: OpaquePointer
  package let data: UnsafeMutableRawPointer
  package let byteCount: Int

  private init(owning handle: OpaquePointer) {
    self.handle = handle
    data = lathe_storage_data(handle)
    byteCount = lathe_storage_bytes(handle)
  }
  deinit { lathe_storage_release(handle) }

  /// New uninitialised bytes, 64-byte aligned.
  /// - Throws: `LatheError` of kind `system` when memory is short.
  package static func allocate(byteCount: Int) throws -> Storage {
    guard let handle = lathe_storage_allocate(byteCount) else {
      throw LatheError(.system, "not enough memory for a tensor of \(byteCount) bytes")
    }
    return Storage(owning: handle)
  }

  /// Another reference to the storage of a tensor handle.
  package static func share(_ handle: OpaquePointer) -> Storage {
    lathe_storage_retain(handle)
    return Storage(owning: handle)
  }

  /// Bytes inside `owner`, which lives as long as the storage does; `isMapped` where they are in a file that is mapped to be read.
  package static func borrow(_ bytes: UnsafeRawBufferPointer, writable: Bool, isMapped: Bool = false, owner: some AnyObject) throws -> Storage {
    let context = Unmanaged.passRetained(owner as AnyObject).toOpaque()
    let release: @convention(c) (UnsafeMutableRawPointer?) -> Void = { Unmanaged<AnyObject>.fromOpaque($0!).release() }
    let handle =
      isMapped
      ? lathe_storage_borrow_mapped(bytes.baseAddress, bytes.count, release, context)
      : lathe_storage_borrow(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, writable, release, context)
    guard let handle else { throw LatheError(.system, "not enough memory") }
    return Storage(owning: handle)
  }

  /// Takes a mapped file's pages out of memory; they come back when they are read. Nothing for bytes of other kinds.
  package func forget() { lathe_storage_forget(handle, data, byteCount) }

  package var isWritable: Bool { lathe_storage_is_writable(handle) }
}
