import Foundations
import Tensors

extension CompiledPackage {
  /// Opens a package; stored members stay in the mapped file.
  /// - Throws: `LatheError`: `system` for a missing file or a directory, `badFile` for one that is damaged, of a newer version or no package.
  package static func read(path: String) throws -> CompiledPackage { try read(ByteRegion(try MappedFile(path: path)), subject: path) }

  /// The same for bytes that lie in a larger file; `subject` is what errors call them.
  package static func read(_ region: ByteRegion, subject: String) throws -> CompiledPackage {
    guard region.count > 0 else { throw LatheError.badFile(subject, "is empty") }
    guard ZipArchive.isZip(region) else { throw LatheError.badFile(subject, "is not a zip archive, so it is no archive of compiled models") }
    return try CompiledPackage(try ZipArchive(region, subject: subject))
  }

  private static let models: String = "data/aotinductor/"

  private init(_ archive: ZipArchive) throws {
    let roots: [String] = try CompiledPackage.roots(archive)
    guard let root = roots.first else { throw LatheError.badFile(archive.subject, "holds no compiled models") }
    try CompiledPackage.checkVersion(archive, root)
    self.archive = archive
    layouts = roots.map { $0.isEmpty ? .legacy : .rooted }.reversed()
    let prefix: String = root + CompiledPackage.models
    var members: [String: [String]] = [:]
    for entry in archive.entries where entry.name.hasPrefix(prefix) {
      let rest: Substring = entry.name.dropFirst(prefix.count)
      guard let slash = rest.firstIndex(of: "/"), slash > rest.startIndex, !rest.hasSuffix("/") else { continue }
      members[String(rest[..<slash]), default: []].append(entry.name)
    }
    models = try members.sorted { $0.key < $1.key }.map { try Model(name: $0.key, folder: "\(prefix)\($0.key)/", members: $0.value, archive) }
    guard !models.isEmpty else { throw LatheError.badFile(archive.subject, "holds no compiled models") }
  }

  /// The folders that hold `data/aotinductor/`, with their slashes: below the root that `archive_format` names, and at the top.
  private static func roots(_ archive: ZipArchive) throws -> [String] {
    var roots: [String] = []
    for entry in archive.entries where entry.name.hasSuffix("/archive_format") {
      let kind: String = try archive.read(entry.name).string(prefix: 16)
      guard kind == "pt2" else { throw LatheError.badFile(archive.subject, "has the archive format '\(kind)', not 'pt2'") }
      roots.append(String(entry.name.dropLast("archive_format".count)))
    }
    roots.append("")
    return roots.filter { root in archive.entries.contains { $0.name.hasPrefix(root + models) } }
  }

  private static func checkVersion(_ archive: ZipArchive, _ root: String) throws {
    for name in [root.isEmpty ? "version" : "\(root)archive_version"] where archive.entry(name) != nil {
      let text: String = try archive.read(name).string(prefix: 16)
      guard text == "0" else {
        throw LatheError.badFile(archive.subject, "has the archive version \(text), which is not the version 0 that Lathe reads")
      }
    }
  }
}

extension CompiledPackage.Model {
  /// PyTorch's loaders choose by the ends of names (`torch/csrc/inductor/aoti_package/model_package_loader.cpp`).
  fileprivate init(name: String, folder: String, members: [String], _ archive: ZipArchive) throws {
    (self.name, self.folder) = (name, folder)
    let wrappers: [String] = members.filter { $0.hasSuffix(".wrapper.so") }
    guard wrappers.count < 2 else { throw LatheError.badFile(archive.subject, "has \(wrappers.count) shared objects for model '\(name)', where one is to be") }
    library = wrappers.first ?? members.last { $0.hasSuffix(".so") }
    sources = members.filter { $0.hasSuffix(".cpp") || $0.hasSuffix(".c") }
    weights = members.last { $0.hasSuffix(".blob") }
    let stem: String? = library.map { String($0.dropLast(".so".count)) }
    externalNodes = stem.flatMap { members.contains("\($0).json") ? "\($0).json" : nil }
    directNodes = members.first { $0.hasSuffix(".lathe_nodes.json") }
    let texts: [String] = members.filter { $0.hasSuffix("_metadata.json") && !$0.hasSuffix(".kernel_metadata.json") }
    if let text = texts.first(where: { $0 == stem.map { "\($0)_metadata.json" } }) ?? texts.first { metadata = try CompiledPackage.Model.readMetadata(text, archive) }
    if let text = members.first(where: { $0.hasSuffix(".lathe.json") }) { facts = try ModelFacts.read(archive.read(text), subject: archive.subject(of: text)) }
  }

  private static func readMetadata(_ member: String, _ archive: ZipArchive) throws -> [(key: String, value: String)] {
    let subject: String = archive.subject(of: member)
    let value: JSONValue = try archive.read(member).withText { try JSONValue.parse($0, subject: subject) }
    guard let members = value.members else { throw LatheError.badFile(subject, "holds no metadata: it is not a JSON object") }
    return try members.map { item in
      guard let text = item.value.string else { throw LatheError.badFile(subject, "has a value for '\(item.key)' that is no text") }
      return (item.key, text)
    }.sorted { $0.key < $1.key }
  }
}
