import Foundations
import Graphs

/// Screen 4: how the program was compiled, its kernels, and the C and the nodes of the chosen one.
enum KernelsView {
  static func draw(_ grid: inout Grid, _ model: Model, _ layout: ScreenLayout) {
    guard let document = model.document else {
      grid.write("No model is open. 1 shows the list, o opens a path.", layout.body.x + 2, layout.body.y + 1, width: layout.body.width - 3)
      return
    }
    guard let table = document.kernels else {
      drawMissing(&grid, model, document, layout.body)
      return
    }
    drawSummary(&grid, table, job: model.benchmark(of: document.id), layout.kernelSummary)
    if !layout.kernelTable.isEmpty { drawTable(&grid, table, layout.kernelTable, layout) }
    if !layout.kernelCode.isEmpty { drawCode(&grid, table, layout.kernelCode, layout) }
    if !layout.kernelNodes.isEmpty { drawNodes(&grid, document, table, layout.kernelNodes, layout) }
  }

  private static func drawMissing(_ grid: inout Grid, _ model: Model, _ document: Document, _ area: Rect) {
    drawTitle(&grid, area, "Kernels", isActive: true)
    guard let job = model.benchmark(of: document.id) else {
      let lines = ["\(document.name) is not compiled yet.", "c compiles it and times its kernels, with inputs made up."]
      for (line, text) in lines.enumerated() { grid.write(text, area.x + 2, area.y + 2 + line, width: area.width - 3) }
      return
    }
    grid.write("\(document.name) is being compiled; Ctrl-X cancels.", area.x + 2, area.y + 2, width: area.width - 3)
    let phases = job.phases.suffix(max(0, area.height - 6))
    var y = area.y + 4
    for phase in phases {
      grid.put("✓", area.x + 2, y, .good)
      grid.write(phase.name, area.x + 4, y, width: 20, .text)
      grid.writeRight(Format.seconds(phase.seconds), end: min(area.maxX - 1, area.x + 35), y, .number)
      y += 1
    }
    guard y < area.maxY, !job.what.isEmpty else { return }
    grid.put("▸", area.x + 2, y, .accent)
    var x = area.x + 4
    if job.of > 0 {
      let filled = min(12, job.done * 12 / job.of)
      grid.write(String(repeating: "█", count: filled), x, y, .progress)
      grid.write(String(repeating: "·", count: 12 - filled), x + filled, y, .progressRest)
      x += 13 + grid.write("\(job.done)/\(job.of)", x + 13, y, .number) + 1
    }
    grid.write(job.what, x, y, width: area.maxX - x - 1, .dim)
  }

  /// The phases of the compilation, and what a call takes.
  private static func drawSummary(_ grid: inout Grid, _ table: KernelTable, job: RunningJob?, _ area: Rect) {
    guard !area.isEmpty else { return }
    let phases = table.report.phases
    let parts = phases.map { "\($0.name) \(Format.seconds($0.seconds))" }.joined(separator: " · ")
    var x = area.x + 1 + grid.write("compiled", area.x + 1, area.y, .label) + 1
    x += grid.write(Format.seconds(phases.reduce(0) { $0 + $1.seconds }), x, area.y, .number) + 2
    x += grid.write(parts, x, area.y, width: area.maxX - x - 1, .dim) + 2
    if let limits = table.limits {
      let most = "machine \(Format.billions(limits.operations)) GFLOP/s · \(Format.billions(limits.bandwidth)) GB/s"
      if x + CharacterWidth.columns(of: most) + 1 <= area.maxX { grid.writeRight(most, end: area.maxX - 1, area.y, .dim) }
    }
    let y = area.y + 1
    x = area.x + 1 + grid.write("a call", area.x + 1, y, .label) + 3
    if let medians = table.medians {
      x += grid.write("eager \(Format.seconds(medians.eager)) · compiled \(Format.seconds(medians.compiled))", x, y, width: area.maxX - x - 1, .number) + 1
      x += grid.write("(medians)", x, y, width: area.maxX - x - 1, .dim) + 2
    }
    let calls = "\(table.profiledCalls) profiled call\(table.profiledCalls == 1 ? "" : "s")"
    let doing = if case .watch? = job?.work { "live" } else { "timing" }
    var text = job != nil ? (table.profiledCalls == 0 ? doing : "\(doing): \(calls)") : table.profiledCalls == 0 ? "not timed" : calls
    if table.profiledCalls > 0 {
      let kernels = ", kernels \(Format.seconds(table.totalSeconds / Double(table.profiledCalls))) each"
      if x + CharacterWidth.columns(of: text + kernels) < area.maxX { text += kernels }
    }
    x += grid.write(text, x, y, width: area.maxX - x - 1, job != nil ? .accent : .dim) + 2
    if table.isHeld { grid.write("held; f follows", x, y, width: area.maxX - x - 1, .warning) }
  }

  // MARK: Panes

  /// A stacked pane's title tells of the others.
  private static func title(_ name: String, _ pane: KernelTable.Pane, _ layout: ScreenLayout) -> String {
    layout.isStacked ? "\(name) \(pane.rawValue + 1)/3" : name
  }

  private static func drawTable(_ grid: inout Grid, _ table: KernelTable, _ area: Rect, _ layout: ScreenLayout) {
    let isActive = table.pane == .table
    let calls = table.report.kernels.count(where: { $0.code == nil })
    let count = "\(table.report.kernels.count - calls) in C, \(calls) operator call\(calls == 1 ? "" : "s")"
    let filter = table.filter.isEmpty ? "" : "filter \(table.filter) · "
    drawTitle(&grid, area, title("Kernels", .table, layout), right: filter + count, isActive: isActive)
    let columns = KernelColumns(width: area.width)
    for column in columns.columns { drawHeading(&grid, table, column, area) }
    if table.shown.isEmpty { grid.write("no kernel's name holds '\(table.filter)'", area.x + 2, area.y + 2, width: area.width - 3, .dim) }
    let total = table.totalSeconds
    for line in 0..<max(0, area.height - 2) {
      let position = table.list.top + line
      guard position < table.shown.count else { break }
      let row = Rect(x: area.x, y: area.y + 2 + line, width: area.width, height: 1)
      let isChosen = position == table.list.index
      let ground: Role = drawCursor(&grid, row, isChosen: isChosen, isActive: isActive)
      for column in columns.columns { drawCell(&grid, table, table.shown[position], column, row, ground, total: total) }
    }
  }

  private static func drawHeading(_ grid: inout Grid, _ table: KernelTable, _ column: KernelColumns.Column, _ area: Rect) {
    let (text, key): (String, KernelTable.Column?) =
      switch column.kind {
      case .calls: ("calls", .calls)
      case .total: ("total", .total)
      case .mean: ("mean", .mean)
      case .p99: ("p99", .p99)
      case .share: ("share", nil)
      case .operations: ("GFLOP/s", nil)
      case .bytes: ("GB/s", nil)
      case .limit: ("of most", .limit)
      case .by: ("by", nil)
      case .name: ("name", .name)
      case .trend: ("lately", nil)
      case .bar: ("", nil)
      }
    let isKey = key == table.column
    let label = (isKey ? (key == .name ? "▲" : "▼") : "") + text
    switch column.kind {
    case .by, .name, .trend: grid.write(label, area.x + column.start, area.y + 1, width: column.end - column.start, isKey ? .accent : .label)
    default: grid.writeRight(label, end: area.x + column.end, area.y + 1, isKey ? .accent : .label)
    }
  }

  private static func drawCell(
    _ grid: inout Grid, _ table: KernelTable, _ number: Int, _ column: KernelColumns.Column, _ row: Rect, _ ground: Role, total: Double
  ) {
    let kernel = table.report.kernels[number]
    let (start, end, y) = (row.x + column.start, row.x + column.end, row.y)
    func right(_ text: String?, _ role: Role = .number) { if let text { grid.writeRight(text, end: end, y, role, on: ground) } }
    let time = table.time(of: number)
    let share = total > 0 ? (time?.seconds ?? 0) / total : 0
    switch column.kind {
    case .calls: right(time.map { "\($0.calls)" })
    case .total: right(time.map { Format.seconds($0.seconds) })
    case .mean: right(table.mean(of: number).map(Format.seconds))
    case .p99: right(time?.p99.map(Format.seconds))
    case .share: right(time.map { _ in Format.percent(share) })
    case .bar: grid.write(Glyphs.bar(share, columns: 6), start + 1, y, heat(share).role, on: ground)
    case .operations: right(table.rates(of: number).flatMap { $0.operations > 0 ? Format.billions($0.operations) : nil })
    case .bytes: right(table.rates(of: number).map { Format.billions($0.bytes) })
    case .limit:
      guard let nearness = table.nearness(of: number) else { return }
      let what = column.end - column.start >= 12 ? (nearness.isArithmetic ? "compute" : "memory ") : (nearness.isArithmetic ? "c" : "m")
      right("\(Format.percent(nearness.share)) \(what)")
    case .by: grid.write(kernel.code == nil ? "op" : "C", start, y, kernel.code == nil ? .op : .good, on: ground)
    case .name: grid.write(kernel.name, start, y, width: end - start, kernel.code == nil ? .op : .name, on: ground)
    case .trend: grid.write(Glyphs.trend(table.trends[number].means.suffix(end - start)), start, y, .lane3, on: ground)
    }
  }

  private static func drawCode(_ grid: inout Grid, _ table: KernelTable, _ area: Rect, _ layout: ScreenLayout) {
    let isActive = table.pane == .code
    let lines = table.codeLines
    drawTitle(&grid, area, title("C", .code, layout), right: lines.isEmpty ? "" : "\(table.code.index + 1)/\(lines.count)", isActive: isActive)
    let left = drawEdge(&grid, area, layout)
    guard let current = table.current else { return }
    if table.report.kernels[current].code == nil {
      for (line, text) in ["Runs the operator's own kernel, as eager", "execution does, or a template's."].enumerated() where line + 1 < area.height {
        grid.write(text, left + 1, area.y + 1 + line, width: area.maxX - left - 1, .dim)
      }
      return
    }
    for line in 0..<max(0, area.height - 1) {
      let position = table.code.top + line
      guard position < lines.count else { break }
      CodeLineView.draw(
        &grid, lines[position], column: table.codeColumn, Rect(x: left, y: area.y + 1 + line, width: area.maxX - left, height: 1),
        isChosen: isActive && position == table.code.index)
    }
  }

  private static func drawNodes(_ grid: inout Grid, _ document: Document, _ table: KernelTable, _ area: Rect, _ layout: ScreenLayout) {
    let isActive = table.pane == .nodes
    let rows = table.provenance
    drawTitle(&grid, area, title("Nodes", .nodes, layout), right: rows.isEmpty ? "" : "\(table.nodes.index + 1)/\(rows.count)", isActive: isActive)
    let left = drawEdge(&grid, area, layout)
    let index = document.levels[0].index
    let nameWidth = max(8, (area.maxX - left - 2) * 2 / 5)
    for line in 0..<max(0, area.height - 1) {
      let position = table.nodes.top + line
      guard position < rows.count else { break }
      let y = area.y + 1 + line
      let isChosen = isActive && position == table.nodes.index
      let ground: Role = drawCursor(&grid, Rect(x: left, y: y, width: area.maxX - left, height: 1), isChosen: isChosen)
      switch rows[position] {
      case .node(let node):
        grid.write(index.graph.nodes[node].name, left + 1, y, width: nameWidth, .link, on: ground)
        grid.write(index.typeText(of: node), left + 2 + nameWidth, y, width: area.maxX - left - 3 - nameWidth, .type, on: ground)
      case .tuning(let subject): grid.write("tuned  \(subject)", left + 1, y, width: area.maxX - left - 2, .heading, on: ground)
      case .candidate(let candidate):
        grid.writeRight(Format.seconds(candidate.seconds), end: left + 12, y, .number, on: ground)
        grid.write(candidate.name, left + 14, y, width: area.maxX - left - 15, .text, on: ground)
      case .source(let frame):
        let used = grid.write(frame.place, left + 1, y, width: area.maxX - left - 2, .source, on: ground)
        grid.write(frame.text, left + 3 + used, y, width: area.maxX - left - 4 - used, .sourceLine, on: ground)
      }
    }
  }

  /// The line between a pane and the one at its left; returns where the pane goes on.
  private static func drawEdge(_ grid: inout Grid, _ area: Rect, _ layout: ScreenLayout) -> Int {
    guard area.x > layout.body.x else { return area.x }
    grid.fill(Rect(x: area.x, y: area.y + 1, width: 1, height: area.height - 1), "│", .border)
    return area.x + 1
  }
}
