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

  /// A number that a loop carries is what the steps made of it, not what it was at first.
  @Test func numbersAreCarried() throws {
    let maker = GraphMaker()
    let (input, number): (Value, SymbolicInt) = (maker.input("x", 0, .f32, [3]), SymbolicInt(symbol: "i"))
    let types: [ValueType] = [.int(number), input.type]
    let condition: Value = try graph(types) { [try $0.run("aten.lt.Scalar", [("", try $0.run("aten.sum.default", [("", $1[1])])[0]), ("", .integer(50))])[0]] }
    let body: Value = try graph(types) { runner, given in
      [.int(number + 2), try runner.run("aten.add.Scalar", [("", given[1]), ("", .integer(1))])[0]]
    }
    let results: [Value] = try maker.tracer.run("higher_order.while_loop", [condition, body, .list([.integer(1), input])].map { ("", $0) })
    let whole: Graph = try maker.finish(try maker("aten.full.default", .ints([2]), results[0], keywords: ["dtype": .dtype(.i64)]), results[1])
    let compiled: CompiledGraph = try whole.compiled(maker.environment)
    for start in [0.0, 100] {
      let inputs: [Tensor] = [try Tensor([start, start, start], sizes: [3])]
      #expect(try compiled(inputs).map { try $0.doubles() } == whole.eager(inputs).map { try $0.doubles() })
    }
  }
}
