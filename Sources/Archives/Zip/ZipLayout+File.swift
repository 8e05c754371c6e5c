import Foundations
import Glibc
import Tensors

extension ZipLayout {
  /// Writes the archive beside its place and renames it there once whole; a file that was there is replaced only then.
  /// - Throws: `LatheError`: `system` when the file cannot be written or there is not enough room for it, `cancelled`.
  func write(to path: String, cancellation: some Cancellation) throws {
    try checkRoom(at: path)
    var file = try AtomicFile(path: path)
    try write { piece in
      try cancellation.check()
      try file.write(piece)
    }
    try file.commit()
  }

  /// Says before anything is written that it would not fit.
  private func checkRoom(at path: String) throws {
    var status = statvfs()
    let folder: String = path.contains("/") ? String(path[..<path.lastIndex(of: "/")!]) : "."
    guard statvfs(folder.isEmpty ? "/" : folder, &status) == 0 else { return }
    let (free, overflow) = Int(status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
    guard overflow || free >= count else {
      throw LatheError(.system, subject: path, "cannot be written: it needs \(count) bytes and the disk has \(free) free")
    }
  }
}
