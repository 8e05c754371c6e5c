import Foundation
import Testing

@testable import Workbench

/// Keys typed on the Kernels screen and on the graphs that passes leave.
@Suite struct KernelScriptTests {
  private typealias Step = TestTerminal.Step

  private func nodeName(_ model: Model) -> String? { model.document.flatMap { document in document.view.currentNode.map { document.index.graph.nodes[$0].name } } }

  @Test func aCompilationShowsWhereItIsAndCanBeCancelled() {
    let gate = Gate()
    let (model, record) = play(
      Step.keys("Enter c") + [.when("1/3 model.c", .key(Key(.down))), .when("✓ passes", .key(Key(.control("x")))), .open(gate), .keep("after")],
      services: FakeServices(compileGate: gate))
    #expect(record.kept("after").contains("compile and time tiny.pt2: cancelled") && record.kept("after").contains("is not compiled yet"))
    #expect(model.document?.kernels == nil && model.log.contains { $0.text == "passes took 2.10 ms" })
  }

  @Test func theTableIsHeldAndFollowsAgain() {
    let gate = Gate()
    let (model, record) = play(
      Step.keys("Enter c") + [.when("timing: 10", .key(Key(.character("f")))), .when("held; f follows", .key(Key(.down))), .open(gate), .keep("held")] + Step.keys("f") + [.keep("on")],
      services: FakeServices(gate: gate))
    #expect(record.kept("held").contains("10 profiled calls") && record.kept("held").contains("held; f follows"))
    #expect(record.kept("on").contains("40 profiled calls") && !record.kept("on").contains("held; f"))
    #expect(model.document?.kernels?.isHeld == false)
  }

  @Test func callsGoOnUntilToldToStop() throws {
    let gate = Gate()
    let (model, record) = play(
      Step.keys("Enter 4 L") + [.when("live: 1600 profiled calls", .key(Key(.character("L")))), .when("cancelling call tiny.pt2", .key(Key(.down))), .open(gate), .keep("after")],
      services: FakeServices(gate: gate))
    #expect(record.kept("after").contains("call tiny.pt2 again and again: stopped after 1600 calls"))
    let table = try #require(model.document?.kernels)
    #expect(table.trends[0].means.count == 4 && table.limits?.bandwidth == 40e9 && table.medians == nil)
    // The made-up times are the same in every call.
    #expect(table.trends[3].means.allSatisfy { abs(Double($0) - (table.mean(of: 3) ?? 0)) < 1e-9 })
  }

  @Test func tuningShowsItsCandidates() {
    let (model, record) = play(Step.keys("Enter A / ") + Step.type("linear_7") + Step.keys("Enter") + [.keep("table")])
    #expect(record.kept("table").contains("tuned  product f32 64x192x64") && record.kept("table").contains("470.0 µs  OpenBLAS"))
    #expect(model.document?.kernels?.report.isTuned == true)
    #expect(model.log.contains { $0.text.contains("tune, compile and time tiny.pt2: a call takes 1.10 ms") })
  }

  @Test func closingTheModelStopsItsCalls() {
    let gate = Gate()
    let (model, _) = play(
      Step.keys("Enter 4 L") + [.when("live: 1600", .key(Key(.control("w")))), .when("cancelling call", .key(Key(.down))), .open(gate), .keep("after")],
      services: FakeServices(gate: gate))
    #expect(model.documents.isEmpty && model.jobs.isEmpty)
  }

  @Test func aKernelLeadsToTheModelsLineAndToAllThatCameFromIt() throws {
    let (model, record) = play(Step.keys("Enter c / ") + Step.type("fused") + Step.keys("Enter Tab Tab End") + [.keep("line")] + Step.keys("Enter") + [.keep("nodes")])
    #expect(record.kept("line").contains("▌tiny.py:12  x = self.wte(ids)"))
    let matches = try #require(model.document?.view.matches)
    let graph = try #require(model.document?.index.graph)
    #expect(matches == graph.nodes.map { $0.stackTrace >= 0 })
    #expect(record.kept("nodes").contains("28 nodes come from tiny.py:12  x = self.wte(ids)"))
    #expect(model.screen == .graph && nodeName(model) == "add_2")
  }

  @Test func theGraphIsShownAfterEachPass() {
    let (model, record) = play(
      Step.keys("Enter + g") + Step.type("gelu_1") + Step.keys("Enter p") + [.keep("choice")] + Step.keys("↓ Enter") + [.keep("first")] + Step.keys(".") + [.keep("last")]
        + Step.keys(".") + [.keep("end")] + Step.keys(", ,"))
    #expect(record.kept("choice").contains("▌ the program") && record.kept("choice").contains("after first") && !record.kept("choice").contains("second"))
    #expect(record.kept("first").contains("Graph › tiny.pt2 › after first › h › 1 › mlp") && record.kept("first").contains("sigmoid_of_gelu_1"))
    #expect(record.kept("first").contains("comes from   gelu_1"))
    #expect(record.kept("last").contains("after last › h › 1") && record.kept("end").contains("no later pass changes anything"))
    #expect(model.document?.stage == 0 && nodeName(model) == "gelu_1")
  }

  /// Keys that come before a graph is laid out count from the one asked for, and the last one asked for is shown.
  @Test func quickStepsAllCount() throws {
    let graph = Fixture.transformer(blocks: 3)
    var model = Model(size: Size(width: 120, height: 40))
    model.add(Fixture.open("tiny.pt2", graph), GraphLevel.all(graph, hints: [:]), operators: [:])
    model.settle()
    let passes = GraphStages(graph, passes: Fixture.passes(of: graph))
    _ = model.update(.input(.key(Key(.character("p")))))
    let job = try #require(model.jobs.last)
    _ = model.update(.message(.finished(job: job.id, .passes(passes))))
    _ = model.update(.input(.key(Key(.escape))))
    for _ in 0..<2 { _ = model.update(.input(.key(Key(.character("."))))) }
    for job in model.jobs {
      guard case .layOut(let document, let stage, let graph, let hints) = job.work else { continue }
      _ = model.update(.message(.finished(job: job.id, .laidOut(document: document, stage: stage, GraphLevel.all(graph, hints: hints), operators: [:]))))
      #expect(model.document?.stage == (stage == 2 ? 2 : 0))
    }
    #expect(model.document?.stage == 2 && model.document?.stages.all.allSatisfy { $0.level != nil } == true)
  }

  @Test func aLaterNodeLeadsToTheProgramsAndBack() {
    let (model, record) = play(
      Step.keys("Enter + g") + Step.type("gelu_1") + Step.keys("Enter . Enter j j j j j j j Enter") + [.keep("program")] + Step.keys("["))
    #expect(record.kept("program").contains("Graph › tiny.pt2 › h › 1 › mlp"))
    #expect(model.document?.stage == 1 && nodeName(model) == "sigmoid_of_gelu_1")
  }

  @Test func whatAPassDropsIsSaid() {
    let (_, record) = play(Step.keys("Enter + c 2 g") + Step.type("split_1") + Step.keys("Enter") + [.keep("kernel")] + Step.keys("p Esc"))
    #expect(record.kept("kernel").contains("kernel       call_split_5"))
    let (_, plain) = play(Step.keys("Enter + p Esc g") + Step.type("split_1") + Step.keys("Enter") + [.keep("gone")])
    #expect(plain.kept("gone").contains("kernel       is gone after 'last'"))
  }

  @Test func whatHasNoPassesIsOneSentence() {
    let (model, record) = play(Step.keys("o") + Step.type("cond.pt2") + Step.keys("Enter p") + [.keep("after")])
    #expect(record.kept("after").contains("✗ cond.pt2: higher_order.wrap cannot be compiled") && model.layer == nil)
  }

  @Test func theKernelOverlayFollowsAndLeadsToTheKernel() throws {
    let (model, record) = play(
      Step.keys("Enter + K") + [.keep("none")] + Step.keys("c 2 t t t") + [.keep("overlay")] + Step.keys("g") + Step.type("gelu_1") + Step.keys("Enter K") + [.keep("kernel")])
    #expect(record.kept("none").contains("the model is not compiled yet"))
    #expect(record.kept("overlay").contains("Graph · kernel") && record.kept("overlay").contains("call_split_5"))
    let table = try #require(model.document?.kernels)
    #expect(model.screen == .kernels && table.current.map { table.report.kernels[$0].name } == "fused_add_gelu_11")
    // Rows add up to the kernels' time in a call.
    let view = try #require(model.documents.first?.levels[0].view)
    #expect(abs(Double(view.rowSeconds.reduce(0, +)) - table.totalSeconds / 40) < 1e-8)
    // A module's share is that of the nodes under its path.
    let index = try #require(model.documents.first?.levels[0].index)
    let module = try #require(index.modules.module(at: "h.1"))
    let kernels = try #require(model.documents.first?.levels[0].kernels)
    let samples = kernels.spread(table.secondsInCall)
    let inside = samples.indices.filter { node in index.graph.moduleStack(of: .init(node)).contains { $0.path == "h.1" } }.reduce(0) { $0 + samples[$1] }
    #expect(abs((view.timeShare(of: [module]) ?? 0) - Double(inside / samples.reduce(0, +))) < 1e-5)
  }
}
