import CRuntime
import Capture
import Compiler
import Foundations
import Graphs
import Operators
import Tensors

extension Engine {
  /// The program's graph after each pass, and the C it becomes; nothing is compiled.
  /// - Throws: `LatheError` of kind `unsupported` for what cannot be compiled, naming the file.
  package static func render(_ model: OpenModel, cancellation: some Cancellation = NeverCancelled()) throws -> RenderedGraph {
    do {
      let environment = ShapeEnvironment(hints: model.program.symbolHints, ranges: model.program.symbolRanges)
      return try RenderedGraph(model.program.graph, environment: environment, given: model.session.program.known, cancellation: cancellation)
    } catch let error as LatheError { throw error.about(model.path) }
  }

  /// Names of the compiler's passes, in order.
  package static var passNames: [String] { GraphPass.all.map(\.name) }

  /// Compiles the program for made-up inputs, where no compiled graph serves them, and says what became of it.
  /// - Parameter mode: one that compiles.
  /// - Throws: `LatheError` where there is no compiler, for what cannot be compiled, when cancelled.
  package static func compile(
    _ model: OpenModel, mode: ExecutionMode = .compiled, events: some EventSink = NoEvents(), cancellation: some Cancellation = NeverCancelled()
  ) throws -> CompilationReport {
    do {
      let bound: [Value] = try model.session.inputs.bind(try tensors(.random(seed: 0, sizes: [:]), for: model.program))
      let program: CompiledProgram = try model.session.events.heard(by: events) {
        try model.session.compiled(bound, mode: mode, cancellation: cancellation)
      }
      return CompilationReport(program.compiled, hints: model.program.symbolHints)
    } catch let error as LatheError { throw error.about(model.path) }
  }

  /// Calls a program eagerly and compiled in turns, for about `seconds` each, then profiles the compiled one and reports its kernels'
  /// times every 250 ms.
  /// - Parameters:
  ///   - profileSeconds: how long it is profiled, a second at most where nil.
  ///   - mode: one that compiles.
  /// - Throws: `LatheError` as `run` does.
  package static func bench(
    _ model: OpenModel, inputs source: InputSource, seconds: Double, profileSeconds: Double? = nil, mode: ExecutionMode = .compiled, events: some EventSink = NoEvents(),
    cancellation: some Cancellation = NeverCancelled()
  ) throws -> BenchResult {
    do {
      let session: ProgramSession = model.session
      let bound: [Value] = try session.inputs.bind(try tensors(source, for: model.program))
      let clock = ContinuousClock()
      let start: ContinuousClock.Instant = clock.now
      let program: CompiledProgram = try session.events.heard(by: events) { try session.compiled(bound, mode: mode, cancellation: cancellation) }
      var result = BenchResult(compileSeconds: (clock.now - start).inSeconds)
      result.tuning = program.compiled.rendered.tuning
      result.report = CompilationReport(program.compiled, hints: model.program.symbolHints)
      result.phases = program.compiled.phases.map { ($0.name, $0.duration.inSeconds) }
      func time(_ mode: ExecutionMode, _ limit: Double, _ times: inout [Double]) throws {
        let end: ContinuousClock.Instant = clock.now + .seconds(limit)
        repeat {
          try cancellation.check()
          let start: ContinuousClock.Instant = clock.now
          _ = try session.call(bound, mode: mode)
          times.append((clock.now - start).inSeconds)
        } while clock.now < end
      }
      func progress(_ done: Int, _ what: String) { events.report(.progress(job: 0, done: done, of: 6, what: what)) }
      _ = try session.call(bound, mode: .eager)
      try cancellation.check()
      _ = try session.call(bound, mode: mode)
      for turn in 0..<4 {
        progress(turn, "calls, eager and compiled in turns")
        try time(.eager, seconds / 4, &result.eager)
        try time(mode, seconds / 4, &result.compiled)
      }
      progress(4, "profiled calls")
      let profileEnd: ContinuousClock.Instant = clock.now + .seconds(profileSeconds ?? min(seconds, 1))
      var isFirst: Bool = true
      (result.kernels, result.profiledCalls) = try profile(program, events: events) {
        try cancellation.check()
        if !isFirst, clock.now >= profileEnd { return false }
        isFirst = false
        _ = try program.call(bound)
        return true
      }
      let frame: CapturedFrame = try session.frame(mode)
      result.guardSeconds = frame.lookupSeconds(for: CallArguments(bound))
      result.guardCount = try frame.entry(for: CallArguments(bound)).guards.guards.count
      progress(5, "the machine's limits")
      try cancellation.check()
      result.limits = MachineLimits(seconds: min(seconds / 4, 0.25))
      return result
    } catch let error as LatheError { throw error.about(model.path) }
  }
}

/// Times of one program in both modes.
package struct BenchResult: Sendable {
  package var compileSeconds: Double
  package var phases: [(name: String, seconds: Double)] = []
  /// Seconds of each call.
  package var eager: [Double] = []
  package var compiled: [Double] = []
  /// Kernels and operator calls over `profiledCalls` further calls.
  package var kernels: [KernelTime] = []
  package var profiledCalls: Int = 0
  /// What each kernel has to do, by kernel number as `kernels`.
  package var report = CompilationReport(phases: [], kernels: [])
  package var limits: MachineLimits?
  /// Seconds in which a call's inputs are found to fit the compiled graph, at best, and how many guards that checks.
  package var guardSeconds: Double?
  package var guardCount: Int = 0
  /// What tuning found.
  package var tuning: [TuningReport] = []
  package init(compileSeconds: Double) { self.compileSeconds = compileSeconds }
}

/// What this machine reaches at most, on as many threads as kernels run on.
package struct MachineLimits: Sendable {
  /// f32 operations in a second.
  package var operations: Double
  /// Bytes read and written in a second.
  package var bandwidth: Double

  package init(operations: Double, bandwidth: Double) { (self.operations, self.bandwidth) = (operations, bandwidth) }

  /// Measures for about `seconds` each.
  package init(seconds: Double) { (operations, bandwidth) = (lathe_measured_flops(seconds), lathe_measured_bandwidth(seconds)) }
}

extension Duration {
  package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
