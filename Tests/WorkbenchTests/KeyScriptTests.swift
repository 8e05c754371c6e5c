import Foundation
import Testing

@testable import Workbench

/// Keys typed into the real update loop.
@Suite struct KeyScriptTests {
  private typealias Step = TestTerminal.Step

  @Test func opensUnfoldsFiltersAndFollows() {
    let (model, record) = play(
      Step.keys("Enter") + [.keep("folded")] + Step.keys("+ /") + Step.type("op:gelu") + Step.keys("Enter") + [.keep("filtered")] + Step.keys("n n d") + [.keep("definition")]
        + Step.keys("u") + Step.keys("[") + [.keep("back")])
    #expect(record.kept("folded").contains("h.0 … 2 Block ×3"))
    #expect(record.kept("filtered").contains("3 nodes match 'op:gelu'"))
    #expect(record.kept("definition").contains("▌") && model.document?.view.filter.text == "op:gelu")
    #expect(model.document?.index.graph.nodes[model.document?.view.currentNode ?? 0].name == "add_2")
  }

  @Test func enterOnAnArgumentFollowsIt() {
    let (model, _) = play(Step.keys("Enter g") + Step.type("sdpa_1") + Step.keys("Enter Enter j j Enter"))
    #expect(model.document?.index.graph.nodes[model.document?.view.currentNode ?? 0].name == "getitem_3")
  }

  @Test func subgraphsAreEnteredAndLeft() {
    let open = Step.keys("o") + Step.type("cond.pt2") + Step.keys("Enter g") + Step.type("cond") + Step.keys("Enter")
    let (model, record) = play(
      open + Step.keys("Enter") + [.keep("choice")] + Step.keys("↓ Enter") + [.keep("branch")] + Step.keys("↓ Enter") + [.keep("body")] + Step.keys("Esc Esc") + [.keep("left")]
        + Step.keys("[ [") + [.keep("back")] + Step.keys("]"))
    #expect(record.kept("choice").contains("Subgraphs of cond") && record.kept("choice").contains("true_graph_0"))
    #expect(record.kept("branch").contains("Graph › cond.pt2 › cond › false_graph_0\n") && record.kept("branch").contains("number 0 of cond"))
    #expect(record.kept("body").contains("Graph › cond.pt2 › cond › false_graph_0 › rest › wrap › body_graph_0"))
    #expect(record.kept("left").contains("Graph › cond.pt2\n") && record.kept("left").contains("higher_order.cond"))
    #expect(record.kept("back").contains("wrap › body_graph_0") && model.document?.level.name == "false_graph_0")
    let (inner, _) = play(open + Step.keys("Tab ↓ ↓ ↓ Enter"))
    #expect(inner.document?.level.name == "true_graph_0" && inner.document?.view.pane == .rows)
  }

  @Test func aRunShowsProgressAndItsResult() {
    let gate = Gate()
    let (model, record) = play(
      Step.keys("Enter r Enter") + [.when("7/", .key(Key(.down))), .open(gate), .keep("result")] + Step.keys("Esc t t") + [.keep("times")],
      services: FakeServices(gate: gate))
    let result = record.kept("result")
    #expect(result.contains("Result") && result.contains("float32[4, 16, 64]") && result.contains("-2.5") && result.contains("0.125") && result.contains("12.50 ms"))
    #expect(record.kept("times").contains("Graph · time") && model.document?.samples.isEmpty == false)
  }

  @Test func aRunCanBeCancelled() {
    let gate = Gate()
    let (model, record) = play(
      Step.keys("Enter r Enter") + [.when("7/", .key(Key(.control("x")))), .open(gate), .keep("after")], services: FakeServices(gate: gate))
    #expect(record.kept("after").contains("run tiny.pt2 (seed 0): cancelled") && model.document?.lastRun == nil)
  }

  @Test func kernelsAreTimedLiveSortedAndFiltered() {
    let gate = Gate()
    let (model, record) = play(
      Step.keys("Enter 4") + [.keep("missing")] + Step.keys("c")
        + [.when("timing: 10 profiled calls", .key(Key(.character("j")))), .when("▌      10", .key(Key(.character("s")))), .open(gate), .keep("timed")]
        + Step.keys("/") + Step.type("SPLIT") + Step.keys("Enter") + [.keep("filtered")] + Step.keys("Esc s s s s s") + [.keep("sorted")],
      services: FakeServices(gate: gate))
    #expect(record.kept("missing").contains("tiny.pt2 is not compiled yet.") && record.kept("missing").contains("c compiles it"))
    let timed = record.kept("timed")
    #expect(timed.contains("compiled 1.24 s  passes 2.10 ms · lower") && timed.contains("eager 2.50 ms · compiled 1.10 ms") && timed.contains("40 profiled calls"))
    #expect(timed.contains("▼calls") && timed.contains("compile and time tiny.pt2: a call takes 1.10 ms, eagerly 2.50 ms"))
    #expect(record.kept("filtered").contains("filter SPLIT") && !record.kept("filtered").contains("call_linear"))
    #expect(record.kept("sorted").contains("▼total") && model.document?.kernels?.filter == "")
  }

  @Test func aKernelLeadsToItsNodesAndBack() throws {
    let (model, record) = play(
      Step.keys("Enter c") + [.keep("table")] + Step.keys("/") + Step.type("fused") + Step.keys("Enter Enter j j → Enter") + [.keep("code")] + Step.keys("j Enter") + [.keep("node")]
        + Step.keys("Enter j j j j j j j j Enter"))
    #expect(record.kept("table").contains("Runs the operator's own kernel,"))
    #expect(record.kept("code").contains("oid fused_add_gelu_12(void") && record.kept("code").contains(" 1/4 "))
    #expect(record.kept("node").contains("Graph › tiny.pt2 › h › 2 › mlp") && record.kept("node").contains("torch.ops.aten.gelu.default"))
    #expect(record.kept("node").contains("kernel       fused_add_gelu_12") && record.kept("node").contains("52.0 µs, 10% of a call"))
    let table = try #require(model.document?.kernels)
    #expect(model.screen == .kernels && table.pane == .table && table.current.map { table.report.kernels[$0].name } == "fused_add_gelu_12")
  }

  @Test func theMouseChoosesAndScrollsKernels() throws {
    func mouse(_ action: Mouse.Action, _ column: Int, _ row: Int) -> Step { .input(.mouse(Mouse(action, Position(column: column, row: row)))) }
    let (model, record) = play(
      Step.keys("Enter c") + [mouse(.press, 20, 9), .keep("chosen"), mouse(.wheelDown, 20, 25), mouse(.press, 80, 23), .keep("node"), mouse(.doublePress, 80, 23)])
    #expect(record.kept("chosen").contains("▌      40   2.08 ms") && record.kept("chosen").contains("// block 2"))
    #expect(record.kept("node").contains("▌gelu_2"))
    let document = try #require(model.document)
    #expect(model.screen == .graph && document.view.currentNode.map { document.index.graph.nodes[$0].name } == "gelu_2")
  }

  @Test func whatCannotBeCompiledIsOneSentence() {
    let (model, record) = play(Step.keys("o") + Step.type("cond.pt2") + Step.keys("Enter c") + [.keep("after")])
    #expect(record.kept("after").contains("✗ cond.pt2: higher_order.wrap cannot be compiled") && record.kept("after").contains("is not compiled yet"))
    #expect(model.document?.kernels == nil && model.log.last?.level == .error)
    let (_, readonly) = play(Step.keys("Enter c") + [.keep("after")], prepare: { $0.isReadonly = true })
    #expect(readonly.kept("after").contains("started with --readonly"))
  }

  @Test func timingCanBeCancelledAndKeepsWhatIsKnown() {
    let gate = Gate()
    let (model, record) = play(
      Step.keys("Enter c") + [.when("timing: 10", .key(Key(.control("x")))), .open(gate), .keep("after")], services: FakeServices(gate: gate))
    #expect(record.kept("after").contains("compile and time tiny.pt2: cancelled") && record.kept("after").contains("10 profiled calls"))
    #expect(model.document?.kernels?.medians == nil && model.jobs.isEmpty)
  }

  @Test func quittingAsksOnlyWhileAJobRuns() {
    let gate = Gate()
    let script: [Step] =
      Step.keys("Enter r Enter") + [.when("7/", .key(Key(.character("q")))), .when("y quits", .key(Key(.character("n")))), .immediately(.key(Key(.character("q")))), .open(gate)]
    let (model, record) = play(script + [.when("Quit?", .key(Key(.character("y"))))], services: FakeServices(gate: gate))
    #expect(record.state.withLock { $0.last }.contains("A job still runs:"))
    if case .confirmQuit = model.layer { Issue.record("the question is still open") }
    let (quiet, _) = play(Step.keys("q Enter"))
    #expect(quiet.documents.isEmpty)
  }

  @Test func aFileThatIsNoModelIsAMessage() {
    let (model, record) = play(Step.keys("j Enter") + [.keep("after")])
    #expect(record.kept("after").contains("✗ models/broken.pt2: not a zip archive"))
    #expect(model.documents.isEmpty && model.log.contains { $0.level == .error })
  }

  @Test func theDialogSaysWhatIsWrong() {
    let (_, record) = play(Step.keys("Enter r ↑ ↑") + Step.type(" oops") + Step.keys("Enter") + [.keep("after")])
    #expect(record.kept("after").contains("sizes look like s0=4 s1=16"))
  }

  @Test func themesChangeWhileChoosingAndEscapeBringsTheOldOneBack() {
    let (model, record) = play(Step.keys("T ↓ Esc"))
    #expect(record.state.withLock { $0.themes } == ["dusk", "default"] && model.theme == "default")
    let (chosen, _) = play(Step.keys("T ↓ Enter"))
    #expect(chosen.theme == "dusk" && chosen.saved.theme == "dusk")
  }

  @Test func helpFiltersAndDoes() {
    let (model, record) = play(Step.keys("Enter ?") + Step.type("unfold all") + [.keep("help")] + Step.keys("Enter"))
    #expect(record.kept("help").contains("1 of \(Commands.all.count)"))
    #expect(model.document?.view.folds.closedGroups == [false])
  }

  @Test func whatCannotBeDoneSaysWhy() {
    let (_, record) = play(Step.keys(":") + Step.type("close the") + [.keep("palette")] + Step.keys("Enter") + [.keep("after")])
    #expect(record.kept("palette").contains("no model is open"))
    #expect(record.kept("after").contains("Close the model: no model is open"))
  }

  @Test func menusOpenWithAltAndF10() {
    let (model, record) = play(Step.keys("Alt-v") + [.keep("view")] + Step.keys("Esc F10 → ↓") + [.keep("graph")] + Step.keys("Esc"))
    #expect(record.kept("view").contains("Theme…") && record.kept("graph").contains("Fold all modules"))
    #expect(record.kept("graph").contains("no model is open") && model.layer == nil)
  }

  @Test func copiesThroughTheTerminal() {
    let (_, record) = play(Step.keys("Enter y"))
    let sent = record.state.withLock { $0.sent.map { String(decoding: $0, as: UTF8.self) } }
    #expect(sent.count == 1 && sent[0].contains("]52;c;" + Data("ids: i64[s0,16] = input".utf8).base64EncodedString()))
  }

  @Test func clipboardSequencesAreWrappedForTmuxAndCapped() {
    #expect(Clipboard.bytes(for: "x", insideTmux: true) == Array("\u{1b}Ptmux;\u{1b}\u{1b}]52;c;eA==\u{07}\u{1b}\\".utf8))
    #expect(Clipboard.bytes(for: String(repeating: "x", count: 1_000_000), insideTmux: false).count < 70_000)
  }

  @Test func theMouseChoosesScrollsAndDragsASplit() {
    func mouse(_ action: Mouse.Action, _ column: Int, _ row: Int) -> Step { .input(.mouse(Mouse(action, Position(column: column, row: row)))) }
    let (model, _) = play(
      Step.keys("Enter +") + [mouse(.press, 40, 6), mouse(.wheelDown, 40, 10), mouse(.press, 27, 12), mouse(.drag, 40, 12), mouse(.release, 40, 12)],
      services: FakeServices(blocks: 12))
    #expect(model.document?.view.rows.top == 3 && model.document?.view.pane == .rows)
    #expect(model.saved.treeShare == 34 && model.dragged == nil)
    let (off, record) = play(Step.keys("Enter M") + [mouse(.press, 2, 0)])
    #expect(off.layer == nil && record.state.withLock { $0.mouse } == [false])
  }

  @Test func everySizeIsSurvived() {
    let sizes: [(Int, Int)] = [(1, 1), (2, 40), (200, 2), (39, 10), (40, 9), (40, 10), (79, 24), (80, 15), (81, 16), (100, 17), (300, 90), (5, 5)]
    let storm: [Step] = sizes.map { .resize(Size(width: $0.0, height: $0.1)) }
    let (model, _) = play(
      Step.keys("Enter") + storm + Step.keys(":") + storm + Step.keys("Esc r") + storm + Step.keys("Esc F10") + storm + Step.keys("Esc 1") + storm + Step.keys("6") + storm + Step.keys("c") + storm
        + Step.keys("Tab") + storm + Step.keys("Tab") + storm
        + [.resize(Size(width: 80, height: 24))])
    #expect(model.size == Size(width: 80, height: 24) && model.documents.count == 1 && model.document?.kernels?.times.isEmpty == false)
  }

  @Test func pasteGoesIntoAPrompt() {
    let (_, record) = play(Step.keys("o") + [.input(.paste("models/ti\nny.pt2")), .keep("prompt")])
    #expect(record.kept("prompt").contains("Open: models/ti ny.pt2"))
  }

  @Test func readonlyWritesNothing() {
    let (model, record) = play(Step.keys("Enter 6 s") + [.keep("log")], prepare: { $0.isReadonly = true })
    #expect(record.kept("log").contains("started with --readonly") && model.layer == nil)
  }

  @Test func anEmptyFilterSelectionIsSaid() {
    let (_, record) = play(Step.keys("Enter /") + Step.type("nothinglikeit") + Step.keys("Enter f n") + [.keep("after")])
    #expect(record.kept("after").contains("nothing matches 'nothinglikeit'"))
  }

  @Test func suspendingAndRedrawingReachTheTerminal() {
    let (_, record) = play(Step.keys("Ctrl-Z Ctrl-L"))
    #expect(record.state.withLock { $0.suspensions } == 1)
  }

  @Test func aMoveChangesFewCellsAndRestChangesNone() {
    let (_, record) = play(Step.keys("Enter + j j j") + [.immediately(.wake), .immediately(.wake)])
    let counts = record.state.withLock { $0.changeCounts }
    // Two rows and the inspector: far from the 4800 cells of the screen. Wakes without news draw nothing.
    #expect(counts.suffix(3).allSatisfy { $0 > 0 && $0 < 1000 })
  }
}
