import Foundations
import Tensors

/// What a file is, as its members say; the name does not matter.
package enum FileKind: String, Sendable {
  case legacyProgram = "torch.export zip"
  case pt2Program = "PT2 archive"
  /// A PT2 archive that holds compiled code instead of a program.
  case compiledPackage = "AOTInductor package"
  case torchZip = "torch.save zip"
  case torchScript = "TorchScript archive"
  case safeTensors = "safetensors"
  case otherZip = "zip archive"
  case unknown = "unknown"

  /// - Throws: `LatheError` of kind `system` when the file cannot be read, `badFile` when it is a damaged zip.
  package static func detect(path: String) throws -> FileKind {
    try detect(ByteRegion(try MappedFile(path: path)), subject: path)
  }

  /// The kind of bytes that lie in a larger file.
  package static func detect(_ region: ByteRegion, subject path: String) throws -> FileKind {
    if ZipArchive.isZip(region) { return detect(try ZipArchive(region, subject: path)) }
    return SafeTensors.looksLikeIt(region) ? .safeTensors : .unknown
  }

  static func detect(_ archive: ZipArchive) -> FileKind {
    if archive.entry("serialized_exported_program.json") != nil { return .legacyProgram }
    var kind: FileKind = .otherZip
    for entry in archive.entries {
      let parts = entry.name.split(separator: "/", omittingEmptySubsequences: false).suffix(3)
      if entry.name.hasSuffix(".json"), parts.dropLast().last == "models" { return .pt2Program }
      if entry.name.contains("/data/aotinductor/") || entry.name.hasPrefix("data/aotinductor/") { kind = .compiledPackage }
      if parts.last == "constants.pkl", kind == .otherZip || kind == .torchZip { kind = .torchScript }
      if parts.last == "data.pkl", kind == .otherZip { kind = .torchZip }
    }
    // A damaged program still says what it was.
    if kind == .otherZip, archive.entries.contains(where: { $0.name.hasPrefix("serialized_") }) { return .legacyProgram }
    if kind == .otherZip, archive.entries.contains(where: { $0.name.hasSuffix("archive_format") }) { return .pt2Program }
    return kind
  }
}
