import Foundations
import Synchronization

/// What a session compiled and why, folded from its events: the rows of the Compiles screen and of `lathe explain`.
package final class CompileHistory: Sendable {
  private struct State: Sendable {
    var compiles: [CompileRecord] = []
    var places: [String: Int] = [:]
    var eagerCalls: [String: Int] = [:]
    var misses: [EntryMiss] = []
    var missCount: Int = 0
    var limits: [String] = []
    var stance: String = "default"

    mutating func update(_ id: CompileID, _ change: (inout CompileRecord) -> Void) {
      if let place = places["\(id.frame)/\(id.compile)"] { change(&compiles[place]) }
    }
  }
  private let state = Mutex(State())

  package init() {}

  package var compiles: [CompileRecord] { state.withLock { $0.compiles } }
  /// How many calls ran eagerly, by reason.
  package var eagerCalls: [String: Int] { state.withLock { $0.eagerCalls } }
  /// Why the last call that fitted no entry did not, and how many there were.
  package var lastMisses: (misses: [EntryMiss], count: Int) { state.withLock { ($0.misses, $0.missCount) } }
  /// Limits that were reached, a sentence each.
  package var limits: [String] { state.withLock { $0.limits } }

  /// Takes in an event; those that are not about compiling are passed over.
  package func take(_ timed: TimedEvent) {
    guard case .compile(let event) = timed.event else { return }
    state.withLock { state in
      switch event {
      case .started(let id, let start):
        state.places["\(id.frame)/\(id.compile)"] = state.compiles.count
        state.compiles.append(CompileRecord(id: id, startedAt: timed.nanoseconds, start: start))
      case .phaseBegan(let id, let name): state.update(id) { $0.openPhases.append((name, timed.nanoseconds)) }
      case .phaseEnded(let id, let name, let duration):
        state.update(id) { record in
          if let place = record.openPhases.lastIndex(where: { $0.name == name }) {
            let open = record.openPhases.remove(at: place)
            record.phases.append(.init(name: name, startedAt: open.startedAt, seconds: duration / .seconds(1), depth: place))
          }
        }
      case .made(let id, let text): state.update(id) { $0.texts.append(text) }
      case .restarted(let id, let reason):
        state.update(id) {
          $0.id = id
          $0.restarts.append(reason)
        }
      case .finished(let id, let result): state.update(id) { $0.result = result }
      case .missed(_, let misses):
        state.misses = misses
        state.missCount += 1
      case .ranEagerly(_, let reason): state.eagerCalls[reason, default: 0] += 1
      case .limitReached(let frame, let limit, let name, let reason):
        state.limits.append("frame \(frame) reached \(name) (\(limit)); last reason: \(reason ?? "none")")
      case .stanceChanged(let stance): state.stance = stance
      case .reset: break
      }
    }
  }
}

/// One compilation of a session.
package struct CompileRecord: Sendable {
  package struct Phase: Sendable, Hashable {
    package var name: String
    /// Nanoseconds since the session's stream began.
    package var startedAt: Int
    package var seconds: Double
    /// How many phases it is inside of.
    package var depth: Int
  }
  /// With the number of its last try.
  package var id: CompileID
  package var startedAt: Int
  package var start: CompileStart
  package var phases: [Phase] = []
  var openPhases: [(name: String, startedAt: Int)] = []
  /// Why it began again, for each time.
  package var restarts: [String] = []
  package var texts: [CompileText] = []
  /// nil while it runs.
  package var result: CompileResult?
  /// The phase it is in, while it runs.
  package var currentPhase: String? { openPhases.last?.name }

  package init(id: CompileID, startedAt: Int, start: CompileStart) { (self.id, self.startedAt, self.start) = (id, startedAt, start) }
}
