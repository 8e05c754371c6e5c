import Foundations

/// One record as it stands in a file: a header line, and where its payload is.
struct TraceRecord {
  var header: TraceHeader
  var envelope: TraceEnvelope
  /// The header line without its end; `envelope.metadata` is a range of it.
  var bytes: [UInt8]
  /// Of the header line's first byte, and the line's number from 1.
  var offset: Int
  var line: Int
  /// After the record's last byte, its line end included.
  var end: Int
  var payload: TracePayload?

  /// Calls `body` with a cursor at the event's value.
  func withMetadata<Result>(_ body: (inout JSONCursor) throws -> Result) throws -> Result {
    try bytes.withUnsafeBufferPointer { bytes in
      var cursor = JSONCursor(UnsafeBufferPointer(rebasing: bytes[envelope.metadata]), subject: "")
      return try body(&cursor)
    }
  }
}
