import Engine
import Foundations
import Tensors
import Testing

@Suite struct TensorSummaryTests {
  /// More elements than are looked at together, out of order in memory, with NaN and the extremes far apart.
  @Test func everyElementIsSeenOnce() throws {
    var values = [Double](repeating: 0.5, count: 300 * 500)
    (values[3], values[149_999], values[70_000], values[140_000]) = (-7, 9, .nan, .nan)
    let tensor: Tensor = try Tensor(values, sizes: [300, 500], .f32)
    let turned = Tensor(storage: tensor.storage, dtype: .f32, sizes: [500, 300], strides: [1, 500])
    for item in [tensor, turned] {
      let summary = try TensorSummary(of: item, name: "x")
      #expect(summary.minimum == -7 && summary.maximum == 9 && summary.nanCount == 2)
      #expect(summary.mean == (0.5 * Double(values.count - 4) + 2) / Double(values.count - 2))
    }
    let scalar = try TensorSummary(of: Tensor(scalar: .int(4), .i64), name: "n")
    #expect(scalar.minimum == 4 && scalar.maximum == 4 && scalar.mean == 4)
    #expect(try TensorSummary(of: Tensor.empty([0, 3], .f32), name: "e").mean == nil)
  }
}
