import Foundation
import Foundations
import Testing
import Traces

@testable import Workbench

/// Traces of PyTorch on the Compiles screen.
@Suite struct CompileTraceTests {
  private typealias Step = TestTerminal.Step
  private static let sample = checkout + "/../shared/corpus/traces/torch-2.6.log"
  private static let isPresent = FileManager.default.fileExists(atPath: sample)

  private func watch(_ path: String) -> [Step] { Step.keys("3 w Ctrl-U") + Step.type(path) + Step.keys("Enter") }

  /// Against what `TraceReport`, which is compared with tlparse, says of the same file.
  @Test(.enabled(if: isPresent, "the traces that PyTorch wrote are not at ../shared/corpus/traces")) func aTraceOfPyTorchIsShown() throws {
    var reader = try TraceReader(path: CompileTraceTests.sample)
    _ = reader.readMore()
    let report = reader.report
    let (model, record) = play(
      watch(CompileTraceTests.sample)
        + [.when("phases", .key(Key(.home))), .when("entire_frame_compile", .key(Key(.end))), .when("entire_frame_compile", .key(Key(.character("c")))), .when("line 1/", .key(Key(.character("x"))))]
        + [.when("line 1/", .key(Key(.control("x")))), .keep("stopped")] + Step.keys("Esc Esc") + [.keep("left")],
      size: Size(width: 160, height: 60))
    let screen = record.kept("stopped")
    for compile in report.compiles { #expect(screen.contains(" \(report.name(of: compile)) ")) }
    #expect(screen.contains("\(report.compiles.count) compilations") && screen.contains("not followed"))
    #expect(screen.contains("\(report.compiles.map(\.breaks.count).reduce(0, +)) graph break"))
    #expect(model.trace == nil && record.kept("left").contains("No model is open"))
  }

  private func record(_ event: String, ids: String, payload: String? = nil) -> String {
    var text = "V1122 10:00:00.000000 7 torch/_dynamo/utils.py:1318] {\(event), \(ids)"
    if let payload { text += ", \"has_payload\": \"\(md5(payload))\"" }
    text += "}\n"
    for line in payload?.split(separator: "\n", omittingEmptySubsequences: false) ?? [] { text += "\t\(line)\n" }
    return text
  }
  private func md5(_ text: String) -> String {
    var digest = MD5()
    digest.update(text)
    return digest.hexDigest()
  }
  private func ids(_ compile: Int) -> String { #""frame_id": 0, "frame_compile_id": \#(compile), "attempt": 0"# }
  private func compile(_ number: Int, reasons: String? = nil) -> String {
    // PyTorch says why it compiles again before it says that it begins.
    var text = reasons.map { record(#""artifact": {"name": "recompile_reasons", "encoding": "json"}"#, ids: ids(number), payload: $0) } ?? ""
    text += record(#""dynamo_start": {"stack": [{"line": 2, "name": "f", "filename": 1}]}"#, ids: ids(number))
    text += record(#""dynamo_output_graph": {"sizes": {}}"#, ids: ids(number), payload: "def forward(self, x):\n    return x.sin()")
    text += record(#""compilation_metrics": {"co_name": "f", "co_filename": "m.py", "co_firstlineno": 2, "guard_count": 3, "pytorch_version": "2.9.0", "has_guarded_code": true}"#, ids: ids(number))
    return text
  }

  @Test func rowsComeWhileTheFileGrows() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/trace.log"
    try folder.write(compile(0), to: "trace.log")
    let more = compile(1, reasons: #"["0/0: tensor 'x' size mismatch at index 0. expected 3, actual 4"]"#)
    let (_, record) = play(
      watch(path)
        + [.when("1 compilation ·", .key(Key(.down))), .action { append(more, to: path) }, .when("2 compilations", .key(Key(.down)))]
        + [.when("entry 0/0   ✗", .key(Key(.control("x")))), .keep("grown")], size: Size(width: 160, height: 40))
    let screen = record.kept("grown")
    #expect(screen.contains("guard failed: tensor 'x' size mismatch") && screen.contains("✗ tensor 'x' size mismatch at index 0. expected 3, actual 4"))
    #expect(screen.contains("[\"0/0: tensor") && screen.contains("3 guards") && screen.contains("PyTorch 2.9.0"))
  }

  @Test func whatIsNoTraceIsOneSentence() throws {
    let folder = TemporaryFolder()
    try folder.write("nothing of that kind\n", to: "note.txt")
    let (model, record) = play(watch(folder.path + "/note.txt") + [.keep("wrong")] + watch(folder.path + "/missing") + [.keep("missing")])
    #expect(record.kept("wrong").contains("is no trace: it has no record") && record.kept("missing").contains("there is no such file or folder"))
    #expect(model.trace == nil && model.jobs.isEmpty)
  }

  @Test func theSessionsCommandsSayThatItIsATrace() throws {
    let folder = TemporaryFolder()
    try folder.write(compile(0), to: "trace.log")
    let (model, record) = play(
      Step.keys("Enter") + watch(folder.path + "/trace.log") + [.when("1 compilation ·", .key(Key(.character("s")))), .when("another process; Esc", .key(Key(.escape))), .keep("left")])
    #expect(model.trace == nil && record.kept("left").contains("Stance") && record.kept("left").contains("follow trace.log: stopped"))
  }
}

private func append(_ text: String, to path: String) {
  guard let handle = FileHandle(forWritingAtPath: path) else { return }
  handle.seekToEndOfFile()
  handle.write(Data(text.utf8))
  handle.closeFile()
}
