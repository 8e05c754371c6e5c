import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Resampling of images by size or scale (`ATen/native/UpSample*.cpp`).
  static let resampling: [OperatorRecord] =
    [
      ("upsample_nearest1d", 1, LATHE_UPSAMPLE_NEAREST), ("upsample_nearest2d", 2, LATHE_UPSAMPLE_NEAREST), ("upsample_nearest3d", 3, LATHE_UPSAMPLE_NEAREST),
      ("_upsample_nearest_exact1d", 1, LATHE_UPSAMPLE_NEAREST_EXACT), ("_upsample_nearest_exact2d", 2, LATHE_UPSAMPLE_NEAREST_EXACT),
      ("_upsample_nearest_exact3d", 3, LATHE_UPSAMPLE_NEAREST_EXACT), ("upsample_linear1d", 1, LATHE_UPSAMPLE_LINEAR),
      ("upsample_bilinear2d", 2, LATHE_UPSAMPLE_LINEAR), ("upsample_trilinear3d", 3, LATHE_UPSAMPLE_LINEAR), ("upsample_bicubic2d", 2, LATHE_UPSAMPLE_CUBIC),
    ].flatMap { name, spatial, mode -> [OperatorRecord] in
      let isNearest: Bool = mode == LATHE_UPSAMPLE_NEAREST || mode == LATHE_UPSAMPLE_NEAREST_EXACT
      return forms(name, spatial, alignsCorners: !isNearest) { call, input, result, scales in
        let alignsCorners: Bool = isNearest ? false : try call.flag("align_corners")
        withViews([input, result]) { lathe_upsample(mode, alignsCorners, scales, $0[0], $0[1]) }
      }
    }
    + [("_upsample_bilinear2d_aa", ResamplingFilter.triangle), ("_upsample_bicubic2d_aa", .cubic)].flatMap { name, filter in
      forms(name, 2, alignsCorners: true) { call, input, result, scales in
        try filter.resample(input, into: result, alignsCorners: try call.flag("align_corners"), scales: scales)
      }
    }

  /// The overload by output size and the one by size or scale factors (`vec`).
  private static func forms(
    _ name: String, _ spatial: Int, alignsCorners: Bool, run: @escaping @Sendable (OperatorCall, Tensor, Tensor, [Double]) throws -> Void
  ) -> [OperatorRecord] {
    let corners: String = alignsCorners ? "bool align_corners, " : ""
    let names: [String] = spatial == 1 ? ["scales"] : Array(["scales_d", "scales_h", "scales_w"].suffix(spatial))
    let scales: String = names.map { "float? \($0)=None" }.joined(separator: ", ")
    @Sendable func result(_ call: OperatorCall, _ input: Tensor, _ types: [ValueType], _ scales: [Double]) throws -> [Value] {
      let result: Tensor = try Tensor.empty(types[0])
      if result.elementCount > 0 { try run(call, input, result, scales) }
      return [.tensor(result)]
    }
    return [
      OperatorRecord(
        "aten::\(name)(Tensor self, SymInt[\(spatial)] output_size, \(corners)\(scales)) -> Tensor",
        .kernel(
          shape: { [.tensor(try resampledType($0, try $0.type("self"), try $0.sizes("output_size"), spatial))] },
          run: { call, types in try result(call, try call.tensor("self"), types, try names.map { try call.optionalDouble($0) ?? 0 }) })),
      OperatorRecord(
        "aten::\(name).vec(Tensor input, SymInt[]? output_size, \(corners)float[]? scale_factors) -> Tensor",
        .kernel(
          shape: { call in
            let input: TensorType = try call.type("input")
            return [.tensor(try resampledType(call, input, try vectorSizes(call, input, spatial), spatial))]
          },
          run: { call, types in
            try result(call, try call.tensor("input"), types, try factors(call) ?? Array(repeating: 0, count: spatial))
          })),
    ]
  }

  private static func factors(_ call: OperatorCall) throws -> [Double]? {
    guard case .list(let items) = call.value("scale_factors") else { return nil }
    return try items.map { item in
      switch item {
      case .double(let number): return number
      case .int(let size): if let number = size.constant { return Double(number) }
      default: break
      }
      throw call.mismatch("scale_factors", "a list of floats")
    }
  }
  private static func vectorSizes(_ call: OperatorCall, _ input: TensorType, _ spatial: Int) throws -> [SymbolicInt] {
    let factors: [Double]? = try factors(call)
    if let sizes = try call.optionalSizes("output_size") {
      guard factors == nil else { throw call.failure("Must specify exactly one of output_size and scale_factors") }
      return sizes
    }
    guard let factors, factors.count == spatial, input.rank == spatial + 2 else {
      throw call.failure("Must specify exactly one of output_size and scale_factors, the latter with \(spatial) entries")
    }
    return try zip(input.sizes.dropFirst(2), factors).map { size, factor in
      if let number = size.constant { return SymbolicInt(Int((Double(number) * factor).rounded(.down))) }
      // A symbolic size times a fraction with a small power of two below it.
      for shift in 0..<8 {
        let numerator: Double = factor * Double(1 << shift)
        if numerator == numerator.rounded() { return (size * SymbolicInt(Int(numerator))).floorDivided(by: SymbolicInt(1 << shift)) }
      }
      if (1 / factor) == (1 / factor).rounded() { return size.floorDivided(by: SymbolicInt(Int(1 / factor))) }
      throw call.failure("the size \(size) times \(factor) is not known")
    }
  }
  private static func resampledType(_ call: OperatorCall, _ input: TensorType, _ output: [SymbolicInt], _ spatial: Int) throws -> TensorType {
    guard input.rank == spatial + 2, output.count == spatial else {
      throw call.failure("It is expected input_size equals to \(spatial + 2) and output_size to \(spatial), but got \(input.rank) and \(output.count)")
    }
    guard output.allSatisfy({ !call.environment.isLess($0, 1) }), input.sizes.dropFirst(2).allSatisfy({ !call.environment.isLess($0, 1) }) else {
      throw call.failure("Input and output sizes should be greater than 0, but got input \(input.sizes) and output \(output)")
    }
    return .following(input, dtype: input.dtype, sizes: Array(input.sizes.prefix(2)) + output, call.environment)
  }
}

/// Filters of antialiased resampling (`_upsample_bilinear2d_aa`): a window that widens as the image shrinks.
enum ResamplingFilter: Sendable {
  case triangle, cubic

  private var reach: Double { self == .triangle ? 1 : 2 }
  private func value(_ distance: Double) -> Double {
    let x: Double = abs(distance)
    switch self {
    case .triangle: return max(0, 1 - x)
    case .cubic:
      // A = -0.5, as Pillow has it.
      let a: Double = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    }
  }

  /// The first source index and the weights of each output index.
  private func windows(_ input: Int, _ output: Int, _ alignsCorners: Bool, _ given: Double) -> [(start: Int, weights: [Double])] {
    let scale: Double
    if alignsCorners { scale = output > 1 ? Double(input - 1) / Double(output - 1) : 0 } else { scale = given > 0 ? 1 / given : Double(input) / Double(output) }
    let support: Double = scale >= 1 ? reach * scale : reach
    let narrowing: Double = scale >= 1 ? 1 / scale : 1
    return (0..<output).map { index in
      let center: Double = scale * (Double(index) + 0.5)
      let start: Int = max(Int(center - support + 0.5), 0)
      let end: Int = min(Int(center + support + 0.5), input)
      let raw: [Double] = (start..<max(end, start)).map { value((Double($0) - center + 0.5) * narrowing) }
      let total: Double = raw.reduce(0, +)
      return (start, total == 0 ? raw : raw.map { $0 / total })
    }
  }

  /// Along the width, then along the height, of [N, C, H, W].
  func resample(_ input: Tensor, into result: Tensor, alignsCorners: Bool, scales: [Double]) throws {
    let source: [Double] = try input.doubles()
    let (planes, height, width): (Int, Int, Int) = (input.sizes[0] * input.sizes[1], input.sizes[2], input.sizes[3])
    let (rows, columns): (Int, Int) = (result.sizes[2], result.sizes[3])
    let across = windows(width, columns, alignsCorners, scales[1])
    let down = windows(height, rows, alignsCorners, scales[0])
    var middle: [Double] = Array(repeating: 0, count: planes * height * columns)
    for line in 0..<(planes * height) {
      for (column, window) in across.enumerated() {
        var sum: Double = 0
        for (step, weight) in window.weights.enumerated() { sum += weight * source[line * width + window.start + step] }
        middle[line * columns + column] = sum
      }
    }
    var output: [Double] = Array(repeating: 0, count: planes * rows * columns)
    for plane in 0..<planes {
      for (row, window) in down.enumerated() {
        for (step, weight) in window.weights.enumerated() {
          let from: Int = (plane * height + window.start + step) * columns
          let to: Int = (plane * rows + row) * columns
          for column in 0..<columns { output[to + column] += weight * middle[from + column] }
        }
      }
    }
    if !result.dtype.isFloatingPoint { output = output.map { min(max($0.rounded(), 0), 255) } }
    result.copy(from: try Tensor(output, sizes: result.sizes, .f64))
  }
}
