import Engine
import Foundations
import Graphs

/// What is kept of a run: the facts, not the tensors.
package struct RunReport: Sendable {
  package var outputs: [TensorSummary]
  package var seconds: [Double]
  /// How the inputs came about, for example `random, seed 0`.
  package var inputs: String
}

/// A row of screen 1.
package struct ModelEntry: Sendable {
  package var file: ModelFile
  package var summary: ModelSummary?
  /// Of a file that holds compiled models instead of a program.
  package var archive: ArchiveSummary?
  package var problem: String?
}

package enum ScreenID: Int, Sendable, CaseIterable {
  case models = 1, graph = 2, compiles = 3, kernels = 4, archive = 5, log = 6
  package var title: String {
    switch self {
    case .models: "Models"
    case .graph: "Graph"
    case .compiles: "Compiles"
    case .kernels: "Kernels"
    case .archive: "Archive"
    case .log: "Log"
    }
  }
}

package struct LogEntry: Sendable {
  package enum Level: String, Sendable { case info, warning, error }
  package var time: String
  package var level: Level
  package var text: String
}

/// All the workbench knows; only `update` changes it and `view` draws it.
package struct Model: Sendable {
  package var size: Size
  package var screen = ScreenID.models
  package var layer: Layer?
  package var saved = SavedState()
  package var isReadonly = false
  package var isASCII = false
  package var theme = "default"
  package var themes: [String] = []
  package var entries: [ModelEntry] = []
  package var modelList = ListCursor()
  package var documents: [Document] = []
  /// Index into `documents` of the one shown.
  package var active: Int?
  /// The trace that is looked at instead of the active document's compilations.
  package var trace: TraceWatch?
  /// What the Archive screen shows.
  package var shelf = ArchiveShelf()
  package var jobs: [RunningJob] = []
  package var log: [LogEntry] = []
  package var logList = ListCursor()
  package var logFilter = ""
  package var notice: LogEntry?
  /// What the machine reaches at most; nil until it is measured.
  package var limits: MachineLimits?
  /// The divider that the mouse drags.
  package var dragged: Divider?
  /// The folder that relative paths start from; empty leaves them as they are.
  package var folder = ""
  /// For the log; the loop sets it before each event.
  package var clock = "00:00:00"
  private var nextJob: UInt32 = 1
  private var nextDocument = 1

  package enum Divider: Sendable { case tree, inspector }

  package init(size: Size) { self.size = size }

  package var document: Document? { active.map { documents[$0] } }
  package var visibleJobs: [RunningJob] { jobs.filter(\.isVisible) }
  /// Those that quitting would lose something of.
  package var busyJobs: [RunningJob] { visibleJobs.filter { !$0.work.isBackground } }

  /// Changes what is shown of the active document.
  package mutating func changeView(_ change: (inout GraphView, GraphIndex, Int) -> Void) {
    guard let active else { return }
    change(&documents[active].view, documents[active].index, ScreenLayout(self).height(of: .rows))
  }

  /// Goes to another node or graph of the active document.
  package mutating func navigate(_ change: (inout Document, _ height: Int) -> Void) {
    guard let active else { return }
    change(&documents[active], ScreenLayout(self).height(of: .rows))
  }

  // MARK: Jobs

  package mutating func job(_ title: String, _ work: Job.Work, isVisible: Bool = true) -> Effect {
    let job = Job(id: nextJob, title: title, work: work, isVisible: isVisible)
    nextJob += 1
    jobs.append(RunningJob(id: job.id, title: title, work: work, isVisible: isVisible))
    if isVisible { record(.info, "\(title) started") }
    return .start(job)
  }

  package func absolute(_ path: String) -> String {
    path.hasPrefix("/") || folder.isEmpty ? path : folder + "/" + (path.hasPrefix("./") ? String(path.dropFirst(2)) : path)
  }

  package mutating func open(path: String) -> [Effect] {
    if let index = documents.firstIndex(where: { absolute($0.opened.path) == absolute(path) }) {
      (active, screen) = (index, .graph)
      return []
    }
    if let archive = shelf.archives.first(where: { absolute($0.summary.path) == absolute(path) }) {
      screen = .archive
      shelf.choose(.model(archive: archive.id, 0))
      return []
    }
    if jobs.contains(where: { $0.title == "open \(PathText.name(path))" }) { return [] }
    return [job("open \(PathText.name(path))", .open(path))]
  }

  package mutating func add(_ opened: OpenModel, _ levels: [GraphLevel], operators: [OperatorName: OperatorFacts]) {
    documents.append(Document(id: nextDocument, opened: opened, levels: levels, operators: operators))
    nextDocument += 1
    (active, screen) = (documents.count - 1, .graph)
    saved.remember(absolute(opened.path))
    setSummary(opened.summary, path: opened.path)
  }

  package mutating func setSummary(_ summary: ModelSummary, path: String) {
    if let index = entries.firstIndex(where: { absolute($0.file.path) == absolute(path) }) {
      entries[index].summary = summary
      entries[index].problem = nil
    } else {
      let file = ModelFile(path: path, name: PathText.name(path), bytes: summary.fileBytes, kind: summary.container)
      entries.append(ModelEntry(file: file, summary: summary))
    }
  }

  package mutating func close(document index: Int) {
    documents.remove(at: index)
    active = documents.isEmpty ? nil : min(index, documents.count - 1)
    if active == nil, screen != .archive { screen = .models }
  }

  // MARK: Log

  package mutating func record(_ level: LogEntry.Level, _ text: String) {
    let follows = logList.index >= shownLog.count - 1
    log.append(LogEntry(time: clock, level: level, text: text))
    if log.count > 10_000 { log.removeFirst(1000) }
    if follows { logList.index = shownLog.count - 1 }
  }
  /// Records and shows in the status line.
  package mutating func tell(_ level: LogEntry.Level, _ text: String) {
    record(level, text)
    notice = log.last
  }
  package var shownLog: [LogEntry] {
    logFilter.isEmpty ? log : log.filter { GraphFilter.contains($0.text, Array(logFilter.lowercased().utf8)) || $0.level.rawValue == logFilter }
  }
}

/// Paths as the screens show them.
package enum PathText {
  package static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
  package static func folder(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
