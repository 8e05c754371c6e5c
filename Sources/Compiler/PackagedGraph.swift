import CRuntime
import Foundations
import Graphs
import Operators
import Tensors

/// A graph compiled for an archive: a shared object that PyTorch and Lathe load, and the constants that go beside its code.
package struct PackagedGraph: Sendable {
  package let rendered: RenderedGraph
  package let constants: ConstantLayout
  /// The shared object without constants.
  package let file: Artifact
  package let phases: [CompilePhase]

  /// Renders and compiles; nothing is loaded.
  /// - Throws: `LatheError` of kind `unsupported` for what cannot be compiled, `system` where the toolchain fails, `cancelled`.
  package init(
    _ graph: Graph, environment: ShapeEnvironment, table: OperatorTable = .standard, interface: ArchiveInterface,
    given: @escaping @Sendable (Graph.InputRole) -> Tensor? = { _ in nil }, toolchain: Toolchain, cache: KernelCache, tuning: TuningCache? = nil,
    cancellation: some Cancellation = NeverCancelled(), events: some EventSink = NoEvents()
  ) throws {
    rendered = try RenderedGraph(
      graph, environment: environment, table: table, given: given, tuning: tuning, archive: interface, cancellation: cancellation, events: events)
    var phases: [CompilePhase] = rendered.phases
    // PyTorch opens its own libraries for itself alone, so the shared object has to name the one whose functions it calls.
    let request = KernelCache.Request(sources: [rendered.artifact.source], libraries: rendered.artifact.libraries, needed: ["libtorch_cpu.so"])
    file = try CompilePhase.timed("compile", &phases, events) {
      try cache.artifact(for: request, toolchain: toolchain, cancellation: cancellation) { done, total, what in
        events.report(.progress(job: 0, done: done, of: total, what: what))
      }
    }
    if let notice = file.notice { events.report(.notice(notice)) }
    constants = rendered.layout ?? ConstantLayout()
    self.phases = phases
  }
}
