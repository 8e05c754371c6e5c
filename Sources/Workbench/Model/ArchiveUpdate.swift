import Archives
import Engine
import Foundations

// The Archive screen: what is chosen, what is asked before files are written and native code is run, and what became of it.
extension Model {
  /// The document of the chosen program; nil where a model of an archive is chosen.
  var chosenProgram: Document? {
    guard case .program(let id)? = shelf.chosen else { return nil }
    return documents.first { $0.id == id }
  }
  /// What the panel of the last run shows: of the chosen model of an archive on its screen, else of the active document.
  package var shownRun: RunReport? {
    if screen == .archive, let (archive, _) = shelf.current { return archive.lastRun }
    return document?.lastRun
  }

  mutating func settleArchive(_ layout: ScreenLayout) {
    guard screen == .archive else { return }
    shelf.follow(documents, active: active, width: layout.archiveFacts.isEmpty ? size.width : layout.archiveFacts.width)
    shelf.list.settle(count: shelf.rows.count, height: layout.archiveTable.height - 2)
    if !layout.archiveFacts.isEmpty { shelf.facts.settle(count: shelf.lines.count, height: layout.archiveFacts.height - 1) }
    shelf.source.settle(count: shelf.sourceLines.count, height: layout.archiveSource.height - 1)
  }

  /// Reads the source that is looked at and was not read yet.
  mutating func readArchive() -> [Effect] {
    guard screen == .archive, !ScreenLayout(self).archiveSource.isEmpty, let source = shelf.currentSource, shelf.sources[source] == nil, shelf.reading.insert(source).inserted,
      let archive = shelf.archive(source.archive)
    else { return [] }
    return [job("read \(source.member)", .archiveSource(source, path: archive.summary.path), isVisible: false)]
  }

  // MARK: Moving

  mutating func moveInArchive(by count: Int) {
    switch shelf.pane {
    case .table: shelf.select(shelf.list.index + count)
    case .facts: shelf.facts.index = max(0, min(shelf.facts.index + count, shelf.lines.count - 1))
    case .source: shelf.source.index = max(0, min(shelf.source.index + count, shelf.sourceLines.count - 1))
    }
  }

  /// From the table to the inspector, from a source's line to its text, from a program to its graph.
  mutating func enterArchive() -> [Effect] {
    switch shelf.pane {
    case .table: shelf.focus(.facts)
    case .facts:
      if shelf.lines.indices.contains(shelf.facts.index), let source = shelf.lines[shelf.facts.index].source {
        shelf.choose(source: source)
      } else if let chosenProgram, let index = documents.firstIndex(where: { $0.id == chosenProgram.id }) {
        (active, screen) = (index, .graph)
      }
    case .source: break
    }
    return []
  }

  mutating func chooseArchiveSource() -> [Effect] {
    guard let (_, model) = shelf.current else { return [] }
    let items = model.sources.enumerated().map { Picker.Item(id: "\($0)", title: PathText.name($1.name), keys: Format.bytes($1.bytes), obstacle: nil) }
    var picker = Picker(purpose: .archiveSource, title: "Sources of \(model.name)", items: items)
    picker.list.index = shelf.sourceNumber
    layer = .picker(picker)
    return []
  }

  mutating func copyArchive() -> [Effect] {
    let lines: [String] = shelf.pane == .source ? shelf.sourceLines.map { String($0) } : shelf.lines.map { "\($0.label)\t\($0.text)" }
    tell(.info, "copied \(lines.count) lines")
    return [.copy(lines.joined(separator: "\n"))]
  }

  // MARK: Writing

  /// Finds out by a job what the form that is open would come to; one at a time.
  mutating func foresee() -> [Effect] {
    guard case .form(let form) = layer, form.problem == nil, !jobs.contains(where: { $0.work.isOutlook }), let request = writeRequest(form) else { return [] }
    return [job("look at \(request.path)", .foresee(request, form: form.content, asks: false), isVisible: false)]
  }

  private func writeRequest(_ form: Form) -> WriteRequest? {
    switch form.purpose {
    case .export(let document): try? exportRequest(form, document).request
    case .package(let documents): try? packageRequest(form, documents).request
    default: nil
    }
  }

  /// Looks at the place and at what writing comes to; then asks, or begins. The form stays until that is known.
  mutating func ask(_ request: WriteRequest, _ form: Form) -> [Effect] {
    layer = .form(form)
    return [job("look at \(request.path)", .foresee(request, form: form.content, asks: true), isVisible: false)]
  }

  mutating func finishOutlook(_ job: RunningJob, _ outlook: WriteOutlook) -> [Effect] {
    guard case .foresee(let request, let content, let asks) = job.work, case .form(var form) = layer else { return [] }
    if form.content != content { return foresee() }
    let problem: LatheError? = outlook.problem ?? request.obstacle(at: outlook.place)
    guard asks, problem == nil else {
      form.problem = problem?.description ?? form.problem
      form.outlook = lines(request, outlook)
      layer = .form(form)
      return []
    }
    let replaces: Bool = outlook.place.exists
    let isExport: Bool = if case .export = request.content { true } else { false }
    guard isExport || replaces else {
      layer = nil
      return begin(request)
    }
    var sheet: [ArchiveLines.Line] = [.init("output", "\(request.path), about \(Format.bytes(request.bytes))\(outlook.place.freeBytes.map { " of \(Format.bytes($0)) free" } ?? "")")]
    if replaces { sheet.append(.init("", "! the file that is there is replaced", .warning)) }
    sheet += outlook.report?.sheetLines ?? []
    let title: String = replaces ? "Replace \(PathText.name(request.path))?" : "Write \(PathText.name(request.path))?"
    layer = .sheet(Sheet(.write(request), title: title, lines: sheet, answer: replaces ? "replaces it" : "writes it"))
    return []
  }

  private func lines(_ request: WriteRequest, _ outlook: WriteOutlook) -> [String] {
    let free: String = outlook.place.freeBytes.map { " of \(Format.bytes($0)) free" } ?? ""
    let file: String = "about \(Format.bytes(request.bytes))\(free)\(outlook.place.exists ? "; a file is there and would be replaced" : "")"
    return [file] + (outlook.report?.sheetLines.map { "\($0.label.isEmpty ? "  " : $0.label + "  ")\($0.text)" } ?? [])
  }

  mutating func begin(_ request: WriteRequest) -> [Effect] { [job(request.title, .write(request))] }

  mutating func finishExport(_ job: RunningJob, _ report: ExportReport) {
    for line in report.sheetLines { record(.info, "\(line.label)  \(line.text)") }
    tell(.info, "wrote \(report.path), \(Format.bytes(report.bytes)); o opens it")
  }

  mutating func finishPackage(_ report: PackageReport, _ summary: ArchiveSummary, _ comparisons: [PackageComparison]) -> [Effect] {
    for model in report.models {
      record(.info, "model \(model.name): \(model.kernels) kernels, code \(Format.bytes(model.codeBytes)), constants \(Format.bytes(model.constantBytes)), SHA-256 \(model.code)")
      for condition in model.conditions { record(.info, "model \(model.name) counts on \(condition); calls with other sizes are refused") }
    }
    let failed: [PackageComparison] = comparisons.filter { !$0.hasPassed }
    shelf.add(summary)
    saved.remember(absolute(summary.path))
    (screen, notice) = (.archive, nil)
    let verified: String = comparisons.isEmpty ? "" : failed.isEmpty ? ", agrees with eager execution" : ""
    tell(.info, "wrote \(report.path), \(Format.bytes(report.bytes)), in \(Format.seconds(report.seconds))\(verified)")
    return saveState()
  }

  /// A package that did not agree with eager execution was not written.
  mutating func show(_ comparisons: [PackageComparison], of job: RunningJob) {
    let failed: Int = comparisons.count { !$0.hasPassed }
    let isPackage: Bool = if case .write = job.work { true } else { false }
    let sentence: String =
      failed == 0 ? "agrees with eager execution" : "differs from eager execution\(isPackage ? ", so nothing was written" : "")"
    tell(failed == 0 ? .info : .error, "\(job.title): \(sentence)")
    let lines: [ArchiveLines.Line] = comparisons.flatMap(\.sheetLines)
    for line in lines { record(failed == 0 ? .info : .warning, "\(line.label)  \(line.text)") }
    guard failed > 0 else {
      if layer == nil { layer = .sheet(Sheet(.read, title: "Verified", lines: lines)) }
      return
    }
    offerMinifying(zip(job.work.comparedPrograms, comparisons).filter { !$0.1.hasPassed }.map(\.0), fails: .differs, title: "Not verified", lines: lines)
  }

  // MARK: Opening

  mutating func add(_ summary: ArchiveSummary) -> [Effect] {
    shelf.add(summary)
    screen = .archive
    saved.remember(absolute(summary.path))
    setSummary(summary)
    let count: Int = summary.models.count
    tell(.info, "opened \(PathText.name(summary.path)): \(count) compiled model\(count == 1 ? "" : "s"); nothing of it was run")
    return saveState()
  }

  /// Of an archive in the list of files.
  mutating func setSummary(_ summary: ArchiveSummary) {
    if let index = entries.firstIndex(where: { absolute($0.file.path) == absolute(summary.path) }) {
      entries[index].archive = summary
      entries[index].problem = nil
    } else {
      let file = ModelFile(path: summary.path, name: PathText.name(summary.path), bytes: summary.bytes, kind: FileKind.compiledPackage.rawValue)
      entries.append(ModelEntry(file: file, archive: summary))
    }
  }

  mutating func closeArchive() {
    guard let (archive, _) = shelf.current else { return }
    shelf.close(archive.id)
    tell(.info, "closed \(archive.name)")
  }

  // MARK: Running native code

  /// Calls a model whose code is trusted; of other code it asks first, once for each content.
  mutating func ask(_ call: ArchiveCall) -> [Effect] {
    guard let archive = shelf.archive(call.archive), let model = archive.summary.models.first(where: { $0.name == call.model }), let library = model.library else { return [] }
    if model.isTrusted { return [job(call.title, .callArchive(call))] }
    let lines: [ArchiveLines.Line] = [
      .init("archive", call.path, .title), .init("model", "\(call.model), compiled by \(model.maker), as it says of itself"), .init("SHA-256", call.digest, .number),
      .init("code", "\(Format.bytes(library.bytes)) for \(library.machine)"),
      .init("", "This native code was never run here. It can do whatever you can. Where you say yes, it runs now and from now on, by this hash.", .warning),
    ]
    layer = .sheet(Sheet(.trust(call), title: "Run native code?", lines: lines, answer: "trusts it and runs it"))
    return []
  }

  /// Compares with a program: tries the package of a program, or a model of an archive with a program that is open.
  mutating func verifyArchive() -> [Effect] {
    if let program = chosenProgram { return [job("verify \(program.name) as a package", .tryPackage([PackageItem(name: "model", model: program.opened)]))] }
    guard let (_, model) = shelf.current else { return [] }
    if documents.count == 1 { return compare(with: documents[0].id) }
    let items = documents.map { Picker.Item(id: "\($0.id)", title: $0.opened.path, keys: "", obstacle: nil) }
    layer = .picker(Picker(purpose: .comparedProgram, title: "The program that \(model.name) was made from", items: items))
    return []
  }
  mutating func compare(with document: Int) -> [Effect] {
    guard let (archive, model) = shelf.current, let digest = model.library?.digest, let program = documents.first(where: { $0.id == document })?.opened else { return [] }
    return ask(ArchiveCall(archive: archive.id, path: archive.summary.path, model: model.name, digest: digest, task: .compare(program)))
  }

  mutating func finishCall(_ job: RunningJob, _ result: RunResult) {
    guard case .callArchive(let call) = job.work else { return }
    shelf.trust(call.digest)
    shelf.keep(RunReport(outputs: result.summaries, seconds: result.seconds, inputs: job.title), of: call.archive)
    let best: Double = result.seconds.min() ?? 0
    tell(.info, "\(job.title): done, \(Format.seconds(best))\(result.seconds.count > 1 ? " at best of \(result.seconds.count)" : "")")
    if screen == .archive, shelf.current?.archive.id == call.archive, layer == nil { layer = .result }
  }

  // MARK: Sheets

  mutating func handleSheet(_ sheet: Sheet, _ key: Key) -> [Effect] {
    var sheet = sheet
    let (count, height) = SheetView.extent(self, sheet)
    switch key.code {
    case .down, .character("j"): sheet.top += 1
    case .up, .character("k"): sheet.top -= 1
    case .pageDown: sheet.top += height
    case .pageUp: sheet.top -= height
    case .character("y") where sheet.answer != nil:
      layer = nil
      switch sheet.purpose {
      case .read: return []
      case .write(let request): return begin(request)
      case .trust(let call): return [job(call.title, .callArchive(call))]
      case .minify(let id, let fails):
        if let document = documents.first(where: { $0.id == id }) { openMinifyForm(document, fails: fails) }
        return []
      }
    default:
      layer = nil
      if case .trust(let call) = sheet.purpose { tell(.info, "\(call.title): not run, its code is not trusted") }
      return []
    }
    sheet.top = max(0, min(sheet.top, count - height))
    layer = .sheet(sheet)
    return []
  }
}
