import Compiler
import Foundations
import Graphs
import Operators
import Tensors
import Testing

/// Graphs of operators, sizes, layouts and element types drawn at random, compiled and compared with the eager run. Not the 16-bit
/// types: inside a kernel their values are not rounded, so that after `floor` or a comparison no tolerance holds.
@Suite struct RandomGraphTests {
  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z: UInt64 = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  private static let unary: [OperatorName] = [
    "aten.relu.default", "aten.sigmoid.default", "aten.tanh.default", "aten.exp.default", "aten.abs.default", "aten.neg.default", "aten.sin.default",
    "aten.floor.default", "aten.silu.default", "aten.gelu.default", "aten.erf.default", "aten.sgn.default", "aten.logical_not.default", "aten.square.default",
  ]
  private static let binary: [OperatorName] = [
    "aten.add.Tensor", "aten.sub.Tensor", "aten.mul.Tensor", "aten.maximum.default", "aten.minimum.default", "aten.lt.Tensor", "aten.eq.Tensor",
    "aten.ge.Tensor",
  ]

  /// - Returns: the graph and inputs for it.
  private func graph(_ seed: UInt64, nodes: Int) throws -> (Graph, ShapeEnvironment, [Tensor]) {
    var random = Generator(state: seed)
    let make = GraphMaker()
    var values: [Value] = []
    var inputs: [Tensor] = []
    let shapes: [[Int]] = [[5, 12], [12], [5, 1], [5, 12], [1, 12], [60]]
    for (number, sizes) in shapes.enumerated() {
      let dtype: DType = [.f32, .f32, .f64, .i64, .bool, .f32, .i32][Int.random(in: 0..<7, using: &random)]
      values.append(make.input("x\(number)", number, dtype, sizes.map { SymbolicInt($0) }))
      inputs.append(try Tensor((0..<sizes.reduce(1, *)).map { _ in (Double.random(in: -2...2, using: &random) * 8).rounded() / 8 }, sizes: sizes, dtype))
    }
    // Each call also runs at once: what PyTorch refuses for a type (the negative of a truth value) is drawn anew.
    var results: [Tensor] = inputs
    let eager = EagerRunner()
    func any() -> Int { Int.random(in: 0..<values.count, using: &random) }
    while values.count < shapes.count + nodes {
      let x: Int = any()
      let sizes: [Int] = results[x].sizes
      let name: OperatorName
      var operands: [Int] = [x]
      var rest: [Value] = []
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<4: name = RandomGraphTests.unary[Int.random(in: 0..<RandomGraphTests.unary.count, using: &random)]
      case 4..<7:
        name = RandomGraphTests.binary[Int.random(in: 0..<RandomGraphTests.binary.count, using: &random)]
        operands.append(any())
      case 7:
        guard sizes.count == 2 else { continue }
        name = "aten.t.default"
      case 8: (name, rest) = ("aten.reshape.default", [.ints([-1])])
      default:
        guard let size = sizes.first, size > 2 else { continue }
        (name, rest) = ("aten.slice.Tensor", [.integer(0), .integer(1), .integer(size - 1)])
      }
      guard let result = try? eager.run(name, (operands.map { .tensor(results[$0]) } + rest).map { ("", $0) })[0].tensor else { continue }
      values.append(try make.tracer.run(name, (operands.map { values[$0] } + rest).map { ("", $0) })[0])
      results.append(result)
    }
    return (try make.finish(Array(values.suffix(12))), make.environment, inputs)
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func compiledEqualsEager(seed: UInt64) throws {
    let (graph, environment, inputs) = try graph(seed, nodes: 40)
    let expected: [Tensor] = try graph.eager(inputs)
    let actual: [Tensor] = try graph.compiled(environment)(inputs)
    #expect(actual.count == expected.count)
    for (place, (a, b)) in zip(actual, expected).enumerated() {
      #expect(a.sizes == b.sizes && a.dtype == b.dtype)
      let bound: Double = a.dtype == .f32 ? 1e-4 : a.dtype == .f64 ? 1e-9 : 0
      for (x, y) in zip(try a.doubles(), try b.doubles()) where !(x == y || (x.isNaN && y.isNaN) || abs(x - y) <= bound + bound * abs(y)) {
        Issue.record("seed \(seed), output \(place) \(a.dtype): \(x), expected \(y)\n\(graph.readable())")
        return
      }
    }
  }
}
