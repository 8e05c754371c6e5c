import Engine
import Foundation
import Foundations
import Graphs
import Operators
import Testing

@Suite struct CheckingTests {
  /// What PyTorch states wrongly itself: its fake LSTM gives the final states a dimension that the real one does not.
  private func isStatedWrongly(_ problem: String) -> Bool { problem.hasPrefix("node lstm_input: ") }

  /// Every operator's rule agrees with the types PyTorch wrote, symbolic sizes included.
  @Test func demoModelsAreSound() throws {
    let files = try Engine.listModels(Files.demoModels)
    #expect(files.count >= 6)
    for file in files { #expect(Engine.problems(in: try Engine.open("\(Files.demoModels)/\(file.name)")).filter { !isStatedWrongly($0) } == [], "\(file.name)") }
  }

  @Test(.enabled(if: Files.hasCorpus, Files.noCorpus), arguments: ["models-2.6", "models-2.15"])
  func corpusModelsAreSound(folder: String) throws {
    for file in try Engine.listModels("\(Files.corpus)/\(folder)") {
      #expect(Engine.problems(in: try Engine.open("\(Files.corpus)/\(folder)/\(file.name)")).filter { !isStatedWrongly($0) } == [], "\(file.name)")
    }
  }

  private func graph(_ sizes: [SymbolicInt], _ result: [SymbolicInt], uses: Int) -> Graph {
    var graph = Graph()
    let x = graph.append(.init(operation: .placeholder(.user(0)), name: "x", type: .tensor(TensorType(dtype: .f32, sizes: sizes))))
    _ = graph.append(
      .init(
        operation: .call("aten.add.Tensor"), arguments: [NamedArgument(name: "self", .node(x)), NamedArgument(name: "other", .node(Graph.NodeID(uses)))],
        name: "add", type: .tensor(TensorType(dtype: .f32, sizes: result))))
    return graph
  }

  @Test func aGraphThatLiesIsFound() {
    let s0 = SymbolicInt(symbol: "s0")
    let verifier = GraphVerifier(environment: ShapeEnvironment(hints: ["s0": 5]))
    #expect(verifier.problems(in: graph([s0, 4], [s0, 4], uses: 0)) == [])
    #expect(verifier.problems(in: graph([s0, 4], [s0, 3], uses: 0)).first?.contains("the file states f32[s0, 3]") == true)
    #expect(verifier.problems(in: graph([s0, 4], [s0, 4], uses: 1)).first?.contains("before it is defined") == true)
  }
}
