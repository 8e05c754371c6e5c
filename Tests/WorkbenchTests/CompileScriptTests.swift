import Capture
import Engine
import Foundation
import Foundations
import Testing

@testable import Workbench

/// Keys typed on the Compiles screen.
@Suite struct CompileScriptTests {
  private typealias Step = TestTerminal.Step

  /// Opens the form of the driver and drives with a schedule instead of the one it offers.
  private func drive(_ text: String) -> [Step] { Step.keys("D Ctrl-U") + Step.type(text) + Step.keys("Enter") }

  @Test func aDriveShowsWhatItCompilesAndWhy() throws {
    let (model, record) = play(Step.keys("Enter 3") + [.keep("empty")] + drive("ids:0=4,5,6") + [.keep("driven")])
    #expect(record.kept("empty").contains("tiny.pt2 was not compiled yet: D drives it"))
    let screen = record.kept("driven")
    #expect(screen.contains("0/0") && screen.contains("first call") && screen.contains("14 kernels, static"))
    #expect(screen.contains("guard failed: ids.size()[0] 4 → 5") && screen.contains("14 kernels, s0 in [2, 64]"))
    // Every failed guard with what was expected, the line that needed it, how many hold, and the fixes.
    #expect(screen.contains("entry 0/0   ✗ tensor 'ids' size mismatch at index 0. expected 4, actual 5"))
    #expect(screen.contains("✗ tensor 'ids' stride mismatch at index 0. expected 16, actual 32") && screen.contains("✓ 11 other guards hold"))
    #expect(screen.contains("needed by tiny.py:12  x = self.wte(ids)") && screen.contains("m  mark dimension 0 of ids dynamic") && screen.contains("make ids contiguous"))
    #expect(screen.contains("3 calls: 1 from cached graphs, 2 compiled"))
    #expect(model.compiles?.shown == [.compile(0), .compile(1)])
  }

  @Test func aCompilationIsThereWhileItRuns() {
    let gate = Gate()
    let (_, record) = play(
      Step.keys("Enter 3") + drive("ids:0=4") + [.when("compile 1/4", .key(Key(.character("s")))), .when("Stance of tiny.pt2", .key(Key(.escape))), .open(gate), .keep("after")],
      services: FakeServices(gate: gate))
    #expect(record.kept("after").contains("14 kernels, static") && !record.kept("after").contains("1/4"))
  }

  @Test func theStanceIsPickedAndTheNextDriveHeedsIt() throws {
    let (model, record) = play(
      Step.keys("Enter 3") + drive("ids:0=4") + Step.keys("s") + [.keep("choice")] + Step.type("fail_on") + Step.keys("Enter") + [.keep("picked")] + drive("ids:0=4,5,5")
        + [.keep("failed")] + Step.keys("z") + [.keep("undone")] + Step.keys("Z") + [.keep("redone")])
    #expect(record.kept("choice").contains("▌ ◉ default: compile where no cached entry fits") && record.kept("choice").contains("○ aot_eager_then_compile"))
    #expect(record.kept("choice").contains("skip_guard_eval_unsafe") && record.kept("choice").contains("force_backend: autotuned"))
    #expect(record.kept("picked").contains("◉ fail_on_recompile") && record.kept("picked").contains("stance fail_on_recompile"))
    let failed = record.kept("failed")
    #expect(failed.contains("failed ×2: Detected recompile when") && failed.contains("1 from cached graphs, 2 failed"))
    #expect(failed.contains("guard failed: ids.size()[0] 4 → 5") && failed.contains("expected 4, actual 5"))
    #expect(record.kept("undone").contains("◉ default"))
    let session = try #require(model.document?.opened.session)
    #expect(session.context.stance.stance == .failOnRecompile && model.document?.compiles.choices.stance.stance == .failOnRecompile)
  }

  @Test func callsThatRanEagerlyAreOneRow() {
    let (model, record) = play(
      Step.keys("Enter 3") + drive("ids:0=4") + Step.keys("s") + Step.type("eager_on") + Step.keys("Enter") + drive("ids:0=5,5,5,6") + [.keep("eager")])
    #expect(record.kept("eager").contains("eager ×3: the stance is eager_on") && record.kept("eager").contains("4 calls ran eagerly"))
    #expect(model.compiles?.shown.count == 3)
  }

  @Test func whatGoesWithAStanceIsSetAndContradictionsAreRefused() {
    let (model, record) = play(
      Step.keys("Enter 3 s") + Step.type("skip") + Step.keys("Enter s") + Step.type("backend: aot") + Step.keys("Enter") + [.keep("set")] + Step.keys("s")
        + Step.type("force_eager") + Step.keys("Enter") + [.keep("refused")])
    #expect(record.kept("set").contains("skip_guard_eval_unsafe · force_backend aot_eager"))
    #expect(record.kept("refused").contains("force_eager: not with force_backend"))
    let stance = model.document?.opened.session.context.stance
    #expect(stance?.forcedBackend == "aot_eager" && stance?.skipsGuards == true && stance?.stance == .default)
  }

  @Test func theFixIsAppliedWithOneKey() throws {
    let (model, record) = play(
      Step.keys("Enter 3 m") + [.keep("none")] + drive("ids:0=4") + Step.keys("m") + [.keep("first")] + drive("ids:0=5") + Step.keys("m") + [.keep("marked")] + Step.keys("m")
        + [.keep("again")])
    #expect(record.kept("none").contains("nothing was compiled yet") && record.kept("first").contains("no guard failed before this one"))
    #expect(record.kept("marked").contains("ids:0 marked dynamic") && record.kept("marked").contains("marks ids:0 dynamic"))
    #expect(record.kept("again").contains("that is so already"))
    let session = try #require(model.document?.opened.session)
    #expect(session.marks[.local("ids")] == [0: .dynamic(minimum: nil, maximum: nil)])
  }

  @Test func aDimensionIsMarkedThroughAFormThatSaysWhatIsWrong() throws {
    let (model, record) = play(
      Step.keys("Enter 3 M") + [.keep("form")] + Step.keys("↓ Ctrl-U") + Step.type("7") + [.keep("wrong")] + Step.keys("Enter") + [.keep("refused")]
        + Step.keys("Backspace") + Step.type("1 ") + Step.keys("↓ ↓") + Step.type("2") + Step.keys("↓") + Step.type("1") + [.keep("bounds")] + Step.type("6") + Step.keys("Enter")
        + [.keep("marked")])
    #expect(record.kept("form").contains("ids is [s0, 16]: dimension 0, s0, is marked dynamic"))
    #expect(record.kept("wrong").contains("✗ dimension is a number from 0 to 1") && record.kept("refused").contains("Mark a dimension"))
    #expect(record.kept("bounds").contains("nothing is at least 2 and at most 1"))
    #expect(record.kept("marked").contains("ids:1 marked dynamic in [2, 16]"))
    #expect(model.document?.opened.session.marks[.local("ids")] == [1: .dynamic(minimum: 2, maximum: 16)])
  }

  /// The program's own session refuses a second, contrary mark; what was there stays.
  @Test func contraryMarksAreRefused() {
    let (model, record) = play(Step.keys("Enter 3 M Enter M ↓ ↓ → → Enter") + [.keep("refused")])
    #expect(record.kept("refused").contains("✗ dimension 0 of ids is marked dynamic and cannot be marked static as well"))
    #expect(model.document?.compiles.choices.marks.count == 1)
    #expect(model.document?.opened.session.marks[.local("ids")] == [0: .dynamic(minimum: nil, maximum: nil)])
  }

  @Test func resettingAsks() throws {
    let (_, record) = play(
      Step.keys("Enter 3 R") + [.keep("nothing")] + drive("ids:0=4") + Step.keys("R") + [.keep("asked")] + Step.keys("n") + [.keep("kept")] + Step.keys("R y") + [.keep("reset")])
    #expect(record.kept("nothing").contains("nothing was compiled yet"))
    #expect(record.kept("asked").contains("Reset the cache?") && !record.kept("kept").contains("forgot"))
    #expect(record.kept("reset").contains("forgot what was compiled and learnt"))
  }

  @Test func theDriveFormSaysWhatIsWrongWhileOneTypes() {
    let (model, record) = play(
      Step.keys("Enter 3 D") + [.keep("offer")] + Step.keys("Ctrl-U") + Step.type("ids:0=4,") + [.keep("number")] + Step.keys("Ctrl-U") + Step.type("nobody:0=4") + [.keep("input")]
        + Step.keys("Enter") + [.keep("refused")] + Step.keys("Ctrl-U") + Step.type("ids:1=16,17") + [.keep("fixed")] + Step.keys("Ctrl-U") + Step.type("ids:0=4,9") + Step.keys("↓")
        + Step.type("0") + [.keep("good")] + Step.keys("Esc"))
    #expect(record.kept("offer").contains("ids:0=4,5,6") && record.kept("offer").contains("ids  i64[4, 16] → i64[5, 16] → i64[6, 16]"))
    #expect(record.kept("number").contains("✗ 'ids:0=4,' is no part of a sweep: '' is no number"))
    #expect(record.kept("input").contains("✗ there is no input 'nobody' to sweep; the inputs are ids") && record.kept("refused").contains("[ Drive ]"))
    #expect(record.kept("fixed").contains("cannot be 17: the program fixes it at 16"))
    #expect(record.kept("good").contains("20 calls, 2 a cycle") && record.kept("good").contains("ids  i64[4, 16] → i64[9, 16]"))
    #expect(model.compiles?.count == 0 && model.jobs.isEmpty)
  }

  @Test func limitAndDynamicSettingReachTheSession() {
    let (model, record) = play(
      Step.keys("Enter 3 l Ctrl-U") + Step.type("0") + Step.keys("Enter") + [.keep("wrong")] + Step.keys("l Ctrl-U") + Step.type("3") + Step.keys("Enter d ↓ Enter") + [.keep("set")])
    #expect(record.kept("wrong").contains("'0' is no recompile limit") && record.kept("set").contains("limit 3  entries 0") && record.kept("set").contains("dynamic true"))
    let settings = model.document?.opened.session.currentSettings
    #expect(settings?.recompileLimit == 3 && settings?.dynamic == .always)
  }

  @Test func textsAreWrittenOutWhenTheyAreLookedAt() {
    let (model, record) = play(
      Step.keys("Enter 3") + drive("ids:0=4,5") + Step.keys("c") + [.keep("code")] + Step.keys(", ,") + [.keep("captured")] + Step.keys("p") + [.keep("choice")] + Step.keys("Esc Esc k .")
        + [.keep("first")])
    #expect(record.kept("code").contains("code k1.c") && record.kept("code").contains("// line 1 of the code of 1"))
    #expect(record.kept("captured").contains("captured graph") && record.kept("captured").contains("torch.ops.aten.embedding.default"))
    #expect(record.kept("choice").contains("Texts of [0/1]") && record.kept("choice").contains("after decompose"))
    #expect(record.kept("first").contains("captured graph") && model.compiles?.current == .compile(0))
  }

  @Test func aFailedGuardLeadsToTheNodesOfItsLine() {
    let (model, record) = play(Step.keys("Enter + 3") + drive("ids:0=4,5") + Step.keys("Enter") + [.keep("graph")])
    #expect(model.screen == .graph && record.kept("graph").contains("28 nodes come from tiny.py:12  x = self.wte(ids)"))
    let (other, _) = play(Step.keys("Enter 3") + drive("ids:0=4,5") + Step.keys("Tab j Enter"))
    #expect(other.screen == .graph && other.document?.view.filter.text == "source:tiny.py:12")
  }

  @Test func rowsAreFiltered() {
    let (model, record) = play(Step.keys("Enter 3") + drive("ids:0=4,5") + Step.keys("/") + Step.type("first") + [.keep("typed")] + Step.keys("Enter") + [.keep("filtered")] + Step.keys("Esc"))
    #expect(record.kept("typed").contains("1 shown") && record.kept("filtered").contains("filter first · 1/1") && !record.kept("filtered").contains("guard failed: ids"))
    #expect(model.compiles?.shown.count == 2)
  }

  @Test func readonlySaysWhyNothingIsCompiled() {
    let (model, record) = play(Step.keys("Enter 3 D") + [.keep("refused")] + Step.keys("s ↓ Enter") + [.keep("stance")]) { $0.isReadonly = true }
    #expect(record.kept("refused").contains("started with --readonly, and compiling writes to the kernel cache") && model.layer == nil)
    #expect(record.kept("stance").contains("◉ force_eager"))
  }

  @Test func closedAndWithoutAModelItSaysSo() {
    let (_, record) = play(Step.keys("3 s") + [.keep("none")] + Step.keys("D Tab Enter Esc j") + [.keep("still")])
    #expect(record.kept("none").contains("No model is open and no trace is looked at.") && record.kept("none").contains("Stance: no model is open"))
    #expect(record.kept("still").contains("w watches a trace of PyTorch"))
  }
}
