#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A string of a JSON text as it stands there, without its quotes and with escapes not yet decoded.
package struct JSONText {
  package let bytes: UnsafeBufferPointer<UInt8>
  package let hasEscapes: Bool
  @inlinable package init(bytes: UnsafeBufferPointer<UInt8>, hasEscapes: Bool) { (self.bytes, self.hasEscapes) = (bytes, hasEscapes) }

  @inlinable package static func ~= (pattern: StaticString, text: JSONText) -> Bool {
    pattern.utf8CodeUnitCount == text.bytes.count && memcmp(pattern.utf8Start, text.bytes.baseAddress!, text.bytes.count) == 0
  }
}

/// Reads a JSON text in place, value by value, without building a tree.
///
/// Python's `NaN`, `Infinity` and `-Infinity` are numbers too. Containers nest at most `depthLimit` deep. Every failure is a
/// `LatheError` of kind `badFile` that names the subject and the byte.
package struct JSONCursor {
  package static let depthLimit: Int = 400

  @usableFromInline let bytes: UnsafeBufferPointer<UInt8>
  /// Where the next byte is read.
  package private(set) var offset: Int = 0
  /// Bytes that are not consumed yet.
  package var remaining: Int { bytes.count - offset }
  /// What is read, for errors: the file and the member in it.
  package let subject: String
  private var depth: Int = 0

  /// - Parameter bytes: stays valid while the cursor and its texts are used.
  package init(_ bytes: UnsafeBufferPointer<UInt8>, subject: String) {
    self.bytes = bytes
    self.subject = subject
  }

  /// Whether the first element or key of a container is still to come.
  package struct Scope {
    fileprivate var isFirst: Bool = true
  }

  package func failure(_ message: String) -> LatheError {
    LatheError.badFile(subject, "at byte \(offset): \(message)")
  }
  private func unexpected(_ wanted: String) -> LatheError {
    offset < bytes.count ? failure("expected \(wanted)") : failure("the text ends where \(wanted) should be")
  }

  /// The next byte that is not white space, not consumed; 0 at the end.
  package mutating func peek() -> UInt8 {
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte > 0x20 || (byte != 0x20 && byte != 0x0A && byte != 0x0D && byte != 0x09) { return byte }
      offset += 1
    }
    return 0
  }

  // MARK: Containers

  private mutating func begin(_ byte: UInt8, _ wanted: String) throws -> Scope {
    guard peek() == byte else { throw unexpected(wanted) }
    depth += 1
    if depth > JSONCursor.depthLimit { throw failure("nested deeper than \(JSONCursor.depthLimit) levels") }
    offset += 1
    return Scope()
  }
  package mutating func beginObject() throws -> Scope { try begin(UInt8(ascii: "{"), "an object") }
  package mutating func beginArray() throws -> Scope { try begin(UInt8(ascii: "["), "an array") }

  /// The next key, its colon consumed, or nil once the object's end is consumed.
  package mutating func nextKey(_ scope: inout Scope) throws -> JSONText? {
    guard try next(&scope, close: UInt8(ascii: "}")) else { return nil }
    let key = try readText()
    guard peek() == UInt8(ascii: ":") else { throw unexpected("a colon") }
    offset += 1
    return key
  }
  /// Whether another element follows; consumes the array's end where not.
  package mutating func nextElement(_ scope: inout Scope) throws -> Bool { try next(&scope, close: UInt8(ascii: "]")) }

  private mutating func next(_ scope: inout Scope, close: UInt8) throws -> Bool {
    let byte = peek()
    if byte == close {
      offset += 1
      depth -= 1
      return false
    }
    if scope.isFirst {
      scope.isFirst = false
      return true
    }
    guard byte == UInt8(ascii: ",") else { throw unexpected("a comma or the end of the container") }
    offset += 1
    return true
  }

  /// - Throws: when anything but white space follows.
  package mutating func expectEnd() throws {
    if peek() != 0 || offset < bytes.count { throw failure("something follows the value") }
  }

  // MARK: Values

  package mutating func readText() throws -> JSONText {
    guard peek() == UInt8(ascii: "\"") else { throw unexpected("a string") }
    let start = offset + 1
    var index = start
    var hasEscapes = false
    while true {
      index = skipPlainText(from: index)
      guard index < bytes.count else { break }
      if bytes[index] == UInt8(ascii: "\"") {
        offset = index + 1
        return JSONText(bytes: UnsafeBufferPointer(rebasing: bytes[start..<index]), hasEscapes: hasEscapes)
      }
      hasEscapes = true
      index += 2
    }
    throw failure("a string does not end")
  }

  /// The next quote or backslash at or after `index`, or the end; eight bytes at a time.
  @inline(__always)
  private func skipPlainText(from index: Int) -> Int {
    var index = index
    let raw = UnsafeRawBufferPointer(bytes)
    let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
    while index + 8 <= raw.count {
      let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      let quotes = word ^ 0x2222_2222_2222_2222
      let slashes = word ^ 0x5C5C_5C5C_5C5C_5C5C
      // The lowest marked byte is exact; higher ones may be marked by a borrow.
      let found = ((quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes) & highs
      if found != 0 { return index + found.trailingZeroBitCount / 8 }
      index += 8
    }
    while index < raw.count, raw[index] != UInt8(ascii: "\""), raw[index] != UInt8(ascii: "\\") { index += 1 }
    return index
  }

  package mutating func readString() throws -> String { try decode(readText()) }

  /// The string with its escapes decoded; bytes that are not UTF-8 become U+FFFD, as do lone surrogates.
  package func decode(_ text: JSONText) throws -> String {
    if !text.hasEscapes { return String(decoding: text.bytes, as: UTF8.self) }
    return try decodeEscapes(text)
  }

  package mutating func readBool() throws -> Bool {
    if take("true") { return true }
    if take("false") { return false }
    throw unexpected("true or false")
  }
  /// Consumes `null` where it comes next.
  package mutating func takeNull() -> Bool { take("null") }

  private mutating func take(_ word: StaticString) -> Bool {
    _ = peek()
    guard bytes.count - offset >= word.utf8CodeUnitCount, memcmp(bytes.baseAddress! + offset, word.utf8Start, word.utf8CodeUnitCount) == 0
    else { return false }
    offset += word.utf8CodeUnitCount
    return true
  }

  package mutating func readInt() throws -> Int {
    _ = peek()
    let start = offset
    var index = offset
    let isNegative = index < bytes.count && bytes[index] == UInt8(ascii: "-")
    if isNegative { index += 1 }
    let digits = index
    var value = 0
    while index < bytes.count, case let digit = bytes[index] &- UInt8(ascii: "0"), digit < 10 {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (next, overflowed) = isNegative ? tens.subtractingReportingOverflow(Int(digit)) : tens.addingReportingOverflow(Int(digit))
      if overflow || overflowed { throw failure("a number does not fit in 64 bits") }
      value = next
      index += 1
    }
    if index == digits { throw unexpected("a whole number") }
    if index < bytes.count, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[index]) {
      // 2.0 is a whole number too, as in Python's JSON of a float.
      let number = try readDouble()
      guard let whole = Int(exactly: number) else {
        offset = start
        throw unexpected("a whole number")
      }
      return whole
    }
    offset = index
    return value
  }

  /// A number; the words and strings `NaN`, `Infinity` and `-Infinity` count.
  package mutating func readDouble() throws -> Double {
    let isQuoted = peek() == UInt8(ascii: "\"")
    if isQuoted { offset += 1 }
    let value: Double
    if take("NaN") || take("nan") {
      value = .nan
    } else if take("Infinity") || take("inf") {
      value = .infinity
    } else if take("-Infinity") || take("-inf") {
      value = -.infinity
    } else {
      value = try readPlainNumber()
    }
    if isQuoted {
      guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { throw unexpected("a number") }
      offset += 1
    }
    return value
  }

  private mutating func readPlainNumber() throws -> Double {
    var index = offset
    while index < bytes.count, index - offset < 400 {
      let byte = bytes[index]
      let isPart = (byte &- UInt8(ascii: "0")) < 10 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
      guard isPart || byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") else { break }
      index += 1
    }
    guard let value = Double(String(decoding: bytes[offset..<index], as: UTF8.self)) else { throw unexpected("a number") }
    offset = index
    return value
  }

  /// Consumes one value of any kind and gives its bytes; their inside is checked for balance only.
  @discardableResult
  package mutating func skipValue() throws -> UnsafeBufferPointer<UInt8> {
    let first = peek()
    let start = offset
    switch first {
    case UInt8(ascii: "\""): _ = try readText()
    case UInt8(ascii: "{"), UInt8(ascii: "["): try skipContainer()
    case 0: throw unexpected("a value")
    default:
      while offset < bytes.count, case let byte = bytes[offset], byte > 0x20, byte != UInt8(ascii: ","), byte != UInt8(ascii: "}"),
        byte != UInt8(ascii: "]")
      { offset += 1 }
      if offset == start { throw unexpected("a value") }
    }
    return UnsafeBufferPointer(rebasing: bytes[start..<offset])
  }

  private mutating func skipContainer() throws {
    var level = 0
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        _ = try readText()
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): level += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        level -= 1
        if level == 0 {
          offset += 1
          return
        }
      default: break
      }
      offset += 1
    }
    throw failure("a container does not end")
  }

  /// Continues at a place remembered from `offset`, outside or inside the same containers.
  package mutating func seek(_ place: Int) { offset = place }
}

extension JSONCursor {
  fileprivate func decodeEscapes(_ text: JSONText) throws -> String {
    let source = text.bytes
    var result: [UInt8] = []
    result.reserveCapacity(source.count)
    var index = 0
    while index < source.count {
      let rest = source.count - index
      let backslash = memchr(source.baseAddress! + index, Int32(UInt8(ascii: "\\")), rest).map { UnsafeRawPointer($0) - UnsafeRawPointer(source.baseAddress!) }
      result.append(contentsOf: source[index..<(backslash ?? source.count)])
      guard let backslash, backslash + 1 < source.count else { break }
      index = backslash
      index += 2
      switch source[index - 1] {
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(source[index - 1])
      case UInt8(ascii: "u"): index = try decodeUnicode(source, at: index, into: &result)
      default: throw failure("a string before it has an unknown escape")
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Appends the character whose four hexadecimal digits start at `index`, with its second surrogate where it needs one.
  private func decodeUnicode(_ source: UnsafeBufferPointer<UInt8>, at index: Int, into result: inout [UInt8]) throws -> Int {
    guard let unit = hexUnit(source, at: index) else { throw failure("a string before it has a broken \\u escape") }
    var next = index + 4
    var scalar = UInt32(unit)
    if unit & 0xFC00 == 0xD800, next + 6 <= source.count, source[next] == UInt8(ascii: "\\"), source[next + 1] == UInt8(ascii: "u"),
      let low = hexUnit(source, at: next + 2), low & 0xFC00 == 0xDC00
    {
      scalar = 0x10000 + ((UInt32(unit) & 0x3FF) << 10) + (UInt32(low) & 0x3FF)
      next += 6
    }
    result.append(contentsOf: String(Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")).utf8)
    return next
  }

  private func hexUnit(_ source: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt16? {
    guard index + 4 <= source.count else { return nil }
    var value: UInt16 = 0
    for byte in source[index..<(index + 4)] {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt16(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt16(byte - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt16(byte - UInt8(ascii: "A") + 10)
      default: return nil
      }
    }
    return value
  }
}
