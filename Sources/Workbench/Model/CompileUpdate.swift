import Engine
import Foundations
import Traces

/// A trace of another process that is looked at.
package struct TraceWatch: Sendable {
  package var path: String
  /// Of the job that follows it, whether or not that still runs.
  package let job: UInt32
  package var table: CompileTable
  package init(path: String, job: UInt32) { (self.path, self.job, table) = (path, job, CompileTable(report: TraceReport())) }
}

/// Whose table of compilations it is.
package enum CompileOwner: Hashable, Sendable {
  case document(Int)
  /// The trace that a job follows.
  case trace(UInt32)
}

extension Model {
  /// The compilations shown: those in the trace that is looked at, else the active document's.
  package var compiles: CompileTable? { trace?.table ?? document?.compiles }
  var compileOwner: CompileOwner? { trace.map { .trace($0.job) } ?? document.map { .document($0.id) } }

  /// Changes what is shown of the compilations.
  mutating func changeCompiles(_ change: (inout CompileTable) -> Void) {
    if let owner = compileOwner { changeCompiles(of: owner, change) }
  }
  mutating func changeCompiles(of owner: CompileOwner, _ change: (inout CompileTable) -> Void) {
    switch owner {
    case .trace(let job): if trace?.job == job { change(&trace!.table) }
    case .document(let id): if let index = documents.firstIndex(where: { $0.id == id }) { change(&documents[index].compiles) }
    }
  }

  // MARK: News

  mutating func take(_ news: SessionNews, of session: ObjectIdentifier) -> [Effect] {
    guard let index = documents.firstIndex(where: { ObjectIdentifier($0.opened.session) == session }) else { return [] }
    switch news {
    case .progress(let done, let count, let what, let time): documents[index].compiles.setProgress(done: done, of: count, what: what, at: time)
    case .eagerCalls(let all): documents[index].compiles.use(all, of: nil, clock: clock)
    case .compile(let timed):
      documents[index].compiles.take(timed, clock: clock)
      guard case .compile(let event) = timed.event else { return [] }
      switch event {
      case .finished(let id, let result):
        record(result.failure == nil ? .info : .warning, "\(documents[index].name): compiled [\(id)] in \(Format.seconds(result.duration.inSeconds))\(result.failure.map { ", failed: \($0)" } ?? "")")
        return look(at: documents[index].id)
      case .limitReached(let frame, let limit, let name, _):
        tell(.warning, "\(documents[index].name): frame \(frame) reached \(name) (\(limit)); further calls that fit no entry run eagerly")
      case .reset: return look(at: documents[index].id)
      default: break
      }
    }
    return []
  }

  mutating func take(_ report: TraceReport, ofJob job: UInt32) {
    changeCompiles(of: .trace(job)) { $0.use(report) }
  }

  /// Reads what a session's cache holds, after the reading that goes on where there is one.
  mutating func look(at document: Int) -> [Effect] {
    guard let index = documents.firstIndex(where: { $0.id == document }) else { return [] }
    guard documents[index].compiles.isReading.insert(.facts).inserted else {
      documents[index].compiles.wantsFacts = true
      return []
    }
    return [job("look at the cache", .session(document: document, documents[index].opened, .look), isVisible: false)]
  }

  // MARK: Jobs that ended

  mutating func finishSession(_ job: RunningJob, _ facts: SessionFacts) -> [Effect] {
    guard case .session(let id, _, let task) = job.work, let index = documents.firstIndex(where: { $0.id == id }) else { return [] }
    documents[index].compiles.use(facts)
    switch task {
    case .look:
      documents[index].compiles.isReading.remove(.facts)
      guard documents[index].compiles.wantsFacts else { return [] }
      documents[index].compiles.wantsFacts = false
      return look(at: id)
    case .apply(let choices, let old, let step):
      documents[index].compiles.use(choices, step)
      tell(.info, "\(documents[index].name): \(old.changes(to: choices))\(choices.marks.count > old.marks.count ? "; the next call that it changes is compiled anew" : "")")
    case .reset: tell(.info, "\(documents[index].name): forgot what was compiled and learnt; marks and stance stay")
    }
    return []
  }

  mutating func finishReading(_ job: RunningJob, _ outcome: Outcome) {
    switch (job.work, outcome) {
    case (.traceDetails(let owner, let report, let number), .traceDetails(let details)):
      changeCompiles(of: owner) { table in
        table.isReading.remove(.details(.trace(number)))
        table.use(details, of: report.compiles[number], at: .trace(number))
      }
    case (.compileText(let owner, let subject, let number, _), .compileText(let lines)):
      changeCompiles(of: owner) { table in
        table.isReading.remove(.text(subject, number))
        table.use(lines, of: subject, text: number)
      }
    default: break
    }
  }

  /// What cannot be read is said once, in its place.
  mutating func failReading(_ job: RunningJob, _ error: LatheError) {
    switch job.work {
    case .traceDetails(let owner, let report, let number):
      changeCompiles(of: owner) { table in
        table.isReading.remove(.details(.trace(number)))
        table.use(nil, problem: error.description, of: report.compiles[number], at: .trace(number))
      }
    case .compileText(let owner, let subject, let number, _):
      changeCompiles(of: owner) { table in
        table.isReading.remove(.text(subject, number))
        table.use(["✗ \(error.description)"], of: subject, text: number)
      }
    case .session(let id, _, .look): changeCompiles(of: .document(id)) { $0.isReading.remove(.facts) }
    default: break
    }
  }

  mutating func finishDrive(_ job: RunningJob, _ summary: DriveSummary) -> [Effect] {
    guard let id = job.work.drivenDocument else { return [] }
    let counts: [(Int, String)] = [(summary.cached, "from cached graphs"), (summary.compiled, "compiled"), (summary.eager, "eager"), (summary.failed, "failed")]
    let parts: String = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    tell(summary.failed > 0 ? .warning : .info, "\(job.title): \(summary.calls) call\(summary.calls == 1 ? "" : "s"): \(parts)")
    return look(at: id)
  }

  // MARK: Reading what is looked at

  /// Asks for the details and the text that the screen shows and that were not read yet.
  mutating func readCompiles() -> [Effect] {
    guard screen == .compiles, let owner = compileOwner, let table = compiles, let subject = table.current else { return [] }
    var effects: [Effect] = []
    if table.needsDetails, case .trace(let number) = subject, let report = table.report, !table.isReading.contains(.details(subject)) {
      changeCompiles { $0.isReading.insert(.details(subject)) }
      effects.append(job("read [\(report.name(of: report.compiles[number]))]", .traceDetails(owner, report, number), isVisible: false))
    }
    let reading = CompileTable.Reading.text(subject, table.textNumber)
    if !ScreenLayout(self).compileTexts.isEmpty, case .reading = table.shownText, let item = table.currentText, !table.isReading.contains(reading) {
      changeCompiles { $0.isReading.insert(reading) }
      effects.append(job("read \(item.name)", .compileText(owner, subject, table.textNumber, item), isVisible: false))
    }
    return effects
  }

  // MARK: Moving

  mutating func settleCompiles(_ layout: ScreenLayout) {
    guard screen == .compiles, let table = compiles else { return }
    let lines: Int = layout.compileWhy.isEmpty ? 0 : CompileLines.lines(table, width: layout.compileWhy.width).count
    let textCount: Int = table.shownText.count
    changeCompiles { table in
      table.list.settle(count: table.shown.count, height: layout.compileTable.height - 2)
      if !layout.compileWhy.isEmpty { table.why.settle(count: lines, height: layout.compileWhy.height - 1) }
      table.text.settle(count: textCount, height: layout.compileTexts.height - 1)
    }
  }

  mutating func moveInCompiles(by count: Int) {
    let lines: Int = compiles.map { CompileLines.lines($0, width: ScreenLayout(self).compileWhy.width).count } ?? 0
    changeCompiles { table in
      switch table.pane {
      case .table: table.select(table.list.index + count)
      case .why: table.why.index = max(0, min(table.why.index + count, lines - 1))
      case .texts: table.text.index = max(0, min(table.text.index + count, table.shownText.count - 1))
      }
    }
  }

  mutating func focusCompiles(_ pane: CompileTable.Pane) {
    changeCompiles { table in
      table.pane = pane
      if pane != .table { table.lower = pane }
    }
  }

  /// In the table to the line of the model that needed the first failed guard; in the panes below to what the line leads to.
  mutating func enterCompile() -> [Effect] {
    guard let table = compiles else { return [] }
    switch table.pane {
    case .table:
      if let frame = table.neededBy { return goToLine(frame) }
      focusCompiles(.why)
    case .why:
      let lines: [CompileLines.Line] = CompileLines.lines(table, width: ScreenLayout(self).compileWhy.width)
      guard lines.indices.contains(table.why.index) else { return [] }
      switch lines[table.why.index].link {
      case .source(let frame): return goToLine(frame)
      case .fix(let remedy): return applyFix(remedy)
      case nil: focusCompiles(.texts)
      }
    case .texts:
      let text: CompileTable.ShownText = table.shownText
      if table.text.index < text.count, let frame = text.line(table.text.index).neededBy { return goToLine(frame) }
    }
    return []
  }

  private mutating func goToLine(_ frame: SourceFrame) -> [Effect] {
    guard document != nil else {
      tell(.info, "\(frame.file):\(frame.line)  \(frame.text)")
      return []
    }
    return showNodes(from: frame)
  }

  // MARK: Changing the session

  /// Changes the session of the active document in a job; what is in force is shown once it is.
  mutating func changeChoices(_ change: (inout SessionChoices) -> Void) -> [Effect] {
    guard let document else { return [] }
    var choices: SessionChoices = document.compiles.choices
    change(&choices)
    return apply(choices, .change)
  }

  mutating func apply(_ choices: SessionChoices, _ step: SessionTask.Step) -> [Effect] {
    guard let document else { return [] }
    let old: SessionChoices = document.compiles.choices
    if jobs.contains(where: { if case .session(document.id, _, .apply) = $0.work { true } else { false } }) {
      tell(.info, "another change is being made")
      return []
    }
    if choices == old {
      tell(.info, "that is so already")
      return []
    }
    return [job("set \(old.changes(to: choices))", .session(document: document.id, document.opened, .apply(choices, from: old, step)), isVisible: false)]
  }

  mutating func applyFix(_ remedy: Remedy) -> [Effect] {
    guard let mark = remedy.mark else { return [] }
    return changeChoices { if !$0.marks.contains(mark) { $0.marks.append(mark) } }
  }

  // MARK: Traces

  mutating func watch(trace path: String) -> [Effect] {
    var effects: [Effect] = leaveTrace()
    let effect: Effect = job("follow \(PathText.name(path))", .follow(path))
    guard case .start(let job) = effect else { return [] }
    (trace, screen) = (TraceWatch(path: path, job: job.id), .compiles)
    effects.append(effect)
    return effects
  }

  /// Stops following the trace that is looked at and shows the session's compilations again.
  mutating func leaveTrace() -> [Effect] {
    guard let left = trace else { return [] }
    trace = nil
    return jobs.first { $0.id == left.job }.map { [cancel($0)] } ?? []
  }
}
