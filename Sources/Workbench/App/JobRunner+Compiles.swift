import Engine
import Foundation
import Foundations
import Synchronization
import Traces

extension JobRunner {
  /// Calls a program by a schedule and tells of calls that fail, folded.
  func drive(
    _ model: OpenModel, _ sweep: Sweep, cycles: Int, mode: ExecutionMode, job: UInt32, events: some EventSink, cancellation: CancelFlag
  ) throws -> DriveSummary {
    var failed: [UncompiledCalls] = []
    return try services.drive(model, sweep, cycles: cycles, mode: mode, events: events, cancellation: cancellation) { [inbox] call in
      guard let failure = call.failure else { return }
      failed.count(failure.message, call.misses, isFailure: true)
      inbox.post(.failedCalls(job: job, failed))
    }
  }

  func perform(_ task: SessionTask, on session: ProgramSession) throws -> SessionFacts {
    switch task {
    case .look: break
    case .apply(let choices, let old, _): try session.apply(choices, from: old)
    case .reset: session.reset()
    }
    return session.facts
  }

  /// Reads a trace, and what comes to it, until the job is cancelled; looks again ten times a second.
  /// - Throws: `LatheError` where there is no such file or folder, or what is there is no trace.
  func follow(_ path: String, job: UInt32, cancellation: CancelFlag) throws {
    var reader = try TraceReader(path: PathCompletion.expanded(path))
    var isFirst = true
    while !cancellation.isCancelled {
      let (changes, isCaughtUp) = reader.readMore(limit: 16 << 20)
      if isCaughtUp, reader.report.byteCount > 0, !reader.isInsideRecord { try reader.requireRecords() }
      if !changes.isEmpty || isFirst { inbox.post(.trace(job: job, reader.report)) }
      isFirst = false
      if isCaughtUp { Thread.sleep(forTimeInterval: 0.1) }
    }
    if !reader.finish().isEmpty { inbox.post(.trace(job: job, reader.report)) }
  }
}
