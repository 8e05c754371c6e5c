import Foundations
import Graphs
import Operators
import Testing

/// Shapes over symbols; expectations worked out by hand from PyTorch's rules.
@Suite struct ShapeRuleTests {
  let s0 = SymbolicInt(symbol: "s0")
  let s1 = SymbolicInt(symbol: "s1")

  private func runner() -> ShapeRunner {
    ShapeRunner(environment: ShapeEnvironment(hints: ["s0": 6, "s1": 10], ranges: ["s0": 2...512, "s1": 2...512]))
  }
  private func tensor(_ sizes: SymbolicInt...) -> Value { .abstract(TensorType(dtype: .f32, sizes: sizes)) }

  @Test func sizesStaySymbolic() throws {
    let runner = runner()
    func shape(_ name: OperatorName, _ arguments: Value...) throws -> String? {
      try runner.run(name, arguments.map { ("", $0) })[0].tensorType?.shortDescription
    }
    #expect(try shape("aten.add.Tensor", tensor(s0, 1, 4), tensor(s1, 1)) == "f32[s0, s1, 4]")
    #expect(try shape("aten.view.default", tensor(s0, s1, 8), .list([.int(s0), .int(-1), .int(4)])) == "f32[s0, 2*s1, 4]")
    #expect(try shape("aten.flatten.using_ints", tensor(s0, s1, 8)) == "f32[8*s0*s1]")
    #expect(try shape("aten.slice.Tensor", tensor(s0, s1), .integer(1), .integer(1)) == "f32[s0, s1 - 1]")
    #expect(try shape("aten.gt.Scalar", tensor(s0), .integer(1)) == "b8[s0]")
  }

  /// Two symbols that must be equal are found equal by their hints, and the decision is kept.
  @Test func aComparisonBecomesADecision() throws {
    let environment = ShapeEnvironment(hints: ["s0": 6, "s1": 6], ranges: ["s0": 2...512, "s1": 2...512])
    _ = try ShapeRunner(environment: environment).run("aten.add.Tensor", [("", tensor(s0)), ("", tensor(s1))])
    #expect(environment.decisions.map { "\($0.left) \($0.relation.rawValue) \($0.right)" } == ["s1 == s0"])
  }

  @Test func mismatchesAreRefusedInPyTorchsWords() throws {
    let error: LatheError? = #expect(throws: LatheError.self) { try runner().run("aten.add.Tensor", [("", tensor(4)), ("", tensor(3))]) }
    #expect(error?.message.contains("The size of tensor a (4) must match the size of tensor b (3) at non-singleton dimension 0") == true)
  }
}
