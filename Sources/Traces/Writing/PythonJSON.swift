import Foundations

/// Writes JSON as Python's `json.dumps` does, byte for byte: what reads traces was made for that, and an MD5 is taken of it.
///
/// Beyond ASCII everything is escaped. A number that is not finite, which JSON does not have, becomes `null`.
enum PythonJSON {
  enum Style {
    /// `{"a": 1, "b": [2]}`
    case line
    /// `indent=0`: each member and element on a line of its own.
    case lines
  }

  static func text(_ value: JSONValue, _ style: Style = .line) -> String {
    var bytes: [UInt8] = []
    append(value, style, &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  static func append(_ value: JSONValue, _ style: Style, _ bytes: inout [UInt8]) {
    switch value {
    case .null: bytes += "null".utf8
    case .bool(let flag): bytes += (flag ? "true" : "false").utf8
    case .int(let number): bytes += String(number).utf8
    case .double(let number): bytes += (number.isFinite ? number.description : "null").utf8
    case .string(let text): append(text, &bytes)
    case .array(let items):
      append(items, "[", "]", style, &bytes) { item, bytes in append(item, style, &bytes) }
    case .object(let members):
      append(members, "{", "}", style, &bytes) { member, bytes in
        append(member.key, &bytes)
        bytes += ": ".utf8
        append(member.value, style, &bytes)
      }
    }
  }

  private static func append<Item>(
    _ items: [Item], _ open: String, _ close: String, _ style: Style, _ bytes: inout [UInt8], _ body: (Item, inout [UInt8]) -> Void
  ) {
    bytes += open.utf8
    for (place, item) in items.enumerated() {
      if place > 0 { bytes += (style == .lines ? "," : ", ").utf8 }
      if style == .lines { bytes.append(0x0A) }
      body(item, &bytes)
    }
    if style == .lines, !items.isEmpty { bytes.append(0x0A) }
    bytes += close.utf8
  }

  private static func append(_ text: String, _ bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for unit in text.utf16 {
      switch unit {
      case 0x22, 0x5C: bytes += [0x5C, UInt8(unit)]
      case 0x0A: bytes += "\\n".utf8
      case 0x0D: bytes += "\\r".utf8
      case 0x09: bytes += "\\t".utf8
      case 0x08: bytes += "\\b".utf8
      case 0x0C: bytes += "\\f".utf8
      case 0x20..<0x7F: bytes.append(UInt8(unit))
      case 0x7F: bytes.append(0x7F)
      default:
        let digits: [UInt8] = Array("0123456789abcdef".utf8)
        bytes += "\\u".utf8
        for shift in [12, 8, 4, 0] { bytes.append(digits[Int(unit >> shift) & 15]) }
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

/// An object whose members keep their order.
func members(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
  .object(members.map { JSONValue.Member(key: $0.key, value: $0.value) })
}
