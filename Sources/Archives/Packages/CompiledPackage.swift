import Foundations
import Tensors

/// An archive of compiled models: an AOTInductor package in PyTorch 2.6's layout (`torch/_inductor/package/package.py`) or in that of 2.8 and
/// later (`torch/export/pt2_archive/_package.py`). Reading one loads no code.
package struct CompiledPackage: Sendable {
  /// Members of one model, by their names in the archive.
  package struct Model: Sendable {
    package var name: String
    /// Where its members lie, with the slash at the end.
    package var folder: String
    /// The shared object; nil for one that holds sources alone.
    package var library: String?
    /// Key and value as the package has them, sorted by key.
    package var metadata: [(key: String, value: String)] = []
    /// The nodes that the loading program runs, as `extern_kernel_nodes` JSON.
    package var externalNodes: String?
    /// The same for nodes of which PyTorch has the functions: Lathe's own (`.lathe_nodes.json`).
    package var directNodes: String?
    /// Constants in a member of their own.
    package var weights: String?
    /// Generated code that is only kept.
    package var sources: [String] = []
    /// What Lathe wrote beside it; nil for a model that PyTorch compiled.
    package var facts: ModelFacts?

    package func metadata(_ key: String) -> String? { metadata.first { $0.key == key }?.value }
    /// The device that it was compiled for, `cpu` or `cuda`.
    package var device: String? { metadata("AOTI_DEVICE_KEY") }
  }
  /// Which versions of PyTorch a package is laid out for.
  package enum Layout: String, Sendable, CaseIterable {
    /// `data/aotinductor/MODEL/…`
    case legacy = "2.6"
    /// The same below one folder, with `archive_format` and `archive_version`.
    case rooted = "2.8 and later"
  }

  package let archive: ZipArchive
  package var layouts: [Layout]
  /// By name.
  package var models: [Model]
  package var path: String { archive.subject }

  /// The model of that name; the only one where no name is given.
  /// - Throws: `LatheError` of kind `badInput` that lists the models.
  package func model(named name: String?) throws -> Model {
    let names: String = models.map(\.name).joined(separator: ", ")
    if let name {
      guard let model = models.first(where: { $0.name == name }) else {
        throw LatheError(.badInput, subject: path, "has no model '\(name)'; its models are \(names)")
      }
      return model
    }
    if let model = models.first(where: { $0.name == "model" }) ?? (models.count == 1 ? models[0] : nil) { return model }
    throw LatheError(.badInput, subject: path, "has \(models.count) models; name one of \(names)")
  }

  /// The bytes of a model's shared object, its constants included.
  /// - Throws: `LatheError` of kind `unsupported` for a model of sources alone, `badFile`.
  package func library(of model: Model) throws -> ByteRegion {
    guard let library = model.library else {
      throw LatheError(.unsupported, subject: path, "holds the sources of model '\(model.name)' but no compiled code, so it cannot be run")
    }
    return try archive.read(library)
  }

  /// The part of a model's shared object that is code, and the constants that stand behind it or in a member of their own.
  /// - Throws: as `library(of:)`.
  package func parts(of model: Model) throws -> (code: ByteRegion, constants: ByteRegion?) {
    let library: ByteRegion = try library(of: model)
    let weights: ByteRegion? = try model.weights.map { try archive.read($0) }
    if let layout = LibraryLayout(library) { return (layout.code, layout.constants) }
    return (library, weights)
  }

  /// The SHA-256 of the code that running the model loads.
  /// - Throws: as `library(of:)`.
  package func codeDigest(of model: Model) throws -> String {
    var hash = SHA256()
    try parts(of: model).code.withBytes { hash.update($0) }
    return hash.hexDigest()
  }
}
