import Engine
import Foundations
import Traces

/// A row of the table of compilations, in words.
package struct CompileRow: Sendable {
  package enum State: Sendable { case running, done, failed, skipped, eager }
  package var id: String
  /// The time of day.
  package var clock: String
  package var seconds: Double?
  package var trigger: String
  package var result: String
  package var state: State
  /// The function and where it is.
  package var place: String = ""
}

extension CompileTable {
  package func row(of subject: Subject) -> CompileRow {
    switch subject {
    case .compile(let number): row(of: log.compiles[number], clock: clock(of: subject))
    case .calls(let number): row(of: calls[number], clock: clock(of: subject))
    case .trace(let number): report.map { CompileTable.row(of: $0.compiles[number], $0) } ?? CompileRow(id: "", clock: "", trigger: "", result: "", state: .skipped)
    }
  }

  private func row(of record: CompileRecord, clock: String) -> CompileRow {
    var row = CompileRow(id: record.id.description, clock: clock, trigger: "first call", result: "", state: .running)
    row.place = "\(record.start.function) \(PathText.name(record.start.file)):\(record.start.line)"
    switch record.start.trigger {
    case .firstCall: break
    case .recompilation(let misses): row.trigger = CompileTable.trigger(of: misses)
    case .graphBreak(let reason): row.trigger = "graph break: \(reason)"
    }
    guard let result = record.result else {
      row.result = record.currentPhase ?? "capture"
      return row
    }
    row.seconds = result.duration.inSeconds
    if let failure = result.failure {
      (row.state, row.result) = (.failed, failure.kind == .cancelled ? "cancelled" : failure.description.firstLine)
      return row
    }
    row.state = .done
    let made: String = result.kernelCount > 0 ? "\(result.kernelCount) kernel\(result.kernelCount == 1 ? "" : "s")" : record.start.backend
    row.result = "\(made), \(result.symbols.isEmpty ? "static" : result.symbols.map(CompileTable.text).joined(separator: ", "))"
    if !record.restarts.isEmpty { row.result += ", \(record.restarts.count) restart\(record.restarts.count == 1 ? "" : "s")" }
    return row
  }

  private func row(of calls: UncompiledCalls, clock: String) -> CompileRow {
    let trigger: String = calls.misses.isEmpty ? "call" : CompileTable.trigger(of: calls.misses)
    let times: String = calls.count == 1 ? "" : " ×\(calls.count)"
    let result: String = calls.isFailure ? "failed\(times): \(calls.outcome.firstLine)" : "eager\(times): \(calls.outcome)"
    return CompileRow(id: "-", clock: clock, trigger: trigger, result: result, state: calls.isFailure ? .failed : .eager)
  }

  private static func row(of compile: TraceCompile, _ report: TraceReport) -> CompileRow {
    var row = CompileRow(
      id: report.name(of: compile), clock: String(compile.started.clock.prefix(8)), seconds: compile.seconds, trigger: "first call", result: "", state: .done)
    if let function = compile.function {
      let file: String = compile.metrics?.file ?? compile.place?.file ?? ""
      row.place = file.isEmpty ? function : "\(function) \(PathText.name(file)):\(compile.metrics?.firstLine ?? compile.place?.line ?? 0)"
    }
    switch compile.trigger {
    case .firstCall: break
    case .afterGraphBreak(let function, let line): row.trigger = "after a break in \(function)\(line.map { ", line \($0)" } ?? "")"
    case .recompile(let reasons):
      row.trigger = reasons.first.map { "guard failed: \($0.text.firstLine)" } ?? "recompile"
    }
    var facts: [String] = []
    if let count = compile.metrics?.operatorCount { facts.append("\(count) operator\(count == 1 ? "" : "s")") }
    if let count = compile.metrics?.guardCount { facts.append("\(count) guard\(count == 1 ? "" : "s")") }
    if !compile.breaks.isEmpty { facts.append("\(compile.breaks.count) break\(compile.breaks.count == 1 ? "" : "s")") }
    if compile.restarts > 0 { facts.append("\(compile.restarts) restart\(compile.restarts == 1 ? "" : "s")") }
    switch compile.status {
    case .running(let phase):
      row.state = .running
      row.seconds = nil
      facts = [phase ?? "begun"]
    case .succeeded: break
    case .skipped:
      row.state = .skipped
      facts.insert("no graph", at: 0)
    case .failed(let failure):
      row.state = .failed
      facts = ["\(failure.type): \(failure.reason.firstLine)"]
    }
    row.result = facts.joined(separator: ", ")
    return row
  }

  // MARK: Words

  /// The first failed guard in few words, for example `guard failed: x.size()[0] 3 → 4`.
  static func trigger(of misses: [EntryMiss]) -> String {
    guard let failure = misses.first?.failures.first else { return "no entry fits" }
    let isShort: Bool = failure.expected.count + failure.actual.count <= 24 && !failure.actual.contains("=")
    return "guard failed: " + (isShort ? "\(short(failure.source)) \(failure.expected) → \(failure.actual)" : failure.text.firstLine)
  }

  /// A source without `L['…']` around the argument's name: `x.size()[0]`.
  static func short(_ source: String) -> String {
    guard source.hasPrefix("L['"), let end = source.dropFirst(3).firstIndex(of: "'") else { return source }
    return String(source.dropFirst(3)[..<end]) + source[source.index(end, offsetBy: 2)...]
  }

  /// A symbol with its range, for example `s0 in [2, 64]`.
  static func text(_ symbol: CompileSymbol) -> String {
    switch (symbol.minimum, symbol.maximum) {
    case (let low?, let high?): "\(symbol.name) in [\(low), \(high)]"
    case (let low?, nil): "\(symbol.name) from \(low)"
    case (nil, let high?): "\(symbol.name) up to \(high)"
    case (nil, nil): "\(symbol.name) any"
    }
  }
}

extension String {
  var firstLine: String { split(separator: "\n", maxSplits: 1).first.map(String.init) ?? "" }
}
