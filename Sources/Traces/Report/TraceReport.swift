import Foundations

/// What a trace tells: files, processes, compilations in the order they began, and what was wrong with it.
///
/// Rows are small; what is long is read from the files when it is asked for (`TraceReport.details`).
package struct TraceReport: Sendable {
  /// Problems kept; further ones are counted alone.
  package static let problemLimit: Int = 1000

  package internal(set) var files: [TraceFile] = []
  package internal(set) var processes: [TraceProcess] = []
  package internal(set) var compiles: [TraceCompile] = []
  package internal(set) var problems: [TraceProblem] = []
  package internal(set) var problemCount: Int = 0
  package internal(set) var recordCount: Int = 0
  package internal(set) var byteCount: Int = 0
  /// How often each event occurred that this reader does not know.
  package internal(set) var unknownEvents: [String: Int] = [:]

  /// The latest compilation with an id, and processes by their file and number.
  var latest: [CompileKey: Int] = [:]
  var processNumbers: [ProcessKey: Int] = [:]

  struct CompileKey: Hashable, Sendable {
    var process: Int
    var id: TraceCompileID
  }
  struct ProcessKey: Hashable, Sendable {
    var file: Int
    var identifier: Int
  }

  package init() {}

  /// The file that a compilation's payloads are in.
  package func file(of compile: TraceCompile) -> TraceFile { files[processes[compile.process].file] }
  package func rank(of compile: TraceCompile) -> Int? { processes[compile.process].rank }

  /// A compilation's name among all: with its rank, or its process, where there are several processes.
  package func name(of compile: TraceCompile) -> String {
    guard processes.count > 1 else { return compile.name }
    let process: TraceProcess = processes[compile.process]
    return process.rank.map { "rank \($0) \(compile.name)" } ?? "process \(process.identifier) \(compile.name)"
  }

  mutating func report(_ kind: TraceProblem.Kind, path: String, offset: Int, line: Int, _ message: String, _ changes: inout [TraceChange]) {
    problemCount += 1
    guard problems.count < TraceReport.problemLimit else { return }
    changes.append(.problem(problems.count))
    problems.append(TraceProblem(kind: kind, path: path, offset: offset, line: line, message: message))
  }
}

/// Something that reading on brought; numbers are places in the report's lists.
package enum TraceChange: Hashable, Sendable {
  case file(Int)
  case process(Int)
  case started(compile: Int)
  case recompileReasons(compile: Int)
  case graphBreak(compile: Int, number: Int)
  case restarted(compile: Int, attempt: Int)
  /// Its metrics came, or, of a graph of compiled autograd, which has none, its last phase ended.
  case finished(compile: Int)
  case backwardFinished(compile: Int, number: Int)
  /// A phase began or ended, or a record came that rows do not show.
  case advanced(compile: Int)
  case problem(Int)

  /// The compilation that changed.
  package var compile: Int? {
    switch self {
    case .started(let compile), .recompileReasons(let compile), .graphBreak(let compile, _), .restarted(let compile, _), .finished(let compile),
      .backwardFinished(let compile, _), .advanced(let compile):
      compile
    case .file, .process, .problem: nil
    }
  }
}
