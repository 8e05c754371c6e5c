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
      return try RenderedGraph(model.program.graph, environment: environment, given: CompiledProgram.known(in: model.program), cancellation: cancellation)
    } catch let error as LatheError { throw error.about(model.path) }
  }

  /// Names of the compiler's passes, in order.
  package static var passNames: [String] { GraphPass.all.map(\.name) }

  /// Calls a program eagerly and compiled in turns, for about `seconds` each, then profiles the compiled one.
  /// - Throws: `LatheError` as `run` does.
  package static func bench(
    _ model: OpenModel, inputs source: InputSource, seconds: Double, events: some EventSink = NoEvents(), cancellation: some Cancellation = NeverCancelled()
  ) throws -> BenchResult {
    do {
      let bound: [Value] = try ProgramInputs(model.program).bind(try tensors(source, for: model.program))
      let eager = try ProgramCaller(model.program, mode: .eager)
      let clock = ContinuousClock()
      let start: ContinuousClock.Instant = clock.now
      let caller = try model.prepared.caller(for: model.program, mode: .compiled, cancellation: cancellation, events: events)
      let compile: Double = (clock.now - start).inSeconds
      guard case .compiled(let program) = caller else { return BenchResult(compileSeconds: compile) }
      var result = BenchResult(compileSeconds: compile)
      result.phases = program.compiled.phases.map { ($0.name, $0.duration.inSeconds) }
      func time(_ caller: ProgramCaller, _ limit: Double, _ times: inout [Double]) throws {
        let end: ContinuousClock.Instant = clock.now + .seconds(limit)
        repeat {
          try cancellation.check()
          let start: ContinuousClock.Instant = clock.now
          _ = try caller.call(bound)
          times.append((clock.now - start).inSeconds)
        } while clock.now < end
      }
      _ = try eager.call(bound)
      _ = try caller.call(bound)
      for _ in 0..<4 {
        try time(eager, seconds / 4, &result.eager)
        try time(caller, seconds / 4, &result.compiled)
      }
      program.compiled.library.startProfiling()
      var profiled: [Double] = []
      try time(caller, min(seconds, 1), &profiled)
      result.kernels = program.compiled.library.stopProfiling().map { BenchResult.Kernel(name: $0.name, calls: $0.calls, seconds: Double($0.nanoseconds) * 1e-9) }
      result.profiledCalls = profiled.count
      return result
    } catch let error as LatheError { throw error.about(model.path) }
  }
}

/// Times of one program in both modes.
package struct BenchResult: Sendable {
  package struct Kernel: Sendable {
    package var name: String
    package var calls: Int
    /// Of all its calls.
    package var seconds: Double
  }
  package var compileSeconds: Double
  package var phases: [(name: String, seconds: Double)] = []
  /// Seconds of each call.
  package var eager: [Double] = []
  package var compiled: [Double] = []
  /// Kernels and operator calls over `profiledCalls` further calls.
  package var kernels: [Kernel] = []
  package var profiledCalls: Int = 0
  package init(compileSeconds: Double) { self.compileSeconds = compileSeconds }
}

extension Duration {
  package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
