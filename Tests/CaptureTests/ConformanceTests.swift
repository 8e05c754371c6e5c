import Testing

@Suite("Sequences of calls, as PyTorch 2.15 answered them")
struct ConformanceTests {
  @Test("the record is there") func isComplete() { #expect(ConformanceRecord.all("torch-2.15").count >= 60) }

  @Test("replayed", arguments: ConformanceRecord.all("torch-2.15")) func replay(_ record: ConformanceRecord) throws {
    let replay = try ConformanceReplay(record)
    try replay.run()
    #expect(replay.differences == [])
  }
}
