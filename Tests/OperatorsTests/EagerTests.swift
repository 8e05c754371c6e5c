import Foundation
import Foundations
import Graphs
import Operators
import Tensors
import Testing

/// Small programs of one operator, against Foundation's mathematics and sums written out here.
@Suite struct EagerTests {
  let runner = EagerRunner()

  private func run(_ name: OperatorName, _ arguments: Value...) throws -> Tensor {
    try #require(try runner.run(name, arguments.map { ("", $0) })[0].tensor)
  }

  static let references: [(String, @Sendable (Double) -> Double)] = [
    ("tanh", { Foundation.tanh($0) }), ("exp", { Foundation.exp($0) }), ("erf", { Foundation.erf($0) }), ("sigmoid", { 1 / (1 + Foundation.exp(-$0)) }),
    ("sin", { Foundation.sin($0) }), ("expm1", { Foundation.expm1($0) }), ("silu", { $0 / (1 + Foundation.exp(-$0)) }),
    ("gelu", { 0.5 * $0 * (1 + Foundation.erf($0 / 2.0.squareRoot())) }), ("relu", { max($0, 0) }), ("floor", { $0.rounded(.down) }),
    ("hardswish", { $0 * min(max($0 + 3, 0), 6) / 6 }), ("atan", { Foundation.atan($0) }),
  ]

  @Test(arguments: references)
  func functions(name: String, reference: @Sendable (Double) -> Double) throws {
    let numbers: [Double] = stride(from: -6.0, through: 6.0, by: 0.37).map { Double(Float($0)) }
    let result: Tensor = try run(OperatorName("aten.\(name).default"), .tensor(try Tensor(numbers, sizes: [numbers.count])))
    for (number, actual) in zip(numbers, try result.doubles()) {
      #expect((actual - reference(number)).magnitude <= 1e-6 * max(1, reference(number).magnitude), "\(name)(\(number))")
    }
  }

  /// Types as torch.result_type gives them, values with broadcasting over a transposed operand.
  @Test func sumsPromoteAndBroadcast() throws {
    let a: Tensor = try run("aten.transpose.int", .tensor(try Tensor([1, 2, 3, 4, 5, 6], sizes: [2, 3])), .integer(0), .integer(1))
    let b = try Tensor([0.5, 1.5], sizes: [2], .f16)
    let sum: Tensor = try run("aten.add.Tensor", .tensor(a), .tensor(b))
    #expect(sum.dtype == .f16)
    #expect(sum.sizes == [3, 2])
    #expect(try sum.doubles() == [1.5, 5.5, 2.5, 6.5, 3.5, 7.5])
    #expect(try run("aten.add.Tensor", .tensor(a), .double(0.5)).dtype == .f32)
    #expect(try run("aten.div.Tensor", .tensor(a), .integer(2)).dtype == .f32)
    #expect(try run("aten.gt.Scalar", .tensor(a), .double(2.5)).integers() == [0, 1, 0, 1, 1, 1])
    let bytes = try Tensor([200, 100], sizes: [2], .u8)
    #expect(try run("aten.add.Tensor", .tensor(bytes), .tensor(bytes)).integers() == [144, 200])
  }

  /// As `torch.nonzero(x).stride()` says on a CPU, in 2.6 and in 2.15: code that PyTorch compiled relies on it.
  @Test func coordinatesOfADimensionLieTogether() throws {
    let found: Tensor = try run("aten.nonzero.default", .tensor(try Tensor([1, 0, 2, 0, 3, 0], sizes: [2, 3])))
    #expect(found.sizes == [3, 2] && found.strides == [1, 3])
    #expect(try found.integers() == [0, 0, 0, 2, 1, 1])
  }

  @Test func viewsShareMemory() throws {
    let base = try Tensor((0..<24).map { $0 }, sizes: [2, 3, 4])
    let slice: Tensor = try run("aten.slice.Tensor", .tensor(base), .integer(2), .integer(1), .integer(4), .integer(2))
    #expect(try slice.integers() == [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23])
    #expect(slice.storage === base.storage)
    let column: Tensor = try run("aten.select.int", .tensor(slice), .integer(1), .integer(-1))
    #expect(try column.integers() == [9, 11, 21, 23])
    _ = try run("aten.fill_.Scalar", .tensor(column), .integer(-1))
    #expect(try base.integers().filter { $0 == -1 }.count == 4)
    let wide: Tensor = try run("aten.expand.default", .tensor(column), .ints([3, 2, 2]))
    #expect(wide.strides[0] == 0)
    let diagonal: Tensor = try run("aten.diagonal.default", .tensor(base), .integer(1), .integer(1), .integer(2))
    #expect(try diagonal.integers() == [1, 6, -1, 13, 18, -1])
  }

  /// The refusals and their words are PyTorch's.
  @Test(arguments: [
    ("aten.slice.Tensor", [Value.integer(0), .none, .none, .integer(-1)], "slice step must be positive"),
    ("aten.view.default", [.ints([5, -1])], "is invalid for input of size 6"),
    ("aten.select.int", [.integer(1), .integer(3)], "out of bounds for dimension 1 with size 3"),
    ("aten.expand.default", [.ints([4, 3])], "must match the existing size (2)"),
    ("aten.transpose.int", [.integer(0), .integer(2)], "Dimension out of range (expected to be in range of [-2, 1], but got 2)"),
  ] as [(String, [Value], String)])
  func refusals(name: String, arguments: [Value], words: String) throws {
    let x = try Tensor([1, 2, 3, 4, 5, 6], sizes: [2, 3])
    let error: LatheError? = #expect(throws: LatheError.self) {
      try runner.run(OperatorName(name), [("", Value.tensor(x))] + arguments.map { ("", $0) })
    }
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  @Test func integersRefuseDivisionByZero() throws {
    let (a, b) = (try Tensor([1, 2], sizes: [2]), try Tensor([1, 0], sizes: [2]))
    #expect(throws: LatheError.self) { try runner.run("aten.floor_divide.default", [("", .tensor(a)), ("", .tensor(b))]) }
  }

  /// Channels-last operands give a channels-last result, as TensorIterator does.
  @Test func layoutPassesThrough() throws {
    let x = try Tensor.empty([2, 3, 4, 5], .f32, strides: [60, 1, 15, 3])
    x.fill(.double(1))
    let bias = try Tensor([1.0, 2.0, 3.0], sizes: [1, 3, 1, 1])
    #expect(try run("aten.add.Tensor", .tensor(x), .tensor(bias)).strides == [60, 1, 15, 3])
    #expect(try run("aten.relu.default", .tensor(x)).strides == [60, 1, 15, 3])
  }

  /// A matrix product against the sum written out.
  @Test func linearIsAMatrixProduct() throws {
    let (rows, inner, columns) = (5, 7, 3)
    let x: [Double] = (0..<rows * inner).map { Double(($0 * 37) % 11) - 5 }
    let w: [Double] = (0..<columns * inner).map { Double(($0 * 29) % 13) - 6 }
    let bias: [Double] = [1, -2, 3]
    let result: Tensor = try run(
      "aten.linear.default", .tensor(try Tensor(x, sizes: [rows, inner])), .tensor(try Tensor(w, sizes: [columns, inner])), .tensor(try Tensor(bias, sizes: [columns])))
    var expected: [Double] = []
    for row in 0..<rows {
      for column in 0..<columns { expected.append(bias[column] + (0..<inner).reduce(0.0) { $0 + x[row * inner + $1] * w[column * inner + $1] }) }
    }
    #expect(try result.doubles() == expected)
  }
}
