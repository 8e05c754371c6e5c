import Engine
import Foundations
import Traces

/// Compilations and what is shown of them: a session's, or those in a trace of another process.
package struct CompileTable: Sendable {
  package enum Pane: Int, Sendable, CaseIterable { case table, why, texts }
  /// What a row is about; numbers are places in the lists.
  package enum Subject: Hashable, Sendable {
    case compile(Int)
    /// Calls that were not compiled.
    case calls(Int)
    case trace(Int)
  }

  // MARK: What is known

  package private(set) var log = CompileLog()
  package private(set) var calls: [UncompiledCalls] = []
  /// The job that each of `calls` is of; nil where the session told of them.
  private var callers: [UInt32?] = []
  /// Nil for a session.
  package private(set) var report: TraceReport?
  package private(set) var facts = SessionFacts()
  /// Of compilations whose entry was seen in the cache.
  package private(set) var guards: [Int: [SessionFacts.GuardLine]] = [:]
  /// In force in the session, as far as was heard.
  package private(set) var choices = SessionChoices()
  private var undone: [SessionChoices] = []
  private var before: [SessionChoices] = []
  /// How far the running compilation was, at a time of the stream.
  private var progress: (done: Int, of: Int, what: String, time: Int)?
  /// The limit that was reached since the cache was reset last, in words.
  package private(set) var limitReached: String?

  // MARK: What is shown

  /// A session's rows in the order in which they came, with the time of day.
  private var subjects: [(subject: Subject, clock: String)] = []
  package private(set) var filter = ""
  /// Rows that the filter lets through.
  package private(set) var shown: [Subject] = []
  package var pane = Pane.table
  /// The pane below the table, where there is room for one.
  package var lower = Pane.why
  package var list = ListCursor()
  package var why = ListCursor()
  package var text = ListCursor()
  /// Columns of the text that are scrolled out at the left.
  package var textColumn = 0
  /// Which of the chosen row's texts is shown.
  package private(set) var textNumber = 0
  /// Texts of the chosen row that were written out.
  package private(set) var texts: [Int: [Substring]] = [:]
  /// Everything that the trace has of the chosen row.
  package private(set) var details: TraceDetails?
  /// Why they cannot be read.
  package private(set) var problem: String?
  /// The trace has more of the chosen row by now.
  private var isBehind = false
  /// What is being read for the chosen row, so that nothing is read twice.
  package var isReading: Set<Reading> = []
  /// Raised where the chosen row's facts are asked for while they are read.
  package var wantsFacts = false

  package enum Reading: Hashable, Sendable { case facts, details(Subject), text(Subject, Int) }

  package init(report: TraceReport? = nil) {
    self.report = report
    arrange(followsEnd: true)
  }

  package var isTrace: Bool { report != nil }
  package var current: Subject? { shown.indices.contains(list.index) ? shown[list.index] : nil }
  package var count: Int { report?.compiles.count ?? subjects.count }
  package func clock(of subject: Subject) -> String { subjects.first { $0.subject == subject }?.clock ?? "" }

  // MARK: A session

  package mutating func take(_ timed: TimedEvent, clock: String) {
    let known: Int = log.compiles.count
    log.take(timed)
    switch timed.event {
    case .compile(.limitReached): limitReached = log.limits.last
    case .compile(.reset): (facts, limitReached) = (SessionFacts(), nil)
    default: break
    }
    if log.compiles.count > known { add(.compile(known), clock) }
  }
  package mutating func setProgress(done: Int, of count: Int, what: String, at time: Int) { progress = (done, count, what, time) }
  /// Nil for what does not run, and before the first news.
  package func progress(of subject: Subject) -> (done: Int, of: Int, what: String)? {
    guard case .compile(let number) = subject, log.compiles[number].result == nil, let progress, progress.time >= log.compiles[number].startedAt else { return nil }
    return (progress.done, progress.of, progress.what)
  }

  /// - Parameters:
  ///   - all: of one source, the older ones first.
  ///   - job: the job whose calls failed; nil for what the session tells of calls that ran eagerly.
  package mutating func use(_ all: [UncompiledCalls], of job: UInt32?, clock: String) {
    var places: [Int] = calls.indices.filter { callers[$0] == job }
    for group in all {
      if places.isEmpty {
        calls.append(group)
        callers.append(job)
        add(.calls(calls.count - 1), clock)
      } else {
        calls[places.removeFirst()] = group
      }
    }
  }

  private mutating func add(_ subject: Subject, _ clock: String) {
    subjects.append((subject, clock))
    arrange(followsEnd: true)
  }

  /// What the cache holds now; guards of entries that it held before stay known.
  package mutating func use(_ facts: SessionFacts) {
    self.facts = facts
    for entry in facts.entries { if let place = log.place(of: entry.id) { guards[place] = entry.guards } }
  }

  // MARK: Choices

  package var canUndo: Bool { !before.isEmpty }
  package var canRedo: Bool { !undone.isEmpty }
  package var undoTarget: SessionChoices? { before.last }
  package var redoTarget: SessionChoices? { undone.last }

  /// The session took them.
  package mutating func use(_ new: SessionChoices, _ step: SessionTask.Step) {
    switch step {
    case .change:
      before.append(choices)
      if before.count > 100 { before.removeFirst() }
      undone = []
    case .undo:
      _ = before.popLast()
      undone.append(choices)
    case .redo:
      _ = undone.popLast()
      before.append(choices)
    }
    choices = new
  }

  // MARK: A trace

  package mutating func use(_ report: TraceReport) {
    let last: TraceCompile? = currentTrace
    self.report = report
    arrange(followsEnd: true)
    // What the chosen compilation has may have grown.
    if let last, let now = currentTrace, now.lastSeen != last.lastSeen || now.metrics != last.metrics { isBehind = true }
  }
  private var currentTrace: TraceCompile? {
    if case .trace(let number)? = current { report?.compiles[number] } else { nil }
  }
  /// - Parameters:
  ///   - details: nil where they cannot be read, which `problem` says.
  ///   - compile: what of it was read.
  package mutating func use(_ details: TraceDetails?, problem: String? = nil, of compile: TraceCompile, at subject: Subject) {
    guard current == subject else { return }
    if let details { self.details = details }
    self.problem = problem
    isBehind = currentTrace.map { $0.lastSeen != compile.lastSeen || $0.metrics != compile.metrics } ?? false
  }
  /// Whether the chosen row's details are to be read.
  package var needsDetails: Bool { currentTrace != nil && (details == nil && problem == nil || isBehind) }

  // MARK: Choosing

  package mutating func setFilter(_ filter: String) {
    self.filter = filter
    arrange(followsEnd: false)
  }

  /// Puts the table's cursor on a row; the other panes begin anew.
  package mutating func select(_ row: Int) {
    let last: Subject? = current
    list.index = max(0, min(row, shown.count - 1))
    if current != last { startOver() }
  }
  package mutating func scroll(by rows: Int, height: Int) {
    let last: Subject? = current
    list.scroll(by: rows, count: shown.count, height: height)
    if current != last { startOver() }
  }
  private mutating func startOver() {
    (why, text, textColumn, textNumber) = (ListCursor(), ListCursor(), 0, 0)
    (texts, details, problem, isBehind) = ([:], nil, nil, false)
  }

  /// Filters; the cursor stays on its row, or at the end where it was there.
  private mutating func arrange(followsEnd: Bool) {
    let last: Subject? = current
    let wasAtEnd: Bool = list.index >= shown.count - 1
    let all: [Subject] = report.map { $0.compiles.indices.map { .trace($0) } } ?? subjects.map(\.subject)
    let part = Array(filter.lowercased().utf8)
    shown = part.isEmpty ? all : all.filter { subject in
      let row: CompileRow = row(of: subject)
      return GraphFilter.contains("\(row.id) \(row.trigger) \(row.result) \(row.place)", part)
    }
    if followsEnd, wasAtEnd, pane == .table {
      list.index = max(0, shown.count - 1)
    } else if let last, let place = shown.firstIndex(of: last) {
      list.index = place
    }
    list.index = max(0, min(list.index, shown.count - 1))
    if current != last { startOver() }
  }

  // MARK: Texts

  package mutating func choose(text number: Int) {
    guard number != textNumber else { return }
    (textNumber, text, textColumn) = (number, ListCursor(), 0)
  }
  package mutating func use(_ lines: [Substring], of subject: Subject, text number: Int) {
    if current == subject { texts[number] = lines }
  }
}
