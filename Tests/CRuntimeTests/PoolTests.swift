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
      var result: [Int] = Array(sizes[..<2])
      for k in 0..<dimensions {
        result.append(lathe_pool_output_size(sizes[k + 2], kernel[k], padding[k], stride[k], dilation[k], ceil))
      }
      return result
    }
    /// The input positions under the window of the output at `index`, with their row-major place in the plane.
    func taps(_ index: [Int], _ dilation: [Int]) -> [(place: Int, index: [Int])] {
      var result: [(place: Int, index: [Int])] = []
      for k in indices(kernel) {
        var place = 0, at: [Int] = Array(index[..<2]), inside = true
        for axis in 0..<dimensions {
          let position: Int = index[axis + 2] * stride[axis] - padding[axis] + k[axis] * dilation[axis]
          inside = inside && position >= 0 && position < sizes[axis + 2]
          place = place * sizes[axis + 2] + position
          at.append(position)
        }
        if inside { result.append((place, at)) }
      }
      return result
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
          var extent = 1
          for k in 0..<it.dimensions {
            let start: Int = index[k + 2] * it.stride[k] - it.padding[k]
            extent *= min(start + it.kernel[k], it.sizes[k + 2] + it.padding[k]) - start
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
          var firsts: [Int] = [], counts: [Int] = []
          for k in 2..<sizes.count {
            let (size, target): (Int, Int) = (it.sizes[k], sizes[k])
            let first: Int = index[k] * size / target
            let end: Int = ((index[k] + 1) * size + target - 1) / target
            firsts.append(first)
            counts.append(end - first)
          }
          return indices(counts).map { (inner: [Int]) -> [Int] in
            Array(index[..<2]) + inner.indices.map { firsts[$0] + inner[$0] }
          }
        }
        func place(_ index: [Int]) -> Int {
          var result = 0
          for k in 2..<sizes.count { result = result * it.sizes[k] + index[k] }
          return result
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
          #expect(places[index] == Double(place(first)))
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
      var at: Double = (Double(o) + 0.5) * ratio - 0.5
      if align { at = output > 1 ? Double(o) * Double(input - 1) / Double(output - 1) : 0 }
      if mode == LATHE_UPSAMPLE_LINEAR {
        at = max(at, 0)
        let low = Int(at), t = at - Double(low)
        return [(clamp(low), 1 - t), (clamp(low + 1), t)]
      }
      let low = Int(at.rounded(.down)), t = at - Double(low)
      return (-1...2).map { (k: Int) -> (Int, Double) in
        let x: Double = abs(t - Double(k)), a: Double = -0.75
        let near: Double = ((a + 2) * x - (a + 3)) * x * x + 1
        let far: Double = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
        return (clamp(low + k), x <= 1 ? near : far)
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
        // Whole factors keep f32's source positions clear of the nearest modes' boundaries.
        let target: [Int] = spatial.map { size in mode.rawValue < 2 ? size * [1, 2, 4][dice.below(3)] : 1 + dice.below(14) }
        let dtype = [LATHE_F32, LATHE_F64][dice.below(2)], sizes: [Int] = [2, 1 + dice.below(8)] + spatial
        let order: [Int] = dice.coin() ? Array(sizes.indices) : [0] + Array(2..<sizes.count) + [1]
        let input = Strided(dtype, sizes, order: order), output = Strided(dtype, Array(sizes[..<2]) + target, order: order)
        input.fill(&dice)
        var (i, o) = (input.view, output.view)
        lathe_upsample(mode, align, nil, &i, &o)
        for index in samples(output.sizes, 10, &dice) {
          let axes = (0..<dimensions).map { Self.taps(mode, align, index[$0 + 2], spatial[$0], target[$0]) }
          var want = 0.0
          for pick in indices(axes.map { $0.count }) {
            var at: [Int] = Array(index[..<2]), weight = 1.0
            for (axis, k) in zip(axes, pick) {
              at.append(axis[k].0)
              weight *= axis[k].1
            }
            want += input[at] * weight
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
