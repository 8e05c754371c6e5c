import Foundation
import Foundations

/// A C compiler of this machine.
package struct CCompiler: Hashable, Sendable {
  package enum Family: String, Sendable { case clang, gcc, other }
  /// An absolute path.
  package let path: String
  /// All that it says to `--version`: part of cache keys.
  package let version: String
  package let family: Family

  /// The line of the version that a person wants to see.
  package var summary: String { version.split(separator: "\n").first.map(String.init) ?? path }

  /// The compiler that LATHE_CC names (a path, or a name on PATH), else the first of clang, gcc and cc on PATH; `cache` remembers what
  /// compilers said of themselves.
  /// - Throws: `LatheError` of kind `system` when there is none, which says what to install.
  package static func find(environment: [String: String] = ProcessInfo.processInfo.environment, cache: KernelCache? = nil) throws -> CCompiler {
    func compiler(_ path: String) throws -> CCompiler { try cache?.compiler(at: path) ?? CCompiler(path: path) }
    let folders: [String] = (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map(String.init)
    if let wish = environment["LATHE_CC"], !wish.isEmpty {
      guard let path = locate(wish, in: folders) else {
        throw LatheError(.system, "LATHE_CC is '\(wish)', which is no program on this machine")
      }
      return try compiler(path)
    }
    for name in ["clang", "gcc", "cc"] {
      if let path = locate(name, in: folders) { return try compiler(path) }
    }
    throw LatheError(.system, "no C compiler was found; install clang or gcc (on Debian and Ubuntu: apt install clang), or set LATHE_CC to one")
  }

  /// - Throws: `LatheError` of kind `system` when the program does not answer to `--version` as compilers do.
  package init(path: String) throws {
    var answer = ChildProcess.Result(output: "", status: .exited(1))
    try ChildProcess.run([ChildProcess(arguments: [path, "--version"])], width: 1) { answer = $1 }
    guard answer.status == .exited(0), !answer.output.isEmpty else {
      throw LatheError(.system, subject: path, "does not tell its version, so it cannot be used as a C compiler")
    }
    self.init(path: path, version: answer.output)
  }

  /// One whose answer is known.
  init(path: String, version: String) {
    (self.path, self.version) = (path, version)
    let lower: String = version.lowercased()
    family = lower.contains("clang") ? .clang : lower.contains("gcc") || lower.contains("free software foundation") ? .gcc : .other
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
