import Foundations
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
}
