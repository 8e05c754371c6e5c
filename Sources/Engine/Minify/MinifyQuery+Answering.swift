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
    let answer: MinifyAnswer = try query.answer(try query.graphCase(in: folder), in: folder)
    do {
      try JSONEncoder().encode(answer).write(to: URL(fileURLWithPath: "\(folder)/\(MinifyQuery.answerName)"), options: .atomic)
    } catch { throw LatheError(.system, subject: folder, "the answer cannot be written") }
  }
}

extension MinifyQuery {
  fileprivate func answer(_ graphCase: GraphCase, in folder: String) throws -> MinifyAnswer {
    let compiler = Toolchain(compiler: try CCompiler.find())
    let cache = KernelCache(folder: "\(folder)/\(MinifyQuery.cacheName)", temporaryFolder: folder)
    let clock = ContinuousClock()
    let compiled: GraphCase.Compiled
    do {
      compiled = try GraphCase.Compiled(
        graphCase, toolchain: compiler, cache: cache, tuning: mode == ExecutionMode.autotuned.rawValue ? TuningCache(cache) : nil,
        cancellation: Deadline(clock.now + .seconds(limit)))
    } catch let error as LatheError where error.kind == .unsupported { return MinifyAnswer(.refused, "\(error)") } catch let error as LatheError
      where error.kind == .cancelled
    { return MinifyAnswer(.hangs, "compiling it takes longer than \(limit) s") } catch { return MinifyAnswer(.doesNotCompile, "\(error)") }
    func mark(_ name: String) { _ = FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: nil) }
    mark(MinifyQuery.runningName)
    let outputs: [Tensor]
    let start: ContinuousClock.Instant = clock.now
    do { outputs = try compiled.run(graphCase) } catch let error as LatheError where error.kind == .unsupported {
      return MinifyAnswer(.refused, "\(error)")
    } catch { return MinifyAnswer(.doesNotRun, "\(error)") }
    var fastest: Double = (clock.now - start).inSeconds
    switch fails {
    case .crashes: return MinifyAnswer(.holds, "it compiles and runs")
    case .slower(let seconds):
      // The first call packs weights; nobody else may be slow three times.
      for _ in 0..<2 where fastest > seconds {
        let start: ContinuousClock.Instant = clock.now
        _ = try compiled.run(graphCase)
        fastest = min(fastest, (clock.now - start).inSeconds)
      }
      return MinifyAnswer(fastest > seconds ? .slow : .holds, "a call takes \(Float(fastest)) s")
    case .differs:
      mark(MinifyQuery.ranName)
      return MinifyAnswer(graphCase.check(compiled, outputs: outputs) { actual, expected in
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
