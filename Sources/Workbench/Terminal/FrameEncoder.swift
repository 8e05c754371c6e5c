/// What the control sequences of a terminal can do beyond the common ground of ECMA-48.
package struct TerminalAbilities: Hashable, Sendable {
  /// 0, 8, 16, 256, …
  package var colors: Int
  package var attributes: Attributes
  /// Whether erasing leaves the present background colour behind (`bce`).
  package var erasesWithBackground: Bool
  /// Whether a glyph in the last column of the last row scrolls the screen.
  package var scrollsAtTheEnd: Bool

  package init(colors: Int, attributes: Attributes, erasesWithBackground: Bool = false, scrollsAtTheEnd: Bool = false) {
    (self.colors, self.attributes) = (colors, attributes)
    (self.erasesWithBackground, self.scrollsAtTheEnd) = (erasesWithBackground, scrollsAtTheEnd)
  }
}

/// Writes changed cells as few bytes of ECMA-48: the shortest move, one sequence for a change of style, none for a blank that looks the
/// same in the style before it.
package struct FrameEncoder {
  package private(set) var bytes: [UInt8] = []
  private let abilities: TerminalAbilities
  private let looks: ResolvedTheme
  private static let plain = ResolvedTheme.Look(foreground: -1, background: -1, attributes: [])
  /// Where the terminal's cursor is; nil where that is not certain.
  private var place: Position?
  private var look = FrameEncoder.plain

  private init(_ abilities: TerminalAbilities, _ looks: ResolvedTheme) { (self.abilities, self.looks) = (abilities, looks) }

  /// The bytes that turn what is shown into `grid`; the terminal's style is plain before and after them.
  /// - Parameter clears: whether what is shown is not known and is blanked first.
  package static func encode(
    _ changes: [CellChange], of grid: Grid, clears: Bool = false, abilities: TerminalAbilities, looks: ResolvedTheme
  ) -> [UInt8] {
    var encoder = FrameEncoder(abilities, looks)
    encoder.bytes.reserveCapacity(changes.count * 2 + 64)
    if clears { encoder.control("m", []); encoder.control("H", []); encoder.control("J", [2]) }
    encoder.draw(changes, grid)
    if encoder.look != plain { encoder.control("m", []) }
    if let cursor = grid.cursor { encoder.move(to: cursor, grid) }
    return encoder.bytes
  }

  private mutating func draw(_ changes: [CellChange], _ grid: Grid) {
    var position = 0
    while position < changes.count {
      let change = changes[position]
      position += 1
      if change.cell.isContinuation { continue }
      let isLast = change.column == grid.size.width - 1 && change.row == grid.size.height - 1
      if isLast && abilities.scrollsAtTheEnd { continue }
      if change.cell.scalar == 32, let end = endOfErasable(changes, from: position - 1, grid) {
        move(to: Position(column: change.column, row: change.row), grid)
        switchLook(to: lookOf(change.cell), forBlank: true)
        control("K", [])
        position = end
        continue
      }
      move(to: Position(column: change.column, row: change.row), grid)
      put(change.cell)
      let isWide = change.column + 1 < grid.size.width && grid[change.column + 1, change.row].isContinuation
      // Terminals disagree about the width of some glyphs, and about where the cursor is after the last column.
      let isCertain = !isWide && change.cell.mark1 == 0 && change.column + 1 < grid.size.width
      place = isCertain ? Position(column: change.column + 1, row: change.row) : nil
    }
  }

  /// Past the last change of the row, where all that is left of the row is blank and erasing it is shorter than writing blanks.
  private func endOfErasable(_ changes: [CellChange], from position: Int, _ grid: Grid) -> Int? {
    let first = changes[position]
    guard abilities.erasesWithBackground || lookOf(first.cell).background < 0, isBlank(first.cell, like: first.cell) else { return nil }
    for column in first.column..<grid.size.width where !isBlank(grid[column, first.row], like: first.cell) { return nil }
    var end = position
    while end < changes.count, changes[end].row == first.row { end += 1 }
    return end - position > 3 ? end : nil
  }
  private func isBlank(_ cell: Cell, like other: Cell) -> Bool {
    let look = lookOf(cell)
    return cell.scalar == 32 && cell.mark1 == 0 && look.background == lookOf(other).background && look.attributes.isDisjoint(with: [.reverse, .underline])
  }

  private mutating func put(_ cell: Cell) {
    switchLook(to: lookOf(cell), forBlank: cell.scalar == 32 && cell.mark1 == 0)
    for scalar in [cell.scalar, cell.mark1, cell.mark2] where scalar != 0 {
      if scalar < 0x80 { bytes.append(UInt8(scalar)) } else { bytes += Array(String(Unicode.Scalar(scalar) ?? " ").utf8) }
    }
  }

  // MARK: Moves

  private mutating func move(to target: Position, _ grid: Grid) {
    guard let place, place.row <= target.row else { return jump(to: target) }
    self.place = target
    let gap = target.column - place.column
    if place.row == target.row {
      if gap > 0, gap <= 4, cross(from: place, columns: gap, grid) { return }
      return sidestep(gap)
    }
    // A line feed keeps the column; curses has turned the terminal driver's translation of it off.
    let (down, aside) = (target.row - place.row, gap == 0 ? 0 : 3 + digits(abs(gap)))
    if down + aside >= 4 + digits(target.row + 1) + digits(target.column + 1) { return jump(to: target) }
    for _ in 0..<down { bytes.append(UInt8(ascii: "\n")) }
    sidestep(gap)
  }
  private mutating func jump(to target: Position) {
    control("H", target.column == 0 ? (target.row == 0 ? [] : [target.row + 1]) : [target.row + 1, target.column + 1])
    place = target
  }
  private mutating func sidestep(_ columns: Int) {
    if columns != 0 { control(columns > 0 ? "C" : "D", abs(columns) == 1 ? [] : [abs(columns)]) }
  }
  private func digits(_ number: Int) -> Int { number < 10 ? 1 : number < 100 ? 2 : 3 }

  /// Writes a few cells that did not change once more, where they need no other style: shorter than a move.
  private mutating func cross(from place: Position, columns: Int, _ grid: Grid) -> Bool {
    let start = bytes.count
    for column in place.column..<place.column + columns {
      let cell = grid[column, place.row]
      guard cell.scalar >= 32, cell.scalar < 0x7f, cell.mark1 == 0, isShown(lookOf(cell), forBlank: cell.scalar == 32) else {
        bytes.removeLast(bytes.count - start)
        return false
      }
      bytes.append(UInt8(cell.scalar))
    }
    return true
  }

  // MARK: Style

  /// How the terminal can show a cell.
  private func lookOf(_ cell: Cell) -> ResolvedTheme.Look {
    var look = looks.look(cell.role, on: cell.ground)
    if abilities.colors < 16 {
      // Eight colours: the bright ones are bold.
      if look.foreground >= 8 {
        look.foreground -= 8
        look.attributes.insert(.bold)
      }
      if look.background >= 8 { look.background -= 8 }
    }
    look.attributes.formIntersection(abilities.attributes)
    return look
  }

  /// Whether the present style is right for a glyph; a blank shows only background, underline and reverse.
  private func isShown(_ wanted: ResolvedTheme.Look, forBlank: Bool) -> Bool {
    if wanted == look { return true }
    return forBlank && wanted.background == look.background && wanted.attributes.union(look.attributes).isDisjoint(with: [.reverse, .underline])
  }

  private mutating func switchLook(to wanted: ResolvedTheme.Look, forBlank: Bool) {
    if isShown(wanted, forBlank: forBlank) { return }
    let turnsOff =
      !look.attributes.isSubset(of: wanted.attributes) || (wanted.foreground < 0 && look.foreground >= 0) || (wanted.background < 0 && look.background >= 0)
    var parameters: [Int] = []
    if turnsOff {
      look = FrameEncoder.plain
      if wanted != look { parameters.append(0) }
    }
    for (attribute, number) in FrameEncoder.numbers where wanted.attributes.contains(attribute) && !look.attributes.contains(attribute) { parameters.append(number) }
    if wanted.foreground != look.foreground { parameters += FrameEncoder.color(wanted.foreground, base: 30) }
    if wanted.background != look.background { parameters += FrameEncoder.color(wanted.background, base: 40) }
    control("m", parameters)
    look = wanted
  }

  private static let numbers: [(Attributes, Int)] = [(.bold, 1), (.dim, 2), (.italic, 3), (.underline, 4), (.reverse, 7)]

  private static func color(_ number: Int, base: Int) -> [Int] {
    number < 8 ? [base + number] : number < 16 ? [base + 60 + number - 8] : [base + 8, 5, number]
  }

  private mutating func control(_ final: Unicode.Scalar, _ parameters: [Int]) {
    bytes += [0x1b, UInt8(ascii: "[")]
    for (position, parameter) in parameters.enumerated() {
      if position > 0 { bytes.append(UInt8(ascii: ";")) }
      bytes += Array(String(parameter).utf8)
    }
    bytes.append(UInt8(final.value))
  }
}
