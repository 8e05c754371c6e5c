import CRuntime
import Foundations
import Graphs
import Operators
import Synchronization
import Tensors

/// A graph on its way to C: what the passes made of it, and the source; nothing is compiled yet.
package struct RenderedGraph: Sendable {
  /// What each pass did, in order.
  package let passes: [PassReport]
  package let artifact: RenderedArtifact
  /// How long each phase took.
  package var phases: [CompilePhase]
  /// Tensors that passes made, by the names of their placeholders' roles; empty once a compiled graph has them.
  package fileprivate(set) var constants: [String: Tensor]
  /// Where an archive has its constants.
  package let layout: ConstantLayout?
  /// What tuning found, by shape; empty where nothing was tuned.
  package let tuning: [TuningReport]

  /// Runs the passes, lowers, fuses and renders.
  /// - Parameters:
  ///   - given: parameters, buffers and constants that are known before a call and never change.
  ///   - tuning: where choices of templates are remembered; nil to leave them to the templates.
  ///   - archive: nil for an artifact of this process.
  /// - Throws: `LatheError` of kind `unsupported` for what cannot be compiled, `cancelled`.
  package init(
    _ graph: Graph, environment: ShapeEnvironment, table: OperatorTable = .standard,
    given: @escaping @Sendable (Graph.InputRole) -> Tensor? = { _ in nil }, tuning: TuningCache? = nil, archive: ArchiveInterface? = nil,
    cancellation: some Cancellation = NeverCancelled(), events: some EventSink = NoEvents()
  ) throws {
    let context = PassContext(environment: environment, table: table, isForArchive: archive != nil, given: given)
    var phases: [CompilePhase] = []
    let passCount: Int = GraphPass.all.count
    let (rewritten, passReports) = try CompilePhase.timed("passes", &phases, events) {
      var done: Int = 0
      return try GraphPass.runAll(on: graph, context) { cancellation.isCancelled } willRun: { name in
        events.report(.progress(job: 0, done: done, of: passCount, what: "passes: \(name)"))
        done += 1
      }
    }
    try cancellation.check()
    var schedule: Schedule = try CompilePhase.timed("lower", &phases, events) { try Schedule.lowering(rewritten, context).fused() }
    try cancellation.check()
    var reports: [TuningReport] = []
    if let tuning {
      let tuner = TemplateTuner(environment: environment, cache: tuning) { try cancellation.check() } progress: {
        events.report(.progress(job: 0, done: $0, of: $1, what: $2))
      }
      (schedule, reports) = try CompilePhase.timed("tune", &phases, events) { [schedule] in try tuner.tune(schedule) }
    }
    self.tuning = reports
    var interface: ArchiveInterface? = archive
    if let archive {
      interface?.decisions = environment.decisions.filter { !$0.holdsFromTwoOn }
      interface?.constants = try ConstantLayout(schedule, made: context.constants, tensor: archive.value)
      let checked: Int = environment.decisions.count
      interface?.lower = { graph, types in
        // Nothing is computed beforehand: a branch has no constants of its own.
        let context = PassContext(environment: environment, table: table, isForArchive: true)
        let decomposed: Graph = try GraphPass.decomposed(graph, handed: types, context)
        let schedule: Schedule = try Schedule.lowering(try GraphPass.run(named: ["functionalize", "common subexpressions", "dead code"], on: decomposed, context), context).fused()
        return (schedule, environment.decisions.dropFirst(checked).filter { !$0.holdsFromTwoOn })
      }
    }
    layout = interface?.constants
    artifact = try CompilePhase.timed("render", &phases, events) { [schedule, interface] in try ArtifactRenderer.render(schedule, archive: interface) }
    passes = passReports
    var read: [String: Tensor] = [:]
    for id in artifact.schedule.constants {
      if case .placeholder(.tensorConstant(let name)) = artifact.schedule.graph[id].operation { read[name] = context.constants[name] }
    }
    constants = read
    self.phases = phases
  }
}

/// A named part of a compilation and how long it took.
package struct CompilePhase: Sendable {
  package var name: String
  package var duration: Duration

  /// Does a part of the work, tells when it begins and ends, and adds it to the phases.
  static func timed<Result>(_ name: String, _ phases: inout [CompilePhase], _ events: some EventSink, _ work: () throws -> Result) rethrows -> Result {
    let clock = ContinuousClock()
    let start: ContinuousClock.Instant = clock.now
    events.report(.progress(job: 0, done: 0, of: 0, what: name))
    events.report(.phaseBegan(job: 0, name: name))
    let result: Result = try work()
    let phase = CompilePhase(name: name, duration: clock.now - start)
    events.report(.phase(job: 0, name: name, phase.duration))
    phases.append(phase)
    return result
  }
}

/// A graph compiled and loaded.
package final class CompiledGraph: Sendable {
  package let rendered: RenderedGraph
  package let library: CompiledLibrary
  /// The shared object, which may be temporary.
  package let file: Artifact
  /// How long each phase of the compilation took.
  package let phases: [CompilePhase]
  private let external: ExternalCalls
  /// The constants that passes made, by their names in the graph, until they are handed over: nothing else holds them then.
  private let made: Mutex<[String: Tensor]?>
  private var artifact: RenderedArtifact { rendered.artifact }

  /// Renders, compiles and loads.
  /// - Throws: `LatheError` of kind `unsupported` for what cannot be compiled, `system` where the toolchain fails, `cancelled`.
  package init(
    _ graph: Graph, environment: ShapeEnvironment, table: OperatorTable = .standard,
    given: @escaping @Sendable (Graph.InputRole) -> Tensor? = { _ in nil }, toolchain: Toolchain, cache: KernelCache, tuning: TuningCache? = nil,
    cancellation: some Cancellation = NeverCancelled(), events: some EventSink = NoEvents()
  ) throws {
    var rendered = try RenderedGraph(
      graph, environment: environment, table: table, given: given, tuning: tuning, cancellation: cancellation, events: events)
    var phases: [CompilePhase] = rendered.phases
    let file: Artifact = try CompilePhase.timed("compile", &phases, events) {
      try cache.artifact(for: .init(sources: [rendered.artifact.source], libraries: rendered.artifact.libraries), toolchain: toolchain, cancellation: cancellation) { done, total, what in
        events.report(.progress(job: 0, done: done, of: total, what: what))
      }
    }
    if let notice = file.notice { events.report(.notice(notice)) }
    library = try CompilePhase.timed("load", &phases, events) { try CompiledLibrary(path: file.path) }
    var made: [String: Tensor] = [:]
    for id in rendered.artifact.schedule.constants {
      let node: Graph.Node = rendered.artifact.schedule.graph[id]
      if case .placeholder(.tensorConstant(let name)) = node.operation, let tensor = rendered.constants[name] { made[node.name] = tensor }
    }
    rendered.constants = [:]
    let names: Set<String> = Set(made.keys)
    constantNodes = rendered.artifact.schedule.constants.map { rendered.artifact.schedule.graph[$0] }.filter { !names.contains($0.name) }
    self.made = Mutex(made)
    (self.rendered, self.file, self.phases) = (rendered, file, phases)
    external = ExternalCalls(rendered.artifact, table: table)
  }

  /// The placeholders that a call fills, in order; nodes of the last graph.
  package var inputs: [Graph.Node] { artifact.schedule.inputs.map { graph[$0] } }
  /// The placeholders whose tensors `setConstants` hands over.
  package let constantNodes: [Graph.Node]
  /// The graph after the last pass.
  package var graph: Graph { artifact.schedule.graph }

  /// Gives constants their values, all of them the first time; later, those that are not given keep theirs. A constant that was
  /// only packed for the kernels is let go of after the first call.
  /// - Parameter tensors: by the constants' names in the graph.
  package func setConstants(_ tensors: [String: Tensor]) throws {
    guard let own = made.withLock({ $0 }) else { return try library.setConstants(tensors, isFull: false) }
    try library.setConstants(tensors.merging(own) { given, _ in given })
    made.withLock { $0 = nil }
  }

  /// Calls the graph.
  /// - Returns: its tensor outputs, in order.
  package func callAsFunction(_ inputs: [Tensor]) throws -> [Tensor] {
    try library(inputs) { [external] in try external.run($0, $1, $2) }
  }
}

/// Runs the operators that a compiled graph leaves to their own kernels.
private final class ExternalCalls: Sendable {
  private struct Call: Sendable {
    let record: OperatorRecord
    let name: String
    let arguments: [(name: String, value: Value)]
    let results: [Layout]
    let numberCount: Int
  }
  /// The layout that generated code counts on.
  private enum Layout: Sendable {
    case contiguous, channelsLast
    case strides([Int])
    case any
  }
  private let calls: [Call]
  private let runner: EagerRunner

  init(_ artifact: RenderedArtifact, table: OperatorTable) {
    runner = EagerRunner(table: table)
    let graph: Graph = artifact.schedule.graph
    let subgraphs: [SubgraphReference] = graph.subgraphs.map { SubgraphReference(name: $0.name, graph: $0.graph) }
    func value(_ argument: Argument) -> Value {
      switch argument {
      case .node(let id):
        switch graph[id].type {
        case .tensor(let type): .node(id, type)
        case .int(let size): .int(size)
        default: .none
        }
      case .list(let items): .list(items.map(value))
      default: GraphPlan.constant(argument, subgraphs)
      }
    }
    calls = artifact.calls.map { call in
      let node: Graph.Node = graph[call.node]
      return Call(
        record: call.record, name: node.name, arguments: node.arguments.map { ($0.name, value($0.value)) },
        results: call.results.map { ExternalCalls.layout(artifact.schedule[$0].type) }, numberCount: call.numbers.count)
    }
  }

  private static func layout(_ type: TensorType) -> Layout {
    let strides: [Int] = type.strides.compactMap(\.constant)
    if type.strides == TensorType.contiguousStrides(type.sizes) { return .contiguous }
    if strides.count == type.rank { return .strides(strides) }
    if type.rank == 4 || type.rank == 5, type.strides == OperatorTable.channelsLastStrides(type.sizes) { return .channelsLast }
    return .any
  }

  func run(_ node: Int, _ integers: [Int], _ tensors: [Tensor]) throws -> [Tensor] {
    let call: Call = calls[node]
    var (nextTensor, nextInteger): (Int, Int) = (0, 0)
    func filled(_ value: Value) -> Value {
      switch value {
      case .node:
        nextTensor += 1
        return .tensor(tensors[nextTensor - 1])
      case .int(let size) where !size.isConstant:
        nextInteger += 1
        return .integer(integers[nextInteger - 1])
      case .list(let items): return .list(items.map(filled))
      default: return value
      }
    }
    let results: [Value]
    do {
      results = try runner.run(call.record, call.arguments.map { ($0.name, filled($0.value)) })
    } catch let error as LatheError where error.kind != .cancelled && !error.message.hasPrefix("node ") {
      throw LatheError(error.kind, subject: error.subject, "node \(call.name): \(error.message)")
    }
    var found: [Tensor] = []
    var numbers: [Tensor] = []
    func collect(_ value: Value) throws {
      switch value {
      case .tensor(let tensor): found.append(try ExternalCalls.laidOut(tensor, call.results[found.count]))
      case .list(let items): for item in items { try collect(item) }
      case .int(let size): numbers.append(try Tensor(scalar: .int(size.constant ?? 0), .i64))
      default: break
      }
    }
    for result in results { try collect(result) }
    return found + numbers.prefix(call.numberCount)
  }

  /// The tensor, copied where it does not lie as generated code counts on.
  private static func laidOut(_ tensor: Tensor, _ layout: Layout) throws -> Tensor {
    switch layout {
    case .contiguous: return try tensor.contiguous()
    case .channelsLast:
      if tensor.isChannelsLast { return tensor }
      let type = TensorType(tensor)
      return try copied(tensor, OperatorTable.channelsLastStrides(type.sizes).compactMap(\.constant))
    case .strides(let strides):
      if tensor.sizes.indices.allSatisfy({ tensor.sizes[$0] <= 1 || tensor.strides[$0] == strides[$0] }) { return tensor }
      return try copied(tensor, strides)
    case .any: return tensor
    }
  }
  private static func copied(_ tensor: Tensor, _ strides: [Int]) throws -> Tensor {
    let copy: Tensor = try Tensor.empty(tensor.sizes, tensor.dtype, strides: strides)
    copy.copy(from: tensor)
    return copy
  }
}

extension DType {
  /// c10's number (`c10/core/ScalarType.h`).
  var c10: Int32 { lathe_dtype_to_c10(Int32(rawValue)) }
}
