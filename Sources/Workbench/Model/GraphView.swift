import Foundations

/// What is shown of an open graph: folds, cursors, filter, history.
package struct GraphView: Sendable {
  package enum Pane: Int, Sendable, CaseIterable { case tree, rows, inspector }
  /// What colours the rows beside their roles.
  package enum Overlay: String, Sendable, CaseIterable {
    case none, dtype
    /// Of the last eager run.
    case time
    /// Of each node's result.
    case memory
    /// Which kernel each node ended in, and what it takes.
    case kernel
  }
  /// Where `rowSeconds` come from.
  package struct Weights: Hashable, Sendable {
    var usesKernels: Bool
    var revision: Int
  }
  package struct TreeRow: Hashable, Sendable {
    package enum Item: Hashable, Sendable { case module(Int), group(Int) }
    package var item: Item
    package var depth: Int
  }
  /// What undo brings back.
  package struct Snapshot: Hashable, Sendable {
    var folds: Folds
    var node: Int
    var filter: GraphFilter
    var showsOnlyMatches: Bool
    var overlay: Overlay
  }

  package private(set) var folds: Folds
  package private(set) var layout: GraphLayout
  package private(set) var treeRows: [TreeRow] = []
  package var pane = Pane.rows
  package var rows = ListCursor()
  package var tree = ListCursor()
  package var inspector = ListCursor()
  package private(set) var filter = GraphFilter("")
  /// For each node whether the filter selects it; empty without a filter.
  package private(set) var matches: [Bool] = []
  package private(set) var matchCount = 0
  package private(set) var showsOnlyMatches = false
  package var overlay = Overlay.none
  /// A node that is inspected though no row shows it (a parameter).
  package var target: Int?
  /// Seconds of each row in the last timed run, or of its kernels in a call; empty without either.
  package private(set) var rowSeconds: [Float] = []
  /// The same of each module with all in it.
  package private(set) var moduleSeconds: [Float] = []
  /// What `rowSeconds` hold; nil until they are brought up to date.
  package private(set) var weights: Weights?
  /// Bytes that the nodes of each row yield.
  package private(set) var rowBytes: [Float] = []
  private var undoStack: [Snapshot] = []
  private var redoStack: [Snapshot] = []

  package init(_ index: GraphIndex) {
    folds = Folds(index)
    layout = GraphLayout(index, folds: folds)
    weighRows(index)
    listTree(index)
  }

  /// The node the cursor stands on or whose row covers it; nil in an empty graph.
  package var currentNode: Int? { target ?? (layout.rows.isEmpty ? nil : Int(layout.rows[rows.index].first)) }
  package var currentRow: GraphLayout.Row? { layout.rows.isEmpty ? nil : layout.rows[rows.index] }

  // MARK: Folds

  /// Changes the folds and keeps the cursor on its node.
  package mutating func setFolds(_ index: GraphIndex, _ change: (inout Folds) -> Void) {
    remember()
    change(&folds)
    relayout(index)
  }

  /// Folds what is folded in another graph of the program.
  package mutating func takeFolds(of other: GraphLevel, _ index: GraphIndex) {
    let before = folds
    folds.take(other.view.folds, of: other.index.modules, in: index.modules)
    if folds != before { relayout(index) }
  }

  private mutating func relayout(_ index: GraphIndex) {
    let node = layout.rows.isEmpty ? nil : Int(layout.rows[rows.index].first)
    let wasHeader = currentRow?.kind == .header ? currentRow : nil
    layout = GraphLayout(index, folds: folds, only: showsOnlyMatches && !filter.isEmpty ? matches : nil)
    let offset = rows.index - rows.top
    if let wasHeader, let row = layout.rows.firstIndex(where: { $0.kind == .header && $0.first == wasHeader.first && $0.reference == wasHeader.reference }) {
      rows.index = row
    } else if let node, layout.rowOfNode[node] >= 0 {
      rows.index = Int(layout.rowOfNode[node])
    }
    rows.index = max(0, min(rows.index, layout.rows.count - 1))
    rows.top = max(0, rows.index - offset)
    weighRows(index)
    listTree(index)
  }

  private mutating func listTree(_ index: GraphIndex) {
    let tree = index.modules
    let selected = treeRows.isEmpty ? nil : treeRows[min(self.tree.index, treeRows.count - 1)].item
    var list: [TreeRow] = []
    func visit(_ module: Int, _ depth: Int) {
      list.append(TreeRow(item: .module(module), depth: depth))
      guard !folds.closedModules[module] else { return }
      visitChildren(module, depth + 1)
    }
    func visitChildren(_ module: Int, _ depth: Int) {
      for child in tree.modules[module].children {
        let group = tree.modules[child].group
        if group < 0 {
          visit(child, depth)
        } else if tree.groups[group].modules.first == child {
          list.append(TreeRow(item: .group(group), depth: depth))
          if !folds.closedGroups[group] { for member in tree.groups[group].modules { visit(member, depth + 1) } }
        }
      }
    }
    visit(0, 0)
    treeRows = list
    if let selected, let row = list.firstIndex(where: { $0.item == selected }) { self.tree.index = row }
    self.tree.index = min(self.tree.index, list.count - 1)
  }

  private mutating func weighRows(_ index: GraphIndex) {
    (rowSeconds, weights) = ([], nil)
    rowBytes = Array(repeating: 0, count: layout.rows.count)
    for (node, row) in layout.rowOfNode.enumerated() where row >= 0 { rowBytes[Int(row)] += index.bytes(of: node) }
  }

  /// Adds seconds by node up over the rows and the modules.
  package mutating func use(_ samples: [Float], _ weights: Weights, _ tree: ModuleTree) {
    self.weights = weights
    (rowSeconds, moduleSeconds) = ([], [])
    if samples.isEmpty { return }
    moduleSeconds = Array(repeating: 0, count: tree.modules.count)
    for node in samples.indices { moduleSeconds[Int(tree.moduleOfNode[node])] += samples[node] }
    // Parents come before their children.
    for module in tree.modules.indices.dropFirst().reversed() { moduleSeconds[tree.modules[module].parent] += moduleSeconds[module] }
    rowSeconds = Array(repeating: 0, count: layout.rows.count)
    for (node, row) in layout.rowOfNode.enumerated() where row >= 0 && node < samples.count { rowSeconds[Int(row)] += samples[node] }
  }

  // MARK: Going places

  /// Moves to a node: opens the folds that hide it, or inspects it where it has no row.
  package mutating func go(to node: Int, _ index: GraphIndex, height: Int) {
    inspector = ListCursor()
    guard index.isDrawn[node] else {
      target = node
      return
    }
    target = nil
    if layout.rowOfNode[node] < 0 || layout.rows[Int(layout.rowOfNode[node])].kind != .node {
      if showsOnlyMatches, !matches.isEmpty, !matches[node] { showsOnlyMatches = false }
      folds.reveal(Int(index.modules.moduleOfNode[node]), in: index.modules)
      relayout(index)
    }
    rows.jump(to: Int(layout.rowOfNode[node]), count: layout.rows.count, height: height)
  }

  // MARK: Filter

  package mutating func setFilter(_ text: String, _ index: GraphIndex) {
    filter = GraphFilter(text)
    matches = filter.isEmpty ? [] : filter.matches(index)
    matchCount = matches.reduce(0) { $0 + ($1 ? 1 : 0) }
    if showsOnlyMatches { relayout(index) }
  }
  package mutating func setShowsOnlyMatches(_ on: Bool, _ index: GraphIndex) {
    showsOnlyMatches = on
    relayout(index)
  }
  /// The next node the filter selects after or before the cursor, going round at the ends.
  package func nextMatch(forward: Bool) -> Int? {
    guard matchCount > 0, let row = currentRow else { return nil }
    let count = matches.count
    var node = forward ? Int(row.kind == .header ? row.first - 1 : row.last) : Int(row.first)
    if row.kind != .node && row.kind != .header { node = forward ? Int(row.first) - 1 : Int(row.last) + 1 }
    for _ in 0..<count {
      node = (node + (forward ? 1 : count - 1)) % count
      if matches[node] { return node }
    }
    return nil
  }
  /// The share that modules have of the time, where the overlay shows one; nil where it does not.
  package func timeShare(of modules: [Int]) -> Double? {
    guard overlay == .time || overlay == .kernel, let total = moduleSeconds.first, total > 0 else { return nil }
    return Double(modules.reduce(0) { $0 + moduleSeconds[$1] } / total)
  }
  package func isMatch(_ row: GraphLayout.Row) -> Bool {
    guard !matches.isEmpty, row.count > 0 else { return false }
    return (row.first...row.last).contains { matches[Int($0)] }
  }

  // MARK: Undo

  private var snapshot: Snapshot {
    Snapshot(folds: folds, node: layout.rows.isEmpty ? 0 : Int(layout.rows[rows.index].first), filter: filter, showsOnlyMatches: showsOnlyMatches, overlay: overlay)
  }
  /// Keeps the present state for undo.
  package mutating func remember() {
    if undoStack.last != snapshot { undoStack.append(snapshot) }
    if undoStack.count > 100 { undoStack.removeFirst() }
    redoStack = []
  }
  package var canUndo: Bool { !undoStack.isEmpty }
  package var canRedo: Bool { !redoStack.isEmpty }
  package mutating func undo(_ index: GraphIndex) {
    guard let last = undoStack.popLast() else { return }
    redoStack.append(snapshot)
    restore(last, index)
  }
  package mutating func redo(_ index: GraphIndex) {
    guard let next = redoStack.popLast() else { return }
    undoStack.append(snapshot)
    restore(next, index)
  }
  private mutating func restore(_ saved: Snapshot, _ index: GraphIndex) {
    (folds, showsOnlyMatches, overlay) = (saved.folds, saved.showsOnlyMatches, saved.overlay)
    filter = saved.filter
    matches = filter.isEmpty ? [] : filter.matches(index)
    matchCount = matches.reduce(0) { $0 + ($1 ? 1 : 0) }
    relayout(index)
    if layout.rowOfNode[saved.node] >= 0 { rows.index = Int(layout.rowOfNode[saved.node]) }
  }
}
