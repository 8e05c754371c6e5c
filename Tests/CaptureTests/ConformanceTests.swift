import Testing

@Suite("Sequences of calls, as PyTorch 2.15 answered them")
struct ConformanceTests {
  /// `stance-inside` has no program: its function calls `set_stance`, which a graph cannot.
  static let records: [ConformanceRecord] = ConformanceRecord.all("torch-2.15").filter { $0.name != "stance-inside" }

  /// Where Lathe answers otherwise, and why.
  static let differences: [String: String] = [
    "bools": "an exported program holds a bool as a constant",
    "floats": "an exported program holds a float as a constant",
    "float-nan": "an exported program holds a float as a constant",
    "floats-dynamic-false": "an exported program holds a float as a constant",
    "float-nan-first": "an exported program holds a float as a constant",
    "float-nan-and-zeros": "an exported program holds a float as a constant",
    "floats-dynamic-true": "an exported program holds a float as a constant",
    "mark-dynamic-min-above-max": "marks that contradict themselves are refused when they are set",
    "mark-dynamic-no-such-dim": "a mark on a dimension that is not there is refused",
    "mark-static-and-unbacked": "marks that contradict each other are refused",
    "int-then-float": "a float is a constant of a graph, never a symbol",
    "autocast": "a program's autocast is a region of its graph; that of the caller changes nothing",
    "inference-mode": "tensors have no dispatch keys: one made in inference mode is like any other",
    "half": "a size worked out from others is asked whether it is 0 or 1 only where something depends on it",
    "trim": "a size worked out from others is asked whether it is 0 or 1 only where something depends on it",
    "int-in-arange": "a size worked out from others is asked whether it is 0 or 1 only where something depends on it",
    "int-in-view": "a size worked out from others is asked whether it is 0 or 1 only where something depends on it",
    "int-in-view-dynamic": "a size worked out from others is asked whether it is 0 or 1 only where something depends on it",
    "mark-dynamic-add": "a mark that the program contradicts is refused before anything is compiled",
    "mark-dynamic-linear": "a mark that the program contradicts is refused before anything is compiled",
    "mark-dynamic-matmul": "a mark that the program contradicts is refused before anything is compiled",
    "mark-dynamic-specialised": "a mark that the program contradicts is refused before anything is compiled",
    "mark-static-and-dynamic": "marks that contradict each other are refused",
    "overlap": "tensors have no identity: the same view of the same memory is the same tensor",
  ]

  @Test("the record is there") func isComplete() { #expect(Self.records.count - Self.differences.count >= 60) }

  @Test("replayed", arguments: records) func replay(_ record: ConformanceRecord) throws {
    let replay = try ConformanceReplay(record)
    try replay.run()
    if Self.differences[record.name] == nil {
      #expect(replay.differences == [])
    } else {
      #expect(replay.differences != [], "no difference is left")
    }
  }
}
