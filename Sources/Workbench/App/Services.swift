import Engine
import Foundations
import Graphs

/// A model file in a folder, known without opening it.
package struct ModelFile: Hashable, Sendable {
  package var path: String
  package var name: String
  package var bytes: Int
  /// For example `torch.export zip`.
  package var kind: String
  package init(path: String, name: String, bytes: Int, kind: String) { (self.path, self.name, self.bytes, self.kind) = (path, name, bytes, kind) }
}

/// What the workbench asks of the engine; every call may block and is made from a job's thread.
package protocol WorkbenchServices: Sendable {
  /// - Throws: `LatheError` naming the file and the cause.
  func open(_ path: String, events: some EventSink, cancellation: some Cancellation) throws -> OpenModel
  /// Calls the program `repeats` times. Reports `Event.progress` by node and `Event.operatorSample` where calls are timed.
  func run(_ model: OpenModel, inputs: InputSource, repeats: Int, mode: ExecutionMode, events: some EventSink, cancellation: some Cancellation) throws -> RunResult
  /// Compiles the program, where that has not been done.
  /// - Parameter mode: one that compiles, as of the calls below.
  func compile(_ model: OpenModel, mode: ExecutionMode, events: some EventSink, cancellation: some Cancellation) throws -> CompilationReport
  /// Times calls of the program, compiled before, for about two seconds. Reports `Event.kernelTimes` at most every 250 ms.
  func bench(_ model: OpenModel, mode: ExecutionMode, events: some EventSink, cancellation: some Cancellation) throws -> BenchResult
  /// Calls the program, compiled before, until cancelled, which is no failure; reports as `bench` does.
  /// - Returns: how often it was called.
  func watch(_ model: OpenModel, mode: ExecutionMode, events: some EventSink, cancellation: some Cancellation) throws -> Int
  /// Calls the program by a schedule; see `Engine.drive`.
  /// - Parameter report: told of each call as it ends.
  func drive(
    _ model: OpenModel, _ sweep: Sweep, cycles: Int, mode: ExecutionMode, events: some EventSink, cancellation: some Cancellation,
    report: (DrivenCall) throws -> Void
  ) throws -> DriveSummary
  /// Measures what the machine reaches at most, for less than half a second.
  func measureLimits() -> MachineLimits
  /// Runs the compiler's passes alone.
  func passes(of model: OpenModel, events: some EventSink, cancellation: some Cancellation) throws -> [CompilationReport.Pass]
  /// The facts of the operators that a graph calls, without those that are not supported.
  func operators(of graph: Graph) -> [OperatorName: OperatorFacts]
  /// The model files of a folder, by name.
  func listModels(_ folder: String) throws -> [ModelFile]
}
