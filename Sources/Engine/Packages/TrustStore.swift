import Foundation
import Foundations

/// The native code that the user said may run, by the SHA-256 of its bytes: one line each in `$XDG_STATE_HOME/lathe/trusted`
/// (`~/.local/state/lathe/trusted`), with the archive it was found in behind it.
package struct TrustStore: Sendable {
  package let path: String

  package init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    let home: String = environment["HOME"] ?? NSHomeDirectory()
    let base: String = environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "\(home)/.local/state"
    path = "\(base)/lathe/trusted"
  }
  package init(path: String) { self.path = path }

  package func trusts(_ digest: String) -> Bool {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return false }
    return text.split(separator: "\n").contains { $0.split(separator: " ").first.map(String.init) == digest }
  }

  /// - Throws: `LatheError` of kind `system` when it cannot be written down.
  package func add(_ digest: String, foundIn archive: String) throws {
    if trusts(digest) { return }
    let name: String = archive.replacing("\n", with: " ")
    do {
      try FileManager.default.createDirectory(atPath: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), withIntermediateDirectories: true)
      if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(fileURLWithPath: path)) }
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try file.seekToEnd()
      try file.write(contentsOf: Data("\(digest) \(name)\n".utf8))
      try file.close()
    } catch { throw LatheError(.system, subject: path, "cannot be written, so trust in code cannot be remembered") }
  }
}

/// What a user is asked before native code of an archive runs for the first time.
package struct TrustQuestion: Hashable, Sendable {
  package var archive: String
  package var model: String
  /// The SHA-256 of the code.
  package var digest: String
  package var codeBytes: Int
  /// `Lathe`, or `PyTorch` for code that has no description of Lathe's beside it; only what the archive says.
  package var maker: String
}

/// Whether native code that was not run before may run.
package enum TrustPolicy: Sendable {
  /// Asks; the answer yes is remembered.
  case ask(@Sendable (TrustQuestion) -> Bool)
  /// The user said so already; it is remembered.
  case given
  /// Code that this process made.
  case own
  /// Nobody can be asked.
  case refuse

  /// - Throws: `LatheError` of kind `badInput` where it may not run; of kind `system` where the answer cannot be written down.
  func check(_ question: TrustQuestion, _ store: TrustStore) throws {
    let isTrusted: Bool = store.trusts(question.digest)
    switch self {
    case .own: return
    case .given: if !isTrusted { try store.add(question.digest, foundIn: question.archive) }
    case .ask(let ask):
      if isTrusted { return }
      guard ask(question) else { throw LatheError(.badInput, subject: question.archive, "was not run, because its native code is not trusted") }
      try store.add(question.digest, foundIn: question.archive)
    case .refuse:
      guard isTrusted else {
        throw LatheError(
          .badInput, subject: question.archive,
          "holds native code that was never run here (model '\(question.model)', SHA-256 \(question.digest)); pass --trust to run it")
      }
    }
  }
}
