/// What the screen looks like for a model. Pure: the same model gives the same grid.
package func view(_ model: Model) -> Grid {
  var grid = Grid(size: model.size)
  let layout = ScreenLayout(model)
  if layout.isTooSmall {
    drawTooSmall(&grid, model)
    return model.isASCII ? grid.transliterated() : grid
  }
  MenuBar.draw(&grid, model, layout)
  drawBreadcrumb(&grid, model, layout)
  switch model.screen {
  case .models: ModelsView.draw(&grid, model, layout)
  case .graph: GraphScreen.draw(&grid, model, layout)
  case .compiles: CompilesView.draw(&grid, model, layout)
  case .archive: ArchiveView.draw(&grid, model, layout)
  case .kernels: KernelsView.draw(&grid, model, layout)
  case .log: LogView.draw(&grid, model, layout)
  }
  StatusView.draw(&grid, model, layout)
  LayerView.draw(&grid, model, layout)
  return model.isASCII ? grid.transliterated() : grid
}

private func drawTooSmall(_ grid: inout Grid, _ model: Model) {
  let lines: [String] = [
    "Lathe", "needs \(ScreenLayout.smallest.width)×\(ScreenLayout.smallest.height)", "and has \(model.size.width)×\(model.size.height).", "Make the window", "a little larger.",
  ]
  let top = max(0, (model.size.height - lines.count) / 2)
  for (row, line) in lines.enumerated() where top + row < model.size.height {
    grid.write(line, max(0, (model.size.width - CharacterWidth.columns(of: line)) / 2), top + row, row == 0 ? .title : .text)
  }
}

private func drawBreadcrumb(_ grid: inout Grid, _ model: Model, _ layout: ScreenLayout) {
  let area = layout.breadcrumb
  guard !area.isEmpty else { return }
  var parts: [String] = [model.screen.title]
  if model.screen == .compiles, model.trace != nil || model.document != nil { parts.append(model.trace.map { "trace \(PathText.name($0.path))" } ?? model.document?.name ?? "") }
  if model.screen == .archive {
    if let (archive, found) = model.shelf.current { parts += [archive.name, found.name] } else if let program = model.chosenProgram { parts.append(program.name) }
  }
  if model.screen == .kernels, let document = model.document { parts.append(document.name) }
  if model.screen == .graph, let document = model.document {
    parts.append(document.name)
    if document.stage > 0 { parts.append(document.stageName) }
    let chain = document.chain
    for (position, number) in chain.enumerated() {
      let level = document.levels[number]
      if position > 0 { parts.append(level.name) }
      let node = position + 1 < chain.count ? document.levels[chain[position + 1]].caller : level.view.currentNode
      guard let node else { continue }
      let modules = level.index.modules
      parts += modules.chain(to: Int(modules.moduleOfNode[node])).map { modules.modules[$0].name }
      if position + 1 < chain.count { parts.append(level.index.graph.nodes[node].name) }
    }
  }
  grid.write(parts.joined(separator: " › "), area.x + 1, area.y, width: area.width - 1, .breadcrumb)
  if !ScreenLayout(model).isStacked { return }
  if model.size.width < ScreenLayout.comfortable.width || model.size.height < ScreenLayout.comfortable.height {
    let note = "80×24 shows all panes"
    let used = CharacterWidth.columns(of: parts.joined(separator: " › ")) + 3
    if used + note.count + 1 < area.width { grid.writeRight(note, end: area.maxX - 1, area.y, .dim) }
  }
}

/// A pane's title line; the focused pane's stands out without colour too.
func drawTitle(_ grid: inout Grid, _ area: Rect, _ title: String, right: String = "", isActive: Bool) {
  guard !area.isEmpty else { return }
  grid.fill(Rect(x: area.x, y: area.y, width: area.width, height: 1), "─", .border)
  let used = grid.write(" \(title) ", area.x + 1, area.y, width: max(0, area.width - 2), isActive ? .paneTitleActive : .paneTitle)
  if !right.isEmpty, used + CharacterWidth.columns(of: right) + 5 < area.width { grid.writeRight(" \(right) ", end: area.maxX - 1, area.y, .dim) }
}

/// Marks a list's row where it is the chosen one; `isActive` where the list has the keys.
/// - Returns: the ground that the row is written on.
func drawCursor(_ grid: inout Grid, _ row: Rect, isChosen: Bool, isActive: Bool = true) -> Role {
  guard isChosen else { return .text }
  let ground: Role = isActive ? .cursor : .cursorInactive
  grid.tint(row, ground: ground)
  if isActive { grid.put("▌", row.x, row.y, .accent, on: ground) }
  return ground
}

/// A heat glyph and role for a share of 0...1.
func heat(_ share: Double) -> (glyph: Unicode.Scalar, role: Role) {
  if share <= 0 { return ("·", .heat0) }
  if share < 0.15 { return ("░", .heat1) }
  if share < 0.4 { return ("▒", .heat2) }
  return share < 0.75 ? ("▓", .heat3) : ("█", .heat4)
}
