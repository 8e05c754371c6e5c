import Foundations
import Glibc

/// A file mapped read-only into memory, unmapped when the last reference goes.
package final class MappedFile: @unchecked Sendable {
  // Safe to share: the bytes are never written through this mapping.
  package let path: String
  package let bytes: UnsafeRawBufferPointer

  /// - Throws: `LatheError` of kind `system` when the path is missing, a directory or not readable.
  package init(path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw MappedFile.failure(path, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw MappedFile.failure(path, errno) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw LatheError(.system, subject: path, "is a directory, not a file") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw LatheError(.system, subject: path, "is not a regular file") }
    self.path = path
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
      throw MappedFile.failure(path, errno)
    }
    bytes = UnsafeRawBufferPointer(start: address, count: count)
  }

  deinit {
    if let address = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: address), bytes.count) }
  }

  private static func failure(_ path: String, _ code: Int32) -> LatheError {
    code == ENOENT ? LatheError(.system, subject: path, "there is no such file") : LatheError(.system, subject: path, String(cString: strerror(code)))
  }
}

/// Bytes together with what keeps them alive: a mapped file, a part of one, or memory.
package struct ByteRegion: @unchecked Sendable {
  // Safe to share: nobody writes the bytes while a region sees them.
  private let bytes: UnsafeRawBufferPointer
  private let owner: AnyObject
  private let isMapped: Bool

  package init(_ file: MappedFile) { (bytes, owner, isMapped) = (file.bytes, file, true) }
  private init(bytes: UnsafeRawBufferPointer, owner: AnyObject, isMapped: Bool) { (self.bytes, self.owner, self.isMapped) = (bytes, owner, isMapped) }

  package var count: Int { bytes.count }

  /// Calls `body` with the bytes, which are there until it returns.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(owner) { try body(bytes) }
  }
  /// The same for a reader of text.
  package func withText<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(owner) { try body(bytes.bindMemory(to: UInt8.self)) }
  }
  /// The first bytes as UTF-8.
  package func string(prefix: Int) -> String { withBytes { String(decoding: $0.prefix(prefix), as: UTF8.self) } }
  /// A part of it; nil where it is not inside.
  package func slice(_ start: Int, _ count: Int) -> ByteRegion? {
    guard start >= 0, count >= 0, start <= bytes.count, count <= bytes.count - start else { return nil }
    return ByteRegion(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)]), owner: owner, isMapped: isMapped)
  }
  /// New memory that `fill` writes; it is not written afterwards.
  package static func make(count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) throws -> ByteRegion {
    let memory = try HeapBytes(count: count)
    try fill(memory.buffer)
    return ByteRegion(bytes: UnsafeRawBufferPointer(memory.buffer), owner: memory, isMapped: false)
  }

  /// A storage over the bytes that refuses to be written.
  package func storage() throws -> Storage { try Storage.borrow(bytes, writable: false, isMapped: isMapped, owner: owner) }
}

private final class HeapBytes {
  let buffer: UnsafeMutableRawBufferPointer
  init(count: Int) throws {
    guard let address = malloc(max(count, 1)) else { throw LatheError(.system, "not enough memory for \(count) bytes") }
    buffer = UnsafeMutableRawBufferPointer(start: address, count: count)
  }
  deinit { free(buffer.baseAddress) }
}
