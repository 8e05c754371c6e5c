import CRuntime
import Foundations
import Synchronization

/// What the programs of one session share: the stance, the state of dispatch, backends, and who hears of it.
///
/// PyTorch keeps the stance for a whole process; here each session has its own.
package final class CaptureContext: Sendable {
  private struct State: Sendable {
    var stance: StanceSetting = .standard
    var dispatch: DispatchState
    var nextFrame: Int = 0
  }
  private let state: Mutex<State>
  package let events: any EventSink
  private let backends: [String: any Backend]
  /// Whether this thread is inside a compilation.
  @TaskLocal private static var isCompiling: Bool = false

  /// - Parameter backends: those that a program can be compiled with, `eager` and `aot_eager` besides.
  package init(backends: [any Backend] = [], events: some EventSink = NoEvents()) {
    self.events = events
    let all: [any Backend] = [EagerBackend(), EagerBackend(decomposes: true)] + backends
    self.backends = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    state = Mutex(State(dispatch: DispatchState(threadCount: Int(lathe_thread_count()))))
  }

  // MARK: Stance

  package var stance: StanceSetting { state.withLock { $0.stance } }

  /// Changes the stance for calls that begin from now on.
  /// - Throws: `LatheError` of kind `badInput` inside a compilation, in PyTorch's words.
  package func setStance(_ stance: StanceSetting) throws {
    if CaptureContext.isCompiling { throw LatheError.badInput("attempted to set_stance in a torch.compile region") }
    state.withLock { $0.stance = stance }
    events.report(.compile(.stanceChanged(to: stance.description)))
  }

  /// Does `work` under a stance, and goes back to what was before, whatever it throws.
  package func withStance<Result>(_ stance: StanceSetting, _ work: () throws -> Result) throws -> Result {
    let before: StanceSetting = self.stance
    try setStance(stance)
    defer {
      state.withLock { $0.stance = before }
      events.report(.compile(.stanceChanged(to: before.description)))
    }
    return try work()
  }

  func compiling<Result>(_ work: () throws -> Result) rethrows -> Result { try CaptureContext.$isCompiling.withValue(true, operation: work) }

  // MARK: Dispatch

  package var dispatch: DispatchState { state.withLock { $0.dispatch } }
  package func setDispatch(_ dispatch: DispatchState) { state.withLock { $0.dispatch = dispatch } }

  /// Both at once, for a call.
  @inline(__always) var current: (stance: StanceSetting, dispatch: DispatchState) { state.withLock { ($0.stance, $0.dispatch) } }

  // MARK: Frames and backends

  func nextFrame() -> Int {
    state.withLock {
      $0.nextFrame += 1
      return $0.nextFrame - 1
    }
  }

  package var backendNames: [String] { backends.keys.sorted() }

  /// - Throws: `LatheError` of kind `badInput` that lists the backends.
  package func backend(named name: String) throws -> any Backend {
    guard let backend = backends[name] else {
      throw LatheError.badInput("Invalid backend: '\(name)'; the backends are \(backendNames.joined(separator: ", "))")
    }
    return backend
  }
}
