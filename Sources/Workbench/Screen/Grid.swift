/// What the screen should look like; the terminal works out what to send.
package struct Grid: Sendable, Hashable {
  package let size: Size
  package private(set) var cells: [Cell]
  /// Where the text cursor blinks, nil for hidden.
  package var cursor: Position?

  package init(size: Size) {
    self.size = Size(width: max(0, size.width), height: max(0, size.height))
    cells = Array(repeating: .blank, count: self.size.width * self.size.height)
  }
  package var bounds: Rect { Rect(x: 0, y: 0, width: size.width, height: size.height) }

  package subscript(column: Int, row: Int) -> Cell { cells[row * size.width + column] }

  /// Puts a glyph of one column; outside the grid nothing happens.
  package mutating func put(_ scalar: Unicode.Scalar, _ column: Int, _ row: Int, _ role: Role = .text, on ground: Role = .text) {
    guard column >= 0, row >= 0, column < size.width, row < size.height else { return }
    set(Cell(scalar: scalar.value, role: role, ground: ground), at: row * size.width + column)
  }

  /// Writes text on one line, cut with `…` where it does not fit `width`; returns the columns used.
  @discardableResult
  package mutating func write(
    _ text: some StringProtocol, _ column: Int, _ row: Int, width: Int = Int.max, _ role: Role = .text, on ground: Role = .text
  ) -> Int {
    guard row >= 0, row < size.height, column < size.width, width > 0 else { return 0 }
    let room = min(width, size.width - column)
    var used = 0
    var last = -1
    for scalar in text.unicodeScalars {
      let isPlain = scalar.value >= 32 && scalar.value < 0x7f
      let columns = isPlain ? 1 : CharacterWidth.columns(of: scalar)
      if columns == 0 {
        if last >= 0, scalar.value >= 0x300, !scalar.properties.isDefaultIgnorableCodePoint {
          if cells[last].mark1 == 0 { cells[last].mark1 = scalar.value } else if cells[last].mark2 == 0 { cells[last].mark2 = scalar.value }
        } else if scalar.value == 9, used < room {
          used += 1
        }
        continue
      }
      if used + columns > room {
        if used > 0 || room > 0 { cut(column: column, row: row, used: used, room: room, role, ground) }
        return room
      }
      let x = column + used
      used += columns
      guard x >= 0 else { continue }
      last = row * size.width + x
      set(Cell(scalar: scalar.value, role: role, ground: ground), at: last)
      if columns == 2 { set(Cell(scalar: 0, role: role, ground: ground), at: last + 1, keepLeft: true) }
    }
    return used
  }

  /// Ends a text that was too long with an ellipsis in its last column.
  private mutating func cut(column: Int, row: Int, used: Int, room: Int, _ role: Role, _ ground: Role) {
    let x = column + room - 1
    guard x >= 0 else { return }
    let index = row * size.width + x
    if used == room, cells[index].isContinuation { set(Cell(role: role, ground: ground), at: index - 1) }
    set(Cell(scalar: 0x2026, role: role, ground: ground), at: index)
  }

  /// Writes text that ends before `end`.
  package mutating func writeRight(_ text: some StringProtocol, end: Int, _ row: Int, _ role: Role = .text, on ground: Role = .text) {
    write(text, end - CharacterWidth.columns(of: text), row, role, on: ground)
  }

  package mutating func fill(_ rect: Rect, _ scalar: Unicode.Scalar = " ", _ role: Role = .text, on ground: Role = .text) {
    for row in max(0, rect.y)..<max(0, rect.y, min(rect.maxY, size.height)) {
      for column in max(0, rect.x)..<max(0, rect.x, min(rect.maxX, size.width)) { put(scalar, column, row, role, on: ground) }
    }
  }

  /// Lays a background under what is drawn already, and a role where `role` is given.
  package mutating func tint(_ rect: Rect, ground: Role, role: Role? = nil) {
    for row in max(0, rect.y)..<max(0, rect.y, min(rect.maxY, size.height)) {
      for column in max(0, rect.x)..<max(0, rect.x, min(rect.maxX, size.width)) {
        cells[row * size.width + column].ground = ground
        if let role { cells[row * size.width + column].role = role }
      }
    }
  }

  package mutating func drawBox(_ rect: Rect, _ role: Role = .border, on ground: Role = .text) {
    guard rect.width >= 2, rect.height >= 2 else { return }
    for column in rect.x + 1..<rect.maxX - 1 {
      put("─", column, rect.y, role, on: ground)
      put("─", column, rect.maxY - 1, role, on: ground)
    }
    for row in rect.y + 1..<rect.maxY - 1 {
      put("│", rect.x, row, role, on: ground)
      put("│", rect.maxX - 1, row, role, on: ground)
    }
    put("┌", rect.x, rect.y, role, on: ground)
    put("┐", rect.maxX - 1, rect.y, role, on: ground)
    put("└", rect.x, rect.maxY - 1, role, on: ground)
    put("┘", rect.maxX - 1, rect.maxY - 1, role, on: ground)
  }

  /// Sets a cell and mends a wide glyph that it cuts in half.
  private mutating func set(_ cell: Cell, at index: Int, keepLeft: Bool = false) {
    let column = index % size.width
    if cells[index].isContinuation, !keepLeft, column > 0 { cells[index - 1].scalar = 32 }
    if column + 1 < size.width, cells[index + 1].isContinuation, !cells[index].isContinuation { cells[index + 1].scalar = 32 }
    cells[index] = cell
  }

  /// The glyphs alone, one line a row without trailing blanks.
  package var text: String {
    (0..<size.height).map { row in
      var line = ""
      for column in 0..<size.width { line += self[column, row].text }
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }

  /// Every glyph beyond ASCII replaced by one of the same width that is in ASCII.
  package func transliterated() -> Grid {
    var grid = self
    for index in cells.indices where cells[index].scalar > 126 || cells[index].scalar == 0 || cells[index].mark1 != 0 {
      if cells[index].isContinuation { grid.cells[index].scalar = 32 } else { grid.cells[index].scalar = Glyphs.ascii(cells[index].scalar) }
      (grid.cells[index].mark1, grid.cells[index].mark2) = (0, 0)
    }
    return grid
  }
}
