import Engine
import Foundation
import Testing

@testable import Workbench

/// Keys typed on the Archive screen.
@Suite struct ArchiveScriptTests {
  private typealias Step = TestTerminal.Step
  private static let openArchive: [TestTerminal.Step] = Step.keys("o") + Step.type("served.pt2") + Step.keys("Enter")
  private static let digest = String(repeating: "ab12", count: 16)

  @Test func anArchiveIsLookedIntoWithoutRunningIt() {
    let services = FakeServices()
    let (model, record) = play(
      Self.openArchive + [.keep("opened")] + Step.keys("Tab End") + [.keep("symbols")] + Step.keys("Esc ↓ Tab Home") + [.keep("torch")] + Step.keys("c") + [.keep("source")]
        + Step.keys(".") + [.keep("second")],
      services: services)
    #expect(record.kept("opened").contains("opened served.pt2: 2 compiled models; nothing of it was run"))
    #expect(record.kept("opened").contains("args[0]['ids']") && record.kept("opened").contains(Self.digest) && record.kept("opened").contains("owner = search"))
    #expect(record.kept("symbols").contains("memcpy  GLIBC_2.14"))
    #expect(record.kept("torch").contains("✗ PyTorch 2.6 lacks torch_new_thing") && record.kept("torch").contains("✓ PyTorch 2.15"))
    #expect(record.kept("source").contains("// data/aotinductor/head/cpp.cpp") && record.kept("second").contains("source 2/2"))
    #expect(model.screen == .archive && services.files.state.withLock { $0.calls.isEmpty })
    #expect(model.saved.recent.first == "served.pt2")
  }

  @Test func trustIsAskedOncePerContentHash() {
    let services = FakeServices()
    let (model, record) = play(
      Self.openArchive + Step.keys("r Enter") + [.keep("asked")] + Step.keys("n") + [.keep("refused")] + Step.keys("r Enter y") + [.keep("ran")] + Step.keys("Esc r Enter") + [.keep("again")]
        + Step.keys("Esc ↓ r"),
      services: services)
    #expect(record.kept("asked").contains("Run native code?") && record.kept("asked").contains(Self.digest) && record.kept("asked").contains("served.pt2"))
    #expect(record.kept("refused").contains("not run, its code is not trusted"))
    #expect(record.kept("ran").contains("Result") && record.kept("ran").contains("sum_2 float32[4, 16, 64]"))
    #expect(!record.kept("again").contains("Run native code?") && record.kept("again").contains("Result"))
    #expect(services.files.state.withLock { $0.calls } == [Self.digest, Self.digest])
    // What PyTorch compiled does not say what its inputs are.
    if case .form(let form)? = model.layer { #expect(form.problem?.contains("safetensors") == true) } else { Issue.record("the form is gone") }
  }

  @Test func anExportShowsItsReportBeforeWriting() {
    let services = FakeServices()
    let (model, record) = play(
      Step.keys("Enter 5 e → → →") + Step.type("2..32") + Step.keys("↓ → → ↓ → ↓ Enter") + [.keep("report")] + Step.keys("y") + [.keep("written")], services: services)
    let report: String = record.kept("report")
    #expect(report.contains("ids:0") && report.contains("dynamic  s0 in [2, 64], wished dynamic(2..32)"))
    #expect(report.contains("because specialised to 16, needed by aten.embedding.default") && report.contains("tiny.py:12") && report.contains("s0 % 2 == 0"))
    #expect(services.files.state.withLock { $0.wishes.map(\.text) } == ["dynamic(2..32)", "auto"])
    #expect(services.files.state.withLock { $0.written } == ["models/tiny_exported.pt2"])
    #expect(record.kept("written").contains("wrote models/tiny_exported.pt2, 1.2 MB") && model.layer == nil)
  }

  @Test func aWishThatCannotBeIsSaidInTheForm() {
    let services = FakeServices()
    let (_, record) = play(Step.keys("Enter 5 e ↓ → → →") + [.keep("impossible")] + Step.keys("→") + [.keep("nameless")] + Step.keys("Enter") + [.keep("stays")], services: services)
    #expect(record.kept("impossible").contains("ids.size()[1] is always 16"))
    #expect(record.kept("nameless").contains("✗ ids:1 needs a name") && record.kept("stays").contains("✗ ids:1 needs a name"))
    #expect(services.files.state.withLock { $0.written.isEmpty })
  }

  /// Going to a field says what it takes, with nothing typed.
  @Test func theFormSaysWhatTheFieldTakes() {
    let (_, record) = play(Step.keys("Enter 5 P") + [.keep("model")] + Step.keys("↓ ↓ ↓") + [.keep("target")] + Step.keys("↓") + [.keep("weights")] + Step.keys("↑ ↑ ↑ ↑") + [.keep("again")])
    #expect(record.kept("model").contains("put it in or leave it out") && record.kept("again").contains("put it in or leave it out"))
    #expect(record.kept("target").contains("x86-64-v3 any with AVX2") && record.kept("weights").contains("external in a member"))
    #expect(record.kept("weights").contains("1 model: model from tiny.pt2"))
  }

  @Test func severalModelsArePackagedWithMetadata() {
    let services = FakeServices()
    let two: [Step] = Step.keys("Enter 1 o") + Step.type("cond.pt2") + Step.keys("Enter 5 P ← ↓") + Step.keys("Ctrl-U") + Step.type("head") + Step.keys("↓ ↓")
    let (model, record) = play(two + Step.type("version=3, owner=search") + Step.keys("Enter") + [.keep("done")], services: services)
    let state = services.files.state.withLock { $0 }
    #expect(state.names == ["tiny", "head"] && state.metadata == ["version": "3", "owner": "search"])
    #expect(record.kept("done").contains("wrote cond_packaged.pt2, 98.8 kB, in 1.20 s, agrees with eager execution"))
    #expect(model.shelf.archives.map(\.summary.path) == ["cond_packaged.pt2"] && model.shelf.current?.model.name == "encoder")
  }

  @Test func packagingShowsProgressAndCanBeCancelled() {
    let gate = Gate()
    let services = FakeServices(gate: gate)
    let (model, record) = play(
      Step.keys("Enter 5 P Enter") + [.when("2/5 kernel.c", .key(Key(.character("P")))), .immediately(.key(Key(.control("x")))), .open(gate), .keep("after")],
      services: services)
    #expect(record.kept("after").contains("package model into tiny_packaged.pt2: cancelled"))
    #expect(services.files.state.withLock { $0.written.isEmpty } && model.shelf.archives.isEmpty)
    #expect(model.log.contains { $0.text == "Package: a file is being written or verified; Ctrl-X cancels" })
  }

  @Test func replacingAsksAndAFullDiskRefuses() {
    let services = FakeServices()
    services.files.state.withLock { $0.existing = ["models/tiny_packaged.pt2"] }
    let (_, record) = play(Step.keys("Enter 5 P Enter") + [.keep("asked")] + Step.keys("n") + [.keep("left")] + Step.keys("P Enter y") + [.keep("done")], services: services)
    #expect(record.kept("asked").contains("Replace tiny_packaged.pt2?") && record.kept("asked").contains("the file that is there is replaced"))
    #expect(!record.kept("left").contains("Replace") && record.kept("done").contains("wrote models/tiny_packaged.pt2"))
    let full = FakeServices()
    full.files.state.withLock { $0.freeBytes = 1000 }
    let (_, refused) = play(Step.keys("Enter 5 P Enter") + [.keep("full")], services: full)
    #expect(refused.kept("full").contains("takes about 1.5 MB, and 1.0 kB") && full.files.state.withLock { $0.written.isEmpty })
  }

  @Test func whatDiffersIsNotWrittenAndTheMinifierIsOffered() {
    let services = FakeServices()
    services.files.state.withLock { $0.differs = true }
    let (model, record) = play(Step.keys("Enter 5 P Enter") + [.keep("differs")] + Step.keys("y") + [.keep("form")] + Step.keys("Enter") + [.keep("small")], services: services)
    #expect(record.kept("differs").contains("Not verified") && record.kept("differs").contains("[0, 1, 2] is 3.5, expected 3.25") && record.kept("differs").contains("nothing was written"))
    #expect(record.kept("form").contains("Minify tiny.pt2") && record.kept("form").contains("◉ differs"))
    #expect(record.kept("small").contains("30 → 3, operators 20 → 1") && record.kept("small").contains("models/tiny.minified/reproduce.py"))
    #expect(services.files.state.withLock { $0.minified } == ["verify"] && model.shelf.archives.isEmpty)
    let failing = FakeServices()
    failing.files.state.withLock { $0.fails = true }
    let (_, failed) = play(Step.keys("Enter 5 P Enter") + [.keep("failed")] + Step.keys("y Enter"), services: failing)
    #expect(failed.kept("failed").contains("Not packaged") && failed.kept("failed").contains("aten.nonzero cannot be compiled"))
    #expect(failing.files.state.withLock { $0.minified } == ["crash"])
  }

  @Test func modelsAreComparedWithTheirProgram() {
    let services = FakeServices()
    let (_, record) = play(
      Self.openArchive + Step.keys("v") + [.keep("alone")] + Step.keys("1 Enter 5 k v") + [.keep("program")] + Step.keys("Esc ↓ v y") + [.keep("archive")], services: services)
    #expect(record.kept("alone").contains("open the program that it was made from"))
    #expect(record.kept("program").contains("Verified") && record.kept("program").contains("✓ agrees with eager execution"))
    #expect(record.kept("archive").contains("Verified") && services.files.state.withLock { $0.calls } == [Self.digest])
  }

  @Test func readonlyLooksButNeitherWritesNorRuns() {
    let services = FakeServices()
    let (model, record) = play(
      Self.openArchive + Step.keys("r") + [.keep("run")] + Step.keys("1 Enter 5 k e") + [.keep("export")] + Step.keys("P") + [.keep("package")] + Step.keys("v m Alt-a") + [.keep("menu")],
      services: services, prepare: { $0.isReadonly = true })
    #expect(["run", "export", "package"].allSatisfy { record.kept($0).contains("started with --readonly") })
    #expect(record.kept("menu").contains("Package…") && record.kept("menu").contains("Verify against eager execution"))
    #expect(model.shelf.archives.count == 1 && services.files.state.withLock { $0.written.isEmpty && $0.calls.isEmpty && $0.minified.isEmpty })
  }

  @Test func rowsAreClosedAndWhatCannotBeDoneSaysWhy() {
    let (model, record) = play(
      Step.keys("5") + [.keep("empty")] + Step.keys("e") + [.keep("why")] + Step.keys("1 Enter") + Self.openArchive + Step.keys("e") + [.keep("compiled")] + Step.keys("Ctrl-W") + [.keep("closed")]
        + Step.keys("Ctrl-W"))
    #expect(record.kept("empty").contains("Nothing is open.") && record.kept("why").contains("no program and no archive is open"))
    #expect(record.kept("compiled").contains("this is compiled code; choose a program") && record.kept("closed").contains("closed served.pt2"))
    #expect(model.documents.isEmpty && model.shelf.archives.isEmpty && model.shelf.rows.isEmpty)
  }

  @Test func everySizeIsSurvived() {
    let sizes: [(Int, Int)] = [(1, 1), (2, 40), (200, 2), (40, 10), (79, 24), (80, 15), (81, 16), (300, 90), (5, 5)]
    let storm: [Step] = sizes.map { .resize(Size(width: $0.0, height: $0.1)) }
    let (model, _) = play(
      Step.keys("Enter") + Self.openArchive + storm + Step.keys("Tab") + storm + Step.keys("Tab") + storm + Step.keys("r") + storm + Step.keys("Enter") + storm + Step.keys("n k Esc k e") + storm
        + Step.keys("Enter") + storm + Step.keys("Esc P") + storm + [.resize(Size(width: 80, height: 24))])
    #expect(model.size == Size(width: 80, height: 24) && model.shelf.rows.count == 3)
  }
}
