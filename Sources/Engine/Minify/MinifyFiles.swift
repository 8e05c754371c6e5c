import Archives
import Compiler
import Foundation
import Foundations
import Graphs
import Tensors

/// What the minifier leaves in its folder.
struct MinifyFiles {
  static let reportName: String = "report.json"
  static let checkpointsName: String = "checkpoints"
  static let programName: String = "minimal.pt2"
  static let textName: String = "minimal.txt"
  static let scriptName: String = "reproduce.sh"
  static let torchScriptName: String = "reproduce.py"
  static let all: [String] = [
    reportName, checkpointsName, programName, "minimal.inputs.safetensors", "minimal.expected.safetensors", textName, scriptName, torchScriptName, "work",
  ]

  let folder: String
  init(_ folder: String) { self.folder = folder }

  static func inputs(beside path: String) -> String { String(path.dropLast(4)) + ".inputs.safetensors" }

  /// Tensors that a caller passes.
  static func users(of graphCase: GraphCase) -> [Tensor] {
    zip(graphCase.graph.placeholders, graphCase.inputs).compactMap { id, tensor in
      if case .placeholder(.user) = graphCase.graph[id].operation { tensor } else { nil }
    }
  }

  /// A report as it is before anything became smaller.
  func report(_ file: String, _ options: MinifyOptions, _ size: MinifyReport.Size, _ answer: MinifyAnswer) -> MinifyReport {
    let program: String = "\(folder)/\(MinifyFiles.programName)"
    return MinifyReport(
      file: file, fails: options.fails.text, mode: options.mode.rawValue, failureBefore: answer, failure: answer, before: size, after: size, folder: folder,
      program: program, inputs: MinifyFiles.inputs(beside: program), expected: "\(folder)/minimal.expected.safetensors",
      script: "\(folder)/\(MinifyFiles.scriptName)", torchScript: "\(folder)/\(MinifyFiles.torchScriptName)", text: "\(folder)/\(MinifyFiles.textName)")
  }

  /// Writes the report, the readable graph and the scripts.
  /// - Throws: `LatheError` of kind `system`.
  func write(_ report: MinifyReport, _ smallest: GraphCase) throws {
    try write("# \(report.failure.sentence)\n\(smallest.description)", to: report.text)
    try write(MinifyScripts.shell(report, environment: ProcessInfo.processInfo.environment), to: report.script, isProgram: true)
    try write(MinifyScripts.python(report), to: report.torchScript, isProgram: true)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try write(String(decoding: try encoder.encode(report), as: UTF8.self) + "\n", to: "\(folder)/\(MinifyFiles.reportName)")
  }

  private func write(_ text: String, to path: String, isProgram: Bool = false) throws {
    var file = try AtomicFile(path: path)
    try file.write(Array(text.utf8))
    try file.commit()
    if isProgram { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path) }
  }
}
