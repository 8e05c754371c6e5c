import Capture
import Foundations

/// A compilation as JSON and text show it.
package struct CompileSummary: Sendable, Encodable {
  package struct Place: Sendable, Encodable, Hashable {
    package var file: String
    package var line: Int
    package var function: String
    package var text: String
  }
  package struct Failure: Sendable, Encodable {
    package var source: String
    package var expected: String
    package var actual: String
    package var text: String
    package var neededBy: Place?
    package var fixes: [String]
  }
  package struct Miss: Sendable, Encodable {
    package var entry: String
    package var failures: [Failure]
    package var heldCount: Int
  }
  package struct Input: Sendable, Encodable {
    package var name: String
    package var source: String
    package var dtype: String?
    package var sizes: [Int]
    package var symbolicSizes: [String]
  }
  package struct Phase: Sendable, Encodable {
    package var name: String
    package var seconds: Double
    package var depth: Int
  }
  package struct GuardLine: Sendable, Encodable {
    package var text: String
    package var neededBy: Place?
  }
  package var id: String
  /// Seconds since the session began.
  package var startedAt: Double
  package var trigger: String
  package var reasons: [Miss]
  package var backend: String
  package var function: String
  package var file: String
  package var line: Int
  package var inputs: [Input]
  package var restarts: [String]
  package var phases: [Phase]
  package var seconds: Double?
  package var kernels: Int?
  package var nodes: Int?
  package var symbols: [String]
  package var guards: [GuardLine]
  package var error: String?

  /// - Parameter entry: the cached entry that it made, where it is still there.
  package init(_ record: CompileRecord, entry: CacheEntry? = nil) {
    id = record.id.description
    startedAt = Double(record.startedAt) * 1e-9
    (backend, function, file, line) = (record.start.backend, record.start.function, record.start.file, record.start.line)
    switch record.start.trigger {
    case .firstCall:
      trigger = "first call"
      reasons = []
    case .recompilation(let misses):
      trigger = misses.first?.failures.first.map { "guard failed: \($0.text)" } ?? "no entry fits"
      reasons = misses.map(Miss.init)
    case .graphBreak(let reason):
      trigger = "graph break: \(reason)"
      reasons = []
    }
    inputs = record.start.inputs.map {
      Input(name: $0.name, source: $0.source, dtype: $0.dtype?.torchName, sizes: $0.sizes, symbolicSizes: $0.symbolicSizes)
    }
    restarts = record.restarts
    phases = record.phases.map { Phase(name: $0.name, seconds: $0.seconds, depth: $0.depth) }
    seconds = record.result.map(\.duration.inSeconds)
    (kernels, nodes) = (record.result?.kernelCount, record.result?.nodeCount)
    symbols = record.result?.symbols.map(\.description) ?? []
    guards = entry?.guards.lines.map { GuardLine(text: $0.text, neededBy: $0.neededBy.map(Place.init)) } ?? []
    error = record.result?.failure?.description
  }
}

extension CompileSummary.Place {
  package init(_ frame: SourceFrame) { (file, line, function, text) = (frame.file, frame.line, frame.function, frame.text) }
}

extension CompileSummary.Miss {
  package init(_ miss: EntryMiss) {
    entry = miss.entry.description
    heldCount = miss.heldCount
    failures = miss.failures.map { failure in
      CompileSummary.Failure(
        source: failure.source, expected: failure.expected, actual: failure.actual, text: failure.text,
        neededBy: failure.neededBy.map(CompileSummary.Place.init), fixes: failure.remedies.map(\.description))
    }
  }
}
