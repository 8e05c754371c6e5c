/// Lines over the screen: a question that `y` answers, or something to read.
enum SheetView {
  private static func width(_ model: Model) -> Int { min(model.size.width, 100) }

  /// How many lines a sheet has once they are broken, and how many of them are shown.
  static func extent(_ model: Model, _ sheet: Sheet) -> (count: Int, height: Int) {
    let count: Int = broken(model, sheet).count
    return (count, max(1, min(count, model.size.height - 2 - 3)))
  }

  private static func broken(_ model: Model, _ sheet: Sheet) -> [ArchiveLines.Line] { ArchiveLines.broken(sheet.lines, width: width(model) - 4) }

  static func draw(_ grid: inout Grid, _ model: Model, _ sheet: Sheet) {
    let lines: [ArchiveLines.Line] = broken(model, sheet)
    let height: Int = extent(model, sheet).height
    let rect: Rect = LayerView.drawPanel(&grid, model, sheet.title, width: width(model), height: height + 3)
    let top: Int = max(0, min(sheet.top, lines.count - height))
    for (row, line) in lines.dropFirst(top).prefix(height).enumerated() {
      let y: Int = rect.y + 1 + row
      grid.write(line.label, rect.x + 2, y, width: ArchiveLines.labelWidth - 1, .label, on: .panel)
      grid.write(line.text, rect.x + 2 + ArchiveLines.labelWidth, y, width: rect.width - 4 - ArchiveLines.labelWidth, line.role, on: .panel)
    }
    if lines.count > height { grid.writeRight(" \(top + 1)–\(top + height) of \(lines.count) ", end: rect.maxX - 2, rect.y, .dim, on: .panel) }
    let hint: String = sheet.answer.map { "y \($0), any other key leaves it" } ?? "any other key closes"
    grid.write((lines.count > height ? "↑↓ more; " : "") + hint, rect.x + 2, rect.maxY - 2, width: rect.width - 4, .hint, on: .panel)
  }
}
