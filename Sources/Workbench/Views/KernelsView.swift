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
    drawSummary(&grid, table, isTiming: model.benchmark(of: document.id) != nil, layout.kernelSummary)
    if !layout.kernelTable.isEmpty { drawTable(&grid, table, layout.kernelTable, layout) }
    if !layout.kernelCode.isEmpty { drawCode(&grid, table, layout.kernelCode, layout) }
    if !layout.kernelNodes.isEmpty { drawNodes(&grid, document, table, layout.kernelNodes, layout) }
  }

  private static func drawMissing(_ grid: inout Grid, _ model: Model, _ document: Document, _ area: Rect) {
    drawTitle(&grid, area, "Kernels", isActive: true)
    let lines: [String] =
      model.benchmark(of: document.id) != nil
      ? ["\(document.name) is being compiled."]
      : ["\(document.name) is not compiled yet.", "c compiles it and times its kernels, with inputs made up."]
    for (line, text) in lines.enumerated() { grid.write(text, area.x + 2, area.y + 2 + line, width: area.width - 3) }
  }

  /// The phases of the compilation, and what a call takes.
  private static func drawSummary(_ grid: inout Grid, _ table: KernelTable, isTiming: Bool, _ area: Rect) {
    guard !area.isEmpty else { return }
    let phases = table.report.phases
    let parts = phases.map { "\($0.name) \(Format.seconds($0.seconds))" }.joined(separator: " · ")
    var x = area.x + 1 + grid.write("compiled", area.x + 1, area.y, .label) + 1
    x += grid.write(Format.seconds(phases.reduce(0) { $0 + $1.seconds }), x, area.y, .number) + 2
    grid.write(parts, x, area.y, width: area.maxX - x - 1, .dim)
    x = area.x + 1 + grid.write("a call", area.x + 1, area.y + 1, .label) + 3
    let y = area.y + 1
    if let medians = table.medians {
      x += grid.write("eager \(Format.seconds(medians.eager)) · compiled \(Format.seconds(medians.compiled))", x, y, width: area.maxX - x - 1, .number) + 1
      x += grid.write("(medians)", x, y, width: area.maxX - x - 1, .dim) + 2
    }
    let calls = "\(table.profiledCalls) profiled call\(table.profiledCalls == 1 ? "" : "s")"
    let text = isTiming ? (table.profiledCalls == 0 ? "timing" : "timing: \(calls)") : table.profiledCalls == 0 ? "not timed" : calls
    grid.write(text, x, y, width: area.maxX - x - 1, isTiming ? .accent : .dim)
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
    let isWide = area.width >= 56
    let ends = isWide ? (calls: 9, total: 19, mean: 29, share: 34) : (calls: 8, total: 18, mean: 0, share: 23)
    func heading(_ column: KernelTable.Column, _ end: Int) {
      grid.writeRight((table.column == column ? "▼" : "") + column.rawValue, end: area.x + end, area.y + 1, table.column == column ? .accent : .label)
    }
    heading(.calls, ends.calls)
    heading(.total, ends.total)
    if isWide { heading(.mean, ends.mean) }
    grid.write("share", area.x + ends.share - 4, area.y + 1, .label)
    let kind = area.x + ends.share + (isWide ? 8 : 2)
    grid.write("by", kind, area.y + 1, .label)
    grid.write((table.column == .name ? "▲" : "") + "name", kind + 4, area.y + 1, table.column == .name ? .accent : .label)
    let total = table.totalSeconds
    if table.shown.isEmpty { grid.write("no kernel's name holds '\(table.filter)'", area.x + 2, area.y + 2, width: area.width - 3, .dim) }
    for line in 0..<max(0, area.height - 2) {
      let position = table.list.top + line
      guard position < table.shown.count else { break }
      let number = table.shown[position]
      let kernel = table.report.kernels[number]
      let y = area.y + 2 + line
      let isChosen = position == table.list.index
      let ground: Role = isChosen ? (isActive ? .cursor : .cursorInactive) : .text
      if isChosen { grid.tint(Rect(x: area.x, y: y, width: area.width, height: 1), ground: ground) }
      if isChosen, isActive { grid.put("▌", area.x, y, .accent, on: ground) }
      if let time = table.time(of: number) {
        let share = total > 0 ? time.seconds / total : 0
        grid.writeRight("\(time.calls)", end: area.x + ends.calls, y, .number, on: ground)
        grid.writeRight(Format.seconds(time.seconds), end: area.x + ends.total, y, .number, on: ground)
        if isWide { grid.writeRight(table.mean(of: number).map(Format.seconds) ?? "", end: area.x + ends.mean, y, .number, on: ground) }
        grid.writeRight(Format.percent(share), end: area.x + ends.share, y, .number, on: ground)
        if isWide { grid.write(Glyphs.bar(share, columns: 6), area.x + ends.share + 1, y, heat(share).role, on: ground) }
      }
      grid.write(kernel.code == nil ? "op" : "C", kind, y, kernel.code == nil ? .op : .good, on: ground)
      grid.write(kernel.name, kind + 4, y, width: area.maxX - kind - 5, kernel.code == nil ? .op : .name, on: ground)
    }
  }

  private static func drawCode(_ grid: inout Grid, _ table: KernelTable, _ area: Rect, _ layout: ScreenLayout) {
    let isActive = table.pane == .code
    let lines = table.codeLines
    drawTitle(&grid, area, title("C", .code, layout), right: lines.isEmpty ? "" : "\(table.code.index + 1)/\(lines.count)", isActive: isActive)
    let left = drawEdge(&grid, area, layout)
    guard let current = table.current else { return }
    if table.report.kernels[current].code == nil {
      for (line, text) in ["Runs the operator's own kernel,", "the same that eager execution runs."].enumerated() where line + 1 < area.height {
        grid.write(text, left + 1, area.y + 1 + line, width: area.maxX - left - 1, .dim)
      }
      return
    }
    for line in 0..<max(0, area.height - 1) {
      let position = table.code.top + line
      guard position < lines.count else { break }
      let y = area.y + 1 + line
      let isChosen = isActive && position == table.code.index
      let ground: Role = isChosen ? .cursor : .text
      if isChosen { grid.tint(Rect(x: left, y: y, width: area.maxX - left, height: 1), ground: .cursor) }
      let isComment = lines[position].drop { $0 == " " }.hasPrefix("//")
      grid.write(lines[position].dropFirst(table.codeColumn), left + 1, y, width: area.maxX - left - 1, isComment ? .dim : .source, on: ground)
    }
  }

  private static func drawNodes(_ grid: inout Grid, _ document: Document, _ table: KernelTable, _ area: Rect, _ layout: ScreenLayout) {
    let isActive = table.pane == .nodes
    let nodes = table.currentNodes
    drawTitle(&grid, area, title("Nodes", .nodes, layout), right: nodes.isEmpty ? "" : "\(table.nodes.index + 1)/\(nodes.count)", isActive: isActive)
    let left = drawEdge(&grid, area, layout)
    let index = document.levels[0].index
    let nameWidth = max(8, (area.maxX - left - 2) * 2 / 5)
    for line in 0..<max(0, area.height - 1) {
      let position = table.nodes.top + line
      guard position < nodes.count else { break }
      let y = area.y + 1 + line
      let isChosen = isActive && position == table.nodes.index
      let ground: Role = isChosen ? .cursor : .text
      if isChosen {
        grid.tint(Rect(x: left, y: y, width: area.maxX - left, height: 1), ground: .cursor)
        grid.put("▌", left, y, .accent, on: ground)
      }
      grid.write(index.graph.nodes[nodes[position]].name, left + 1, y, width: nameWidth, .link, on: ground)
      grid.write(index.typeText(of: nodes[position]), left + 2 + nameWidth, y, width: area.maxX - left - 3 - nameWidth, .type, on: ground)
    }
  }

  /// The line between a pane and the one at its left; returns where the pane goes on.
  private static func drawEdge(_ grid: inout Grid, _ area: Rect, _ layout: ScreenLayout) -> Int {
    guard area.x > layout.body.x else { return area.x }
    grid.fill(Rect(x: area.x, y: area.y + 1, width: 1, height: area.height - 1), "│", .border)
    return area.x + 1
  }
}
