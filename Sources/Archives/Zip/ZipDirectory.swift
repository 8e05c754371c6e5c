import Foundations
import Tensors

/// One member of a zip archive, as its central directory and its own header agree on it.
package struct ZipEntry: Sendable {
  package var name: String
  /// Bytes in the archive and bytes when read.
  package var storedSize: Int
  package var size: Int
  /// Whether the bytes stand in the archive as they are.
  package var isStored: Bool
  /// Where the member's bytes start in the archive.
  package var dataOffset: Int
}

/// Reads the directory of a zip archive that nobody vouches for (APPNOTE.TXT 6.3.10 of PKWARE, zip64 included).
///
/// Refused: names that leave the archive (`..`, absolute), duplicate names, encrypted members, compression other than deflate,
/// sizes beyond the file or beyond what deflate can yield, members that overlap, headers that contradict the directory. Stored members may
/// share all of their bytes, as `ZipLayout` writes them.
struct ZipDirectoryReader {
  let bytes: UnsafeRawBufferPointer
  let subject: String

  private func u16(_ offset: Int) -> Int { Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))) }
  private func u32(_ offset: Int) -> Int { Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))) }
  private func u64(_ offset: Int) throws -> Int {
    let value = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    guard value <= UInt64(Int.max) else { throw bad("an impossible size or offset of \(value)") }
    return Int(value)
  }
  private func bad(_ message: String) -> LatheError { LatheError.badFile(subject, "is not a usable zip archive: \(message)") }
  private func holds(_ start: Int, _ count: Int) -> Bool { start >= 0 && count >= 0 && start <= bytes.count && count <= bytes.count - start }

  static let endSignature = 0x0605_4B50
  private static let entrySignature = 0x0201_4B50
  private static let localSignature = 0x0403_4B50

  /// Whether the bytes begin as every zip archive with a member does.
  static func looksLikeZip(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 4 && bytes[0] == 0x50 && bytes[1] == 0x4B && ((bytes[2] == 3 && bytes[3] == 4) || (bytes[2] == 5 && bytes[3] == 6))
  }

  func read() throws -> [ZipEntry] {
    let (start, size, count) = try directoryPlace()
    guard holds(start, size) else { throw bad("its directory lies outside the file; the file may be truncated") }
    guard count <= size / 46 else { throw bad("its directory is too small for \(count) members") }
    var entries: [ZipEntry] = []
    entries.reserveCapacity(count)
    var names: Set<String> = []
    var place = start
    for _ in 0..<count {
      let entry = try readEntry(&place, end: start + size)
      guard names.insert(entry.name).inserted else { throw bad("it has two members named \(entry.name)") }
      entries.append(entry)
    }
    try refuseOverlaps(entries)
    return entries
  }

  private func directoryPlace() throws -> (start: Int, size: Int, count: Int) {
    var end = bytes.count - 22
    let lowest = max(0, bytes.count - 22 - 0xFFFF)
    while end >= lowest, !(u32(end) == ZipDirectoryReader.endSignature && u16(end + 20) <= bytes.count - end - 22) { end -= 1 }
    guard end >= lowest else { throw bad("its end record is missing; the file may be truncated or of another kind") }
    var (count, size, start) = (u16(end + 10), u32(end + 12), u32(end + 16))
    if count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF {
      guard end >= 20, u32(end - 20) == 0x0706_4B50 else { throw bad("its zip64 locator is missing") }
      let record = try u64(end - 20 + 8)
      guard holds(record, 56), u32(record) == 0x0606_4B50 else { throw bad("its zip64 end record is missing") }
      (count, size, start) = (try u64(record + 32), try u64(record + 40), try u64(record + 48))
    }
    return (start, size, count)
  }

  private func readEntry(_ place: inout Int, end: Int) throws -> ZipEntry {
    guard place + 46 <= end, u32(place) == ZipDirectoryReader.entrySignature else { throw bad("a record of its directory is damaged") }
    let (flags, method) = (u16(place + 8), u16(place + 10))
    let (nameLength, extraLength, commentLength) = (u16(place + 28), u16(place + 30), u16(place + 32))
    let nameStart = place + 46
    guard nameStart + nameLength + extraLength + commentLength <= end else { throw bad("a record of its directory is damaged") }
    let name = try checkedName(UnsafeRawBufferPointer(rebasing: bytes[nameStart..<(nameStart + nameLength)]))
    var (storedSize, size, offset) = (u32(place + 20), u32(place + 24), u32(place + 42))
    try readZip64(nameStart + nameLength, extraLength, name: name, size: &size, storedSize: &storedSize, offset: &offset)
    place = nameStart + nameLength + extraLength + commentLength

    guard flags & 0x2041 == 0 else { throw bad("its member \(name) is encrypted") }
    guard method == 0 || method == 8 else { throw bad("its member \(name) uses compression method \(method), only stored and deflate are read") }
    guard holds(offset, 30), u32(offset) == ZipDirectoryReader.localSignature, u16(offset + 26) == nameLength,
      holds(offset + 30, nameLength), bytes[(offset + 30)..<(offset + 30 + nameLength)].elementsEqual(bytes[nameStart..<(nameStart + nameLength)]),
      u16(offset + 8) == method
    else { throw bad("the header of its member \(name) is missing or contradicts the directory") }
    let dataOffset = offset + 30 + nameLength + u16(offset + 28)
    guard holds(dataOffset, storedSize) else {
      throw bad("its member \(name) claims \(storedSize) bytes, which do not fit in the file's \(bytes.count)")
    }
    if method == 0, size != storedSize { throw bad("its member \(name) is stored but claims \(size) bytes for \(storedSize)") }
    // No deflate stream yields more than 1032 bytes for one.
    if method == 8, size / 1032 > storedSize { throw bad("its member \(name) claims \(size) bytes, too many for \(storedSize) compressed ones") }
    return ZipEntry(name: name, storedSize: storedSize, size: size, isStored: method == 0, dataOffset: dataOffset)
  }

  private func readZip64(_ start: Int, _ length: Int, name: String, size: inout Int, storedSize: inout Int, offset: inout Int) throws {
    guard size == 0xFFFF_FFFF || storedSize == 0xFFFF_FFFF || offset == 0xFFFF_FFFF else { return }
    var place = start
    while place + 4 <= start + length {
      let (identifier, count) = (u16(place), u16(place + 2))
      guard place + 4 + count <= start + length else { break }
      if identifier == 1 {
        var field = place + 4
        func next() throws -> Int {
          guard field + 8 <= place + 4 + count else { throw bad("the zip64 sizes of its member \(name) are cut short") }
          defer { field += 8 }
          return try u64(field)
        }
        if size == 0xFFFF_FFFF { size = try next() }
        if storedSize == 0xFFFF_FFFF { storedSize = try next() }
        if offset == 0xFFFF_FFFF { offset = try next() }
        return
      }
      place += 4 + count
    }
    throw bad("the zip64 sizes of its member \(name) are missing")
  }

  private func checkedName(_ raw: UnsafeRawBufferPointer) throws -> String {
    guard let name = String(validating: raw, as: UTF8.self) else { throw bad("a member's name is not UTF-8") }
    let parts = name.split(omittingEmptySubsequences: false) { $0 == "/" || $0 == "\\" }
    if name.isEmpty || name.utf8.contains(0) { throw bad("a member's name is empty or holds a zero byte") }
    if parts[0].isEmpty || (parts[0].count == 2 && parts[0].hasSuffix(":")) || parts.contains("..") {
      throw bad("its member \(name) has a path that leaves the archive")
    }
    return name
  }

  private func refuseOverlaps(_ entries: [ZipEntry]) throws {
    var last: ZipEntry?
    for entry in entries.sorted(by: { ($0.dataOffset, $0.storedSize) < ($1.dataOffset, $1.storedSize) }) where entry.storedSize > 0 {
      if let last, entry.dataOffset < last.dataOffset + last.storedSize {
        let isShared: Bool = entry.isStored && last.isStored && entry.dataOffset == last.dataOffset && entry.storedSize == last.storedSize
        guard isShared else { throw bad("its member \(entry.name) overlaps another") }
      }
      last = entry
    }
  }
}
