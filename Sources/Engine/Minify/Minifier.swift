import Archives
import Compiler
import Foundation
import Foundations
import Graphs
import Operators
import Tensors

/// One program on its way to a smaller one.
final class Minifier {
  private let options: MinifyOptions
  private let file: String
  private let original: ExportedProgram
  private let events: any EventSink
  private let queries: MinifyQueries
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var report: MinifyReport?
  /// What the last candidate that failed said.
  private var lastAnswer: MinifyAnswer?
  private var isAt: String = ""

  init(_ options: MinifyOptions, file: String, like original: ExportedProgram, events: any EventSink, cancellation: any Cancellation) throws {
    (self.options, self.file, self.original, self.events) = (options, file, original, events)
    start = clock.now
    try Minifier.prepare(options.folder)
    queries = try MinifyQueries(options, like: original, cancellation: cancellation)
  }

  /// A folder of its own: a new one, an empty one, or one of an earlier run, whose checkpoints go.
  private static func prepare(_ folder: String) throws {
    let files = FileManager.default
    let names: [String] = (try? files.contentsOfDirectory(atPath: folder)) ?? []
    if !names.isEmpty, !names.contains(MinifyFiles.reportName) && !names.contains(MinifyFiles.checkpointsName) {
      throw LatheError(.badInput, subject: folder, "holds other files; name a folder that is new, empty or of an earlier run")
    }
    for name in MinifyFiles.all where names.contains(name) { try? files.removeItem(atPath: "\(folder)/\(name)") }
    do { try files.createDirectory(atPath: "\(folder)/\(MinifyFiles.checkpointsName)", withIntermediateDirectories: true) } catch {
      throw LatheError(.system, subject: folder, "cannot be made as a folder")
    }
  }

  func run(_ first: GraphCase) throws -> MinifyReport {
    let before: MinifyReport.Size = Minifier.size(first)
    show("the program as it is, \(before.nodes) nodes")
    let answer: MinifyAnswer = try queries.ask(first)
    guard queries.isShown(by: answer) else { throw LatheError.badInput("the program does not fail as asked (\(options.fails.text)): \(answer.sentence)") }
    (report, lastAnswer) = (MinifyFiles(options.folder).report(file, options, before, answer), answer)
    events.report(.notice("started off with \(before.nodes) nodes: \(answer.sentence)"))
    let smallest: GraphCase
    do {
      smallest = try GraphShrinker.shrink(
        first, limit: options.maximumQueries, maximumGranularity: options.maximumGranularity, report: { try self.take($0) },
        stillFails: { try self.fails($0, as: answer.kind) })
    } catch let error as LatheError where error.kind == .cancelled {
      guard let last = report?.steps.last else { throw error }
      throw LatheError(.cancelled, "cancelled; the smallest program so far, of \(last.size.nodes) nodes, is \(last.checkpoint)")
    }
    return try finish(smallest)
  }

  private func fails(_ candidate: GraphCase, as wanted: MinifyAnswer.Kind) throws -> Bool {
    guard let answer = try queries.fails(candidate, as: wanted) else { return false }
    lastAnswer = answer
    return true
  }

  private func take(_ step: GraphShrinker.Step) throws {
    switch step {
    case .strategy(let name, let granularity): show("\(name) (G: \(granularity))")
    case .accepted(let graphCase, let strategy, let granularity):
      let size: MinifyReport.Size = Minifier.size(graphCase)
      let path: String = "\(options.folder)/\(MinifyFiles.checkpointsName)/\(size.nodes).pt2"
      try write(graphCase, to: path)
      let known: Int = report!.steps.last?.size.nodes ?? report!.before.nodes
      if size.nodes < known { events.report(.notice("went from \(known) to \(size.nodes) nodes (\(strategy), granularity \(granularity), \(queries.count) queries)")) }
      report!.after = size
      report!.steps.append(
        MinifyReport.Step(strategy: strategy, granularity: granularity, size: size, queries: queries.count, seconds: (clock.now - start).inSeconds, checkpoint: path))
    }
    show()
  }

  private func show(_ what: String? = nil) {
    if let what { isAt = what }
    let nodes: String = report.map { "\($0.after.nodes) of \($0.before.nodes) nodes, " } ?? ""
    events.report(.progress(job: 0, done: queries.count, of: 0, what: "\(nodes)\(queries.count) queries: \(isAt)"))
  }

  /// The program and its inputs as `lathe run` and `lathe verify` take them.
  private func write(_ graphCase: GraphCase, to path: String) throws {
    try ExportedProgram(graphCase, like: original).write(to: path, layout: .legacy)
    try SafeTensors.write(MinifyFiles.users(of: graphCase).enumerated().map { ("\($0.offset)", $0.element) }, path: MinifyFiles.inputs(beside: path))
  }

  private func finish(_ smallest: GraphCase) throws -> MinifyReport {
    var report: MinifyReport = report!
    try write(smallest, to: report.program)
    let expected: [Tensor] = try smallest.run(EagerRunner()).outputs
    try SafeTensors.write(expected.enumerated().map { ("\($0.offset)", $0.element) }, path: report.expected)
    report.after = Minifier.size(smallest)
    report.failure = lastAnswer!
    show("the smallest, from its file")
    let model: OpenModel = try Engine.open(report.program)
    let inputs: [Tensor] = try Engine.tensors(.file(report.inputs), for: model.program)
    let again = try GraphCase(model.session.program, inputs: try model.session.inputs.bind(inputs))
    report.isConfirmed = try queries.ask(again).kind == report.failure.kind
    (report.queries, report.isCutShort) = (queries.count, queries.count > options.maximumQueries)
    report.seconds = (clock.now - start).inSeconds
    try MinifyFiles(options.folder).write(report, smallest)
    if !report.isConfirmed { events.report(.notice("the smallest program does not fail when it is read from its file, only with its tensors as they lay in memory")) }
    return report
  }

  private static func size(_ graphCase: GraphCase) -> MinifyReport.Size {
    MinifyReport.Size(nodes: graphCase.graph.nodes.count, calls: graphCase.callCount, inputs: graphCase.inputs.count)
  }
}
