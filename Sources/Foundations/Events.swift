/// What the engine reports while it works; the workbench, `--json` and files listen.
package enum Event: Sendable {
  /// A job went on: `done` of `of` steps (0 when unknown), now at `what`.
  case progress(job: UInt32, done: Int, of: Int, what: String)
  /// A named phase of a job ended.
  case phase(job: UInt32, name: String, Duration)
  /// An operator ran during a call that is being timed.
  case operatorSample(node: UInt32, Duration)
  /// Something the user should know that is not a failure.
  case notice(String)
}

/// Who listens to events; every floor reports to the sink it was handed, none knows who listens.
package protocol EventSink: Sendable {
  func report(_ event: Event)
}

/// Drops every event.
package struct NoEvents: EventSink {
  package init() {}
  package func report(_ event: Event) {}
}

/// Asked between steps of long work whether to stop.
package protocol Cancellation: Sendable {
  var isCancelled: Bool { get }
}

extension Cancellation {
  /// - Throws: `LatheError` of kind `cancelled` once cancelled.
  package func check() throws {
    if isCancelled { throw LatheError(.cancelled, "cancelled") }
  }
}

/// Never cancels.
package struct NeverCancelled: Cancellation {
  package init() {}
  package var isCancelled: Bool { false }
}
