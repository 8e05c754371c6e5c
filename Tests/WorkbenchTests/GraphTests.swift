import Foundations
import Graphs
import Testing

@testable import Workbench

@Suite struct GraphTests {
  private let index = GraphIndex(Fixture.transformer(blocks: 3))

  @Test func usersMirrorArguments() {
    let index = GraphIndex(Fixture.random(nodes: 300, reach: 40, seed: 3))
    let expected = index.graph.users()
    for node in 0..<300 { #expect(index.users(of: node).map { Int($0) } == expected[node].map { Int($0.index) }) }
  }

  @Test func modulesHoldTheirNodesAndBlocksAreGrouped() throws {
    let tree = index.modules
    #expect(tree.modules[0].nodeCount == index.drawnCount)
    let block = try #require(tree.module(at: "h.1"))
    #expect(tree.modules[block].nodeCount == 9)
    #expect(tree.modules[block].type == "zoo.Block")
    #expect(tree.groups.map(\.modules.count) == [3])
    #expect(tree.groups[0].nodeCount == 27)
    #expect(tree.chain(to: block).map { tree.modules[$0].path } == ["h", "h.1"])
  }

  @Test func parametersAreLeftOut() {
    #expect(index.graph.nodes.count - index.drawnCount == 7)
  }

  @Test func foldedBlocksAreOneRow() {
    let layout = GraphLayout(index, folds: Folds(index))
    #expect(layout.rows.map(\.kind) == [.node, .node, .header, .group, .node])
    #expect(layout.rows[3].count == 27)
    #expect(layout.lanes.drawings(0..<5).map(\.node) == [0, 0, -1, 0, 0])
  }

  @Test func everyDrawnNodeHasOneRowWhateverTheFolds() {
    var generator = SplitMix(state: 11)
    for _ in 0..<50 {
      var folds = Folds(index)
      for module in folds.closedModules.indices.dropFirst() { folds.closedModules[module] = generator.next() % 2 == 0 }
      folds.closedGroups[0] = generator.next() % 2 == 0
      let layout = GraphLayout(index, folds: folds)
      #expect(layout.rows.reduce(0) { $0 + Int($1.count) } == index.drawnCount)
      for node in index.graph.nodes.indices {
        let row = Int(layout.rowOfNode[node])
        #expect((row >= 0) == index.isDrawn[node])
        if row >= 0 { #expect(layout.rows[row].first <= Int32(node) && Int32(node) <= layout.rows[row].last && layout.rows[row].kind != .header) }
      }
    }
  }

  @Test(arguments: [
    ("op:sdpa", 0), ("op:scaled", 3), ("op:add", 6), ("module:attn.qkv", 3), ("dtype:i64", 1), ("shape:[s0,16,192]", 3), ("shape:192 op:linear", 3),
    ("GELU", 3), ("getitem", 9), ("sdpa op:gelu", 0), ("module:h.2 op:getitem", 3), ("op:", 31),
  ]) func filtersSelect(text: String, count: Int) {
    let filter = GraphFilter(text)
    #expect((filter.isEmpty ? index.isDrawn : filter.matches(index)).filter { $0 }.count == (filter.isEmpty ? index.drawnCount : count))
  }

  @Test func goingToAHiddenNodeOpensItsModules() throws {
    var view = GraphView(index)
    let node = try #require(index.node(named: "sdpa_1"))
    view.go(to: node, index, height: 20)
    #expect(view.currentNode == node && view.currentRow?.kind == .node)
  }

  @Test func historyLeadsBackAndForward() throws {
    let opened = Fixture.open("tiny.pt2", index.graph)
    var document = Document(id: 1, opened: opened, levels: GraphLevel.all(index.graph, hints: [:]), operators: [:])
    let node = try #require(index.node(named: "sdpa_1"))
    document.go(to: node, height: 20)
    document.goBack(height: 20)
    #expect(document.view.currentNode == index.node(named: "ids"))
    document.goForward(height: 20)
    #expect(document.view.currentNode == node && document.forward.isEmpty && document.back.count == 1)
  }

  @Test func subgraphsAreLevelsOfTheirOwn() throws {
    let graph = Fixture.conditional()
    let levels = GraphLevel.all(graph, hints: [:])
    #expect(levels.map(\.name) == ["", "true_graph_0", "false_graph_0", "body_graph_0"])
    #expect(levels.map(\.parent) == [0, 0, 0, 2] && levels.map(\.inner) == [[1, 2], [], [3], []])
    #expect(levels[1...].map { levels[$0.parent].index.graph.nodes[$0.caller].name } == ["cond", "cond", "wrap"])
  }

  @Test func argumentsFollowTheSchemaAndDefaultsAreSaid() throws {
    let graph = Fixture.transformer(blocks: 1)
    let opened = Fixture.open("tiny.pt2", graph)
    var document = Document(id: 1, opened: opened, levels: GraphLevel.all(graph, hints: [:]), operators: FakeServices().operators(of: opened.program.graph))
    document.go(to: try #require(document.index.node(named: "sdpa_0")), height: 20)
    let lines = Inspector.lines(document, width: 60)
    let labels = ["query", "key", "value", "attn_mask", "dropout_p", "is_causal", "scale", "enable_gqa"]
    #expect(Array(lines[2..<10].map(\.label)) == labels)
    #expect(lines[5].text == "None  default" && lines[7].text == "True" && lines[8].text == "None  default")
    let schema = lines[try #require(lines.firstIndex { $0.text.hasPrefix("schema aten::scaled_dot_product_attention(Tensor query, ") })...].map(\.text)
    #expect(schema.count == 4 && schema.allSatisfy { $0.count <= 58 } && schema.last?.hasSuffix("-> Tensor") == true)
  }

  @Test func anOperatorThatIsNotSupportedIsCalledSo() throws {
    var graph = Graph()
    let input = graph.append(.init(operation: .placeholder(.user(0)), name: "x"))
    _ = graph.append(.init(operation: .call("mylib.frobnicate.default"), arguments: [NamedArgument(name: "x", .node(input))], name: "frobnicate"))
    let opened = Fixture.open("tiny.pt2", graph)
    var document = Document(id: 1, opened: opened, levels: GraphLevel.all(graph, hints: [:]), operators: FakeServices().operators(of: opened.program.graph))
    document.go(to: 1, height: 20)
    #expect(Inspector.lines(document, width: 40).contains { $0.text == "! Lathe does not support this operator" && $0.role == .warning })
  }

  @Test func aParameterIsInspectedWithoutARow() throws {
    var view = GraphView(index)
    let node = try #require(index.node(named: "p_wte_weight"))
    view.go(to: node, index, height: 20)
    #expect(view.currentNode == node)
  }

  @Test func undoBringsFoldsAndFilterBack() {
    var view = GraphView(index)
    let before = view.folds
    view.setFolds(index) { $0.setAll(closed: false, in: index.modules) }
    #expect(view.layout.rows.count > 30)
    view.remember()
    view.setFilter("op:gelu", index)
    view.undo(index)
    #expect(view.filter.isEmpty && view.folds != before)
    view.undo(index)
    #expect(view.folds == before && !view.canUndo)
    view.redo(index)
    view.redo(index)
    #expect(view.filter.text == "op:gelu" && !view.canRedo)
  }
}
