import Foundations
import Tensors

/// A transposed convolution in f16 as ATen computes it (`slow_conv_transpose2d`): products rounded to f16, then added into the
/// result one after the other, each sum rounded; sums in f32 would differ by more than f16's own error.
struct HalfTransposedConvolution {
  let groups: Int
  let stride: [Int]
  let padding: [Int]
  let dilation: [Int]

  /// - Parameter result: [N, O, spatial...], `input` [N, C, spatial...], `weight` [C, O / groups, kernel...], `bias` [O].
  func run(_ input: Tensor, _ weight: Tensor, _ bias: Tensor?, into result: Tensor) throws {
    let (image, filter): (Tensor, Tensor) = (try input.contiguous(), try weight.contiguous())
    let (batch, channels): (Int, Int) = (image.sizes[0], image.sizes[1] / groups)
    let outputs: Int = result.sizes[1] / groups
    let (from, kernel, to): ([Int], [Int], [Int]) = (Array(image.sizes.dropFirst(2)), Array(filter.sizes.dropFirst(2)), Array(result.sizes.dropFirst(2)))
    let (area, taps, plane): (Int, Int, Int) = (from.reduce(1, *), kernel.reduce(1, *), to.reduce(1, *))
    let offsets: [Double]? = try bias?.doubles()
    let columns: Tensor = try Tensor.empty([outputs * taps, area], .f16)
    // Where each pixel's product with each tap lands in a plane of the result; -1 outside.
    let places: [Int] = (0..<taps).flatMap { tap -> [Int] in
      let own: [Int] = HalfTransposedConvolution.coordinates(tap, kernel)
      return (0..<area).map { target(HalfTransposedConvolution.coordinates($0, from), own, to) }
    }
    var sums: [Double] = Array(repeating: 0, count: result.elementCount)
    for item in 0..<batch {
      for group in 0..<groups {
        let matrix: Tensor = filter.viewed([outputs * taps, channels], [1, outputs * taps], offset: group * channels * outputs * taps)
        let pixels: Tensor = image.viewed([channels, area], [area, 1], offset: (item * groups + group) * channels * area)
        OperatorTable.multiply(matrix, pixels, into: columns)
        let values: [Double] = try columns.doubles()
        for row in 0..<(outputs * taps) {
          let start: Int = ((item * groups + group) * outputs + row / taps) * plane
          for pixel in 0..<area {
            let place: Int = places[row % taps * area + pixel]
            if place < 0 { continue }
            sums[start + place] = StepRounding.round(sums[start + place] + values[row * area + pixel], as: .f16)
          }
        }
      }
    }
    if let offsets { for place in sums.indices { sums[place] += offsets[place / plane % result.sizes[1]] } }
    result.copy(from: try Tensor(sums, sizes: result.sizes, .f64))
  }

  private static func coordinates(_ index: Int, _ sizes: [Int]) -> [Int] {
    var (rest, result): (Int, [Int]) = (index, sizes)
    for axis in sizes.indices.reversed() {
      result[axis] = rest % sizes[axis]
      rest /= sizes[axis]
    }
    return result
  }
  /// The row-major place in a plane of the result; -1 outside.
  private func target(_ pixel: [Int], _ tap: [Int], _ sizes: [Int]) -> Int {
    var place: Int = 0
    for axis in sizes.indices {
      let coordinate: Int = pixel[axis] * stride[axis] - padding[axis] + tap[axis] * dilation[axis]
      guard coordinate >= 0, coordinate < sizes[axis] else { return -1 }
      place = place * sizes[axis] + coordinate
    }
    return place
  }
}
