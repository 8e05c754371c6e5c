import Foundation
import Foundations

/// A C compiler of this machine.
package struct CCompiler: Hashable, Sendable {
  package enum Family: String, Sendable { case clang, gcc, other }
  /// An absolute path.
  package let path: String
  /// What tells it from others and from what it was before an update: part of cache keys.
  package let identity: String
  package let family: Family

  /// The compiler that LATHE_CC names (a path, or a name on PATH), else the first of clang, gcc and cc on PATH.
  /// - Throws: `LatheError` of kind `system` when there is none, which says what to install.
  package static func find(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> CCompiler {
    let folders: [String] = (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map(String.init)
    if let wish = environment["LATHE_CC"], !wish.isEmpty {
      guard let path = locate(wish, in: folders) else {
        throw LatheError(.system, "LATHE_CC is '\(wish)', which is no program on this machine")
      }
      return try CCompiler(path: path)
    }
    for name in ["clang", "gcc", "cc"] {
      if let path = locate(name, in: folders) { return try CCompiler(path: path) }
    }
    throw LatheError(.system, "no C compiler was found; install clang or gcc (on Debian and Ubuntu: apt install clang), or set LATHE_CC to one")
  }

  /// A compiled program whose name says what it is is known by its file; another one, a script before all, is asked for its version, which
  /// takes as long as a tenth of a compilation.
  /// - Throws: `LatheError` of kind `system` when the program has to be asked and does not answer to `--version` as compilers do.
  package init(path: String) throws {
    self.path = path
    if let file = CCompiler.file(path) {
      (identity, family) = file
      return
    }
    var answer = ChildProcess.Result(output: "", status: .exited(1))
    try ChildProcess.run([ChildProcess(arguments: [path, "--version"])], width: 1) { answer = $1 }
    guard answer.status == .exited(0), !answer.output.isEmpty else {
      throw LatheError(.system, subject: path, "does not tell its version, so it cannot be used as a C compiler")
    }
    let lower: String = answer.output.lowercased()
    identity = answer.output
    family = lower.contains("clang") ? .clang : lower.contains("gcc") || lower.contains("free software foundation") ? .gcc : .other
  }

  /// The identity and family of a compiled program that is called clang or gcc, once links are followed: its place, size and time of change.
  private static func file(_ path: String) -> (String, Family)? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    let real = String(cString: resolved)
    let name: Substring = real.split(separator: "/").last ?? ""
    let family: Family = name.hasPrefix("clang") ? .clang : name.split(separator: "-").contains("gcc") ? .gcc : .other
    let descriptor: Int32 = open(real, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var (magic, status): (UInt32, stat) = (0, stat())
    guard family != .other, read(descriptor, &magic, 4) == 4, UInt32(bigEndian: magic) == 0x7f45_4c46, fstat(descriptor, &status) == 0 else { return nil }
    return ("\(real) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) \(status.st_ino)", family)
  }

  /// A program on PATH.
  static func program(_ name: String) -> String? {
    locate(name, in: (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map(String.init))
  }

  private static func locate(_ name: String, in folders: [String]) -> String? {
    let candidates: [String] = name.contains("/") ? [URL(fileURLWithPath: name).path] : folders.map { "\($0)/\(name)" }
    return candidates.first { path in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
        && FileManager.default.isExecutableFile(atPath: path)
    }
  }
}
