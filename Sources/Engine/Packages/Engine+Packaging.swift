import Archives
import CRuntime
import Capture
import Compiler
import Foundation
import Foundations
import Graphs
import Operators
import Tensors

extension Engine {
  /// Compiles programs and writes them as one archive, which PyTorch from 2.6 to the newest loads, and Lathe.
  /// - Parameters:
  ///   - items: names differ; see `CompiledPackage.checkNames`.
  ///   - path: replaced only once the new file is whole.
  /// - Throws: `LatheError`: `badInput` for names, metadata or wishes that cannot be, `unsupported` for what cannot be compiled, `system` where
  ///   there is no compiler or the file cannot be written, `cancelled`. A failure about one program names its file.
  package static func package(
    _ items: [PackageItem], to path: String, options: PackageOptions = PackageOptions(), events: some EventSink = NoEvents(), cancellation: some Cancellation = NeverCancelled()
  ) throws -> PackageReport {
    let clock = ContinuousClock()
    let start: ContinuousClock.Instant = clock.now
    try options.check()
    try CompiledPackage.checkNames(items.map(\.name))
    let cache = try KernelCache()
    let toolchain = Toolchain(compiler: try CCompiler.find(), isa: options.target.level, use: .archive)
    var (models, reports): ([CompiledPackage.Ingredients], [PackageReport.Model]) = ([], [])
    for item in items {
      try cancellation.check()
      do {
        let (model, report) = try compiled(item, options, toolchain, cache, events, cancellation)
        models.append(model)
        reports.append(report)
      } catch let error as LatheError { throw error.about(item.model.path) }
    }
    try CompiledPackage.write(models, to: path, events: events, cancellation: cancellation)
    let bytes: Int = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    return PackageReport(
      path: path, bytes: bytes, target: options.target.rawValue, level: String(cString: lathe_isa_name(options.target.level)), weights: options.weights.rawValue,
      seconds: (clock.now - start).inSeconds, models: reports)
  }

  private static func compiled(
    _ item: PackageItem, _ options: PackageOptions, _ toolchain: Toolchain, _ cache: KernelCache, _ events: some EventSink, _ cancellation: some Cancellation
  ) throws -> (CompiledPackage.Ingredients, PackageReport.Model) {
    let program: ExportedProgram = try redimensioned(item.model.program, item.dimensions).0
    let captured: Program = program.captured
    var interface = ArchiveInterface(
      inputSpec: program.inputSpec.torchText, outputSpec: program.outputSpec.torchText, ranges: program.rangeConstraints, value: { try captured.initialValue($0).tensor })
    interface.function = { TorchSymbols.standard.function(of: $0) }
    let environment = ShapeEnvironment(hints: program.symbolHints, ranges: assumedRanges(program))
    let known: @Sendable (Graph.InputRole) -> Tensor? = captured.known
    let made = try PackagedGraph(
      program.graph, environment: environment, interface: interface,
      // Whoever loads the archive may give parameters and buffers new values, so nothing is computed of them beforehand.
      given: { role in if case .tensorConstant = role { known(role) } else { nil } }, toolchain: toolchain, cache: cache, tuning: options.tunes ? TuningCache(cache) : nil,
      cancellation: cancellation, events: events)
    let code = ByteRegion(try MappedFile(path: made.file.path))
    var hash = SHA256()
    code.withBytes { hash.update($0) }
    let digest: String = hash.hexDigest()
    let operators: [String] = (made.rendered.artifact.externalNodes + made.rendered.artifact.directNodes).map(\.operation.text)
    let facts = ModelFacts(
      machine: PackageOptions.machine, target: options.target.rawValue, level: String(cString: lathe_isa_name(options.target.level)), code: digest, weights: options.weights,
      constantBytes: made.constants.byteCount, inputs: inputs(of: program, captured), outputs: outputs(of: program, item.model), inputSpec: interface.inputSpec,
      outputSpec: interface.outputSpec, ranges: program.rangeConstraints.mapValues { ModelFacts.Range(minimum: $0.minimum, maximum: $0.maximum) }, hints: program.symbolHints,
      constants: constants(made.constants), operators: operators)
    var ingredients = CompiledPackage.Ingredients(
      name: item.name, source: made.rendered.artifact.source.text, metadata: options.metadata.merging(options.deviceMetadata) { $1 }, code: code,
      storages: made.constants.storages, constantKey: made.constants.key, externalNodes: made.rendered.artifact.externalNodes, facts: facts)
    ingredients.directNodes = made.rendered.artifact.directNodes
    let report = PackageReport.Model(
      name: item.name, file: item.model.path, kernels: made.rendered.artifact.kernels.count, codeBytes: code.count, constantBytes: made.constants.byteCount, code: digest,
      operators: operators, conditions: environment.decisions.filter { !$0.holdsFromTwoOn }.map { "\($0.left) \($0.relation.rawValue) \($0.right)" },
      notes: TorchSymbols.standard.uncallable(operators).map { "PyTorch \($0.version) cannot call \($0.operation) for the model, later versions can" },
      phases: made.phases.map { PackageReport.Phase(name: $0.name, seconds: $0.duration.inSeconds) })
    return (ingredients, report)
  }

  /// What compiling may take to hold of symbols: as PyTorch does, that none is 0 or 1 unless the export saw that.
  private static func assumedRanges(_ program: ExportedProgram) -> [String: ClosedRange<Int>] {
    var ranges: [String: ClosedRange<Int>] = program.symbolRanges
    for (symbol, hint) in program.symbolHints where hint >= 2 {
      let range: ClosedRange<Int> = ranges[symbol] ?? 2...Int.max
      let low: Int = max(range.lowerBound, 2)
      ranges[symbol] = low...max(low, range.upperBound)
    }
    return ranges
  }

  /// The tensors that a call is given, in order.
  private static func inputs(of program: ExportedProgram, _ captured: Program) -> [ModelFacts.Value] {
    let random = RandomInputs(program, seed: 0, sizes: [:])
    return ProgramInputs(captured).required.compactMap { input in
      switch input.type {
      case .tensor(let type):
        let bound: Int? = type.dtype.isFloatingPoint || type.dtype == .bool ? nil : random.indexBound(of: input.node)
        return ModelFacts.Value(name: input.name, path: input.path, dtype: type.dtype.torchName, sizes: type.sizes.map(\.description), bound: bound)
      case .int: return ModelFacts.Value(name: input.name, path: input.path, dtype: DType.i64.torchName, sizes: [], isNumber: true)
      default: return nil
      }
    }
  }

  /// What a call gives, in order: one tensor for each leaf of the outputs.
  private static func outputs(of program: ExportedProgram, _ model: OpenModel) -> [ModelFacts.Value] {
    let graph: Graph = program.graph
    let arguments: [Argument] = graph.outputs.enumerated().filter { index, _ in
      switch index < graph.outputRoles.count ? graph.outputRoles[index] : .user {
      case .user, .loss: true
      default: false
      }
    }.map(\.element)
    let paths: [String] = program.outputSpec.leafPaths()
    return arguments.enumerated().map { index, argument in
      var (name, dtype, sizes, isNumber): (String, String?, [String], Bool?) = ("output_\(index)", nil, [], nil)
      switch argument {
      case .node(let id):
        name = graph[id].name
        switch graph[id].type {
        case .tensor(let type): (dtype, sizes) = (type.dtype.torchName, type.sizes.map(\.description))
        case .int: (dtype, isNumber) = (DType.i64.torchName, true)
        default: break
        }
      case .int: (dtype, isNumber) = (DType.i64.torchName, true)
      case .double: (dtype, isNumber) = (DType.f64.torchName, true)
      case .bool: (dtype, isNumber) = (DType.bool.torchName, true)
      default: break
      }
      return ModelFacts.Value(name: name, path: index < paths.count ? paths[index] : "", dtype: dtype, sizes: sizes, isNumber: isNumber)
    }
  }

  private static func constants(_ layout: ConstantLayout) -> [ModelFacts.Constant] {
    layout.places.filter { !$0.isHidden }.compactMap { place in
      guard let type = place.node.type.tensor, case .placeholder(let role) = place.node.operation else { return nil }
      let (name, kind): (String, String) =
        switch role {
        case .parameter(let name): (name, "parameter")
        case .buffer(let name, _): (name, "buffer")
        case .tensorConstant(let name): (name, "constant")
        default: (place.node.name, "constant")
        }
      return ModelFacts.Constant(
        name: name, dtype: type.dtype.torchName, sizes: place.sizes, strides: place.strides, kind: kind, offset: place.offset, bytes: place.bytes)
    }
  }
}
