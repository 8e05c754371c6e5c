import Foundations

/// One compilation of one code object, as far as its trace tells: what a list shows, kept up to date while the file grows.
package struct TraceCompile: Sendable {
  /// Why it was compiled.
  package enum Trigger: Hashable, Sendable {
    case firstCall
    /// The rest of `function` after a graph break at `line`.
    case afterGraphBreak(function: String, line: Int?)
    /// No cached graph fitted; the reasons are empty where the trace has none.
    case recompile([TraceRecompileReason])
  }

  package enum Status: Hashable, Sendable {
    /// No end of it is in the trace; with what it was at.
    case running(phase: String?)
    /// Its phases ended, but no metrics say how.
    case ended
    case succeeded
    /// No graph came of it: the code runs as it is.
    case skipped
    case failed(Failure)
  }

  package struct Failure: Hashable, Sendable {
    package var type: String
    package var reason: String
    /// The user's line, where it is known.
    package var file: String?
    package var line: Int?
  }

  package let id: TraceCompileID
  /// The process's number in the report.
  package let process: Int
  /// Counted from 0 where a process that started over (`torch._dynamo.reset`) gave the id again.
  package let generation: Int
  /// How often it was tried: one more than its restarts.
  package internal(set) var attempts: Int = 1
  /// The code object: its name, file and line.
  package internal(set) var place: SourceFrame?
  /// Why no cached graph fitted, one for each; from the metrics' one reason where there is no better record.
  package internal(set) var reasons: [TraceRecompileReason] = []
  package internal(set) var breaks: [TraceGraphBreak] = []
  /// Once it ended.
  package internal(set) var metrics: TraceMetrics?
  /// Compilations of its backward, in order.
  package internal(set) var backwards: [TraceMetrics] = []
  /// Of its first and of its last record.
  package let started: TraceTime
  package internal(set) var lastSeen: TraceTime
  /// Phases that have begun and not ended, outermost first.
  package internal(set) var openPhases: [String] = []
  /// Whether its outermost phase ended.
  var hasEnded: Bool = false
  /// Whether its `dynamo_start` was seen.
  var hasStarted: Bool = false
  /// Where its records are.
  var extents: [TraceExtent] = []

  init(id: TraceCompileID, process: Int, generation: Int, time: TraceTime) {
    (self.id, self.process, self.generation) = (id, process, generation)
    (started, lastSeen) = (time, time)
  }

  /// `0/1`; a later compilation with the same id is told from it by a suffix: `0/1#2`.
  package var name: String { generation == 0 ? id.description : "\(id)#\(generation + 1)" }
  package var function: String? { metrics?.function ?? place?.function }
  package var restarts: Int { attempts - 1 }
  /// Why it was tried again, one for each restart that the metrics tell.
  package var restartReasons: [String] { metrics?.restartReasons ?? [] }

  package var trigger: Trigger {
    if !reasons.isEmpty { return .recompile(reasons) }
    if let number = id.compile, number > 0 { return .recompile([]) }
    let mark: String = "torch_dynamo_resume_in_"
    if let function, function.hasPrefix(mark) {
      let rest: Substring = function.dropFirst(mark.count)
      var (name, line): (Substring, Int?) = (rest, nil)
      // The name may have `_at_` in it: the last one counts.
      var search: Substring = rest
      while let found = search.place(of: "_at_") {
        if let number = Int(rest[found.upperBound...]) { (name, line) = (rest[..<found.lowerBound], number) }
        search = search[found.upperBound...]
      }
      return .afterGraphBreak(function: String(name), line: line)
    }
    return .firstCall
  }

  package var status: Status {
    guard let metrics else {
      guard hasEnded else { return .running(phase: openPhases.last) }
      // The graph that compiled autograd makes has no metrics of its own; what is compiled of it has.
      return id.frame == nil ? .succeeded : .ended
    }
    if let type = metrics.failType {
      return .failed(Failure(type: type, reason: metrics.failReason ?? "", file: metrics.failFile, line: metrics.failLine))
    }
    return metrics.hasCode == false ? .skipped : .succeeded
  }

  /// What it took: as PyTorch measured it, else from the first record to the last.
  package var seconds: Double { metrics?.totalSeconds ?? lastSeen.seconds(since: started) }
}

/// Bytes of a file in which a compilation's records are, others perhaps between them.
struct TraceExtent: Hashable, Sendable {
  var start: Int
  var end: Int
}

extension [TraceExtent] {
  /// Records this close are one extent, so that a strange record between them costs nothing.
  private static var gap: Int { 4096 }

  mutating func add(_ record: TraceRecord) {
    if let last, record.offset - last.end <= Self.gap {
      self[count - 1].end = record.end
    } else {
      append(TraceExtent(start: record.offset, end: record.end))
    }
  }
}
