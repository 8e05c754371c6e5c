import Compiler
import Foundations
import Tensors

/// How the elements of a drawn tensor are distributed.
enum FuzzValues {
  case normal, positive, whole, special, wide
  /// Whole numbers from 0 up to, not including, the bound.
  case below(Int)
}

enum FuzzTensors {
  static func values(_ kind: FuzzValues, count: Int, _ dtype: DType, _ random: inout SplitMix64) -> [Double] {
    (0..<count).map { _ in
      switch kind {
      case .below(let bound): return Double(random.int(0...max(bound - 1, 0)))
      case _ where dtype == .bool: return random.chance(0.5) ? 1 : 0
      case .wide where !dtype.isFloatingPoint: return Double(random.int(dtype.isUnsigned ? 0...255 : -128...127))
      case _ where !dtype.isFloatingPoint: return Double(random.int(dtype.isUnsigned ? 0...6 : -4...6))
      case .normal: return Double.random(in: -2...2, using: &random)
      case .positive: return Double.random(in: 0.05...2, using: &random)
      case .whole: return Double(random.int(-3...3))
      case .special:
        return random.chance(0.7) ? Double.random(in: -2...2, using: &random) : random.pick([0, -0.0, .infinity, -.infinity, .nan, 1e-30, 1e4, -1e4, 0.5, -1])
      case .wide: return Double.random(in: -1...1, using: &random) * random.pick([1, 10, 100, 1000])
      }
    }
  }

  enum Layout: CaseIterable { case contiguous, transposed, sliced, expanded, channelsLast }

  /// A tensor that lies in memory as `layout` says; one that this makes no sense for lies contiguously.
  static func tensor(_ sizes: [Int], _ dtype: DType, _ kind: FuzzValues, _ layout: Layout, _ random: inout SplitMix64) throws -> Tensor {
    let count: Int = sizes.reduce(1, *)
    let source: Tensor = try Tensor(values(kind, count: count, dtype, &random), sizes: sizes, dtype)
    func laid(_ storageSizes: [Int], _ view: (Tensor) -> (strides: [Int], offset: Int)) throws -> Tensor {
      let whole: Tensor = try Tensor.empty(storageSizes, dtype)
      whole.fill(.int(1))
      let (strides, offset) = view(whole)
      let result = Tensor(storage: whole.storage, dtype: dtype, sizes: sizes, strides: strides, offset: offset)
      result.copy(from: source)
      return result
    }
    guard count > 0 else { return source }
    switch layout {
    case .transposed where sizes.count >= 2:
      let (a, b) = (random.int(0...sizes.count - 1), random.int(0...sizes.count - 1))
      var stored: [Int] = sizes
      stored.swapAt(a, b)
      return try laid(stored) { whole in
        var strides: [Int] = whole.strides
        strides.swapAt(a, b)
        return (strides, 0)
      }
    case .sliced where !sizes.isEmpty:
      let (dimension, step) = (random.int(0...sizes.count - 1), random.int(1...2))
      var stored: [Int] = sizes
      stored[dimension] = stored[dimension] * step + 3
      return try laid(stored) { whole in
        var strides: [Int] = whole.strides
        let offset: Int = strides[dimension] * 2
        strides[dimension] *= step
        return (strides, offset)
      }
    case .expanded where !sizes.isEmpty:
      let dimension: Int = random.int(0...sizes.count - 1)
      var stored: [Int] = sizes
      stored[dimension] = 1
      return try laid(stored) { whole in
        var strides: [Int] = whole.strides
        strides[dimension] = 0
        return (strides, 0)
      }
    case .channelsLast where sizes.count == 4:
      return try laid([sizes[0], sizes[2], sizes[3], sizes[1]]) { whole in ([whole.strides[0], whole.strides[3], whole.strides[1], whole.strides[2]], 0) }
    default: return source
    }
  }
}
