import Foundations
import Graphs

/// The graph's rows: lanes, operator or name, type, times; only what is visible is laid out.
enum RowsView {
  private static let laneRoles: [Role] = [.lane1, .lane2, .lane3, .lane4, .lane5, .lane6]

  static func draw(_ grid: inout Grid, _ document: Document, _ area: Rect, _ layout: ScreenLayout) {
    let view = document.view
    let isActive = view.pane == .rows
    let count = view.layout.rows.count
    let total = count == document.index.drawnCount ? "\(count)" : "\(count) rows, \(document.index.drawnCount) nodes"
    let stage = document.stage == 0 ? "" : " \(document.stageName)"
    let overlay = view.overlay == .none ? "" : " · \(view.overlay.rawValue)"
    drawTitle(&grid, area, GraphScreen.title(.rows, layout) + stage + overlay, right: count == 0 ? "" : "\(view.rows.index + 1)/\(total)", isActive: isActive)
    let hasDivider = !layout.isStacked && layout.inspector.y == layout.rows.y && !layout.inspector.isEmpty
    var inside = area.inset(top: 1, right: hasDivider ? 1 : 0)
    if hasDivider { grid.fill(Rect(x: area.maxX - 1, y: area.y + 1, width: 1, height: area.height - 1), "│", .border) }
    if count == 0 {
      grid.write(view.showsOnlyMatches ? "nothing matches" : "the graph is empty", inside.x + 2, inside.y, width: inside.width - 2, .dim)
      return
    }
    let (rows, heatColumn) = inside.columns(inside.width - 1)
    inside = rows
    drawHeat(&grid, view, heatColumn)
    let window = view.rows.top..<min(count, view.rows.top + inside.height)
    let drawings = view.layout.lanes.drawings(window)
    let laneCount = min(view.layout.lanes.width, max(1, inside.width / 6))
    let most = view.overlay == .memory ? view.rowBytes.max() ?? 0 : view.overlay == .time ? view.rowSeconds.max() ?? 0 : 0
    for (line, position) in window.enumerated() {
      let rect = Rect(x: inside.x, y: inside.y + line, width: inside.width, height: 1)
      let isChosen = position == view.rows.index
      let ground: Role = drawCursor(&grid, rect, isChosen: isChosen, isActive: isActive)
      var painter = RowPainter(document: document, area: rect, ground: ground, laneCount: laneCount, most: Double(most))
      painter.draw(&grid, position, drawings[line])
    }
  }

  /// The minimap: how much of each part of the rows is in a stretch, by seconds where
  /// a run was timed and memory is not asked for, else by bytes.
  private static func drawHeat(_ grid: inout Grid, _ view: GraphView, _ area: Rect) {
    let count = view.layout.rows.count
    guard area.height > 0, count > 0 else { return }
    var sums: [Double] = Array(repeating: 0, count: area.height)
    let usesTime = !view.rowSeconds.isEmpty && view.overlay != .memory
    let usesMatches = !view.matches.isEmpty
    for (position, row) in view.layout.rows.enumerated() {
      let line = count <= area.height ? position : position * area.height / count
      if usesMatches {
        if row.kind == .node ? view.matches[Int(row.reference)] : view.isMatch(row) { sums[line] += 1 }
      } else {
        sums[line] += usesTime ? Double(view.rowSeconds[position]) : Double(view.rowBytes[position])
      }
    }
    let most = sums.max() ?? 0
    let lower = count <= area.height ? view.rows.top : view.rows.top * area.height / count
    let upper = count <= area.height ? count : min(area.height, (view.rows.top + area.height) * area.height / count + 1)
    for line in 0..<min(area.height, count) {
      let (glyph, role) = heat(most > 0 ? sums[line] / most : 0)
      grid.put(glyph, area.x, area.y + line, role, on: line >= lower && line < upper ? .cursorInactive : .text)
    }
  }

  /// Draws one row.
  private struct RowPainter {
    let document: Document
    let area: Rect
    let ground: Role
    let laneCount: Int
    /// The largest seconds or bytes of a row.
    let most: Double

    mutating func draw(_ grid: inout Grid, _ position: Int, _ drawing: Lanes.Drawing) {
      let view = document.view
      let row = view.layout.rows[position]
      var x = area.x + 1
      if !view.showsOnlyMatches {
        let mark: Unicode.Scalar = row.kind != .node ? "▣" : document.index.subgraphs(of: Int(row.reference)).isEmpty ? "●" : "◉"
        for (glyph, lane) in drawing.glyphs(count: laneCount, mark: mark) {
          if glyph != " " { grid.put(glyph, x, area.y, laneRoles[max(0, lane) % laneRoles.count], on: ground) }
          x += 1
        }
        if drawing.node >= laneCount { grid.put(mark, x - 1, area.y, .jump, on: ground) }
        x += 1
      }
      switch row.kind {
      case .header: drawHeader(&grid, row, x)
      case .node: drawNode(&grid, row, position, x, drawing)
      case .module, .group: drawFold(&grid, row, position, x)
      }
    }

    private func drawHeader(_ grid: inout Grid, _ row: GraphLayout.Row, _ start: Int) {
      let module = document.index.modules.modules[Int(row.reference)]
      var x = start
      grid.put("▾", x, area.y, .fold, on: ground)
      x += 2
      x += grid.write(module.path, x, area.y, width: area.maxX - x, .module, on: ground) + 1
      grid.write(String(module.shortType), x, area.y, width: area.maxX - x, .moduleClass, on: ground)
    }

    private func drawFold(_ grid: inout Grid, _ row: GraphLayout.Row, _ position: Int, _ start: Int) {
      let tree = document.index.modules
      var x = start
      grid.put("▸", x, area.y, .fold, on: ground)
      x += 2
      let (name, type): (String, String)
      if row.kind == .module {
        name = tree.modules[Int(row.reference)].path
        type = String(tree.modules[Int(row.reference)].shortType)
      } else {
        let group = tree.groups[Int(row.reference)]
        name = "\(tree.modules[group.modules[0]].path) … \(tree.modules[group.modules[group.modules.count - 1]].name)"
        type = "\(group.type.split(separator: ".").last ?? "") ×\(group.modules.count)"
      }
      let end = drawOverlay(&grid, row, position)
      let nodes = "\(row.count) node\(row.count == 1 ? "" : "s")"
      let isMatch = document.view.isMatch(row)
      x += grid.write(name, x, area.y, width: end - x, isMatch ? .link : .module, on: isMatch && ground == .text ? .match : ground) + 1
      x += grid.write(type, x, area.y, width: end - x, .moduleClass, on: ground) + 1
      if x + nodes.count + 1 < end { grid.writeRight(nodes, end: end, area.y, .dim, on: ground) }
    }

    /// What the overlay says of the row at the right end; returns where that begins.
    private func drawOverlay(_ grid: inout Grid, _ row: GraphLayout.Row, _ position: Int) -> Int {
      let view = document.view
      switch view.overlay {
      case .time where view.rowSeconds.indices.contains(position) && area.width >= 50:
        let seconds = Double(view.rowSeconds[position])
        return drawAmount(&grid, seconds, seconds > 0 ? Format.seconds(seconds) : "", area.maxX - 1)
      case .memory where area.width >= 50:
        let bytes = Double(view.rowBytes[position])
        return drawAmount(&grid, bytes, bytes > 0 ? Format.bytes(Int(bytes)) : "", area.maxX - 1)
      case .kernel: return drawKernel(&grid, row, position)
      default: return area.maxX - 1
      }
    }

    /// An amount and its bar.
    private func drawAmount(_ grid: inout Grid, _ amount: Double, _ text: String, _ end: Int) -> Int {
      grid.writeRight(text, end: end, area.y, .number, on: ground)
      let share = most > 0 ? amount / most : 0
      grid.write(Glyphs.bar(share, columns: 6), end - 17, area.y, heat(share).role, on: ground)
      return end - 18
    }

    /// The kernel that a node ended in, with its time of one call, its share of the call and the bytes of the node's result, as far as there is
    /// room; of folded nodes the sum.
    private func drawKernel(_ grid: inout Grid, _ row: GraphLayout.Row, _ position: Int) -> Int {
      guard let table = document.kernels, area.width >= 40 else { return area.maxX - 1 }
      var end = area.maxX - 1
      if area.width >= 72 {
        let bytes = document.view.rowBytes[position]
        if bytes > 0 { grid.writeRight(Format.bytes(Int(bytes)), end: end, area.y, .dim, on: ground) }
        end -= 10
      }
      let total = table.profiledCalls > 0 ? table.totalSeconds / Double(table.profiledCalls) : 0
      let nameWidth = max(8, min(24, area.width * 3 / 10))
      // The inspector has the time where there is room for the share alone.
      let numbers = total > 0 ? (area.width >= 60 ? 22 : 5) : 0
      let start = end - numbers - nameWidth
      func drawNumbers(_ seconds: Double) {
        guard total > 0, seconds > 0 else { return }
        grid.writeRight(Format.percent(seconds / total), end: end, area.y, .number, on: ground)
        guard numbers == 22 else { return }
        grid.writeRight(Format.seconds(seconds), end: end - 5, area.y, .number, on: ground)
        grid.write(Glyphs.bar(seconds / total, columns: 6), start + nameWidth + 1, area.y, heat(seconds / total).role, on: ground)
      }
      switch row.kind {
      case .header: break
      case .module, .group:
        if document.view.rowSeconds.indices.contains(position) { drawNumbers(Double(document.view.rowSeconds[position])) }
        return end - numbers - 1
      case .node:
        let kernels = document.kernels(of: Int(row.reference))
        guard let kernel = kernels.first else { break }
        // The rows below the first of a kernel only say that they are in it.
        let isRepeated = position > 0 && position != document.view.rows.top && isNode(position - 1, in: kernel)
        let name = isRepeated ? "″" : table.report.kernels[kernel].name + (kernels.count > 1 ? " +\(kernels.count - 1)" : "")
        grid.write(name, start, area.y, width: nameWidth, isRepeated ? .dim : table.report.kernels[kernel].code == nil ? .op : .good, on: ground)
        if !isRepeated { drawNumbers(table.mean(of: kernel) ?? 0) }
      }
      return start - 1
    }

    private func isNode(_ position: Int, in kernel: Int) -> Bool {
      let above = document.view.layout.rows[position]
      return above.kind == .node && document.kernels(of: Int(above.reference)).first == kernel
    }

    private func drawNode(_ grid: inout Grid, _ row: GraphLayout.Row, _ position: Int, _ start: Int, _ drawing: Lanes.Drawing) {
      let view = document.view
      let number = Int(row.reference)
      let node = document.index.graph.nodes[number]
      let end = drawOverlay(&grid, row, position)
      let room = end - start
      let isMatch = !view.matches.isEmpty && view.matches[number]
      let isFaded = !view.matches.isEmpty && !isMatch
      let nameGround: Role = isMatch && ground == .text ? .match : ground
      // A type cut to a few letters says less than a whole name.
      let nameWidth = room < 22 ? room : max(10, room * 2 / 5)
      var x = start
      grid.write(node.name, x, area.y, width: min(nameWidth, room), isFaded ? .dim : .name, on: nameGround)
      x += nameWidth + 1
      if x < end {
        let typeRole = isFaded ? Role.dim : typeRole(node.type)
        x += grid.write(document.index.typeText(of: number), x, area.y, width: end - x, typeRole, on: ground) + 1
      }
      if !drawing.jumps.isEmpty, x + 4 < end {
        let names = drawing.jumps.map { "⇠ " + rowName($0) }.joined(separator: " ")
        x += grid.write(names, x, area.y, width: end - x, .jump, on: ground) + 1
      }
      drawModuleName(&grid, number, position, x, end)
    }

    /// The innermost module at the right, where it differs from the row above's.
    private func drawModuleName(_ grid: inout Grid, _ node: Int, _ position: Int, _ start: Int, _ end: Int) {
      let view = document.view
      let tree = document.index.modules
      let module = Int(tree.moduleOfNode[node])
      guard module != 0, tree.modules[module].children.isEmpty || view.showsOnlyMatches else { return }
      if position > 0 {
        let above = view.layout.rows[position - 1]
        if above.kind == .node, Int(tree.moduleOfNode[Int(above.reference)]) == module, position != view.rows.top { return }
      }
      let name = view.showsOnlyMatches ? tree.modules[module].path : tree.modules[module].name
      if start + CharacterWidth.columns(of: name) + 1 < end { grid.writeRight(name, end: end, area.y, .moduleClass, on: ground) }
    }

    private func rowName(_ row: Int) -> String {
      let other = document.view.layout.rows[row]
      switch other.kind {
      case .node: return document.index.graph.nodes[Int(other.reference)].name
      case .header, .module: return document.index.modules.modules[Int(other.reference)].path
      case .group: return document.index.modules.modules[document.index.modules.groups[Int(other.reference)].modules[0]].path
      }
    }

    private func typeRole(_ type: ValueType) -> Role {
      guard document.view.overlay == .dtype else { return .type }
      guard let dtype = type.firstTensor?.dtype else { return .dtypeOther }
      switch dtype {
      case .f16, .bf16: return .dtypeHalf
      case .bool: return .dtypeBool
      default: return dtype.isFloatingPoint ? .dtypeFloat : dtype.isInteger ? .dtypeInteger : .dtypeOther
      }
    }
  }
}
