import Archives
import ArgumentParser
import Engine
import Foundation
import Foundations

/// `lathe export`: write a program with other dynamic dimensions, for PyTorch to load.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a program that torch.export.load reads, with the dimensions wished to be dynamic.",
    discussion: """
      A wish is INPUT:DIMENSION=WHAT; several are joined by commas. WHAT is one of
        auto            dynamic where the program allows it; the report says what it came to and why
        dynamic         must stay dynamic, else the export fails and suggests fixes
        static, or 4    one size: that of the export, or the number
        seq(2..512)     a named dimension, the same wherever the name stands, dynamic in the whole range
        2*seq + 1       a size derived from a named dimension
      auto and dynamic take a range too: auto(2..64). Dimensions without a wish stay as they are.

      Examples:
        lathe export model.pt2 -o new.pt2 --dynamic "x:0=auto"
        lathe export model.pt2 -o new.pt2 --dynamic "x:0=batch,y:0=batch,y:1=seq(2..512)" --format pt2
        lathe export model.pt2 -o new.pt2 --dynamic "x:0=auto" --json
      """)
  @ArgumentParser.Argument(help: "A program that torch.export saved.", completion: .file(extensions: ["pt2"]))
  var file: String
  @Option(name: .shortAndLong, help: "The file to write.", completion: .file(extensions: ["pt2"]))
  var output: String
  @Option(help: "Wishes for dimensions, as INPUT:DIMENSION=WHAT,….")
  var dynamic: String?
  @Option(help: "legacy is loaded by PyTorch from 2.6 on; pt2 by PyTorch from 2.8 on.")
  var format: ProgramLayout = .legacy
  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let wishes: [DimensionWish] = try dynamic.map { try DimensionWish.parse($0) } ?? []
    let model: OpenModel = try Engine.open(file)
    let events = StandardErrorNotices()
    defer { events.clear() }
    let report: ExportReport = try Engine.export(model, to: output, dimensions: wishes, layout: format, events: events)
    events.clear()
    if json { try Output.print(json: report) } else { report.show() }
  }
}

extension ProgramLayout: ExpressibleByArgument {}

extension ExportReport {
  fileprivate func show() {
    Output.print("wrote        \(path), \(Output.bytes(bytes)), \(layout == "legacy" ? "loaded by PyTorch from 2.6 on" : "loaded by PyTorch from 2.8 on")")
    for dimension in dimensions {
      var text: String = "\(dimension.input):\(dimension.dimension)  \(dimension.isDynamic ? "dynamic" : "static")  \(dimension.size)"
      if dimension.isDynamic { text += "  in [\(dimension.minimum.map(String.init) ?? "-∞"), \(dimension.maximum.map(String.init) ?? "∞")]" }
      Output.print("dimension    \(text)  (wished \(dimension.wish))")
      for reason in dimension.reasons { Output.print("  because    \(reason.line)") }
    }
    for relation in relations { Output.print("relation     \(relation.line)") }
    for note in notes { Output.print("note         \(note.line)") }
  }
}

extension ExportReport.Finding {
  fileprivate var line: String {
    let needed: String = neededBy.isEmpty ? "" : ", needed by \(neededBy)"
    return text + needed + (place.map { "  \($0.file):\($0.line)  \($0.text)" } ?? "")
  }
}
