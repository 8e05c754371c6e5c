import CTerminal
import Foundations

/// A real terminal through ncursesw. ncurses is not thread-safe: all but `waker` belongs to one thread.
package struct CursesTerminal: Terminal {
  private let depth: ColorDepth
  private var looks: ResolvedTheme

  /// Takes over the terminal of standard input and output until `end` is called.
  /// - Throws: `LatheError` of kind `system` where there is no terminal or its type is unknown.
  package init(theme: Theme, depth wanted: ColorDepth?, mouse: Bool) throws {
    if let problem = lathe_terminal_start(mouse) { throw LatheError(.system, String(cString: problem)) }
    let colors = Int(lathe_terminal_colors())
    let most: ColorDepth = colors >= 256 ? .c256 : colors >= 8 ? .c16 : .mono
    depth = ColorDepth(rawValue: min(most.rawValue, wanted?.rawValue ?? most.rawValue)) ?? most
    looks = ResolvedTheme(theme, depth: depth)
  }

  package func end() { lathe_terminal_end() }

  package var size: Size {
    var (width, height): (Int32, Int32) = (0, 0)
    lathe_terminal_size(&width, &height)
    return Size(width: Int(width), height: Int(height))
  }

  package mutating func use(theme: Theme) {
    looks = ResolvedTheme(theme, depth: depth)
    lathe_terminal_reset_pairs()
    redraw()
  }

  package mutating func apply(_ changes: [CellChange], cursor: Position?) {
    let few = lathe_terminal_colors() < 16
    var last: ResolvedTheme.Look?
    for (position, change) in changes.enumerated() where !change.cell.isContinuation {
      let cell = change.cell
      var look = looks.look(cell.role, on: cell.ground)
      if let last, isShortGap(changes, at: position), last.background == look.background,
        last.attributes.union(look.attributes).isDisjoint(with: [.reverse, .underline])
      {
        // It looks the same in the style before it, and need not be switched to and from.
        look = last
      }
      last = look
      if few, look.foreground >= 8 {
        look.foreground -= 8
        look.attributes.insert(.bold)
      }
      if few, look.background >= 8 { look.background -= 8 }
      let scalars: [UInt32] = cell.mark1 == 0 ? [cell.scalar] : cell.mark2 == 0 ? [cell.scalar, cell.mark1] : [cell.scalar, cell.mark1, cell.mark2]
      let pair = lathe_terminal_pair(Int32(look.foreground), Int32(look.background))
      lathe_terminal_put(Int32(change.column), Int32(change.row), scalars, Int32(scalars.count), Int32(look.attributes.rawValue), pair)
    }
    lathe_terminal_flush(Int32(cursor?.column ?? -1), Int32(cursor?.row ?? -1))
  }

  /// Whether a blank is followed by a glyph within three columns, all of them among the changes.
  private func isShortGap(_ changes: [CellChange], at position: Int) -> Bool {
    guard changes[position].cell.scalar == 32 else { return false }
    let (row, column) = (changes[position].row, changes[position].column)
    for offset in 1...3 {
      guard position + offset < changes.count, changes[position + offset].row == row, changes[position + offset].column == column + offset else { return false }
      if changes[position + offset].cell.scalar != 32 { return true }
    }
    return false
  }

  package var waker: @Sendable () -> Void { { lathe_terminal_wake() } }
  package mutating func useMouse(_ on: Bool) { lathe_terminal_set_mouse(on) }
  package mutating func suspend() { lathe_terminal_suspend() }
  package mutating func redraw() { lathe_terminal_redraw() }
  package mutating func send(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { lathe_terminal_write($0.bindMemory(to: CChar.self).baseAddress, Int32($0.count)) }
  }

  package mutating func nextInput(isIdle: Bool) -> Input {
    while true {
      let event = lathe_terminal_wait()
      switch event.kind {
      case lathe_input_char: return .key(Self.key(character: event.value, alt: event.alt))
      case lathe_input_key:
        if event.value == Int32(lathe_key_paste_begin.rawValue) { return .paste(readPaste()) }
        if let key = Self.key(number: event.value) { return .key(key) }
      case lathe_input_mouse:
        if let mouse = Self.mouse(event) { return .mouse(mouse) }
      case lathe_input_resize: return .resize
      case lathe_input_wake: return .wake
      case lathe_input_stop: return .suspend
      case lathe_input_end: return .end
      default: break
      }
    }
  }

  /// Everything up to the end of a bracketed paste.
  private func readPaste() -> String {
    var text = ""
    while text.utf8.count < 1 << 20 {
      let event = lathe_terminal_wait()
      if event.kind == lathe_input_char, let scalar = Unicode.Scalar(UInt32(event.value)) {
        text.unicodeScalars.append(scalar)
      } else if event.kind == lathe_input_end || (event.kind == lathe_input_key && event.value == Int32(lathe_key_paste_end.rawValue)) {
        break
      }
    }
    return text
  }

  private static func key(character: Int32, alt: Bool) -> Key {
    switch character {
    case 9: Key(.tab, alt: alt)
    case 10, 13: Key(.enter, alt: alt)
    case 8, 127: Key(.backspace, alt: alt)
    case 1...26: Key(.control(Unicode.Scalar(UInt8(character + 96))), alt: alt)
    default: Key(.character(Unicode.Scalar(UInt32(character)) ?? " "), alt: alt)
    }
  }

  private static let codes: [UInt32: Key.Code] = [
    lathe_key_up.rawValue: .up, lathe_key_down.rawValue: .down, lathe_key_left.rawValue: .left, lathe_key_right.rawValue: .right,
    lathe_key_home.rawValue: .home, lathe_key_end.rawValue: .end, lathe_key_page_up.rawValue: .pageUp,
    lathe_key_page_down.rawValue: .pageDown, lathe_key_backspace.rawValue: .backspace, lathe_key_delete.rawValue: .delete,
    lathe_key_insert.rawValue: .insert, lathe_key_enter.rawValue: .enter, lathe_key_back_tab.rawValue: .backTab,
    lathe_key_escape.rawValue: .escape,
  ]
  private static func key(number: Int32) -> Key? {
    if number > Int32(lathe_key_function.rawValue) { return Key(.function(Int(number) - Int(lathe_key_function.rawValue))) }
    return codes[UInt32(number)].map { Key($0) }
  }

  private static func mouse(_ event: lathe_input) -> Mouse? {
    let action: Mouse.Action
    switch UInt32(event.value) {
    case lathe_mouse_press.rawValue: action = .press
    case lathe_mouse_release.rawValue: action = .release
    case lathe_mouse_drag.rawValue: action = .drag
    case lathe_mouse_wheel_up.rawValue: action = .wheelUp
    case lathe_mouse_wheel_down.rawValue: action = .wheelDown
    case lathe_mouse_double.rawValue: action = .doublePress
    default: return nil
    }
    return Mouse(action, Position(column: Int(event.column), row: Int(event.row)))
  }
}
