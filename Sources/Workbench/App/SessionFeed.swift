import Engine
import Foundations
import Synchronization

/// What a session tells of its calls and compilations.
package enum SessionNews: Sendable {
  /// An event about a compilation, the stance, a limit or a reset.
  case compile(TimedEvent)
  /// How far a compilation is at a time of the session's stream, in nanoseconds; newer ones replace it.
  case progress(done: Int, of: Int, what: String, at: Int)
  /// All calls that were not served by a compiled graph so far; newer ones replace it.
  case eagerCalls([UncompiledCalls])
}

/// Calls that no compiled graph served, alike in why.
package struct UncompiledCalls: Hashable, Sendable {
  /// The kinds of calls that are told apart.
  package static let mostKinds = 64
  /// Why they ran eagerly, or the error.
  package var outcome: String
  package var isFailure: Bool
  package var count: Int
  /// Of the last of them.
  package var misses: [EntryMiss]
  package init(outcome: String, isFailure: Bool, count: Int, misses: [EntryMiss]) {
    (self.outcome, self.isFailure, self.count, self.misses) = (outcome, isFailure, count, misses)
  }

}

extension [UncompiledCalls] {
  /// Counts a call with those of the same outcome for the same first reason; where there are many kinds, with those of the same outcome.
  mutating func count(_ outcome: String, _ misses: [EntryMiss], isFailure: Bool) {
    let reason: String? = misses.first?.failures.first?.text
    let same: Int? = firstIndex { $0.outcome == outcome && $0.misses.first?.failures.first?.text == reason }
    let place: Int? = same ?? (count < UncompiledCalls.mostKinds ? nil : firstIndex { $0.outcome == outcome } ?? count - 1)
    guard let place else { return append(UncompiledCalls(outcome: outcome, isFailure: isFailure, count: 1, misses: misses)) }
    self[place].count += 1
    self[place].misses = misses
  }
}

/// Passes on what one session's stream tells, from the moment the program is opened until it is closed: changes at once, what may come
/// thousands of times a second folded.
final class SessionFeed: Sendable {
  private struct State {
    var misses: [EntryMiss] = []
    var eager: [UncompiledCalls] = []
  }
  private let session: ObjectIdentifier
  private let inbox: Inbox
  private let state = Mutex(State())

  /// Does not keep the session; its stream keeps the feed.
  @discardableResult
  init(_ session: ProgramSession, inbox: Inbox) {
    (self.session, self.inbox) = (ObjectIdentifier(session), inbox)
    _ = session.events.subscribe { self.take($0) }
  }

  private func take(_ timed: TimedEvent) {
    switch timed.event {
    case .progress(_, let done, let count, let what): inbox.post(.session(session, .progress(done: done, of: count, what: what, at: timed.nanoseconds)))
    case .compile(.missed(_, let misses)): state.withLock { $0.misses = misses }
    case .compile(.ranEagerly(_, let reason)):
      let all: [UncompiledCalls] = state.withLock { state in
        state.eager.count(reason, state.misses, isFailure: false)
        state.misses = []
        return state.eager
      }
      inbox.post(.session(session, .eagerCalls(all)))
    case .compile:
      // What was missed before is no reason of what comes now.
      state.withLock { $0.misses = [] }
      inbox.post(.session(session, .compile(timed)))
    default: break
    }
  }
}
