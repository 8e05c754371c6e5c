import Archives
import Capture
import Engine
import Foundation
import Foundations
import Graphs
import Synchronization
import Tensors
import Testing

@Suite struct RunTests {
  private func refusal(_ tensors: [Tensor]) throws -> String? {
    let model: OpenModel = try Engine.open("\(Files.demoModels)/gpt.pt2")
    do {
      _ = try Engine.run(model, inputs: .tensors(tensors))
      return nil
    } catch let error as LatheError { return error.description }
  }

  /// The program takes int64 tokens of sizes [1 ... 64, 4 ... 63].
  @Test func inputsThatDoNotFitAreRefused() throws {
    let good = try Tensor(Array(repeating: 1, count: 16), sizes: [2, 8])
    #expect(try refusal([good]) == nil)
    #expect(try refusal([])?.contains("takes 1 input") == true)
    #expect(try refusal([good, good])?.contains("but got 2") == true)
    #expect(try refusal([try good.converted(to: .f32)])?.contains("has element type float32, but the program takes int64") == true)
    #expect(try refusal([try Tensor(Array(repeating: 1, count: 8), sizes: [8])])?.contains("has 1 dimensions [8], but the program takes 2") == true)
    let message: String? = try refusal([try Tensor(Array(repeating: 1, count: 200), sizes: [2, 100])])
    #expect(message?.contains("has size 100 in dimension 1, outside the range [4, 63]") == true)
    #expect(message?.contains("gpt.pt2") == true)
  }

  @Test func theSameSeedGivesTheSameInputs() throws {
    let model: OpenModel = try Engine.open("\(Files.demoModels)/perceptron.pt2")
    let runs: [RunResult] = try [7, 7, 8].map { try Engine.run(model, inputs: .random(seed: $0, sizes: [:])) }
    #expect(try runs[0].inputs[0].doubles() == runs[1].inputs[0].doubles())
    #expect(try runs[0].outputs[0].doubles() == runs[1].outputs[0].doubles())
    #expect(try runs[0].inputs[0].doubles() != runs[2].inputs[0].doubles())
  }

  /// Counts reports and stops a run after some.
  private final class Stopper: EventSink, Cancellation {
    let seen = Mutex(0)
    func report(_ event: Event) { if case .operatorSample = event { seen.withLock { $0 += 1 } } }
    var isCancelled: Bool { seen.withLock { $0 } >= 5 }
  }

  @Test func aRunCanBeCancelled() throws {
    let model: OpenModel = try Engine.open("\(Files.demoModels)/bert.pt2")
    let stopper = Stopper()
    let error: LatheError? = #expect(throws: LatheError.self) {
      try Engine.run(model, inputs: .random(seed: 0, sizes: [:]), events: stopper, cancellation: stopper)
    }
    #expect(error?.kind == .cancelled)
    #expect(stopper.seen.withLock { $0 } == 5)
  }

  @Test func anUnknownOperatorIsNamed() throws {
    var graph = Graph()
    let type: ValueType = .tensor(TensorType(dtype: .f32, sizes: [2]))
    let x = graph.append(.init(operation: .placeholder(.user(0)), name: "x", type: type))
    let y = graph.append(.init(operation: .call("aten.frobnicate.default"), arguments: [NamedArgument(name: "self", .node(x))], name: "y", type: type))
    _ = graph.append(.init(operation: .output, arguments: [NamedArgument(.node(y))], name: "output"))
    graph.outputRoles = [.user]
    let runner = try ProgramRunner(ExportedProgram(name: "model", container: .legacyZip, graph: graph).captured)
    let error: LatheError? = #expect(throws: LatheError.self) { try runner.call([.tensor(try Tensor([1.0, 2.0], sizes: [2]))]) }
    #expect(error?.kind == .unsupported)
    #expect(error?.message.contains("aten.frobnicate.default") == true)
  }

  /// As `ExportedProgram.module()`: a buffer that the program adds to keeps its sum between calls, and the caller's input stays.
  @Test func mutatedBuffersStayAndInputsDoNotChange() throws {
    var graph = Graph()
    let type: ValueType = .tensor(TensorType(dtype: .f32, sizes: [2]))
    let total = graph.append(.init(operation: .placeholder(.buffer("total", persistent: true)), name: "b_total", type: type))
    let x = graph.append(.init(operation: .placeholder(.user(0)), name: "x", type: type))
    func call(_ name: OperatorName, _ arguments: [(String, Graph.NodeID)], _ node: String) -> Graph.NodeID {
      graph.append(.init(operation: .call(name), arguments: arguments.map { NamedArgument(name: $0.0, .node($0.1)) }, name: node, type: type))
    }
    _ = call("aten.add_.Tensor", [("self", total), ("other", x)], "add_")
    _ = call("aten.mul_.Tensor", [("self", x), ("other", x)], "mul_")
    let copy = call("aten.clone.default", [("self", total)], "clone")
    _ = graph.append(.init(operation: .output, arguments: [NamedArgument(.node(copy))], name: "output"))
    graph.outputRoles = [.user]
    var program = ExportedProgram(name: "model", container: .legacyZip, graph: graph)
    program.state["total"] = try Tensor([10.0, 20.0], sizes: [2])
    let runner = try ProgramRunner(program.captured)
    let input = try Tensor([1.0, 2.0], sizes: [2])
    #expect(try runner.call([.tensor(input)])[0].tensor!.doubles() == [11, 22])
    #expect(try runner.call([.tensor(input)])[0].tensor!.doubles() == [12, 24])
    #expect(try input.doubles() == [1, 2])
    #expect(try program.state["total"]!.doubles() == [10, 20])
  }
}
