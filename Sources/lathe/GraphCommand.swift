import ArgumentParser
import Engine
import Foundation
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
        lathe graph model.pt2 --after decompose --json
        lathe graph model.pt2 --passes
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
  @Flag(help: "List the compiler's passes: their times, and what each left of the graph.")
  var passes = false
  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if passes, after != nil { throw ValidationError("give --passes or --after, not both") }
    if format == .dot, json || passes { throw ValidationError("--format dot goes with neither --json nor --passes") }
    if let after, !Engine.passNames.contains(after) {
      throw ValidationError("there is no pass '\(after)'; there are \(Engine.passNames.joined(separator: ", "))")
    }
  }

  /// The program's graph, or what the passes up to the one asked for made of it.
  private func graph() throws -> Graph {
    let model: OpenModel = try Engine.open(file)
    guard let after else { return model.program.graph }
    var graph: Graph = model.program.graph
    for pass in try Engine.passes(model) {
      graph = pass.graph ?? graph
      if pass.name == after { break }
    }
    return graph
  }

  private struct Pass: Encodable {
    var name: String
    var seconds: Double
    /// Whether it changed the graph, and how many nodes the graph had after it.
    var changed: Bool
    var nodes: Int
  }

  private func showPasses(_ model: OpenModel) throws {
    var count: Int = model.program.graph.nodes.count
    let passes: [Pass] = try Engine.passes(model).map { pass in
      count = pass.graph?.nodes.count ?? count
      return Pass(name: pass.name, seconds: pass.seconds, changed: pass.graph != nil, nodes: count)
    }
    if json || format == .json { return try Output.print(json: passes) }
    Output.print("   nodes  time       pass")
    for pass in passes {
      let time: String = Output.duration(pass.seconds).padding(toLength: 9, withPad: " ", startingAt: 0)
      Output.print(String(format: "%8d  ", pass.nodes) + "\(time)  \(pass.name)\(pass.changed ? "" : "  (changed nothing)")")
    }
  }

  func run() throws {
    if passes { return try showPasses(try Engine.open(file)) }
    let graph: Graph = try self.graph()
    switch json ? .json : format {
    case .text: Output.write(Array(graph.readable(ReadableOptions(showsSource: source)).utf8))
    case .json:
      graph.writeJSON { Output.write($0) }
      Output.write([0x0A])
    case .dot: Output.write(Array(graph.dot().utf8))
    }
  }
}
