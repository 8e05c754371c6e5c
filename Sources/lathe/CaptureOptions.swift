import ArgumentParser
import Capture
import Engine
import Foundation
import Foundations

/// How calls are served and recompiled: shared by `run`, `bench` and `explain`.
struct CaptureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What a call that fits no compiled graph does: \(Stance.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "stance"))
  var stance: String?
  @Flag(help: "At a lookup check only guards that tell compiled graphs apart; unsafe, as the name in PyTorch says.")
  var skipGuardEvalUnsafe = false
  @Option(help: "Use this backend for every program: compiled, autotuned, eager or aot_eager.")
  var forceBackend: String?
  @Option(help: "Whether sizes are symbols: auto (what changed), true (from the first call), false (never).")
  var dynamic: DynamicShapes = .automatic
  @Option(
    parsing: .singleValue,
    help: "Mark a dimension, as INPUT:DIMENSION=dynamic, dynamic(MIN..MAX), maybe_dynamic, static or unbacked; may be repeated.")
  var mark: [String] = []
  @Option(help: "How many graphs are kept before calls run eagerly.")
  var recompileLimit: Int?

  @Option(help: "Write what is compiled as PyTorch's structured trace into this folder, for tlparse or lathe trace.", completion: .directory)
  var trace: String?

  func validate() throws {
    if let recompileLimit, recompileLimit < 1 { throw ValidationError("--recompile-limit takes a number from 1 on") }
  }

  /// - Throws: `LatheError` of kind `badInput` for an unknown stance or backend, and for marks that contradict the program or each other.
  func apply(to session: ProgramSession) throws {
    if let trace {
      let sink = TraceSink(folder: trace, stream: session.events) { error in
        FileHandle.standardError.write(Data("lathe: \(error)\n".utf8))
      }
      _ = session.events.subscribe { sink.take($0) }
    }
    session.changeSettings {
      $0.dynamic = dynamic
      if let recompileLimit { $0.recompileLimit = recompileLimit }
    }
    if let forceBackend { _ = try session.context.backend(named: forceBackend) }
    try session.context.setStance(
      StanceSetting(try stance.map { try Stance(named: $0) } ?? .default, skipsGuards: skipGuardEvalUnsafe, forcedBackend: forceBackend))
    for text in mark {
      let (input, dimension, mark) = try CaptureOptions.parse(text)
      try session.mark(mark, input: input, dimension: dimension)
    }
  }

  private static func parse(_ text: String) throws -> (String, Int, DimensionMark) {
    func wrong() -> LatheError {
      .badInput("'\(text)' is no mark: write INPUT:DIMENSION=dynamic, dynamic(MIN..MAX), maybe_dynamic, static or unbacked")
    }
    let halves: [Substring] = text.split(separator: "=", maxSplits: 1)
    guard halves.count == 2, let colon = halves[0].lastIndex(of: ":"), let dimension = Int(halves[0][halves[0].index(after: colon)...]), dimension >= 0 else { throw wrong() }
    let input: String = String(halves[0][..<colon])
    switch halves[1] {
    case "dynamic": return (input, dimension, .dynamic(minimum: nil, maximum: nil))
    case "maybe_dynamic": return (input, dimension, .maybeDynamic)
    case "static": return (input, dimension, .fixed)
    case "unbacked": return (input, dimension, .unbacked)
    default:
      guard halves[1].hasPrefix("dynamic("), halves[1].hasSuffix(")") else { throw wrong() }
      let bounds: [Substring] = halves[1].dropFirst(8).dropLast().split(separator: ".", omittingEmptySubsequences: true)
      guard bounds.count == 2, let minimum = Int(bounds[0]), let maximum = Int(bounds[1]) else { throw wrong() }
      return (input, dimension, .dynamic(minimum: minimum, maximum: maximum))
    }
  }
}

extension DynamicShapes: ExpressibleByArgument {}
