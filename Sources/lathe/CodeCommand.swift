import ArgumentParser
import Compiler
import Engine
import Foundations

/// `lathe code`: the C that a program becomes.
struct CodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "code", abstract: "Print the C that a program is compiled from.",
    discussion: """
      Kernels are listed with the nodes they compute; operators that are not lowered are calls without C of their own.

      Examples:
        lathe code model.pt2
        lathe code model.pt2 --list
        lathe code model.pt2 --kernel fused_add_relu_3
      """)
  @ArgumentParser.Argument(help: "A program that torch.export saved.", completion: .file(extensions: ["pt2"]))
  var file: String
  @Option(help: "Print this kernel only.")
  var kernel: String?
  @Flag(help: "List the kernels and their nodes.")
  var list = false
  @Flag(help: "Print JSON: kernels with their nodes, operations, bytes and, without --list, C.")
  var json = false

  private struct Kernel: Encodable {
    var name: String
    /// Of the graph that the last pass left, and of the program's graph.
    var nodes: [String]
    var programNodes: [String]
    /// What a call has to do at least at the example's sizes: arithmetic operations, and bytes read and written.
    var operations: Double
    var bytes: Double
    /// Nil for a call of an operator.
    var code: String?
  }

  func run() throws {
    let model: OpenModel = try Engine.open(file)
    let rendered: RenderedGraph = try Engine.render(model)
    let (artifact, report) = (rendered.artifact, CompilationReport(rendered, hints: model.program.symbolHints))
    var kernels: [Kernel] = zip(artifact.kernels, report.kernels).map { kernel, facts in
      Kernel(
        name: kernel.name, nodes: kernel.nodes.map { artifact.schedule.graph[$0].name }, programNodes: facts.nodes.map { model.program.graph.nodes[$0].name },
        operations: facts.operations, bytes: facts.bytes, code: list ? nil : kernel.text)
    }
    if let kernel {
      kernels = kernels.filter { $0.name == kernel }
      guard !kernels.isEmpty else { throw LatheError(.badInput, subject: file, "there is no kernel '\(kernel)'; --list names them") }
    }
    if json { return try Output.print(json: kernels) }
    if list {
      for kernel in kernels {
        let isCall: Bool = artifact.kernels.contains { $0.name == kernel.name && $0.text == nil }
        Output.print("\(kernel.name)\(isCall ? "  (operator call)" : ""): \(kernel.nodes.joined(separator: ", "))")
      }
    } else if let kernel = kernels.first, self.kernel != nil {
      Output.print(kernel.code ?? "// \(kernel.name) calls the operator's own kernel")
    } else {
      Output.print(artifact.source.text)
    }
  }
}
