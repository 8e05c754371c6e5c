import Foundations
import Graphs
import Operators
import Tensors
import Testing

@testable import Compiler

/// Loops whose number of steps only the run reveals, compiled: checked against eager runs.
@Suite struct LoopTests {
  private func graph(_ types: [ValueType], _ outputs: (GraphTracer, [Value]) throws -> [Value]) throws -> Value {
    let maker = GraphMaker()
    let operands: [Value] = types.enumerated().map { number, type in
      maker.tracer.placeholder(Graph.Node(operation: .placeholder(.operand(number)), name: "arg\(number)", type: type))
    }
    return .subgraph(SubgraphReference(name: "graph", graph: try maker.finish(try outputs(maker.tracer, operands))))
  }

  /// A tensor whose rows are one row in memory is carried, and its rows become different ones.
  @Test func rowsThatShareMemoryBecomeRowsOfTheirOwn() throws {
    let maker = GraphMaker()
    let (count, row, column): (Value, Value, Value) = (maker.input("n", 0, .i64, []), maker.input("x", 1, .f32, [3]), maker.input("y", 2, .f32, [2, 1]))
    let rows: Value = try maker("aten.expand.default", row, .ints([2, 3]))
    let types: [ValueType] = [count, rows, column].map(\.type)
    let condition: Value = try graph(types) { [try $0.run("aten.gt.Scalar", [("", $1[0]), ("", .integer(0))])[0]] }
    let body: Value = try graph(types) { runner, given in
      [try runner.run("aten.sub.Scalar", [("", given[0]), ("", .integer(1))])[0], try runner.run("aten.add.Tensor", [("", given[1]), ("", given[2])])[0]]
    }
    let results: [Value] = try maker.tracer.run(
      "higher_order.while_loop", [condition, body, .list([count, rows]), .list([column])].map { ("", $0) })
    let whole: Graph = try maker.finish(results)
    let compiled: CompiledGraph = try whole.compiled(maker.environment)
    for steps in [0, 1, 3] {
      let inputs: [Tensor] = [try Tensor(scalar: .int(steps), .i64), try Tensor.counting([3]), try Tensor.counting([2, 1], by: 10)]
      #expect(try compiled(inputs).map { try $0.doubles() } == whole.eager(inputs).map { try $0.doubles() })
    }
  }
}
