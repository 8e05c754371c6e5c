import Compiler
import Foundations
import Graphs
import Operators
import Tensors
import Testing

@Suite struct ShrinkerTests {
  /// A chain with branches, a list result, an in-place operator and a parameter, around one `tanh`.
  private func sample() throws -> GraphCase {
    let make = GraphMaker()
    let x: Value = make.input("x", 0, .f32, [4, 6])
    let p: Value = make.tracer.placeholder(
      Graph.Node(operation: .placeholder(.parameter("p")), name: "p", type: .tensor(TensorType(dtype: .f32, sizes: [6]))))
    var value: Value = try make("aten.add.Tensor", x, p)
    for _ in 0..<8 { value = try make("aten.sin.default", value) }
    let halves: Value = try make("aten.split.Tensor", value, .integer(3), .integer(1))
    guard case .list(let parts) = halves else { throw LatheError.badInput("split gives a list") }
    let wrong: Value = try make("aten.tanh.default", parts[1])
    let clone: Value = try make("aten.clone.default", wrong)
    var rest: Value = try make("aten.mul_.Tensor", clone, parts[0])
    for _ in 0..<8 { rest = try make("aten.sin.default", rest) }
    let joined: Value = try make("aten.cat.default", .list([rest, wrong, parts[0]]), .integer(1))
    return GraphCase(graph: try make.finish(joined, value), inputs: [try .counting([4, 6], by: 0.1), try .counting([6])])
  }

  /// Eager, but for an operator whose first element is wrong.
  private struct Faulty: OperatorRunner {
    let base = EagerRunner()
    let name: OperatorName
    var environment: ShapeEnvironment { base.environment }
    func run(_ name: OperatorName, _ arguments: [(name: String, value: Value)]) throws -> [Value] {
      let results: [Value] = try base.run(name, arguments)
      if name == self.name { results[0].tensor?.data.storeBytes(of: 7, as: Float.self) }
      return results
    }
    func run(_ subgraph: SubgraphReference, _ operands: [Value]) throws -> [Value] { try base.run(subgraph, operands) }
    func plan(for subgraph: SubgraphReference) -> GraphPlan { base.plan(for: subgraph) }
    func meaning(of name: OperatorName) -> OperatorRecord? { base.meaning(of: name) }
  }

  private func differs(_ graphCase: GraphCase, when name: OperatorName) throws -> Bool {
    let expected: [Tensor] = try graphCase.run(EagerRunner()).outputs
    return try OutputSpread(expected).difference(try graphCase.run(Faulty(name: name)).outputs) != nil
  }

  @Test(arguments: ["aten.tanh.default", "aten.mul_.Tensor", "aten.cat.default"])
  func aGraphWithOneWrongOperatorBecomesThatOperator(_ text: String) throws {
    let name = OperatorName(text)
    let start: GraphCase = try sample()
    #expect(try differs(start, when: name))
    let small: GraphCase = try GraphShrinker.shrink(start) { try differs($0, when: name) }
    #expect(try differs(small, when: name))
    #expect(small.graph.operators == [text])
    #expect(small.graph.outputs.count == 1)
  }

  @Test func aFailureOfTwoOperatorsTogetherKeepsBoth() throws {
    let small: GraphCase = try GraphShrinker.shrink(try sample()) { $0.graph.operators.contains("aten.mul_.Tensor") && $0.graph.operators.contains("aten.sin.default") }
    #expect(Set(small.graph.operators) == ["aten.mul_.Tensor", "aten.sin.default"])
    #expect(small.callCount <= 3)
  }

  @Test func symbolsBecomeNumbersAndKnownTensorsInputs() throws {
    let make = GraphMaker(hints: ["s0": 4], ranges: ["s0": 2...64])
    let x: Value = make.input("x", 0, .f32, [SymbolicInt(symbol: "s0"), 6])
    let p: Value = make.tracer.placeholder(
      Graph.Node(operation: .placeholder(.buffer("p", persistent: true)), name: "p", type: .tensor(TensorType(dtype: .f32, sizes: [6]))))
    let graph: Graph = try make.finish(try make("aten.relu.default", try make("aten.add.Tensor", x, p)))
    let start = GraphCase(graph: graph, inputs: [try .counting([4, 6]), try .counting([6])], hints: ["s0": 4], ranges: ["s0": 2...64])
    let small: GraphCase = try GraphShrinker.shrink(start) { $0.graph.operators.contains("aten.add.Tensor") }
    #expect(small.graph.operators == ["aten.add.Tensor"])
    #expect(small.hints.isEmpty)
    #expect(small.graph.placeholders.allSatisfy { if case .placeholder(.user) = small.graph[$0].operation { true } else { false } })
  }

  @Test func whatIsThrownEndsShrinking() throws {
    let start: GraphCase = try sample()
    #expect(throws: LatheError(.cancelled, "cancelled")) { try GraphShrinker.shrink(start) { _ in throw LatheError(.cancelled, "cancelled") } }
  }
}
