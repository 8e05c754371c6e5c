import Archives
import Compiler
import Engine
import Foundations
import Graphs
import Operators
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
}
