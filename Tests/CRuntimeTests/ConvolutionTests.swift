import CRuntime
import Testing

@Suite struct ConvolutionTests {
  struct Case {
    var batch = 1
    var channels: Int, filters: Int, groups = 1
    var input: [Int], kernel: [Int]
    var stride: [Int], padding: [Int], dilation: [Int]
    var outputPadding: [Int] = [0, 0, 0]
    var transposed = false
    var dtype = LATHE_F32
    var inputLast = false, weightLast = false, outputLast = false
    var epilogue = false
  }

  /// Channels last in memory.
  static func order(_ rank: Int, _ last: Bool) -> [Int]? { last ? [0] + Array(2..<rank) + [1] : nil }

  static func three<T>(_ values: [T], _ fill: T) -> (T, T, T) {
    let all = values + [T](repeating: fill, count: 3 - values.count)
    return (all[0], all[1], all[2])
  }

  static func check(_ it: Case, _ dice: inout Dice, _ level: lathe_isa) {
    let spatial = it.input.count
    let output = (0..<spatial).map { d -> Int in
      let reach = it.dilation[d] * (it.kernel[d] - 1)
      return it.transposed
        ? (it.input[d] - 1) * it.stride[d] - 2 * it.padding[d] + reach + it.outputPadding[d] + 1
        : (it.input[d] + 2 * it.padding[d] - reach - 1) / it.stride[d] + 1
    }
    guard output.allSatisfy({ $0 > 0 }) else { return }
    let weightSizes =
      it.transposed ? [it.channels, it.filters / it.groups] + it.kernel : [it.filters, it.channels / it.groups] + it.kernel
    let x = Strided(it.dtype, [it.batch, it.channels] + it.input, order: order(spatial + 2, it.inputLast))
    let w = Strided(it.dtype, weightSizes, order: order(spatial + 2, it.weightLast))
    let y = Strided(it.dtype, [it.batch, it.filters] + output, order: order(spatial + 2, it.outputLast))
    let addend = Strided(it.dtype, y.sizes, order: order(spatial + 2, it.outputLast))
    let wide = it.dtype == LATHE_F64 ? LATHE_F64 : LATHE_F32
    let bias = Strided(it.dtype, [it.filters]), scale = Strided(wide, [it.filters]), shift = Strided(wide, [it.filters])
    for each in [x, w, y, addend, bias, scale, shift] { each.fill(&dice) }

    var geometry = lathe_convolution_geometry()
    geometry.spatial = Int32(spatial)
    geometry.transposed = it.transposed ? 1 : 0
    geometry.groups = it.groups
    geometry.stride = three(it.stride, 1)
    geometry.padding = three(it.padding, 0)
    geometry.dilation = three(it.dilation, 1)
    var epilogue = lathe_convolution_epilogue()
    epilogue.bias = UnsafeRawPointer(bias.memory)
    if it.epilogue {
      epilogue.scale = UnsafeRawPointer(scale.memory)
      epilogue.shift = UnsafeRawPointer(shift.memory)
      epilogue.addend = UnsafeRawPointer(addend.memory)
      epilogue.activation = Int32(LATHE_ACTIVATION_CLAMP.rawValue)
      (epilogue.low, epilogue.high) = (0, 6)
    }
    var (yv, xv, wv) = (y.view, x.view, w.view)
    lathe_convolution(&yv, &xv, &wv, &geometry, &epilogue)
    var worst = 0.0
    let (inGroup, outGroup) = (it.channels / it.groups, it.filters / it.groups)
    for index in samples(y.sizes, 60, &dice) {
      // The sum in f64 over the kernel's elements that meet the input.
      let (n, o, group) = (index[0], index[1], index[1] / outGroup)
      var want = bias[at: o]
      for k in indices(it.kernel) {
        let from = (0..<spatial).map { d -> Int in
          if !it.transposed { return index[2 + d] * it.stride[d] - it.padding[d] + k[d] * it.dilation[d] }
          let spread = index[2 + d] + it.padding[d] - k[d] * it.dilation[d]
          return spread % it.stride[d] == 0 ? spread / it.stride[d] : -1
        }
        guard (0..<spatial).allSatisfy({ from[$0] >= 0 && from[$0] < it.input[$0] }) else { continue }
        let (xAt, wAt) = (x.place([n, group * inGroup] + from), it.transposed ? w.place([group * inGroup, o % outGroup] + k) : w.place([o, 0] + k))
        let wStep = w.strides[it.transposed ? 0 : 1]
        for c in 0..<inGroup { want += x[at: xAt + c * x.strides[1]] * w[at: wAt + c * wStep] }
      }
      if it.epilogue { want = min(max(want * scale[at: o] + shift[at: o] + addend[index], 0), 6) }
      let error = abs(want - y[index]) / tolerance(it.dtype, want)
      worst = error <= worst ? worst : error
    }
    #expect(worst <= 1, "\(it) at \(String(cString: lathe_isa_name(level)))")
  }

  @Test func randomConvolutions() {
    var dice = Dice(11)
    atEveryLevel { level in
      for round in 0..<120 {
        let spatial = 1 + dice.below(3), groups = [1, 1, 1, 2, 4][dice.below(5)]
        let most = spatial == 3 ? 5 : spatial == 2 ? 9 : 40
        func some(_ range: ClosedRange<Int>) -> [Int] { (0..<spatial).map { _ in Int.random(in: range, using: &dice) } }
        var it = Case(
          batch: 1 + dice.below(3), channels: groups * (1 + dice.below(4)), filters: groups * (1 + dice.below(5)), groups: groups,
          input: some(1...most), kernel: some(1...3), stride: some(1...3), padding: some(0...2), dilation: some(1...2))
        it.transposed = dice.below(3) == 0
        if it.transposed { it.outputPadding = it.stride.map { dice.below($0) } }
        it.dtype = floatingTypes[round % 4]
        (it.inputLast, it.weightLast, it.outputLast, it.epilogue) = (dice.coin(), dice.coin(), dice.coin(), dice.coin())
        Self.check(it, &dice, level)
      }
    }
  }

  @Test func depthwise() {
    var dice = Dice(12)
    atEveryLevel { level in
      for (size, stride) in [(7, 1), (14, 2), (33, 1), (40, 2), (150, 1)] {
        for last in [false, true] {
          var it = Case(
            channels: 6, filters: 6, groups: 6, input: [5, size], kernel: [3, 3], stride: [stride, stride], padding: [1, 1],
            dilation: [1, 1])
          (it.inputLast, it.outputLast, it.epilogue) = (last, last, true)
          Self.check(it, &dice, level)
        }
      }
    }
  }

  @Test func networkShapes() {
    var dice = Dice(13)
    atEveryLevel { level in
      for last in [false, true] {
        // A stem, a body with patches deeper than one block, a pointwise and a strided pointwise convolution.
        for (channels, filters, size, kernel, stride, padding) in [
          (3, 16, 32, 7, 2, 3), (48, 70, 14, 3, 1, 1), (40, 24, 20, 1, 1, 0), (24, 48, 15, 1, 2, 0),
        ] {
          var it = Case(
            channels: channels, filters: filters, input: [size, size], kernel: [kernel, kernel], stride: [stride, stride],
            padding: [padding, padding], dilation: [1, 1])
          (it.inputLast, it.weightLast, it.outputLast, it.epilogue) = (last, last, last, true)
          Self.check(it, &dice, level)
        }
      }
    }
  }
}
