import Foundations
import Graphs
import Operators
import Testing

/// Decisions on symbols, against what a search over small numbers says.
@Suite struct ShapeEnvironmentTests {
  /// Asked again, a decision that bounds one symbol is settled; the bounds hold exactly the numbers that answer alike.
  @Test(arguments: [-3, -2, -1, 1, 2, 3], [-7, -1, 0, 1, 5, 12]) func boundsAreExact(coefficient: Int, constant: Int) {
    let s = SymbolicInt(symbol: "s")
    let size: SymbolicInt = s * .constant(coefficient) + .constant(constant)
    for hint in 2...9 {
      for limit in [-4, 0, 3, 6] {
        let environment = ShapeEnvironment(hints: ["s": hint], ranges: ["s": 2...40])
        let answer: Bool = environment.isLess(size, .constant(limit))
        #expect(answer == (hint * coefficient + constant < limit))
        let range: ClosedRange<Int> = environment.ranges["s"] ?? 0...0
        let alike: [Int] = (2...40).filter { ($0 * coefficient + constant < limit) == answer }
        #expect(range == alike.first!...alike.last!, "\(size) < \(limit) at \(hint)")
      }
    }
  }

  /// What was decided to divide evenly makes quotients exact.
  @Test func divisibilityIsRemembered() {
    let s = SymbolicInt(symbol: "s")
    let environment = ShapeEnvironment(hints: ["s": 12], ranges: ["s": 2...100])
    #expect(environment.isEqual(s.modulo(4), 0))
    let count: Int = environment.decisions.count
    #expect(environment.isEqual(s.floorDivided(by: 4) * 4, s) && environment.isEqual(s.floorDivided(by: 4) * 4 + 1, s + 1))
    #expect(environment.decisions.count == count)
    #expect(!environment.isEqual(s.floorDivided(by: 4) * 4, s + 4))
  }

  @Test func substitutionKeepsValues() {
    let (a, b) = (SymbolicInt(symbol: "a"), SymbolicInt(symbol: "b"))
    let size: SymbolicInt = (a * 3 + b).floorDivided(by: 2) * b + .maximum(a, b.modulo(5)) - 7
    let replaced: SymbolicInt = size.substituting { $0 == "a" ? b * 2 + 1 : nil }
    for value in 1..<20 {
      #expect(replaced.evaluate { ["b": value][$0] } == size.evaluate { ["a": value * 2 + 1, "b": value][$0] })
    }
    #expect(size.substituting { _ in 3 }.constant == size.evaluate { _ in 3 })
  }

  /// A graph that is worked out anew keeps the names of what its nodes reveal; what they do not name gets names of its own.
  @Test func revealedSizesKeepTheirNames() throws {
    let environment = ShapeEnvironment()
    let (u0, u7): (SymbolicInt, SymbolicInt) = (SymbolicInt(symbol: "u0"), SymbolicInt(symbol: "u7"))
    let (input, found): (ValueType, ValueType) = (.tensor(TensorType(dtype: .f32, sizes: [u0])), .tensor(TensorType(dtype: .f32, sizes: [u0, u7])))
    var graph = Graph()
    _ = graph.append(Graph.Node(operation: .placeholder(.user(0)), name: "x", type: input))
    _ = graph.append(Graph.Node(operation: .call("aten.index.Tensor"), name: "found", type: found))
    for _ in 0..<2 {
      environment.begin(graph: graph)
      environment.know(unbackedSymbolsOf: input)
      environment.begin(node: 1, yielding: found)
      #expect(environment.unbackedSymbol() == u7)
    }
    #expect(environment.unbackedSymbol() == SymbolicInt(symbol: "u8"))
  }

  /// What only a run tells is settled by nothing but that sizes are not negative, unless the program's own checks are relied on.
  @Test func whatARunRevealsIsRequired() throws {
    let environment = ShapeEnvironment(ranges: ["u0": 2...9])
    let (size, number): (SymbolicInt, SymbolicInt) = (environment.unbackedSymbol(), environment.unbackedSymbol(isSize: false))
    #expect(environment.settled(size, .greaterOrEqual, 0, assumesRanges: false) == true)
    #expect(environment.settled(number, .greaterOrEqual, 0) == nil)
    #expect(environment.settled(size, .less, 10, assumesRanges: false) == nil)
    #expect(environment.settled(size, .less, 10) == true)
    let call = try OperatorCall(OperatorSchema("aten::relu(Tensor self) -> Tensor"), [("", .none)], environment: environment)
    for _ in 0..<2 { try environment.require(size, .less, 10, call, orElse: "too many") }
    #expect(environment.requirements.map(\.message) == ["torch.ops.aten.relu.default: too many"])
    #expect(throws: LatheError.self) { try environment.require(size, .less, 0, call, orElse: "too few") }
  }
}
