import ArgumentParser
import Engine
import Foundation
import Foundations

/// `lathe inspect`: what a file is.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Say what a program is: versions, parameters, inputs with their dimensions, operators.",
    discussion: """
      Of an archive of compiled models: its models, their metadata, inputs, outputs and constants, and what their code asks of PyTorch and the
      system. None of that code is run.

      Examples:
        lathe inspect model.pt2
        lathe inspect model.pt2 --json
        lathe inspect model.pt2 --check
        lathe inspect served.pt2
      """)
  @Argument(help: "A program that torch.export saved, or an archive of compiled models.", completion: .file(extensions: ["pt2"]))
  var file: String
  @Flag(help: "Print JSON.")
  var json = false
  @Flag(help: "Check the graph: every value defined before its use, arguments that fit their schemas, shapes that agree with the operators' rules.")
  var check = false

  func run() throws {
    if try Engine.isPackage(file) {
      if check { throw ValidationError("--check looks at a program's graph; \(file) is an archive of compiled models") }
      let summary: ArchiveSummary = try Engine.inspectArchive(file)
      if json { try Output.print(json: summary) } else { summary.show() }
      return
    }
    let model: OpenModel = try Engine.open(file)
    if json { try Output.print(json: model.summary) } else { show(model.summary) }
    guard check else { return }
    let problems: [String] = Engine.problems(in: model)
    for problem in problems { Output.print("problem      \(problem)") }
    if !json { Output.print("check        \(problems.isEmpty ? "the graph is sound" : "\(problems.count) problems")") }
    if !problems.isEmpty { throw ExitCode(1) }
  }

  private func show(_ summary: ModelSummary) {
    Output.print("file         \(summary.path), \(Output.bytes(summary.fileBytes))")
    Output.print("kind         \(summary.container), schema \(summary.schemaVersion)\(summary.torchVersion.map { ", PyTorch \($0)" } ?? "")")
    let types: String = summary.dtypes.isEmpty ? "" : " (\(summary.dtypes.joined(separator: ", ")))"
    Output.print("parameters   \(summary.parameterCount) in \(Output.bytes(summary.parameterBytes))\(types)")
    Output.print("state        \(summary.bufferCount) buffers, \(summary.constantCount) constants")
    Output.print("nodes        \(summary.nodeCount)")
    for (title, values) in [("input", summary.inputs), ("output", summary.outputs)] {
      for value in values { Output.print("\(title.padding(toLength: 13, withPad: " ", startingAt: 0))\(describe(value))") }
    }
    let missing: [ModelSummary.OperatorUse] = summary.operators.filter { !$0.isSupported }
    Output.print("operators    \(summary.operators.count) overloads, \(missing.isEmpty ? "all supported" : "\(missing.count) not supported")")
    for use in summary.operators { Output.print("  \(use.count)\t\(use.name)\(use.isSupported ? "" : "   NOT SUPPORTED")") }
  }

  private func describe(_ value: ModelSummary.Value) -> String {
    var text: String = "\(value.name) \(value.path)  \(value.type)"
    if !value.dimensions.isEmpty { text += "[\(value.dimensions.map(\.size).joined(separator: ", "))]" }
    for dimension in value.dimensions where dimension.isDynamic && (dimension.minimum != nil || dimension.maximum != nil) {
      text += "  \(dimension.size) in [\(dimension.minimum.map(String.init) ?? "-∞"), \(dimension.maximum.map(String.init) ?? "∞")]"
    }
    return text
  }
}
