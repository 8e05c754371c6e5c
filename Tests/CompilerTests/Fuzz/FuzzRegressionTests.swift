import Compiler
import Foundations
import Graphs
import Operators
import Tensors
import Testing

/// Graphs that drawn ones were shrunk to when compiling them went wrong, each with what was wrong.
@Suite struct FuzzRegressionTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var wrong: String
    var make: @Sendable () throws -> GraphCase
    var testDescription: String { wrong }
  }

  static let cases: [Case] = [
    Case(wrong: "a weight's packing was written with the input's symbolic size, which has no value before a call (seeds 333, 503)") {
      let make = GraphMaker(hints: ["s0": 6], ranges: ["s0": 2...64])
      let weight: Value = make.known(.tensorConstant("w"), .f32, [6, 6])
      let x: Value = make.input("x", 0, .f32, [3, SymbolicInt(symbol: "s0")])
      return try make.graphCase([try make("aten.linear.default", x, weight)], [try .counting([6, 6], by: 0.1), try .counting([3, 6])])
    },
    Case(wrong: "a convolution's packing was written with the images' symbolic sizes (seed 421)") {
      let make = GraphMaker(hints: ["s0": 6], ranges: ["s0": 2...64])
      let size = SymbolicInt(symbol: "s0")
      let weight: Value = make.known(.parameter("w"), .f32, [16, 8, 3, 3])
      let x: Value = make.input("x", 0, .f32, [2, 8, size, size])
      let result: Value = try make("aten.conv2d.default", x, weight, .none, .ints([1, 1]), .ints([1, 1]))
      return try make.graphCase([result], [try .counting([16, 8, 3, 3], by: 0.001), try .counting([2, 8, 6, 6], by: 0.01)])
    },
    Case(wrong: "a reader of memory that an operator writes to was fused with what made that memory, before the write (seed 416)") {
      let make = GraphMaker()
      let x: Value = make.input("x", 0, .f32, [3, 24])
      let (mean, variance): (Value, Value) = (make.known(.parameter("m"), .f32, [24]), make.known(.buffer("v", persistent: true), .f32, [24]))
      let all: [Value] = try make.tracer.run(
        "aten._native_batch_norm_legit_functional.default",
        [x, .none, .none, mean, variance, .bool(true), .double(0.5), .double(1e-3)].map { ("", $0) })
      return try make.graphCase([try make("aten.neg.default", all[4])], [try .counting([3, 24]), try .counting([24]), try .counting([24])])
    },
    Case(wrong: "the sum of an expanded tensor and another was to lie as the expanded one, with elements on top of each other (seeds 28, 520)") {
      let make = GraphMaker()
      let x: Value = make.input("x", 0, .f32, [1, 3, 3], strides: [3, 0, 1])
      let y: Value = make.input("y", 1, .f32, [1, 3, 1])
      let narrow: Tensor = try .counting([3])
      let x0 = Tensor(storage: narrow.storage, dtype: .f32, sizes: [1, 3, 3], strides: [3, 0, 1])
      return try make.graphCase([try make("aten.add.Tensor", x, y)], [x0, try .counting([1, 3, 1], by: 10)])
    },
    Case(wrong: "a write to what contiguous gave did not reach the input that it is (seeds 226, 574)") {
      let make = GraphMaker()
      let x: Value = make.input("x", 0, .f32, [3, 4])
      let same: Value = try make("aten.contiguous.default", x)
      _ = try make("aten.mul_.Tensor", same, try make("aten.sin.default", x))
      return try make.graphCase([try make("aten.cos.default", x)], [try .counting([3, 4])])
    },
    Case(wrong: "what _to_copy gives was said to share its argument's memory, so that writes to it reached that (seeds 199, 218, 560)") {
      let make = GraphMaker()
      let x: Value = make.input("x", 0, .f32, [3, 4])
      let copy: Value = try make("aten._to_copy.default", x)
      return try make.graphCase([try make("aten.mul_.Tensor", copy, copy), try make("aten.cos.default", x)], [try .counting([3, 4])])
    },
    Case(wrong: "integers are compared by isclose in double") {
      let make = GraphMaker()
      let (x, y): (Value, Value) = (make.input("x", 0, .i32, [4, 6]), make.input("y", 1, .i32, [6]))
      let x0: Tensor = try Tensor((0..<24).map { $0 % 7 - 3 }, sizes: [4, 6], .i32)
      return try make.graphCase([try make("aten.isclose.default", x, y, .double(1.08))], [x0, try Tensor([0, 1, 2, -3, 2, 3], sizes: [6], .i32)])
    },
    Case(wrong: "a channels-last convolution over no channels multiplied what lies behind its weights (seed 982)") {
      let make = GraphMaker()
      let weight: Value = make.known(.parameter("w"), .f32, [15, 0, 3, 3])
      let x: Value = make.input("x", 0, .f32, [2, 0, 9, 70])
      let result: Value = try make("aten.conv2d.default", x, weight, make.known(.parameter("b"), .f32, [15]), .ints([1, 1]), .ints([1, 1]))
      return try make.graphCase([try make("aten.relu.default", result)], [try .counting([15, 0, 3, 3]), try .counting([2, 0, 9, 70]), try .counting([15])])
    },
    Case(wrong: "integers divided without a rounding mode were brought back to integers (seed 533)") {
      let make = GraphMaker()
      let x: Value = make.input("x", 0, .i32, [31, 1])
      let whole = try Tensor((0..<31).map { $0 - 7 }, sizes: [31, 1], .i32)
      return try make.graphCase([try make("aten.divide.Tensor_mode", x, x, .none)], [whole])
    },
  ]

  @Test(arguments: cases) func compiledEqualsEager(_ regression: Case) throws {
    let folder = try ScratchFolder()
    let graphCase: GraphCase = try regression.make()
    let verdict: GraphVerdict = graphCase.check(toolchain: Toolchain(compiler: try CCompiler.find()), cache: folder.cache)
    guard case .agrees(let compared, _) = verdict else {
      Issue.record("\(verdict.sentence)\n\(graphCase.description)")
      return
    }
    #expect(compared > 0)
  }
}

extension GraphMaker {
  /// A parameter, buffer or constant.
  fileprivate func known(_ role: Graph.InputRole, _ dtype: DType, _ sizes: [SymbolicInt]) -> Value {
    let name: String = "k\(tracer.result.graph.nodes.count)"
    return tracer.placeholder(Graph.Node(operation: .placeholder(role), name: name, type: .tensor(TensorType(dtype: dtype, sizes: sizes))))
  }
  fileprivate func graphCase(_ outputs: [Value], _ inputs: [Tensor]) throws -> GraphCase {
    GraphCase(graph: try finish(outputs), inputs: inputs, hints: environment.hints, ranges: environment.hints.mapValues { _ in 2...64 })
  }
}
