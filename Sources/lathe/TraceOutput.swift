import Foundations
import Traces

/// A trace as JSON.
struct TraceOutput: Encodable {
  struct File: Encodable {
    var path: String
  }
  struct Process: Encodable {
    var file: String
    var process: Int
    var rank: Int?
    var torchVersion: String?
    var records: Int
  }
  struct Reason: Encodable {
    var entry: String?
    var text: String
  }
  struct Frame: Encodable {
    var file: String
    var line: Int
    var function: String
    var text: String
    init(_ frame: SourceFrame) { (file, line, function, text) = (frame.file, frame.line, frame.function, frame.text) }
  }
  struct Break: Encodable {
    var attempt: Int
    var reason: String
    var place: Frame?
    init(_ graphBreak: TraceGraphBreak) { (attempt, reason, place) = (graphBreak.attempt, graphBreak.reason, graphBreak.place.map(Frame.init)) }
  }
  struct Problem: Encodable {
    var kind: String
    var file: String
    var offset: Int
    var line: Int
    var message: String
    init(_ problem: TraceProblem) {
      (kind, file, offset, line, message) = (problem.kind.rawValue, problem.path, problem.offset, problem.line, problem.message)
    }
  }
  struct Failure: Encodable {
    var type: String
    var reason: String
    var file: String?
    var line: Int?
  }
  struct Phase: Encodable {
    var name: String
    var attempt: Int
    /// Microseconds since 1970.
    var start: Double
    /// Nil where it has no end.
    var seconds: Double?
    var parts: [Phase]
    init(_ phase: TracePhase) {
      (name, attempt, start, seconds, parts) = (phase.name, phase.attempt, phase.start, phase.seconds, phase.parts.map(Phase.init))
    }
  }
  struct Text: Encodable {
    var name: String
    var kind: String
    var attempt: Int
    var file: String?
    var text: String
  }
  struct Symbol: Encodable {
    var name: String
    var value: String?
    var range: String?
    var source: String?
    var attempt: Int
    var userStack: [Frame]
  }
  struct Compile: Encodable {
    var id: String
    var generation: Int
    var process: Int
    var rank: Int?
    var function: String?
    var file: String?
    var line: Int?
    var trigger: String
    var reasons: [Reason]
    var status: String
    var failure: Failure?
    /// Local time of its first and of its last record.
    var started: String
    var lastSeen: String
    var seconds: Double
    var attempts: Int
    var restartReasons: [String]
    var breaks: [Break]
    var backwards: Int
    // What is read from the file on demand.
    var phases: [Phase]?
    var stack: [Frame]?
    var symbols: [Symbol]?
    var texts: [Text]?
    var metrics: [JSONValue]?

    init(_ compile: TraceCompile, _ report: TraceReport) {
      let process: TraceProcess = report.processes[compile.process]
      (id, generation, self.process, rank) = (compile.id.description, compile.generation, process.identifier, process.rank)
      (function, file, line) = (compile.function, compile.metrics?.file ?? compile.place?.file, compile.metrics?.firstLine ?? compile.place?.line)
      reasons = compile.reasons.map { Reason(entry: $0.entry, text: $0.text) }
      switch compile.trigger {
      case .firstCall: trigger = "first call"
      case .afterGraphBreak: trigger = "graph break"
      case .recompile: trigger = "recompile"
      }
      switch compile.status {
      case .running: status = "running"
      case .ended: status = "ended"
      case .succeeded: status = "succeeded"
      case .skipped: status = "skipped"
      case .failed(let failure):
        status = "failed"
        self.failure = Failure(type: failure.type, reason: failure.reason, file: failure.file, line: failure.line)
      }
      (started, lastSeen, seconds) = (compile.started.description, compile.lastSeen.description, compile.seconds)
      (attempts, restartReasons, breaks) = (compile.attempts, compile.restartReasons, compile.breaks.map(Break.init))
      backwards = compile.backwards.count
    }
  }

  var files: [File]
  var processes: [Process]
  var compiles: [Compile]
  var problems: [Problem]
  var problemCount: Int
  var unknownEvents: [String: Int]

  /// - Parameter withTexts: whether graphs, guards, code and all metrics are there too, besides phases.
  init(_ report: TraceReport, compiles: [TraceCompile], withTexts: Bool = false) throws {
    files = report.files.map { File(path: $0.path) }
    processes = report.processes.map {
      Process(file: report.files[$0.file].path, process: $0.identifier, rank: $0.rank, torchVersion: $0.torchVersion, records: $0.recordCount)
    }
    self.compiles = try compiles.map { compile in
      var output = Compile(compile, report)
      let (details, file): (TraceDetails, TraceFile) = (try report.details(of: compile), report.file(of: compile))
      output.phases = details.phases.map(Phase.init)
      guard withTexts else { return output }
      output.stack = details.stack.map(Frame.init)
      output.symbols = details.symbols.map {
        Symbol(name: $0.name, value: $0.value, range: $0.range, source: $0.source, attempt: $0.attempt, userStack: $0.userStack.map(Frame.init))
      }
      output.texts = try details.artifacts.map {
        Text(name: $0.name, kind: $0.kind.rawValue, attempt: $0.attempt, file: $0.file, text: try file.text(of: $0.payload))
      }
      output.metrics = details.metrics
      return output
    }
    problems = report.problems.map(Problem.init)
    (problemCount, unknownEvents) = (report.problemCount, report.unknownEvents)
  }
}

extension JSONValue: Encodable {
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .object(let members):
      var container = encoder.container(keyedBy: Key.self)
      for member in members { try container.encode(member.value, forKey: Key(stringValue: member.key)) }
    case .array(let items):
      var container = encoder.unkeyedContainer()
      for item in items { try container.encode(item) }
    default:
      var container = encoder.singleValueContainer()
      switch self {
      case .bool(let value): try container.encode(value)
      case .int(let value): try container.encode(value)
      case .double(let value): try container.encode(value)
      case .string(let value): try container.encode(value)
      default: try container.encodeNil()
      }
    }
  }

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
