import Synchronization

/// An event with its place in the stream and its time.
package struct TimedEvent: Sendable {
  /// From 0, without gaps but for samples that were dropped.
  package var sequence: Int
  /// Since the stream began, by a clock that never goes back.
  package var nanoseconds: Int
  package var event: Event
}

/// One ordered stream of what an engine does: events get numbers and times, and go to every listener in the same order.
///
/// Samples (times of operators and kernels) are passed on at most once in `sampleInterval`; what is left out is counted. All other
/// events are passed on before `report` returns, so none is lost and none is kept.
package final class EventStream: EventSink {
  /// Hears events with their times. Must not report to the stream it listens to.
  package typealias Listener = @Sendable (TimedEvent) -> Void

  private struct State {
    var sequence: Int = 0
    var listeners: [(token: Int, listener: Listener)] = []
    var nextToken: Int = 0
    var lastSample: Int?
    var droppedSamples: Int = 0
    var sampleInterval: Int
  }
  private let state: Mutex<State>
  private let start: ContinuousClock.Instant
  private let clock = ContinuousClock()

  /// - Parameter sampleInterval: the least time between two samples that are passed on; none passes all.
  package init(sampleInterval: Duration = .zero) {
    state = Mutex(State(sampleInterval: EventStream.nanoseconds(sampleInterval)))
    start = clock.now
  }

  package func report(_ event: Event) {
    let now: Int = EventStream.nanoseconds(clock.now - start)
    state.withLock { state in
      if event.isSample {
        if let last = state.lastSample, now - last < state.sampleInterval {
          state.droppedSamples += 1
          return
        }
        state.lastSample = now
      }
      let timed = TimedEvent(sequence: state.sequence, nanoseconds: now, event: event)
      state.sequence += 1
      for (_, listener) in state.listeners { listener(timed) }
    }
  }

  /// Nanoseconds since the stream began.
  package var now: Int { EventStream.nanoseconds(clock.now - start) }
  /// Events passed on so far.
  package var count: Int { state.withLock { $0.sequence } }
  /// Samples left out so far.
  package var droppedSamples: Int { state.withLock { $0.droppedSamples } }
  package func setSampleInterval(_ interval: Duration) { state.withLock { $0.sampleInterval = EventStream.nanoseconds(interval) } }

  /// - Returns: what `unsubscribe` takes.
  package func subscribe(_ listener: @escaping Listener) -> Int {
    state.withLock { state in
      state.nextToken += 1
      state.listeners.append((state.nextToken, listener))
      return state.nextToken
    }
  }
  package func unsubscribe(_ token: Int) { state.withLock { state in state.listeners.removeAll { $0.token == token } } }

  /// Does `work` with a sink that hears everything meanwhile.
  package func heard<Result>(by sink: some EventSink, _ work: () throws -> Result) rethrows -> Result {
    let token: Int = subscribe { sink.report($0.event) }
    defer { unsubscribe(token) }
    return try work()
  }

  private static func nanoseconds(_ duration: Duration) -> Int {
    Int(duration.components.seconds) * 1_000_000_000 + Int(duration.components.attoseconds / 1_000_000_000)
  }
}

extension Event {
  /// Whether it is a measurement of which some may be left out.
  package var isSample: Bool {
    switch self {
    case .operatorSample, .kernelTimes: true
    default: false
    }
  }
}
