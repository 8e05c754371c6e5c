/// Screen 2: module tree, rows with lanes, inspector.
enum GraphScreen {
  static func draw(_ grid: inout Grid, _ model: Model, _ layout: ScreenLayout) {
    guard let document = model.document else {
      grid.write("No model is open. 1 shows the list, o opens a path.", layout.body.x + 2, layout.body.y + 1, width: layout.body.width - 3)
      return
    }
    if !layout.tree.isEmpty { TreeView.draw(&grid, document, layout.tree, layout) }
    if !layout.rows.isEmpty { RowsView.draw(&grid, document, layout.rows, layout) }
    if !layout.inspector.isEmpty { InspectorView.draw(&grid, document, layout.inspector, layout) }
  }

  /// A stacked pane's title tells of the others.
  static func title(_ pane: GraphView.Pane, _ layout: ScreenLayout) -> String {
    let name = switch pane {
      case .tree: "Modules"
      case .rows: "Graph"
      case .inspector: "Node"
    }
    return layout.isStacked ? "\(name) \(pane.rawValue + 1)/3" : name
  }
}

/// The module tree with each module's share of the nodes, or of the time where an overlay shows it.
enum TreeView {
  static func draw(_ grid: inout Grid, _ document: Document, _ area: Rect, _ layout: ScreenLayout) {
    let view = document.view
    let isActive = view.pane == .tree
    let hasDivider = !layout.isStacked
    drawTitle(&grid, area, GraphScreen.title(.tree, layout), isActive: isActive)
    if hasDivider { grid.fill(Rect(x: area.maxX - 1, y: area.y + 1, width: 1, height: area.height - 1), "│", .border) }
    let width = area.width - (hasDivider ? 1 : 0)
    for line in 0..<area.height - 1 {
      let position = view.tree.top + line
      guard position < view.treeRows.count else { break }
      let isChosen = position == view.tree.index
      let ground: Role = isChosen ? (isActive ? .cursor : .cursorInactive) : .text
      let rect = Rect(x: area.x, y: area.y + 1 + line, width: width, height: 1)
      if isChosen { grid.tint(rect, ground: ground) }
      drawRow(&grid, document, view.treeRows[position], rect, ground, isChosen: isChosen && isActive)
    }
  }

  private static func drawRow(_ grid: inout Grid, _ document: Document, _ row: GraphView.TreeRow, _ area: Rect, _ ground: Role, isChosen: Bool) {
    let tree = document.index.modules
    if isChosen { grid.put("▌", area.x, area.y, .accent, on: ground) }
    let (name, detail, nodes, hasInside, timeShare): (String, String, Int, Bool, Double?)
    switch row.item {
    case .module(let number):
      let module = tree.modules[number]
      name = number == 0 ? (document.isOutermost ? document.name : document.level.name) : module.name
      detail = number == 0 ? "" : String(module.shortType)
      nodes = module.nodeCount
      hasInside = !module.children.isEmpty
      timeShare = document.view.timeShare(of: [number])
    case .group(let number):
      let group = tree.groups[number]
      name = "\(tree.modules[group.modules[0]].name) … \(tree.modules[group.modules[group.modules.count - 1]].name)"
      detail = "\(group.type.split(separator: ".").last ?? "") ×\(group.modules.count)"
      nodes = group.nodeCount
      hasInside = true
      timeShare = document.view.timeShare(of: group.modules)
    }
    let share = Format.percent(timeShare ?? Double(nodes) / Double(max(1, document.index.drawnCount)))
    let end = area.maxX - 1
    var x = area.x + 1 + min(row.depth * (area.width < 24 ? 1 : 2), area.width / 2)
    let isOpen = document.view.isOpen(row)
    grid.put(hasInside ? (isOpen ? "▾" : "▸") : (isOpen ? " " : "▸"), x, area.y, .fold, on: ground)
    x += 2
    let room = end - share.count - 1 - x
    x += grid.write(name, x, area.y, width: room, .module, on: ground) + 1
    grid.write(detail, x, area.y, width: end - share.count - 1 - x, .moduleClass, on: ground)
    grid.writeRight(share, end: end, area.y, .number, on: ground)
  }
}

/// The inspector's lines.
enum InspectorView {
  static func draw(_ grid: inout Grid, _ document: Document, _ area: Rect, _ layout: ScreenLayout) {
    let view = document.view
    let isActive = view.pane == .inspector
    let isBeside = !layout.isStacked && area.y == layout.rows.y
    drawTitle(&grid, area, GraphScreen.title(.inspector, layout), isActive: isActive)
    let lines = Inspector.lines(document, width: area.width)
    // The same for every node, so that a line both nodes have does not change.
    let labelWidth = Inspector.labelWidth(in: area.width)
    let left = area.x + (isBeside ? 1 : 0)
    for line in 0..<max(0, area.height - 1) {
      let position = view.inspector.top + line
      guard position < lines.count else { break }
      let entry = lines[position]
      let y = area.y + 1 + line
      let isChosen = isActive && position == view.inspector.index
      let ground: Role = drawCursor(&grid, Rect(x: left, y: y, width: area.maxX - left, height: 1), isChosen: isChosen)
      if entry.label.isEmpty, entry.role == .title || entry.role == .dim || entry.role == .warning {
        grid.write(entry.text, left + 1, y, width: area.maxX - left - 2, entry.role, on: ground)
      } else {
        grid.write(entry.label, left + 1, y, width: labelWidth, .label, on: ground)
        grid.write(entry.text, left + 2 + labelWidth, y, width: area.maxX - left - 3 - labelWidth, entry.role, on: ground)
      }
    }
  }
}
