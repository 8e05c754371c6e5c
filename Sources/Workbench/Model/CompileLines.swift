import Engine
import Foundations
import Traces

/// Why a compilation happened and what it was like, as lines of the panel below the table.
package enum CompileLines {
  package struct Line: Hashable, Sendable {
    package enum Link: Hashable, Sendable {
      case source(SourceFrame)
      case fix(Remedy)
    }
    package var label: String
    package var text: String
    package var role: Role
    package var link: Link?
  }
  package static let labelWidth = 12

  /// - Parameter width: columns of the panel, into which long texts are broken.
  package static func lines(_ table: CompileTable, width: Int) -> [Line] {
    var lines = Builder(width: max(16, width - labelWidth - 2))
    switch table.current {
    case .compile(let number):
      let record: CompileRecord = table.log.compiles[number]
      lines.add(record, entry: table.facts.entries.first { $0.id == record.id })
    case .calls(let number): lines.add(table.calls[number])
    case .trace(let number):
      if let report = table.report { lines.add(report.compiles[number], report, table.details, problem: table.problem) }
    case nil: break
    }
    return lines.lines
  }

  /// The first fix of the chosen row that the workbench can apply.
  package static func firstFix(_ table: CompileTable) -> Remedy? {
    table.misses.lazy.flatMap(\.failures).flatMap(\.remedies).first { $0.mark != nil }
  }
}

extension CompileTable {
  /// Of the chosen row.
  package var misses: [EntryMiss] {
    switch current {
    case .compile(let number): if case .recompilation(let misses) = log.compiles[number].start.trigger { misses } else { [] }
    case .calls(let number): calls[number].misses
    case .trace, nil: []
    }
  }
  /// The first line of the model that a failed guard of the chosen row names.
  package var neededBy: SourceFrame? { misses.lazy.flatMap(\.failures).compactMap(\.neededBy).first }
}

extension Remedy {
  /// The mark that it asks for; nil for what is to be done to the inputs.
  package var mark: SessionChoices.Mark? {
    switch self {
    case .markDynamic(let input, let dimension): SessionChoices.Mark(input, dimension, .dynamic(minimum: nil, maximum: nil))
    case .markUnbacked(let input, let dimension): SessionChoices.Mark(input, dimension, .unbacked)
    default: nil
    }
  }
}

/// Gathers lines, broken to a width.
private struct Builder {
  let width: Int
  var lines: [CompileLines.Line] = []

  mutating func add(_ label: String, _ text: String, _ role: Role = .value, link: CompileLines.Line.Link? = nil) {
    for (number, part) in TextBreaking.lines(text, width: width).enumerated() {
      lines.append(.init(label: number == 0 ? label : "", text: part, role: role, link: link))
    }
  }
  mutating func add(_ label: String, _ frame: SourceFrame, _ words: String = "") {
    add(label, "\(words)\(frame.place)\(frame.text.isEmpty ? "" : "  \(frame.text)")", .source, link: .source(frame))
  }

  // MARK: A session's

  /// - Parameter entry: what it made, where that is cached.
  mutating func add(_ record: CompileRecord, entry: SessionFacts.Entry?) {
    switch record.start.trigger {
    case .firstCall: add("why", "the first call of \(record.start.function)")
    case .graphBreak(let reason): add("why", "graph break: \(reason)")
    case .recompilation(let misses): add(misses)
    }
    if let failure = record.result?.failure { add("error", "✗ \(failure)", .error) }
    for (number, reason) in record.restarts.enumerated() { add(number == 0 ? "restarts" : "", reason) }
    let inputs: [String] = record.start.inputs.map { input in
      "\(input.name) \(input.dtype?.abbreviation ?? "number")[\(input.symbolicSizes.joined(separator: ", "))]"
    }
    add("inputs", inputs.joined(separator: " · "), .type)
    if let result = record.result, result.failure == nil {
      if !result.symbols.isEmpty {
        add("symbols", result.symbols.map { "\(CompileTable.text($0)), now \($0.value)\($0.source.map { " from \(CompileTable.short($0))" } ?? "")" }.joined(separator: " · "))
      }
      let cached: String = entry.map { "cached, \($0.hits) hit\($0.hits == 1 ? "" : "s")" } ?? "not in the cache"
      add("guards", "\(result.guardCount), of shapes \(result.shapeGuardCount) · \(cached)")
    }
    addPhases(record.phases)
    add("of", "\(record.start.function) \(record.start.file):\(record.start.line), backend \(record.start.backend)", .dim)
  }

  mutating func add(_ calls: UncompiledCalls) {
    add(calls.isFailure ? "error" : "eager", "\(calls.isFailure ? "✗ " : "")\(calls.outcome)", calls.isFailure ? .error : .value)
    add("calls", "\(calls.count)")
    add(calls.misses)
  }

  /// Every failed guard of every entry, then what would have helped.
  private mutating func add(_ misses: [EntryMiss]) {
    var fixes: [Remedy] = []
    for miss in misses {
      for (number, failure) in miss.failures.enumerated() {
        add(number == 0 ? "entry \(miss.entry)" : "", "✗ \(failure.text)", .error)
        if !failure.text.contains("expected \(failure.expected), actual \(failure.actual)") { add("", "expected \(failure.expected) · actual \(failure.actual)") }
        if let frame = failure.neededBy { add("", frame, "needed by ") }
        fixes += failure.remedies.filter { !fixes.contains($0) }
      }
      if miss.heldCount > 0 { add("", "✓ \(miss.heldCount) other guard\(miss.heldCount == 1 ? " holds" : "s hold")", .good) }
    }
    for (number, fix) in fixes.enumerated() {
      let isKey: Bool = fix.mark != nil && fixes.first { $0.mark != nil } == fix
      add(number == 0 ? "fix" : "", "\(isKey ? "m  " : fix.mark != nil ? "Enter  " : "")\(fix)", fix.mark == nil ? .value : .link, link: fix.mark == nil ? nil : .fix(fix))
    }
  }

  private mutating func addPhases(_ phases: [CompileRecord.Phase]) {
    guard !phases.isEmpty else { return }
    let outer: [CompileRecord.Phase] = phases.filter { $0.depth == 0 }.sorted { $0.startedAt < $1.startedAt }
    add("phases", outer.map { "\($0.name) \(Format.seconds($0.seconds))" }.joined(separator: " · "), .number)
    for phase in outer {
      let end: Int = phase.startedAt + Int(phase.seconds * 1e9)
      let parts = phases.filter { $0.depth == 1 && $0.startedAt >= phase.startedAt && $0.startedAt <= end }.sorted { $0.startedAt < $1.startedAt }
      if !parts.isEmpty { add("", "in \(phase.name): " + parts.map { "\($0.name) \(Format.seconds($0.seconds))" }.joined(separator: " · "), .dim) }
    }
  }

  // MARK: A trace's

  mutating func add(_ compile: TraceCompile, _ report: TraceReport, _ details: TraceDetails?, problem: String?) {
    if compile.reasons.isEmpty, case .afterGraphBreak(let function, let line) = compile.trigger {
      add("why", "goes on with \(function) after a graph break\(line.map { " at line \($0)" } ?? "")")
    } else if case .recompile(let reasons) = compile.trigger {
      for reason in reasons { add(reason.entry.map { "entry \($0)" } ?? "entry", "✗ \(reason.text)", .error) }
      if reasons.isEmpty { add("why", "recompiled; the trace does not say why") }
    } else {
      add("why", "the first call of \(compile.function ?? "an unknown function")")
    }
    if case .failed(let failure) = compile.status {
      add("error", "✗ \(failure.type): \(failure.reason)", .error)
      if let file = failure.file { add("", SourceFrame(file: file, line: failure.line ?? 0, function: "", text: "")) }
    }
    for graphBreak in compile.breaks {
      add("break", graphBreak.reason, .warning)
      if let place = graphBreak.place { add("", place) }
    }
    for attempt in 1..<max(compile.attempts, 1) {
      let reason: String = attempt <= compile.restartReasons.count ? compile.restartReasons[attempt - 1] : "the trace does not say why"
      add("restart", "[\(compile.id.attempt(attempt))] \(reason)")
    }
    if let metrics = compile.metrics {
      let facts: [String?] = [
        metrics.guardCount.map { "\($0) guards" }, metrics.shapeGuardCount.map { "of shapes \($0)" }, metrics.operatorCount.map { "\($0) operators" },
        metrics.inputCount.map { "\($0) inputs" }, metrics.cacheSize.map { "\($0) cached before" },
      ]
      add("facts", facts.compactMap { $0 }.joined(separator: " · "))
    }
    for metrics in compile.backwards { add("backward", "\(metrics.failType ?? "succeeded") in \(Format.seconds(metrics.totalSeconds ?? 0))") }
    guard let details else {
      add(problem == nil ? "" : "error", problem.map { "✗ \($0)" } ?? "reading…", problem == nil ? .dim : .error)
      return
    }
    for (number, frame) in details.stack.suffix(4).enumerated() { add(number == 0 ? "called" : "", frame) }
    for (number, tensor) in details.tensors.filter({ $0.attempt == compile.attempts - 1 }).enumerated() {
      add(number == 0 ? "inputs" : "", "\(tensor.source.map(CompileTable.short) ?? "?") \(tensor.dtype)[\(tensor.sizes.joined(separator: ", "))]", .type)
    }
    for (number, symbol) in details.symbols.filter({ $0.attempt == compile.attempts - 1 }).enumerated() {
      add(number == 0 ? "symbols" : "", "\(symbol.name) in \(symbol.range ?? "?"), now \(symbol.value ?? "?")\(symbol.source.map { " from \(CompileTable.short($0))" } ?? "")")
      if let frame = symbol.userStack.last { add("", frame) }
    }
    addPhases(details.phases, depth: 0)
  }

  /// Phases of the same name beside each other are one line.
  private mutating func addPhases(_ phases: [TracePhase], depth: Int) {
    guard depth < 5 else { return }
    var names: [String] = []
    for phase in phases where !names.contains(phase.name) { names.append(phase.name) }
    for (number, name) in names.enumerated() {
      let group: [TracePhase] = phases.filter { $0.name == name }
      let isOpen: Bool = group.contains { $0.end == nil }
      let total: String = isOpen ? "not ended" : Format.seconds(group.compactMap(\.seconds).reduce(0, +))
      add(depth == 0 && number == 0 ? "phases" : "", "\(String(repeating: "  ", count: depth))\(name)  \(total)\(group.count > 1 ? "  \(group.count) times" : "")", .number)
      addPhases(group.flatMap(\.parts), depth: depth + 1)
    }
  }
}

/// Breaks texts into lines at blanks.
enum TextBreaking {
  /// - Parameter width: columns; words that are longer are cut.
  static func lines(_ text: String, width: Int) -> [String] {
    var result: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
      if CharacterWidth.columns(of: line) <= width {
        result.append(String(line))
        continue
      }
      var current = ""
      var used = 0
      for word in line.split(separator: " ", omittingEmptySubsequences: false) {
        let columns: Int = CharacterWidth.columns(of: word)
        if !current.isEmpty, used + 1 + columns > width {
          result.append(current)
          (current, used) = ("", 0)
        }
        if !current.isEmpty || used > 0 {
          current += " "
          used += 1
        }
        current += word
        used += columns
      }
      if !current.isEmpty { result.append(current) }
    }
    return result.isEmpty ? [""] : result
  }
}
