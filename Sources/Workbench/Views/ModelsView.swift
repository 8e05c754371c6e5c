import Engine

/// Screen 1: the model files as a table and the facts about the chosen one.
enum ModelsView {
  private struct Column {
    var title: String
    var width: Int
    var isRight: Bool
    var role: Role
    var text: (ModelEntry) -> String
  }

  static func draw(_ grid: inout Grid, _ model: Model, _ layout: ScreenLayout) {
    let area = layout.table
    drawTitle(&grid, area, "Models", right: model.entries.isEmpty ? "" : "\(model.modelList.index + 1)/\(model.entries.count)", isActive: true)
    let columns = self.columns(area.width)
    var x = area.x + 3
    for column in columns {
      if column.isRight {
        grid.writeRight(column.title, end: x + column.width, area.y + 1, .label)
      } else {
        grid.write(column.title, x, area.y + 1, width: column.width, .label)
      }
      x += column.width + 2
    }
    if model.entries.isEmpty {
      grid.write("No model files yet. Press o and type the path of one that torch.export.save wrote.", area.x + 3, area.y + 3, width: area.width - 4)
    }
    for line in 0..<max(0, area.height - 2) {
      let position = model.modelList.top + line
      guard position < model.entries.count else { break }
      drawRow(&grid, model, position, Rect(x: area.x, y: area.y + 2 + line, width: area.width, height: 1), columns)
    }
    drawFacts(&grid, model, layout.facts)
  }

  private static func columns(_ width: Int) -> [Column] {
    let facts: [Column] = [
      Column(title: "params", width: 8, isRight: true, role: .number) { $0.summary.map { Format.count($0.parameterCount) } ?? "" },
      Column(title: "size", width: 8, isRight: true, role: .number) { $0.summary.map { Format.bytes($0.fileBytes) } ?? ($0.file.bytes > 0 ? Format.bytes($0.file.bytes) : "") },
      Column(title: "nodes", width: 6, isRight: true, role: .number) { $0.summary.map { "\($0.nodeCount)" } ?? "" },
      Column(title: "dtypes", width: 14, isRight: false, role: .dtypeFloat) { $0.summary?.dtypes.joined(separator: " ") ?? "" },
      Column(title: "dynamic", width: 7, isRight: true, role: .dynamicDimension) {
        $0.summary.map { $0.dynamicDimensionCount == 0 ? "static" : "\($0.dynamicDimensionCount) dims" } ?? ""
      },
      Column(title: "kind", width: 16, isRight: false, role: .dim) { $0.summary?.container ?? $0.file.kind },
    ]
    let nameWidth = max(16, min(32, width / 3))
    var columns = [Column(title: "file", width: nameWidth, isRight: false, role: .text) { $0.file.name }]
    var used = nameWidth + 5
    for column in facts where used + column.width + 2 <= width {
      columns.append(column)
      used += column.width + 2
    }
    return columns
  }

  private static func drawRow(_ grid: inout Grid, _ model: Model, _ position: Int, _ area: Rect, _ columns: [Column]) {
    let entry = model.entries[position]
    let isChosen = position == model.modelList.index
    let ground: Role = drawCursor(&grid, area, isChosen: isChosen)
    if model.documents.contains(where: { model.absolute($0.opened.path) == model.absolute(entry.file.path) }) { grid.put("●", area.x + 1, area.y, .good, on: ground) }
    var x = area.x + 3
    for (number, column) in columns.enumerated() {
      if number == 1, let problem = entry.problem {
        grid.write("✗ " + problem, x, area.y, width: area.maxX - x - 1, .error, on: ground)
        return
      }
      let text = column.text(entry)
      if column.isRight {
        grid.writeRight(text, end: x + column.width, area.y, column.role, on: ground)
      } else {
        grid.write(text, x, area.y, width: column.width, column.role, on: ground)
      }
      x += column.width + 2
    }
  }

  private static func drawFacts(_ grid: inout Grid, _ model: Model, _ area: Rect) {
    guard !area.isEmpty else { return }
    let isBeside = area.y == ScreenLayout(model).table.y
    if isBeside { grid.fill(Rect(x: area.x, y: area.y + 1, width: 1, height: area.height - 1), "│", .border) }
    drawTitle(&grid, area, "Facts", isActive: false)
    guard model.entries.indices.contains(model.modelList.index) else { return }
    let entry = model.entries[model.modelList.index]
    for (line, fact) in facts(entry).prefix(area.height - 1).enumerated() {
      let y = area.y + 1 + line
      grid.write(fact.0, area.x + 2, y, width: 11, .label)
      grid.write(fact.1, area.x + 14, y, width: area.width - 15, fact.2)
    }
  }

  private static func facts(_ entry: ModelEntry) -> [(String, String, Role)] {
    if let archive = entry.archive { return facts(archive) }
    guard let summary = entry.summary else {
      return [("path", entry.file.path, .value)] + (entry.problem.map { [("problem", $0, .error)] } ?? [("", "being read", .dim)])
    }
    var lines: [(String, String, Role)] = [("path", entry.file.path, .value)]
    lines += summary.inputs.enumerated().map { ($0 == 0 ? "inputs" : "", describe($1), .type) }
    lines += summary.outputs.enumerated().map { ($0 == 0 ? "outputs" : "", describe($1), .type) }
    lines.append(("written by", [summary.torchVersion.map { "PyTorch \($0)" } ?? summary.container, "schema \(summary.schemaVersion)"].joined(separator: ", "), .value))
    lines.append(("state", "\(Format.count(summary.parameterCount)) parameters, \(Format.bytes(summary.parameterBytes)), \(summary.bufferCount) buffers, \(summary.constantCount) constants", .value))
    let missing = summary.operators.filter { !$0.isSupported }
    lines.append(("runs", missing.isEmpty ? "every operator is known" : "not yet: " + missing.map(\.name).joined(separator: ", "), missing.isEmpty ? .good : .warning))
    lines += summary.operators.prefix(12).enumerated().map { ($0 == 0 ? "operators" : "", "\($1.count) × \($1.name)", .op) }
    return lines
  }

  /// Of compiled models; the Archive screen has the rest.
  private static func facts(_ archive: ArchiveSummary) -> [(String, String, Role)] {
    var lines: [(String, String, Role)] = [("path", archive.path, .value), ("layout", "PyTorch \(archive.layouts.joined(separator: " and "))", .value)]
    for (number, model) in archive.models.enumerated() {
      lines.append((number == 0 ? "models" : "", "\(model.name), compiled by \(model.maker)\(model.target.map { " for \($0)" } ?? "")", .name))
    }
    return lines
  }

  private static func describe(_ value: ModelSummary.Value) -> String {
    let sizes = value.dimensions.map { dimension in
      guard dimension.isDynamic else { return dimension.size }
      return "\(dimension.size)=\(dimension.minimum.map(String.init) ?? "-∞")…\(dimension.maximum.map(String.init) ?? "∞")"
    }
    return "\(value.name) \(value.type)[\(sizes.joined(separator: ", "))]"
  }
}
