import Foundations
import Glibc

/// Writes a file beside its place and renames it there once whole, so that nobody ever sees half of it.
package struct AtomicFile: ~Copyable {
  private let path: String
  private let temporary: String
  private let descriptor: Int32
  private var isCommitted: Bool = false

  /// - Throws: `LatheError` of kind `system` when the directory cannot be written.
  package init(path: String) throws {
    self.path = path
    temporary = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).part"
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw LatheError(.system, subject: path, "cannot be written: \(String(cString: strerror(errno)))") }
  }

  deinit {
    close(descriptor)
    if !isCommitted { unlink(temporary) }
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    var done = 0
    while done < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure() }
      done += count
    }
  }
  package func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  /// Puts the file in its place, where it replaces one that is there.
  package mutating func commit() throws {
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw failure() }
    isCommitted = true
  }

  private func failure() -> LatheError { LatheError(.system, subject: path, "cannot be written: \(String(cString: strerror(errno)))") }
}
