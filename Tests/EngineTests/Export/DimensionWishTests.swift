import Foundations
import Testing

@testable import Engine

@Suite struct DimensionWishTests {
  @Test func wishesAreRead() throws {
    let wishes: [DimensionWish] = try DimensionWish.parse("x:0=auto,y:1=seq(2..512), z:0=static,w:0=2*dx,v:2=dx + 1,u:0=4,t:1=dynamic(..64)")
    let expected: [DimensionWish.Kind] = [
      .auto(nil), .named("seq", SizeRange(minimum: 2, maximum: 512)), .fixed(nil), .derived("dx", coefficient: 2, constant: 0),
      .derived("dx", coefficient: 1, constant: 1), .fixed(4), .dynamic(SizeRange(minimum: nil, maximum: 64)),
    ]
    #expect(wishes.map(\.kind) == expected)
    #expect(wishes.map(\.input) == ["x", "y", "z", "w", "v", "u", "t"])
    #expect(wishes.map(\.dimension) == [0, 1, 0, 0, 2, 0, 1])
    #expect(wishes.map(\.text) == ["auto", "seq(2..512)", "static", "2*dx", "dx + 1", "4", "dynamic(..64)"])
  }

  static let wrong: [(String, String)] = [
    ("x", "not a wish"), ("x=auto", "not a wish"), (":0=auto", "not a wish"), ("x:a=auto", "not a wish"), ("x:0=seq(9..3)", "is empty"),
    ("x:0=seq(2..", "parenthesis"), ("x:0=seq(3)", "not a range"), ("x:0=seq(a..3)", "not a bound"), ("x:0=-3", "not negative"), ("x:0=dx*dy", "not of the form"),
    ("x:0=-1*dx", "not of the form"), ("x:0=9lives", "neither auto"), ("x:0=static(2..3)", "no range"), ("x:0=", "neither auto"), ("x:0=auto,", "not a wish"),
  ]
  @Test(arguments: wrong)
  func whatIsNoWishIsRefused(_ text: String, _ words: String) throws {
    let error: LatheError? = #expect(throws: LatheError.self) { try DimensionWish.parse(text) }
    #expect(error?.kind == .badInput && error?.message.contains(words) == true, "\(String(describing: error))")
  }
}
