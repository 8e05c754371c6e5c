import Archives
import Compiler
import Foundations
import Operators
import Synchronization

/// How programs are called.
package enum ExecutionMode: String, Sendable, CaseIterable {
  /// Operator by operator: the reference.
  case eager
  /// As one shared object, made for the program by a C compiler.
  case compiled
  /// The same, with the candidates of each template timed first and the fastest chosen.
  case autotuned
}

/// Calls a program in some mode.
package enum ProgramCaller: Sendable {
  case eager(ProgramRunner)
  case compiled(CompiledProgram)

  /// Prepares the program for calls in a mode; compiling may take long.
  package init(
    _ program: ExportedProgram, mode: ExecutionMode, cancellation: some Cancellation = NeverCancelled(), events: some EventSink = NoEvents()
  ) throws {
    switch mode {
    case .eager: self = .eager(try ProgramRunner(program))
    case .compiled, .autotuned:
      let cache = try KernelCache()
      self = .compiled(
        try CompiledProgram(
          program, toolchain: Toolchain(compiler: try CCompiler.find()), cache: cache,
          tuning: mode == .autotuned ? TuningCache(cache) : nil, cancellation: cancellation, events: events))
    }
  }

  /// - Parameter observer: told of each node before it runs; compiled programs have no nodes to tell of.
  package func call(_ inputs: [Value], observer: GraphPlan.Observer? = nil) throws -> [Value] {
    switch self {
    case .eager(let runner): try runner.call(inputs, observer: observer)
    case .compiled(let program): try program.call(inputs)
    }
  }
}

/// The callers of an open model, made at the first call in each mode and kept.
final class PreparedProgram: Sendable {
  private let callers = Mutex<[ExecutionMode: ProgramCaller]>([:])

  func caller(
    for program: ExportedProgram, mode: ExecutionMode, cancellation: some Cancellation, events: some EventSink
  ) throws -> ProgramCaller {
    if let known = callers.withLock({ $0[mode] }) { return known }
    let made = try ProgramCaller(program, mode: mode, cancellation: cancellation, events: events)
    callers.withLock { $0[mode] = made }
    return made
  }

  /// - Parameter mode: one that compiles.
  func compiled(
    _ program: ExportedProgram, mode: ExecutionMode = .compiled, cancellation: some Cancellation, events: some EventSink
  ) throws -> CompiledProgram {
    guard case .compiled(let compiled) = try caller(for: program, mode: mode, cancellation: cancellation, events: events) else {
      preconditionFailure("a caller is of the mode it was asked for")
    }
    return compiled
  }
}
