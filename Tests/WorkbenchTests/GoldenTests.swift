import Engine
import Foundation
import Testing

@testable import Workbench

/// Compares with a file in `Goldens`, or writes it anew where `LATHE_WRITE_GOLDENS` says so.
func checkGolden(_ text: String, _ name: String) throws {
  let path = checkout + "/Tests/WorkbenchTests/Goldens/\(name).txt"
  if ProcessInfo.processInfo.environment["LATHE_WRITE_GOLDENS"] == "1" { try (text + "\n").write(toFile: path, atomically: true, encoding: .utf8) }
  let expected = try String(contentsOfFile: path, encoding: .utf8)
  #expect(text + "\n" == expected, "\(name)")
}

/// Whole screens against reviewed grids in `Goldens`; `LATHE_WRITE_GOLDENS=1` writes them anew.
@Suite struct GoldenTests {
  private func model(_ size: Size) -> Model {
    var model = Model(size: size)
    model.entries = [
      ModelEntry(file: ModelFile(path: "models/tiny.pt2", name: "tiny.pt2", bytes: 1_234_567, kind: "torch.export zip")),
      ModelEntry(file: ModelFile(path: "models/broken.pt2", name: "broken.pt2", bytes: 9, kind: "torch.export zip"), problem: "models/broken.pt2: not a zip archive"),
    ]
    let graph = Fixture.transformer(blocks: 3)
    let opened = Fixture.open("models/tiny.pt2", graph)
    model.add(opened, GraphLevel.all(graph, hints: ["s0": 4]), operators: FakeServices().operators(of: opened.program.graph))
    model.settle()
    return model
  }

  private func type(_ keys: String, into model: inout Model) {
    for step in keys.split(separator: " ") { if let key = Key(String(step)) { _ = model.update(.input(.key(key))) } }
  }

  @Test(arguments: [(40, 10), (80, 24), (120, 40), (200, 60)]) func theGraph(width: Int, height: Int) throws {
    var model = model(Size(width: width, height: height))
    type("+ j j j j j j j j", into: &model)
    try checkGolden(view(model).text, "graph-\(width)x\(height)")
  }

  @Test func aSubgraph() throws {
    var model = Model(size: Size(width: 120, height: 40))
    let opened = Fixture.open("models/cond.pt2", Fixture.conditional())
    model.add(opened, GraphLevel.all(opened.program.graph, hints: [:]), operators: FakeServices().operators(of: opened.program.graph))
    model.settle()
    type("j j", into: &model)
    try checkGolden(view(model).text, "cond-120x40")
    type("Enter Enter j", into: &model)
    try checkGolden(view(model).text, "subgraph-120x40")
  }

  @Test(arguments: [(40, 10), (80, 24), (120, 40), (200, 60)]) func theKernels(width: Int, height: Int) throws {
    var model = model(Size(width: width, height: height))
    type("c", into: &model)
    let job = try #require(model.jobs.last)
    let report = Fixture.compilation(of: Fixture.transformer(blocks: 3))
    _ = model.update(.message(.compiled(job: job.id, report, GraphStages(Fixture.transformer(blocks: 3), passes: report.passes))))
    var result = BenchResult(compileSeconds: 1.25)
    (result.eager, result.compiled) = ([0.0025], [0.0011])
    (result.kernels, result.profiledCalls, result.limits) = (Fixture.times(report.kernels, calls: 40), 40, Fixture.limits)
    for calls in [10, 20, 35] { _ = model.update(.message(.kernelTimes(job: job.id, calls: calls, Fixture.times(report.kernels, calls: calls)))) }
    _ = model.update(.message(.finished(job: job.id, .benchmarked(result))))
    type("j j j", into: &model)
    try checkGolden(view(model).text, "kernels-\(width)x\(height)")
  }

  /// The program after `c`, with the graph that the last pass left shown.
  private func compiled(_ size: Size) throws -> Model {
    var model = model(size)
    type("c", into: &model)
    let job = try #require(model.jobs.last)
    let graph = Fixture.transformer(blocks: 3)
    let report = Fixture.compilation(of: graph)
    _ = model.update(.message(.compiled(job: job.id, report, GraphStages(graph, passes: report.passes))))
    var result = BenchResult(compileSeconds: 1.25)
    (result.kernels, result.profiledCalls, result.limits) = (Fixture.times(report.kernels, calls: 40), 40, Fixture.limits)
    _ = model.update(.message(.finished(job: job.id, .benchmarked(result))))
    return model
  }

  @Test(arguments: [(80, 24), (120, 40), (200, 60)]) func theGraphWithItsKernels(width: Int, height: Int) throws {
    var model = try compiled(Size(width: width, height: height))
    type("2 + t t t j j j j j j j j j j j", into: &model)
    try checkGolden(view(model).text, "overlay-kernel-\(width)x\(height)")
  }

  @Test func theGraphWithItsMemory() throws {
    var model = try compiled(Size(width: 120, height: 40))
    type("2 + t t j j j", into: &model)
    try checkGolden(view(model).text, "overlay-memory-120x40")
  }

  @Test func theGraphAfterAPass() throws {
    var model = try compiled(Size(width: 120, height: 40))
    type("2 + j j j j j j j j j j j", into: &model)
    type("p", into: &model)
    try checkGolden(view(model).text, "passes-120x40")
    type("↓ Enter", into: &model)
    let work = try #require(model.jobs.last)
    guard case .layOut(let document, let stage, let graph, let hints) = work.work else {
      Issue.record("the graph is not being laid out")
      return
    }
    let levels = GraphLevel.all(graph, hints: hints)
    _ = model.update(.message(.finished(job: work.id, .laidOut(document: document, stage: stage, levels, operators: FakeServices().operators(of: graph)))))
    type("t t t", into: &model)
    try checkGolden(view(model).text, "after-pass-120x40")
  }

  @Test func theCompilationGoingOn() throws {
    var model = model(Size(width: 80, height: 24))
    type("c", into: &model)
    let job = try #require(model.jobs.last)
    _ = model.update(.message(.phase(job: job.id, name: "passes", seconds: 0.0021)))
    _ = model.update(.message(.phase(job: job.id, name: "lower", seconds: 0.0131)))
    _ = model.update(.message(.progress(job: job.id, done: 2, of: 5, what: "model.c")))
    try checkGolden(view(model).text, "compiling-80x24")
  }

  @Test func theModels() throws {
    var model = model(Size(width: 80, height: 24))
    type("1", into: &model)
    try checkGolden(view(model).text, "models-80x24")
  }

  @Test func theGraphInASCII() throws {
    var model = model(Size(width: 80, height: 24))
    model.isASCII = true
    type("+ j j j j j j j j", into: &model)
    let text = view(model).text
    #expect(text.utf8.allSatisfy { $0 < 127 })
    try checkGolden(text, "graph-80x24-ascii")
  }

  /// The attributes of each cell: b bold, d dim, u underlined, r reversed, capital where reversed too.
  @Test func theGraphInMono() throws {
    var model = model(Size(width: 80, height: 24))
    type("+ j j j j j j j j", into: &model)
    let grid = view(model)
    let theme = try ThemeLibrary(folders: [checkout + "/themes"]).load("mono").theme
    let looks = ResolvedTheme(theme, depth: .mono)
    var lines: [String] = []
    for row in 0..<grid.size.height {
      var line = ""
      for column in 0..<grid.size.width {
        let look = looks.look(grid[column, row].role, on: grid[column, row].ground)
        #expect(look.foreground == -1 && look.background == -1)
        let mark = look.attributes.contains(.bold) ? "b" : look.attributes.contains(.underline) ? "u" : look.attributes.contains(.dim) ? "d" : ""
        line += look.attributes.contains(.reverse) ? (mark.isEmpty ? "r" : mark.uppercased()) : (mark.isEmpty ? "." : mark)
      }
      lines.append(line)
    }
    try checkGolden(lines.joined(separator: "\n"), "graph-80x24-mono")
  }

  @Test func tooSmallIsSaidKindly() throws {
    var model = model(Size(width: 30, height: 6))
    model.settle()
    try checkGolden(view(model).text, "too-small-30x6")
    #expect(view(self.model(Size(width: 1, height: 1))).text == "…")
  }
}
