import Foundations
import Testing

@testable import Traces

/// What records come to.
@Suite struct ReportTests {
  @Test func endings() throws {
    let text: String = [
      Hand.start(Hand.id(0, 0)), Hand.metrics(#""co_name": "f", "fail_type": null, "has_guarded_code": true, "restart_reasons": []"#, ids: Hand.id(0, 0)),
      Hand.start(Hand.id(1, 0)),
      Hand.metrics(
        #""co_name": "g", "fail_type": "InternalTorchDynamoError", "fail_reason": "no\nway", "fail_user_frame_filename": "m.py", "fail_user_frame_lineno": 9, "has_guarded_code": false"#,
        ids: Hand.id(1, 0)),
      Hand.start(Hand.id(2, 0)), Hand.metrics(#""co_name": "h", "has_guarded_code": false"#, ids: Hand.id(2, 0)),
      Hand.chromium("B", "dynamo", 10, ids: Hand.id(3, 0)), Hand.chromium("B", "backend_compile", 20, ids: Hand.id(3, 0)),
    ].joined()
    let (report, folder) = try readTrace(of: text)
    #expect(report.problems.isEmpty, "\(report.problems)")
    #expect(
      report.compiles.map(\.status) == [
        .succeeded, .failed(.init(type: "InternalTorchDynamoError", reason: "no\nway", file: "m.py", line: 9)), .skipped, .running(phase: "backend_compile"),
      ])
    withExtendedLifetime(folder) {}
  }

  @Test func framesResolveNamesAndSurviveWithoutThem() throws {
    let stack: String = #""dynamo_start": {"stack": [{"line": 1, "name": "a", "filename": 0, "loc": "g(x)"}, {"line": 2, "name": "b", "filename": -1}, {"line": null, "name": "c", "filename": 9}]}"#
    let (report, folder) = try readTrace(of: Hand.name("/m/é.py", 0) + Hand.record(stack))
    #expect(
      try report.details(of: report.compiles[0]).stack == [
        SourceFrame(file: "/m/é.py", line: 1, function: "a", text: "g(x)"), SourceFrame(file: "", line: 2, function: "b", text: ""),
        SourceFrame(file: "(unknown)", line: 0, function: "c", text: ""),
      ])
    withExtendedLifetime(folder) {}
  }

  @Test func reasonsInBothDialects() throws {
    let list: String = "[\n\"0/1: L['k'] == 2        \",\n\"0/0: tensor 'x' size mismatch\\nUser stack trace:\"\n]"
    let bare: String = "1/0: G['a'] == 1   # [x]"
    let (report, folder) = try readTrace(of: Hand.artifact("recompile_reasons", list, ids: Hand.id(0, 2)) + Hand.artifact("recompile_reasons", bare, ids: Hand.id(1, 1)))
    #expect(report.compiles[0].reasons.map(\.entry) == ["0/1", "0/0"])
    #expect(report.compiles[0].reasons.map(\.text) == ["L['k'] == 2", "tensor 'x' size mismatch\nUser stack trace:"])
    #expect(report.compiles[1].reasons == [TraceRecompileReason(line: bare)] && report.compiles[1].reasons[0].text == "G['a'] == 1   # [x]")
    #expect(TraceRecompileReason(line: "no id: in it").entry == nil)
    withExtendedLifetime(folder) {}
  }

  @Test func aFrameGivenUpIsAGraphBreakWithItsCause() throws {
    let text: String = """
      Graph break: skip: from user code at:
        File "m.py", line 3, in f
          return x.data_ptr()

      Traceback (most recent call last):
        File "site-packages/torch/_dynamo/exc.py", line 317, in unimplemented
          raise Unsupported(msg)
      torch._dynamo.exc.Unsupported: no data_ptr

      """
    let (report, folder) = try readTrace(of: Hand.artifact("dynamo_graph_break_reason", text, ids: Hand.id(0, 0)))
    let graphBreak = try #require(report.compiles[0].breaks.first)
    #expect(graphBreak.reason == "skip: from user code at:\ntorch._dynamo.exc.Unsupported: no data_ptr")
    #expect(graphBreak.place == SourceFrame(file: "m.py", line: 3, function: "f", text: "return x.data_ptr()"))
    withExtendedLifetime(folder) {}
  }

  @Test func idsThatComeAgainAreAnotherCompilation() throws {
    let one: String = [
      Hand.chromium("B", "dynamo", 1, ids: Hand.id(0, 0)), Hand.start(Hand.id(0, 0)), Hand.metrics(#""co_name": "f""#, ids: Hand.id(0, 0)),
      Hand.chromium("E", "dynamo", 9, ids: Hand.id(0, 0)),
    ].joined()
    // After a reset, and after a compilation that left no metrics.
    let (report, folder) = try readTrace(of: one + one + Hand.chromium("B", "dynamo", 1, ids: Hand.id(1, 0)) + Hand.start(Hand.id(1, 0)) + Hand.start(Hand.id(1, 0)))
    #expect(report.compiles.map(\.name) == ["0/0", "0/0#2", "1/0", "1/0#2"])
    for compile in report.compiles[..<2] { #expect(try report.details(of: compile).phases.map(\.end) == [9.5]) }
    withExtendedLifetime(folder) {}
  }

  @Test func phasesWithoutEndsKeepWhatIsInside() throws {
    let id: String = Hand.id(0, 0)
    let text: String = [
      Hand.chromium("B", "a", 1, ids: id), Hand.chromium("B", "b", 2, ids: id), Hand.chromium("i", "now", 3, ids: id, arguments: #"{"k": [1]}"#),
      Hand.chromium("B", "c", 4, ids: id), Hand.chromium("E", "c", 5, ids: id), Hand.chromium("E", "a", 6, ids: id), Hand.chromium("E", "never", 7, ids: id),
      Hand.chromium("B", "d", 8, ids: id),
    ].joined()
    let (report, folder) = try readTrace(of: text)
    let details = try report.details(of: report.compiles[0])
    #expect(details.phases.map(\.name) == ["a", "d"] && details.phases.map(\.end) == [6.5, nil])
    #expect(details.phases[0].parts.map(\.name) == ["b"] && details.phases[0].parts[0].end == nil && details.phases[0].parts[0].parts[0].seconds == 1e-6)
    #expect(details.instants == [TraceInstant(name: "now", time: 3.5, arguments: .object([.init(key: "k", value: .array([.int(1)]))]))])
    #expect(report.compiles[0].openPhases == ["d"])
    withExtendedLifetime(folder) {}
  }

  /// Two ranks' records line by line in one file: each has its own names and its own compilations with the same ids.
  @Test func interleavedRanks() throws {
    func records(_ rank: Int) -> [String] {
      let id: String = #""rank": \#(rank), "# + Hand.id(0, 0)
      return [
        Hand.name("rank\(rank).py", 1, process: 100 + rank), Hand.start(id, function: "f\(rank)", process: 100 + rank),
        Hand.record(#""dynamo_cpp_guards_str": {}"#, ids: id, payload: "guards of \(rank)\nmore", process: 100 + rank),
        Hand.metrics(#""co_name": "f\#(rank)", "guard_count": \#(rank + 1)"#, ids: id, process: 100 + rank),
      ]
    }
    let (report, folder) = try readTrace(of: zip(records(0), records(1)).map { $0 + $1 }.joined())
    #expect(report.problems.isEmpty)
    #expect(report.processes.map(\.rank) == [0, 1] && report.processes.map(\.identifier) == [100, 101])
    #expect(report.compiles.map { report.name(of: $0) } == ["rank 0 0/0", "rank 1 0/0"])
    for (rank, compile) in report.compiles.enumerated() {
      #expect(compile.place?.file == "rank\(rank).py" && compile.metrics?.guardCount == rank + 1)
      let artifact = try #require(try report.details(of: compile).artifacts.first)
      #expect(try report.file(of: compile).text(of: artifact.payload) == "guards of \(rank)\nmore")
    }
    withExtendedLifetime(folder) {}
  }

  @Test func compiledAutogradHasItsOwnIds() throws {
    let graph: String = Hand.record(#""compiled_autograd_graph": {}"#, ids: #""compiled_autograd_id": 2"#, payload: "graph")
    let (report, folder) = try readTrace(of: graph + Hand.start(#""compiled_autograd_id": 2, "# + Hand.id(4, 1)) + Hand.start(#""rank": null, "# + Hand.id(4, 1)))
    #expect(report.compiles.map(\.name) == ["!2", "!2/4/1", "4/1"])
    withExtendedLifetime(folder) {}
  }

  /// Compiled autograd's own graph has phases and no metrics; where any other has none, nobody says how it ended.
  @Test(arguments: [(#""compiled_autograd_id": 2, "attempt": 0"#, TraceCompile.Status.succeeded), (Hand.id(0, 0), .ended)])
  func endingsWithoutMetrics(_ ids: String, _ status: TraceCompile.Status) throws {
    let begin: String = Hand.chromium("B", "outer", 1, ids: ids) + Hand.chromium("B", "inner", 2, ids: ids) + Hand.chromium("E", "inner", 3, ids: ids)
    let (report, folder) = try readTrace(of: begin)
    #expect(report.compiles.map(\.status) == [.running(phase: "outer")])
    let whole = try readTrace(of: begin + Hand.chromium("E", "outer", 4, ids: ids))
    #expect(whole.report.compiles.map(\.status) == [status])
    withExtendedLifetime(folder) {}
  }

  @Test func aFoldersFilesAreItsTraces() throws {
    let folder = try Folder()
    _ = try folder.file("dedicated_log_torch_trace_rank_1_abcdefgh.log", Hand.start(Hand.id(0, 0)).utf8)
    _ = try folder.file("dedicated_log_torch_trace_rank_0_abcdefgh.log", Hand.start(Hand.id(0, 0)).utf8)
    _ = try folder.file("notes.log", "nothing".utf8)
    let report = try readTrace(at: folder.path)
    #expect(report.files.map(\.rank) == [0, 1] && report.problems.isEmpty)
    #expect(report.compiles.map { report.name(of: $0) } == ["rank 0 0/0", "rank 1 0/0"])
  }

  @Test func nothingThereIsASentence() throws {
    let folder = try Folder()
    #expect { try TraceReader(path: folder.path + "/none") } throws: { "\($0)".contains("there is no such file") }
    for (path, words) in [(folder.path, "no file in it is named"), (try folder.file("empty", []), "is empty"), (try folder.file("text", "hello\n".utf8), "is no trace")] {
      var reader = try TraceReader(path: path)
      _ = reader.readMore()
      #expect { try reader.requireRecords() } throws: { "\($0)".contains(words) }
    }
  }
}
