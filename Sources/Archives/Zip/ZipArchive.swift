import CZip
import Foundations
import Tensors

/// A zip archive in memory or in a mapped file: its members, stored ones seen in place, compressed ones inflated when asked for.
///
/// Checksums of stored members are not computed: reading a model must not touch its weights.
package struct ZipArchive: Sendable {
  package let region: ByteRegion
  /// The file, and for an archive inside another the member, for errors.
  package let subject: String
  package let entries: [ZipEntry]
  private let indexByName: [String: Int]

  /// - Throws: `LatheError` of kind `badFile` when the directory is damaged or hostile; see `ZipDirectoryReader`.
  package init(_ region: ByteRegion, subject: String) throws {
    self.region = region
    self.subject = subject
    entries = try region.withBytes { try ZipDirectoryReader(bytes: $0, subject: subject).read() }
    indexByName = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
  }

  /// Whether the bytes begin as a zip archive does.
  package static func isZip(_ region: ByteRegion) -> Bool { region.withBytes { ZipDirectoryReader.looksLikeZip($0) } }

  package func entry(_ name: String) -> ZipEntry? { indexByName[name].map { entries[$0] } }

  /// The bytes of a member.
  /// - Throws: `LatheError` of kind `badFile` when there is no such member or it does not inflate to the size it claims.
  package func read(_ name: String) throws -> ByteRegion {
    guard let index = indexByName[name] else { throw LatheError.badFile(subject, "has no member \(name)") }
    let entry = entries[index]
    if entry.isStored {
      guard let part = region.slice(entry.dataOffset, entry.size) else { throw LatheError.badFile(subject, "is truncated in its member \(name)") }
      return part
    }
    return try region.withBytes { try inflate(entry, from: $0) }
  }

  /// What errors about a member name.
  package func subject(of member: String) -> String { "\(subject), \(member)" }

  private func inflate(_ entry: ZipEntry, from bytes: UnsafeRawBufferPointer) throws -> ByteRegion {
    var code = zip_error()
    zip_error_init(&code)
    defer { zip_error_fini(&code) }
    func failure() -> LatheError {
      LatheError.badFile(subject(of: entry.name), "cannot be decompressed: \(String(cString: zip_error_strerror(&code)))")
    }
    guard let source = zip_source_buffer_create(bytes.baseAddress, zip_uint64_t(bytes.count), 0, &code) else { throw failure() }
    guard let archive = zip_open_from_source(source, ZIP_RDONLY, &code) else {
      zip_source_free(source)
      throw failure()
    }
    defer { zip_discard(archive) }
    guard let file = zip_fopen(archive, entry.name, 0) else {
      throw LatheError.badFile(subject(of: entry.name), "cannot be decompressed: \(String(cString: zip_strerror(archive)))")
    }
    defer { zip_fclose(file) }
    return try ByteRegion.make(count: entry.size) { target in
      var done = 0
      while done < target.count {
        let count = Int(zip_fread(file, target.baseAddress! + done, zip_uint64_t(min(target.count - done, 1 << 24))))
        if count <= 0 { break }
        done += count
      }
      var extra: UInt8 = 0
      // The read past the end also checks the checksum.
      guard done == target.count, zip_fread(file, &extra, 1) == 0 else {
        throw LatheError.badFile(subject(of: entry.name), "does not decompress to the \(entry.size) bytes it claims, or its checksum is wrong")
      }
    }
  }
}

extension ZipArchive {
  /// The version of libzip that is loaded.
  package static var libraryVersion: String { String(cString: zip_libzip_version()) }
}
