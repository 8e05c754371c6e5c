import Foundations
import Glibc

/// A system call on a file that failed: which file, and errno.
package struct FileFailure: Error, CustomStringConvertible {
  package let path: String
  package let code: Int32
  package var description: String { "\(path): cannot be written: \(reason)" }
  var reason: String { String(cString: strerror(code)) }
  /// Whether the place cannot be written, whoever tries: read-only, not permitted, full.
  var isOfPlace: Bool { [EACCES, EPERM, EROFS, ENOSPC, EDQUOT, ENOTDIR, ENOENT].contains(code) }
}

/// Files and folders of the cache.
enum Files {
  static func write(_ text: String, to path: String) throws {
    var text: String = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0), to: path) }
  }
  static func write(_ bytes: [UInt8], to path: String) throws { try bytes.withUnsafeBytes { try write($0, to: path) } }

  private static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
    let file: Int32 = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw FileFailure(path: path, code: errno) }
    defer { close(file) }
    var done: Int = 0
    while done < bytes.count {
      let count: Int = Glibc.write(file, bytes.baseAddress! + done, bytes.count - done)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw FileFailure(path: path, code: errno) }
      done += count
    }
  }

  /// The folder and those above it.
  static func makeFolder(_ path: String) throws {
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else { throw FileFailure(path: path, code: errno) }
    try makeFolder(String(path[..<slash]))
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw FileFailure(path: path, code: errno) }
  }

  /// A new folder with a name that nobody else has.
  static func makeUniqueFolder(in parent: String) throws -> String {
    var template: [CChar] = Array("\(parent)/lathe-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw FileFailure(path: parent, code: errno) }
    return template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  /// Puts a file in its place. Its bytes may reach the disk later, which takes longer than linking it: see `isWhole`.
  static func publish(_ path: String, as place: String) throws {
    guard rename(path, place) == 0 else { throw FileFailure(path: place, code: errno) }
  }

  /// Whether an object file is all there: a machine that went down after `publish` may have left a shorter one. Its last part is the table
  /// of sections (System V ABI, ELF header: e_shoff, e_shentsize, e_shnum).
  static func isWhole(_ path: String) -> Bool {
    let file: Int32 = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    var header = [UInt8](repeating: 0, count: 64)
    var status = stat()
    guard read(file, &header, 64) == 64, fstat(file, &status) == 0, header.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2]) else { return false }
    func number(_ start: Int, _ count: Int) -> Int { (0..<count).reversed().reduce(0) { $0 << 8 | Int(header[start + $1]) } }
    return number(40, 6) > 0 && number(40, 6) + number(58, 2) * number(60, 2) <= Int(status.st_size)
  }

  /// The names in a folder; none where there is no such folder.
  static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  /// Removes a folder of files, one level deep.
  static func removeFolder(_ path: String) {
    for name in names(in: path) { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  /// Size in bytes and time of the last change in seconds; nil where it is gone.
  static func status(_ path: String) -> (bytes: Int, changed: Int)? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return (Int(status.st_size), status.st_mtim.tv_sec)
  }
}
