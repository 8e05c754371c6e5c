import Foundations
import Testing

@testable import Traces

/// Framing: what is a record and what is told of what is not.
@Suite struct RecordTests {
  @Test func idsAreWrittenAsTheyAreRead() {
    for text in ["0/0", "12/345", "!3/0/1", "!3"] { #expect(TraceCompileID(text)?.description == text) }
    #expect(TraceCompileID("!3/-/-") == TraceCompileID("!3"))
    #expect(TraceCompileID("[0/1_2]") == TraceCompileID(frame: 0, compile: 1))
    for text in ["", "0", "0/", "/1", "a/b", "0/1/2", "!/0/1", "-/-", "0/-1", "0/1_x", "!"] { #expect(TraceCompileID(text) == nil, "\(text)") }
    #expect(TraceCompileID(frame: 0, compile: 1).attempt(2) == "0/1_2")
  }

  @Test func timesAreLocalAndCountAcrossMidnight() {
    let one = TraceTime(month: 12, day: 31, microseconds: 86_399_000_000)
    let other = TraceTime(month: 1, day: 1, microseconds: 500_000)
    #expect(one.description == "12-31 23:59:59.000000")
    #expect(other.seconds(since: one) == 1.5)
    #expect(TraceTime(month: 3, day: 1, microseconds: 0).seconds(since: TraceTime(month: 2, day: 28, microseconds: 0)) == 86_400)
  }

  @Test(arguments: ["", "a", "a\n", "\n", "a\n\nb", "\tx\n\t\ty", "é — 例", "{\n}\n\n"]) func payloadsComeBackAsTheyWere(_ text: String) throws {
    let (report, folder) = try readTrace(of: Hand.artifact("note", text, ids: Hand.id(0, 0)) + Hand.start(Hand.id(0, 0)))
    #expect(report.problems.isEmpty && report.recordCount == 2)
    let artifact = try #require(try report.details(of: report.compiles[0]).artifacts.first)
    #expect(try report.files[0].text(of: artifact.payload) == text)
    #expect(artifact.payload.count == text.utf8.count && artifact.payload.isIntact)
    withExtendedLifetime(folder) {}
  }

  @Test func theLastLineEndMayBeMissing() throws {
    for record in [Hand.start(Hand.id(0, 0)), Hand.artifact("note", "a\nb", ids: Hand.id(0, 0))] {
      let (report, folder) = try readTrace(of: String(record.dropLast()))
      #expect(report.problems.isEmpty && report.recordCount == 1 && report.compiles.count == 1)
      withExtendedLifetime(folder) {}
    }
  }

  @Test func emptyLinesAreNoMatter() throws {
    let record: String = Hand.artifact("note", "a\n\nb", ids: Hand.id(0, 0))
    let (report, folder) = try readTrace(of: "\n\n" + record.replacing("\n", with: "\n\n") + record)
    #expect(report.problems.isEmpty && report.recordCount == 2)
    let artifact = try #require(try report.details(of: report.compiles[0]).artifacts.first)
    #expect(try report.files[0].text(of: artifact.payload) == "a\n\nb")
    withExtendedLifetime(folder) {}
  }

  @Test func aWrongDigestIsToldAndTheTextIsShown() throws {
    let text: String = Hand.start(Hand.id(0, 0)) + Hand.record(#""dynamo_cpp_guards_str": {}"#, payload: "guards", digest: md5("other")) + Hand.start(Hand.id(1, 0))
    let (report, folder) = try readTrace(of: text)
    #expect(report.problems.map(\.kind) == [.wrongPayload])
    #expect(report.problems[0].line == 2 && report.problems[0].offset == Hand.start(Hand.id(0, 0)).utf8.count)
    #expect(report.problems[0].description.contains("line 2 (byte \(report.problems[0].offset)): the payload of this dynamo_cpp_guards_str record"))
    let artifact = try #require(try report.details(of: report.compiles[0]).artifacts.first)
    #expect(!artifact.payload.isIntact)
    #expect(try report.files[0].text(of: artifact.payload) == "guards")
    #expect(report.compiles.map(\.name) == ["0/0", "1/0"])
    withExtendedLifetime(folder) {}
  }

  @Test func garbageIsToldOnceForLinesInARow() throws {
    let garbage: String = "no record\n\tnor this\n\u{0}\u{1}\u{2}\n"
    let (report, folder) = try readTrace(of: Hand.start(Hand.id(0, 0)) + garbage + Hand.start(Hand.id(1, 0)) + String(repeating: "x", count: 20_000) + "\n" + Hand.start(Hand.id(2, 0)))
    #expect(report.problems.map(\.kind) == [.garbage, .garbage])
    #expect(report.problems[0].message.hasPrefix("3 lines of ") && report.problems[1].message.hasPrefix("20000 bytes are"))
    #expect(report.problems.map(\.line) == [2, 6])
    #expect(report.compiles.count == 3)
    withExtendedLifetime(folder) {}
  }

  @Test func aRecordThatWasCutDoesNotTakeTheNextAlong() throws {
    let cut: String = String(Hand.start(Hand.id(0, 0)).prefix(90))
    let (report, folder) = try readTrace(of: cut + Hand.start(Hand.id(1, 0)) + String(Hand.start(Hand.id(2, 0)).prefix(15)) + Hand.start(Hand.id(3, 0)))
    #expect(report.compiles.map(\.name) == ["1/0", "3/0"])
    #expect(report.problems.map(\.kind) == [.badRecord, .badRecord])
    withExtendedLifetime(folder) {}
  }

  @Test func whatACollectorPutsBeforeLinesIsNoMatter() throws {
    let (report, folder) = try readTrace(of: "[rank0]: " + Hand.start(Hand.id(0, 0)))
    #expect(report.problems.isEmpty && report.compiles.count == 1)
    withExtendedLifetime(folder) {}
  }

  @Test(arguments: [
    (#"{"dynamo_start": {"stack": [}}"#, "the record's JSON cannot be read"), (#"{}"#, "names no event"), (#"{"frame_id": 0}"#, "names no event"),
    (#"[1]"#, "cannot be read"), (#"{"dynamo_start": {"stack": 7}, "frame_id": 0}"#, "the dynamo_start record cannot be understood"),
    (#"{"str": [1, 2]}"#, "the str record cannot be understood"), (#"{"x": 1, "frame_id": "a"}"#, "cannot be read"),
  ])
  func badJSONIsASentence(_ json: String, _ words: String) throws {
    let (report, folder) = try readTrace(of: "V1122 10:00:00.000000 1 a.py:1] \(json)\n" + Hand.start(Hand.id(5, 0)))
    #expect(report.problems.count == 1 && report.problems[0].message.contains(words), "\(report.problems)")
    #expect(report.compiles.last?.name == "5/0")
    withExtendedLifetime(folder) {}
  }

  @Test func unknownEventsAreToldOnceAndCounted() throws {
    let strange: String = Hand.record(#""novelty": {"a": 1}"#, payload: "text")
    let (report, folder) = try readTrace(of: strange + strange + Hand.start(Hand.id(0, 0)))
    #expect(report.problems.map(\.kind) == [.unknownEvent] && report.problems[0].message.contains("'novelty'"))
    #expect(report.unknownEvents == ["novelty": 2])
    #expect(try report.details(of: report.compiles[0]).artifacts.map(\.name) == ["novelty", "novelty"])
    withExtendedLifetime(folder) {}
  }

  @Test func problemsAreKeptUpToALimitAndCounted() throws {
    let (report, folder) = try readTrace(of: String(repeating: "x\n" + Hand.start(Hand.id(0, 0)), count: 1200))
    #expect(report.problems.count == TraceReport.problemLimit && report.problemCount == 1200)
    withExtendedLifetime(folder) {}
  }
}
