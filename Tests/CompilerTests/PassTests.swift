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

@Suite struct FoldingTests {
  /// A convolution, batch normalisation and relu: the normalisation is gone into the weights, the image is channels-last between copies,
  /// and the numbers stay.
  @Test func batchNormalisationGoesIntoTheConvolution() throws {
    let tensors: [String: Tensor] = [
      "w": try Tensor.counting([4, 3, 3, 3], by: 0.01), "mean": try Tensor([0.5, -0.25, 0.125, 1], sizes: [4]), "variance": try Tensor([1, 2, 0.5, 4], sizes: [4]),
      "scale": try Tensor([1.5, -1, 0.5, 2], sizes: [4]), "shift": try Tensor([0.1, 0.2, -0.3, 0.4], sizes: [4]),
    ]
    let make = GraphMaker()
    let x: Value = make.input("x", 0, .f32, [2, 3, 8, 8])
    func parameter(_ name: String) -> Value {
      make.tracer.placeholder(Graph.Node(operation: .placeholder(.parameter(name)), name: name, type: .tensor(TensorType(tensors[name]!))))
    }
    let names: [String] = ["w", "scale", "shift", "mean", "variance"]
    let parameters: [Value] = names.map(parameter)
    let image: Value = try make("aten.conv2d.default", x, parameters[0])
    let normal: Value = try make(
      "aten.batch_norm.default", image, parameters[1], parameters[2], parameters[3], parameters[4], .bool(false), .double(0.1), .double(1e-5), .bool(true))
    let graph = try make.finish(try make("aten.relu.default", normal))
    let compiled = try CompiledGraph(
      graph, environment: make.environment,
      given: { if case .parameter(let name) = $0 { tensors[name] } else { nil } }, toolchain: Toolchain(compiler: try CCompiler.find()), cache: try KernelCache())
    #expect(compiled.graph.operators == ["aten.clone.default", "aten.conv2d.default", "aten.relu.default", "aten.clone.default"])
    try compiled.setConstants(Dictionary(uniqueKeysWithValues: compiled.constantNodes.map { node in
      guard case .placeholder(let role) = node.operation else { return (node.name, tensors["w"]!) }
      switch role {
      case .parameter(let name): return (node.name, tensors[name]!)
      default: return (node.name, tensors["w"]!)
      }
    }))
    let input = try Tensor.counting([2, 3, 8, 8], by: 0.02)
    let expected: [Double] = try graph.eager([input] + names.map { tensors[$0]! })[0].doubles()
    for (a, b) in zip(try compiled([input])[0].doubles(), expected) { #expect(abs(a - b) <= 1e-4 + 1e-4 * abs(b)) }
  }
}
