import Compiler
import Foundations
import Graphs
import Operators
import Tensors
import Testing

@Suite struct PassTests {
  private func pass(_ name: String, _ graph: Graph) throws -> Graph? {
    let pass = try #require(GraphPass.all.first { $0.name == name })
    return try pass.run(graph, PassContext(environment: ShapeEnvironment(), table: .standard))
  }

  @Test func decomposeLeavesNoCompositeAndNoArithmeticOnSizes() throws {
    let make = GraphMaker()
    let x: Value = make.input("x", 0, .f32, [2, 6])
    let graph = try make.finish(try make("aten.flatten.using_ints", try make("aten.mish.default", x)))
    let after = try #require(try pass("decompose", graph))
    for name in after.operators {
      if case .composite? = OperatorTable.standard[OperatorName(name)]?.meaning { Issue.record("\(name) is made of others") }
    }
    let input = try Tensor.counting([2, 6], by: 0.25)
    #expect(try after.eager([input])[0].doubles() == graph.eager([input])[0].doubles())
  }

  /// x = [0 … 5] as [2, 3]: its second row gets 10 more through a view, then everything doubles; the numbers are worked out by hand.
  @Test func writesThroughViewsBecomeValues() throws {
    let make = GraphMaker()
    let x: Value = make.input("x", 0, .f32, [2, 3])
    let row: Value = try make("aten.select.int", x, .integer(0), .integer(1))
    _ = try make("aten.add_.Scalar", row, .integer(10))
    let sum: Value = try make("aten.add.Tensor", x, x)
    _ = try make("aten.mul_.Scalar", x, .integer(2))
    let graph = try make.finish(sum, row, x)
    let after = try #require(try pass("functionalize", graph))
    #expect(!after.operators.contains { $0.split(separator: ".")[1].hasSuffix("_") })
    let input = try Tensor.counting([2, 3])
    let outputs: [Tensor] = try after.eager([input])
    #expect(try outputs[0].doubles() == [0, 2, 4, 26, 28, 30])
    #expect(try outputs[1].doubles() == [26, 28, 30])
    #expect(try outputs[2].doubles() == [0, 2, 4, 26, 28, 30])
    #expect(try input.doubles() == [0, 1, 2, 3, 4, 5])
    #expect(after.outputRoles.last == .userInputMutation("x"))
  }

  @Test func equalCallsBecomeOneButRandomOnesDoNot() throws {
    let make = GraphMaker()
    let x: Value = make.input("x", 0, .f32, [4])
    let (a, b): (Value, Value) = (try make("aten.exp.default", x), try make("aten.exp.default", x))
    let (c, d): (Value, Value) = (try make("aten.rand_like.default", x), try make("aten.rand_like.default", x))
    let graph = try make.finish(try make("aten.add.Tensor", a, b), try make("aten.add.Tensor", c, d))
    let merged = try #require(try pass("common subexpressions", graph))
    let after = try #require(try pass("dead code", merged))
    #expect(after.operators.filter { $0 == "aten.exp.default" }.count == 1)
    #expect(after.operators.filter { $0 == "aten.rand_like.default" }.count == 2)
  }
}
