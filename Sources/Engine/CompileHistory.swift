import Foundations
import Synchronization

/// What a session compiled and why, for any thread to ask: the rows of `lathe explain`.
package final class CompileHistory: Sendable {
  private let log = Mutex(CompileLog())

  package init() {}

  package var compiles: [CompileRecord] { log.withLock { $0.compiles } }
  /// How many calls ran eagerly, by reason.
  package var eagerCalls: [String: Int] { log.withLock { $0.eagerCalls } }
  /// Why the last call that fitted no entry did not, and how many there were.
  package var lastMisses: (misses: [EntryMiss], count: Int) { log.withLock { ($0.lastMisses, $0.missCount) } }
  /// Limits that were reached, a sentence each.
  package var limits: [String] { log.withLock { $0.limits } }

  /// Takes in an event; those that are not about compiling are passed over.
  package func take(_ timed: TimedEvent) { log.withLock { $0.take(timed) } }
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
