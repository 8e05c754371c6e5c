import Foundations
import Glibc

/// Builds zip archives byte by byte, also wrong ones.
struct ZipBuilder {
  struct Member {
    var name: String
    var data: [UInt8]
    /// What the headers claim, where not the truth.
    var claimedSize: UInt64?
    var flags: UInt16 = 0
    /// Whether the data is a deflate stream of one stored block.
    var isDeflated: Bool = false
    var localName: String?
    var offset: Int?

    init(_ name: String, _ data: [UInt8]) { (self.name, self.data) = (name, data) }
    init(_ name: String, _ text: String) { self.init(name, Array(text.utf8)) }
  }
  var members: [Member] = []

  init(_ members: [Member] = []) { self.members = members }
  mutating func add(_ name: String, _ text: String) { members.append(Member(name, text)) }
  mutating func add(_ name: String, _ data: [UInt8]) { members.append(Member(name, data)) }

  func bytes() -> [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for member in members {
      let offset = member.offset ?? file.count
      let checksum = ZipBuilder.crc32(member.data)
      let stored: [UInt8] = member.isDeflated ? ZipBuilder.deflated(member.data) : member.data
      let size = member.claimedSize ?? UInt64(member.data.count)
      let storedSize = member.isDeflated ? UInt64(stored.count) : size
      let isLarge = size >= 0xFFFF_FFFF
      let method: UInt16 = member.isDeflated ? 8 : 0
      var common: [UInt8] = []
      common.put(UInt16(45), member.flags, method)
      common.put(UInt16(0), UInt16(0x21))
      common.put(checksum)
      common.put(isLarge ? UInt32.max : UInt32(storedSize), isLarge ? UInt32.max : UInt32(size))
      var extra: [UInt8] = []
      if isLarge {
        extra.put(UInt16(1), UInt16(16))
        extra.put(size, storedSize)
      }
      let name = Array((member.localName ?? member.name).utf8)
      file.put(UInt32(0x0403_4B50))
      file += common
      file.put(UInt16(name.count), UInt16(extra.count))
      file += name + extra + stored
      directory.put(UInt32(0x0201_4B50))
      directory.put(UInt16(45))
      directory += common
      directory.put(UInt16(member.name.utf8.count), UInt16(extra.count), UInt16(0), UInt16(0), UInt16(0))
      directory.put(UInt32(0), UInt32(offset))
      directory += Array(member.name.utf8) + extra
    }
    let start = file.count
    file += directory
    file.put(UInt32(0x0605_4B50))
    file.put(UInt16(0), UInt16(0), UInt16(members.count), UInt16(members.count))
    file.put(UInt32(directory.count), UInt32(start))
    file.put(UInt16(0))
    return file
  }

  /// One stored block for each 65,535 bytes (RFC 1951, 3.2.4).
  private static func deflated(_ data: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var start = 0
    repeat {
      let count = min(65535, data.count - start)
      result.append(start + count == data.count ? 1 : 0)
      result.put(UInt16(count), ~UInt16(count))
      result += data[start..<(start + count)]
      start += count
    } while start < data.count
    return result
  }

  static func crc32(_ data: [UInt8]) -> UInt32 {
    var crc: UInt32 = .max
    for byte in data {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 != 0 ? 0xEDB8_8320 : 0) }
    }
    return ~crc
  }
}

extension [UInt8] {
  fileprivate mutating func put<Number: FixedWidthInteger>(_ values: Number...) {
    for value in values { Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) } }
  }

  /// From hexadecimal digits.
  init(hex: String) {
    self = []
    var digits = hex.utf8.makeIterator()
    while let high = digits.next(), let low = digits.next() {
      append(UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)!)
    }
  }
}

/// A file of the test that is removed with its owner.
final class TemporaryFile {
  let path: String
  init(_ bytes: [UInt8], name: String = "file") throws {
    path = "/tmp/lathe-\(name)-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    let file = fopen(path, "wb")!
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }
  deinit { unlink(path) }
}

/// The message of the `LatheError` that `body` throws; nil when it throws none.
func latheMessage(_ body: () throws -> Void) throws -> String? {
  do {
    try body()
    return nil
  } catch let error as LatheError {
    return error.description
  }
}
