/// How many colours the terminal shows.
package enum ColorDepth: Int, Sendable, CaseIterable { case mono = 0, c16 = 16, c256 = 256 }

/// The terminal's own colour, one of its numbered ones, or a mix of red, green and blue.
package enum Color: Hashable, Sendable {
  case terminal
  case index(UInt8)
  case rgb(UInt8, UInt8, UInt8)

  /// The names of the first sixteen.
  package static let names: [String] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]

  /// `default`, a name such as `red` or `bright-red`, a number, or `#rrggbb`; nil where it is none of them.
  package init?(_ text: String) {
    if text == "default" {
      self = .terminal
    } else if let index = Color.names.firstIndex(of: text) {
      self = .index(UInt8(index))
    } else if text.hasPrefix("bright-"), let index = Color.names.firstIndex(of: String(text.dropFirst(7))) {
      self = .index(UInt8(index + 8))
    } else if text.hasPrefix("#"), text.utf8.count == 7, let value = UInt32(text.dropFirst(), radix: 16) {
      self = .rgb(UInt8(value >> 16), UInt8(value >> 8 & 255), UInt8(value & 255))
    } else if let value = UInt8(text) {
      self = .index(value)
    } else {
      return nil
    }
  }

  /// The number to ask the terminal for, -1 for its own colour; the nearest where the depth is too small.
  package func number(at depth: ColorDepth) -> Int {
    switch self {
    case .terminal: -1
    case .index(let index):
      depth == .c256 || index < 16 ? Int(index) : Color.nearest(Color.components(of: Int(index)), in: 0..<16)
    case .rgb(let r, let g, let b): Color.nearest((Int(r), Int(g), Int(b)), in: depth == .c256 ? 16..<256 : 0..<16)
    }
  }

  private static func nearest(_ color: (Int, Int, Int), in range: Range<Int>) -> Int {
    range.min { distance(color, components(of: $0)) < distance(color, components(of: $1)) } ?? 7
  }
  private static func distance(_ a: (Int, Int, Int), _ b: (Int, Int, Int)) -> Int {
    let (r, g, b) = (a.0 - b.0, a.1 - b.1, a.2 - b.2)
    return 3 * r * r + 4 * g * g + 2 * b * b
  }
  /// xterm's palette: sixteen named colours, a 6×6×6 cube, 24 greys.
  private static func components(of index: Int) -> (Int, Int, Int) {
    let levels: [Int] = [0, 95, 135, 175, 215, 255]
    switch index {
    case 7: return (229, 229, 229)
    case 8: return (127, 127, 127)
    case 0..<16:
      let level = index < 8 ? 205 : 255
      return (index & 1 == 0 ? 0 : level, index & 2 == 0 ? 0 : level, index & 4 == 0 ? 0 : level)
    case 16..<232: return (levels[(index - 16) / 36], levels[(index - 16) / 6 % 6], levels[(index - 16) % 6])
    default: return (8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10)
    }
  }
}

/// How text is set.
package struct Attributes: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package static let bold = Attributes(rawValue: 1)
  package static let dim = Attributes(rawValue: 2)
  package static let underline = Attributes(rawValue: 4)
  package static let reverse = Attributes(rawValue: 8)
  package static let italic = Attributes(rawValue: 16)
  package static let byName: [String: Attributes] = [
    "none": [], "bold": .bold, "dim": .dim, "underline": .underline, "reverse": .reverse, "italic": .italic,
  ]
}

/// A look in which any part may be left to the parent.
package struct Style: Hashable, Sendable {
  package var foreground: Color?
  package var background: Color?
  package var attributes: Attributes?
  package init(foreground: Color? = nil, background: Color? = nil, attributes: Attributes? = nil) {
    (self.foreground, self.background, self.attributes) = (foreground, background, attributes)
  }
  /// This style with what it leaves out taken from another.
  package func filled(from other: Style) -> Style {
    Style(foreground: foreground ?? other.foreground, background: background ?? other.background, attributes: attributes ?? other.attributes)
  }
}
