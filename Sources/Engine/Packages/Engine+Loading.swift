import Archives
import Compiler
import Foundations
import Operators
import Tensors

extension Engine {
  /// Loads a model of an archive. Everything that can be known without running code is checked first: the archive, the machine, trust.
  /// - Parameters:
  ///   - name: the model; may be nil where there is one, or one called `model`.
  ///   - trust: asked for code that was not run before, by its SHA-256.
  /// - Throws: `LatheError`: `system` for a missing file, `badFile` for a damaged archive or one of a newer version, `badInput` for an unknown model and
  ///   code that is not trusted, `unsupported` for another machine and for functions or operators that Lathe lacks.
  package static func load(
    _ path: String, model name: String? = nil, trust: TrustPolicy, store: TrustStore = TrustStore(), cache: KernelCache? = nil, events: some EventSink = NoEvents()
  ) throws -> PackagedModel {
    let package: CompiledPackage = try CompiledPackage.read(path: path)
    let model: CompiledPackage.Model = try package.model(named: name)
    let (code, constants): (ByteRegion, ByteRegion?) = try package.parts(of: model)
    try MachineCheck(package: package, model: model).run(code)
    let subject: String = package.archive.subject(of: model.library ?? model.name)
    let digest: String = try package.codeDigest(of: model)
    if let facts = model.facts {
      guard facts.code == digest else { throw LatheError.badFile(subject, "is not the code that the archive describes") }
      if constants?.count ?? 0 < facts.constantBytes { throw LatheError.badFile(subject, "has fewer bytes of constants than the archive describes") }
    }
    func nodes(_ member: String?) throws -> [ExternalNode] {
      try member.map { try ExternalNodesText.read(try package.archive.read($0), subject: package.archive.subject(of: $0)) } ?? []
    }
    let (proxied, direct): ([ExternalNode], [ExternalNode]) = (try nodes(model.externalNodes), try nodes(model.directNodes))
    let external: ExternalNodeRunner? = proxied.isEmpty && direct.isEmpty ? nil : try ExternalNodeRunner(proxied, direct: direct, subject: path)
    try trust.check(
      TrustQuestion(archive: path, model: model.name, digest: digest, codeBytes: code.count, maker: model.facts == nil ? "PyTorch" : "Lathe"), store)
    let file: Artifact = try (cache ?? KernelCache()).file(of: digest) { code.withBytes { Array($0) } }
    if let notice = file.notice { events.report(.notice(notice)) }
    do {
      let library = try CompiledLibrary(path: file.path, fromArchive: true)
      if let constants { try library.useConstants(in: constants) }
      return PackagedModel(package, model, library: library, external: external, file: file)
    } catch let error as LatheError {
      throw LatheError(error.kind, subject: path, "model '\(model.name)': \(error.message)")
    }
  }

  /// Calls a model of an archive `repeat` times with the same inputs.
  /// - Throws: `LatheError` of kind `badInput` for inputs that do not fit; of kind `cancelled`.
  package static func run(
    _ model: PackagedModel, inputs source: InputSource, repeat count: Int = 1, events: some EventSink = NoEvents(), cancellation: some Cancellation = NeverCancelled()
  ) throws -> RunResult {
    do {
      let inputs: [Tensor] = try PackagedModel.writable(try tensors(source, for: model))
      let clock = ContinuousClock()
      var (seconds, outputs): ([Double], [Tensor?]) = ([], [])
      for turn in 0..<max(count, 1) {
        try cancellation.check()
        events.report(.progress(job: 0, done: turn, of: count, what: "calls"))
        let start: ContinuousClock.Instant = clock.now
        outputs = try model.call(inputs)
        seconds.append((clock.now - start).inSeconds)
      }
      let names: [String] = model.outputNames
      let results: [(name: String, tensor: Tensor)] = outputs.enumerated().compactMap { index, output in
        output.map { (index < names.count ? names[index] : "\(index)", $0) }
      }
      return RunResult(
        of: inputs, outputs: results.map(\.tensor), summaries: try results.map { try TensorSummary(of: $0.tensor, name: $0.name) }, seconds: seconds)
    } catch let error as LatheError { throw error.about(model.package.path) }
  }

  private static func tensors(_ source: InputSource, for model: PackagedModel) throws -> [Tensor] {
    switch source {
    case .tensors(let tensors): return tensors
    case .file(let path): return try numbered(try SafeTensors.read(path: path), subject: path)
    case .random(let seed, let sizes):
      guard let facts = model.model.facts else {
        throw LatheError.badInput("model '\(model.model.name)' does not say what its inputs are, so they cannot be made up; pass them")
      }
      return try RandomInputs.make(for: facts, seed: seed, sizes: sizes)
    }
  }
}
