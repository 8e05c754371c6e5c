import Archives
import Compiler
import Engine
import Foundations
import Graphs
import Operators
import Synchronization
import Tensors
import Testing

@Suite struct CompiledTests {
  /// After every pass the graph still computes the same.
  @Test(arguments: ["bert", "gpt", "resnet", "lstm_tagger", "early_exit", "mixer_bf16"])
  func passesKeepTheProgramSound(name: String) throws {
    let model: OpenModel = try Engine.open("\(Files.demoModels)/\(name).pt2")
    for report in try Engine.render(model).passes {
      guard let graph = report.graph else { continue }
      let problems: [String] = GraphVerifier(environment: ShapeEnvironment(hints: model.program.symbolHints)).problems(in: graph)
      #expect(problems.isEmpty, "after \(report.name): \(problems.prefix(3))")
    }
  }

  /// A kernel of the profile stands for nodes of the graph, and every call of the program runs it.
  @Test func kernelsAreTimed() throws {
    let model: OpenModel = try Engine.open("\(Files.demoModels)/perceptron.pt2")
    let result: BenchResult = try Engine.bench(model, inputs: .random(seed: 0, sizes: [:]), seconds: 0.05)
    let artifact: RenderedArtifact = try Engine.render(model).artifact
    #expect(result.kernels.map(\.name) == artifact.kernels.map(\.name))
    #expect(result.kernels.allSatisfy { $0.calls >= result.profiledCalls && $0.calls % result.profiledCalls == 0 })
    #expect(artifact.kernels.allSatisfy { !$0.nodes.isEmpty })
  }

  /// What the kernels compute is told by nodes of the program's own graph, whatever the passes made of it.
  @Test(arguments: ["gpt", "early_exit"]) func kernelsLeadToTheProgramsNodes(name: String) throws {
    let model: OpenModel = try Engine.open("\(Files.demoModels)/\(name).pt2")
    let report: CompilationReport = try Engine.compile(model)
    #expect(report.phases.map(\.name) == ["passes", "lower", "render", "compile", "load"])
    #expect(report.kernels.contains { $0.code != nil } && report.kernels.contains { $0.code == nil })
    for kernel in report.kernels {
      #expect(!kernel.nodes.isEmpty, "\(kernel.name)")
      for node in kernel.nodes {
        if case .placeholder = model.program.graph.nodes[node].operation { Issue.record("\(kernel.name) computes the input \(model.program.graph.nodes[node].name)") }
      }
    }
    let products: [Int] = model.program.graph.nodes.indices.filter { model.program.graph.nodes[$0].operation == .call("aten.linear.default") }
    let computed = Set(report.kernels.flatMap(\.nodes))
    #expect(!products.isEmpty && products.allSatisfy(computed.contains))
  }

  /// While a program is profiled its kernels' times are told, and they only grow.
  @Test func kernelTimesAreTold() throws {
    final class Told: EventSink {
      let calls = Mutex<[Int]>([])
      func report(_ event: Event) {
        if case .kernelTimes(let calls, let times) = event, times.allSatisfy({ $0.calls >= calls }) { self.calls.withLock { $0.append(calls) } }
      }
    }
    let told = Told()
    let model: OpenModel = try Engine.open("\(Files.demoModels)/perceptron.pt2")
    let result: BenchResult = try Engine.bench(model, inputs: .random(seed: 0, sizes: [:]), seconds: 0.01, profileSeconds: 0.6, events: told)
    let calls: [Int] = told.calls.withLock { $0 }
    #expect(!calls.isEmpty && calls.count <= 2 && calls == calls.sorted() && (calls.last ?? 0) <= result.profiledCalls)
  }
}
