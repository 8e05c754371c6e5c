import Foundations
import Graphs
import Testing

@testable import Workbench

@Suite struct LanesTests {
  /// What lanes promise, checked against the edges themselves: a value keeps one lane from its row to its last use, no two values
  /// share one, and a row takes each input from its lane or names it.
  @Test(arguments: [UInt64(1), 2, 3, 4, 5]) func lanesCarryEveryValueToItsLastUse(seed: UInt64) {
    let graph = Fixture.random(nodes: 700, reach: seed % 2 == 0 ? 6 : 60, seed: seed)
    let index = GraphIndex(graph)
    let layout = GraphLayout(index, folds: Folds(index))
    let drawings = layout.lanes.drawings(0..<layout.rows.count)
    #expect(drawings.count == 700)
    var lastUse: [Int] = Array(repeating: -1, count: 700)
    for row in 0..<700 { for used in index.arguments(of: row) { lastUse[Int(used)] = row } }
    for (row, drawing) in drawings.enumerated() {
      if row > 0 { #expect(drawing.above == drawings[row - 1].below) }
      let live = drawing.below.filter { $0 >= 0 }
      #expect(Set(live).count == live.count)
      #expect(live.allSatisfy { $0 <= Int32(row) && lastUse[Int($0)] > row })
      let fromLanes = drawing.taken.map { Int(drawing.above[$0]) }
      #expect(Set(fromLanes + drawing.jumps) == Set(index.arguments(of: row).map { Int($0) }))
      for (lane, value) in drawing.above.enumerated() where value >= 0 && lastUse[Int(value)] > row { #expect(drawing.below[lane] == value) }
      if lastUse[row] >= 0, drawing.node < Lanes.cap { #expect(drawing.below[drawing.node] == Int32(row)) }
    }
  }

  @Test func windowsAgreeWithTheWhole() {
    let index = GraphIndex(Fixture.random(nodes: 1000, reach: 12, seed: 9))
    let lanes = GraphLayout(index, folds: Folds(index)).lanes
    let whole = lanes.drawings(0..<1000)
    for start in [0, 1, 255, 256, 257, 700, 960] { #expect(lanes.drawings(start..<start + 40) == Array(whole[start..<start + 40])) }
  }

  @Test func aDiamondLooksLikeOne() {
    var graph = Graph()
    let a = graph.append(.init(operation: .call("x.a"), name: "a"))
    let b = graph.append(.init(operation: .call("x.b"), arguments: [NamedArgument(.node(a))], name: "b"))
    let c = graph.append(.init(operation: .call("x.c"), arguments: [NamedArgument(.node(a))], name: "c"))
    _ = graph.append(.init(operation: .call("x.d"), arguments: [NamedArgument(.node(b)), NamedArgument(.node(c))], name: "d"))
    let index = GraphIndex(graph)
    let lanes = GraphLayout(index, folds: Folds(index)).lanes
    let lines = lanes.drawings(0..<4).map { drawing in
      String(String.UnicodeScalarView(drawing.glyphs(count: lanes.width, mark: "●").map(\.0)))
    }
    #expect(lines == ["●   ", "├─● ", "● │ ", "●─╯ "])
  }
}
