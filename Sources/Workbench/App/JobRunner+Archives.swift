import Archives
import Engine
import Foundation
import Foundations

extension JobRunner {
  /// Writes an export or a package; a package that does not agree with eager execution is not written.
  func write(_ request: WriteRequest, events: some EventSink, cancellation: CancelFlag) throws -> Outcome {
    switch request.content {
    case .export(let model, let wishes, let layout):
      return .exported(try services.export(model, to: request.path, dimensions: wishes, layout: layout, events: events, cancellation: cancellation))
    case .package(let items, let options, let verifies):
      let comparisons: [PackageComparison] = verifies ? try services.tryPackaging(items, options: options, events: events, cancellation: cancellation) : []
      if comparisons.contains(where: { !$0.hasPassed }) { return .compared(comparisons) }
      let report: PackageReport = try services.package(items, to: request.path, options: options, events: events, cancellation: cancellation)
      guard let summary = try services.inspect(request.path) else { throw LatheError.badFile(request.path, "was written but is no archive of compiled models now") }
      return .packaged(report, summary, comparisons)
    }
  }

  /// What is found at the place, and what an export would come to; that it cannot be is an answer too.
  func outlook(of request: WriteRequest) throws -> WriteOutlook {
    var outlook = WriteOutlook(place: services.place(of: request.path))
    guard case .export(let model, let wishes, _) = request.content else { return outlook }
    do {
      outlook.report = try services.foresee(model, dimensions: wishes)
    } catch let error as LatheError { outlook.problem = error }
    return outlook
  }

  func call(_ call: ArchiveCall, events: some EventSink, cancellation: CancelFlag) throws -> Outcome {
    switch call.task {
    case .run(let inputs, let repeats): return .archiveRan(try services.run(call, inputs: inputs, repeats: repeats, events: events, cancellation: cancellation))
    case .compare(let program): return .compared([try services.compare(call, with: program, events: events, cancellation: cancellation)])
    }
  }

  /// The text of a member, its first four megabytes at most.
  func text(of source: ArchiveShelf.Source, in path: String) throws -> [Substring] {
    try services.source(source.member, of: path).split(separator: "\n", omittingEmptySubsequences: false)
  }
}

extension EngineServices {
  package func inspect(_ path: String) throws -> ArchiveSummary? { try Engine.isPackage(path) ? try Engine.inspectArchive(path) : nil }

  package func source(_ member: String, of path: String) throws -> String { try CompiledPackage.read(path: path).archive.read(member).string(prefix: 4 << 20) }

  package func place(of path: String) -> FilePlace {
    var isFolder: ObjCBool = false
    let exists: Bool = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    let free: Int? = (try? FileManager.default.attributesOfFileSystem(forPath: PathText.folder(path)))?[.systemFreeSize].flatMap { ($0 as? NSNumber)?.intValue }
    return FilePlace(exists: exists, isFolder: isFolder.boolValue, freeBytes: free)
  }

  package func foresee(_ model: OpenModel, dimensions: [DimensionWish]) throws -> ExportReport { try Engine.redimensioned(model.program, dimensions).1 }

  package func export(
    _ model: OpenModel, to path: String, dimensions: [DimensionWish], layout: ProgramLayout, events: some EventSink, cancellation: some Cancellation
  ) throws -> ExportReport {
    try Engine.export(model, to: path, dimensions: dimensions, layout: layout, events: events, cancellation: cancellation)
  }

  package func package(
    _ items: [PackageItem], to path: String, options: PackageOptions, events: some EventSink, cancellation: some Cancellation
  ) throws -> PackageReport {
    try Engine.package(items, to: path, options: options, events: events, cancellation: cancellation)
  }

  package func tryPackaging(_ items: [PackageItem], options: PackageOptions, events: some EventSink, cancellation: some Cancellation) throws -> [PackageComparison] {
    try Engine.tryPackaging(items, options: options, events: events, cancellation: cancellation)
  }

  package func minify(_ model: OpenModel, _ options: MinifyOptions, events: some EventSink, cancellation: some Cancellation) throws -> MinifyReport {
    try Engine.minify(model, inputs: .random(seed: 0, sizes: [:]), options, events: events, cancellation: cancellation)
  }

  /// Loads the model that the user was asked about, and no other.
  private func load(_ call: ArchiveCall, _ events: some EventSink) throws -> PackagedModel {
    try Engine.load(call.path, model: call.model, trust: .ask { $0.digest == call.digest }, events: events)
  }

  package func run(_ call: ArchiveCall, inputs: InputSource, repeats: Int, events: some EventSink, cancellation: some Cancellation) throws -> RunResult {
    try Engine.run(try load(call, events), inputs: inputs, repeat: repeats, events: events, cancellation: cancellation)
  }

  package func compare(_ call: ArchiveCall, with program: OpenModel, events: some EventSink, cancellation: some Cancellation) throws -> PackageComparison {
    try Engine.compare(try load(call, events), with: program, events: events, cancellation: cancellation)
  }
}
