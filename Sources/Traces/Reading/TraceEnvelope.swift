import Foundations

/// A record's JSON: one event and what it belongs to (PyTorch's `trace_structured`).
struct TraceEnvelope {
  /// The event's key, for example `dynamo_start`.
  var event: String = ""
  /// Where the event's value is in the line.
  var metadata: Range<Int> = 0..<0
  var id = TraceCompileID(frame: nil, compile: nil)
  var attempt: Int?
  var rank: Int?
  /// The MD5 of the payload, which follows where this is there.
  var payloadDigest: String?

  /// Keys that say what a record belongs to; every other key is an event.
  private enum Context {
    static func has(_ key: JSONText) -> Bool {
      switch key {
      case "rank", "compiled_autograd_id", "frame_id", "frame_compile_id", "attempt", "subgraph_name", "stack", "has_payload", "severity", "timestamp",
        "pathname", "thread":
        return true
      default: return false
      }
    }
  }

  /// - Throws: `LatheError` of kind `badFile` where the text from `start` on is no such object.
  init(line: UnsafeRawBufferPointer, from start: Int) throws {
    let text = UnsafeBufferPointer(rebasing: line.bindMemory(to: UInt8.self)[start...])
    var cursor = JSONCursor(text, subject: "")
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      guard Context.has(key) else {
        if event.isEmpty {
          event = try cursor.decode(key)
          _ = cursor.peek()
          let place: Int = start + cursor.offset
          metadata = place..<(place + (try cursor.skipValue().count))
        } else {
          try cursor.skipValue()
        }
        continue
      }
      if cursor.takeNull() { continue }
      switch key {
      case "rank": rank = try cursor.readInt()
      case "compiled_autograd_id": id.autograd = try cursor.readInt()
      case "frame_id": id.frame = try cursor.readInt()
      case "frame_compile_id": id.compile = try cursor.readInt()
      case "attempt": attempt = try cursor.readInt()
      case "has_payload": payloadDigest = try cursor.readString()
      default: try cursor.skipValue()
      }
    }
    try cursor.expectEnd()
    if event.isEmpty { throw LatheError.badFile("", "the record names no event") }
  }
}
