import Foundation
import Foundations
import Glibc

extension KernelCache {
  /// The compiler at a path with its answer to `--version`, asked once for each file: one that changed is asked again.
  func compiler(at path: String) throws -> CCompiler {
    var status = stat()
    guard stat(path, &status) == 0, let real = realpath(path, nil) else { return try CCompiler(path: path) }
    defer { free(real) }
    var hash = SHA256()
    for field in [String(cString: real), "\(status.st_size)", "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)", "\(status.st_ino)"] { hash.update(field: field) }
    let place: String = "\(folder)/compilers/\(hash.hexDigest())"
    if let known = FileManager.default.contents(atPath: place), let version = String(data: known, encoding: .utf8), !version.isEmpty {
      return CCompiler(path: path, version: version)
    }
    let compiler = try CCompiler(path: path)
    // A folder that cannot be written only costs the question next time.
    if (try? Files.makeFolder("\(folder)/compilers")) != nil { try? Data(compiler.version.utf8).write(to: URL(fileURLWithPath: place), options: .atomic) }
    return compiler
  }
}
