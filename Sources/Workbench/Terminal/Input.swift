/// A key as the user names it.
package struct Key: Hashable, Sendable {
  package enum Code: Hashable, Sendable {
    case character(Unicode.Scalar)
    /// A letter with Ctrl held.
    case control(Unicode.Scalar)
    case function(Int)
    case up, down, left, right, home, end, pageUp, pageDown, backspace, delete, insert, enter, tab, backTab, escape
  }
  package var code: Code
  package var alt: Bool
  package init(_ code: Code, alt: Bool = false) { (self.code, self.alt) = (code, alt) }

  /// From its written form: `a`, `?`, `Ctrl-P`, `Alt-f`, `F10`, `Enter`, `PgUp`; nil where it is none.
  package init?(_ text: String) {
    if let code = Key.names.first(where: { $0.value == text })?.key {
      self.init(code)
    } else if text.hasPrefix("Ctrl-"), let letter = text.dropFirst(5).lowercased().unicodeScalars.first {
      self.init(.control(letter))
    } else if text.hasPrefix("Alt-"), let inner = Key(String(text.dropFirst(4))) {
      self.init(inner.code, alt: true)
    } else if text.hasPrefix("F"), let number = Int(text.dropFirst()) {
      self.init(.function(number))
    } else if text.unicodeScalars.count == 1, let scalar = text.unicodeScalars.first {
      self.init(.character(scalar))
    } else {
      return nil
    }
  }

  private static let names: [Code: String] = [
    .up: "↑", .down: "↓", .left: "←", .right: "→", .home: "Home", .end: "End", .pageUp: "PgUp", .pageDown: "PgDn", .backspace: "Backspace",
    .delete: "Del", .insert: "Ins", .enter: "Enter", .tab: "Tab", .backTab: "Shift-Tab", .escape: "Esc", .character(" "): "Space",
  ]
  package var description: String {
    let name: String =
      switch code {
      case .character(let scalar): Key.names[code] ?? String(scalar)
      case .control(let letter): "Ctrl-\(String(letter).uppercased())"
      case .function(let number): "F\(number)"
      default: Key.names[code] ?? ""
      }
    return alt ? "Alt-\(name)" : name
  }
}

package struct Mouse: Hashable, Sendable {
  package enum Action: Sendable { case press, release, drag, wheelUp, wheelDown, doublePress }
  package var action: Action
  package var position: Position
  package init(_ action: Action, _ position: Position) { (self.action, self.position) = (action, position) }
}

/// What a terminal reports.
package enum Input: Hashable, Sendable {
  case key(Key)
  case mouse(Mouse)
  case paste(String)
  case resize
  /// The inbox has messages.
  case wake
  /// Asked to stop at the keyboard from outside (SIGTSTP).
  case suspend
  /// Asked to end, or the terminal is gone.
  case end
}
