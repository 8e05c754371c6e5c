import Engine
import Foundations

/// What is known and shown of a compiled program's kernels.
package struct KernelTable: Sendable {
  package enum Pane: Int, Sendable, CaseIterable { case table, code, nodes }
  /// What the table is sorted by.
  package enum Column: String, Sendable, CaseIterable {
    case total, calls, mean, p99
    /// How near to the machine's limits.
    case limit
    case name
  }
  /// A row of the pane that tells what a kernel computes.
  package enum Provenance: Hashable, Sendable {
    /// Of the program's graph.
    case node(Int)
    case source(SourceFrame)
    /// A shape whose candidates were timed, and one of them.
    case tuning(String)
    case candidate(CompilationReport.Tuning.Candidate)
  }

  package let report: CompilationReport
  /// Tells compilations of one program apart.
  package let compilation: Int
  /// By kernel number; empty until calls are timed.
  package private(set) var times: [KernelTime] = []
  /// Changes with `times`.
  package private(set) var revision = 0
  /// Calls of the program that `times` is of.
  package private(set) var profiledCalls = 0
  /// What kernels took a call between the last reports, by kernel number, the newest last.
  package private(set) var trends: [KernelTrend] = []
  /// Medians in seconds of a call; nil until both modes are timed.
  package private(set) var medians: (eager: Double, compiled: Double)?
  /// What the machine reaches at most; nil until it is measured.
  package private(set) var limits: MachineLimits?
  /// What came while the table was held; nil where it is not held.
  private var held: (times: [KernelTime], calls: Int)?
  package private(set) var isHeld = false
  package private(set) var column = Column.total
  package private(set) var filter = ""
  /// Numbers of the kernels shown, in the order they are shown.
  package private(set) var shown: [Int] = []
  package var pane = Pane.table
  package var list = ListCursor()
  package var code = ListCursor()
  package var nodes = ListCursor()
  /// Columns of the C that are scrolled out at the left.
  package var codeColumn = 0
  /// What the chosen kernel computes, the lines of the model that this comes from, and what tuning found for it.
  package private(set) var provenance: [Provenance] = []
  private var provenanceOf: Int?

  /// - Parameter last: the table before the program was compiled anew, whose sorting and filter stay.
  package init(_ report: CompilationReport, last: KernelTable? = nil, limits: MachineLimits? = nil) {
    self.report = report
    self.limits = limits
    compilation = (last?.compilation ?? 0) + 1
    trends = Array(repeating: KernelTrend(), count: report.kernels.count)
    if let last { (column, filter, pane) = (last.column, last.filter, last.pane) }
    arrange()
  }

  // MARK: Times

  package mutating func use(_ times: [KernelTime], calls: Int) {
    if isHeld {
      held = (times, calls)
      return
    }
    for number in trends.indices where times.indices.contains(number) {
      trends[number].add(times[number], after: calls > profiledCalls ? time(of: number) : nil)
    }
    (self.times, profiledCalls) = (times, calls)
    revision += 1
    arrange()
  }
  package mutating func use(_ result: BenchResult) {
    medians = (KernelTable.median(result.eager), KernelTable.median(result.compiled))
    if let limits = result.limits { self.limits = limits }
    use(result.kernels, calls: result.profiledCalls)
  }
  package mutating func use(_ limits: MachineLimits) {
    self.limits = limits
    arrange()
  }
  private static func median(_ seconds: [Double]) -> Double { seconds.isEmpty ? 0 : seconds.sorted()[seconds.count / 2] }

  /// Holds the table as it is while calls go on, or lets it follow them again.
  package mutating func hold(_ on: Bool) {
    isHeld = on
    guard !on, let last = held else { return }
    held = nil
    use(last.times, calls: last.calls)
  }

  package func time(of kernel: Int) -> KernelTime? { times.indices.contains(kernel) ? times[kernel] : nil }
  /// Seconds of one call of the kernel; nil where it was not called.
  package func mean(of kernel: Int) -> Double? { time(of: kernel).flatMap { $0.calls == 0 ? nil : $0.seconds / Double($0.calls) } }
  package var totalSeconds: Double { times.reduce(0) { $0 + $1.seconds } }
  /// What each kernel takes in a call of the program.
  package var secondsInCall: [Double] { profiledCalls == 0 ? [] : times.map { $0.seconds / Double(profiledCalls) } }

  /// Arithmetic operations and bytes that a kernel does in a second at least; nil where it was not called or has none of either.
  package func rates(of kernel: Int) -> (operations: Double, bytes: Double)? {
    let work = report.kernels[kernel]
    guard let mean = mean(of: kernel), mean > 0, work.operations > 0 || work.bytes > 0 else { return nil }
    return (work.operations / mean, work.bytes / mean)
  }
  /// The larger of the shares of the machine's limits that a kernel reaches, and whether that is of the arithmetic's.
  package func nearness(of kernel: Int) -> (share: Double, isArithmetic: Bool)? {
    guard let limits, let rates = rates(of: kernel), limits.operations > 0, limits.bandwidth > 0 else { return nil }
    let (arithmetic, memory) = (rates.operations / limits.operations, rates.bytes / limits.bandwidth)
    return arithmetic > memory ? (arithmetic, true) : (memory, false)
  }

  // MARK: Choosing

  package var current: Int? { shown.indices.contains(list.index) ? shown[list.index] : nil }
  package var codeLines: [Substring] {
    current.flatMap { report.kernels[$0].code }?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
  }

  /// Looks up what the chosen kernel computes, where another one was chosen.
  /// - Parameter index: of the program's graph.
  package mutating func follow(_ index: GraphIndex) {
    guard provenanceOf != current else { return }
    provenanceOf = current
    let nodes = current.map { report.kernels[$0].nodes } ?? []
    provenance = nodes.map { .node($0) }
    var traces: Set<Int32> = []
    var frames: Set<SourceFrame> = []
    for node in nodes where index.graph.nodes.indices.contains(node) && traces.count < 24 {
      guard traces.insert(index.graph.nodes[node].stackTrace).inserted, let frame = SourceFrame.ofModel(index.graph.sourceFrames(of: .init(node))) else { continue }
      if frames.insert(frame).inserted { provenance.append(.source(frame)) }
    }
    for tuning in current.map({ report.kernels[$0].tuning }) ?? [] {
      provenance.append(.tuning(tuning.subject))
      provenance += tuning.candidates.map { .candidate($0) }
    }
  }

  package mutating func sort() {
    let columns = Column.allCases
    column = columns[((columns.firstIndex(of: column) ?? 0) + 1) % columns.count]
    arrange()
  }
  package mutating func setFilter(_ text: String) {
    filter = text
    arrange()
  }
  package mutating func choose(_ kernel: Int) {
    if !shown.contains(kernel) { setFilter("") }
    select(shown.firstIndex(of: kernel) ?? 0)
    pane = .table
  }
  /// Puts the table's cursor on a row; the other panes begin anew.
  package mutating func select(_ row: Int) {
    let last = current
    list.index = max(0, min(row, shown.count - 1))
    if current != last { startOver() }
  }
  /// Moves the table's window; the cursor goes along at its edges.
  package mutating func scroll(by rows: Int, height: Int) {
    let last = current
    list.scroll(by: rows, count: shown.count, height: height)
    if current != last { startOver() }
  }
  private mutating func startOver() { (code, nodes, codeColumn) = (ListCursor(), ListCursor(), 0) }

  /// Sorts and filters; the cursor stays on its kernel, or at the top where it was there.
  private mutating func arrange() {
    let last = current
    let part = Array(filter.lowercased().utf8)
    let kernels = report.kernels
    shown = kernels.indices.filter { GraphFilter.contains(kernels[$0].name, part) }
    func weight(_ kernel: Int) -> Double {
      switch column {
      case .total: time(of: kernel)?.seconds ?? 0
      case .calls: Double(time(of: kernel)?.calls ?? 0)
      case .mean: mean(of: kernel) ?? 0
      case .p99: time(of: kernel)?.p99 ?? 0
      case .limit: nearness(of: kernel)?.share ?? 0
      case .name: 0
      }
    }
    let weights = kernels.indices.map(weight)
    shown.sort { column == .name ? (kernels[$0].name, $0) < (kernels[$1].name, $1) : (weights[$1], $0) < (weights[$0], $1) }
    if list.index > 0, let last, let row = shown.firstIndex(of: last) { list.index = row }
    list.index = max(0, min(list.index, shown.count - 1))
    if current != last { startOver() }
  }
}

/// The means of a kernel's calls between one report and the next.
package struct KernelTrend: Sendable {
  package static let length = 40
  /// Seconds; the newest last.
  package private(set) var means: [Float] = []

  /// - Parameter last: the times that the report before had; nil where counting began anew.
  package mutating func add(_ time: KernelTime, after last: KernelTime?) {
    let calls = time.calls - (last?.calls ?? 0)
    guard calls > 0 else { return }
    means.append(Float(Double(time.nanoseconds - (last?.nanoseconds ?? 0)) / Double(calls) * 1e-9))
    if means.count > KernelTrend.length { means.removeFirst() }
  }
}

extension SourceFrame {
  /// The innermost frame of the model's own code; it says more than the line of the library that it called.
  package static func ofModel(_ frames: [SourceFrame]) -> SourceFrame? {
    frames.last { !$0.file.contains("/torch/") && !$0.file.hasPrefix("torch/") } ?? frames.last
  }
  /// For example `model.py:12`.
  package var place: String { "\(PathText.name(file)):\(line)" }
}
