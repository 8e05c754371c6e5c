import ArgumentParser
import Engine
import Foundation
import Foundations

/// `lathe explain`: what calls make of a program.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Call a program with several inputs and say what was captured, guarded and recompiled, and why.",
    discussion: """
      Needs no C compiler: graphs are captured and guarded, and run operator by operator.

      Examples:
        lathe explain model.pt2
        lathe explain model.pt2 --inputs a.safetensors --inputs b.safetensors
        lathe explain model.pt2 --sweep "x:0=1,2,4,8" --json
      """)
  @ArgumentParser.Argument(help: "A program that torch.export saved.", completion: .file(extensions: ["pt2"]))
  var file: String
  @Option(parsing: .singleValue, help: "A safetensors file with inputs; may be repeated. Made up where none is given.", completion: .file(extensions: ["safetensors"]))
  var inputs: [String] = []
  @Option(help: "A schedule of further calls, as INPUT:DIMENSION=SIZE,SIZE,…; see lathe run --help.")
  var sweep: String?
  @OptionGroup var capture: CaptureOptions
  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let sweep: Sweep? = try sweep.map { try Sweep(parsing: $0) }
    let model: OpenModel = try Engine.open(file)
    try capture.apply(to: model.session)
    let sources: [InputSource] = inputs.isEmpty && sweep == nil ? [.random(seed: 0, sizes: [:])] : inputs.map { .file($0) }
    let events = StandardErrorNotices()
    defer { events.clear() }
    let explanation: Explanation = try Engine.explain(model, inputs: sources, sweep: sweep, events: events)
    events.clear()
    if json { return try Output.print(json: explanation) }
    Output.print("\(explanation.graphCount) graph, \(explanation.breakCount) graph breaks, \(explanation.operatorCount) operators; stance \(explanation.stance)")
    for (number, call) in explanation.calls.enumerated() {
      Output.print("call \(number)  \(call.inputs.joined(separator: ", "))  \(call.error.map { "failed: \($0)" } ?? call.served)")
    }
    for compile in explanation.compiles { ExplainCommand.show(compile) }
    for limit in explanation.limits { Output.print(limit) }
  }

  static func show(_ compile: CompileSummary) {
    Output.print("")
    let result: String = compile.error.map { "failed: \($0)" } ?? compile.seconds.map { "in \(Output.duration($0))" } ?? "unfinished"
    Output.print("[\(compile.id)]  \(compile.trigger)  \(result)")
    for input in compile.inputs { Output.print("  input    \(input.source)  \(input.dtype ?? "number")[\(input.symbolicSizes.joined(separator: ", "))]") }
    for symbol in compile.symbols { Output.print("  symbol   \(symbol)") }
    for restart in compile.restarts { Output.print("  restart  \(restart)") }
    for line in compile.guards {
      Output.print("  guard    \(line.text)\(line.neededBy.map { "    # \($0.file):\($0.line) \($0.text)" } ?? "")")
    }
    for reason in compile.reasons {
      Output.print("  entry \(reason.entry) did not fit; \(reason.heldCount) other guards hold")
      for failure in reason.failures {
        Output.print("    ✗ \(failure.text)    expected \(failure.expected), actual \(failure.actual)")
        if let place = failure.neededBy { Output.print("      needed by \(place.file):\(place.line)  \(place.text)") }
        for fix in failure.fixes { Output.print("      fix: \(fix)") }
      }
    }
  }
}
