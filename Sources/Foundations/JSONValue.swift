/// A JSON value as a tree, for small texts such as configurations and headers; large ones are read with `JSONCursor` alone.
package enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case array([JSONValue])
  /// Keys in the order of the text.
  case object([Member])

  package struct Member: Hashable, Sendable {
    package var key: String
    package var value: JSONValue
    package init(key: String, value: JSONValue) { (self.key, self.value) = (key, value) }
  }

  /// Parses a whole text.
  /// - Throws: `LatheError` of kind `badFile` that names `subject` and the byte.
  package static func parse(_ bytes: UnsafeBufferPointer<UInt8>, subject: String) throws -> JSONValue {
    var cursor = JSONCursor(bytes, subject: subject)
    let value = try cursor.readValue()
    try cursor.expectEnd()
    return value
  }
  package static func parse(_ text: String, subject: String) throws -> JSONValue {
    var text = text
    return try text.withUTF8 { try parse($0, subject: subject) }
  }

  /// The member of an object; nil where there is none or it is `null`.
  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self, let value = members.last(where: { $0.key == key })?.value, value != .null else { return nil }
    return value
  }
  package var string: String? {
    if case .string(let text) = self { return text }
    return nil
  }
  package var int: Int? {
    if case .int(let value) = self { return value }
    return nil
  }
  package var bool: Bool? {
    if case .bool(let value) = self { return value }
    return nil
  }
  package var array: [JSONValue]? {
    if case .array(let items) = self { return items }
    return nil
  }
  package var members: [Member]? {
    if case .object(let members) = self { return members }
    return nil
  }
}

extension JSONCursor {
  /// Reads one value as a tree.
  package mutating func readValue() throws -> JSONValue {
    switch peek() {
    case UInt8(ascii: "{"):
      var members: [JSONValue.Member] = []
      var scope = try beginObject()
      while let key = try nextKey(&scope) { members.append(.init(key: try decode(key), value: try readValue())) }
      return .object(members)
    case UInt8(ascii: "["):
      var items: [JSONValue] = []
      var scope = try beginArray()
      while try nextElement(&scope) { items.append(try readValue()) }
      return .array(items)
    case UInt8(ascii: "\""): return .string(try readString())
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool(try readBool())
    case UInt8(ascii: "n"):
      if takeNull() { return .null }
      return .double(try readDouble())
    default:
      let start = offset
      let isWhole = try !skipValue().contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }
      seek(start)
      if isWhole, let value = try? readInt() { return .int(value) }
      seek(start)
      return .double(try readDouble())
    }
  }
}

extension JSONValue {
  /// Appends the value.
  /// - Parameter omitsNull: whether members of objects that are null are left out.
  package func write(to writer: inout JSONWriter, omitsNull: Bool = false) {
    switch self {
    case .null: writer.null()
    case .bool(let flag): writer.value(flag)
    case .int(let number): writer.value(number)
    case .double(let number): writer.value(number)
    case .string(let text): writer.value(text)
    case .array(let items):
      writer.beginArray()
      for item in items { item.write(to: &writer, omitsNull: omitsNull) }
      writer.endArray()
    case .object(let members):
      writer.beginObject()
      for member in members where !(omitsNull && member.value == .null) {
        writer.key(member.key)
        member.value.write(to: &writer, omitsNull: omitsNull)
      }
      writer.endObject()
    }
  }
}
