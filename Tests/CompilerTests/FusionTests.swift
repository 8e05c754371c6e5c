import Compiler
import Foundations
import Graphs
import LoopIR
import Operators
import Tensors
import Testing

@Suite struct FusionTests {
  private func kernels(_ graph: Graph, _ environment: ShapeEnvironment) throws -> (fused: Int, calls: Int, schedule: Schedule) {
    let schedule: Schedule = try RenderedGraph(graph, environment: environment).artifact.schedule
    let fused: Int = schedule.steps.filter { if case .kernel = $0 { true } else { false } }.count
    return (fused, schedule.steps.count - fused, schedule)
  }

  @Test func aChainIsOneKernel() throws {
    let make = GraphMaker()
    let (x, y): (Value, Value) = (make.input("x", 0, .f32, [8, 16]), make.input("y", 1, .f32, [16]))
    let sum: Value = try make("aten.add.Tensor", x, y)
    let gate: Value = try make("aten.sigmoid.default", sum)
    let graph = try make.finish(try make("aten.mul.Tensor", sum, try make("aten.relu.default", gate)))
    let (fused, calls, schedule) = try kernels(graph, make.environment)
    #expect(fused == 1 && calls == 0)
    #expect(schedule.accesses.count >= 2)
  }

  /// The product with the permuted view reads the sum once it is stored nowhere.
  @Test func viewsCostNoKernel() throws {
    let make = GraphMaker()
    let x: Value = make.input("x", 0, .f32, [4, 6])
    let doubled: Value = try make("aten.mul.Scalar", x, .integer(2))
    let split: Value = try make("aten.view.default", doubled, .ints([4, 2, 3]))
    let turned: Value = try make("aten.permute.default", split, .ints([2, 0, 1]))
    let graph = try make.finish(try make("aten.exp.default", turned))
    #expect(try kernels(graph, make.environment).fused == 1)
    let input = try Tensor.counting([4, 6], by: 0.1)
    let compiled: [Tensor] = try graph.compiled(make.environment)([input])
    let expected: Tensor = try graph.eager([input])[0]
    #expect(compiled[0].sizes == [3, 4, 2])
    for (a, b) in zip(try compiled[0].doubles(), try expected.doubles()) { #expect(abs(a - b) <= 1e-5 * abs(b)) }
  }

  /// What only the kernel itself reads is not stored; what is also an output is.
  @Test func onlyWhatIsReadLaterIsStored() throws {
    let make = GraphMaker()
    let x: Value = make.input("x", 0, .f32, [64])
    let kept: Value = try make("aten.tanh.default", x)
    let graph = try make.finish(kept, try make("aten.mul.Tensor", kept, kept))
    let (fused, _, schedule) = try kernels(graph, make.environment)
    #expect(fused == 1)
    guard case .kernel(let kernel)? = schedule.steps.first else { return }
    #expect(kernel.stores.count == 2)
  }

  @Test func sameGraphSameText() throws {
    let make = GraphMaker(hints: ["s0": 4], ranges: ["s0": 2...100])
    let x: Value = make.input("x", 0, .f32, [SymbolicInt(symbol: "s0"), 8])
    let graph = try make.finish(try make("aten.softmax.int", try make("aten.gelu.default", x), .integer(-1)), try make("aten.neg.default", x))
    let texts: Set<String> = Set(try (0..<3).map { _ in try RenderedGraph(graph, environment: make.environment).artifact.source.text })
    #expect(texts.count == 1)
  }
}
