import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Sampling of images at given places (`ATen/native/GridSampler.cpp`, `AffineGridGenerator.cpp`).
  static let gridSampling: [OperatorRecord] =
    ["grid_sampler", "grid_sampler_2d", "grid_sampler_3d", "_grid_sampler_2d_cpu_fallback"].map { name in
      OperatorRecord(
        "aten::\(name)(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> Tensor",
        .kernel(
          shape: { [.tensor(try sampledType($0))] },
          run: { call, types in
            let (input, grid): (Tensor, Tensor) = (try call.tensor("input"), try call.tensor("grid"))
            guard let filter = GridSampler.Filter(rawValue: try call.integer("interpolation_mode")), let edge = GridSampler.Edge(rawValue: try call.integer("padding_mode")) else {
              throw call.failure("its interpolation or padding mode is unknown")
            }
            if filter == .cubic && input.rank == 5 { throw call.failure("grid_sampler(): bicubic interpolation only supports 4D input") }
            let sampler = GridSampler(
              filter: filter, edge: edge, alignsCorners: try call.flag("align_corners"), sizes: Array(input.sizes.dropFirst(2)), dtype: input.dtype)
            let result: Tensor = try Tensor.empty(types[0])
            result.copy(from: try Tensor(sampler.sample(try input.doubles(), try grid.doubles(), batch: input.sizes[0], channels: input.sizes[1]), sizes: result.sizes, .f64))
            return [.tensor(result)]
          }))
    }
    + [
      OperatorRecord(
        "aten::affine_grid_generator(Tensor theta, SymInt[] size, bool align_corners) -> Tensor",
        .kernel(
          shape: { call in
            let (theta, size): (TensorType, [SymbolicInt]) = (try call.type("theta"), try call.sizes("size"))
            guard size.count == 4 || size.count == 5 else { throw call.failure("affine_grid_generator needs 4d (spatial) or 5d (volumetric) inputs.") }
            let spatial: Int = size.count - 2
            guard theta.rank == 3, call.isEqual(theta.sizes[1], SymbolicInt(spatial)), call.isEqual(theta.sizes[2], SymbolicInt(spatial + 1)) else {
              throw call.failure("Expected a batch of \(spatial)D affine matrices of shape Nx\(spatial)x\(spatial + 1) for size \(size). Got \(theta.sizes).")
            }
            return [.tensor(TensorType(dtype: theta.dtype, sizes: [size[0]] + size.dropFirst(2) + [SymbolicInt(spatial)]))]
          },
          run: { call, types in
            let result: Tensor = try Tensor.empty(types[0])
            let theta: [Double] = try call.tensor("theta").doubles()
            let alignsCorners: Bool = try call.flag("align_corners")
            let spatial: Int = result.rank - 2
            func coordinate(_ index: Int, _ count: Int) -> Double {
              if count <= 1 { return 0 }
              let place: Double = -1 + 2 * Double(index) / Double(count - 1)
              return alignsCorners ? place : place * Double(count - 1) / Double(count)
            }
            let sizes: [Int] = Array(result.sizes[1...spatial])
            var values: [Double] = []
            values.reserveCapacity(result.elementCount)
            for batch in 0..<result.sizes[0] {
              for place in 0..<sizes.reduce(1, *) {
                // Innermost dimension first: x, y, then z.
                var (rest, base): (Int, [Double]) = (place, [])
                for size in sizes.reversed() {
                  base.append(coordinate(rest % size, size))
                  rest /= size
                }
                base.append(1)
                for row in 0..<spatial {
                  let start: Int = (batch * spatial + row) * (spatial + 1)
                  values.append(base.indices.reduce(0) { $0 + base[$1] * theta[start + $1] })
                }
              }
            }
            result.copy(from: try Tensor(values, sizes: result.sizes, .f64))
            return [.tensor(result)]
          }))
    ]

  private static func sampledType(_ call: OperatorCall) throws -> TensorType {
    let (input, grid): (TensorType, TensorType) = (try call.type("input"), try call.type("grid"))
    guard input.rank == 4 || input.rank == 5, grid.rank == input.rank, call.isEqual(grid.sizes[grid.rank - 1], SymbolicInt(input.rank - 2)) else {
      throw call.failure("grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got input with sizes \(input.sizes) and grid with sizes \(grid.sizes)")
    }
    guard input.dtype == grid.dtype else {
      throw call.failure("grid_sampler(): expected input and grid to have same dtype, but input has \(input.dtype.torchName) and grid has \(grid.dtype.torchName)")
    }
    guard call.isEqual(input.sizes[0], grid.sizes[0]) else {
      throw call.failure("grid_sampler(): expected grid and input to have same batch size, but got input with sizes \(input.sizes) and grid with sizes \(grid.sizes)")
    }
    return TensorType(dtype: input.dtype, sizes: Array(input.sizes.prefix(2)) + grid.sizes.dropFirst().dropLast())
  }
}

/// Samples images at places from -1 to 1 (`torch.nn.functional.grid_sample`).
struct GridSampler {
  enum Filter: Int { case linear = 0, nearest, cubic }
  enum Edge: Int { case zeros = 0, border, reflection }
  let filter: Filter
  let edge: Edge
  let alignsCorners: Bool
  /// The image's spatial sizes, outermost first.
  let sizes: [Int]
  /// The element type, in which ATen computes places and weights step by step.
  let dtype: DType

  private func rounded(_ x: Double) -> Double { StepRounding.round(x, as: dtype) }

  /// - Parameter grid: places, innermost coordinate first, `sizes.count` of them a sample.
  func sample(_ image: [Double], _ grid: [Double], batch: Int, channels: Int) -> [Double] {
    let (spatial, area): (Int, Int) = (sizes.count, sizes.reduce(1, *))
    let count: Int = batch == 0 ? 0 : grid.count / spatial / batch
    var result: [Double] = Array(repeating: 0, count: batch * channels * count)
    for item in 0..<batch {
      for place in 0..<count {
        let start: Int = (item * count + place) * spatial
        let coordinates: [Double] = (0..<spatial).map { scaled(grid[start + spatial - 1 - $0], sizes[$0]) }
        let taps: [(offset: Int, weight: Double)] = taps(coordinates)
        for channel in 0..<channels {
          let plane: Int = (item * channels + channel) * area
          var sum: Double = 0
          for tap in taps { sum = rounded(sum + rounded(tap.weight * image[plane + tap.offset])) }
          result[(item * channels + channel) * count + place] = sum
        }
      }
    }
    return result
  }

  private func scaled(_ x: Double, _ size: Int) -> Double {
    if dtype == .f32 || dtype == .f64 { return alignsCorners ? (x + 1) / 2 * Double(size - 1) : ((x + 1) * Double(size) - 1) / 2 }
    let shifted: Double = rounded(x + 1)
    return alignsCorners ? rounded(shifted * Double(size - 1) / 2) : rounded(rounded(shifted * Double(size) / 2) - 0.5)
  }
  /// The place brought inside the image as the edge mode says.
  private func kept(_ x: Double, _ size: Int) -> Double {
    switch edge {
    case .zeros: return x
    case .border: return x.isNaN ? 0 : min(max(x, 0), Double(size - 1))
    case .reflection:
      let (low, high): (Double, Double) = alignsCorners ? (0, Double(size - 1)) : (-0.5, Double(size) - 0.5)
      let span: Double = high - low
      if span == 0 { return 0 }
      let away: Double = abs(x - low)
      let extra: Double = away.truncatingRemainder(dividingBy: span)
      let reflected: Double = Int((away / span).rounded(.down)) % 2 == 0 ? extra + low : span - extra + low
      return reflected.isNaN ? 0 : min(max(reflected, 0), Double(size - 1))
    }
  }

  /// Elements of a plane and their weights.
  private func taps(_ coordinates: [Double]) -> [(offset: Int, weight: Double)] {
    var result: [(offset: Int, weight: Double)] = [(0, 1)]
    for (axis, raw) in coordinates.enumerated() {
      let size: Int = sizes[axis]
      var line: [(index: Double, weight: Double)] = []
      switch filter {
      case .nearest: line = [(kept(raw, size).rounded(.toNearestOrEven), 1)]
      case .linear:
        let x: Double = kept(raw, size)
        let low: Double = x.rounded(.down)
        line = [(low, rounded(1 - rounded(x - low))), (low + 1, rounded(x - low))]
      case .cubic:
        let low: Double = raw.rounded(.down)
        line = zip([-1.0, 0, 1, 2], GridSampler.cubicWeights(raw - low)).map { (kept(low + $0, size), $1) }
      }
      var next: [(offset: Int, weight: Double)] = []
      for (index, weight) in line where index >= 0 && index <= Double(size - 1) {
        for tap in result { next.append((tap.offset * size + Int(index), rounded(tap.weight * weight))) }
      }
      result = next
    }
    return result
  }

  /// Keys's cubic convolution with A = -0.75.
  private static func cubicWeights(_ t: Double) -> [Double] {
    let a: Double = -0.75
    func far(_ x: Double) -> Double { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
    func near(_ x: Double) -> Double { ((a + 2) * x - (a + 3)) * x * x + 1 }
    return [far(t + 1), near(t), near(1 - t), far(2 - t)]
  }
}
