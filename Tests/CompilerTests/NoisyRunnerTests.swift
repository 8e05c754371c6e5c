import Compiler
import Foundations
import Graphs
import Operators
import Tensors
import Testing

/// What rounding in another order may do, as the noise has it.
@Suite struct NoisyRunnerTests {
  /// 0.1 - 0.1 + 0.2 - 0.2 is 0, 0.1 + 0.2 - 0.1 - 0.2 is 2^-55.
  @Test func aSumThatCancelsHasNoSign() throws {
    let make = GraphMaker()
    let (x, y): (Value, Value) = (make.input("x", 0, .f64, [1, 4]), make.input("y", 1, .f64, [1]))
    let graph: Graph = try make.finish(try make("aten.copysign.Tensor", y, try make("aten.mean.dim", x, .ints([1]))))
    let inputs: [Tensor] = [try Tensor([0.1, -0.1, 0.2, -0.2], sizes: [1, 4], .f64), try Tensor([3.0], sizes: [1], .f64)]
    func results(_ scope: NoisyRunner.Scope) throws -> Set<Double> {
      Set(try (0..<20).map { seed in
        let runner = NoisyRunner(EagerRunner(), scope: scope, seed: UInt64(seed))
        return try GraphPlan(graph, table: .standard).run(inputs.map { .tensor($0) }, runner: runner).compactMap(\.tensor)[0].doubles()[0].rounded()
      })
    }
    #expect(try results(.everything) == [3, -3])
    // Sums of zeros are zeros in any order.
    let zeros: [Tensor] = [try Tensor.empty([1, 4], .f64), inputs[1]]
    zeros[0].fill(.double(0))
    let runner = NoisyRunner(EagerRunner(), scope: .everything, seed: 1)
    #expect(try GraphPlan(graph, table: .standard).run(zeros.map { .tensor($0) }, runner: runner).compactMap(\.tensor)[0].doubles()[0] > 0)
  }
}
