import Foundation
import Testing

@testable import Workbench

/// What is written to the terminal, read back by a small terminal.
@Suite struct FrameEncoderTests {
  private let abilities = TerminalAbilities(colors: 256, attributes: [.bold, .dim, .underline, .reverse, .italic])
  private let looks: ResolvedTheme

  init() throws { looks = ResolvedTheme(try ThemeLibrary(folders: [checkout + "/themes"]).load("default").theme, depth: .c256) }

  private func bytes(_ old: Grid, _ new: Grid) -> [UInt8] {
    FrameEncoder.encode(diff(old, new), of: new, abilities: abilities, looks: looks)
  }

  @Test func framesShowTheirGrids() {
    var generator = SplitMix(state: 5)
    let size = Size(width: 30, height: 8)
    let texts = ["value", "  ", "模型 x", "e\u{301}a", "●─╯", "", "a b c d e f", String(repeating: " ", count: 20)]
    var screen = Screen(size: size)
    var old = Grid(size: size)
    screen.read(FrameEncoder.encode(diff(Grid(size: Size(width: 0, height: 0)), old), of: old, clears: true, abilities: abilities, looks: looks))
    for _ in 0..<200 {
      var new = old
      for _ in 0..<3 {
        let role = Role.allCases[Int(generator.next() % UInt64(Role.allCases.count))]
        let ground: Role = generator.next() % 4 == 0 ? .cursor : .text
        new.write(texts[Int(generator.next() % UInt64(texts.count))], Int(generator.next() % 28), Int(generator.next() % 8), role, on: ground)
      }
      screen.read(bytes(old, new))
      let wrong = (0..<size.width * size.height).filter { place in
        let (column, row) = (place % size.width, place / size.width)
        let cell = new[column, row]
        if cell.isContinuation { return false }
        return screen.text[row][column] != cell.text || !screen.shows(looks.look(cell.role, on: cell.ground), column, row)
      }
      #expect(wrong.isEmpty)
      old = new
    }
  }

  @Test func aStyleIsOneSequenceAndBlanksNeedNone() {
    let size = Size(width: 20, height: 1)
    var grid = Grid(size: size)
    grid.write("a", 0, 0, .label)
    grid.write("b", 6, 0, .link)
    grid.write("c", 8, 0, .title)
    var old = Grid(size: size)
    old.fill(old.bounds, "x")
    #expect(String(decoding: bytes(old, grid), as: UTF8.self) == "\u{1b}[H\u{1b}[90ma     \u{1b}[34mb \u{1b}[0;1mc\u{1b}[K\u{1b}[m")
  }

  @Test func fewColumnsAreCrossedByWritingThem() {
    let size = Size(width: 20, height: 2)
    var old = Grid(size: size)
    old.write("abcdefghij", 0, 0)
    var new = old
    new.write("X", 0, 0)
    new.write("Y", 4, 0)
    new.write("Z", 15, 0)
    #expect(String(decoding: bytes(old, new), as: UTF8.self) == "\u{1b}[HXbcdY\u{1b}[10CZ")
  }

  @Test func lineFeedsAreShorterThanAddresses() {
    let size = Size(width: 40, height: 20)
    var new = Grid(size: size)
    new.write("abc", 20, 11)
    new.write("def", 20, 12)
    new.write("ghi", 30, 14)
    #expect(String(decoding: bytes(Grid(size: size), new), as: UTF8.self) == "\u{1b}[12;21Habc\n\u{1b}[3Ddef\n\n\u{1b}[7Cghi")
  }

  @Test func eightColoursMakeBrightOnesBold() {
    let size = Size(width: 4, height: 1)
    var new = Grid(size: size)
    new.write("a", 0, 0, .label)
    let few = TerminalAbilities(colors: 8, attributes: [.bold])
    #expect(String(decoding: FrameEncoder.encode(diff(Grid(size: size), new), of: new, abilities: few, looks: looks), as: UTF8.self) == "\u{1b}[H\u{1b}[1;30ma\u{1b}[m")
  }
}

/// As much of a terminal as the encoder uses.
private struct Screen {
  var text: [[String]]
  var looks: [[ResolvedTheme.Look]]
  private var place = Position(column: 0, row: 0)
  private var look = Screen.plain
  private static let plain = ResolvedTheme.Look(foreground: -1, background: -1, attributes: [])
  private let size: Size

  init(size: Size) {
    self.size = size
    text = Array(repeating: Array(repeating: "?", count: size.width), count: size.height)
    looks = Array(repeating: Array(repeating: Screen.plain, count: size.width), count: size.height)
  }

  /// Whether a cell looks as wanted; of a blank the foreground cannot be seen.
  func shows(_ wanted: ResolvedTheme.Look, _ column: Int, _ row: Int) -> Bool {
    let shown = looks[row][column]
    if shown == wanted { return true }
    let visible: Attributes = [.reverse, .underline]
    return text[row][column] == " " && shown.background == wanted.background && shown.attributes.union(wanted.attributes).isDisjoint(with: visible)
  }

  mutating func read(_ bytes: [UInt8]) {
    let scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
    var index = 0
    while index < scalars.count {
      guard scalars[index] == "\u{1b}" else {
        put(scalars[index])
        index += 1
        continue
      }
      var end = index + 2
      while !("A"..."z").contains(scalars[end]) { end += 1 }
      let parameters = String(String.UnicodeScalarView(scalars[index + 2..<end])).split(separator: ";").compactMap { Int($0) }
      obey(scalars[end], parameters)
      index = end + 1
    }
  }

  private mutating func put(_ scalar: Unicode.Scalar) {
    if scalar == "\n" {
      place.row += 1
      return
    }
    let width = CharacterWidth.columns(of: scalar)
    if width == 0 {
      text[place.row][place.column - 1].unicodeScalars.append(scalar)
      return
    }
    for column in place.column..<place.column + width { (text[place.row][column], looks[place.row][column]) = (String(scalar), look) }
    place.column += width
  }

  private mutating func obey(_ final: Unicode.Scalar, _ parameters: [Int]) {
    switch final {
    case "H": place = Position(column: (parameters.dropFirst().first ?? 1) - 1, row: (parameters.first ?? 1) - 1)
    case "C": place.column += parameters.first ?? 1
    case "D": place.column -= parameters.first ?? 1
    case "K": for column in place.column..<size.width { (text[place.row][column], looks[place.row][column]) = (" ", ResolvedTheme.Look(foreground: -1, background: -1, attributes: [])) }
    case "J": self = Screen(blank: size)
    case "m": style(parameters.isEmpty ? [0] : parameters)
    default: Issue.record("an unknown sequence ends in \(final)")
    }
  }

  private init(blank size: Size) {
    self.init(size: size)
    for row in text.indices { text[row] = Array(repeating: " ", count: size.width) }
  }

  private mutating func style(_ parameters: [Int]) {
    var rest = parameters[...]
    while let number = rest.popFirst() {
      switch number {
      case 0: look = Screen.plain
      case 1: look.attributes.insert(.bold)
      case 2: look.attributes.insert(.dim)
      case 3: look.attributes.insert(.italic)
      case 4: look.attributes.insert(.underline)
      case 7: look.attributes.insert(.reverse)
      case 30...37: look.foreground = number - 30
      case 40...47: look.background = number - 40
      case 90...97: look.foreground = number - 82
      case 100...107: look.background = number - 92
      case 38: look.foreground = rest.dropFirst().first ?? -1; rest = rest.dropFirst(2)
      case 48: look.background = rest.dropFirst().first ?? -1; rest = rest.dropFirst(2)
      default: Issue.record("an unknown style \(number)")
      }
    }
  }
}
