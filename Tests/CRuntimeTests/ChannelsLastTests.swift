import CRuntime
import Testing

/// Convolutions and pools over channels-last images against sums in f64.
@Suite struct ChannelsLastTests {
  struct Case {
    var images = 1, channels: Int, outputs: Int, groups = 1
    var height: Int, width: Int
    var kernel: [Int] = [3, 3], stride: [Int] = [1, 1], padding: [Int] = [1, 1], dilation: [Int] = [1, 1]
    var gap = 0  // floats between one pixel's channels and the next pixel's
    var blockRows = 0, blockColumns = 0

    var geometry: lathe_nhwc_convolution {
      var c = lathe_nhwc_convolution()
      (c.images, c.height, c.width, c.channels, c.outputs, c.groups) = (images, height, width, channels, outputs, groups)
      c.pixel_stride = channels + gap
      c.row_stride = width * c.pixel_stride + gap
      c.image_stride = height * c.row_stride + gap
      c.kernel = (kernel[0], kernel[1])
      c.stride = (stride[0], stride[1])
      c.padding = (padding[0], padding[1])
      c.dilation = (dilation[0], dilation[1])
      func size(_ d: Int, _ input: Int) -> Int {
        let reach = input + 2 * padding[d] - dilation[d] * (kernel[d] - 1) - 1
        return reach < 0 ? 0 : reach / stride[d] + 1
      }
      (c.out_height, c.out_width) = (size(0, height), size(1, width))
      (c.block_rows, c.block_columns) = (blockRows, blockColumns)
      return c
    }
  }

  /// Where the epilogue leaves values, how often it was called for each, and whether it ever got a misaligned piece.
  final class Result {
    let columns: Int
    let values: UnsafeMutablePointer<Float>
    let calls: UnsafeMutablePointer<UInt8>
    let count: Int
    let misaligned: UnsafeMutablePointer<Bool> = .allocate(capacity: 1)
    init(rows: Int, columns: Int) {
      (self.columns, count) = (columns, rows * columns)
      values = .allocate(capacity: count)
      values.initialize(repeating: .nan, count: count)
      calls = .allocate(capacity: count)
      calls.initialize(repeating: 0, count: count)
      misaligned.initialize(to: false)
    }
    deinit {
      values.deallocate()
      calls.deallocate()
      misaligned.deallocate()
    }
    /// Writes over all that the epilogue may write over.
    static let run: @convention(c) (UnsafeRawPointer?, UnsafeMutablePointer<Float>?, Int, Int, Int, Int, Int) -> Void = {
      context, values, stride, row, column, rows, columns in
      let result = Unmanaged<Result>.fromOpaque(context!).takeUnretainedValue()
      let values = values!
      if UInt(bitPattern: values) % 64 != 0 || stride % 16 != 0 || columns > stride { result.misaligned.pointee = true }
      for r in 0..<rows {
        for c in 0..<columns {
          let place = (row + r) * result.columns + column + c
          result.values[place] = values[r * stride + c]
          result.calls[place] += 1
        }
        for c in 0..<((columns + 15) / 16 * 16) { values[r * stride + c] = .nan }
      }
    }
  }

  static func check(_ it: Case, _ dice: inout Dice, _ level: lathe_isa) {
    var c = it.geometry
    guard c.out_height > 0, c.out_width > 0 else { return }
    let taps = it.kernel[0] * it.kernel[1], inGroup = it.channels / it.groups, outGroup = it.outputs / it.groups
    // The image ends where its memory does: a kernel that reads on meets NaN, or what the sanitizer minds.
    let elements =
      it.images == 0 ? 0 : (it.images - 1) * c.image_stride + (it.height - 1) * c.row_stride + (it.width - 1) * c.pixel_stride + it.channels
    var input: [Float] = (0..<elements).map { _ in Float(dice.unit()) }
    if it.gap > 0 {
      for i in input.indices where i % c.image_stride % c.row_stride % c.pixel_stride >= it.channels { input[i] = .nan }
    }
    let weight: [Float] = (0..<it.outputs * inGroup * taps).map { _ in Float(dice.unit()) }
    let rows = it.images * c.out_height * c.out_width
    var want = [Double](repeating: 0, count: rows * it.outputs)
    var largest = 0.0
    for row in 0..<rows {
      let x = row % c.out_width, y = row / c.out_width % c.out_height, n = row / c.out_width / c.out_height
      for o in 0..<it.outputs {
        var sum = 0.0
        for ky in 0..<it.kernel[0] {
          let inY = y * it.stride[0] - it.padding[0] + ky * it.dilation[0]
          guard inY >= 0 && inY < it.height else { continue }
          for kx in 0..<it.kernel[1] {
            let inX = x * it.stride[1] - it.padding[1] + kx * it.dilation[1]
            guard inX >= 0 && inX < it.width else { continue }
            let from = n * c.image_stride + inY * c.row_stride + inX * c.pixel_stride + o / outGroup * inGroup
            for k in 0..<inGroup {
              sum += Double(input[from + k]) * Double(weight[(o * inGroup + k) * taps + ky * it.kernel[1] + kx])
            }
          }
        }
        want[row * it.outputs + o] = sum
        largest = max(largest, abs(sum))
      }
    }
    for algorithm in 0..<Int32(LATHE_NHWC_ALGORITHMS.rawValue) where lathe_nhwc_supports(&c, algorithm) {
      c.algorithm = algorithm
      let packed = UnsafeMutablePointer<Float>.allocate(capacity: lathe_nhwc_packed_elements(&c))
      defer { packed.deallocate() }
      lathe_nhwc_pack(&c, weight, packed)
      let result = Result(rows: rows, columns: it.outputs)
      var epilogue = lathe_epilogue(run: Result.run, context: Unmanaged.passUnretained(result).toOpaque())
      lathe_nhwc_run(&c, input, packed, &epilogue)
      var worst = 0.0, once = true
      for i in 0..<result.count {
        let error = abs(Double(result.values[i]) - want[i]) / (largest + 1)
        worst = error <= worst ? worst : error.isNaN ? .infinity : error
        once = once && result.calls[i] == 1
      }
      let place: String = "\(it) by algorithm \(algorithm) at \(String(cString: lathe_isa_name(level)))"
      #expect(worst < 1e-5, "\(place)")
      #expect(once, "every element once: \(place)")
      #expect(!result.misaligned.pointee, "aligned pieces: \(place)")
    }
  }

  /// Sums over no channels are zeros, of which an epilogue makes results; of no images it makes none.
  @Test func noChannelsAndNoImages() {
    var dice = Dice(22)
    atEveryLevel { level in
      for groups in [1, 3] {
        for (images, channels) in [(2, 0), (0, 4 * groups), (0, 0)] {
          let it = Case(images: images, channels: channels, outputs: 15 * groups, groups: groups, height: 9, width: 70)
          Self.check(it, &dice, level)
        }
      }
    }
  }

  @Test func randomConvolutions() {
    var dice = Dice(21)
    atEveryLevel { level in
      for _ in 0..<120 {
        func pick(_ choices: [Int]) -> Int { choices[dice.below(choices.count)] }
        let groups = pick([1, 1, 1, 2, 3])
        let it = Case(
          images: 1 + dice.below(2), channels: groups * pick([1, 3, 5, 8, 17, 33]), outputs: groups * pick([1, 5, 8, 16, 17, 24, 33]),
          groups: groups, height: 1 + dice.below(12), width: 1 + dice.below(15), kernel: [1 + dice.below(4), 1 + dice.below(4)],
          stride: [1 + dice.below(3), 1 + dice.below(3)], padding: [dice.below(3), dice.below(3)],
          dilation: [1 + dice.below(2), 1 + dice.below(2)], gap: pick([0, 0, 3, 16]), blockRows: pick([0, 0, 1, 7, 20]),
          blockColumns: pick([0, 0, 16, 40]))
        Self.check(it, &dice, level)
      }
    }
  }

  @Test func threeByThree() {
    var dice = Dice(22)
    atEveryLevel { level in
      for (channels, outputs, height, width, images) in [
        (3, 5, 4, 4, 1), (17, 33, 7, 7, 2), (16, 24, 14, 13, 1), (64, 64, 9, 30, 1), (5, 17, 40, 44, 1), (130, 20, 5, 6, 2),
        (1, 1, 1, 1, 1),
      ] {
        for padding in [[1, 1], [0, 2]] {
          let it = Case(
            images: images, channels: channels, outputs: outputs, height: height, width: width, padding: padding,
            gap: dice.coin() ? 0 : 5)
          Self.check(it, &dice, level)
        }
      }
    }
  }

  @Test func depthwise() {
    var dice = Dice(23)
    atEveryLevel { level in
      for channels in [1, 3, 16, 33, 300] {
        for (kernel, stride, padding, dilation) in [(3, 1, 1, 1), (3, 2, 1, 1), (5, 1, 2, 1), (5, 2, 2, 1), (3, 1, 2, 2), (2, 3, 0, 1), (3, 1, 4, 1)] {
          let it = Case(
            images: 2, channels: channels, outputs: channels, groups: channels, height: 5 + dice.below(9), width: 5 + dice.below(9),
            kernel: [kernel, kernel], stride: [stride, stride], padding: [padding, padding], dilation: [dilation, dilation],
            gap: dice.coin() ? 0 : 3)
          Self.check(it, &dice, level)
        }
      }
    }
  }

  @Test func networkShapes() {
    var dice = Dice(24)
    atEveryLevel { level in
      // A stem, a pointwise layer as one shallow product, depths of several blocks, two outputs of one input channel.
      Self.check(Case(channels: 3, outputs: 20, height: 33, width: 35, kernel: [7, 7], stride: [2, 2], padding: [3, 3]), &dice, level)
      Self.check(Case(channels: 24, outputs: 144, height: 15, width: 16, kernel: [1, 1], padding: [0, 0]), &dice, level)
      Self.check(Case(channels: 200, outputs: 40, height: 7, width: 7), &dice, level)
      Self.check(Case(channels: 900, outputs: 33, height: 5, width: 5, kernel: [1, 1], stride: [2, 2], padding: [0, 0]), &dice, level)
      Self.check(Case(channels: 6, outputs: 12, groups: 6, height: 9, width: 9), &dice, level)
    }
  }

  @Test func choosesWhatIsSupported() {
    var wide = Case(channels: 64, outputs: 64, height: 56, width: 56).geometry
    #expect(lathe_nhwc_choose(&wide) == Int32(LATHE_NHWC_WINOGRAD_4.rawValue))
    var strided = Case(channels: 64, outputs: 64, height: 56, width: 56, stride: [2, 2]).geometry
    #expect(lathe_nhwc_choose(&strided) == Int32(LATHE_NHWC_IMPLICIT.rawValue))
    #expect(!lathe_nhwc_supports(&strided, Int32(LATHE_NHWC_WINOGRAD_2.rawValue)))
    var separate = Case(channels: 32, outputs: 32, groups: 32, height: 28, width: 28).geometry
    #expect(lathe_nhwc_choose(&separate) == Int32(LATHE_NHWC_DEPTHWISE.rawValue))
  }

  @Test func pools() {
    var dice = Dice(25)
    atEveryLevel { level in
      for round in 0..<60 {
        var pool = lathe_nhwc_pool()
        (pool.images, pool.height, pool.width) = (1 + dice.below(2), 2 + dice.below(9), 2 + dice.below(9))
        pool.channels = [1, 3, 8, 17, 40][dice.below(5)]
        let kernel = [1 + dice.below(3), 1 + dice.below(3)], stride = [1 + dice.below(3), 1 + dice.below(3)]
        let padding = kernel.map { dice.below($0 / 2 + 1) }, average = round % 2 == 0, gap = dice.below(2) * 3
        let dilation = average ? [1, 1] : [1 + dice.below(2), 1 + dice.below(2)]
        func size(_ d: Int, _ input: Int) -> Int {
          let reach = input + 2 * padding[d] - dilation[d] * (kernel[d] - 1) - 1
          guard reach >= 0 else { return 0 }
          let ceiling = (reach + stride[d] - 1) / stride[d] + 1
          return dice.coin() && (ceiling - 1) * stride[d] < input + padding[d] ? ceiling : reach / stride[d] + 1
        }
        (pool.out_height, pool.out_width) = (size(0, pool.height), size(1, pool.width))
        guard pool.out_height > 0, pool.out_width > 0 else { continue }
        pool.pixel_stride = pool.channels + gap
        pool.row_stride = pool.width * pool.pixel_stride
        pool.image_stride = pool.height * pool.row_stride
        pool.out_pixel_stride = pool.channels + gap
        pool.out_row_stride = pool.out_width * pool.out_pixel_stride
        pool.out_image_stride = pool.out_height * pool.out_row_stride
        pool.kernel = (kernel[0], kernel[1])
        pool.stride = (stride[0], stride[1])
        pool.padding = (padding[0], padding[1])
        pool.dilation = (dilation[0], dilation[1])
        var input: [Float] = (0..<pool.images * pool.image_stride).map { _ in Float(dice.unit()) }
        if !average { input[dice.below(input.count)] = .nan }
        var output = [Float](repeating: 7, count: pool.images * pool.out_image_stride)
        let counted = dice.coin(), divisor = dice.below(3) == 0 ? 5 : 0
        if average {
          lathe_nhwc_average_pool(&pool, counted, divisor, input, &output)
        } else {
          lathe_nhwc_max_pool(&pool, input, &output)
        }
        var right = true
        for place in indices([pool.images, pool.out_height, pool.out_width, pool.out_pixel_stride]) {
          let got = output[((place[0] * pool.out_height + place[1]) * pool.out_width + place[2]) * pool.out_pixel_stride + place[3]]
          guard place[3] < pool.channels else {
            right = right && got == 7  // what lies between the pixels is not the pool's
            continue
          }
          var sum = 0.0, best = -Double.infinity, inside = 0, padded = 0
          for tap in indices(kernel) {
            let y = place[1] * stride[0] - padding[0] + tap[0] * dilation[0]
            let x = place[2] * stride[1] - padding[1] + tap[1] * dilation[1]
            if y < pool.height + padding[0] && x < pool.width + padding[1] { padded += 1 }
            guard y >= 0 && y < pool.height && x >= 0 && x < pool.width else { continue }
            let value = Double(input[place[0] * pool.image_stride + y * pool.row_stride + x * pool.pixel_stride + place[3]])
            sum += value
            inside += 1
            best = value.isNaN || best.isNaN ? .nan : max(best, value)
          }
          if average {
            let want = sum / Double(divisor != 0 ? divisor : counted ? padded : inside)
            right = right && abs(want - Double(got)) < 1e-6
          } else {
            right = right && (best.isNaN ? got.isNaN : Double(got) == best)
          }
        }
        #expect(right, "round \(round) at \(String(cString: lathe_isa_name(level)))")
      }
    }
  }
}
