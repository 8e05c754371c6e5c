import Foundation
import Foundations
import Testing

@testable import Traces

/// Files that grow, are cut or replaced while they are read.
@Suite struct FollowTests {
  @Test func recordsComeAsTheyAreWritten() throws {
    let folder = try Folder()
    let path: String = try folder.file("trace.log", [])
    var reader = try TraceReader(path: path)
    #expect(reader.readMore().changes == [.file(0)])

    // Half a line waits, and is no problem.
    let start: String = Hand.start(Hand.id(0, 0))
    try folder.append("trace.log", String(start.prefix(60)))
    #expect(reader.readMore().changes.isEmpty && reader.isInsideRecord)
    try folder.append("trace.log", String(start.dropFirst(60)))
    #expect(reader.readMore().changes == [.process(0), .started(compile: 0)])
    #expect(!reader.isInsideRecord)

    // A payload counts once its MD5 is reached, though nothing follows it.
    let reasons: String = Hand.artifact("recompile_reasons", "[\n\"0/0: a\"\n]", ids: Hand.id(0, 1))
    try folder.append("trace.log", String(reasons.dropLast(5)))
    #expect(reader.readMore().changes.isEmpty && reader.isInsideRecord)
    try folder.append("trace.log", String(reasons.suffix(5)))
    #expect(reader.readMore().changes == [.started(compile: 1), .recompileReasons(compile: 1)])

    let text: String = "Graph break in user code at m.py:4\nReason: why\n"
    try folder.append("trace.log", Hand.artifact("dynamo_graph_break_reason", text, ids: Hand.id(0, 1)) + Hand.chromium("B", "x", 1, ids: Hand.id(0, 1, 1)))
    #expect(reader.readMore().changes == [.graphBreak(compile: 1, number: 0), .restarted(compile: 1, attempt: 1)])
    try folder.append("trace.log", Hand.metrics(#""restart_reasons": ["why"]"#, ids: Hand.id(0, 1, 1)) + Hand.record(#""bwd_compilation_metrics": {}"#, ids: Hand.id(0, 1)))
    #expect(reader.readMore().changes == [.finished(compile: 1), .backwardFinished(compile: 1, number: 0)])
    #expect(reader.readMore().changes.isEmpty)
    #expect(reader.finish().isEmpty && reader.report.problems.isEmpty)
  }

  @Test func newFilesOfAFolderAreFound() throws {
    let folder = try Folder()
    var reader = try TraceReader(path: folder.path)
    #expect(reader.readMore().changes.isEmpty)
    _ = try folder.file("dedicated_log_torch_trace_bbbbbbbb.log", Hand.start(Hand.id(0, 0)).utf8)
    #expect(reader.readMore().changes == [.file(0), .process(0), .started(compile: 0)])
    _ = try folder.file("dedicated_log_torch_trace_aaaaaaaa.log", Hand.start(Hand.id(0, 0), process: 8).utf8)
    #expect(reader.readMore().changes == [.file(1), .process(1), .started(compile: 1)])
    #expect(reader.report.compiles.map(\.process) == [0, 1])
  }

  @Test func aFileThatIsCutIsReadAgain() throws {
    let folder = try Folder()
    let path: String = try folder.file("trace.log", (Hand.start(Hand.id(0, 0)) + Hand.start(Hand.id(1, 0))).utf8)
    var reader = try TraceReader(path: path)
    _ = reader.readMore()
    let handle: FileHandle = try #require(FileHandle(forWritingAtPath: path))
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: Data(Hand.start(Hand.id(7, 0)).utf8))
    try handle.close()
    #expect(reader.readMore().changes == [.problem(0), .file(1), .process(1), .started(compile: 2)])
    #expect(reader.report.problems[0].kind == .changedFile && reader.report.problems[0].message.contains("the file was cut from"))
    #expect(reader.report.compiles.map(\.name) == ["0/0", "1/0", "7/0"])
    // What was there cannot be read any more, and that is a sentence.
    #expect { try reader.report.details(of: reader.report.compiles[1]) } throws: { "\($0)".contains("it was cut") }
  }

  @Test func aFileThatIsReplacedOrTakenAwayIsTold() throws {
    let folder = try Folder()
    let path: String = try folder.file("trace.log", Hand.start(Hand.id(0, 0)).utf8)
    var reader = try TraceReader(path: path)
    _ = reader.readMore()
    let other: String = try folder.file("other", Hand.start(Hand.id(1, 0)).utf8)
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: other, toPath: path)
    _ = reader.readMore()
    #expect(reader.report.problems.map(\.kind) == [.changedFile] && reader.report.compiles.map(\.name) == ["0/0", "1/0"])
    // The first is still readable: it is open.
    _ = try reader.report.details(of: reader.report.compiles[0])
    try FileManager.default.removeItem(atPath: path)
    _ = reader.readMore()
    _ = reader.readMore()
    #expect(reader.report.problems.count == 2 && reader.report.problems[1].message.contains("taken away"))
  }

  @Test func aLimitLeavesTheRestForLater() throws {
    let folder = try Folder()
    let path: String = try folder.file("trace.log", (0..<100).map { Hand.start(Hand.id($0, 0)) }.joined().utf8)
    var reader = try TraceReader(path: path)
    var (rounds, counts): (Int, [Int]) = (0, [])
    while !reader.readMore(limit: 1000).isCaughtUp {
      rounds += 1
      counts.append(reader.report.compiles.count)
    }
    #expect(rounds > 10 && counts == counts.sorted() && reader.report.compiles.count == 100)
  }
}
