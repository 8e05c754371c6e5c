import Foundations
import Synchronization
import Traces

/// Writes what a session compiles as PyTorch's structured trace, which tlparse and `lathe trace` read.
package final class TraceSink: Sendable {
  private struct Open: Sendable {
    var start: CompileStart
    var startSeconds: Double
    var restarts: [String] = []
    /// Seconds of finished phases, by name.
    var phases: [String: Double] = [:]
    var entryCount: Int
  }
  private let writer: TraceWriter
  /// What the stream's time 0 is, in seconds since 1970.
  private let epoch: Double
  private let open = Mutex<[String: Open]>([:])
  private let finishedCount = Mutex<Int>(0)

  /// - Parameters:
  ///   - folder: made where it is missing; the file in it at the first compilation.
  ///   - stream: whose times the records bear.
  ///   - told: called once, where the trace cannot be written.
  package init(folder: String, stream: EventStream, told: @escaping @Sendable (LatheError) -> Void) {
    writer = TraceWriter(folder: folder, told: told)
    epoch = TraceWriter.now() - Double(stream.now) * 1e-9
  }

  /// The file; nil before its first record.
  package var path: String? { writer.path }
  package var failure: LatheError? { writer.failure }

  /// Takes in an event of the stream.
  package func take(_ timed: TimedEvent) {
    guard case .compile(let event) = timed.event else { return }
    let seconds: Double = epoch + Double(timed.nanoseconds) * 1e-9
    switch event {
    case .started(let id, let start): begin(id, start, seconds)
    case .phaseBegan(let id, let name): writer.phase(.begin, name, seconds: seconds, of: TraceSink.attempt(id))
    case .phaseEnded(let id, let name, let duration):
      writer.phase(.end, name, seconds: seconds, of: TraceSink.attempt(id))
      open.withLock { $0[TraceSink.key(id)]?.phases[name, default: 0] += duration / .seconds(1) }
    case .restarted(let id, let reason):
      open.withLock { $0[TraceSink.key(id)]?.restarts.append(reason) }
    case .made(let id, let text): write(text, of: TraceSink.attempt(id), seconds)
    case .finished(let id, let result): end(id, result, seconds)
    case .missed, .ranEagerly, .limitReached, .stanceChanged, .reset: break
    }
  }

  private static func attempt(_ id: CompileID) -> TraceWriter.Attempt {
    TraceWriter.Attempt(TraceCompileID(frame: id.frame, compile: id.compile), attempt: id.restart)
  }
  private static func key(_ id: CompileID) -> String { "\(id.frame)/\(id.compile)" }

  private func begin(_ id: CompileID, _ start: CompileStart, _ seconds: Double) {
    let attempt: TraceWriter.Attempt = TraceSink.attempt(id)
    let origin = TraceWriter.Origin(seconds: seconds)
    let count: Int = finishedCount.withLock { $0 }
    open.withLock { $0[TraceSink.key(id)] = Open(start: start, startSeconds: seconds, entryCount: count) }
    if case .recompilation(let misses) = start.trigger {
      writer.recompileReasons(
        misses.compactMap { miss in miss.failures.first.map { "\(miss.entry): \($0.text)\(TraceSink.comment($0))" } }, of: attempt, at: origin)
    }
    writer.phase(.begin, "dynamo", seconds: seconds, of: attempt)
    writer.phase(.begin, "entire_frame_compile", seconds: seconds, of: attempt)
    writer.start(stack: [SourceFrame(file: start.file, line: start.line, function: start.function, text: "")], of: attempt, at: origin)
    for (number, input) in start.inputs.enumerated() {
      guard let dtype = input.dtype else { continue }
      let bytes: Int = zip(input.sizes, input.strides).reduce(1) { $0 + max($1.0 - 1, 0) * $1.1 } * dtype.size
      writer.storage(number, describer: id.compile, bytes: bytes, of: attempt, at: origin)
      writer.tensor(
        number, describer: id.compile, dtype: "torch.\(dtype.torchName)", sizes: input.sizes.map { .number($0) }, strides: input.strides.map { .number($0) },
        storage: number, source: input.source, of: attempt, at: origin)
    }
  }

  /// The user's line behind a guard, as PyTorch shows it.
  private static func comment(_ miss: GuardMiss) -> String {
    miss.neededBy.map { "  # \($0.text)  # \($0.file):\($0.line) in \($0.function)" } ?? ""
  }

  private func write(_ text: CompileText, of attempt: TraceWriter.Attempt, _ seconds: Double) {
    let origin = TraceWriter.Origin(seconds: seconds)
    switch text.kind {
    case .guards: writer.guards(text.text(), of: attempt, at: origin)
    case .capturedGraph:
      let inputs: [CompileInput] = open.withLock { $0[TraceSink.key(attempt)]?.start.inputs ?? [] }
      let sizes: [(node: String, sizes: [TraceWriter.Size])] = inputs.filter { $0.dtype != nil }.map { input in
        (input.name, input.symbolicSizes.map { size in Int(size).map { .number($0) } ?? .symbol(size) })
      }
      writer.capturedGraph(text.text(), sizes: sizes, of: attempt, at: origin)
    case .passGraph:
      if text.name == "decompose" {
        writer.inferenceGraph(text.text(), of: attempt, at: origin)
      } else {
        writer.artifact("after_\(text.name.replacing(" ", with: "_"))", encoding: "string", .text(text.text()), of: attempt, at: origin)
      }
    case .finalGraph: writer.loweredGraph(text.text(), of: attempt, at: origin)
    case .code: writer.code(text.text(), file: text.name, of: attempt, at: origin)
    }
  }
  private static func key(_ attempt: TraceWriter.Attempt) -> String { attempt.id.description }

  private func end(_ id: CompileID, _ result: CompileResult, _ seconds: Double) {
    let attempt: TraceWriter.Attempt = TraceSink.attempt(id)
    guard let open = open.withLock({ $0.removeValue(forKey: TraceSink.key(id)) }) else { return }
    if result.failure == nil { finishedCount.withLock { $0 += 1 } }
    if !result.symbols.isEmpty {
      // Not as `create_symbol`, which tlparse does not know.
      let lines: [String] = result.symbols.map { "\($0) = \($0.value)\($0.source.map { " from \($0)" } ?? "")" }
      writer.artifact("symbols", encoding: "string", .text(lines.joined(separator: "\n")), of: attempt, at: TraceWriter.Origin(seconds: seconds))
    }
    writer.phase(.end, "entire_frame_compile", seconds: seconds, of: attempt)
    var metrics = TraceMetrics()
    (metrics.function, metrics.file, metrics.firstLine) = (open.start.function, open.start.file, open.start.line)
    (metrics.cacheSize, metrics.accumulatedCacheSize) = (open.entryCount, open.entryCount)
    (metrics.guardCount, metrics.shapeGuardCount) = (result.guardCount, result.shapeGuardCount)
    (metrics.nodeCount, metrics.inputCount) = (result.nodeCount, open.start.inputs.count)
    metrics.startSeconds = open.startSeconds
    let total: Double = result.duration / .seconds(1)
    (metrics.seconds, metrics.frameSeconds) = (total, total)
    metrics.backendSeconds = open.phases.values.reduce(0, +)
    metrics.codeSeconds = open.phases["render"]
    metrics.inductorSeconds = open.phases["compile"]
    metrics.restartReasons = open.restarts
    metrics.hasCode = result.failure == nil
    metrics.breakCount = 0
    if let failure = result.failure {
      (metrics.failType, metrics.failReason) = (failure.kind.rawValue, failure.description)
      (metrics.failFile, metrics.failLine) = (open.start.file, open.start.line)
    }
    writer.metrics(metrics, more: [.init(key: "backend", value: .string(open.start.backend))], of: attempt, at: TraceWriter.Origin(seconds: seconds))
    writer.phase(.end, "dynamo", seconds: seconds, of: attempt)
  }
}
