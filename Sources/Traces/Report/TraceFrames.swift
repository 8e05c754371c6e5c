import Foundations

/// Names that records give once and refer to by number afterwards (`str`).
struct TraceStrings: Sendable {
  private var names: [Int: String] = [:]

  mutating func take(_ cursor: inout JSONCursor) throws {
    var scope = try cursor.beginArray()
    guard try cursor.nextElement(&scope) else { throw cursor.failure("the name is missing") }
    let name: String = try cursor.readString()
    guard try cursor.nextElement(&scope) else { throw cursor.failure("the name's number is missing") }
    names[try cursor.readInt()] = name
  }

  /// Reads a list of frames; a name that no record gave becomes `(unknown)`, the file -1 none.
  func frames(_ cursor: inout JSONCursor) throws -> [SourceFrame] {
    var frames: [SourceFrame] = []
    var scope = try cursor.beginArray()
    while try cursor.nextElement(&scope) {
      var frame = SourceFrame(file: "", line: 0, function: "", text: "")
      var members = try cursor.beginObject()
      while let key = try cursor.nextKey(&members) {
        if cursor.takeNull() { continue }
        switch key {
        case "line": frame.line = try cursor.readInt()
        case "name": frame.function = try cursor.readString()
        case "filename":
          let number: Int = try cursor.readInt()
          frame.file = number < 0 ? "" : names[number] ?? "(unknown)"
        case "uninterned_filename": frame.file = try cursor.readString()
        case "loc": frame.text = try cursor.readString()
        default: try cursor.skipValue()
        }
      }
      frames.append(frame)
    }
    return frames
  }
}
