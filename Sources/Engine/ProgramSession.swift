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
  private let currentMarks = Mutex(DimensionMarks())

  package init(_ program: Program) {
    self.program = program
    inputs = ProgramInputs(program)
    state = ProgramState(program)
    let (events, history) = (EventStream(), CompileHistory())
    _ = events.subscribe { history.take($0) }
    (self.events, self.history) = (events, history)
    @Sendable func toolchain() throws -> (Toolchain, KernelCache) {
      let cache = try KernelCache()
      return (Toolchain(compiler: try CCompiler.find()), cache)
    }
    context = CaptureContext(
      backends: [ExecutionMode.compiled, .autotuned].map { KernelBackend(name: $0.rawValue, tunes: $0 == .autotuned, toolchain: toolchain) },
      events: events)
  }

  /// The frame that is called in a mode; `eager` is one too, whose stance is not asked.
  /// - Parameter contract: whether inputs must have the element types that the program declares.
  package func frame(_ mode: ExecutionMode, contract: Program.Contract = .declared) throws -> CapturedFrame {
    try frame(backend: mode.rawValue, contract: contract)
  }

  /// The frame of a backend of the context, such as `aot_eager`.
  package func frame(backend: String, contract: Program.Contract = .declared) throws -> CapturedFrame {
    let settings: CaptureSettings = self.settings.withLock { $0 }
    return try frames.withLock { frames in
      let key: String = contract == .declared ? backend : "\(backend), traced"
      if let known = frames[key] { return known }
      var program: Program = self.program
      program.contract = contract
      let made = try CapturedFrame(program, context: context, backend: backend, settings: settings, state: state)
      made.replaceMarks(marks)
      frames[key] = made
      return made
    }
  }

  // MARK: Marks

  package var marks: DimensionMarks { currentMarks.withLock { $0 } }

  /// Marks a dimension for calls from now on; one that is to be dynamic takes along every other dimension that the program says is of the
  /// same size.
  /// - Returns: the dimensions marked, for example `x:0`.
  /// - Throws: `LatheError` of kind `badInput` for an input or dimension that is not there, and for marks that contradict each other.
  @discardableResult
  package func mark(_ mark: DimensionMark, input: String, dimension: Int) throws -> [String] {
    guard let place = inputs.required.first(where: { $0.name == input }) else {
      throw LatheError.badInput("there is no input '\(input)' to mark; the inputs are \(inputs.required.map(\.name).joined(separator: ", "))")
    }
    guard let type = place.type.tensor, type.sizes.indices.contains(dimension) else {
      throw LatheError.badInput("input '\(input)' has no dimension \(dimension) to mark")
    }
    var marked: [(source: Source, dimension: Int)] = [(place.source, dimension)]
    if mark != .fixed, let symbol = type.sizes[dimension].linear?.symbol {
      for other in inputs.required {
        for (index, size) in (other.type.tensor?.sizes ?? []).enumerated() where size.linear?.symbol == symbol && !(other.name == input && index == dimension) {
          marked.append((other.source, index))
        }
      }
    }
    try currentMarks.withLock { marks in
      var changed: DimensionMarks = marks
      for (source, index) in marked { try changed.set(mark, on: source, dimension: index) }
      marks = changed
    }
    shareMarks()
    return marked.map { "\($0.source.shortText):\($0.dimension)" }
  }
  package func clearMarks() {
    currentMarks.withLock { $0 = DimensionMarks() }
    shareMarks()
  }
  private func shareMarks() { for frame in allFrames { frame.replaceMarks(marks) } }

  /// Forgets what was compiled and learnt, in every mode.
  package func reset() { for frame in allFrames { frame.reset() } }

  /// Every frame that was called so far, by the name of its backend.
  package var allFrames: [CapturedFrame] { frames.withLock { $0.sorted { $0.key < $1.key }.map(\.value) } }
  package var currentSettings: CaptureSettings { settings.withLock { $0 } }
  /// Changes settings for calls that begin from now on; what was compiled stays.
  package func changeSettings(_ change: (inout CaptureSettings) -> Void) {
    settings.withLock { change(&$0) }
    for frame in allFrames { frame.changeSettings(change) }
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
