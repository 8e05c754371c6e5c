import Foundations
import Tensors

/// How far a result may be from the expected one, by element type.
package struct Tolerance: Sendable, Hashable {
  package var absolute: Double
  package var relative: Double

  /// f32 1e-4, f16 1e-2, bf16 3e-2, f64 1e-9, absolute plus relative; integers and bool exactly.
  package init(for dtype: DType) {
    let bound: Double =
      switch dtype {
      case .f32: 1e-4
      case .f16: 1e-2
      case .bf16: 3e-2
      case .f64: 1e-9
      default: 0
      }
    (absolute, relative) = (bound, bound)
  }

  /// The same for a result whose elements are all small: the absolute bound is as much smaller as its largest is below 1.
  init(for dtype: DType, largest: Double) {
    self.init(for: dtype)
    absolute *= min(largest, 1)
  }

  /// Whether `actual` is near enough; NaN equals NaN, and infinities equal themselves.
  package func accepts(_ actual: Double, expected: Double) -> Bool {
    if actual == expected || (actual.isNaN && expected.isNaN) { return true }
    if !actual.isFinite || !expected.isFinite { return false }
    return (actual - expected).magnitude <= absolute + relative * expected.magnitude
  }

  /// The element that misses by most, or nil when all are near enough.
  /// - Returns: a sentence with its index, the actual and the expected value.
  package static func worstElement(_ actual: Tensor, expected: Tensor) throws -> String? { try worstElement(actual, expected, isScaled: false) }

  /// Whether all elements are near enough, by an absolute bound that small results make smaller.
  static func acceptsAll(_ actual: Tensor, expected: Tensor) throws -> Bool { try worstElement(actual, expected, isScaled: true) == nil }

  private static func worstElement(_ actual: Tensor, _ expected: Tensor, isScaled: Bool) throws -> String? {
    guard actual.dtype == expected.dtype else { return "is of \(actual.dtype.torchName), expected \(expected.dtype.torchName)" }
    guard actual.sizes == expected.sizes else { return "has sizes \(actual.sizes), expected \(expected.sizes)" }
    if !expected.dtype.isFloatingPoint {
      let (a, b): ([Int], [Int]) = (try actual.integers(), try expected.integers())
      guard let place = a.indices.first(where: { a[$0] != b[$0] }) else { return nil }
      return "[\(index(place, expected.sizes))] is \(a[place]), expected \(b[place])"
    }
    let (a, b): ([Double], [Double]) = (try actual.doubles(), try expected.doubles())
    let largest: Double = isScaled ? b.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 } : 1
    let tolerance = Tolerance(for: expected.dtype, largest: largest)
    var worst: (place: Int, miss: Double)?
    for place in a.indices where !tolerance.accepts(a[place], expected: b[place]) {
      let miss: Double = a[place].isFinite && b[place].isFinite ? (a[place] - b[place]).magnitude : .infinity
      if worst == nil || miss > worst!.miss { worst = (place, miss) }
    }
    guard let worst else { return nil }
    return "[\(index(worst.place, expected.sizes))] is \(a[worst.place]), expected \(b[worst.place])"
  }

  private static func index(_ place: Int, _ sizes: [Int]) -> String {
    var rest: Int = place
    var indices: [Int] = []
    for size in sizes.reversed() {
      indices.append(rest % max(size, 1))
      rest /= max(size, 1)
    }
    return indices.reversed().map(String.init).joined(separator: ", ")
  }
}
