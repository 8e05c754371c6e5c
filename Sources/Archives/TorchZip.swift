import Foundations
import Tensors

/// A file of `torch.save`: a zip with a pickle, `data.pkl`, and the raw bytes of each storage.
package enum TorchZip {
  /// Reads the file; its tensors view the mapped file.
  /// - Throws: `LatheError`, of kind `badFile` also for a pickle that names anything outside the allow-list.
  package static func load(path: String) throws -> PickleDocument {
    try load(ByteRegion(MappedFile(path: path)), subject: path)
  }

  /// Reads a region that holds such a file, possibly inside another archive.
  package static func load(_ region: ByteRegion, subject: String) throws -> PickleDocument {
    guard ZipArchive.isZip(region) else {
      throw LatheError.badFile(subject, "is not a zip that torch.save wrote; files of PyTorch before 1.6 are not read")
    }
    let archive = try ZipArchive(region, subject: subject)
    guard let pickle = archive.entries.first(where: { $0.name == "data.pkl" || $0.name.hasSuffix("/data.pkl") })?.name else {
      throw LatheError.badFile(subject, "has no member data.pkl, so torch.save did not write it")
    }
    let root = String(pickle.dropLast("data.pkl".count))
    try checkHeader(archive, root)
    let load: Unpickler.StorageLoader = { key, dtype, count in
      let member = "\(root)data/\(key)"
      let bytes = try archive.read(member)
      let (needed, overflow) = count.multipliedReportingOverflow(by: dtype?.size ?? 1)
      guard !overflow, bytes.count >= needed else {
        throw LatheError.badFile(archive.subject(of: member), "has \(bytes.count) bytes but \(count) elements are said to be there")
      }
      return try bytes.storage()
    }
    return try archive.read(pickle).withBytes { bytes in
      var unpickler = Unpickler(bytes, subject: archive.subject(of: pickle), load: load)
      return try unpickler.run()
    }
  }

  private static func checkHeader(_ archive: ZipArchive, _ root: String) throws {
    guard let name = ["\(root)version", "\(root).data/version"].first(where: { archive.entry($0) != nil }) else {
      throw LatheError.badFile(archive.subject, "has no member version")
    }
    let text = try archive.read(name).string(prefix: 32).filter { !$0.isWhitespace }
    guard let version = Int(text), (1...10).contains(version) else {
      throw LatheError.badFile(
        archive.subject, "has the PyTorch file version '\(text)', but the maximum supported version for reading is 10")
    }
    if archive.entry("\(root)byteorder") != nil, try archive.read("\(root)byteorder").string(prefix: 4) == "big" {
      throw LatheError(.unsupported, subject: archive.subject, "was written on a big-endian machine, which Lathe does not read")
    }
  }
}
