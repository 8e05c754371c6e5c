import Archives
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

  /// What is in an archive of compiled models, without running it; nil for a file that is none.
  func inspect(_ path: String) throws -> ArchiveSummary?
  /// The text of an archive's member, its first four megabytes at most.
  func source(_ member: String, of path: String) throws -> String
  /// What is there, and how much room.
  func place(of path: String) -> FilePlace
  /// What would become of wished dimensions.
  func foresee(_ model: OpenModel, dimensions: [DimensionWish]) throws -> ExportReport
  func export(
    _ model: OpenModel, to path: String, dimensions: [DimensionWish], layout: ProgramLayout, events: some EventSink, cancellation: some Cancellation
  ) throws -> ExportReport
  func package(_ items: [PackageItem], to path: String, options: PackageOptions, events: some EventSink, cancellation: some Cancellation) throws -> PackageReport
  /// Packages on trial, loads, runs, and compares with eager execution.
  func tryPackaging(_ items: [PackageItem], options: PackageOptions, events: some EventSink, cancellation: some Cancellation) throws -> [PackageComparison]
  /// Makes a program that fails with made-up inputs as small as it can; see `Engine.minify`.
  func minify(_ model: OpenModel, _ options: MinifyOptions, events: some EventSink, cancellation: some Cancellation) throws -> MinifyReport
  /// Calls a model of an archive; its code is trusted from then on.
  /// - Throws: `LatheError` of kind `badInput` where the code is not the one that the call names.
  func run(_ call: ArchiveCall, inputs: InputSource, repeats: Int, events: some EventSink, cancellation: some Cancellation) throws -> RunResult
  /// Compares a model of an archive with eager execution of a program; trust is as for `run`.
  func compare(_ call: ArchiveCall, with program: OpenModel, events: some EventSink, cancellation: some Cancellation) throws -> PackageComparison
}
