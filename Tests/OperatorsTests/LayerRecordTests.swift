import Foundation
import Foundations
import Graphs
import Tensors
import Testing

@testable import Operators

@Suite struct LayerRecordTests {
  @Test func convolutionFollowsItsDefinition() throws {
    let (input, weight, bias): (Tensor, Tensor, Tensor) = (try random([2, 4, 6, 5]), try random([6, 2, 3, 2], seed: 2), try random([6], seed: 3))
    let (x, w, b): ([Double], [Double], [Double]) = (try input.doubles(), try weight.doubles(), try bias.doubles())
    var expected: [Double] = []
    for n in 0..<2 {
      for o in 0..<6 {
        for row in 0..<2 {
          for column in 0..<5 {
            var sum: Double = b[o]
            for c in 0..<2 {
              for i in 0..<3 {
                for j in 0..<2 {
                  let (y, z): (Int, Int) = (row * 2 - 1 + i * 2, column - 1 + j * 2)
                  guard y >= 0, y < 6, z >= 0, z < 5 else { continue }
                  let pixel: Double = x[((n * 4 + o / 3 * 2 + c) * 6 + y) * 5 + z]
                  sum += pixel * w[((o * 2 + c) * 3 + i) * 2 + j]
                }
              }
            }
            expected.append(sum)
          }
        }
      }
    }
    let result: Value = try eager(
      "aten.conv2d.default", .tensor(input), .tensor(weight), .tensor(bias), .ints([2, 1]), .ints([1, 1]), .ints([2, 2]), .integer(2))[0]
    #expect(result.tensor?.sizes == [2, 6, 2, 5])
    try expectClose(result, expected, within: 1e-12)
  }

  @Test func convolutionKeepsChannelsLast() throws {
    let plain: Tensor = try random([1, 3, 4, 4], .f32)
    let last: Tensor = try #require(
      try eager("aten.contiguous.default", .tensor(plain), keywords: [("memory_format", .memoryFormat(.channelsLast))])[0].tensor)
    let weight: Tensor = try random([2, 3, 3, 3], seed: 2, .f32)
    let result: Tensor = try #require(try eager("aten.conv2d.default", .tensor(last), .tensor(weight))[0].tensor)
    #expect(result.strides == [8, 1, 4, 2])
    try expectClose(.tensor(result), try #require(try eager("aten.conv2d.default", .tensor(plain), .tensor(weight))[0].tensor).doubles(), within: 1e-5)
  }

  @Test func batchNormInTrainingMovesItsStatistics() throws {
    let input: Tensor = try random([4, 2, 3])
    let (mean, variance): (Tensor, Tensor) = (try Tensor([0, 0], sizes: [2], .f64), try Tensor([1, 1], sizes: [2], .f64))
    let x: [Double] = try input.doubles()
    let result: Value = try eager(
      "aten.batch_norm.default", .tensor(input), .none, .none, .tensor(mean), .tensor(variance), .bool(true), .double(0.1), .double(1e-5), .bool(false))[0]
    var (expected, means, variances): ([Double], [Double], [Double]) = (x, [], [])
    for channel in 0..<2 {
      let places: [Int] = x.indices.filter { $0 / 3 % 2 == channel }
      let average: Double = places.map { x[$0] }.reduce(0, +) / 12
      var spread: Double = 0
      for place in places { spread += (x[place] - average) * (x[place] - average) / 12 }
      for place in places { expected[place] = (x[place] - average) / (spread + 1e-5).squareRoot() }
      means.append(0.1 * average)
      variances.append(0.9 + 0.1 * spread * 12 / 11)
    }
    try expectClose(result, expected, within: 1e-9)
    try expectClose(.tensor(mean), means)
    try expectClose(.tensor(variance), variances)
  }

  @Test func lstmRunsItsRecurrence() throws {
    let (steps, features, units): (Int, Int, Int) = (3, 2, 2)
    let input: Tensor = try random([steps, 1, features])
    let weights: [Tensor] = [try random([8, features], seed: 2), try random([8, units], seed: 3), try random([8], seed: 4), try random([8], seed: 5)]
    let zeros: Value = .tensor(try Tensor([0.0, 0.0], sizes: [1, 1, 2], .f64))
    let results: [Value] = try eager(
      "aten.lstm.input", .tensor(input), .list([zeros, zeros]), .list(weights.map { .tensor($0) }), .bool(true), .integer(1), .double(0), .bool(false),
      .bool(false), .bool(false))
    let x: [Double] = try input.doubles()
    let (w, u, b, d): ([Double], [Double], [Double], [Double]) = (try weights[0].doubles(), try weights[1].doubles(), try weights[2].doubles(), try weights[3].doubles())
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    var (h, c, outputs): ([Double], [Double], [Double]) = ([0, 0], [0, 0], [])
    for step in 0..<steps {
      let gates: [Double] = (0..<8).map { (gate: Int) -> Double in
        let fromInput: Double = w[gate * 2] * x[step * 2] + w[gate * 2 + 1] * x[step * 2 + 1]
        let fromState: Double = u[gate * 2] * h[0] + u[gate * 2 + 1] * h[1]
        return fromInput + fromState + b[gate] + d[gate]
      }
      for unit in 0..<units {
        c[unit] = sigmoid(gates[2 + unit]) * c[unit] + sigmoid(gates[unit]) * tanh(gates[4 + unit])
        h[unit] = sigmoid(gates[6 + unit]) * tanh(c[unit])
      }
      outputs += h
    }
    try expectClose(results[0], outputs)
    try expectClose(results[1], h)
    try expectClose(results[2], c)
  }

  @Test func crossEntropySmoothsLabels() throws {
    let (scores, smoothing): (Tensor, Double) = (try random([2, 3]), 0.1)
    let x: [Double] = try scores.doubles()
    let targets: [Int] = [2, 0]
    var expected: Double = 0
    for row in 0..<2 {
      let own: [Double] = Array(x[(row * 3)..<(row * 3 + 3)])
      let total: Double = own.map { exp($0) }.reduce(0, +)
      for column in 0..<3 {
        let share: Double = smoothing / 3 + (column == targets[row] ? 1 - smoothing : 0)
        expected -= (own[column] - log(total)) * share / 2
      }
    }
    let result: Value = try eager(
      "aten.cross_entropy_loss.default", .tensor(scores), .tensor(try Tensor(targets, sizes: [2])), .none, .integer(1), .integer(-100), .double(smoothing))[0]
    try expectClose(result, [expected])
  }

  @Test func dropoutInTrainingIsRefused() throws {
    let input: Value = .tensor(try random([3]))
    #expect(try eager("aten.dropout.default", input, .double(0.5), .bool(false))[0].tensor?.storage === input.tensor?.storage)
    let error = try #require(throws: LatheError.self) { try eager("aten.dropout.default", input, .double(0.5), .bool(true)) }
    #expect(error.kind == .unsupported)
  }
}
