import Archives
import Compiler
import Foundation
import Foundations
import Graphs
import Tensors

extension Engine {
  /// Answers the query that lies in a folder and writes the answer there. It is called in a process of its own, which what is asked
  /// about may end.
  /// - Throws: `LatheError` where there is no query that can be read, or the answer cannot be written.
  package static func answerMinifyQuery(in folder: String) throws {
    let text: Data
    do {
      text = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(MinifyQuery.name)"))
    } catch { throw LatheError(.system, subject: folder, "holds no query of lathe minify") }
    let query: MinifyQuery
    do { query = try JSONDecoder().decode(MinifyQuery.self, from: text) } catch { throw LatheError.badFile(folder, "holds a query of another version of Lathe") }
    // Packaging takes the user's cache, which in this process is the folder's.
    setenv("XDG_CACHE_HOME", "\(folder)/\(MinifyQuery.cacheName)", 1)
    let answer: MinifyAnswer = try query.answer(try query.graphCase(in: folder), in: folder)
    do {
      try JSONEncoder().encode(answer).write(to: URL(fileURLWithPath: "\(folder)/\(MinifyQuery.answerName)"), options: .atomic)
    } catch { throw LatheError(.system, subject: folder, "the answer cannot be written") }
  }
}

extension MinifyQuery {
  /// The program in question, compiled.
  private enum Subject {
    case graph(GraphCase.Compiled)
    case package(PackagedModel)

    /// Its outputs, and what they are for.
    func call(_ graphCase: GraphCase) throws -> (outputs: [Tensor], roles: [Graph.OutputRole]) {
      switch self {
      case .graph(let compiled): (try compiled.run(graphCase), compiled.graph.graph.outputRoles)
      // A model of an archive writes to its inputs where the program does.
      case .package(let model): (try model.call(try MinifyFiles.users(of: graphCase).map { try $0.duplicated() }).compactMap { $0 }, graphCase.graph.outputRoles)
      }
    }
  }

  private func compiled(_ graphCase: GraphCase, in folder: String) throws -> Subject {
    let cache = try KernelCache()
    let deadline = Deadline(.now + .seconds(limit))
    guard mode == .aot else {
      let tuning: TuningCache? = mode == .autotuned ? TuningCache(cache) : nil
      return .graph(try GraphCase.Compiled(graphCase, toolchain: Toolchain(compiler: try CCompiler.find()), cache: cache, tuning: tuning, cancellation: deadline))
    }
    let program = ExportedProgram(graphCase)
    let model = OpenModel(at: "the program", program: program, summary: ModelSummary(program, path: "the program", fileBytes: 0))
    let archive: String = "\(folder)/\(MinifyQuery.archiveName)"
    _ = try Engine.package([PackageItem(name: "model", model: model)], to: archive, cancellation: deadline)
    return .package(try Engine.load(archive, trust: .own, cache: cache))
  }

  /// - Throws: where there is no compiler, which is no failure of the program's.
  fileprivate func answer(_ graphCase: GraphCase, in folder: String) throws -> MinifyAnswer {
    _ = try CCompiler.find()
    let subject: Subject
    do { subject = try compiled(graphCase, in: folder) } catch let error as LatheError {
      switch error.kind {
      case .unsupported: return MinifyAnswer(.refused, "\(error)")
      case .cancelled: return MinifyAnswer(.hangs, "compiling it takes longer than \(limit) s")
      default: return MinifyAnswer(.doesNotCompile, "\(error)")
      }
    } catch { return MinifyAnswer(.doesNotCompile, "\(error)") }
    func mark(_ name: String) { _ = FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: nil) }
    mark(MinifyQuery.runningName)
    let clock = ContinuousClock()
    let start: ContinuousClock.Instant = clock.now
    let (outputs, roles): ([Tensor], [Graph.OutputRole])
    do { (outputs, roles) = try subject.call(graphCase) } catch let error as LatheError where error.kind == .unsupported {
      return MinifyAnswer(.refused, "\(error)")
    } catch { return MinifyAnswer(.doesNotRun, "\(error)") }
    var fastest: Double = (clock.now - start).inSeconds
    switch fails {
    case .crashes: return MinifyAnswer(.holds, "it compiles and runs")
    case .slower(let seconds):
      // The first call packs weights; chance makes no call slow three times.
      for _ in 0..<2 where fastest > seconds {
        let start: ContinuousClock.Instant = clock.now
        _ = try subject.call(graphCase)
        fastest = min(fastest, (clock.now - start).inSeconds)
      }
      return MinifyAnswer(fastest > seconds ? .slow : .holds, "a call takes \(Float(fastest)) s")
    case .differs:
      mark(MinifyQuery.ranName)
      return MinifyAnswer(graphCase.check(outputs: outputs, roles: roles) { actual, expected in
        try zip(actual, expected).allSatisfy { try Tolerance.acceptsAll($0, expected: $1) }
      })
    }
  }
}

extension MinifyAnswer {
  fileprivate init(_ verdict: GraphVerdict) {
    let kind: Kind =
      switch verdict {
      case .agrees: .holds
      case .refused: .refused
      case .invalid: .invalid
      case .doesNotCompile: .doesNotCompile
      case .doesNotRun: .doesNotRun
      case .differs: .differs
      }
    self.init(kind, verdict.sentence)
  }
}

/// Cancels at a time.
private struct Deadline: Cancellation {
  private let end: ContinuousClock.Instant
  init(_ end: ContinuousClock.Instant) { self.end = end }
  var isCancelled: Bool { ContinuousClock.now >= end }
}
