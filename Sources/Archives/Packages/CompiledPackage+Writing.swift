import Foundation
import Foundations
import Operators
import Tensors

extension CompiledPackage {
  /// A compiled model on its way into an archive.
  package struct Ingredients: Sendable {
    package var name: String
    /// Generated C.
    package var source: String
    /// What `get_metadata` gives, `AOTI_DEVICE_KEY` among it.
    package var metadata: [String: String]
    /// The shared object without constants.
    package var code: ByteRegion
    /// Storages of constants, in the order of their offsets, and what marks them.
    package var storages: [Storage]
    package var constantKey: UInt64
    package var externalNodes: [ExternalNode]
    /// Calls that only a loader without PyTorch's functions makes.
    package var directNodes: [ExternalNode] = []
    package var facts: ModelFacts

    package init(
      name: String, source: String, metadata: [String: String], code: ByteRegion, storages: [Storage], constantKey: UInt64, externalNodes: [ExternalNode], facts: ModelFacts
    ) {
      (self.name, self.source, self.metadata, self.code) = (name, source, metadata, code)
      (self.storages, self.constantKey, self.externalNodes, self.facts) = (storages, constantKey, externalNodes, facts)
    }
  }

  /// Writes an archive that PyTorch from 2.6 to the newest loads without a warning: its root directory is called `data`, as the newest wants
  /// one, and the same members stand once more where 2.6 looks for them. Large ones are in the file only once (`ZipLayout.Content.shared`).
  ///
  /// The same models give the same bytes. Constants go from their mapped files to the new one, without a copy in memory.
  /// - Throws: `LatheError`: `badInput` for names that no archive can have, `unsupported` for external nodes that cannot be written, `system`
  ///   when the file cannot be written or there is not enough room for it, `cancelled`.
  package static func write(
    _ models: [Ingredients], to path: String, events: some EventSink = NoEvents(), cancellation: some Cancellation = NeverCancelled()
  ) throws {
    events.report(.progress(job: 0, done: 0, of: 1, what: "archive"))
    try checkNames(models.map(\.name))
    var members: [(name: String, content: ZipLayout.Content)] = [
      // PyTorch takes the folder that the first two share for the root.
      ("data/archive_format", .text("pt2")), ("data/archive_version", .text("0")), ("data/.data/version", .text("6\n")), ("data/byteorder", .text("little")),
    ]
    // 2.6 takes every member whose path begins with a model's name for the model's, and the last shared object among them: longer names go first.
    for model in models.sorted(by: { $0.name > $1.name }) { try append(model, to: &members) }
    try ZipLayout(members).write(to: path, cancellation: cancellation)
    events.report(.progress(job: 0, done: 1, of: 1, what: "done"))
  }

  /// From how many bytes on a member's two copies share their bytes.
  private static let largeMember: Int = 1 << 20

  private static func append(_ model: Ingredients, to members: inout [(name: String, content: ZipLayout.Content)]) throws {
    let stem: String = "\(model.facts.code.prefix(32)).wrapper"
    let folder: String = "data/aotinductor/\(model.name)/"
    func add(_ name: String, _ content: ZipLayout.Content) {
      members.append((folder + name, content))
      members.append(("data/\(folder)\(name)", content.count >= largeMember ? .shared : content))
    }
    let constants: [ZipLayout.Content] = model.storages.flatMap { storage -> [ZipLayout.Content] in
      let padding: Int = (64 - storage.byteCount % 64) % 64
      return padding == 0 ? [.storage(storage)] : [.storage(storage), .bytes([UInt8](repeating: 0, count: padding))]
    }
    add("\(stem).cpp", .text(model.source))
    add("\(stem)_metadata.json", .bytes(text(of: model.metadata)))
    if !model.externalNodes.isEmpty { add("\(stem).json", .bytes(try ExternalNodesText.write(model.externalNodes))) }
    if constants.isEmpty || model.facts.weights == .external {
      add("\(stem).so", .region(model.code))
    } else {
      let frame = LibraryLayout.frame(codeBytes: model.code.count, constantBytes: model.facts.constantBytes, key: model.constantKey)
      add("\(stem).so", .parts([.region(model.code), .bytes(frame.padding)] + constants + [.bytes(frame.trailer)]))
    }
    if !constants.isEmpty, model.facts.weights == .external { add("\(stem)_weights.blob", .parts(constants)) }
    if !model.directNodes.isEmpty { members.append(("data/\(folder)\(stem.prefix(32)).lathe_nodes.json", .bytes(try ExternalNodesText.write(model.directNodes)))) }
    members.append(("data/\(folder)\(stem.prefix(32)).lathe.json", .bytes(try model.facts.json)))
  }

  private static func text(of metadata: [String: String]) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      json.key(key)
      json.value(value)
    }
    json.endObject()
    return json.bytes
  }

  /// - Throws: `LatheError` of kind `badInput` for no models, two of one name, and names that are no folder's.
  package static func checkNames(_ names: [String]) throws {
    guard !names.isEmpty else { throw LatheError.badInput("an archive needs at least one model") }
    for name in names {
      let isPlain: Bool = name.unicodeScalars.allSatisfy { $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil || "_-.".unicodeScalars.contains($0)) }
      guard isPlain, let first = name.first, first != ".", name.utf8.count <= 200 else {
        throw LatheError.badInput("'\(name)' cannot name a model: names are letters, digits, '_', '-' and '.', and do not begin with '.'")
      }
    }
    for (index, name) in names.enumerated() where names[..<index].contains(name) { throw LatheError.badInput("two models are named '\(name)'") }
  }
}
