import Foundations
import Glibc

/// An open trace file, read at any place while it may still grow.
package final class TraceFile: Sendable {
  package let path: String
  /// The rank that the file's name gives (`dedicated_log_torch_trace_rank_3_…`).
  package let rank: Int?
  private let descriptor: Int32
  private let device: dev_t
  private let inode: ino_t

  /// - Throws: `LatheError` of kind `system` where it is missing, a directory or not readable.
  package init(path: String) throws {
    let descriptor: Int32 = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw TraceFile.failure(path, errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw LatheError(.system, subject: path, status.st_mode & S_IFMT == S_IFDIR ? "is a directory, not a file" : "is not a regular file")
    }
    (self.path, self.descriptor, device, inode) = (path, descriptor, status.st_dev, status.st_ino)
    rank = TraceFile.rank(inName: path.split(separator: "/").last ?? "")
  }

  deinit { close(descriptor) }

  private static func failure(_ path: String, _ code: Int32) -> LatheError {
    LatheError(.system, subject: path, code == ENOENT ? "there is no such file" : String(cString: strerror(code)))
  }

  /// The last part of the path.
  package var name: String { String(path.split(separator: "/").last ?? "") }

  /// What every trace file's name begins with (PyTorch's `LazyTraceHandler`).
  package static let namePrefix: String = "dedicated_log_torch_trace_"
  static func rank(inName name: Substring) -> Int? {
    let opening: String = namePrefix + "rank_"
    guard name.hasPrefix(opening) else { return nil }
    return Int(name.dropFirst(opening.count).prefix { $0 != "_" })
  }

  /// - Throws: `LatheError` where the system does not say.
  func size() throws -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw TraceFile.failure(path, errno) }
    return Int(status.st_size)
  }

  enum Place { case same, replaced, missing }
  /// Whether the path still leads to this file.
  func place() -> Place {
    var status = stat()
    guard stat(path, &status) == 0 else { return .missing }
    return status.st_dev == device && status.st_ino == inode ? .same : .replaced
  }

  /// Reads into `buffer` from `offset`; gives fewer bytes only at the file's end.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done: Int = 0
    while done < buffer.count {
      let count: Int = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw TraceFile.failure(path, errno) }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// - Throws: `LatheError` where the file cannot be read or is no longer that long.
  func read(at offset: Int, count: Int) throws -> [UInt8] {
    let bytes: [UInt8] = try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
    }
    guard bytes.count == count else {
      throw LatheError(.badFile, subject: path, "ends at byte \(offset + bytes.count), inside what was there before: it was cut")
    }
    return bytes
  }
}
