/// A digest of bytes given in parts, of an algorithm that takes them in blocks of 64.
package protocol BlockDigest {
  mutating func update(_ bytes: UnsafeRawBufferPointer)
  /// The bytes of the digest of everything so far.
  func digest() -> [UInt8]
}

extension BlockDigest {
  /// The text's UTF-8.
  package mutating func update(_ text: String) {
    var text: String = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// The digest in lower-case hexadecimal digits, two a byte.
  package func hexDigest() -> String {
    let digits: [UInt8] = Array("0123456789abcdef".utf8)
    return String(decoding: digest().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

/// Cuts bytes that come in parts into blocks of 64.
struct DigestBlocks: Sendable {
  /// Less than a block.
  private var pending: [UInt8] = []
  private var byteCount: UInt64 = 0

  init() { pending.reserveCapacity(64) }

  /// - Parameter compress: takes a number of blocks that lie one after the other.
  mutating func take(_ bytes: UnsafeRawBufferPointer, _ compress: (UnsafeRawPointer, Int) -> Void) {
    byteCount &+= UInt64(bytes.count)
    var start: Int = 0
    if !pending.isEmpty {
      start = min(64 - pending.count, bytes.count)
      pending.append(contentsOf: bytes[..<start])
      guard pending.count == 64 else { return }
      pending.withUnsafeBytes { compress($0.baseAddress!, 1) }
      pending.removeAll(keepingCapacity: true)
    }
    let blocks: Int = (bytes.count - start) / 64
    if blocks > 0 {
      compress(bytes.baseAddress! + start, blocks)
      start += 64 * blocks
    }
    if start < bytes.count { pending.append(contentsOf: bytes[start...]) }
  }

  /// What comes after the last byte: a one bit, zeros, and the count of bits, so that the last block is full (RFC 1321, 3.1; FIPS 180-4, 5.1.1).
  func padding(isBigEndian: Bool) -> [UInt8] {
    let bits: UInt64 = isBigEndian ? (byteCount &* 8).bigEndian : (byteCount &* 8).littleEndian
    let zeros: Int = (119 - Int(byteCount % 64)) % 64
    return [0x80] + [UInt8](repeating: 0, count: zeros) + withUnsafeBytes(of: bits) { [UInt8]($0) }
  }
}
