import Foundations

extension Model {
  mutating func handle(_ mouse: Mouse) -> [Effect] {
    let layout = ScreenLayout(self)
    if layer != nil { return handleLayer(mouse, layout) }
    switch mouse.action {
    case .release:
      dragged = nil
      return []
    case .drag:
      drag(to: mouse.position, layout)
      return []
    case .wheelUp: return scroll(by: -3, at: mouse.position, layout)
    case .wheelDown: return scroll(by: 3, at: mouse.position, layout)
    case .press, .doublePress: return press(mouse, layout)
    }
  }

  private mutating func drag(to position: Position, _ layout: ScreenLayout) {
    switch dragged {
    case .tree: saved.treeShare = max(10, min(50, (position.column + 1) * 100 / max(1, layout.body.width)))
    case .inspector:
      if layout.inspector.y == layout.rows.y {
        saved.inspectorShare = max(16, min(60, (layout.body.maxX - position.column) * 100 / max(1, layout.body.width)))
      } else {
        saved.inspectorShare = max(16, min(60, (layout.body.maxY - position.row) * 100 / max(1, layout.body.height)))
      }
    case nil: break
    }
  }

  private mutating func scroll(by rows: Int, at position: Position, _ layout: ScreenLayout) -> [Effect] {
    switch screen {
    case .models: modelList.scroll(by: rows, count: entries.count, height: layout.table.height - 2)
    case .log: logList.scroll(by: rows, count: shownLog.count, height: layout.body.height - 1)
    case .kernels:
      guard let pane = KernelTable.Pane.allCases.first(where: { layout.rect(of: $0).contains(position) }) else { return [] }
      changeKernels { table in
        switch pane {
        case .table: table.scroll(by: rows, height: layout.kernelTable.height - 2)
        case .code: table.code.scroll(by: rows, count: table.codeLines.count, height: layout.kernelCode.height - 1)
        case .nodes: table.nodes.scroll(by: rows, count: table.provenance.count, height: layout.kernelNodes.height - 1)
        }
      }
    case .archive:
      guard let pane = ArchiveShelf.Pane.allCases.first(where: { layout.rect(of: $0).contains(position) }) else { return [] }
      switch pane {
      case .table: shelf.select(shelf.list.index + rows)
      case .facts: shelf.facts.scroll(by: rows, count: shelf.lines.count, height: layout.archiveFacts.height - 1)
      case .source: shelf.source.scroll(by: rows, count: shelf.sourceLines.count, height: layout.archiveSource.height - 1)
      }
    case .compiles:
      guard let pane = CompileTable.Pane.allCases.first(where: { layout.rect(of: $0).contains(position) }), let table = compiles else { return [] }
      let lines = pane == .why ? CompileLines.lines(table, width: layout.compileWhy.width).count : table.shownText.count
      changeCompiles { table in
        switch pane {
        case .table: table.scroll(by: rows, height: layout.compileTable.height - 2)
        case .why: table.why.scroll(by: rows, count: lines, height: layout.compileWhy.height - 1)
        case .texts: table.text.scroll(by: rows, count: lines, height: layout.compileTexts.height - 1)
        }
      }
    case .graph:
      guard let active, let pane = layout.pane(at: position) else { return [] }
      let lines = pane == .inspector ? Inspector.lines(documents[active], width: layout.inspector.width).count : 0
      changeView { view, _, _ in
        switch pane {
        case .tree: view.tree.scroll(by: rows, count: view.treeRows.count, height: layout.height(of: .tree))
        case .rows: view.rows.scroll(by: rows, count: view.layout.rows.count, height: layout.height(of: .rows))
        case .inspector: view.inspector.scroll(by: rows, count: lines, height: layout.height(of: .inspector))
        }
      }
    }
    return []
  }

  private mutating func press(_ mouse: Mouse, _ layout: ScreenLayout) -> [Effect] {
    let position = mouse.position
    if layout.menu.contains(position) {
      if let menu = MenuBar.menu(at: position.column, in: size) { layer = .menu(MenuState(menu: menu)) }
      return []
    }
    switch screen {
    case .models:
      let row = position.row - layout.table.y - 2 + modelList.top
      guard layout.table.contains(position), position.row >= layout.table.y + 2, entries.indices.contains(row) else { return [] }
      let isSame = modelList.index == row
      modelList.index = row
      return mouse.action == .doublePress || isSame ? perform("file.openSelected") : []
    case .log:
      let row = position.row - layout.body.y - 1 + logList.top
      if shownLog.indices.contains(row) { logList.index = row }
      return []
    case .graph: return pressGraph(mouse, layout)
    case .kernels: return pressKernels(mouse, layout)
    case .compiles: return pressCompiles(mouse, layout)
    case .archive: return pressArchive(mouse, layout)
    }
  }

  private mutating func pressArchive(_ mouse: Mouse, _ layout: ScreenLayout) -> [Effect] {
    guard let pane = ArchiveShelf.Pane.allCases.first(where: { layout.rect(of: $0).contains(mouse.position) }) else { return [] }
    let line = mouse.position.row - layout.rect(of: pane).y - (pane == .table ? 2 : 1)
    shelf.focus(pane)
    guard line >= 0 else { return [] }
    switch pane {
    case .table: if shelf.list.top + line < shelf.rows.count { shelf.select(shelf.list.top + line) }
    case .facts: shelf.facts.index = shelf.facts.top + line
    case .source: shelf.source.index = shelf.source.top + line
    }
    return mouse.action == .doublePress ? enterArchive() : []
  }

  private mutating func pressCompiles(_ mouse: Mouse, _ layout: ScreenLayout) -> [Effect] {
    if layout.compileHeader.contains(mouse.position), trace == nil { return perform("compiles.stance") }
    guard let pane = CompileTable.Pane.allCases.first(where: { layout.rect(of: $0).contains(mouse.position) }) else { return [] }
    let line = mouse.position.row - layout.rect(of: pane).y - (pane == .table ? 2 : 1)
    focusCompiles(pane)
    guard line >= 0 else { return [] }
    changeCompiles { table in
      switch pane {
      case .table: table.select(table.list.top + line)
      case .why: table.why.index = table.why.top + line
      case .texts: table.text.index = table.text.top + line
      }
    }
    return mouse.action == .doublePress ? enterCompile() : []
  }

  private mutating func pressKernels(_ mouse: Mouse, _ layout: ScreenLayout) -> [Effect] {
    guard let pane = KernelTable.Pane.allCases.first(where: { layout.rect(of: $0).contains(mouse.position) }) else { return [] }
    let line = mouse.position.row - layout.rect(of: pane).y - (pane == .table ? 2 : 1)
    changeKernels { table in
      table.pane = pane
      guard line >= 0 else { return }
      switch pane {
      case .table: table.select(table.list.top + line)
      case .code: table.code.index = table.code.top + line
      case .nodes: table.nodes.index = table.nodes.top + line
      }
    }
    return line >= 0 && pane == .nodes && mouse.action == .doublePress ? enterKernel() : []
  }

  private mutating func pressGraph(_ mouse: Mouse, _ layout: ScreenLayout) -> [Effect] {
    if let divider = layout.divider(at: mouse.position) {
      dragged = divider
      return []
    }
    guard let active, let pane = layout.pane(at: mouse.position) else { return [] }
    let line = mouse.position.row - layout.rect(of: pane).y - 1
    let view = documents[active].view
    let cursor = pane == .tree ? view.tree : pane == .rows ? view.rows : view.inspector
    let row = cursor.top + line
    let isSame = view.pane == pane && cursor.index == row
    changeView { view, _, _ in
      view.pane = pane
      guard line >= 0 else { return }
      switch pane {
      case .tree: view.tree.index = min(row, view.treeRows.count - 1)
      case .rows:
        view.target = nil
        view.rows.index = min(row, view.layout.rows.count - 1)
        view.inspector = ListCursor()
      case .inspector: view.inspector.index = row
      }
    }
    if line < 0 { return [] }
    if pane == .tree { showTreeChoice() }
    // A second press on a node stays, so that double pressing a row does not leave the pane.
    if isSame || mouse.action == .doublePress, pane != .rows || documents[active].view.currentRow?.kind != .node { return enter() }
    return []
  }

  private mutating func handleLayer(_ mouse: Mouse, _ layout: ScreenLayout) -> [Effect] {
    switch (layer, mouse.action) {
    case (.menu(var state), .press), (.menu(var state), .doublePress):
      if layout.menu.contains(mouse.position) {
        layer = MenuBar.menu(at: mouse.position.column, in: size).map { .menu(MenuState(menu: $0)) }
        return []
      }
      let rect = MenuBar.dropRect(state.menu, in: size)
      let item = mouse.position.row - rect.y - 1
      layer = nil
      guard rect.contains(mouse.position), Commands.items(of: state.menu).indices.contains(item) else { return [] }
      state.item = item
      return perform(Commands.items(of: state.menu)[item].id)
    case (.picker(var picker), .wheelUp), (.picker(var picker), .wheelDown):
      let count = picker.shown.count
      picker.list.index = max(0, min(picker.list.index + (mouse.action == .wheelUp ? -3 : 3), count - 1))
      layer = .picker(picker)
      return []
    case (.picker(let picker), .press), (.picker(let picker), .doublePress):
      let rect = LayerView.pickerRect(self)
      guard rect.contains(mouse.position) else {
        layer = nil
        return []
      }
      let row = mouse.position.row - rect.y - 3 + picker.list.top
      guard picker.shown.indices.contains(row), mouse.position.row >= rect.y + 3 else { return [] }
      layer = nil
      return choose(picker.shown[row], for: picker.purpose)
    case (.result, .press):
      layer = nil
      return []
    default: return []
    }
  }
}
