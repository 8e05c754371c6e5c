import Archives
import Engine
import Foundation
import Foundations
import Graphs

/// The engine itself.
package struct EngineServices: WorkbenchServices {
  package init() {}

  package func open(_ path: String, events: some EventSink, cancellation: some Cancellation) throws -> OpenModel {
    try Engine.open(path, events: events, cancellation: cancellation)
  }

  package func run(_ model: OpenModel, inputs: InputSource, repeats: Int, mode: ExecutionMode, events: some EventSink, cancellation: some Cancellation) throws -> RunResult {
    try Engine.run(model, inputs: inputs, repeat: repeats, mode: mode, events: events, cancellation: cancellation)
  }

  package func compile(_ model: OpenModel, mode: ExecutionMode, events: some EventSink, cancellation: some Cancellation) throws -> CompilationReport {
    try Engine.compile(model, mode: mode, events: events, cancellation: cancellation)
  }

  package func bench(_ model: OpenModel, mode: ExecutionMode, events: some EventSink, cancellation: some Cancellation) throws -> BenchResult {
    try Engine.bench(model, inputs: .random(seed: 0, sizes: [:]), seconds: 0.4, profileSeconds: 1.2, mode: mode, events: events, cancellation: cancellation)
  }

  package func watch(_ model: OpenModel, mode: ExecutionMode, events: some EventSink, cancellation: some Cancellation) throws -> Int {
    try Engine.watch(model, mode: mode, events: events, cancellation: cancellation)
  }

  package func drive(
    _ model: OpenModel, _ sweep: Sweep, cycles: Int, mode: ExecutionMode, events: some EventSink, cancellation: some Cancellation,
    report: (DrivenCall) throws -> Void
  ) throws -> DriveSummary {
    try Engine.drive(model, sweep, cycles: cycles, mode: mode, events: events, cancellation: cancellation, report: report)
  }

  package func measureLimits() -> MachineLimits { MachineLimits(seconds: 0.15) }

  package func passes(of model: OpenModel, events: some EventSink, cancellation: some Cancellation) throws -> [CompilationReport.Pass] {
    try Engine.passes(model, events: events, cancellation: cancellation)
  }

  package func operators(of graph: Graph) -> [OperatorName: OperatorFacts] { Engine.operatorFacts(of: graph) }

  package func listModels(_ folder: String) throws -> [ModelFile] {
    try Engine.listModels(folder).map { ModelFile(path: "\(folder)/\($0.name)", name: $0.name, bytes: $0.bytes, kind: $0.kind) }
  }
}
