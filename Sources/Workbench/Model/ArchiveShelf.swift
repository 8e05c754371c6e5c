import Engine
import Foundations

/// An archive of compiled models that is open; none of its code is loaded for that.
package struct OpenArchive: Sendable {
  package let id: Int
  package var summary: ArchiveSummary
  /// Of the model that was run last.
  package var lastRun: RunReport?
  package var name: String { PathText.name(summary.path) }
}

/// What the Archive screen shows: programs and models of archives that are open, what is known of the chosen one, and its sources.
package struct ArchiveShelf: Sendable {
  package enum Pane: Int, Sendable, CaseIterable { case table, facts, source }
  package enum Row: Hashable, Sendable {
    /// The program of a document, by its id.
    case program(Int)
    /// A model of an archive, by the archive's id and the model's number in it.
    case model(archive: Int, Int)
  }
  /// A member that holds source, read once it is looked at.
  package struct Source: Hashable, Sendable {
    package var archive: Int
    package var member: String
  }
  /// The inspector's lines as they were made for a row.
  private struct Made: Sendable {
    var row: Row
    var width: Int
    var revision: Int
    var lines: [ArchiveLines.Line]
  }

  package private(set) var archives: [OpenArchive] = []
  package private(set) var rows: [Row] = []
  package private(set) var chosen: Row?
  package var pane = Pane.table
  /// The lower pane that is shown where there is room for one.
  package var lower = Pane.facts
  package var list = ListCursor()
  package var facts = ListCursor()
  package var source = ListCursor()
  /// Columns of the source that are scrolled out at the left.
  package var column = 0
  package private(set) var sourceNumber = 0
  package private(set) var sources: [Source: [Substring]] = [:]
  package var reading: Set<Source> = []
  private var made: Made?
  private var nextID = 1
  private var revision = 0

  package init() {}

  package func archive(_ id: Int) -> OpenArchive? { archives.first { $0.id == id } }
  /// The archive and the model of the chosen row, where it is one.
  package var current: (archive: OpenArchive, model: ArchiveSummary.Model)? {
    guard case .model(let id, let number)? = chosen, let archive = archive(id), archive.summary.models.indices.contains(number) else { return nil }
    return (archive, archive.summary.models[number])
  }
  /// The member whose text the source pane shows.
  package var currentSource: Source? {
    guard let (archive, model) = current, model.sources.indices.contains(sourceNumber) else { return nil }
    return Source(archive: archive.id, member: model.sources[sourceNumber].name)
  }
  package var sourceLines: [Substring] { currentSource.flatMap { sources[$0] } ?? [] }
  package var lines: [ArchiveLines.Line] { made?.lines ?? [] }

  // MARK: Changing

  /// Takes an archive that was opened or written; one of the same path is replaced. Its first model is chosen.
  package mutating func add(_ summary: ArchiveSummary) {
    let same: Int? = archives.firstIndex { $0.summary.path == summary.path }
    let archive = OpenArchive(id: nextID, summary: summary)
    nextID += 1
    if let same { archives[same] = archive } else { archives.append(archive) }
    (pane, lower) = (.table, .facts)
    choose(.model(archive: archive.id, 0))
  }
  package mutating func close(_ id: Int) {
    archives.removeAll { $0.id == id }
    sources = sources.filter { $0.key.archive != id }
  }
  /// Code of this hash was run.
  package mutating func trust(_ digest: String) {
    for archive in archives.indices {
      for model in archives[archive].summary.models.indices where archives[archive].summary.models[model].library?.digest == digest {
        archives[archive].summary.models[model].isTrusted = true
      }
    }
    revision += 1
  }
  package mutating func keep(_ run: RunReport, of id: Int) {
    if let index = archives.firstIndex(where: { $0.id == id }) { archives[index].lastRun = run }
  }
  package mutating func keep(_ text: [Substring], of source: Source) {
    reading.remove(source)
    if archive(source.archive) != nil { sources[source] = text }
  }
  package mutating func choose(_ row: Row) {
    if row == chosen { return }
    chosen = row
    (facts, source, column, sourceNumber) = (ListCursor(), ListCursor(), 0, 0)
  }
  package mutating func select(_ position: Int) {
    if !rows.isEmpty { choose(rows[max(0, min(position, rows.count - 1))]) }
  }
  package mutating func choose(source number: Int) {
    guard let count = current?.model.sources.count, count > 0 else { return }
    sourceNumber = max(0, min(number, count - 1))
    (source, column) = (ListCursor(), 0)
    focus(.source)
  }
  package mutating func focus(_ pane: Pane) {
    self.pane = pane
    if pane != .table { lower = pane }
  }

  /// Brings rows and lines up to date with what is open.
  /// - Parameter width: columns of the inspector.
  package mutating func follow(_ documents: [Document], active: Int?, width: Int) {
    rows = documents.map { .program($0.id) }
    for archive in archives { rows += archive.summary.models.indices.map { .model(archive: archive.id, $0) } }
    if chosen.map({ rows.contains($0) }) != true {
      let last: Int = list.index
      chosen = nil
      if let active { choose(.program(documents[active].id)) } else { select(last) }
    }
    list.index = chosen.flatMap { rows.firstIndex(of: $0) } ?? 0
    guard let chosen else {
      made = nil
      return
    }
    if let made, made.row == chosen, made.width == width, made.revision == revision { return }
    let lines: [ArchiveLines.Line]
    switch chosen {
    case .program(let id): lines = documents.first { $0.id == id }.map { ArchiveLines.lines(of: $0.opened, width: width) } ?? []
    case .model: lines = current.map { ArchiveLines.lines(of: $0.model, in: $0.archive.summary, width: width) } ?? []
    }
    made = Made(row: chosen, width: width, revision: revision, lines: lines)
  }
}
