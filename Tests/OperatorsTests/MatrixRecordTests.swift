import Foundations
import Graphs
import Tensors
import Testing

@testable import Operators

/// Runs one operator eagerly on numbers.
func eager(_ name: String, _ arguments: Value..., keywords: [(String, Value)] = []) throws -> [Value] {
  try EagerRunner().run(OperatorName(name), arguments.map { ("", $0) } + keywords.map { ($0.0, $0.1) })
}
/// Numbers without a pattern, the same in every run, from -1 to 1.
func numbers(_ count: Int, seed: UInt64 = 1) -> [Double] {
  var state: UInt64 = seed &* 0x9E37_79B9_7F4A_7C15
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(Int64(bitPattern: state) >> 11) / Double(1 << 52)
  }
}
func random(_ sizes: [Int], seed: UInt64 = 1, _ dtype: DType = .f64) throws -> Tensor { try Tensor(numbers(sizes.reduce(1, *), seed: seed), sizes: sizes, dtype) }
func expectClose(_ value: Value, _ expected: [Double], within bound: Double = 1e-12, _ location: SourceLocation = #_sourceLocation) throws {
  let got: [Double] = try #require(value.tensor, sourceLocation: location).doubles()
  #expect(got.count == expected.count, sourceLocation: location)
  for (a, b) in zip(got, expected) where !(abs(a - b) <= bound) {
    Issue.record("\(a) is not \(b)", sourceLocation: location)
    return
  }
}

@Suite struct MatrixRecordTests {
  @Test func matmulBroadcastsBatches() throws {
    let (a, b): (Tensor, Tensor) = (try random([2, 1, 3, 4]), try random([5, 4, 2], seed: 2))
    let (x, y): ([Double], [Double]) = (try a.doubles(), try b.doubles())
    var expected: [Double] = []
    for place in 0..<60 {
      let (i, j, m, n): (Int, Int, Int, Int) = (place / 30, place / 6 % 5, place / 2 % 3, place % 2)
      var sum: Double = 0
      for k in 0..<4 {
        let left: Double = x[(i * 3 + m) * 4 + k]
        sum += left * y[(j * 4 + k) * 2 + n]
      }
      expected.append(sum)
    }
    let result: Value = try eager("aten.matmul.default", .tensor(a), .tensor(b))[0]
    #expect(result.tensor?.sizes == [2, 5, 3, 2])
    try expectClose(result, expected)
  }

  @Test func linearRefusesSizesThatDoNotFit() throws {
    let (input, weight): (Tensor, Tensor) = (try random([2, 3]), try random([4, 5]))
    let error = try #require(throws: LatheError.self) { try eager("aten.linear.default", .tensor(input), .tensor(weight)) }
    #expect(error.message.contains("mat1 and mat2 shapes cannot be multiplied (2x3 and 5x4)"))
  }

  @Test(arguments: ["bij,bjk->bik", "ij,jk", "...i,...i->...", "ii->i", "bi,bj,bij->b", "ij->ji"])
  func einsumAgreesWithItsDefinition(_ equation: String) throws {
    let (a, b): (Tensor, Tensor) = (try random([3, 3]), try random([3, 3], seed: 2))
    let (x, y): ([Double], [Double]) = (try a.doubles(), try b.doubles())
    let expected: [Double]
    var operands: [Value] = [.tensor(a), .tensor(b)]
    switch equation {
    case "ij,jk":
      expected = (0..<9).map { (place: Int) -> Double in
        let (row, column): (Int, Int) = (place / 3 * 3, place % 3)
        return x[row] * y[column] + x[row + 1] * y[3 + column] + x[row + 2] * y[6 + column]
      }
    case "...i,...i->...":
      expected = [0, 3, 6].map { (row: Int) -> Double in x[row] * y[row] + x[row + 1] * y[row + 1] + x[row + 2] * y[row + 2] }
    case "ii->i":
      operands = [.tensor(a)]
      expected = [x[0], x[4], x[8]]
    case "ij->ji":
      operands = [.tensor(a)]
      expected = (0..<9).map { x[$0 % 3 * 3 + $0 / 3] }
    case "bi,bj,bij->b":
      let c: Tensor = try random([3, 3, 3], seed: 3)
      operands.append(.tensor(c))
      let z: [Double] = try c.doubles()
      expected = (0..<3).map { (batch: Int) -> Double in
        var sum: Double = 0
        for place in 0..<9 {
          let outer: Double = x[batch * 3 + place / 3] * y[batch * 3 + place % 3]
          sum += outer * z[batch * 9 + place]
        }
        return sum
      }
    default:
      let (first, second): (Tensor, Tensor) = (try random([2, 3, 2]), try random([2, 2, 3], seed: 2))
      operands = [.tensor(first), .tensor(second)]
      let (p, q): ([Double], [Double]) = (try first.doubles(), try second.doubles())
      expected = (0..<18).map { (place: Int) -> Double in
        let (batch, row, column): (Int, Int, Int) = (place / 9, place / 3 % 3, place % 3)
        var sum: Double = 0
        for k in 0..<2 {
          let left: Double = p[(batch * 3 + row) * 2 + k]
          sum += left * q[(batch * 2 + k) * 3 + column]
        }
        return sum
      }
    }
    try expectClose(try eager("aten.einsum.default", .string(equation), .list(operands))[0], expected)
  }

  @Test func autocastCastsWhatItsListsName() throws {
    let runner = AutocastRunner(EagerRunner(), dtype: .bf16)
    let (input, weight): (Tensor, Tensor) = (try random([2, 3], .f32), try random([4, 3], seed: 2, .f32))
    let product: Value = try runner.run("aten.linear.default", [("", .tensor(input)), ("", .tensor(weight))])[0]
    #expect(product.tensor?.dtype == .bf16)
    #expect(try runner.run("aten.relu.default", [("", .tensor(input))])[0].tensor?.dtype == .f32)
    #expect(try runner.run("aten.mse_loss.default", [("", product), ("", product)])[0].tensor?.dtype == .f32)
    #expect(try runner.run("aten.cat.default", [("", .list([product, .tensor(try random([2, 4], .f32))]))])[0].tensor?.dtype == .f32)
    let wide: Tensor = try random([2, 3], .f64)
    #expect(try runner.run("aten.matmul.default", [("", .tensor(wide)), ("", .tensor(try random([3, 2], .f64)))])[0].tensor?.dtype == .f64)
  }
}
