import Capture
import Compiler
import Foundations
import Graphs
import Operators
import Tensors

extension Engine {
  /// Runs the compiler's passes; nothing is lowered or compiled.
  /// - Throws: `LatheError` of kind `unsupported` for what cannot be compiled, naming the file; `cancelled`.
  package static func passes(
    _ model: OpenModel, events: some EventSink = NoEvents(), cancellation: some Cancellation = NeverCancelled()
  ) throws -> [CompilationReport.Pass] {
    do {
      let environment = ShapeEnvironment(hints: model.program.symbolHints, ranges: model.program.symbolRanges)
      let context = PassContext(environment: environment, table: .standard, given: model.session.program.known)
      var done: Int = 0
      let reports: [PassReport] = try GraphPass.runAll(on: model.program.graph, context) { cancellation.isCancelled } willRun: { name in
        events.report(.progress(job: 0, done: done, of: GraphPass.all.count, what: name))
        done += 1
      }.reports
      return reports.map(CompilationReport.Pass.init)
    } catch let error as LatheError { throw error.about(model.path) }
  }

  /// Calls the compiled program again and again with inputs made up from seed 0 until cancelled, and reports its kernels' times every
  /// 250 ms.
  /// - Parameter mode: one that compiles.
  /// - Returns: how often it was called; being cancelled is how this ends.
  /// - Throws: `LatheError` where the program cannot be compiled or a call fails.
  package static func watch(_ model: OpenModel, mode: ExecutionMode = .compiled, events: some EventSink, cancellation: some Cancellation) throws -> Int {
    do {
      let bound: [Value] = try model.session.inputs.bind(try tensors(.random(seed: 0, sizes: [:]), for: model.program))
      let program: CompiledProgram = try model.session.events.heard(by: events) {
        try model.session.compiled(bound, mode: mode, cancellation: cancellation)
      }
      return try profile(program, events: events) {
        if cancellation.isCancelled { return false }
        _ = try program.call(bound)
        return true
      }.calls
    } catch let error as LatheError { throw error.about(model.path) }
  }

  /// Times the kernels of calls, and reports them every 250 ms.
  /// - Parameter call: makes one call; false once there are to be no more.
  static func profile(
    _ program: CompiledProgram, events: some EventSink, call: () throws -> Bool
  ) throws -> (times: [KernelTime], calls: Int) {
    let library: CompiledLibrary = program.compiled.library
    library.startProfiling()
    defer { _ = library.stopProfiling() }
    let clock = ContinuousClock()
    var lastReport: ContinuousClock.Instant = clock.now
    var latencies = KernelLatencies()
    var calls: Int = 0
    while try call() {
      calls += 1
      latencies.add(library.profileSoFar)
      if clock.now - lastReport >= .milliseconds(250) {
        lastReport = clock.now
        events.report(.kernelTimes(calls: calls, latencies.withPercentiles(library.profileSoFar)))
      }
    }
    return (latencies.withPercentiles(library.profileSoFar), calls)
  }
}
