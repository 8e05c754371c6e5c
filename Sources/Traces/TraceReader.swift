import Foundations
import Glibc

/// Reads a trace file, or a folder of them, piece by piece, while it may still grow.
///
/// The caller decides when to look again: `readMore` takes in what is there by now. A folder's trace files are those that
/// PyTorch names `dedicated_log_torch_trace_….log`; new ones are found as they appear.
package struct TraceReader: Sendable {
  package let path: String
  package let isFolder: Bool
  package private(set) var report = TraceReport()
  private var streams: [Stream] = []
  /// Names in the folder that could not be opened.
  private var unreadable: Set<String> = []
  /// Files of which the caller knows.
  private var announcedFiles: Int = 0
  private static let chunk: Int = 1 << 20

  private struct Stream: Sendable {
    /// The file's number in the report.
    var file: Int
    var scanner = TraceScanner()
    /// The file was cut or replaced, or is gone, and everything of it was read.
    var isClosed: Bool = false
    var isMissing: Bool = false
  }

  /// - Throws: `LatheError` of kind `system` where there is no such file or folder.
  package init(path: String) throws {
    self.path = path
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw LatheError(.system, subject: path, errno == ENOENT ? "there is no such file or folder" : String(cString: strerror(errno)))
    }
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    if !isFolder { try open(path) }
  }

  /// A trace that can be shown has at least one record.
  /// - Throws: `LatheError` of kind `badFile` where there is none.
  package func requireRecords() throws {
    guard report.recordCount == 0 else { return }
    if isFolder, report.files.isEmpty { throw LatheError.badFile(path, "the folder has no trace: no file in it is named \(TraceFile.namePrefix)….log") }
    throw LatheError.badFile(path, report.byteCount == 0 ? "the trace is empty" : "is no trace: it has no record such as 'V1122 10:00:00.000000 1 a.py:1] {…}'")
  }

  private mutating func open(_ path: String) throws {
    report.files.append(try TraceFile(path: path))
    streams.append(Stream(file: report.files.count - 1))
  }

  /// Takes in what the files have by now.
  /// - Parameter limit: bytes to read at most, so that a caller can show what there is in between.
  /// - Returns: what changed, and whether everything there is was read.
  package mutating func readMore(limit: Int = .max) -> (changes: [TraceChange], isCaughtUp: Bool) {
    var changes: [TraceChange] = []
    if isFolder { findFiles(&changes) }
    var left: Int = limit
    var index: Int = 0
    while index < streams.count {
      if index == announcedFiles {
        changes.append(.file(streams[index].file))
        announcedFiles += 1
      }
      read(index, &left, &changes)
      if left <= 0 { return (changes, false) }
      index += 1
    }
    return (changes, true)
  }

  /// Nothing more will come: records that are cut short are told.
  package mutating func finish() -> [TraceChange] {
    var changes: [TraceChange] = []
    for index in streams.indices where !streams[index].isClosed { close(index, &changes) }
    return changes
  }

  /// Whether a record has begun whose end has not been written yet.
  package var isInsideRecord: Bool { streams.contains { !$0.isClosed && $0.scanner.isInsideRecord } }

  // MARK: One file

  private mutating func read(_ index: Int, _ left: inout Int, _ changes: inout [TraceChange]) {
    guard !streams[index].isClosed else { return }
    let file: TraceFile = report.files[streams[index].file]
    do {
      let size: Int = try file.size()
      if size < streams[index].scanner.offset {
        let message = "the file was cut from \(streams[index].scanner.offset) to \(size) bytes while it was read; it is read again from its beginning"
        return try reopen(index, file, message, &changes)
      }
      while streams[index].scanner.offset < size, left > 0 {
        let count: Int = try readChunk(index, file, upTo: min(size - streams[index].scanner.offset, left), &changes)
        if count == 0 { break }
        left -= count
      }
      guard streams[index].scanner.offset >= size else { return }
      streams[index].scanner.settle()
      take(index, &changes)
      switch file.place() {
      case .same: streams[index].isMissing = false
      case .replaced: try reopen(index, file, "another file took the place of this one while it was read; both are shown", &changes)
      case .missing:
        if !streams[index].isMissing { tell(index, .changedFile, "the file was taken away while it was read", &changes) }
        streams[index].isMissing = true
      }
    } catch {
      tell(index, .changedFile, "the file cannot be read on: \((error as? LatheError)?.message ?? "\(error)")", &changes)
      close(index, &changes)
    }
  }

  private mutating func readChunk(_ index: Int, _ file: TraceFile, upTo limit: Int, _ changes: inout [TraceChange]) throws -> Int {
    let offset: Int = streams[index].scanner.offset
    let count: Int = try withUnsafeTemporaryAllocation(byteCount: min(limit, TraceReader.chunk), alignment: 64) { buffer in
      let count: Int = try file.read(at: offset, into: buffer)
      streams[index].scanner.scan(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      return count
    }
    report.byteCount += count
    take(index, &changes)
    return count
  }

  private mutating func take(_ index: Int, _ changes: inout [TraceChange]) {
    let (records, issues) = streams[index].scanner.take()
    let file: Int = streams[index].file
    for record in records { report.take(record, file: file, &changes) }
    for issue in issues { report.report(issue.kind, path: report.files[file].path, offset: issue.offset, line: issue.line, issue.message, &changes) }
  }

  private mutating func tell(_ index: Int, _ kind: TraceProblem.Kind, _ message: String, _ changes: inout [TraceChange]) {
    let scanner: TraceScanner = streams[index].scanner
    report.report(kind, path: report.files[streams[index].file].path, offset: scanner.offset, line: scanner.line, message, &changes)
  }

  private mutating func close(_ index: Int, _ changes: inout [TraceChange]) {
    streams[index].scanner.finish()
    take(index, &changes)
    streams[index].isClosed = true
  }

  /// Ends with the file as it was, and begins with what the path leads to now as another file of the report.
  private mutating func reopen(_ index: Int, _ file: TraceFile, _ message: String, _ changes: inout [TraceChange]) throws {
    tell(index, .changedFile, message, &changes)
    close(index, &changes)
    try open(file.path)
  }

  // MARK: A folder

  private mutating func findFiles(_ changes: inout [TraceChange]) {
    guard let folder = opendir(path) else { return }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name: String = withUnsafeBytes(of: &entry.pointee.d_name) { String(cString: $0.bindMemory(to: CChar.self).baseAddress!) }
      if name.hasPrefix(TraceFile.namePrefix), name.hasSuffix(".log") { names.append(name) }
    }
    let known: Set<String> = Set(report.files.map(\.path))
    for name in names.sorted() where !known.contains("\(path)/\(name)") {
      do { try open("\(path)/\(name)") } catch {
        // It is tried again each time, and told once.
        guard unreadable.insert(name).inserted else { continue }
        let cause: String = (error as? LatheError)?.message ?? "\(error)"
        report.report(.changedFile, path: "\(path)/\(name)", offset: 0, line: 1, "the file cannot be read: \(cause)", &changes)
      }
    }
  }
}
