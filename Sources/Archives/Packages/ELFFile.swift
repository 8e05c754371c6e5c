import Foundations
import Tensors

/// What a shared object says of itself: the machine it is for, what it asks the loader for, and its symbols (System V ABI, ELF-64).
///
/// Only tables are read, nothing is loaded, and every offset is checked: the file may be anybody's.
package struct ELFFile: Sendable {
  package struct Import: Hashable, Sendable {
    package var name: String
    /// For example `GLIBC_2.14`; nil where any version will do.
    package var version: String?
    /// Whether the loader lets it be absent.
    package var isWeak: Bool
  }
  /// The number of the machine (`e_machine`): 62 for x86-64, 183 for AArch64.
  package private(set) var machine: Int = 0
  package private(set) var needed: [String] = []
  /// Folders that the loader is asked to search.
  package private(set) var searchPaths: [String] = []
  package private(set) var imports: [Import] = []
  package private(set) var exports: [String] = []
  /// Bytes of the file up to the end of its section table; what lies behind belongs to nobody the loader knows.
  package private(set) var byteCount: Int = 0

  /// - Throws: `LatheError` of kind `badFile` for bytes that are no 64-bit little-endian shared object, or one whose tables lie outside it.
  package init(_ region: ByteRegion, subject: String) throws {
    try region.withBytes { bytes in
      let reader = Reader(bytes: bytes, subject: subject)
      try reader.read(into: &self)
    }
  }

  /// The machine's name as `uname -m` has it.
  package var machineName: String { ELFFile.machineNames[machine] ?? "machine number \(machine)" }
  package static let machineNames: [Int: String] = [3: "i686", 40: "arm", 62: "x86_64", 183: "aarch64", 243: "riscv64", 21: "ppc64le", 22: "s390x"]

  fileprivate mutating func set(machine: Int, byteCount: Int) { (self.machine, self.byteCount) = (machine, byteCount) }
  fileprivate mutating func add(needed name: String) { needed.append(name) }
  fileprivate mutating func add(searchPath path: String) { searchPaths.append(path) }
  fileprivate mutating func add(_ symbol: Import) { imports.append(symbol) }
  fileprivate mutating func add(export name: String) { exports.append(name) }
}

private struct Reader {
  let bytes: UnsafeRawBufferPointer
  let subject: String

  private struct Section {
    var type: Int
    var offset: Int
    var size: Int
    var link: Int
    var info: Int
  }

  private func bad(_ message: String) -> LatheError { LatheError.badFile(subject, "is no usable shared object: \(message)") }

  private func number(_ offset: Int, _ count: Int) throws -> Int {
    guard offset >= 0, offset <= bytes.count - count else { throw bad("a table lies outside the file") }
    var value: UInt64 = 0
    for index in 0..<count { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
    guard let number = Int(exactly: value) else { throw bad("an impossible offset") }
    return number
  }

  func read(into file: inout ELFFile) throws {
    guard bytes.count >= 64, bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else { throw bad("it is not in the ELF format") }
    guard bytes[4] == 2, bytes[5] == 1 else { throw bad("it is not for a 64-bit little-endian machine") }
    let (table, size, count) = (try number(40, 6), try number(58, 2), try number(60, 2))
    guard try number(16, 2) == 3 else { throw bad("it is not of the type that can be loaded") }
    guard count > 0, size >= 64, table <= bytes.count, size * count <= bytes.count - table else { throw bad("its section table lies outside the file; it may be truncated") }
    file.set(machine: try number(18, 2), byteCount: table + size * count)
    let sections: [Section] = try readSections(table, size, count)
    for section in sections where section.type == 6 { try readDynamic(section, try linked(section, sections), &file) }
    if let symbols = sections.first(where: { $0.type == 11 }) {
      let versions: Section? = sections.first { $0.type == 0x6FFF_FFFF }
      let names: [Int: String] = try sections.first { $0.type == 0x6FFF_FFFE }.map { try readVersions($0, try linked($0, sections)) } ?? [:]
      try readSymbols(symbols, try linked(symbols, sections), versions, names, &file)
    }
  }

  private func readSections(_ table: Int, _ size: Int, _ count: Int) throws -> [Section] {
    guard size >= 64, table <= bytes.count, size * count <= bytes.count - table else { throw bad("its section table lies outside the file; it may be truncated") }
    var sections: [Section] = []
    for index in 0..<count {
      let place: Int = table + index * size
      let section = Section(
        type: try number(place + 4, 4), offset: try number(place + 24, 7), size: try number(place + 32, 7), link: try number(place + 40, 4), info: try number(place + 44, 4))
      // A section of type 8 takes no bytes of the file.
      if section.type != 8 && section.type != 0 {
        guard section.offset <= bytes.count, section.size <= bytes.count - section.offset else { throw bad("a section lies outside the file; it may be truncated") }
      }
      sections.append(section)
    }
    return sections
  }

  private func linked(_ section: Section, _ sections: [Section]) throws -> Section {
    guard sections.indices.contains(section.link), sections[section.link].type == 3 else { throw bad("a table of names is missing") }
    return sections[section.link]
  }

  private func text(_ offset: Int, in names: Section) throws -> String {
    guard offset >= 0, offset < names.size else { throw bad("a name lies outside its table") }
    let rest: Slice<UnsafeRawBufferPointer> = bytes[(names.offset + offset)..<(names.offset + names.size)]
    guard let end = rest.firstIndex(of: 0) else { throw bad("a name has no end") }
    guard end - rest.startIndex < 4096, let text = String(validating: bytes[rest.startIndex..<end], as: UTF8.self) else { throw bad("a name is not text") }
    return text
  }

  private func readDynamic(_ section: Section, _ names: Section, _ file: inout ELFFile) throws {
    try forEachEntry(of: section) { place, tag in
      switch tag {
      case 1: file.add(needed: try text(try number(place + 8, 7), in: names))
      case 15, 29: file.add(searchPath: try text(try number(place + 8, 7), in: names))
      default: break
      }
    }
  }

  private func forEachEntry(of section: Section, _ body: (_ place: Int, _ tag: Int) throws -> Void) throws {
    for place in stride(from: section.offset, to: section.offset + section.size - 15, by: 16) {
      let tag: Int = try number(place, 4)
      if tag == 0 { return }
      try body(place, tag)
    }
  }

  /// Versions that are asked for, by the number that symbols have.
  private func readVersions(_ section: Section, _ names: Section) throws -> [Int: String] {
    var found: [Int: String] = [:]
    var place: Int = section.offset
    for _ in 0..<min(section.info, section.size / 16) {
      var entry: Int = place + (try number(place + 8, 4))
      for _ in 0..<min(try number(place + 2, 2), section.size / 16) {
        found[try number(entry + 6, 2)] = try text(try number(entry + 8, 4), in: names)
        let next: Int = try number(entry + 12, 4)
        if next == 0 { break }
        entry += next
      }
      let next: Int = try number(place + 12, 4)
      if next == 0 { break }
      place += next
    }
    return found
  }

  private func readSymbols(_ section: Section, _ names: Section, _ versions: Section?, _ versionNames: [Int: String], _ file: inout ELFFile) throws {
    let count: Int = section.size / 24
    for index in 0..<count where index > 0 {
      let place: Int = section.offset + index * 24
      let name: String = try text(try number(place, 4), in: names)
      let (info, home) = (try number(place + 4, 1), try number(place + 6, 2))
      if home != 0 {
        if info >> 4 != 0, !name.isEmpty { file.add(export: name) }
        continue
      }
      if name.isEmpty { continue }
      var version: String?
      if let versions, index * 2 + 2 <= versions.size { version = versionNames[try number(versions.offset + index * 2, 2) & 0x7FFF] }
      file.add(ELFFile.Import(name: name, version: version, isWeak: info >> 4 == 2))
    }
  }
}
