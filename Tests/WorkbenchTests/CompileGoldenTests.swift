import Capture
import Engine
import Foundation
import Foundations
import Synchronization
import Testing

@testable import Workbench

/// The Compiles screen against reviewed grids in `Goldens`.
@Suite struct CompileGoldenTests {
  private func type(_ keys: String, into model: inout Model) {
    for step in keys.split(separator: " ") { if let key = Key(String(step)) { _ = model.update(.input(.key(key))) } }
  }

  /// A program that was compiled twice, refused a call, ran others eagerly, and is being compiled once more.
  private func model(_ size: Size) throws -> Model {
    var model = Model(size: size)
    let opened = Fixture.open("models/tiny.pt2", Fixture.transformer(blocks: 3))
    model.add(opened, GraphLevel.all(opened.program.graph, hints: ["s0": 4]), operators: FakeServices().operators(of: opened.program.graph))
    type("3", into: &model)
    let session = ObjectIdentifier(opened.session)
    let stream = EventStream()
    let timed = Mutex<[TimedEvent]>([])
    _ = stream.subscribe { event in timed.withLock { $0.append(event) } }
    func tell(_ clock: String, _ events: [CompileEvent]) {
      model.clock = clock
      for event in events { stream.report(.compile(event)) }
      let heard: [TimedEvent] = timed.withLock { all in
        defer { all = [] }
        return all
      }
      for event in heard { _ = model.update(.message(.session(session, .compile(event)))) }
    }
    func id(_ number: Int) -> CompileID { CompileID(frame: 0, compile: number) }
    tell("12:01:07", Fixture.compile(id(0), .firstCall, isDynamic: false))
    tell("12:01:44", Fixture.compile(id(1), .recompilation([Fixture.miss(id(0), 4, 9)]), isDynamic: true))
    model.clock = "12:01:50"
    let eager = UncompiledCalls(outcome: "the stance is eager_on_recompile", isFailure: false, count: 12, misses: [Fixture.miss(id(1), 9, 1)])
    _ = model.update(.message(.session(session, .eagerCalls([eager]))))
    var failure = Array(Fixture.compile(id(2), .recompilation([Fixture.miss(id(1), 9, 1)]), isDynamic: false).prefix(3))
    failure += [.restarted(CompileID(frame: 0, compile: 2, restart: 1), reason: "s0 is 1")]
    failure.append(.finished(CompileID(frame: 0, compile: 2, restart: 1), CompileResult(duration: .milliseconds(80), failure: .unsupported("aten.nonzero cannot be compiled"))))
    tell("12:02:01", failure)
    let running = Fixture.compile(id(3), .recompilation([Fixture.miss(id(1), 9, 70), Fixture.miss(id(0), 4, 70)]), isDynamic: true)
    let place = try #require(running.firstIndex { if case .phaseBegan(_, "compile") = $0 { true } else { false } })
    tell("12:02:10", Array(running[...place]))
    _ = model.update(.message(.session(session, .progress(done: 41, of: 96, what: "model.c", at: stream.now))))
    var facts = SessionFacts()
    facts.entries = [1, 0].map { number in
      SessionFacts.Entry(
        id: id(number), backend: "compiled", hits: 7,
        guards: [
          .init(text: "the global state is the same", neededBy: nil), .init(text: "ids is int64, sizes [any, 16], strides [16, 1]", neededBy: nil),
          .init(text: "2 <= ids.size()[0] <= 64", neededBy: Fixture.line),
        ])
    }
    let job = try #require(model.jobs.first { if case .session(_, _, .look) = $0.work { true } else { false } })
    _ = model.update(.message(.finished(job: job.id, .session(facts))))
    return model
  }

  @Test(arguments: [(40, 10), (80, 24), (120, 40), (200, 60)]) func theCompilations(width: Int, height: Int) throws {
    var model = try model(Size(width: width, height: height))
    type("Home j", into: &model)
    try checkGolden(view(model).text, "compiles-\(width)x\(height)")
  }

  @Test func theOtherPanesWhereNarrow() throws {
    var model = try model(Size(width: 40, height: 10))
    type("Home j Tab j", into: &model)
    try checkGolden(view(model).text, "compiles-why-40x10")
    type("Tab", into: &model)
    try checkGolden(view(model).text, "compiles-guards-40x10")
  }

  @Test func theRunningCompilationAndAllItsMisses() throws {
    var model = try model(Size(width: 80, height: 24))
    type("End Tab", into: &model)
    try checkGolden(view(model).text, "compiles-running-80x24")
  }

  @Test func theStances() throws {
    var model = try model(Size(width: 80, height: 24))
    type("s", into: &model)
    try checkGolden(view(model).text, "compiles-stance-80x24")
  }

  @Test(arguments: [(40, 10), (80, 24)]) func theDriver(width: Int, height: Int) throws {
    var model = try model(Size(width: width, height: height))
    type("D", into: &model)
    try checkGolden(view(model).text, "compiles-drive-\(width)x\(height)")
  }

  @Test func inASCII() throws {
    var model = try model(Size(width: 80, height: 24))
    model.isASCII = true
    type("Home j", into: &model)
    let text = view(model).text
    #expect(text.utf8.allSatisfy { $0 < 127 })
    try checkGolden(text, "compiles-80x24-ascii")
  }

  /// States are told apart without colour.
  @Test func inMono() throws {
    var model = try model(Size(width: 120, height: 40))
    type("Home", into: &model)
    let grid = view(model)
    let looks = ResolvedTheme(try ThemeLibrary(folders: [checkout + "/themes"]).load("mono").theme, depth: .mono)
    for row in 0..<grid.size.height {
      for column in 0..<grid.size.width {
        let look = looks.look(grid[column, row].role, on: grid[column, row].ground)
        #expect(look.foreground == -1 && look.background == -1)
      }
    }
    let marks: [String] = grid.text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(6).prefix(5).map { String($0.dropFirst(2).prefix(1)) }
    #expect(marks == ["✓", "✓", "○", "✗", "▸"])
  }
}
