/// One cell that changed.
package struct CellChange: Hashable, Sendable {
  package var column: Int
  package var row: Int
  package var cell: Cell
  package init(column: Int, row: Int, cell: Cell) { (self.column, self.row, self.cell) = (column, row, cell) }
}

/// The cells in which `new` differs from `old`, in reading order; all of them where the sizes differ.
///
/// A wide glyph and its continuation count as one: when either changes, the glyph is among the changes, so that drawing only
/// the changes leaves nothing of the old glyph.
package func diff(_ old: Grid, _ new: Grid) -> [CellChange] {
  var changes: [CellChange] = []
  let width = new.size.width
  let isSameSize = old.size == new.size
  for row in 0..<new.size.height {
    for column in 0..<width {
      let cell = new[column, row]
      var isChanged = !isSameSize || old[column, row] != cell
      if !isChanged, column + 1 < width {
        let next = new[column + 1, row]
        isChanged = next.isContinuation && old[column + 1, row] != next
      }
      if !isChanged, cell.isContinuation, column > 0 { isChanged = old[column - 1, row] != new[column - 1, row] }
      if isChanged { changes.append(CellChange(column: column, row: row, cell: cell)) }
    }
  }
  return changes
}
