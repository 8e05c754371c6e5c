import ArgumentParser
import Engine
import Foundation

/// How the user is asked whether native code of an archive may run.
struct TrustOption: ParsableArguments {
  @Flag(help: "Run native code of an archive without asking; that it was allowed is remembered by its SHA-256.")
  var trust = false

  /// Asks at a terminal, refuses where there is none.
  var policy: TrustPolicy {
    if trust { return .given }
    guard isatty(0) == 1, isatty(2) == 1 else { return .refuse }
    return .ask { question in
      let text: String = """
        \(question.archive) holds native code that was never run here: model '\(question.model)', compiled by \(question.maker), \(Output.bytes(question.codeBytes)),
        SHA-256 \(question.digest).
        It can do whatever you can. Run it, now and from now on? [y/N]\u{20}
        """
      FileHandle.standardError.write(Data(text.utf8))
      return ["y", "yes"].contains((readLine() ?? "").lowercased())
    }
  }
}
