import ArgumentParser
import Engine
import Foundations
import Graphs

/// `lathe graph`: the graph as text, JSON or Graphviz.
struct GraphCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph", abstract: "Print a program's graph.",
    discussion: """
      Examples:
        lathe graph model.pt2
        lathe graph model.pt2 --format dot | dot -Tsvg > graph.svg
        lathe graph model.pt2 --format json | jq '.nodes | length'
        lathe graph model.pt2 --after decompose
      """)
  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, dot }

  @ArgumentParser.Argument(help: "A program that torch.export saved.", completion: .file(extensions: ["pt2"]))
  var file: String
  @Option(help: "text is PyTorch's readable form; dot is Graphviz.")
  var format: Format = .text
  @Flag(inversion: .prefixedNo, help: "Show the model's source lines in text.")
  var source = true

  @Option(help: ArgumentHelp("Show the graph as the compiler has it after a pass.", discussion: "One of: \(Engine.passNames.joined(separator: ", ")).", valueName: "pass"))
  var after: String?

  func validate() throws {
    if let after, !Engine.passNames.contains(after) {
      throw ValidationError("there is no pass '\(after)'; there are \(Engine.passNames.joined(separator: ", "))")
    }
  }

  /// The program's graph, or what the passes up to the one asked for made of it.
  private func graph() throws -> Graph {
    let model: OpenModel = try Engine.open(file)
    guard let after else { return model.program.graph }
    var graph: Graph = model.program.graph
    for report in try Engine.render(model).passes {
      graph = report.graph ?? graph
      if report.name == after { break }
    }
    return graph
  }

  func run() throws {
    let graph: Graph = try self.graph()
    switch format {
    case .text: Output.write(Array(graph.readable(ReadableOptions(showsSource: source)).utf8))
    case .json:
      graph.writeJSON { Output.write($0) }
      Output.write([0x0A])
    case .dot: Output.write(Array(graph.dot().utf8))
    }
  }
}
