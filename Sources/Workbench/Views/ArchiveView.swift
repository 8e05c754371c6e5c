import Engine
import Foundations

/// Screen 5: programs and archives that are open, what is in them, and the sources kept inside.
enum ArchiveView {
  static func draw(_ grid: inout Grid, _ model: Model, _ layout: ScreenLayout) {
    let shelf: ArchiveShelf = model.shelf
    if shelf.rows.isEmpty {
      let lines: [String] = [
        "Nothing is open.", "o opens a program or an archive of compiled models, 1 shows the list.", "An archive's code is looked into without running it.",
      ]
      for (line, text) in lines.enumerated() { grid.write(text, layout.body.x + 2, layout.body.y + 1 + line, width: layout.body.width - 3) }
      return
    }
    if !layout.archiveTable.isEmpty { drawTable(&grid, model, layout.archiveTable, layout) }
    if !layout.archiveFacts.isEmpty { drawFacts(&grid, shelf, layout.archiveFacts, layout) }
    if !layout.archiveSource.isEmpty { drawSource(&grid, shelf, layout.archiveSource, layout) }
  }

  /// A stacked pane's title tells of the others.
  private static func title(_ name: String, _ pane: ArchiveShelf.Pane, _ layout: ScreenLayout) -> String {
    layout.isStacked ? "\(name) \(pane.rawValue + 1)/3" : name
  }

  // MARK: The table

  private struct Cells {
    var mark: (glyph: Unicode.Scalar, role: Role)
    var file: String
    var model: String
    var maker: String
    var target: String
    var size: String
    var judgement: (text: String, role: Role)

    init(_ row: ArchiveShelf.Row, _ model: Model) {
      switch row {
      case .program(let id):
        let document: Document? = model.documents.first { $0.id == id }
        let summary: ModelSummary? = document?.opened.summary
        (mark, file, self.model, target) = (("·", .dim), document?.name ?? "", "program", "")
        maker = summary?.torchVersion.map { "PyTorch \($0)" } ?? ""
        size = summary.map { Format.bytes($0.fileBytes) } ?? ""
        judgement = (summary.map { "\($0.nodeCount) nodes" } ?? "", .dim)
      case .model(let id, let number):
        let archive: OpenArchive? = model.shelf.archive(id)
        let found: ArchiveSummary.Model? = archive?.summary.models[number]
        mark = found?.problem != nil ? ("✗", .error) : found?.isTrusted == true ? ("✓", .good) : ("○", .warning)
        (file, self.model, maker) = (archive?.name ?? "", found?.name ?? "", found?.maker ?? "")
        target = found?.target ?? found?.library?.machine ?? ""
        size = found.map { Format.bytes(($0.library?.bytes ?? 0) + $0.constantBytes) } ?? ""
        let all: [ArchiveSummary.Compatibility] = found?.library?.compatibility ?? []
        let bad: [String] = all.filter { !$0.isCompatible }.map(\.version)
        if found?.problem != nil {
          judgement = (found?.problem ?? "", .error)
        } else if all.isEmpty {
          judgement = ("sources alone", .warning)
        } else {
          judgement = bad.isEmpty ? ("✓ \(all[0].version) … \(all[all.count - 1].version)", .good) : ("✗ not \(bad.joined(separator: ", "))", .error)
        }
      }
    }
  }

  private static func drawTable(_ grid: inout Grid, _ model: Model, _ area: Rect, _ layout: ScreenLayout) {
    let shelf: ArchiveShelf = model.shelf
    let isActive: Bool = shelf.pane == .table
    drawTitle(&grid, area, title("Archive", .table, layout), right: "\(shelf.list.index + 1)/\(shelf.rows.count)", isActive: isActive)
    let fileWidth: Int = max(12, min(32, area.width / 4))
    let modelWidth: Int = max(8, min(20, area.width / 6))
    let isWide: Bool = area.width >= 72
    let makerWidth: Int = area.width >= 100 ? 14 : 0
    var column: [Int] = [area.x + 4]
    for width in [fileWidth, modelWidth, makerWidth, isWide ? 10 : 0, isWide ? 9 : 0] { column.append(column[column.count - 1] + width + (width > 0 ? 1 : 0)) }
    let y: Int = area.y + 1
    grid.write("file", column[0], y, width: fileWidth, .label)
    grid.write("model", column[1], y, width: modelWidth, .label)
    if makerWidth > 0 { grid.write("made by", column[2], y, .label) }
    if isWide { grid.write("target", column[3], y, .label) }
    if isWide { grid.writeRight("size", end: column[5] - 1, y, .label) }
    grid.write("loads in PyTorch", column[5] + 1, y, width: max(0, area.maxX - column[5] - 2), .label)
    for line in 0..<max(0, area.height - 2) {
      let position: Int = shelf.list.top + line
      guard position < shelf.rows.count else { break }
      let row = Rect(x: area.x, y: area.y + 2 + line, width: area.width, height: 1)
      let isChosen: Bool = position == shelf.list.index
      let ground: Role = drawCursor(&grid, row, isChosen: isChosen, isActive: isActive)
      let cells = Cells(shelf.rows[position], model)
      grid.put(cells.mark.glyph, area.x + 2, row.y, cells.mark.role, on: ground)
      grid.write(cells.file, column[0], row.y, width: fileWidth, .text, on: ground)
      grid.write(cells.model, column[1], row.y, width: modelWidth, cells.model == "program" ? .dim : .name, on: ground)
      if makerWidth > 0 { grid.write(cells.maker, column[2], row.y, width: makerWidth, .value, on: ground) }
      if isWide { grid.write(cells.target, column[3], row.y, width: 10, .value, on: ground) }
      if isWide { grid.writeRight(cells.size, end: column[5] - 1, row.y, .number, on: ground) }
      grid.write(cells.judgement.text, column[5] + 1, row.y, width: max(0, area.maxX - column[5] - 2), cells.judgement.role, on: ground)
    }
  }

  // MARK: The panes below

  private static func drawFacts(_ grid: inout Grid, _ shelf: ArchiveShelf, _ area: Rect, _ layout: ScreenLayout) {
    let isActive: Bool = shelf.pane == .facts
    let lines: [ArchiveLines.Line] = shelf.lines
    drawTitle(&grid, area, title("Inside", .facts, layout), right: lines.isEmpty ? "" : "\(shelf.facts.index + 1)/\(lines.count)", isActive: isActive)
    for line in 0..<max(0, area.height - 1) {
      let position: Int = shelf.facts.top + line
      guard position < lines.count else { break }
      let y: Int = area.y + 1 + line
      let isChosen: Bool = isActive && position == shelf.facts.index
      let ground: Role = drawCursor(&grid, Rect(x: area.x, y: y, width: area.width, height: 1), isChosen: isChosen)
      grid.write(lines[position].label, area.x + 1, y, width: ArchiveLines.labelWidth - 1, .label, on: ground)
      grid.write(lines[position].text, area.x + 1 + ArchiveLines.labelWidth, y, width: area.width - 2 - ArchiveLines.labelWidth, lines[position].role, on: ground)
    }
  }

  private static func drawSource(_ grid: inout Grid, _ shelf: ArchiveShelf, _ area: Rect, _ layout: ScreenLayout) {
    let isActive: Bool = shelf.pane == .source
    let lines: [Substring] = shelf.sourceLines
    let name: String = shelf.currentSource.map { PathText.name($0.member) } ?? "Source"
    let count: Int = shelf.current?.model.sources.count ?? 0
    let position: String = count < 2 ? "" : "source \(shelf.sourceNumber + 1)/\(count)"
    let line: String = lines.isEmpty ? "" : "line \(shelf.source.index + 1)/\(lines.count)"
    drawTitle(&grid, area, title(name, .source, layout), right: [position, line].filter { !$0.isEmpty }.joined(separator: " · "), isActive: isActive)
    var left: Int = area.x
    if area.x > layout.body.x {
      grid.fill(Rect(x: area.x, y: area.y + 1, width: 1, height: area.height - 1), "│", .border)
      left += 1
    }
    guard let source = shelf.currentSource else {
      grid.write(shelf.current == nil ? "a program holds no sources; Enter below leads to its graph" : "no sources are kept inside", left + 1, area.y + 1, width: area.maxX - left - 1, .dim)
      return
    }
    if shelf.sources[source] == nil { grid.write("reading…", left + 1, area.y + 1, width: area.maxX - left - 1, .dim) }
    for row in 0..<max(0, area.height - 1) {
      let number: Int = shelf.source.top + row
      guard number < lines.count else { break }
      CodeLineView.draw(
        &grid, lines[number], column: shelf.column, Rect(x: left, y: area.y + 1 + row, width: area.maxX - left, height: 1), isChosen: isActive && number == shelf.source.index)
    }
  }
}
