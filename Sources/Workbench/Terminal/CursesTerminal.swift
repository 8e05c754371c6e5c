import CTerminal
import Foundations

/// A real terminal: ncurses knows its description, its modes and its keys, frames are written by `FrameEncoder`. ncurses is not
/// thread-safe: all but `waker` belongs to one thread.
package struct CursesTerminal: Terminal {
  private let abilities: TerminalAbilities
  private let depth: ColorDepth
  private var looks: ResolvedTheme
  private var clears = true

  /// Takes over the terminal of standard input and output until `end` is called.
  /// - Throws: `LatheError` of kind `system` where there is no terminal or its type is unknown.
  package init(theme: Theme, depth wanted: ColorDepth?, mouse: Bool) throws {
    if let problem = lathe_terminal_start(mouse) { throw LatheError(.system, String(cString: problem)) }
    let names: [(String, Attributes)] = [("bold", .bold), ("dim", .dim), ("smul", .underline), ("rev", .reverse), ("sitm", .italic)]
    abilities = TerminalAbilities(
      colors: Int(lathe_terminal_number("colors")), attributes: Attributes(names.filter { lathe_terminal_text($0.0) != nil }.map(\.1)),
      erasesWithBackground: lathe_terminal_flag("bce"), scrollsAtTheEnd: lathe_terminal_flag("am") && !lathe_terminal_flag("xenl"))
    let most: ColorDepth = abilities.colors >= 256 ? .c256 : abilities.colors >= 8 ? .c16 : .mono
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
    redraw()
  }

  package mutating func apply(_ changes: [CellChange], of grid: Grid) {
    if grid.cursor == nil { lathe_terminal_show_cursor(false) }
    send(FrameEncoder.encode(changes, of: grid, clears: clears, abilities: abilities, looks: looks))
    if grid.cursor != nil { lathe_terminal_show_cursor(true) }
    clears = false
  }

  package var waker: @Sendable () -> Void { { lathe_terminal_wake() } }
  package mutating func useMouse(_ on: Bool) { lathe_terminal_set_mouse(on) }
  package mutating func suspend() {
    lathe_terminal_suspend()
    redraw()
  }
  package mutating func redraw() { clears = true }
  package mutating func send(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { lathe_terminal_write($0.bindMemory(to: CChar.self).baseAddress, $0.count) }
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
