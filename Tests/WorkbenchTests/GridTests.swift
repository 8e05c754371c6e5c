import Testing

@testable import Workbench

@Suite struct GridTests {
  @Test func widthsFollowUnicode() {
    #expect(CharacterWidth.columns(of: "abc") == 3)
    #expect(CharacterWidth.columns(of: "模型") == 4)
    #expect(CharacterWidth.columns(of: "e\u{301}") == 1)
    #expect(CharacterWidth.columns(of: "│●╯▸") == 4)
    #expect(CharacterWidth.columns(of: "🙂") == 2)
    #expect(CharacterWidth.columns(of: "\u{200b}") == 0)
  }

  @Test func combiningMarksStayWithTheirBase() {
    var grid = Grid(size: Size(width: 4, height: 1))
    grid.write("e\u{301}x", 0, 0)
    #expect(grid[0, 0].text == "e\u{301}")
    #expect(grid[1, 0].text == "x")
  }

  @Test func wideGlyphsTakeTwoCellsAndAreNeverHalved() {
    var grid = Grid(size: Size(width: 6, height: 1))
    grid.write("模型", 0, 0)
    #expect(grid[1, 0].isContinuation && grid[3, 0].isContinuation)
    grid.put("x", 1, 0)
    #expect(grid[0, 0].text == " " && grid[1, 0].text == "x" && grid[2, 0].text == "型")
    grid.put("y", 2, 0)
    #expect(grid[3, 0].text == " ")
  }

  @Test func longTextIsCutWithAnEllipsis() {
    var grid = Grid(size: Size(width: 10, height: 1))
    #expect(grid.write("abcdefgh", 0, 0, width: 5) == 5)
    #expect(grid.text == "abcd…")
    var wide = Grid(size: Size(width: 10, height: 1))
    wide.write("模型模型", 0, 0, width: 5)
    #expect(CharacterWidth.columns(of: wide.text) == 5 && wide.text.hasSuffix("…"))
  }

  @Test func drawingOutsideIsHarmless() {
    var grid = Grid(size: Size(width: 3, height: 2))
    grid.write("abc", -1, 0)
    grid.write("abc", 5, 1)
    grid.write("abc", 0, 7)
    grid.fill(Rect(x: -2, y: -2, width: 9, height: 3), "#")
    grid.drawBox(Rect(x: 1, y: 1, width: 5, height: 5))
    #expect(grid.text.split(separator: "\n", omittingEmptySubsequences: false).count == 2)
    var none = Grid(size: Size(width: 0, height: 0))
    none.write("abc", 0, 0)
    #expect(none.cells.isEmpty)
  }

  @Test func asciiKeepsWidths() {
    var grid = Grid(size: Size(width: 12, height: 1))
    grid.write("●─╯ 模 é │x", 0, 0)
    let ascii = grid.transliterated()
    #expect(ascii.text.utf8.allSatisfy { $0 < 127 })
    #expect(ascii[9, 0].text == "|" && ascii[10, 0].text == "x")
  }

  @Test func differencesTurnTheOldIntoTheNew() {
    var generator = SplitMix(state: 7)
    let glyphs: [String] = ["a", "b", " ", "模", "é", "●"]
    for _ in 0..<200 {
      func random() -> Grid {
        var grid = Grid(size: Size(width: 9, height: 4))
        for row in 0..<4 {
          var column = 0
          while column < 9 {
            let glyph = glyphs[Int(generator.next() % UInt64(glyphs.count))]
            column += max(1, grid.write(glyph, column, row, generator.next() % 2 == 0 ? .text : .accent))
          }
        }
        return grid
      }
      let (old, new) = (random(), random())
      // A terminal draws whole glyphs: what it shows is replayed glyph by glyph.
      var screen = old
      for change in diff(old, new) where !change.cell.isContinuation { screen.write(change.cell.text, change.column, change.row, change.cell.role, on: change.cell.ground) }
      #expect(screen.cells == new.cells)
      #expect(diff(new, new).isEmpty)
    }
  }

  @Test func aNewSizeDrawsEverything() {
    #expect(diff(Grid(size: Size(width: 2, height: 2)), Grid(size: Size(width: 3, height: 3))).count == 9)
  }
}
