import Testing

@testable import Foundations

struct JSONTests {
  @Test func readsEveryKindOfValue() throws {
    let value: JSONValue = try JSONValue.parse(#" {"a": [1, -2.5e3, true, false, null, "x\n\"é\u00e9\ud83d\ude00\/"], "b": {}, "a b": []} "#, subject: "t")
    #expect(value["a"] == .array([.int(1), .double(-2500), .bool(true), .bool(false), .null, .string("x\n\"éé😀/")]))
    #expect(value["b"] == .object([]))
    #expect(value["a b"] == .array([]))
    #expect(value["c"] == nil)
  }

  /// Python's `json.dumps([nan, inf, -inf])` and the strings that PyTorch 2.8 and later write.
  @Test func readsNumbersThatAreNotFinite() throws {
    let text: String = #"[NaN, Infinity, -Infinity, "NaN", "Infinity", "-Infinity", 1e400, 0.1, 9223372036854775807, -9223372036854775808]"#
    var bytes: String = text
    let numbers: [Double] = try bytes.withUTF8 { utf8 in
      var cursor = JSONCursor(utf8, subject: "t")
      var (scope, numbers): (JSONCursor.Scope, [Double]) = (try cursor.beginArray(), [])
      while try cursor.nextElement(&scope) { numbers.append(try cursor.readDouble()) }
      try cursor.expectEnd()
      return numbers
    }
    #expect(numbers[0].isNaN && numbers[3].isNaN)
    #expect([numbers[1], numbers[4], numbers[6]] == [.infinity, .infinity, .infinity])
    #expect([numbers[2], numbers[5]] == [-.infinity, -.infinity])
    #expect(Array(numbers[7...]) == [0.1, 0x1p63, -0x1p63])
    guard case .array(let items) = try JSONValue.parse(text, subject: "t") else { return }
    #expect(Array(items[8...]) == [.int(Int.max), .int(Int.min)])
  }

  @Test(arguments: [
    ("", 0), ("{", 1), ("[1,", 3), ("[1 2]", 3), (#"{"a" 1}"#, 5), (#"{"a": }"#, 6), (#"["\x"]"#, 1), (#"["\u12"]"#, 1), (#""abc"#, 0), ("[1] 2", 4), ("[,1]", 1),
    ("[tru]", 1), ("{1: 2}", 1), ("[1e]", 1), ("nul", 0), (#"{"a": 1,, }"#, 8),
  ])
  func namesTheByte(_ text: String, _ byte: Int) {
    let error = #expect(throws: LatheError.self) { try JSONValue.parse(text, subject: "file.json") }
    #expect(error?.description.hasPrefix("file.json: at byte \(byte):") == true, "\(error?.description ?? "")")
  }

  @Test func refusesDeepNesting() throws {
    let deep: String = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    #expect(throws: LatheError.self) { try JSONValue.parse(deep, subject: "t") }
    #expect(throws: Never.self) { try JSONValue.parse(String(repeating: "[", count: 300) + String(repeating: "]", count: 300), subject: "t") }
  }

  @Test func skipsWhatIsNotWanted() throws {
    var text: String = #"{"a": {"b": [1, "}]\"", {}]}, "c": "\\", "d": 12.5 , "e": 7}"#
    try text.withUTF8 { utf8 in
      var cursor = JSONCursor(utf8, subject: "t")
      var (scope, keys): (JSONCursor.Scope, [String]) = (try cursor.beginObject(), [])
      while let key = try cursor.nextKey(&scope) {
        keys.append(try cursor.decode(key))
        if "e" ~= key { #expect(try cursor.readInt() == 7) } else { try cursor.skipValue() }
      }
      try cursor.expectEnd()
      #expect(keys == ["a", "c", "d", "e"])
    }
  }

  @Test func stringsOfEveryLengthEndWhereTheyEnd() throws {
    for count in 0..<40 {
      let plain = String(repeating: "p", count: count)
      #expect(try JSONValue.parse("[\"\(plain)\", \"\(plain)\\\"\", \"\\n\(plain)\"]", subject: "t") == .array([.string(plain), .string(plain + "\""), .string("\n" + plain)]))
    }
  }

  @Test func writesWhatItReads() throws {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("text\"\u{1}\n")
    writer.value("é\\")
    writer.key("list")
    writer.beginArray()
    writer.value(1)
    writer.breakLine()
    writer.value(2.5)
    writer.value(true)
    writer.null()
    writer.value(Double.nan)
    writer.endArray()
    writer.endObject()
    let text = String(decoding: writer.bytes, as: UTF8.self)
    #expect(text == "{\"text\\\"\\u0001\\n\":\"é\\\\\",\"list\":[1,\n2.5,true,null,\"NaN\"]}")
    #expect(try JSONValue.parse(text, subject: "t")["text\"\u{1}\n"] == .string("é\\"))
  }

  @Test func tracebacksBecomeFrames() {
    let trace = "  File \"a b.py\", line 12, in forward\n    return self.l(x)\n           ^^^^^^^^^\n  File \"torch/nn/linear.py\", line 125, in <lambda>\n    return F.linear(input, self.weight)\n  File \"x.py\", line 3\n"
    #expect(
      SourceFrame.parse(trace: trace) == [
        SourceFrame(file: "a b.py", line: 12, function: "forward", text: "return self.l(x)"),
        SourceFrame(file: "torch/nn/linear.py", line: 125, function: "<lambda>", text: "return F.linear(input, self.weight)"),
        SourceFrame(file: "x.py", line: 3, function: "", text: ""),
      ])
  }
}
