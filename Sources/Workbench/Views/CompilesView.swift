import Engine
import Foundations

/// Screen 3: compilations, why they happened, and their guards, graphs and code.
enum CompilesView {
  static func draw(_ grid: inout Grid, _ model: Model, _ layout: ScreenLayout) {
    guard let table = model.compiles else {
      let lines = ["No model is open and no trace is looked at.", "1 shows the list, o opens a path, w watches a trace of PyTorch."]
      for (line, text) in lines.enumerated() { grid.write(text, layout.body.x + 2, layout.body.y + 1 + line, width: layout.body.width - 3) }
      return
    }
    CompileHeader.draw(&grid, model, table, layout.compileHeader)
    if !layout.compileTable.isEmpty { drawTable(&grid, model, table, layout.compileTable, layout) }
    if !layout.compileWhy.isEmpty { drawWhy(&grid, table, layout.compileWhy, layout) }
    if !layout.compileTexts.isEmpty { drawTexts(&grid, table, layout.compileTexts, layout) }
  }

  /// A stacked pane's title tells of the others.
  private static func title(_ name: String, _ pane: CompileTable.Pane, _ layout: ScreenLayout) -> String {
    layout.isStacked ? "\(name) \(pane.rawValue + 1)/3" : name
  }

  // MARK: The table

  private struct Columns {
    var id: Int
    var clock: Int?
    var took: Int
    var trigger: Int
    /// Nil where the result takes the trigger's place.
    var result: Int?
    var end: Int

    init(_ area: Rect, idWidth: Int) {
      id = area.x + 4
      var x = id + idWidth + 1
      if area.width >= 72 {
        clock = x
        x += 10
      }
      took = x + 9
      trigger = took + 2
      end = area.maxX - 1
      result = area.width >= 60 ? trigger + max(16, (end - trigger) / 2) : nil
    }
  }

  private static func drawTable(_ grid: inout Grid, _ model: Model, _ table: CompileTable, _ area: Rect, _ layout: ScreenLayout) {
    let isActive = table.pane == .table
    let filter = table.filter.isEmpty ? "" : "filter \(table.filter) · "
    let count = table.shown.isEmpty ? "0" : "\(table.list.index + 1)/\(table.shown.count)"
    drawTitle(&grid, area, title("Compiles", .table, layout), right: filter + count, isActive: isActive)
    let window: [CompileTable.Subject] = Array(table.shown.dropFirst(table.list.top).prefix(max(0, area.height - 2)))
    let rows: [CompileRow] = window.map { table.row(of: $0) }
    let columns = Columns(area, idWidth: max(5, min(18, rows.map(\.id.count).max() ?? 0)))
    drawHeadings(&grid, columns, area.y + 1)
    if table.shown.isEmpty { drawEmpty(&grid, model, table, area) }
    for (line, row) in rows.enumerated() {
      let place = Rect(x: area.x, y: area.y + 2 + line, width: area.width, height: 1)
      let isChosen = table.list.top + line == table.list.index
      let ground: Role = drawCursor(&grid, place, isChosen: isChosen, isActive: isActive)
      drawRow(&grid, row, columns, place.y, ground, progress: table.progress(of: window[line]))
    }
  }

  private static func drawEmpty(_ grid: inout Grid, _ model: Model, _ table: CompileTable, _ area: Rect) {
    let text: String =
      if !table.filter.isEmpty { "no row holds '\(table.filter)'" }
      else if table.isTrace { "no compilation yet" }
      else { "\(model.document?.name ?? "") was not compiled yet: D drives it with changing inputs, c on screen 4 times it" }
    grid.write(text, area.x + 4, area.y + 2, width: area.width - 5, .dim)
  }

  private static func drawHeadings(_ grid: inout Grid, _ columns: Columns, _ y: Int) {
    grid.write("id", columns.id, y, .label)
    if let clock = columns.clock { grid.write("when", clock, y, .label) }
    grid.writeRight("took", end: columns.took, y, .label)
    grid.write(columns.result == nil ? "trigger or result" : "trigger", columns.trigger, y, .label)
    if let result = columns.result { grid.write("result", result, y, .label) }
  }

  private static func mark(_ state: CompileRow.State) -> (Unicode.Scalar, Role) {
    switch state {
    case .running: ("▸", .accent)
    case .done: ("✓", .good)
    case .failed: ("✗", .error)
    case .skipped: ("·", .dim)
    case .eager: ("○", .warning)
    }
  }

  private static func drawRow(
    _ grid: inout Grid, _ row: CompileRow, _ columns: Columns, _ y: Int, _ ground: Role, progress: (done: Int, of: Int, what: String)?
  ) {
    let (glyph, role) = mark(row.state)
    grid.put(glyph, columns.id - 2, y, role, on: ground)
    grid.write(row.id, columns.id, y, width: columns.took - columns.id, .name, on: ground)
    if let clock = columns.clock { grid.write(row.clock, clock, y, .dim, on: ground) }
    grid.writeRight(row.seconds.map(Format.seconds) ?? (row.state == .running ? "…" : ""), end: columns.took, y, .number, on: ground)
    let result: Int = columns.result ?? columns.trigger
    let showsResult = columns.result != nil || row.state != .done
    if columns.result != nil || !showsResult {
      let isFailure: Bool = row.trigger.hasPrefix("guard failed: ")
      // Narrow, the mark of a failed guard stands for the words.
      let trigger: String = isFailure && columns.end < 100 ? "✗ " + row.trigger.dropFirst(14) : row.trigger
      grid.write(trigger, columns.trigger, y, width: (columns.result ?? columns.end + 1) - columns.trigger - 1, isFailure ? .warning : .text, on: ground)
    }
    guard showsResult else { return }
    if row.state == .running, let progress, progress.of > 0 {
      let filled = min(10, progress.done * 10 / progress.of)
      grid.write(String(repeating: "█", count: filled), result, y, .progress, on: ground)
      grid.write(String(repeating: "·", count: 10 - filled), result + filled, y, .progressRest, on: ground)
      grid.write("\(row.result) \(progress.done)/\(progress.of)", result + 11, y, width: columns.end - result - 11, .accent, on: ground)
    } else {
      let role: Role = row.state == .failed ? .error : row.state == .running ? .accent : row.state == .skipped ? .dim : .value
      grid.write(row.result, result, y, width: columns.end - result, role, on: ground)
    }
  }

  // MARK: Why

  private static func drawWhy(_ grid: inout Grid, _ table: CompileTable, _ area: Rect, _ layout: ScreenLayout) {
    let isActive = table.pane == .why
    let lines = CompileLines.lines(table, width: area.width)
    let id = table.current.map { table.row(of: $0).id } ?? ""
    drawTitle(&grid, area, title("Why \(id)", .why, layout), right: lines.isEmpty ? "" : "\(table.why.index + 1)/\(lines.count)", isActive: isActive)
    for line in 0..<max(0, area.height - 1) {
      let position = table.why.top + line
      guard position < lines.count else { break }
      let y = area.y + 1 + line
      let isChosen = isActive && position == table.why.index
      let ground: Role = drawCursor(&grid, Rect(x: area.x, y: y, width: area.width, height: 1), isChosen: isChosen)
      grid.write(lines[position].label, area.x + 1, y, width: CompileLines.labelWidth - 1, .label, on: ground)
      grid.write(lines[position].text, area.x + 1 + CompileLines.labelWidth, y, width: area.width - 2 - CompileLines.labelWidth, lines[position].role, on: ground)
    }
  }

  // MARK: Texts

  private static func drawTexts(_ grid: inout Grid, _ table: CompileTable, _ area: Rect, _ layout: ScreenLayout) {
    let isActive = table.pane == .texts
    let (items, text) = (table.textItems, table.shownText)
    let name: String = items.indices.contains(table.textNumber) ? items[table.textNumber].name : "Texts"
    let position: String = items.count < 2 ? "" : "text \(table.textNumber + 1)/\(items.count)"
    let line: String = text.count == 0 ? "" : "line \(table.text.index + 1)/\(text.count)"
    drawTitle(&grid, area, title(name, .texts, layout), right: [position, line].filter { !$0.isEmpty }.joined(separator: " · "), isActive: isActive)
    var left: Int = area.x
    if area.x > layout.body.x {
      grid.fill(Rect(x: area.x, y: area.y + 1, width: 1, height: area.height - 1), "│", .border)
      left += 1
    }
    let width: Int = area.maxX - left - 1
    switch text {
    case .none: grid.write(table.current == nil ? "" : "this row has no texts", left + 1, area.y + 1, width: width, .dim)
    case .reading: grid.write("reading…", left + 1, area.y + 1, width: width, .dim)
    case .guards, .lines:
      for row in 0..<max(0, area.height - 1) {
        let number = table.text.top + row
        guard number < text.count else { break }
        let line = text.line(number)
        CodeLineView.draw(
          &grid, line.text, column: table.textColumn, neededBy: line.neededBy, Rect(x: left, y: area.y + 1 + row, width: area.maxX - left, height: 1),
          isChosen: isActive && number == table.text.index)
      }
    }
  }
}
