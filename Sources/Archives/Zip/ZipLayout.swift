import CZip
import Foundations
import Tensors

/// A zip archive of stored members whose every byte is settled before the first is written, in the form of PyTorch's
/// `PyTorchFileWriter` (`caffe2/serialize/inline_container.cc`): members' bytes begin at multiples of 64, times are zero, sizes and
/// checksums follow the bytes. The same members give the same file.
///
/// Members may share their bytes: the extra field of one's header then holds the other's header, right before the bytes. Each header is
/// what the directory says of it, so readers that look at one member find nothing amiss; those that look for overlaps refuse such files.
struct ZipLayout {
  /// What a member holds; large contents are only read when they are written.
  enum Content {
    case bytes([UInt8])
    case region(ByteRegion)
    case storage(Storage)
    /// An archive in the archive.
    case archive(ZipLayout)
    /// One after the other.
    case parts([Content])
    /// The bytes of the member before, which are not written again: one member's header stands in the other's.
    case shared

    static func text(_ text: String) -> Content { .bytes(Array(text.utf8)) }

    var count: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .region(let region): region.count
      case .storage(let storage): storage.byteCount
      case .archive(let layout): layout.count
      case .parts(let parts): parts.reduce(0) { $0 + $1.count }
      case .shared: 0
      }
    }

    func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
      switch self {
      case .bytes(let bytes): try bytes.withUnsafeBytes { try body($0) }
      case .region(let region): try region.withBytes { try ZipLayout.inPieces($0, body) }
      case .storage(let storage):
        try withExtendedLifetime(storage) { try ZipLayout.inPieces(UnsafeRawBufferPointer(start: storage.data, count: storage.byteCount), body) }
      case .archive(let layout): try layout.write(body)
      case .parts(let parts): for part in parts { try part.forEachPiece(body) }
      case .shared: break
      }
    }
  }

  private struct Member {
    var name: [UInt8]
    var content: Content
    var headerOffset: Int
    var padding: Int
    var isLarge: Bool
    /// The name of the member that shares its bytes; its header is in this one's, at `innerOffset`.
    var inner: [UInt8]?

    /// Bytes of the header up to the padding.
    func headerBytes(_ name: [UInt8]) -> Int { 30 + name.count + 4 + (isLarge ? 20 : 0) }
    var innerOffset: Int { headerOffset + headerBytes(name) }
  }

  private static let alignment: Int = 64
  /// What a 32-bit field of a zip holds at most.
  private static let limit: Int = 0xFFFF_FFFF
  private let members: [Member]
  private let directoryOffset: Int
  /// Bytes of the whole archive.
  let count: Int

  /// - Precondition: names differ from each other; a member that shares its bytes comes right behind the one it shares them with.
  init(_ contents: [(name: String, content: Content)]) {
    var members: [Member] = []
    var offset: Int = 0
    var directory: Int = 0
    for (index, (name, content)) in contents.enumerated() {
      if case .shared = content { continue }
      let name: [UInt8] = Array(name.utf8)
      var member = Member(name: name, content: content, headerOffset: offset, padding: 0, isLarge: content.count >= ZipLayout.limit)
      var start: Int = offset + member.headerBytes(name)
      if index + 1 < contents.count, case .shared = contents[index + 1].content {
        let inner: [UInt8] = Array(contents[index + 1].name.utf8)
        member.inner = inner
        directory += 46 + inner.count + (member.isLarge || member.innerOffset >= ZipLayout.limit ? 28 : 0)
        start += member.headerBytes(inner)
      }
      member.padding = (ZipLayout.alignment - start % ZipLayout.alignment) % ZipLayout.alignment
      members.append(member)
      offset = start + member.padding + content.count + (member.isLarge ? 24 : 16)
      directory += 46 + name.count + (member.isLarge || member.headerOffset >= ZipLayout.limit ? 28 : 0)
    }
    self.members = members
    directoryOffset = offset
    let needsLargeEnd: Bool = offset >= ZipLayout.limit || directory >= ZipLayout.limit || contents.count >= 0xFFFF
    count = offset + directory + (needsLargeEnd ? 76 : 0) + 22
  }

  /// Gives the archive's bytes in order.
  func write(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
    func put(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try sink($0) } }
    var checksums: [UInt32] = []
    for member in members {
      let inner: [UInt8] = member.inner.map { localHeader(member, $0, filler: [UInt8](repeating: UInt8(ascii: "Z"), count: member.padding)) } ?? []
      let filler: [UInt8] = member.inner == nil ? [UInt8](repeating: UInt8(ascii: "Z"), count: member.padding) : inner
      try put(localHeader(member, member.name, filler: filler))
      var checksum: UInt32 = 0
      try member.content.forEachPiece { piece in
        checksum = UInt32(crc32_z(UInt(checksum), piece.baseAddress, piece.count))
        try sink(piece)
      }
      checksums.append(checksum)
      var descriptor = LittleEndianBytes()
      descriptor.append32(0x0807_4B50)
      descriptor.append32(Int(checksum))
      for _ in 0..<2 { if member.isLarge { descriptor.append64(member.content.count) } else { descriptor.append32(member.content.count) } }
      try put(descriptor.bytes)
    }
    var directory = LittleEndianBytes()
    for (member, checksum) in zip(members, checksums) {
      append(member, member.name, at: member.headerOffset, checksum, to: &directory)
      if let inner = member.inner { append(member, inner, at: member.innerOffset, checksum, to: &directory) }
    }
    let size: Int = directory.bytes.count
    appendEnd(directorySize: size, to: &directory)
    try put(directory.bytes)
  }

  /// A header of the member under one of its names; `filler` is what its last extra field holds.
  private func localHeader(_ member: Member, _ name: [UInt8], filler: [UInt8]) -> [UInt8] {
    var header = LittleEndianBytes()
    header.append32(0x0403_4B50)
    header.append16(0)
    // Names are UTF-8, a data descriptor follows.
    header.append16(0x0808)
    header.append16(0)
    header.append32(0)
    header.append32(0)
    header.append32(member.isLarge ? ZipLayout.limit : 0)
    header.append32(member.isLarge ? ZipLayout.limit : 0)
    header.append16(name.count)
    header.append16((member.isLarge ? 20 : 0) + 4 + filler.count)
    header.bytes += name
    if member.isLarge {
      header.append16(1)
      header.append16(16)
      header.append64(0)
      header.append64(0)
    }
    header.bytes += Array("FB".utf8)
    header.append16(filler.count)
    header.bytes += filler
    return header.bytes
  }

  private func append(_ member: Member, _ name: [UInt8], at headerOffset: Int, _ checksum: UInt32, to directory: inout LittleEndianBytes) {
    let isLarge: Bool = member.isLarge || headerOffset >= ZipLayout.limit
    directory.append32(0x0201_4B50)
    directory.append16(0)
    directory.append16(0)
    directory.append16(0x0808)
    directory.append16(0)
    directory.append32(0)
    directory.append32(Int(checksum))
    for _ in 0..<2 { directory.append32(isLarge ? ZipLayout.limit : member.content.count) }
    directory.append16(name.count)
    directory.append16(isLarge ? 28 : 0)
    directory.append16(0)
    directory.append16(0)
    directory.append16(0)
    directory.append32(0)
    directory.append32(isLarge ? ZipLayout.limit : headerOffset)
    directory.bytes += name
    guard isLarge else { return }
    directory.append16(1)
    directory.append16(24)
    directory.append64(member.content.count)
    directory.append64(member.content.count)
    directory.append64(headerOffset)
  }

  private func appendEnd(directorySize size: Int, to end: inout LittleEndianBytes) {
    let count: Int = members.reduce(0) { $0 + ($1.inner == nil ? 1 : 2) }
    let isLarge: Bool = directoryOffset >= ZipLayout.limit || size >= ZipLayout.limit || count >= 0xFFFF
    if isLarge {
      end.append32(0x0606_4B50)
      end.append64(44)
      end.append16(45)
      end.append16(45)
      end.append32(0)
      end.append32(0)
      end.append64(count)
      end.append64(count)
      end.append64(size)
      end.append64(directoryOffset)
      end.append32(0x0706_4B50)
      end.append32(0)
      end.append64(directoryOffset + size)
      end.append32(1)
    }
    end.append32(0x0605_4B50)
    end.append16(0)
    end.append16(0)
    for _ in 0..<2 { end.append16(isLarge ? 0xFFFF : count) }
    end.append32(isLarge ? ZipLayout.limit : size)
    end.append32(isLarge ? ZipLayout.limit : directoryOffset)
    end.append16(0)
  }

  /// Large contents in pieces, so that a cancelled or failed write stops soon.
  private static func inPieces(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    let step: Int = 8 << 20
    var start: Int = 0
    while start < bytes.count {
      let end: Int = min(start + step, bytes.count)
      try body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      start = end
    }
  }
}

/// Numbers as the zip format lays them out.
private struct LittleEndianBytes {
  var bytes: [UInt8] = []
  mutating func append16(_ value: Int) { append(UInt64(value), 2) }
  mutating func append32(_ value: Int) { append(UInt64(value), 4) }
  mutating func append64(_ value: Int) { append(UInt64(value), 8) }
  private mutating func append(_ value: UInt64, _ count: Int) { for byte in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))) } }
}
