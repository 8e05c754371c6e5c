import Foundations
import Testing

@testable import Traces

/// Traces that were cut or damaged: whatever is whole is still shown.
@Suite struct DamageTests {
  private let records: [String] = [
    Hand.name("m.py", 1), Hand.chromium("B", "dynamo", 1, ids: Hand.id(0, 1)),
    Hand.artifact("recompile_reasons", "[\n\"0/0: L['k'] == 2\",\n\"0/1: x\"\n]", ids: Hand.id(0, 1)), Hand.start(Hand.id(0, 1)),
    Hand.record(#""create_symbol": {"symbol": "s0", "val": "5", "vr": "[2, int_oo]", "source": "L['x'].size()[0]", "user_stack": []}"#, ids: Hand.id(0, 1)),
    Hand.artifact("dynamo_graph_break_reason", "Graph break in user code at m.py:4\nReason: why\nUser code traceback:\n\n", ids: Hand.id(0, 1)),
    Hand.record(#""dynamo_output_graph": {"sizes": {"x": [3, "s0"]}}"#, ids: Hand.id(0, 1, 1), payload: "graph\n\ntext"),
    Hand.metrics(#""co_name": "f", "restart_reasons": ["why"]"#, ids: Hand.id(0, 1, 1)), Hand.chromium("E", "dynamo", 9, ids: Hand.id(0, 1, 1)),
  ]

  /// A record's header line is enough for the record; anywhere but between records there is one problem and no more.
  @Test func cutAtEveryByte() throws {
    let bytes: [UInt8] = Array(records.joined().utf8)
    var (headerEnds, recordEnds, start): ([Int], Set<Int>, Int) = ([], [0], 0)
    for record in records {
      headerEnds.append(start + (record.utf8.firstIndex(of: 0x0A).map { record.utf8.distance(from: record.utf8.startIndex, to: $0) } ?? 0))
      start += record.utf8.count
      recordEnds.formUnion([start - 1, start])
    }
    let folder = try Folder()
    for cut in 0...bytes.count {
      let report = try readTrace(at: folder.file("trace.log", bytes[..<cut]))
      #expect(report.recordCount == headerEnds.count { $0 <= cut }, "cut at \(cut)")
      #expect(report.problems.count == (recordEnds.contains(cut) ? 0 : 1), "cut at \(cut): \(report.problems)")
      for compile in report.compiles { _ = try report.details(of: compile) }
    }
  }

  @Test func aThousandMutations() throws {
    let original: [UInt8] = Array(records.joined().utf8)
    var random = SplitMix64(state: 11)
    let folder = try Folder()
    for number in 0..<1000 {
      var bytes: [UInt8] = original
      let place = Int(random.next() % UInt64(bytes.count))
      switch number % 4 {
      case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
      case 1: bytes.remove(at: place)
      case 2: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
      default: bytes[place] ^= 1 << UInt8(random.next() % 8)
      }
      let report = try readTrace(at: folder.file("trace.log", bytes))
      // A byte spoils its own record, and the next where it was the line end between them; a stray line end may at worst make a record's rest another.
      #expect(report.recordCount >= records.count - 2 && report.recordCount <= records.count + 1, "mutation \(number) at \(place)")
      for compile in report.compiles {
        let details = try report.details(of: compile)
        for artifact in details.artifacts { _ = try report.file(of: compile).text(of: artifact.payload) }
      }
    }
  }

  @Test func garbageOfEveryLengthIsReadWithoutRecords() throws {
    var random = SplitMix64(state: 12)
    let folder = try Folder()
    for count in [1, 2, 21, 22, 23, 100, 5000, 300_000] {
      let bytes: [UInt8] = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let report = try readTrace(at: folder.file("trace.log", bytes))
      #expect(report.recordCount == 0 && report.compiles.isEmpty && report.byteCount == count)
    }
  }

  @Test func wildNumbersDoNotOverflow() throws {
    let huge: String = "\"frame_id\": 9223372036854775807, \"frame_compile_id\": 9223372036854775807, \"attempt\": 9223372036854775807"
    let text: String = Hand.start(huge) + Hand.start(#""frame_id": -5, "frame_compile_id": -1, "attempt": -3"#) + Hand.chromium("B", "x", Int.max, ids: Hand.id(0, 0))
      + Hand.metrics(#""duration_us": 1e308, "start_time": NaN"#, ids: Hand.id(0, 0))
    let (report, folder) = try readTrace(of: text)
    #expect(report.compiles.count == 3 && report.compiles[0].attempts == 1)
    for compile in report.compiles { _ = try report.details(of: compile) }
    withExtendedLifetime(folder) {}
  }
}
