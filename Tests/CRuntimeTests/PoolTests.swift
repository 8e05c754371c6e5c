import CRuntime
import Foundation
import Testing

@Suite struct PoolTests {
  struct Shape {
    var dimensions: Int, sizes: [Int], order: [Int]
    var kernel: [Int], stride: [Int], padding: [Int], dilation: [Int], ceil: Bool
    init(_ dice: inout Dice) {
      dimensions = 1 + dice.below(3)
      sizes = [1 + dice.below(2), 1 + dice.below(9)]
      kernel = []; stride = []; padding = []; dilation = []
      for _ in 0..<dimensions {
        sizes.append(5 + dice.below(7))
        kernel.append(1 + dice.below(3))
        stride.append(1 + dice.below(3))
        padding.append(dice.below(kernel.last! / 2 + 1))
        dilation.append(1 + dice.below(2))
      }
      order = dice.coin() ? Array(sizes.indices) : [0] + Array(2..<sizes.count) + [1]
      ceil = dice.coin()
    }
    var window: lathe_window {
      var it = lathe_window()
      it.dimensions = Int32(dimensions)
      func three(_ values: [Int], _ rest: Int) -> (Int, Int, Int) {
        (values[0], values.count > 1 ? values[1] : rest, values.count > 2 ? values[2] : rest)
      }
      (it.kernel, it.stride, it.padding, it.dilation) = (three(kernel, 1), three(stride, 1), three(padding, 0), three(dilation, 1))
      return it
    }
    func outputSizes(_ dilation: [Int]) -> [Int] {
      Array(sizes[..<2]) + (0..<dimensions).map {
        lathe_pool_output_size(sizes[$0 + 2], kernel[$0], padding[$0], stride[$0], dilation[$0], ceil)
      }
    }
    /// The input positions under the window of the output at `index`, with their row-major place in the plane.
    func taps(_ index: [Int], _ dilation: [Int]) -> [(place: Int, index: [Int])] {
      indices(kernel).compactMap { k in
        let at = (0..<dimensions).map { index[$0 + 2] * stride[$0] - padding[$0] + k[$0] * dilation[$0] }
        guard zip(at, sizes[2...]).allSatisfy({ $0 >= 0 && $0 < $1 }) else { return nil }
        return (zip(at, sizes[2...]).reduce(0) { $0 * $1.1 + $1.0 }, Array(index[..<2]) + at)
      }
    }
  }

  @Test func maximaAndTheirPlaces() {
    var dice = Dice(71)
    atEveryLevel { level in
      for round in 0..<60 {
        let it = Shape(&dice), dtype = [LATHE_F32, LATHE_F64, LATHE_BF16, LATHE_I64][round % 4]
        let output = Strided(dtype, it.outputSizes(it.dilation), order: it.order)
        if output.sizes.contains(where: { $0 < 1 }) { continue }
        let input = Strided(dtype, it.sizes, order: it.order), places = Strided(LATHE_I64, output.sizes)
        input.fillExactly(&dice, 20)
        var (window, i, o, p) = (it.window, input.view, output.view, places.view)
        lathe_max_pool(&window, &i, &o, &p)
        for index in samples(output.sizes, 10, &dice) {
          let taps = it.taps(index, it.dilation), best = taps.map { input[$0.index] }.max()!
          #expect(output[index] == best, "\(it), level \(level)")
          #expect(places[index] == Double(taps.first { input[$0.index] == best }!.place), "\(it), level \(level)")
        }
        lathe_max_pool(&window, &i, &o, nil)
        for index in samples(output.sizes, 5, &dice) {
          #expect(output[index] == it.taps(index, it.dilation).map { input[$0.index] }.max()!)
        }
      }
    }
  }

  @Test func averagesAndTheirDivisors() {
    var dice = Dice(72)
    atEveryLevel { level in
      for round in 0..<60 {
        let it = Shape(&dice), dtype = floatingTypes[round % 4], ones = it.dilation.map { _ in 1 }
        let output = Strided(dtype, it.outputSizes(ones), order: it.order), input = Strided(dtype, it.sizes, order: it.order)
        input.fillExactly(&dice, 20)
        let padded = dice.coin(), override = [0, 5][dice.below(2)]
        var (window, i, o) = (it.window, input.view, output.view)
        lathe_avg_pool(&window, padded, Int64(override), &i, &o)
        for index in samples(output.sizes, 10, &dice) {
          let taps = it.taps(index, ones)
          let extent = (0..<it.dimensions).reduce(1) { product, k in
            let start = index[k + 2] * it.stride[k] - it.padding[k]
            return product * (min(start + it.kernel[k], it.sizes[k + 2] + it.padding[k]) - start)
          }
          let divisor = override > 0 ? override : padded ? extent : taps.count
          let want = taps.isEmpty ? 0 : taps.reduce(0) { $0 + input[$1.index] } / Double(divisor)
          #expect(agrees(output[index], want, dtype), "\(it), level \(level)")
        }
      }
    }
  }

  @Test func adaptiveWindowsCoverTheInput() {
    var dice = Dice(73)
    atEveryLevel { level in
      for round in 0..<40 {
        let it = Shape(&dice), dtype = floatingTypes[round % 4]
        let target = it.kernel.map { _ in [1, 2, 3, 7][dice.below(4)] }
        let sizes = Array(it.sizes[..<2]) + (round % 5 == 0 ? target.map { _ in 1 } : target)
        let input = Strided(dtype, it.sizes, order: it.order), output = Strided(dtype, sizes, order: it.order)
        let places = Strided(LATHE_I64, sizes)
        input.fillExactly(&dice, 20)
        func window(_ index: [Int]) -> [[Int]] {
          let ranges = (0..<it.dimensions).map { k in
            (index[k + 2] * it.sizes[k + 2] / sizes[k + 2])..<(((index[k + 2] + 1) * it.sizes[k + 2] + sizes[k + 2] - 1) / sizes[k + 2])
          }
          return indices(ranges.map(\.count)).map { inner in Array(index[..<2]) + zip(ranges, inner).map { $0.lowerBound + $1 } }
        }
        var (i, o, p) = (input.view, output.view, places.view)
        lathe_adaptive_avg_pool(&i, &o)
        for index in samples(sizes, 6, &dice) {
          let values = window(index).map { input[$0] }
          #expect(agrees(output[index], values.reduce(0, +) / Double(values.count), dtype), "\(it) level \(level)")
        }
        lathe_adaptive_max_pool(&i, &o, &p)
        for index in samples(sizes, 6, &dice) {
          let at = window(index), best = at.map { input[$0] }.max()!
          #expect(output[index] == best)
          let first = at.first { input[$0] == best }!
          #expect(places[index] == Double(zip(first[2...], it.sizes[2...]).reduce(0) { $0 * $1.1 + $1.0 }))
        }
      }
    }
  }

  /// One source coordinate's taps and weights, from the definitions in torch.nn.functional.interpolate.
  static func taps(_ mode: lathe_upsample_mode, _ align: Bool, _ o: Int, _ input: Int, _ output: Int) -> [(Int, Double)] {
    let ratio = Double(input) / Double(output)
    let clamp = { (x: Int) in min(max(x, 0), input - 1) }
    switch mode {
    case LATHE_UPSAMPLE_NEAREST: return [(clamp(Int((Double(o) * ratio).rounded(.down))), 1)]
    case LATHE_UPSAMPLE_NEAREST_EXACT: return [(clamp(Int(((Double(o) + 0.5) * ratio).rounded(.down))), 1)]
    default:
      var at = align ? (output > 1 ? Double(o) * Double(input - 1) / Double(output - 1) : 0) : (Double(o) + 0.5) * ratio - 0.5
      if mode == LATHE_UPSAMPLE_LINEAR {
        at = max(at, 0)
        let low = Int(at), t = at - Double(low)
        return [(clamp(low), 1 - t), (clamp(low + 1), t)]
      }
      let low = Int(at.rounded(.down)), t = at - Double(low)
      return (-1...2).map { k in
        let x = abs(t - Double(k)), a = -0.75
        return (clamp(low + k), x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a)
      }
    }
  }

  @Test func resamplingInEveryMode() {
    var dice = Dice(74)
    atEveryLevel { level in
      for round in 0..<80 {
        let mode = lathe_upsample_mode(rawValue: UInt32(round % 4)), align = dice.coin()
        let dimensions = mode == LATHE_UPSAMPLE_CUBIC ? 2 : 1 + dice.below(3)
        let spatial = (0..<dimensions).map { _ in 2 + dice.below(6) }
        // powers of two keep f32's source positions exact, so the nearest ones cannot fall on the other side of a boundary
        let target = spatial.map { size in mode.rawValue < 2 ? [size, 2 * size, 4 * size, max(size / 2, 1) * 2][dice.below(4)] : 1 + dice.below(14) }
        let dtype = mode.rawValue < 2 && zip(spatial, target).contains { $1 % $0 != 0 } ? LATHE_F32 : [LATHE_F32, LATHE_F64][dice.below(2)]
        let sizes = [2, 1 + dice.below(8)] + spatial, order = dice.coin() ? Array(sizes.indices) : [0] + Array(2..<sizes.count) + [1]
        if mode.rawValue < 2 && zip(spatial, target).contains(where: { $1 % $0 != 0 }) { continue }
        let input = Strided(dtype, sizes, order: order), output = Strided(dtype, Array(sizes[..<2]) + target, order: order)
        input.fill(&dice)
        var (i, o) = (input.view, output.view)
        lathe_upsample(mode, align, nil, &i, &o)
        for index in samples(output.sizes, 10, &dice) {
          let axes = (0..<dimensions).map { Self.taps(mode, align, index[$0 + 2], spatial[$0], target[$0]) }
          let want = indices(axes.map(\.count)).reduce(0.0) { sum, pick in
            let at = zip(axes, pick).map { $0[$1] }
            return sum + input[Array(index[..<2]) + at.map(\.0)] * at.reduce(1.0) { $0 * $1.1 }
          }
          #expect(agrees(output[index], want, LATHE_F32), "\(mode) \(spatial) to \(target) align \(align), level \(level)")
        }
      }
    }
  }

  /// A scale factor that the sizes do not divide out to: torch.nn.functional.interpolate(arange(5.), scale_factor=1.3) of PyTorch 2.6.
  @Test func aGivenScaleIsUsed() {
    let input = Strided(LATHE_F32, [1, 1, 5]), output = Strided(LATHE_F32, [1, 1, 6])
    for i in 0..<5 { input[[0, 0, i]] = Double(i) }
    var (i, o, scale) = (input.view, output.view, 1.3)
    lathe_upsample(LATHE_UPSAMPLE_NEAREST, false, &scale, &i, &o)
    #expect((0..<6).map { output[[0, 0, $0]] } == [0, 0, 1, 2, 3, 3])
    lathe_upsample(LATHE_UPSAMPLE_LINEAR, false, &scale, &i, &o)
    let want = [0, 0.6538461, 1.4230769, 2.1923077, 2.9615386, 3.7307692]
    for k in 0..<6 { #expect(abs(output[[0, 0, k]] - want[k]) < 1e-6) }
  }
}
