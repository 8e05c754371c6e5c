import Foundations
import Traces

/// Prints what following a trace brings, a line for each event.
struct TraceNews {
  let isJSON: Bool
  /// The compilation to tell of alone; nil for all.
  let wanted: TraceCompileID?
  /// Compilations whose beginning was told.
  private var begun: Set<Int> = []

  init(isJSON: Bool, wanted: TraceCompileID?) { (self.isJSON, self.wanted) = (isJSON, wanted) }

  private struct Line: Encodable {
    var event: String
    var file: String?
    var compile: TraceOutput.Compile?
    var attempt: Int?
    var graphBreak: TraceOutput.Break?
    var problem: TraceOutput.Problem?
  }

  mutating func print(_ changes: [TraceChange], _ report: TraceReport) throws {
    for change in changes {
      if let number = change.compile {
        if let wanted, report.compiles[number].id != wanted { continue }
        try tellBeginning(number, report)
      }
      try tell(change, report)
    }
  }

  /// Told once the compilation's function is known, which its first records do not say.
  private mutating func tellBeginning(_ number: Int, _ report: TraceReport) throws {
    let compile: TraceCompile = report.compiles[number]
    guard compile.function != nil || compile.metrics != nil || compile.id.frame == nil, begun.insert(number).inserted else { return }
    if isJSON { return try write(Line(event: "started", compile: .init(compile, report))) }
    let listing = TraceListing(report: report)
    say(compile, report, "compiles \(listing.place(compile)): \(listing.trigger(compile.trigger))")
    for reason in compile.reasons { say(compile, report, "  \(listing.reason(reason))") }
  }

  private func tell(_ change: TraceChange, _ report: TraceReport) throws {
    let listing = TraceListing(report: report)
    switch change {
    case .file(let number):
      try isJSON ? write(Line(event: "file", file: report.files[number].path)) : Output.print("reads \(report.files[number].path)")
    case .restarted(let number, let attempt):
      let compile: TraceCompile = report.compiles[number]
      try isJSON ? write(Line(event: "restarted", compile: .init(compile, report), attempt: attempt)) : say(compile, report, "restarts, attempt \(attempt)")
    case .graphBreak(let number, let place):
      let compile: TraceCompile = report.compiles[number]
      try isJSON
        ? write(Line(event: "graph break", compile: .init(compile, report), graphBreak: .init(compile.breaks[place])))
        : say(compile, report, listing.graphBreak(compile.breaks[place]))
    case .finished(let number):
      let compile: TraceCompile = report.compiles[number]
      try isJSON ? write(Line(event: "finished", compile: .init(compile, report))) : say(compile, report, "\(listing.status(compile.status)) in \(Output.duration(compile.seconds))")
    case .backwardFinished(let number, let place):
      let compile: TraceCompile = report.compiles[number]
      let metrics: TraceMetrics = compile.backwards[place]
      try isJSON
        ? write(Line(event: "backward finished", compile: .init(compile, report)))
        : say(compile, report, "backward \(metrics.failType ?? "succeeded") in \(Output.duration(metrics.totalSeconds ?? 0))")
    case .problem(let number):
      try isJSON ? write(Line(event: "problem", problem: .init(report.problems[number]))) : Output.print("problem: \(report.problems[number])")
    case .process, .started, .recompileReasons, .advanced: break
    }
  }

  private func say(_ compile: TraceCompile, _ report: TraceReport, _ words: String) {
    Output.print("\(compile.lastSeen.clock)  [\(report.name(of: compile))] \(words)")
  }

  private func write(_ line: Line) throws { try Output.print(jsonLine: line) }
}
