import Foundations
import Tensors

/// A reference run's outputs, and for each element how far runs with other roundings lie from it.
package struct OutputSpread: Sendable {
  /// Multiples of the type's precision, and of the spread, that a result may be off.
  private static let (precisions, spreads): (Double, Double) = (16, 12)
  private struct Output: Sendable {
    var tensor: Tensor
    var values: [Double]
    var integers: [Int]
    var spread: [Double]
    /// Elements that other roundings turn into something else: another integer, or from a number into none.
    var isUndetermined: [Bool]
    /// Whether even its sizes depend on roundings.
    var hasOtherSizes: Bool = false
  }
  private var outputs: [Output]

  package init(_ expected: [Tensor]) throws {
    outputs = try expected.map { tensor in
      let count: Int = tensor.elementCount
      return Output(
        tensor: tensor, values: tensor.dtype.isFloatingPoint ? try tensor.doubles() : [], integers: tensor.dtype.isFloatingPoint ? [] : try tensor.integers(),
        spread: Array(repeating: 0, count: count), isUndetermined: Array(repeating: false, count: count))
    }
  }

  /// Takes another run's outputs into account.
  package mutating func add(_ tensors: [Tensor]) throws {
    for (place, tensor) in tensors.enumerated() where place < outputs.count {
      guard tensor.sizes == outputs[place].tensor.sizes else {
        outputs[place].hasOtherSizes = true
        continue
      }
      if tensor.dtype.isFloatingPoint {
        for (index, value) in try tensor.doubles().enumerated() {
          let expected: Double = outputs[place].values[index]
          if value == expected || (value.isNaN && expected.isNaN) { continue }
          let distance: Double = (value - expected).magnitude
          if distance.isFinite { outputs[place].spread[index] = max(outputs[place].spread[index], distance) } else { outputs[place].isUndetermined[index] = true }
        }
      } else {
        for (index, value) in try tensor.integers().enumerated() where value != outputs[place].integers[index] { outputs[place].isUndetermined[index] = true }
      }
    }
  }

  package var undetermined: Int { outputs.reduce(0) { $0 + $1.isUndetermined.count(where: { $0 }) } }
  package var compared: Int { outputs.reduce(0) { $0 + $1.isUndetermined.count(where: { !$0 }) } }

  /// How the results differ from the reference by more than roundings explain; nil where they do not.
  package func difference(_ actual: [Tensor]) throws -> String? {
    for (place, tensor) in actual.enumerated() {
      let output: Output = outputs[place]
      guard tensor.dtype == output.tensor.dtype else { return "output \(place) is \(tensor.dtype.torchName), expected \(output.tensor.dtype.torchName)" }
      if output.hasOtherSizes { continue }
      guard tensor.sizes == output.tensor.sizes else { return "output \(place) has sizes \(tensor.sizes), expected \(output.tensor.sizes)" }
      var worst: (index: Int, miss: Double, text: String)?
      var count: Int = 0
      func note(_ index: Int, _ miss: Double, _ text: @autoclosure () -> String) {
        count += 1
        if miss > worst?.miss ?? -1 { worst = (index, miss, text()) }
      }
      if tensor.dtype.isFloatingPoint {
        let values: [Double] = try tensor.doubles()
        for index in values.indices where !output.isUndetermined[index] {
          let (value, expected): (Double, Double) = (values[index], output.values[index])
          if value == expected || (value.isNaN && expected.isNaN) { continue }
          let bound: Double = OutputSpread.precisions * tensor.dtype.precision * expected.magnitude + OutputSpread.spreads * output.spread[index]
          let miss: Double = (value - expected).magnitude
          if value.isFinite && expected.isFinite && miss <= max(bound, tensor.dtype.negligible) { continue }
          note(index, miss.isNaN ? .infinity : miss, "\(value), expected \(expected) to within \(bound)")
        }
      } else {
        let values: [Int] = try tensor.integers()
        for index in values.indices where !output.isUndetermined[index] && values[index] != output.integers[index] {
          let (value, expected): (Int, Int) = (values[index], output.integers[index])
          note(index, (Double(value) - Double(expected)).magnitude, "\(value), expected \(expected)")
        }
      }
      if let worst { return "output \(place): \(count) of \(tensor.elementCount) elements differ; element \(worst.index) is \(worst.text)" }
    }
    return nil
  }
}

extension DType {
  /// Differences below its normal numbers do not count.
  fileprivate var negligible: Double {
    switch self {
    case .f16: 0x1p-14
    case .bf16, .f32: 0x1p-126
    default: 0
    }
  }
}
