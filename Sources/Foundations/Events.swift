/// What the engine reports while it works; the workbench, `--json` and files listen.
package enum Event: Sendable {
  /// A job went on: `done` of `of` steps (0 when unknown), now at `what`.
  case progress(job: UInt32, done: Int, of: Int, what: String)
  /// A named phase of a job began; it ends with `phase`, phases inside it before.
  case phaseBegan(job: UInt32, name: String)
  /// A named phase of a job ended.
  case phase(job: UInt32, name: String, Duration)
  /// An operator ran during a call that is being timed.
  case operatorSample(node: UInt32, Duration)
  /// What a compiled program's kernels, by number, took over `calls` calls so far.
  case kernelTimes(calls: Int, [KernelTime])
  /// Something the user should know that is not a failure.
  case notice(String)
  /// What became of a call and of the compilations it needed.
  case compile(CompileEvent)
}

/// How often a kernel ran and how long it took in all.
package struct KernelTime: Hashable, Sendable {
  package let name: String
  package let calls: Int
  package let nanoseconds: Int
  /// Seconds of a call that 99 of 100 did not exceed, where that was measured; calls in one call of the program count as their mean.
  package var p99: Double?

  package init(name: String, calls: Int, nanoseconds: Int, p99: Double? = nil) {
    (self.name, self.calls, self.nanoseconds, self.p99) = (name, calls, nanoseconds, p99)
  }
  /// Of all its calls.
  package var seconds: Double { Double(nanoseconds) * 1e-9 }
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
