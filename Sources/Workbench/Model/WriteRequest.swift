import Archives
import Engine
import Foundations

/// Where a file is to be written, as it is found at one moment.
package struct FilePlace: Hashable, Sendable {
  package var exists: Bool
  package var isFolder: Bool
  /// Of the file system; nil where the folder is not there.
  package var freeBytes: Int?
  package init(exists: Bool, isFolder: Bool, freeBytes: Int?) { (self.exists, self.isFolder, self.freeBytes) = (exists, isFolder, freeBytes) }
}

/// A program or an archive that is to be written.
package struct WriteRequest: Sendable {
  package enum Content: Sendable {
    case export(OpenModel, [DimensionWish], ProgramLayout)
    /// - Parameter verifies: whether the models are tried and compared with eager execution before anything is written.
    case package([PackageItem], PackageOptions, verifies: Bool)
  }
  package var content: Content
  package var path: String
  /// About how large the file will be.
  package var bytes: Int

  package init(_ content: Content, to path: String) {
    (self.content, self.path) = (content, path)
    switch content {
    case .export(let model, _, _): bytes = max(model.summary.fileBytes, model.summary.parameterBytes)
    case .package(let items, _, _): bytes = items.reduce(0) { $0 + $1.model.summary.parameterBytes + 1_000_000 }
    }
  }
  package var title: String {
    switch content {
    case .export(let model, _, _): "export \(PathText.name(model.path)) to \(PathText.name(path))"
    case .package(let items, _, _): "package \(items.map(\.name).joined(separator: ", ")) into \(PathText.name(path))"
    }
  }

  /// Why it cannot be written there, before it is tried.
  package func obstacle(at place: FilePlace) -> LatheError? {
    if place.isFolder { return LatheError(.badInput, subject: path, "is a folder; name a file in it") }
    guard let free = place.freeBytes else { return LatheError(.system, subject: path, "cannot be written: there is no folder \(PathText.folder(path))") }
    if free < bytes { return LatheError(.system, subject: path, "takes about \(Format.bytes(bytes)), and \(Format.bytes(free)) are free there") }
    return nil
  }
}

/// What writing would come to, found out beforehand.
package struct WriteOutlook: Sendable {
  package var place: FilePlace
  /// What becomes of each wish of an export.
  package var report: ExportReport?
  package var problem: LatheError?
  package init(place: FilePlace, report: ExportReport? = nil, problem: LatheError? = nil) { (self.place, self.report, self.problem) = (place, report, problem) }
}

/// A model of an archive that is to be called, once its code is trusted.
package struct ArchiveCall: Sendable {
  package enum Task: Sendable {
    case run(InputSource, repeats: Int)
    /// Compares with eager execution of a program.
    case compare(OpenModel)
  }
  /// Of the open archive.
  package var archive: Int
  package var path: String
  package var model: String
  /// Of the code that the user sees and may say yes to; other code is refused.
  package var digest: String
  package var task: Task

  package var title: String {
    switch task {
    case .run: "run \(model) of \(PathText.name(path))"
    case .compare(let program): "compare \(model) of \(PathText.name(path)) with \(PathText.name(program.path))"
    }
  }
}

/// Lines over the screen: a question that `y` answers, or something to read.
package struct Sheet: Sendable {
  package enum Purpose: Sendable {
    case read
    case write(WriteRequest)
    case trust(ArchiveCall)
    /// Goes on to the form that makes the program of a document smaller.
    case minify(document: Int, MinifyFailure)
  }
  package var purpose: Purpose
  package var title: String
  /// Unbroken; a sheet breaks them to its width.
  package var lines: [ArchiveLines.Line]
  /// What `y` does, for example `writes it`; nil where there is nothing to answer.
  package var answer: String?
  /// Lines that are scrolled out at the top.
  package var top = 0
  package init(_ purpose: Purpose, title: String, lines: [ArchiveLines.Line], answer: String? = nil) {
    (self.purpose, self.title, self.lines, self.answer) = (purpose, title, lines, answer)
  }
}

extension ExportReport {
  /// For a sheet: what became of each dimension and why, relations and notes.
  package var sheetLines: [ArchiveLines.Line] {
    var lines: [ArchiveLines.Line] = []
    for dimension in dimensions {
      let range: String = dimension.isDynamic ? " in [\(dimension.minimum.map(String.init) ?? "-∞"), \(dimension.maximum.map(String.init) ?? "∞")]" : ""
      let role: Role = dimension.isDynamic ? .dynamicDimension : .value
      lines.append(.init("\(dimension.input):\(dimension.dimension)", "\(dimension.isDynamic ? "dynamic" : "static")  \(dimension.size)\(range), wished \(dimension.wish)", role))
      lines += dimension.reasons.map { .init("", "because \($0.sheetText)", .source) }
    }
    lines += relations.enumerated().map { .init($0 == 0 ? "relations" : "", $1.sheetText, .source) }
    lines += notes.enumerated().map { .init($0 == 0 ? "notes" : "", $1.sheetText, .warning) }
    return lines.isEmpty ? [.init("dimensions", "all stay as they are", .dim)] : lines
  }
}

extension ExportReport.Finding {
  fileprivate var sheetText: String {
    text + (neededBy.isEmpty ? "" : ", needed by \(neededBy)") + (place.map { "  \(PathText.name($0.file)):\($0.line)  \($0.text)" } ?? "")
  }
}

extension PackageComparison {
  /// For a sheet: each output, and the times of a call.
  package var sheetLines: [ArchiveLines.Line] {
    var lines: [ArchiveLines.Line] = [
      .init(model, hasPassed ? "✓ agrees with eager execution" : "✗ differs from eager execution", hasPassed ? .good : .error),
      .init("", "a call took \(Format.seconds(packagedSeconds)), eagerly \(Format.seconds(eagerSeconds))", .number),
    ]
    lines += outputs.map { output in
      let shape: String = "\(output.name)  \(output.dtype)\(output.sizes)"
      return output.difference.map { .init("", "✗ \(shape)  \($0)", .error) } ?? .init("", "✓ \(shape)", .type)
    }
    return lines
  }
}
