import Archives
import Capture
import Compiler
import Foundations
import Graphs
import Operators
import Synchronization
import Tensors

/// A program being called: its stance, its caches of compiled graphs, and the stream of what happens.
package final class ProgramSession: Sendable {
  package let program: Program
  package let inputs: ProgramInputs
  package let events: EventStream
  package let context: CaptureContext
  /// What was compiled so far and why.
  package let history: CompileHistory
  private let state: ProgramState
  private let settings = Mutex(CaptureSettings())
  private let frames = Mutex<[String: CapturedFrame]>([:])

  package init(_ program: Program) {
    self.program = program
    inputs = ProgramInputs(program)
    state = ProgramState(program)
    let (events, history) = (EventStream(), CompileHistory())
    _ = events.subscribe { history.take($0) }
    (self.events, self.history) = (events, history)
    @Sendable func toolchain() throws -> (Toolchain, KernelCache) {
      let cache = try KernelCache()
      return (Toolchain(compiler: try CCompiler.find(cache: cache)), cache)
    }
    context = CaptureContext(
      backends: [ExecutionMode.compiled, .autotuned].map { KernelBackend(name: $0.rawValue, tunes: $0 == .autotuned, toolchain: toolchain) },
      events: events)
  }

  /// Settings of frames made from now on; what was compiled before is forgotten.
  package func configure(_ settings: CaptureSettings) {
    self.settings.withLock { $0 = settings }
    frames.withLock { $0 = [:] }
  }

  /// The frame that is called in a mode; `eager` is one too, whose stance is not asked.
  package func frame(_ mode: ExecutionMode) throws -> CapturedFrame { try frame(backend: mode.rawValue) }

  private func frame(backend: String) throws -> CapturedFrame {
    let settings: CaptureSettings = self.settings.withLock { $0 }
    return try frames.withLock { frames in
      if let known = frames[backend] { return known }
      let made = try CapturedFrame(program, context: context, backend: backend, settings: settings, state: state)
      frames[backend] = made
      return made
    }
  }

  /// Calls the program in a mode.
  package func call(
    _ values: [Value], mode: ExecutionMode, observer: GraphPlan.Observer? = nil, cancellation: some Cancellation = NeverCancelled()
  ) throws -> [Value] {
    let frame: CapturedFrame = try frame(mode)
    if mode == .eager { return try frame.callEagerly(values, observer: observer) }
    return try frame.call(values, observer: observer, cancellation: cancellation)
  }

  /// The compiled program that serves these inputs, compiled now where there is none.
  /// - Parameter mode: one that compiles.
  package func compiled(_ values: [Value], mode: ExecutionMode, cancellation: some Cancellation = NeverCancelled()) throws -> CompiledProgram {
    guard let compiled = try frame(mode).entry(for: CallArguments(values), cancellation: cancellation).code.compiled else {
      preconditionFailure("a mode that compiles gives compiled programs")
    }
    return compiled
  }
}
