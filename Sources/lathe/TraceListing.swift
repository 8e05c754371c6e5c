import Foundation
import Foundations
import Traces

/// A trace as text.
struct TraceListing {
  let report: TraceReport

  func printAll() throws {
    for (number, file) in report.files.enumerated() {
      let processes: [TraceProcess] = report.processes.filter { $0.file == number }
      let facts: [String] = processes.map { process in
        ["process \(process.identifier)", process.rank.map { "rank \($0)" }, process.torchVersion.map { "PyTorch \($0)" }].compactMap { $0 }.joined(separator: ", ")
      }
      Output.print("\(file.path)\(facts.isEmpty ? "" : ": " + facts.joined(separator: "; "))")
    }
    let counts: [String] = [
      count(report.compiles.count, "compilation"), count(report.compiles.map(\.restarts).reduce(0, +), "restart"),
      count(report.compiles.map(\.breaks.count).reduce(0, +), "graph break"), count(report.problemCount, "problem"),
    ]
    Output.print(counts.joined(separator: ", "))
    for compile in report.compiles {
      Output.print("")
      printRow(compile)
      printPhases(try report.details(of: compile).phases, depth: 1, below: 3)
    }
    if report.problemCount > 0 { Output.print("\nproblems") }
    for problem in report.problems { Output.print("  \(problem)") }
    if report.problemCount > report.problems.count { Output.print("  and \(report.problemCount - report.problems.count) more") }
  }

  func printWhole(_ compile: TraceCompile) throws {
    let (details, file): (TraceDetails, TraceFile) = (try report.details(of: compile), report.file(of: compile))
    printRow(compile)
    if !details.stack.isEmpty { Output.print("\ncalled from") }
    for frame in details.stack { Output.print("  \(frame.file):\(frame.line) in \(frame.function)\(frame.text.isEmpty ? "" : "   \(frame.text)")") }
    if !details.tensors.isEmpty { Output.print("\ninputs") }
    for tensor in details.tensors where tensor.attempt == compile.attempts - 1 {
      let sizes: String = tensor.sizes.joined(separator: ", ")
      Output.print("  \(tensor.source ?? "?"): \(tensor.dtype)[\(sizes)] \(tensor.device)\(tensor.requiresGrad ? ", requires grad" : "")")
    }
    if !details.symbols.isEmpty { Output.print("\nsymbols") }
    for symbol in details.symbols {
      let place: String = symbol.userStack.last.map { " at \($0.file):\($0.line)" } ?? ""
      Output.print("  [\(compile.id.attempt(symbol.attempt))] \(symbol.name) = \(symbol.value ?? "?") in \(symbol.range ?? "?")  \(symbol.source ?? "")\(place)")
    }
    Output.print("\nphases")
    printPhases(details.phases, depth: 0, below: .max)
    for artifact in details.artifacts {
      Output.print("\n=== [\(compile.id.attempt(artifact.attempt))] \(artifact.name)\(artifact.file.map { " \($0)" } ?? "")")
      Output.print(try file.text(of: artifact.payload))
    }
  }

  private func printRow(_ compile: TraceCompile) {
    Output.print(
      "[\(report.name(of: compile))]  \(compile.started)  \(Output.duration(compile.seconds))  \(place(compile)): \(trigger(compile.trigger)), \(status(compile.status))")
    for reason in compile.reasons { Output.print("  \(self.reason(reason))") }
    for attempt in 1..<max(compile.attempts, 1) {
      let reason: String = attempt <= compile.restartReasons.count ? ": \(indented(compile.restartReasons[attempt - 1]))" : ""
      Output.print("  restart [\(compile.id.attempt(attempt))]\(reason)")
    }
    for graphBreak in compile.breaks { Output.print("  \(self.graphBreak(graphBreak))") }
    if let metrics = compile.metrics {
      let facts: [String?] = [
        metrics.guardCount.map { count($0, "guard") }, metrics.operatorCount.map { count($0, "operator") }, metrics.inputCount.map { count($0, "input") },
        metrics.cacheSize.map { "\($0) cached before" },
      ]
      if !facts.compactMap({ $0 }).isEmpty { Output.print("  \(facts.compactMap { $0 }.joined(separator: ", "))") }
    }
    for metrics in compile.backwards {
      Output.print("  backward \(metrics.failType ?? "succeeded") in \(Output.duration(metrics.totalSeconds ?? 0))")
    }
  }

  /// Phases of the same name beside each other are one line.
  private func printPhases(_ phases: [TracePhase], depth: Int, below limit: Int) {
    guard depth <= limit, !phases.isEmpty else { return }
    var order: [String] = []
    var groups: [String: [TracePhase]] = [:]
    for phase in phases {
      if groups[phase.name] == nil { order.append(phase.name) }
      groups[phase.name, default: []].append(phase)
    }
    for name in order {
      let group: [TracePhase] = groups[name] ?? []
      let isOpen: Bool = group.contains { $0.end == nil }
      let total: String = Output.duration(group.compactMap(\.seconds).reduce(0, +))
      Output.print("\(String(repeating: "  ", count: depth + 1))\(name)  \(isOpen ? "not ended" : total)\(group.count > 1 ? "  \(group.count) times" : "")")
      printPhases(group.flatMap(\.parts), depth: depth + 1, below: limit)
    }
  }

  // MARK: Words

  func place(_ compile: TraceCompile) -> String {
    let function: String = compile.function ?? (compile.id.frame == nil ? "a graph of compiled autograd" : "an unknown function")
    guard let file = compile.metrics?.file ?? compile.place?.file, !file.isEmpty else { return function }
    return "\(function) (\(file):\(compile.metrics?.firstLine ?? compile.place?.line ?? 0))"
  }

  func trigger(_ trigger: TraceCompile.Trigger) -> String {
    switch trigger {
    case .firstCall: "first call"
    case .afterGraphBreak(let function, let line): "resumes \(function) after a graph break\(line.map { " at line \($0)" } ?? "")"
    case .recompile: "recompile"
    }
  }

  func status(_ status: TraceCompile.Status) -> String {
    switch status {
    case .running(let phase): "still running when the trace ends\(phase.map { ", in \($0)" } ?? "")"
    case .ended: "ended, the trace does not say how"
    case .succeeded: "succeeded"
    case .skipped: "skipped without a graph"
    case .failed(let failure):
      "failed with \(failure.type): \(indented(failure.reason))\(failure.file.map { " at \($0):\(failure.line ?? 0)" } ?? "")"
    }
  }

  func reason(_ reason: TraceRecompileReason) -> String { "does not fit \(reason.entry ?? "a cached graph"): \(indented(reason.text))" }

  func graphBreak(_ graphBreak: TraceGraphBreak) -> String {
    let place: String = graphBreak.place.map { " at \($0.file):\($0.line)\($0.function.isEmpty ? "" : " in \($0.function)")" } ?? ""
    return "graph break\(place): \(indented(graphBreak.reason))"
  }

  private func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: true).joined(separator: "\n    ")
  }
  private func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
}
