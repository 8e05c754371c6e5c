import Foundations

/// What a program must go on doing while it is made smaller.
package enum MinifyFailure: Hashable, Sendable, Codable {
  /// The compiled program's outputs differ from the eager ones by more than the project's tolerance, in which the absolute bound is smaller
  /// for outputs whose elements are all small, and by more than roundings explain.
  case differs
  /// It cannot be compiled, its compilation or its compiled code ends the process, or a compiled call fails or does not end.
  case crashes
  /// The fastest of three compiled calls takes longer.
  case slower(seconds: Double)

  /// - Parameter text: `verify`, `crash` or `time>SECONDS`.
  /// - Throws: `LatheError` of kind `badInput` for anything else.
  package init(parsing text: String) throws {
    switch text {
    case "verify": self = .differs
    case "crash": self = .crashes
    default:
      guard text.hasPrefix("time>"), let seconds = Double(text.dropFirst(5)), seconds.isFinite, seconds > 0 else {
        throw LatheError.badInput("'\(text)' is no failure: write verify, crash or time>SECONDS")
      }
      self = .slower(seconds: seconds)
    }
  }

  /// As `init(parsing:)` takes it.
  package var text: String {
    switch self {
    case .differs: "verify"
    case .crashes: "crash"
    case .slower(let seconds): "time>\(seconds)"
    }
  }

  /// Whether the answer is this failure.
  func isShown(by kind: MinifyAnswer.Kind) -> Bool {
    switch (self, kind) {
    case (.differs, .differs), (.slower, .slow): true
    case (.crashes, .refused), (.crashes, .doesNotCompile), (.crashes, .doesNotRun), (.crashes, .compilerDies), (.crashes, .codeDies), (.crashes, .hangs): true
    default: false
    }
  }
}

/// How a program is made smaller.
package struct MinifyOptions: Sendable {
  package var fails: MinifyFailure
  /// Where everything is written; made where it is missing.
  package var folder: String
  /// A mode that compiles.
  package var mode: ExecutionMode = .compiled
  /// What the sentence of the failure must contain to count, as PyTorch's `--check-str` has it.
  package var checkText: String?
  /// The most nodes that one strategy takes away at once.
  package var maximumGranularity: Int = .max
  /// Candidates asked for at most.
  package var maximumQueries: Int = 1000
  /// Seconds after which a compilation or a call of a candidate counts as one that does not end.
  package var queryLimit: Double = 120
  /// The `lathe` that answers queries, each in a process of its own.
  package var executable: String = "/proc/self/exe"

  package init(fails: MinifyFailure, folder: String) { (self.fails, self.folder) = (fails, folder) }
}
