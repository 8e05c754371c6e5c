import Engine
import Foundation
import Testing

@testable import Workbench

/// The Archive screen against reviewed grids in `Goldens`.
@Suite struct ArchiveGoldenTests {
  private func type(_ keys: String, into model: inout Model) {
    for step in keys.split(separator: " ") { if let key = Key(String(step)) { _ = model.update(.input(.key(key))) } }
  }

  /// A program and an archive of two models, the first of which is chosen.
  private func model(_ size: Size) -> Model {
    var model = Model(size: size)
    let opened = Fixture.open("models/tiny.pt2", Fixture.transformer(blocks: 3))
    model.add(opened, GraphLevel.all(opened.program.graph, hints: ["s0": 4]), operators: FakeServices().operators(of: opened.program.graph))
    _ = model.add(Fixture.archive("models/served.pt2"))
    model.settle()
    return model
  }

  /// Gives the answers of the jobs that the last key asked for.
  private func answer(_ model: inout Model, _ outlook: WriteOutlook) {
    for job in model.jobs where job.work.isOutlook { _ = model.update(.message(.finished(job: job.id, .foreseen(outlook)))) }
  }

  @Test(arguments: [(40, 10), (80, 24), (120, 40), (200, 60)]) func theArchive(width: Int, height: Int) throws {
    var model = model(Size(width: width, height: height))
    type("Tab j j", into: &model)
    for job in model.jobs {
      guard case .archiveSource = job.work else { continue }
      _ = model.update(.message(.finished(job: job.id, .archiveSource(["// encoder", "void kernel(float *p) {", "  p[0] = 1;", "}"]))))
    }
    try checkGolden(view(model).text, "archive-\(width)x\(height)")
  }

  @Test func theArchiveInASCII() throws {
    var model = model(Size(width: 80, height: 24))
    model.isASCII = true
    type("j", into: &model)
    let text: String = view(model).text
    #expect(text.utf8.allSatisfy { $0 < 127 })
    try checkGolden(text, "archive-80x24-ascii")
  }

  @Test func aProgram() throws {
    var model = model(Size(width: 80, height: 24))
    type("k", into: &model)
    try checkGolden(view(model).text, "archive-program-80x24")
  }

  @Test(arguments: [(40, 10), (80, 24)]) func theDimensionEditor(width: Int, height: Int) throws {
    var model = model(Size(width: width, height: height))
    type("k e → → → 2 . . 3 2 ↓ → →", into: &model)
    let wishes: [DimensionWish] = try DimensionWish.parse("ids:0=dynamic(2..32),ids:1=auto")
    let outlook = WriteOutlook(place: FilePlace(exists: false, isFolder: false, freeBytes: 41_000_000_000), report: Fixture.exportReport(wishes))
    // The first answer is of an older form; the second of this one.
    answer(&model, outlook)
    answer(&model, outlook)
    try checkGolden(view(model).text, "export-\(width)x\(height)")
    type("Enter", into: &model)
    answer(&model, outlook)
    try checkGolden(view(model).text, "export-report-\(width)x\(height)")
  }

  @Test(arguments: [(40, 10), (80, 24)]) func thePackageForm(width: Int, height: Int) throws {
    var model = model(Size(width: width, height: height))
    type("k P", into: &model)
    answer(&model, WriteOutlook(place: FilePlace(exists: true, isFolder: false, freeBytes: 41_000_000_000)))
    try checkGolden(view(model).text, "package-\(width)x\(height)")
  }

  @Test(arguments: [(40, 10), (80, 24)]) func theQuestionOfTrust(width: Int, height: Int) throws {
    var model = model(Size(width: width, height: height))
    type("r Enter", into: &model)
    try checkGolden(view(model).text, "trust-\(width)x\(height)")
  }
}
