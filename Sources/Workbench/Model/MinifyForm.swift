import Engine
import Foundations

// Making a program that fails smaller: the form, what offers it, and what became of it.
extension Model {
  mutating func openMinifyForm(_ document: Document, fails: MinifyFailure = .crashes) {
    let path: String = document.opened.path
    var form = Form(
      .minify(document.id), title: "Minify \(document.name)", action: "Minify",
      fields: [
        .init("it", choice: ["differs", "crashes or does not compile", "is slow"], chosen: fails == .differs ? 0 : 1), .init("seconds", text: "1"),
        .init("mode", choice: MinifyMode.allCases.map(\.rawValue), chosen: MinifyMode.allCases.firstIndex(of: .aot)!), .init("queries", text: "1000"),
        .init("folder", text: (path.hasSuffix(".pt2") ? String(path.dropLast(4)) : path) + ".minified"),
      ])
    check(&form)
    layer = .form(form)
  }

  func minifyRequest(_ form: Form, _ id: Int) throws(LatheError) -> (model: OpenModel, options: MinifyOptions, meaning: [String]) {
    guard let opened = documents.first(where: { $0.id == id })?.opened else { throw .badInput("the program was closed") }
    let fails: MinifyFailure
    switch form.fields[0].option {
    case 0: fails = .differs
    case 1: fails = .crashes
    default:
      guard let seconds = Double(form["seconds"]), seconds.isFinite, seconds > 0 else { throw .badInput("seconds is how long a call takes at least, such as 0.5") }
      fails = .slower(seconds: seconds)
    }
    guard let queries = Int(form["queries"]), queries > 0 else { throw .badInput("queries is how many smaller programs are tried at most") }
    if form["folder"].isEmpty { throw .badInput("folder is where the smallest program, its inputs and the scripts are written") }
    var options = MinifyOptions(fails: fails, folder: PathCompletion.expanded(form["folder"]))
    options.mode = MinifyMode(rawValue: form["mode"]) ?? .aot
    options.maximumQueries = queries
    return (opened, options, ["shrinks it to the fewest nodes that still fail, each candidate in a process of its own", "writes a program, its inputs and scripts for Lathe and for PyTorch"])
  }

  /// Says what failed and offers to make the program smaller.
  mutating func offerMinifying(_ programs: [OpenModel], fails: MinifyFailure, title: String, lines: [ArchiveLines.Line]) {
    guard layer == nil else { return }
    guard let document = documents.first(where: { document in programs.contains { $0.path == document.opened.path } })?.id else {
      layer = .sheet(Sheet(.read, title: title, lines: lines))
      return
    }
    layer = .sheet(Sheet(.minify(document: document, fails), title: title, lines: lines, answer: "goes on to make it smaller"))
  }

  /// A package that could not be made.
  mutating func offerMinifying(_ job: RunningJob, _ error: LatheError) {
    guard error.kind != .badInput else { return }
    let programs: [OpenModel]
    switch job.work {
    case .write(let request):
      guard case .package(let items, _, _) = request.content else { return }
      programs = items.map(\.model)
    case .tryPackage(let items): programs = items.map(\.model)
    default: return
    }
    let blamed: [OpenModel] = programs.filter { $0.path == error.subject }
    offerMinifying(blamed.isEmpty ? programs : blamed, fails: .crashes, title: "Not packaged", lines: [.init("why", "✗ \(error.description)", .error)])
  }

  mutating func finishMinifying(_ job: RunningJob, _ report: MinifyReport) {
    tell(.info, "\(job.title): \(report.before.nodes) to \(report.after.nodes) nodes in \(report.queries) queries")
    let lines: [ArchiveLines.Line] = [
      .init("fails", report.failure.sentence, .error),
      .init("nodes", "\(report.before.nodes) → \(report.after.nodes), operators \(report.before.calls) → \(report.after.calls), inputs \(report.before.inputs) → \(report.after.inputs)"),
      .init("queries", "\(report.queries) in \(Format.seconds(report.seconds))\(report.isCutShort ? ", as many as were allowed" : "")"),
      .init("program", report.program + (report.isConfirmed ? "" : "  (does not fail when read from its file)"), .name), .init("reproduce", report.script, .source),
      .init("in PyTorch", report.torchScript, .source),
    ]
    for line in lines { record(.info, "\(line.label)  \(line.text)") }
    if layer == nil { layer = .sheet(Sheet(.read, title: "Made smaller", lines: lines)) }
  }
}
