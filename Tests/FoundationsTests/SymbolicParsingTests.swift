import Testing

@testable import Foundations

/// Texts of sympy 1.13 with PyTorch 2.6's functions (`torch/utils/_sympy/functions.py`): `sympy.srepr(e)` and `str(e)`.
struct SymbolicParsingTests {
  /// (what the file holds, what sympy prints)
  static let expressions: [(String, String)] = [
    ("Add(Symbol('s0', positive=True, integer=True), Mod(Add(Symbol('s0', positive=True, integer=True), Symbol('s1', positive=True, integer=True)), Integer(5)))", "s0 + (Mod(s0 + s1, 5))"),
    ("Mul(Integer(2), Mod(Symbol('s0', positive=True, integer=True), Integer(3)))", "2*(Mod(s0, 3))"),
    ("Mul(Integer(2), FloorDiv(Symbol('s0', positive=True, integer=True), Integer(2)))", "2*((s0//2))"),
    ("Mul(Integer(3), Symbol('s0', positive=True, integer=True), FloorDiv(Symbol('s1', positive=True, integer=True), Integer(4)))", "3*s0*((s1//4))"),
    ("Add(FloorDiv(Add(Symbol('s0', positive=True, integer=True), Integer(-1)), Integer(2)), Integer(1))", "(((s0 - 1)//2)) + 1"),
    ("Add(Integer(5), Mul(Integer(-1), Symbol('s0', positive=True, integer=True)))", "5 - s0"),
    ("Add(Mul(Integer(-1), Symbol('s0', positive=True, integer=True)), Integer(-5))", "-s0 - 5"),
    ("Add(Mul(Integer(-1), Symbol('s0', positive=True, integer=True)), Symbol('s1', positive=True, integer=True))", "-s0 + s1"),
    ("Add(Symbol('s0', positive=True, integer=True), Pow(Symbol('s1', positive=True, integer=True), Integer(2)))", "s0 + s1**2"),
    ("Add(Pow(Symbol('s0', positive=True, integer=True), Integer(2)), Symbol('s0', positive=True, integer=True))", "s0**2 + s0"),
    ("Add(Mul(Symbol('s0', positive=True, integer=True), Symbol('s1', positive=True, integer=True)), Symbol('s0', positive=True, integer=True))", "s0*s1 + s0"),
    ("Add(Mul(Integer(-1), Symbol('s0', positive=True, integer=True), Symbol('s1', positive=True, integer=True)), Integer(5))", "-s0*s1 + 5"),
    ("Add(Mul(Symbol('s0', positive=True, integer=True), Symbol('s1', positive=True, integer=True)), Integer(-1))", "s0*s1 - 1"),
    ("Symbol('s0', positive=True, integer=True)", "s0"),
    ("Add(Max(Symbol('s0', positive=True, integer=True), Symbol('s1', positive=True, integer=True)), Integer(1))", "Max(s0, s1) + 1"),
    ("Mul(Integer(2), Max(Symbol('s0', positive=True, integer=True), Symbol('s1', positive=True, integer=True)))", "2*Max(s0, s1)"),
    ("Min(Integer(4), Symbol('s0', positive=True, integer=True))", "Min(4, s0)"),
    ("FloorDiv(Symbol('s0', positive=True, integer=True), Symbol('s1', positive=True, integer=True))", "(s0//s1)"),
    ("FloorDiv(Mul(Symbol('s0', positive=True, integer=True), Symbol('s1', positive=True, integer=True)), Add(Symbol('s10', positive=True, integer=True), Integer(1)))", "((s0*s1)//(s10 + 1))"),
    ("Mod(Symbol('s0', positive=True, integer=True), Symbol('s1', positive=True, integer=True))", "Mod(s0, s1)"),
    ("Mul(Symbol('s0', positive=True, integer=True), Mod(Add(Symbol('s0', positive=True, integer=True), Integer(-1)), Symbol('s1', positive=True, integer=True)))", "s0*(Mod(s0 - 1, s1))"),
    ("Add(Symbol('s1', positive=True, integer=True), Symbol('s10', positive=True, integer=True))", "s1 + s10"),
    ("FloorDiv(Symbol('s0', positive=True, integer=True), Integer(6))", "(s0//6)"),
    ("Max(Integer(2), FloorDiv(Symbol('s0', positive=True, integer=True), Integer(3)))", "Max(2, (s0//3))"),
    ("Mul(Integer(-1), Mod(Symbol('s0', positive=True, integer=True), Integer(2)))", "-(Mod(s0, 2))"),
    ("Add(Integer(7), Mul(Integer(-1), FloorDiv(Symbol('s0', positive=True, integer=True), Integer(2))))", "7 - ((s0//2))"),
    ("Add(Mul(Integer(2), Symbol('s0', positive=True, integer=True)), Integer(2))", "2*s0 + 2"),
    ("FloorDiv(Add(Mul(Integer(2), Symbol('s0', positive=True, integer=True)), Integer(3)), Integer(4))", "((2*s0 + 3)//4)"),
    ("Mul(Pow(Symbol('s0', positive=True, integer=True), Integer(3)), Symbol('s1', positive=True, integer=True))", "s0**3*s1"),
    ("Mod(Add(Mul(Integer(2), Symbol('s0', positive=True, integer=True)), Integer(2)), Integer(6))", "Mod(2*s0 + 2, 6)"),
    ("Add(FloorDiv(Symbol('s0', positive=True, integer=True), Integer(4)), Integer(1))", "((s0//4)) + 1"),
    ("Add(Symbol('s0', positive=True, integer=True), Integer(1))", "s0 + 1"),
    ("Pow(Integer(2), Symbol('s0', positive=True, integer=True))", "2**s0"),
    ("Pow(Symbol('s0', positive=True, integer=True), Integer(2))", "s0**2"),
    ("FloorDiv(Add(Symbol('s0', positive=True, integer=True), Integer(1)), Integer(2))", "((s0 + 1)//2)"),
    ("Integer(0)", "0"),
    ("Max(Integer(3), Symbol('s0', positive=True, integer=True), Symbol('s1', positive=True, integer=True))", "Max(3, s0, s1)"),
    ("Integer(1)", "1"),
    ("FloorDiv(Mul(Integer(3), Symbol('s1', positive=True, integer=True)), Integer(2))", "((3*s1)//2)"),
    ("Add(Pow(Symbol('s0', positive=True, integer=True), Integer(2)), Integer(-1))", "s0**2 - 1"),
    ("Add(Mul(Pow(Symbol('s0', positive=True, integer=True), Integer(2)), Symbol('s1', positive=True, integer=True)), Symbol('s1', positive=True, integer=True), Mul(Integer(-1), Integer(3), Symbol('s10', positive=True, integer=True)))", "s0**2*s1 + s1 - 3*s10"),
    ("Add(Integer(4), Mul(Integer(-1), Integer(2), Pow(Symbol('s0', positive=True, integer=True), Integer(2))))", "4 - 2*s0**2"),
  ]

  @Test(arguments: expressions)
  func sreprPrintsAsSympyPrints(_ srepr: String, _ text: String) throws {
    let value: SymbolicInt = try SymbolicInt.parse(srepr)
    #expect(value.description == text)
    // What sympy prints is an expression of the same value.
    #expect(try SymbolicInt.parse(text) == value)
  }

  /// Values of Python's integers: s0 = 17, s1 = 5, u0 = -7.
  @Test(arguments: [
    ("s0 // s1", 3), ("u0 // s1", -2), ("u0 % s1", 3), ("Mod(s0, 5)", 2), ("PythonMod(u0, 4)", 1), ("CeilDiv(s0, 5)", 4),
    ("FloorDiv(2*s0 + 3, 4)", 9), ("Max(1, s0, 3*s1)", 17), ("Min(s0, s1 + 1)", 6), ("-s0**2 + 3", -286), ("(s0 + 1)*(s1 - 2)", 54),
    ("2*(s0 - s1)//3", 8), ("ModularIndexing(s0, 2, 3)", 2), ("Pow(s1, Integer(3))", 125), ("s0 - s1 - 1", 11), ("-u0", 7),
    ("torch.utils._sympy.functions.FloorDiv(s0, 2)", 8),
  ] as [(String, Int)])
  func evaluatesAsPython(_ text: String, _ expected: Int) throws {
    let bindings: [String: Int] = ["s0": 17, "s1": 5, "u0": -7]
    #expect(try SymbolicInt.parse(text).evaluate { bindings[$0] } == expected)
  }

  @Test func unknownFunctionsAreKeptAsText() throws {
    let value: SymbolicInt = try SymbolicInt.parse("TruncToInt(IntTrueDiv(Symbol('s0', integer=True), Integer(3)))")
    #expect(value.description == "TruncToInt(IntTrueDiv(s0, 3))")
    #expect(value.evaluate { _ in 6 } == nil)
  }

  @Test(arguments: ["", "s0 +", "(s0", "s0)", "1e5", "Symbol(s0)", "Symbol('s0'", "s0 s1", "99999999999999999999", "s0 ** ", "f(,)"])
  func refusesWhatIsNotAnExpression(_ text: String) {
    #expect(throws: LatheError.self) { try SymbolicInt.parse(text) }
  }

  @Test func refusesDeepNestingAndKeepsHugeProductsFolded() throws {
    let deep: String = String(repeating: "(", count: 100_000) + "s0" + String(repeating: ")", count: 100_000)
    #expect(throws: LatheError.self) { try SymbolicInt.parse(deep) }
    let sum: String = (0..<40).map { "s\($0)" }.joined(separator: " + ")
    #expect(try SymbolicInt.parse("(\(sum))**16").description.hasPrefix("Pow("))
  }

  @Test func equalPolynomialsAreEqual() throws {
    #expect(try SymbolicInt.parse("(s0 + 1)*(s0 - 1)") == SymbolicInt.parse("s0**2 - 1"))
    #expect(try SymbolicInt.parse("FloorDiv(4*s0 + 5, 4)") == SymbolicInt.parse("s0 + 1"))
    #expect(try SymbolicInt.parse("s0*Mod(s1, 3)") == SymbolicInt.parse("Mod(s1, 3)*s0"))
    #expect(try SymbolicInt.parse("s0 + s1") != SymbolicInt.parse("s0 + s10"))
  }

  /// What is divided without a rest is divided, by sums too.
  @Test func exactDivisionsLeaveNoQuotient() throws {
    #expect(try SymbolicInt.parse("FloorDiv(32*u1 - 32*u0, 4*u1 - 4*u0)") == 8)
    #expect(try SymbolicInt.parse("FloorDiv(s0**2 - 1, s0 + 1)") == SymbolicInt.parse("s0 - 1"))
    #expect(try SymbolicInt.parse("FloorDiv(s0*s1 + s0 + 2*s1 + 2, s1 + 1)") == SymbolicInt.parse("s0 + 2"))
    #expect(try SymbolicInt.parse("Mod(6*s0 + 6*s1, s0 + s1)") == 0)
    let rounded: SymbolicInt = try .parse("FloorDiv(3*s0 + 3, 2*s0 + 2)")
    #expect(rounded.description == "((3*s0 + 3)//(2*s0 + 2))" && rounded.evaluate { _ in 4 } == 1)
  }
}

/// Rounding of true divisions, as the newer exporter writes the length of `torch.arange` over floats; values as Python's `math` gives them.
@Test(arguments: [(7, 4, 3), (8, 4, 4), (9, 5, 4), (1, 1, 0)])
func roundedDivisions(size: Int, ceiling: Int, floor: Int) throws {
  let symbol = "Symbol('s0', positive=True, integer=True)"
  let quotient = "FloatTrueDiv(ToFloat(\(symbol)), Float('2.0', precision=53))"
  #expect(try SymbolicInt.parse("CeilToInt(\(quotient))").evaluate { _ in size } == ceiling)
  #expect(try SymbolicInt.parse("FloorToInt(\(quotient))").evaluate { _ in size } == floor)
  #expect(try SymbolicInt.parse("CeilToInt(FloatTrueDiv(Mul(Integer(-2), \(symbol)), Float('-1.0', precision=53)))").evaluate { _ in size } == 2 * size)
}
