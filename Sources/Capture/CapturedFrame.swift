import Foundations
import Graphs
import Operators
import Synchronization
import Tensors

/// A program as it is called: its cache of compiled graphs, and what a call that fits none of them does.
///
/// The counterpart of a code object under `torch.compile` (`torch/_dynamo/eval_frame.py`, `convert_frame.py`). May be called from many
/// threads; a graph that several of them miss is compiled once.
package final class CapturedFrame: Sendable {
  package let program: Program
  package let context: CaptureContext
  /// The backend, unless the stance forces another.
  package let backendName: String
  /// Sources of the inputs, in order.
  package let sources: [Source]
  package let inputs: ProgramInputs
  let state: ProgramState
  let eager: ProgramRunner

  struct Cache: Sendable {
    /// The one used last first.
    var entries: [CacheEntry] = []
    var observed = AutomaticDynamic()
    var marks = DimensionMarks()
    /// Compilations begun, those that failed and those dropped included.
    var compileCount: Int = 0
    /// Past a limit: cached entries serve, nothing more is compiled.
    var isRunOnly: Bool = false
    /// Inputs of calls that `eager_then_compile` ran eagerly, or `aot_eager_then_compile` with aot_eager: the first is kept to compare with.
    var example: CallArguments?
    var frame: Int?
  }
  let cache = Mutex(Cache())
  private let currentSettings: Mutex<CaptureSettings>
  /// Held by the thread that compiles.
  let compileLock = Mutex<Void>(())

  package init(_ program: Program, context: CaptureContext, backend: String, settings: CaptureSettings = CaptureSettings(), state: ProgramState? = nil) throws {
    let state: ProgramState = state ?? ProgramState(program)
    (self.program, self.context, backendName, self.state) = (program, context, backend, state)
    currentSettings = Mutex(settings)
    inputs = ProgramInputs(program)
    sources = inputs.required.map(\.source)
    eager = try ProgramRunner(program, state: state)
  }

  // MARK: Calling

  /// Calls the program as the session's stance says.
  /// - Parameters:
  ///   - arguments: flattened user inputs, in order; see `ProgramInputs.bind`.
  ///   - observer: told of each node before it runs, where operators run one by one.
  /// - Returns: the user's outputs, in order, and what served the call.
  /// - Throws: `LatheError` where an input does not fit, compiling fails, the stance forbids it, or when cancelled.
  package func callTelling(
    _ arguments: CallArguments, observer: GraphPlan.Observer? = nil, cancellation: some Cancellation = NeverCancelled()
  ) throws -> (outputs: [Value], served: CallServing) {
    let (stance, dispatch) = context.current
    if stance.stance == .forceEager { return (try eager.call(arguments.values, observer: observer), .eagerly("the stance is force_eager")) }
    let backend: String = stance.forcedBackend ?? backendName
    if let entry = lookUp(arguments, dispatch, backend, skipsGuards: stance.skipsGuards) {
      return (try entry.code.call(arguments.values), .cached(entry.id))
    }
    return try callAfterMiss(arguments, stance, dispatch, observer, cancellation)
  }
  /// Calls the program as the session's stance says.
  /// - Throws: `LatheError` where an input does not fit, compiling fails, the stance forbids it, or when cancelled.
  package func call(
    _ arguments: CallArguments, observer: GraphPlan.Observer? = nil, cancellation: some Cancellation = NeverCancelled()
  ) throws -> [Value] {
    try callTelling(arguments, observer: observer, cancellation: cancellation).outputs
  }
  package func call(_ values: [Value], observer: GraphPlan.Observer? = nil, cancellation: some Cancellation = NeverCancelled()) throws -> [Value] {
    try call(CallArguments(values), observer: observer, cancellation: cancellation)
  }

  /// Calls the program operator by operator, whatever the stance.
  package func callEagerly(_ values: [Value], observer: GraphPlan.Observer? = nil) throws -> [Value] { try eager.call(values, observer: observer) }

  /// The entry that serves the arguments, compiled now where there is none; the stance is not asked.
  package func entry(for arguments: CallArguments, cancellation: some Cancellation = NeverCancelled()) throws -> CacheEntry {
    let dispatch: DispatchState = context.dispatch
    if let entry = lookUp(arguments, dispatch, backendName, skipsGuards: false) { return entry }
    try inputs.check(arguments.values)
    return try compileLock.withLock { _ in
      if let entry = lookUp(arguments, dispatch, backendName, skipsGuards: false) { return entry }
      return try compile(
        arguments, dispatch, compiler: backendName, identity: backendName, reportMisses(arguments, dispatch, backendName), cancellation)
    }
  }

  /// Looks the arguments' entry up again and again, as calls do, and runs nothing.
  /// - Returns: the seconds of one lookup, over the best of several rounds; nil where no entry serves the arguments.
  package func lookupSeconds(for arguments: CallArguments, rounds: Int = 20, lookups: Int = 1000) -> Double? {
    let clock = ContinuousClock()
    var best: Double?
    for _ in 0..<rounds {
      let start: ContinuousClock.Instant = clock.now
      for _ in 0..<lookups {
        let (_, dispatch) = context.current
        guard lookUp(arguments, dispatch, backendName, skipsGuards: false) != nil else { return nil }
      }
      let seconds: Double = (clock.now - start) / .seconds(1) / Double(lookups)
      best = min(best ?? seconds, seconds)
    }
    return best
  }

  /// The first entry whose guards hold, moved to the front.
  func lookUp(_ arguments: CallArguments, _ dispatch: DispatchState, _ backend: String, skipsGuards: Bool) -> CacheEntry? {
    let (entries, marks) = cache.withLock { ($0.entries, $0.marks) }
    for (place, entry) in entries.enumerated() where entry.backend == backend {
      guard (skipsGuards ? entry.differentiatingGuards : entry.guards).hold(for: arguments, state: dispatch, marks: marks) else {
        entry.countFailure(arguments)
        continue
      }
      if place > 0 { moveToFront(entry) }
      entry.countHit()
      return entry
    }
    return nil
  }

  private func moveToFront(_ entry: CacheEntry) {
    cache.withLock { cache in
      guard let place = cache.entries.firstIndex(where: { $0 === entry }), place > 0 else { return }
      cache.entries.insert(cache.entries.remove(at: place), at: 0)
    }
  }

  private func callAfterMiss(
    _ arguments: CallArguments, _ stance: StanceSetting, _ dispatch: DispatchState, _ observer: GraphPlan.Observer?, _ cancellation: some Cancellation
  ) throws -> (outputs: [Value], served: CallServing) {
    let backend: String = stance.forcedBackend ?? backendName
    func runEagerly(_ reason: String) throws -> (outputs: [Value], served: CallServing) {
      context.events.report(.compile(.ranEagerly(frame: cache.withLock { $0.frame ?? 0 }, reason: reason)))
      return (try eager.call(arguments.values, observer: observer), .eagerly(reason))
    }
    if stance.skipsGuards {
      throw LatheError.badInput(
        "Recompilation triggered with skip_guard_eval_unsafe stance. This usually means that you have not warmed up your model with enough inputs such that you can guarantee no more recompilations.")
    }
    if cache.withLock({ $0.isRunOnly }) {
      _ = reportMisses(arguments, dispatch, backend)
      return try runEagerly("the frame reached its recompile limit")
    }
    switch stance.stance {
    case .forceEager: return try runEagerly("the stance is force_eager")
    case .eagerOnRecompile:
      _ = reportMisses(arguments, dispatch, backend)
      return try runEagerly("the stance is eager_on_recompile")
    case .failOnRecompile:
      throw Recompilation(program.code, reportMisses(arguments, dispatch, backend)).forbidden
    case .eagerThenCompile:
      let isFirst: Bool = cache.withLock { cache in
        defer { cache.example = cache.example ?? arguments }
        return cache.example == nil
      }
      if isFirst { return try runEagerly("the stance is eager_then_compile and this is the first call") }
    case .aotEagerThenCompile, .default: break
    }
    return try compileAndCall(arguments, stance, dispatch, observer, cancellation, runEagerly)
  }

  private func compileAndCall(
    _ arguments: CallArguments, _ stance: StanceSetting, _ dispatch: DispatchState, _ observer: GraphPlan.Observer?, _ cancellation: some Cancellation,
    _ runEagerly: (String) throws -> (outputs: [Value], served: CallServing)
  ) throws -> (outputs: [Value], served: CallServing) {
    let backend: String = stance.forcedBackend ?? backendName
    let served: (entry: CacheEntry, isNew: Bool)? = try compileLock.withLock { _ in
      // Another thread may have compiled it meanwhile.
      if let entry = lookUp(arguments, dispatch, backend, skipsGuards: false) { return (entry, false) }
      if cache.withLock({ $0.isRunOnly }) { return nil }
      let misses: [EntryMiss] = reportMisses(arguments, dispatch, backend)
      try inputs.check(arguments.values)
      if settings.failsOnRecompile, !misses.isEmpty { throw LatheError(.badInput, Recompilation(program.code, misses).text) }
      if try reachedLimit(misses) { return nil }
      var compiler: String = backend
      cache.withLock { cache in
        if stance.stance == .aotEagerThenCompile, cache.example == nil {
          cache.example = arguments
          compiler = "aot_eager"
        } else if stance.stance == .eagerThenCompile || stance.stance == .aotEagerThenCompile, let example = cache.example {
          for (source, (old, new)) in zip(sources, zip(example.values, arguments.values)) { cache.observed.compare(old, new, at: source) }
        }
      }
      return (try compile(arguments, dispatch, compiler: compiler, identity: backend, misses, cancellation), true)
    }
    guard let (entry, isNew) = served else { return try runEagerly("the frame reached its recompile limit") }
    return (try entry.code.call(arguments.values), isNew ? .compiled(entry.id) : .cached(entry.id))
  }

  /// Why no entry fits, the one tried first first.
  private func reportMisses(_ arguments: CallArguments, _ dispatch: DispatchState, _ backend: String) -> [EntryMiss] {
    let (entries, marks, frame) = cache.withLock { ($0.entries, $0.marks, $0.frame) }
    let misses: [EntryMiss] = entries.map { entry in
      let miss: EntryMiss = entry.miss(arguments, dispatch, marks)
      return miss.failures.isEmpty ? entry.miss(ofBackend: backend) : miss
    }
    if !misses.isEmpty { context.events.report(.compile(.missed(frame: frame ?? 0, misses))) }
    return misses
  }

  /// Whether nothing more may be compiled; said once.
  private func reachedLimit(_ misses: [EntryMiss]) throws -> Bool {
    let (entries, compilations, frame) = cache.withLock { ($0.entries.count, $0.compileCount, $0.frame ?? 0) }
    let settings: CaptureSettings = self.settings
    let isAccumulated: Bool = compilations >= settings.accumulatedRecompileLimit
    guard entries >= settings.recompileLimit || isAccumulated else { return false }
    let (name, limit) = isAccumulated ? ("accumulated_recompile_limit", settings.accumulatedRecompileLimit) : ("recompile_limit", settings.recompileLimit)
    let reason: String? = misses.first.flatMap { miss in miss.failures.first.map { "\(miss.entry): \($0.text)" } }
    context.events.report(.compile(.limitReached(frame: frame, limit: limit, name: name, lastReason: reason)))
    if settings.isFullGraph || settings.failsOnRecompileLimit {
      throw LatheError.badInput("\(name) reached with \(settings.isFullGraph ? "fullgraph=True" : "fail_on_recompile_limit_hit=True"): \(limit)")
    }
    cache.withLock { $0.isRunOnly = true }
    return true
  }

  // MARK: What a session changes

  package var settings: CaptureSettings { currentSettings.withLock { $0 } }
  /// Changes settings for calls that begin from now on.
  package func changeSettings(_ change: (inout CaptureSettings) -> Void) { currentSettings.withLock { change(&$0) } }

  /// The cached entries, the one used last first.
  package var entries: [CacheEntry] { cache.withLock { $0.entries } }
  package var compileCount: Int { cache.withLock { $0.compileCount } }
  package var isRunOnly: Bool { cache.withLock { $0.isRunOnly } }
  package var marks: DimensionMarks { cache.withLock { $0.marks } }

  /// Marks a dimension of an input for calls from now on.
  /// - Parameter input: an input's name.
  /// - Throws: `LatheError` of kind `badInput` for an input or dimension that is not there, and for marks that contradict each other.
  package func mark(_ mark: DimensionMark, input: String, dimension: Int) throws {
    let place: ProgramInputs.Input = try self.input(named: input)
    if program.contract == .declared, let type = place.type.tensor, !type.sizes.indices.contains(dimension) {
      throw LatheError.badInput("input '\(input)' has \(type.rank) dimensions; there is no dimension \(dimension)")
    }
    try cache.withLock { try $0.marks.set(mark, on: .local(input), dimension: dimension) }
  }
  package func clearMark(input: String, dimension: Int) { cache.withLock { $0.marks.clear(.local(input), dimension: dimension) } }
  package func replaceMarks(_ marks: DimensionMarks) { cache.withLock { $0.marks = marks } }

  private func input(named name: String) throws -> ProgramInputs.Input {
    guard let input = inputs.required.first(where: { $0.name == name }) else {
      throw LatheError.badInput("there is no input '\(name)'; the inputs are \(inputs.required.map(\.name).joined(separator: ", "))")
    }
    return input
  }

  /// Forgets every entry and what was learnt of sizes (`torch._dynamo.reset`); marks and the stance stay.
  package func reset() {
    compileLock.withLock { _ in
      cache.withLock { cache in
        (cache.entries, cache.observed) = ([], AutomaticDynamic())
        (cache.compileCount, cache.isRunOnly) = (0, false)
      }
    }
    context.events.report(.compile(.reset))
  }
}
