import ArgumentParser
import Dispatch
import Foundation
import Foundations
import Traces

/// `lathe trace`: what PyTorch's structured trace files tell of compilations.
struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "List the compilations in a trace that PyTorch wrote with TORCH_TRACE.",
    discussion: """
      Compilations are listed with what set them off, how they ended, restarts, graph breaks, why cached graphs did not fit, and timed \
      phases; --compile shows one with its graphs, guards and code.

      Examples:
        lathe trace traces/
        lathe trace traces/dedicated_log_torch_trace_ab12cd34.log --compile 0/1
        lathe trace traces/ --follow --json
      """)
  @ArgumentParser.Argument(help: "A trace file, or a folder of them as TORCH_TRACE names it.", completion: .file())
  var path: String
  @Flag(help: "Go on as the files grow and new ones appear, until interrupted.")
  var follow = false
  @Flag(help: "Print JSON: one object, or an object a line with --follow.")
  var json = false
  @Option(help: "Show this compilation alone, with its texts; for example 0/1.")
  var compile: String?

  func validate() throws {
    if let compile, TraceCompileID(compile) == nil { throw ValidationError("--compile takes an id such as 0/1 or !2/0/1, not '\(compile)'") }
  }

  func run() throws {
    var reader = try TraceReader(path: path)
    if follow { return try followOn(&reader) }
    while !reader.readMore(limit: 64 << 20).isCaughtUp {}
    _ = reader.finish()
    try reader.requireRecords()
    let report: TraceReport = reader.report
    guard let wanted else {
      return json ? try Output.print(json: try TraceOutput(report, compiles: report.compiles)) : try TraceListing(report: report).printAll()
    }
    let compiles: [TraceCompile] = report.compiles.filter { $0.id == wanted }
    guard !compiles.isEmpty else { throw LatheError(.badInput, subject: path, "the trace has no compilation \(wanted)") }
    if json { return try Output.print(json: try TraceOutput(report, compiles: compiles, withTexts: true)) }
    for compile in compiles { try TraceListing(report: report).printWhole(compile) }
  }

  private var wanted: TraceCompileID? { compile.flatMap { TraceCompileID($0) } }

  /// Looks again five times a second until the user interrupts.
  private func followOn(_ reader: inout TraceReader) throws {
    let interruption = Interruption()
    var news = TraceNews(isJSON: json, wanted: wanted)
    var isCaughtUp: Bool = true
    repeat {
      let (changes, isAtEnd) = reader.readMore(limit: 16 << 20)
      try news.print(changes, reader.report)
      isCaughtUp = isAtEnd
    } while !interruption.happens(within: isCaughtUp ? 0.2 : 0)
    try news.print(reader.finish(), reader.report)
  }
}
