/// Where a record's payload is in its file; it is read when it is asked for.
package struct TracePayload: Hashable, Sendable {
  /// Of the first payload line's tab.
  package var offset: Int
  /// Bytes in the file from there, with each line's tab and the line ends between lines.
  package var length: Int
  /// Bytes of the text.
  package var count: Int
  /// Whether the text has the MD5 that the record announces.
  package var isIntact: Bool
}

extension TraceFile {
  /// The payload's text as the writer gave it: lines without their tabs.
  /// - Parameter limit: bytes of the file to read at most; a longer payload's beginning is returned.
  /// - Throws: `LatheError` where the file cannot be read or is no longer that long.
  package func text(of payload: TracePayload, limit: Int = .max) throws -> String {
    String(decoding: try bytes(of: payload, limit: limit), as: UTF8.self)
  }

  func bytes(of payload: TracePayload, limit: Int = .max) throws -> [UInt8] {
    let source: [UInt8] = try read(at: payload.offset, count: min(payload.length, limit))
    return [UInt8](unsafeUninitializedCapacity: source.count) { result, count in
      source.withUnsafeBufferPointer { source in
        var (index, lines): (Int, Int) = (0, 0)
        while index < source.count {
          // An empty line is not the payload's: its own empty lines have their tab.
          if source[index] == 0x0A {
            index += 1
            continue
          }
          if lines > 0 {
            result[count] = 0x0A
            count += 1
          }
          lines += 1
          let end: Int = source[index...].firstIndex(of: 0x0A) ?? source.count
          for byte in source[(index + 1)..<end] {
            result[count] = byte
            count += 1
          }
          index = end + 1
        }
      }
    }
  }
}
