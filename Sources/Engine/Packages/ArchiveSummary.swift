import Archives
import Foundations

/// The facts about an archive of compiled models that `inspect` and the workbench show; none of its code is loaded for them.
package struct ArchiveSummary: Hashable, Sendable, Codable {
  package struct Entry: Hashable, Sendable, Codable {
    package var key: String
    package var value: String
    package init(key: String, value: String) { (self.key, self.value) = (key, value) }
  }
  package struct Member: Hashable, Sendable, Codable {
    package var name: String
    package var bytes: Int
  }
  /// What the code asks the loader for.
  package struct Symbol: Hashable, Sendable, Codable {
    package var name: String
    package var version: String?
    package var isWeak: Bool
    /// Where it comes from: `PyTorch`, `libc or libm`, or `other`.
    package var origin: String
  }
  /// Whether a version of PyTorch has the functions that the code needs.
  package struct Compatibility: Hashable, Sendable, Codable {
    package var version: String
    package var isCompatible: Bool
    /// Functions that it lacks, and operators that it cannot call.
    package var missing: [String]
  }
  /// The shared object of a model.
  package struct Library: Hashable, Sendable, Codable {
    package var member: String
    /// Of the code alone.
    package var bytes: Int
    /// The SHA-256 of the code.
    package var digest: String
    package var machine: String
    package var needed: [String]
    package var searchPaths: [String]
    package var symbols: [Symbol]
    /// The newest version of glibc that a symbol names, for example `2.14`.
    package var glibc: String?
    package var compatibility: [Compatibility]
  }
  package struct Model: Hashable, Sendable, Codable {
    package var name: String
    /// `Lathe`, or `PyTorch` for a model that has no description of Lathe's.
    package var maker: String
    package var metadata: [Entry]
    package var target: String?
    package var level: String?
    package var inputs: [ModelFacts.Value]
    package var outputs: [ModelFacts.Value]
    package var inputSpec: String?
    package var outputSpec: String?
    package var ranges: [String: ModelFacts.Range]
    package var constants: [ModelFacts.Constant]
    package var constantBytes: Int
    package var weights: String?
    /// Operators that the loading program runs.
    package var operators: [String]
    package var sources: [Member]
    package var library: Library?
    /// Why the shared object could not be looked into.
    package var problem: String?
    /// Whether its code was run here before.
    package var isTrusted: Bool
  }
  package var path: String
  package var bytes: Int
  /// Versions of PyTorch whose layout the archive has.
  package var layouts: [String]
  package var models: [Model]
}

extension Engine {
  /// What is in an archive of compiled models; nothing of it is run.
  /// - Throws: `LatheError`: `system` for a missing file, `badFile` for one that is damaged, of a newer version or no such archive.
  package static func inspectArchive(_ path: String, store: TrustStore = TrustStore()) throws -> ArchiveSummary {
    let package: CompiledPackage = try CompiledPackage.read(path: path)
    return ArchiveSummary(
      path: path, bytes: package.archive.region.count, layouts: package.layouts.map(\.rawValue), models: try package.models.map { try summary(of: $0, in: package, store) })
  }

  /// Whether a file is an archive of compiled models.
  /// - Throws: `LatheError` of kind `system` when the file cannot be read, `badFile` when it is a damaged zip.
  package static func isPackage(_ path: String) throws -> Bool { try FileKind.detect(path: path) == .compiledPackage }

  private static func summary(of model: CompiledPackage.Model, in package: CompiledPackage, _ store: TrustStore) throws -> ArchiveSummary.Model {
    let facts: ModelFacts? = model.facts
    func members(_ names: [String]) -> [ArchiveSummary.Member] { names.map { ArchiveSummary.Member(name: $0, bytes: package.archive.entry($0)?.size ?? 0) } }
    var summary = ArchiveSummary.Model(
      name: model.name, maker: facts == nil ? "PyTorch" : "Lathe", metadata: model.metadata.map { ArchiveSummary.Entry(key: $0.key, value: $0.value) }, target: facts?.target,
      level: facts?.level, inputs: facts?.inputs ?? [], outputs: facts?.outputs ?? [], inputSpec: facts?.inputSpec, outputSpec: facts?.outputSpec, ranges: facts?.ranges ?? [:],
      constants: facts?.constants ?? [], constantBytes: facts?.constantBytes ?? 0, weights: facts?.weights.rawValue, operators: facts?.operators ?? [],
      sources: members(model.sources), library: nil, isTrusted: false)
    do {
      if facts == nil, let nodes = model.externalNodes {
        summary.operators = try ExternalNodesText.read(try package.archive.read(nodes), subject: package.archive.subject(of: nodes)).map(\.operation.text)
      }
      summary.library = try library(of: model, in: package, summary.operators)
      summary.isTrusted = summary.library.map { store.trusts($0.digest) } ?? false
    } catch let error as LatheError { summary.problem = error.message }
    return summary
  }

  private static func library(of model: CompiledPackage.Model, in package: CompiledPackage, _ operators: [String]) throws -> ArchiveSummary.Library? {
    guard let member = model.library else { return nil }
    let code = try package.parts(of: model).code
    let file = try ELFFile(code, subject: package.archive.subject(of: member))
    let torch = TorchSymbols.standard
    let symbols: [ArchiveSummary.Symbol] = file.imports.map { symbol in
      let isSystem: Bool = symbol.version?.hasPrefix("GLIBC") ?? false
      return ArchiveSummary.Symbol(
        name: symbol.name, version: symbol.version, isWeak: symbol.isWeak, origin: torch.knows(symbol.name) ? "PyTorch" : isSystem ? "libc or libm" : "other")
    }.sorted { ($0.origin, $0.name) < ($1.origin, $1.name) }
    let compatibility: [ArchiveSummary.Compatibility] = torch.versions.map { version in
      let missing: [String] = symbols.filter { !$0.isWeak && $0.name.isStableFunction && !torch.exports($0.name, in: version) }.map(\.name)
        + torch.uncallable(operators).filter { $0.version == version }.map { "\($0.operation) (an overload with a name)" }
      return ArchiveSummary.Compatibility(version: version, isCompatible: missing.isEmpty, missing: missing)
    }
    let versions: [[Int]] = symbols.compactMap { $0.version }.filter { $0.hasPrefix("GLIBC_") }.map { $0.dropFirst(6).split(separator: ".").compactMap { Int($0) } }
    let newest: [Int]? = versions.max { $0.lexicographicallyPrecedes($1) }
    return ArchiveSummary.Library(
      member: member, bytes: code.count, digest: try package.codeDigest(of: model), machine: file.machineName, needed: file.needed, searchPaths: file.searchPaths, symbols: symbols,
      glibc: newest?.map(String.init).joined(separator: "."), compatibility: compatibility)
  }
}

extension String {
  /// Whether its name is one of PyTorch's stable C functions.
  fileprivate var isStableFunction: Bool { hasPrefix("aoti_torch_") || hasPrefix("torch_") }
}
