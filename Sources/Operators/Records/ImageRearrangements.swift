import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Operators that move pixels and channels about (`ATen/native/PixelShuffle.cpp`, `ChanelShuffle.cpp`, `Im2Col.cpp`, `Col2Im.cpp`).
  static let imageRearrangements: [OperatorRecord] =
    [
      OperatorRecord("aten::pixel_shuffle(Tensor self, int upscale_factor) -> Tensor", .composite { c in
        let (type, r): (TensorType, SymbolicInt) = (try c.call.type("self"), SymbolicInt(try c.call.integer("upscale_factor")))
        guard type.rank >= 3, !c.call.environment.isLess(r, 1) else { throw c.call.failure("pixel_shuffle expects input to have at least 3 dimensions, but got input with \(type.rank) dimension(s)") }
        let (lead, channels): ([SymbolicInt], SymbolicInt) = (Array(type.sizes.dropLast(3)), type.sizes[type.rank - 3])
        let (height, width): (SymbolicInt, SymbolicInt) = (type.sizes[type.rank - 2], type.sizes[type.rank - 1])
        let kept: SymbolicInt = channels.floorDivided(by: r * r)
        guard c.call.isEqual(kept * r * r, channels) else {
          throw c.call.failure("pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but input.size(-3)=\(channels) is not divisible by \(r * r)")
        }
        let n: Int = lead.count
        return try shuffled(c, lead + [kept, r, r, height, width], Array(0..<n) + [n, n + 3, n + 1, n + 4, n + 2], lead + [kept, height * r, width * r])
      }),
      OperatorRecord("aten::pixel_unshuffle(Tensor self, int downscale_factor) -> Tensor", .composite { c in
        let (type, r): (TensorType, SymbolicInt) = (try c.call.type("self"), SymbolicInt(try c.call.integer("downscale_factor")))
        guard type.rank >= 3, !c.call.environment.isLess(r, 1) else { throw c.call.failure("pixel_unshuffle expects input to have at least 3 dimensions, but got input with \(type.rank) dimension(s)") }
        let (lead, channels): ([SymbolicInt], SymbolicInt) = (Array(type.sizes.dropLast(3)), type.sizes[type.rank - 3])
        let (height, width): (SymbolicInt, SymbolicInt) = (type.sizes[type.rank - 2].floorDivided(by: r), type.sizes[type.rank - 1].floorDivided(by: r))
        guard c.call.isEqual(height * r, type.sizes[type.rank - 2]), c.call.isEqual(width * r, type.sizes[type.rank - 1]) else {
          throw c.call.failure("pixel_unshuffle expects height and width to be divisible by downscale_factor, but input sizes \(type.sizes) are not divisible by \(r)")
        }
        let n: Int = lead.count
        return try shuffled(c, lead + [channels, height, r, width, r], Array(0..<n) + [n, n + 2, n + 4, n + 1, n + 3], lead + [channels * r * r, height, width])
      }),
    ]
    + ["channel_shuffle", "native_channel_shuffle"].map { name in
      OperatorRecord("aten::\(name)(Tensor self, SymInt groups) -> Tensor", .composite { c in
        let (type, groups): (TensorType, SymbolicInt) = (try c.call.type("self"), try c.call.size("groups"))
        guard type.rank > 2 else { throw c.call.failure("channel_shuffle expects input with > 2 dims, but got input with sizes \(type.sizes)") }
        let each: SymbolicInt = type.sizes[1].floorDivided(by: groups)
        guard c.call.isEqual(each * groups, type.sizes[1]) else {
          throw c.call.failure("Number of channels must be divisible by groups. Got \(type.sizes[1]) channels and \(groups) groups.")
        }
        let rest: [SymbolicInt] = Array(type.sizes.dropFirst(2))
        return try shuffled(c, [type.sizes[0], groups, each] + rest, [0, 2, 1] + Array(3..<(3 + rest.count)), type.sizes)
      })
    }
    + [
      OperatorRecord(
        "aten::im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor",
        .kernel(shape: { [.tensor(try columnsType($0))] }, run: columns)),
      OperatorRecord(
        "aten::col2im(Tensor self, SymInt[2] output_size, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor",
        .kernel(shape: { [.tensor(try imageType($0))] }, run: image)),
    ]

  private static func shuffled(_ c: Composer, _ split: [SymbolicInt], _ order: [Int], _ merged: [SymbolicInt]) throws -> [Value] {
    let whole: Value = try c("aten.reshape.default", c["self"], .list(split.map { .int($0) }))
    let result: Value = try c("aten.reshape.default", try c("aten.permute.default", whole, .ints(order)), .list(merged.map { .int($0) }))
    guard try c.call.type("self").suggestsChannelsLast(c.call.environment), merged.count == 4 else { return [result] }
    return [try c("aten.contiguous.default", result, keywords: ["memory_format": .memoryFormat(.channelsLast)])]
  }

  /// Windows of two spatial dimensions.
  private struct Windows {
    var kernel, dilation, padding, stride: [Int]
    init(_ call: OperatorCall) throws {
      func pair(_ name: String) throws -> [Int] {
        let given: [Int] = try call.integers(name)
        guard given.count == 1 || given.count == 2 else { throw call.failure("\(name) takes one or two numbers") }
        return given.count == 2 ? given : [given[0], given[0]]
      }
      (kernel, dilation, padding, stride) = (try pair("kernel_size"), try pair("dilation"), try pair("padding"), try pair("stride"))
      guard (kernel + dilation + stride).allSatisfy({ $0 > 0 }) else { throw call.failure("kernel_size, dilation and stride should be greater than zero") }
      guard padding.allSatisfy({ $0 >= 0 }) else { throw call.failure("padding should be non-negative") }
    }
    func count(_ size: SymbolicInt, _ axis: Int) -> SymbolicInt {
      (size + SymbolicInt(2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1)).floorDivided(by: SymbolicInt(stride[axis])) + 1
    }
    var area: Int { kernel[0] * kernel[1] }
  }

  private static func columnsType(_ call: OperatorCall) throws -> TensorType {
    let (type, windows): (TensorType, Windows) = (try call.type("self"), try Windows(call))
    guard type.rank == 3 || type.rank == 4 else {
      throw call.failure("Expected 3D or 4D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions, but got: \(type.sizes)")
    }
    let count: SymbolicInt = windows.count(type.sizes[type.rank - 2], 0) * windows.count(type.sizes[type.rank - 1], 1)
    return TensorType(dtype: type.dtype, sizes: Array(type.sizes.dropLast(3)) + [type.sizes[type.rank - 3] * SymbolicInt(windows.area), count])
  }
  @Sendable private static func columns(_ call: OperatorCall, _ types: [ValueType]) throws -> [Value] {
    let (result, windows): (Tensor, Windows) = (try Tensor.empty(types[0]), try Windows(call))
    let input: Tensor = try call.tensor("self").padded(toRank: 4)
    let (batch, channels, height, width): (Int, Int, Int, Int) = (input.sizes[0], input.sizes[1], input.sizes[2], input.sizes[3])
    let (tall, wide): (Int, Int) = (height + 2 * windows.padding[0], width + 2 * windows.padding[1])
    let framed: Tensor = try Tensor.empty([batch, channels, tall, wide], input.dtype)
    framed.fill(.int(0))
    let inner = Tensor(storage: framed.storage, dtype: framed.dtype, sizes: input.sizes, strides: framed.strides, offset: windows.padding[0] * wide + windows.padding[1])
    inner.copy(from: input)
    let rows: Int = (tall - windows.dilation[0] * (windows.kernel[0] - 1) - 1) / windows.stride[0] + 1
    let across: Int = (wide - windows.dilation[1] * (windows.kernel[1] - 1) - 1) / windows.stride[1] + 1
    let sizes: [Int] = [batch, channels, windows.kernel[0], windows.kernel[1], rows, across]
    let patches: Tensor = framed.viewed(
      sizes, [framed.strides[0], framed.strides[1], wide * windows.dilation[0], windows.dilation[1], wide * windows.stride[0], windows.stride[1]])
    result.viewed(sizes, Tensor.contiguousStrides(sizes)).copy(from: patches)
    return [.tensor(result)]
  }

  private static func imageType(_ call: OperatorCall) throws -> TensorType {
    let (type, windows): (TensorType, Windows) = (try call.type("self"), try Windows(call))
    let size: [SymbolicInt] = try call.sizes("output_size")
    guard type.rank == 2 || type.rank == 3, size.count == 2 else { throw call.failure("Expected 2D or 3D tensor for input and two output sizes, but got \(type.sizes) and \(size)") }
    let count: SymbolicInt = windows.count(size[0], 0) * windows.count(size[1], 1)
    guard call.isEqual(count, type.sizes[type.rank - 1]) else {
      throw call.failure("Given output_size=\(size), expected size of input's dimension 2 to match the calculated number of sliding blocks \(count), but got input.size(2)=\(type.sizes[type.rank - 1]).")
    }
    return TensorType(dtype: type.dtype, sizes: Array(type.sizes.dropLast(2)) + [type.sizes[type.rank - 2].floorDivided(by: SymbolicInt(windows.area))] + size)
  }
  @Sendable private static func image(_ call: OperatorCall, _ types: [ValueType]) throws -> [Value] {
    let (result, windows): (Tensor, Windows) = (try Tensor.empty(types[0]), try Windows(call))
    let values: [Double] = try call.tensor("self").doubles()
    let whole: [Int] = result.padded(toRank: 4).sizes
    let (batch, channels, height, width): (Int, Int, Int, Int) = (whole[0], whole[1], whole[2], whole[3])
    func count(_ size: Int, _ axis: Int) -> Int { (size + 2 * windows.padding[axis] - windows.dilation[axis] * (windows.kernel[axis] - 1) - 1) / windows.stride[axis] + 1 }
    let (rows, columns): (Int, Int) = (count(height, 0), count(width, 1))
    var sums: [Double] = Array(repeating: 0, count: batch * channels * height * width)
    var next: Int = 0
    for plane in 0..<(batch * channels) {
      for i in 0..<windows.kernel[0] {
        for j in 0..<windows.kernel[1] {
          for row in 0..<rows {
            let y: Int = row * windows.stride[0] + i * windows.dilation[0] - windows.padding[0]
            for column in 0..<columns {
              let x: Int = column * windows.stride[1] + j * windows.dilation[1] - windows.padding[1]
              if y >= 0, y < height, x >= 0, x < width { sums[(plane * height + y) * width + x] += values[next] }
              next += 1
            }
          }
        }
      }
    }
    result.copy(from: try Tensor(sums, sizes: result.sizes, .f64))
    return [.tensor(result)]
  }
}
