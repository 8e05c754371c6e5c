import Archives
import Compiler
import Foundation
import Foundations
import Glibc
import Tensors

/// Asks about candidates, each in a process of its own, so that one that crashes or never ends does not end the minifier.
final class MinifyQueries {
  private let options: MinifyOptions
  private let original: ExportedProgram
  /// Of its own, so that what is compiled of candidates does not drive other programs' kernels out of the cache.
  private let folder: String
  private let tensors: MinifyTensors
  private let cancellation: any Cancellation
  /// Digests of candidates that are known not to fail as wanted.
  private var refuted: Set<String> = []
  private(set) var count: Int = 0

  /// - Throws: `LatheError` of kind `system` when the folder cannot be written.
  init(_ options: MinifyOptions, like original: ExportedProgram, cancellation: any Cancellation) throws {
    (self.options, self.original, self.cancellation) = (options, original, cancellation)
    folder = "\(options.folder)/work"
    try? FileManager.default.removeItem(atPath: folder)
    do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
      throw LatheError(.system, subject: folder, "cannot be made as a folder")
    }
    tensors = try MinifyTensors(path: "\(folder)/\(MinifyQuery.tensorsName)")
  }
  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Whether a candidate fails in the same way.
  func fails(_ candidate: GraphCase, as wanted: MinifyAnswer.Kind) throws -> MinifyAnswer? {
    let (text, query): ([UInt8], MinifyQuery)
    // What cannot be written could not be handed to anybody.
    do { (text, query) = try prepared(candidate) } catch let error as LatheError where error.kind == .unsupported { return nil }
    var hash = SHA256()
    text.withUnsafeBytes { hash.update($0) }
    for place in query.tensors { hash.update("\(place)") }
    let digest: String = hash.hexDigest()
    if refuted.contains(digest) { return nil }
    let answer: MinifyAnswer = try ask(text, query)
    if answer.kind == wanted, isShown(by: answer) { return answer }
    refuted.insert(digest)
    return nil
  }

  /// Whether the answer is the failure that is asked for.
  func isShown(by answer: MinifyAnswer) -> Bool { options.fails.isShown(by: answer.kind) && options.checkText.map { answer.sentence.contains($0) } ?? true }

  func ask(_ candidate: GraphCase) throws -> MinifyAnswer {
    let (text, query) = try prepared(candidate)
    return try ask(text, query)
  }

  private func prepared(_ candidate: GraphCase) throws -> ([UInt8], MinifyQuery) {
    let text: [UInt8] = try ExportedProgram(candidate, like: original).text(subject: "the smaller program")
    let places: [MinifyQuery.Place] = try candidate.inputs.map { try tensors.place(of: $0) }
    return (text, MinifyQuery(fails: options.fails, mode: options.mode.rawValue, limit: options.queryLimit, tensors: places))
  }

  private func ask(_ text: [UInt8], _ query: MinifyQuery) throws -> MinifyAnswer {
    try cancellation.check()
    count += 1
    for name in [MinifyQuery.answerName, MinifyQuery.runningName, MinifyQuery.ranName] { unlink("\(folder)/\(name)") }
    do {
      try Data(text).write(to: URL(fileURLWithPath: "\(folder)/\(MinifyQuery.graphName)"))
      try JSONEncoder().encode(query).write(to: URL(fileURLWithPath: "\(folder)/\(MinifyQuery.name)"))
    } catch { throw LatheError(.system, subject: folder, "a query cannot be written; is the disk full?") }
    // The child gives up on compiling by itself, and ends the compiler; who waits longer waits for compiled code.
    let watch = Watch(outer: cancellation, end: .now + .seconds(options.queryLimit + 2), ran: "\(folder)/\(MinifyQuery.ranName)")
    var result: ChildProcess.Result?
    do {
      try ChildProcess.run([ChildProcess(arguments: [options.executable, "minify-query", folder])], width: 1, cancellation: watch) { result = $1 }
    } catch let error as LatheError where error.kind == .cancelled {
      try cancellation.check()
      if isRunning, case .slower = options.fails { return MinifyAnswer(.slow, "a call takes longer than \(options.queryLimit) s") }
      return MinifyAnswer(.hangs, "\(isRunning ? "a compiled call" : "compiling it") takes longer than \(options.queryLimit) s")
    }
    switch result!.status {
    case .killed(let signal):
      let name: String = strsignal(signal).map { String(cString: $0) } ?? "signal \(signal)"
      return isRunning
        ? MinifyAnswer(.codeDies, "the compiled code ends the process: \(name)") : MinifyAnswer(.compilerDies, "compiling it ends the process: \(name)")
    case .exited(let status):
      guard let data = FileManager.default.contents(atPath: "\(folder)/\(MinifyQuery.answerName)"),
        let answer = try? JSONDecoder().decode(MinifyAnswer.self, from: data)
      else {
        if status == 0, isRunning { return MinifyAnswer(.codeDies, "the compiled code ends the process") }
        let said: Substring = result!.output.split(separator: "\n").last ?? "it said nothing"
        throw LatheError(.system, subject: options.executable, "a query about a smaller program ended with status \(status): \(said)")
      }
      return answer
    }
  }

  private var isRunning: Bool { access("\(folder)/\(MinifyQuery.runningName)", F_OK) == 0 }

  /// Cancels where the user does, and where the compiled code does not end; eager runs take the time they need.
  private struct Watch: Cancellation {
    let outer: any Cancellation
    let end: ContinuousClock.Instant
    let ran: String
    var isCancelled: Bool { outer.isCancelled || (ContinuousClock.now >= end && access(ran, F_OK) != 0) }
  }
}
