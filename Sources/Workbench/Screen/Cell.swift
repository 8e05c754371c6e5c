/// One place of the screen: a base scalar with up to two combining marks, and what it means.
package struct Cell: Hashable, Sendable {
  /// The base scalar; 0 where the glyph to the left is two columns wide.
  package var scalar: UInt32
  /// Combining marks, 0 for none.
  package var mark1: UInt32
  package var mark2: UInt32
  /// Gives the foreground and attributes.
  package var role: Role
  /// Gives the background; `text` is none.
  package var ground: Role

  package init(scalar: UInt32 = 32, mark1: UInt32 = 0, mark2: UInt32 = 0, role: Role = .text, ground: Role = .text) {
    (self.scalar, self.mark1, self.mark2, self.role, self.ground) = (scalar, mark1, mark2, role, ground)
  }
  package static let blank = Cell()
  package var isContinuation: Bool { scalar == 0 }

  /// The glyph as text; empty for a continuation.
  package var text: String {
    var text = ""
    for value in [scalar, mark1, mark2] where value != 0 { text.unicodeScalars.append(Unicode.Scalar(value) ?? " ") }
    return text
  }
}

package struct Size: Hashable, Sendable {
  package var width: Int
  package var height: Int
  package init(width: Int, height: Int) { (self.width, self.height) = (width, height) }
}

package struct Position: Hashable, Sendable {
  package var column: Int
  package var row: Int
  package init(column: Int, row: Int) { (self.column, self.row) = (column, row) }
}

/// A part of the screen, in cells.
package struct Rect: Hashable, Sendable {
  package var x: Int
  package var y: Int
  package var width: Int
  package var height: Int
  package init(x: Int, y: Int, width: Int, height: Int) { (self.x, self.y, self.width, self.height) = (x, y, max(0, width), max(0, height)) }

  package var maxX: Int { x + width }
  package var maxY: Int { y + height }
  package var isEmpty: Bool { width == 0 || height == 0 }
  package func contains(_ p: Position) -> Bool { p.column >= x && p.column < maxX && p.row >= y && p.row < maxY }
  package func inset(left: Int = 0, top: Int = 0, right: Int = 0, bottom: Int = 0) -> Rect {
    Rect(x: x + left, y: y + top, width: width - left - right, height: height - top - bottom)
  }
  /// Splits off columns at the left.
  package func columns(_ count: Int) -> (left: Rect, right: Rect) {
    let n = max(0, min(count, width))
    return (Rect(x: x, y: y, width: n, height: height), Rect(x: x + n, y: y, width: width - n, height: height))
  }
  /// Splits off rows at the top.
  package func rows(_ count: Int) -> (top: Rect, bottom: Rect) {
    let n = max(0, min(count, height))
    return (Rect(x: x, y: y, width: width, height: n), Rect(x: x, y: y + n, width: width, height: height - n))
  }
}
