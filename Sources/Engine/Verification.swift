import Archives
import Capture
import Foundation
import Foundations
import Graphs
import Operators
import Tensors

/// Runs programs on saved inputs and compares with saved outputs: `NAME.pt2` with `NAME.inputs.safetensors` and
/// `NAME.expected.safetensors`, and with the `NAME.alt.` pair where there is one.
package struct Verification {
  package enum Outcome: Sendable, Hashable {
    case passed
    /// What differs, or the error.
    case failed(String)
    /// The operator or element type Lathe lacks.
    case unsupported(String)
    /// Nothing to compare with, or not a program.
    case skipped(String)
  }
  package struct Result: Sendable {
    package var name: String
    package var outcome: Outcome
  }
  /// One program with the files beside it, wherever they lie.
  struct Case {
    var name: String
    var program: () throws -> ExportedProgram
    /// The bytes of `NAME.suffix`, or nil where there is no such file.
    var companion: (String) throws -> ByteRegion?
  }

  /// How programs are run.
  package enum Mode: Sendable {
    case calls(ExecutionMode)
    /// Packaged, the archive loaded and its model called.
    case packaged(PackageOptions)
  }
  package let mode: Mode
  package init(mode: ExecutionMode = .eager) { self.mode = .calls(mode) }
  package init(packaging options: PackageOptions) { mode = .packaged(options) }

  /// Verifies every case found under the paths, in order, and reports each as it ends.
  /// - Throws: `LatheError` for a path that cannot be read at all, or when cancelled.
  package func run(
    _ paths: [String], events: some EventSink = NoEvents(), cancellation: some Cancellation = NeverCancelled(), report: (Result) throws -> Void
  ) throws {
    for path in paths {
      for item in try cases(path) {
        try cancellation.check()
        // One subject for both pairs: the second finds what the first compiled.
        let subject: Swift.Result<Subject, any Error> = Swift.Result { try makeSubject(item, events, cancellation) }
        for suffix in ["", ".alt"] {
          if suffix == ".alt", try item.companion(".alt.inputs.safetensors") == nil { continue }
          try report(Result(name: item.name + suffix, outcome: outcome(item, subject, suffix, events)))
        }
      }
    }
  }

  /// What is called.
  private enum Subject {
    case session(ProgramSession, ExecutionMode)
    case package(PackagedModel)
  }

  private func makeSubject(_ item: Case, _ events: some EventSink, _ cancellation: some Cancellation) throws -> Subject {
    let program: ExportedProgram = try item.program()
    switch mode {
    case .calls(let mode): return .session(ProgramSession(program.captured), mode)
    case .packaged(let options):
      let folder: String = NSTemporaryDirectory() + "/lathe-verify-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let model = OpenModel(at: item.name, program: program, summary: ModelSummary(program, path: item.name, fileBytes: 0))
      let archive: String = "\(folder)/packaged.pt2"
      _ = try Engine.package([PackageItem(name: "model", model: model)], to: archive, options: options, events: events, cancellation: cancellation)
      return .package(try Engine.load(archive, trust: .own, events: events))
    }
  }

  private func outcome(_ item: Case, _ subject: Swift.Result<Subject, any Error>, _ suffix: String, _ events: some EventSink) -> Outcome {
    do {
      let subject: Subject = try subject.get()
      guard let inputBytes = try item.companion("\(suffix).inputs.safetensors"), let expectedBytes = try item.companion("\(suffix).expected.safetensors")
      else { return .skipped("has no \(suffix).inputs.safetensors and \(suffix).expected.safetensors beside it") }
      let inputs: [Tensor] = try Engine.numbered(try SafeTensors(inputBytes, subject: "\(item.name)\(suffix).inputs"), subject: "\(item.name)\(suffix).inputs")
      let expected: [Tensor] = try Engine.numbered(
        try SafeTensors(expectedBytes, subject: "\(item.name)\(suffix).expected"), subject: "\(item.name)\(suffix).expected")
      switch subject {
      case .session(let session, let mode):
        let results: [Value] = try session.events.heard(by: events) { try session.call(try session.inputs.bind(inputs), mode: mode) }
        var outputs: [Tensor] = try results.compactMap { try Engine.tensor($0) }
        // Numbers among the outputs are saved by some writers and left out by others.
        if outputs.count != expected.count { outputs = results.compactMap(\.tensor) }
        return try compare(outputs, expected)
      case .package(let model):
        var outputs: [Tensor] = try model.call(try PackagedModel.writable(inputs)).compactMap { $0 }
        if outputs.count != expected.count { outputs = model.tensorOutputs(outputs) }
        return try compare(outputs, expected)
      }
    } catch let error as LatheError where error.kind == .unsupported {
      return .unsupported(error.description)
    } catch { return .failed("\(error)") }
  }

  private func compare(_ outputs: [Tensor], _ expected: [Tensor]) throws -> Outcome {
    guard outputs.count == expected.count else { return .failed("has \(outputs.count) outputs, expected \(expected.count)") }
    for (index, (output, wanted)) in zip(outputs, expected).enumerated() {
      guard wanted.dtype.isComputable else { return .unsupported("output \(index) is of \(wanted.dtype.torchName)") }
      if let miss = try Tolerance.worstElement(output, expected: wanted) { return .failed("output \(index) \(miss)") }
    }
    return .passed
  }

  /// The cases under a path: a program, a folder of them (walked), or a zip of them.
  private func cases(_ path: String) throws -> [Case] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { throw LatheError(.system, subject: path, "does not exist") }
    if isFolder.boolValue {
      let files: [String] = (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".pt2") }.sorted()
      return files.filter { !$0.hasSuffix(".aoti.pt2") }.map { file($0, at: "\(path)/\($0)") }
    }
    if path.hasSuffix(".zip") { return try zipped(path) }
    return [file(String(path.split(separator: "/").last ?? ""), at: path)]
  }

  private func file(_ name: String, at path: String) -> Case {
    let base: String = path.hasSuffix(".pt2") ? String(path.dropLast(4)) : path
    return Case(
      name: name.hasSuffix(".pt2") ? String(name.dropLast(4)) : name, program: { try ExportedProgram.read(path: path) },
      companion: { suffix in
        FileManager.default.fileExists(atPath: base + suffix) ? ByteRegion(try MappedFile(path: base + suffix)) : nil
      })
  }

  private func zipped(_ path: String) throws -> [Case] {
    let archive = try ZipArchive(ByteRegion(try MappedFile(path: path)), subject: path)
    return archive.entries.map(\.name).filter { $0.hasSuffix(".pt2") }.sorted().map { member in
      let base: String = String(member.dropLast(4))
      return Case(
        name: base, program: { try ExportedProgram.read(try archive.read(member), subject: "\(path), \(member)") },
        companion: { archive.entry(base + $0) == nil ? nil : try archive.read(base + $0) })
    }
  }
}
