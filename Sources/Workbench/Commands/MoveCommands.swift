import Foundations

extension Commands {
  static let moveCommands: [Command] = [
    Command("move.down", "Down", keys: "↓ j") { $0.move(by: 1) },
    Command("move.up", "Up", keys: "↑ k") { $0.move(by: -1) },
    Command("move.pageDown", "Page down", keys: "PgDn Ctrl-F") { $0.move(by: $0.pageHeight) },
    Command("move.pageUp", "Page up", keys: "PgUp Ctrl-B") { $0.move(by: -$0.pageHeight) },
    Command("move.home", "First", keys: "Home") { $0.move(by: -1_000_000_000) },
    Command("move.end", "Last", keys: "End G") { $0.move(by: 1_000_000_000) },
    Command("move.left", "Out: fold, or the module around", keys: "← h", in: .graph, unless: needsGraph) { $0.moveOut() },
    Command("move.right", "In: unfold, or the pane to the right", keys: "→ l", in: .graph, unless: needsGraph) { $0.moveIn() },
    Command("move.enter", "Open: unfold, inspect, follow, into a subgraph", keys: "Enter", in: .graph, unless: needsGraph) { $0.enter() },
    Command("move.escape", "Out: back to the rows, clear the filter, out of a subgraph", keys: "Esc", in: .graph, unless: needsGraph) { $0.leave() },
    Command("move.nextPane", "Next pane", keys: "Tab", in: .graph, unless: needsGraph) { $0.changePane(by: 1) },
    Command("move.previousPane", "Previous pane", keys: "Shift-Tab", in: .graph, unless: needsGraph) { $0.changePane(by: -1) },
  ]
}

extension Model {
  var pageHeight: Int {
    let layout = ScreenLayout(self)
    switch screen {
    case .models: return max(1, layout.table.height - 3)
    case .log: return max(1, layout.body.height - 2)
    case .compiles: return max(1, layout.rect(of: compiles?.pane ?? .table).height - 3)
    case .archive: return max(1, layout.rect(of: shelf.pane).height - 3)
    case .kernels: return max(1, layout.rect(of: document?.kernels?.pane ?? .table).height - 3)
    case .graph: return max(1, layout.height(of: document?.view.pane ?? .rows) - 1)
    }
  }

  mutating func move(by count: Int) -> [Effect] {
    notice = nil
    switch screen {
    case .models: modelList.index = max(0, min(modelList.index + count, entries.count - 1))
    case .log: logList.index = max(0, min(logList.index + count, shownLog.count - 1))
    case .compiles: moveInCompiles(by: count)
    case .kernels: moveInKernels(by: count)
    case .archive: moveInArchive(by: count)
    case .graph:
      guard let active else { return [] }
      let links = documents[active].view.pane == .inspector ? Inspector.lines(documents[active], width: ScreenLayout(self).inspector.width) : []
      changeView { view, _, _ in
        switch view.pane {
        case .tree: view.tree.index = max(0, min(view.tree.index + count, view.treeRows.count - 1))
        case .rows:
          view.target = nil
          view.rows.index = max(0, min(view.rows.index + count, view.layout.rows.count - 1))
          view.inspector = ListCursor()
        case .inspector: view.inspector.index = max(0, min(view.inspector.index + count, links.count - 1))
        }
      }
      if documents[active].view.pane == .tree { showTreeChoice() }
    }
    return []
  }

  /// The rows follow the tree's cursor.
  mutating func showTreeChoice() {
    changeView { view, index, height in
      let first: Int =
        switch view.treeRows[view.tree.index].item {
        case .module(let module): index.modules.modules[module].firstNode
        case .group(let group): index.modules.modules[index.modules.groups[group].modules[0]].firstNode
        }
      guard first < view.layout.rowOfNode.count, view.layout.rowOfNode[first] >= 0 else { return }
      view.target = nil
      view.inspector = ListCursor()
      view.rows.jump(to: Int(view.layout.rowOfNode[first]), count: view.layout.rows.count, height: height)
    }
  }

  mutating func changePane(by count: Int) -> [Effect] {
    changeView { view, _, _ in view.pane = GraphView.Pane(rawValue: (view.pane.rawValue + count + 3) % 3) ?? .rows }
    return []
  }

  mutating func moveOut() -> [Effect] {
    changeView { view, index, height in
      switch view.pane {
      case .inspector: view.pane = .rows
      case .rows:
        if let row = view.currentRow, row.kind == .header {
          view.setFolds(index) { $0.closedModules[Int(row.reference)] = true }
        } else {
          view.pane = .tree
        }
      case .tree:
        let row = view.treeRows[view.tree.index]
        if view.isOpen(row), row.depth > 0 {
          view.setFolds(index) { $0.toggle(row.item) }
        } else if let parent = view.treeRows[..<view.tree.index].lastIndex(where: { $0.depth < row.depth }) {
          view.tree.index = parent
        }
      }
    }
    return []
  }

  mutating func moveIn() -> [Effect] {
    changeView { view, index, _ in
      switch view.pane {
      case .inspector: break
      case .rows:
        if let row = view.currentRow, row.kind == .module || row.kind == .group, let fold = view.foldAtCursor(index) {
          view.setFolds(index) { $0.toggle(fold) }
        } else {
          view.pane = .inspector
        }
      case .tree:
        let row = view.treeRows[view.tree.index]
        if view.isOpen(row) { view.pane = .rows } else { view.setFolds(index) { $0.toggle(row.item) } }
      }
    }
    return []
  }

  mutating func enter() -> [Effect] {
    guard let document else { return [] }
    switch document.view.pane {
    case .rows where document.view.currentRow?.kind == .node && !document.index.subgraphs(of: document.view.currentNode ?? 0).isEmpty:
      enterSubgraph(of: document.view.currentNode ?? 0)
    case .tree, .rows:
      changeView { view, index, _ in
        if view.pane == .rows, view.currentRow?.kind == .node {
          view.pane = .inspector
        } else if let fold = view.foldAtCursor(index) {
          view.setFolds(index) { $0.toggle(fold) }
        }
      }
    case .inspector:
      let lines = Inspector.lines(document, width: ScreenLayout(self).inspector.width)
      guard lines.indices.contains(document.view.inspector.index) else { return [] }
      switch lines[document.view.inspector.index].link {
      case .node(let node): navigate { $0.go(to: node, height: $1) }
      case .kernel(let kernel): go(toKernel: kernel)
      case .programNode(let node): navigate { $0.go(toProgramNode: node, height: $1) }
      case .source(let frame): return showNodes(from: frame)
      case .subgraph(let subgraph): navigate { $0.enter(subgraph: subgraph, height: $1) }
      case nil: break
      }
    }
    return []
  }

  /// Enters the node's subgraph, or asks which where it has several.
  private mutating func enterSubgraph(of node: Int) {
    guard let document else { return }
    let subgraphs = document.index.subgraphs(of: node)
    if subgraphs.count == 1 { return navigate { $0.enter(subgraph: subgraphs[0], height: $1) } }
    let items = subgraphs.map { subgraph in
      let level = document.levels[document.level.inner[subgraph]]
      return Picker.Item(id: "\(subgraph)", title: level.name, keys: "\(level.index.drawnCount) nodes", obstacle: nil)
    }
    layer = .picker(Picker(purpose: .subgraph, title: "Subgraphs of \(document.index.graph.nodes[node].name)", items: items))
  }

  mutating func leave() -> [Effect] {
    if let document, !document.isOutermost, document.view.target == nil, document.view.pane == .rows, document.view.filter.isEmpty {
      navigate { $0.leave(height: $1) }
      return []
    }
    changeView { view, index, _ in
      if view.target != nil {
        view.target = nil
      } else if view.pane != .rows {
        view.pane = .rows
      } else if !view.filter.isEmpty {
        view.remember()
        view.setFilter("", index)
        view.setShowsOnlyMatches(false, index)
      }
    }
    return []
  }
}

extension GraphView {
  package func isOpen(_ row: TreeRow) -> Bool {
    switch row.item {
    case .module(let module): !folds.closedModules[module]
    case .group(let group): !folds.closedGroups[group]
    }
  }
}
