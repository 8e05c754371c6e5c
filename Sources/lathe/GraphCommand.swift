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
      """)
  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, dot }

  @ArgumentParser.Argument(help: "A program that torch.export saved.", completion: .file(extensions: ["pt2"]))
  var file: String
  @Option(help: "text is PyTorch's readable form; dot is Graphviz.")
  var format: Format = .text
  @Flag(inversion: .prefixedNo, help: "Show the model's source lines in text.")
  var source = true

  func run() throws {
    let graph: Graph = try Engine.open(file).program.graph
    switch format {
    case .text: Output.write(Array(graph.readable(ReadableOptions(showsSource: source)).utf8))
    case .json:
      graph.writeJSON { Output.write($0) }
      Output.write([0x0A])
    case .dot: Output.write(Array(graph.dot().utf8))
    }
  }
}
