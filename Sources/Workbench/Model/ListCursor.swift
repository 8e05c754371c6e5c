/// The chosen row of a list and the first one shown.
package struct ListCursor: Hashable, Sendable {
  package var index = 0
  package var top = 0
  package init() {}

  /// Keeps the cursor in the list and the window around the cursor.
  /// - Parameter step: rows that come into the window at once where the cursor leaves it; a window that costs much to draw anew
  ///   moves seldom and far.
  package mutating func settle(count: Int, height: Int, step: Int = 1) {
    index = max(0, min(index, count - 1))
    let height = max(1, height)
    let step = max(1, min(step, height))
    if index < top { top = index - step + 1 }
    if index >= top + height { top = index - height + step }
    top = max(0, min(top, count - height))
  }
  /// Moves the window; the cursor goes along at its edges.
  package mutating func scroll(by rows: Int, count: Int, height: Int) {
    top = max(0, min(top + rows, count - max(1, height)))
    index = max(top, min(index, top + max(1, height) - 1))
  }
  /// Puts the cursor's row a third below the window's top, for jumps.
  package mutating func jump(to row: Int, count: Int, height: Int) {
    if row < top || row >= top + height { top = row - height / 3 }
    index = row
    settle(count: count, height: height)
  }
}

/// A line of text being typed.
package struct LineEditor: Hashable, Sendable {
  package private(set) var text: [Unicode.Scalar]
  package private(set) var caret: Int
  package init(_ text: String = "") {
    self.text = Array(text.unicodeScalars)
    caret = self.text.count
  }
  package var string: String { String(String.UnicodeScalarView(text)) }
  package var beforeCaret: String { String(String.UnicodeScalarView(text[..<caret])) }

  package mutating func insert(_ scalars: some Sequence<Unicode.Scalar>) {
    for scalar in scalars where scalar.value >= 32 && scalar.value != 127 {
      text.insert(scalar, at: caret)
      caret += 1
    }
  }
  /// Returns whether the key was one for editing.
  package mutating func handle(_ key: Key) -> Bool {
    switch key.code {
    case .character(let scalar):
      if key.alt { return false }
      insert([scalar])
    case .backspace:
      if caret > 0 {
        caret -= 1
        text.remove(at: caret)
      }
    case .delete: if caret < text.count { text.remove(at: caret) }
    case .left: caret = max(0, caret - 1)
    case .right: caret = min(text.count, caret + 1)
    case .home, .control("a"): caret = 0
    case .end, .control("e"): caret = text.count
    case .control("u"):
      text.removeFirst(caret)
      caret = 0
    case .control("k"): text.removeLast(text.count - caret)
    case .control("w"):
      while caret > 0, text[caret - 1] == " " || text[caret - 1] == "/" { _ = handle(Key(.backspace)) }
      while caret > 0, text[caret - 1] != " " && text[caret - 1] != "/" { _ = handle(Key(.backspace)) }
    default: return false
    }
    return true
  }
}
