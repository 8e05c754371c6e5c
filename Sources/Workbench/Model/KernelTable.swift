import Engine
import Foundations

/// What is known and shown of a compiled program's kernels.
package struct KernelTable: Sendable {
  package enum Pane: Int, Sendable, CaseIterable { case table, code, nodes }
  /// What the table is sorted by.
  package enum Column: String, Sendable, CaseIterable { case total, calls, mean, name }

  package let report: CompilationReport
  /// By kernel number; empty until calls are timed.
  package private(set) var times: [KernelTime] = []
  /// Calls of the program that `times` is of.
  package private(set) var profiledCalls = 0
  /// Medians in seconds of a call; nil until both modes are timed.
  package private(set) var medians: (eager: Double, compiled: Double)?
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

  /// - Parameter last: the table before the program was compiled anew, whose sorting and filter stay.
  package init(_ report: CompilationReport, last: KernelTable? = nil) {
    self.report = report
    if let last { (column, filter, pane) = (last.column, last.filter, last.pane) }
    arrange()
  }

  // MARK: Times

  package mutating func use(_ times: [KernelTime], calls: Int) {
    (self.times, profiledCalls) = (times, calls)
    arrange()
  }
  package mutating func use(_ result: BenchResult) {
    medians = (KernelTable.median(result.eager), KernelTable.median(result.compiled))
    use(result.kernels, calls: result.profiledCalls)
  }
  private static func median(_ seconds: [Double]) -> Double { seconds.isEmpty ? 0 : seconds.sorted()[seconds.count / 2] }

  package func time(of kernel: Int) -> KernelTime? { times.indices.contains(kernel) ? times[kernel] : nil }
  /// Seconds of one call of the kernel; nil where it was not called.
  package func mean(of kernel: Int) -> Double? { time(of: kernel).flatMap { $0.calls == 0 ? nil : $0.seconds / Double($0.calls) } }
  package var totalSeconds: Double { times.reduce(0) { $0 + $1.seconds } }

  // MARK: Choosing

  package var current: Int? { shown.indices.contains(list.index) ? shown[list.index] : nil }
  package var codeLines: [Substring] {
    current.flatMap { report.kernels[$0].code }?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
  }
  package var currentNodes: [Int] { current.map { report.kernels[$0].nodes } ?? [] }
  /// The kernels that compute a node of the program's graph.
  package func kernels(of node: Int) -> [Int] { report.kernels.indices.filter { report.kernels[$0].nodes.contains(node) } }

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
