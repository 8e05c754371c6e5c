/// Where everything is for a size: what `view` draws into and what the mouse hits.
package struct ScreenLayout: Hashable, Sendable {
  package static let smallest = Size(width: 40, height: 10)
  package static let comfortable = Size(width: 80, height: 24)

  /// Too small to draw anything but a message.
  package let isTooSmall: Bool
  /// The panes are on top of one another, the focused one shown.
  package let isStacked: Bool
  package private(set) var menu = Rect(x: 0, y: 0, width: 0, height: 0)
  package private(set) var breadcrumb = Rect(x: 0, y: 0, width: 0, height: 0)
  package private(set) var body = Rect(x: 0, y: 0, width: 0, height: 0)
  package private(set) var status = Rect(x: 0, y: 0, width: 0, height: 0)
  package private(set) var hints = Rect(x: 0, y: 0, width: 0, height: 0)
  /// Screen 2; each with its title row. Empty where it is not shown.
  package private(set) var tree = Rect(x: 0, y: 0, width: 0, height: 0)
  package private(set) var rows = Rect(x: 0, y: 0, width: 0, height: 0)
  package private(set) var inspector = Rect(x: 0, y: 0, width: 0, height: 0)
  /// Screen 1: the table and the facts of the chosen model.
  package private(set) var table = Rect(x: 0, y: 0, width: 0, height: 0)
  package private(set) var facts = Rect(x: 0, y: 0, width: 0, height: 0)

  /// Screen 4: two lines about the compilation, the table, the C and the nodes of the chosen kernel.
  package private(set) var kernelSummary = Rect(x: 0, y: 0, width: 0, height: 0)
  package private(set) var kernelTable = Rect(x: 0, y: 0, width: 0, height: 0)
  package private(set) var kernelCode = Rect(x: 0, y: 0, width: 0, height: 0)
  package private(set) var kernelNodes = Rect(x: 0, y: 0, width: 0, height: 0)

  /// Screen 3: the stance or the trace, the table, why the chosen compilation happened, and its texts.
  package private(set) var compileHeader = Rect(x: 0, y: 0, width: 0, height: 0)
  package private(set) var compileTable = Rect(x: 0, y: 0, width: 0, height: 0)
  package private(set) var compileWhy = Rect(x: 0, y: 0, width: 0, height: 0)
  package private(set) var compileTexts = Rect(x: 0, y: 0, width: 0, height: 0)

  /// Screen 5: programs and archives, what is inside the chosen one, and a source kept there.
  package private(set) var archiveTable = Rect(x: 0, y: 0, width: 0, height: 0)
  package private(set) var archiveFacts = Rect(x: 0, y: 0, width: 0, height: 0)
  package private(set) var archiveSource = Rect(x: 0, y: 0, width: 0, height: 0)

  package init(_ model: Model) {
    let size = model.size
    isTooSmall = size.width < Self.smallest.width || size.height < Self.smallest.height
    isStacked = size.width < Self.comfortable.width || size.height < 16
    guard !isTooSmall else { return }
    var rest = Rect(x: 0, y: 0, width: size.width, height: size.height)
    (menu, rest) = rest.rows(1)
    if size.height >= 14 { (breadcrumb, rest) = rest.rows(1) }
    (rest, hints) = rest.rows(rest.height - 1)
    (body, status) = rest.rows(rest.height - 1)
    layOutGraph(model)
    layOutArchive(model)
    layOutKernels(model)
    layOutCompiles(model)
    if isStacked || body.height < 18 {
      table = body
    } else if size.width >= 120 {
      (table, facts) = body.columns(body.width - 44)
    } else {
      (table, facts) = body.rows(body.height - 9)
    }
  }

  private mutating func layOutGraph(_ model: Model) {
    guard !isStacked else {
      switch model.document?.view.pane ?? .rows {
      case .tree: tree = body
      case .rows: rows = body
      case .inspector: inspector = body
      }
      return
    }
    let treeWidth = max(14, min(body.width * model.saved.treeShare / 100, body.width - 40))
    (tree, rows) = body.columns(treeWidth)
    if body.width >= 100 {
      let width = max(20, min(body.width * model.saved.inspectorShare / 100, rows.width - 24))
      (rows, inspector) = rows.columns(rows.width - width)
    } else {
      (rows, inspector) = rows.rows(rows.height - max(6, min(rows.height * model.saved.inspectorShare / 100 + 1, rows.height - 6)))
    }
  }

  private mutating func layOutKernels(_ model: Model) {
    var rest = body
    if body.height >= 8 { (kernelSummary, rest) = body.rows(2) }
    if isStacked {
      switch model.document?.kernels?.pane ?? .table {
      case .table: kernelTable = rest
      case .code: kernelCode = rest
      case .nodes: kernelNodes = rest
      }
    } else if body.width >= 160 {
      (kernelTable, rest) = rest.columns(max(100, rest.width * 3 / 5))
      (kernelCode, kernelNodes) = rest.rows(rest.height * 2 / 3)
    } else {
      (kernelTable, rest) = rest.rows(rest.height / 2)
      (kernelCode, kernelNodes) = rest.columns(rest.width * 3 / 5)
    }
  }

  private mutating func layOutCompiles(_ model: Model) {
    var rest: Rect
    (compileHeader, rest) = body.rows(body.height >= 12 ? 2 : 1)
    if isStacked {
      switch model.compiles?.pane ?? .table {
      case .table: compileTable = rest
      case .why: compileWhy = rest
      case .texts: compileTexts = rest
      }
    } else {
      (compileTable, rest) = rest.rows(max(6, rest.height * 2 / 5))
      if body.width >= 140 {
        (compileWhy, compileTexts) = rest.columns(rest.width * 11 / 20)
      } else if model.compiles?.lower == .texts {
        compileTexts = rest
      } else {
        compileWhy = rest
      }
    }
  }

  private mutating func layOutArchive(_ model: Model) {
    if isStacked {
      switch model.shelf.pane {
      case .table: archiveTable = body
      case .facts: archiveFacts = body
      case .source: archiveSource = body
      }
      return
    }
    var rest: Rect
    (archiveTable, rest) = body.rows(max(5, min(body.height * 2 / 5, model.shelf.rows.count + 3)))
    if body.width >= 140 {
      (archiveFacts, archiveSource) = rest.columns(rest.width * 11 / 20)
    } else if model.shelf.lower == .source {
      archiveSource = rest
    } else {
      archiveFacts = rest
    }
  }

  package func rect(of pane: ArchiveShelf.Pane) -> Rect {
    switch pane {
    case .table: archiveTable
    case .facts: archiveFacts
    case .source: archiveSource
    }
  }

  package func rect(of pane: CompileTable.Pane) -> Rect {
    switch pane {
    case .table: compileTable
    case .why: compileWhy
    case .texts: compileTexts
    }
  }

  package func rect(of pane: KernelTable.Pane) -> Rect {
    switch pane {
    case .table: kernelTable
    case .code: kernelCode
    case .nodes: kernelNodes
    }
  }

  /// Lines a pane has below its title.
  package func height(of pane: GraphView.Pane) -> Int { max(1, rect(of: pane).height - 1) }
  package func rect(of pane: GraphView.Pane) -> Rect {
    switch pane {
    case .tree: tree
    case .rows: rows
    case .inspector: inspector
    }
  }
  package func pane(at position: Position) -> GraphView.Pane? { GraphView.Pane.allCases.first { rect(of: $0).contains(position) } }

  package func divider(at position: Position) -> Model.Divider? {
    if isStacked || !body.contains(position) { return nil }
    if position.column == tree.maxX - 1 { return .tree }
    if inspector.y == rows.y { return position.column == rows.maxX - 1 ? .inspector : nil }
    return position.row == inspector.y && position.column >= inspector.x + 12 ? .inspector : nil
  }
}
