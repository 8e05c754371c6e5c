import CRuntime
import Foundation
import Testing

let allTypes: [lathe_dtype] = [
  LATHE_BOOL, LATHE_U8, LATHE_I8, LATHE_I16, LATHE_I32, LATHE_I64, LATHE_F16, LATHE_BF16, LATHE_F32, LATHE_F64,
]

func isFloating(_ dtype: lathe_dtype) -> Bool { dtype.rawValue >= LATHE_F16.rawValue }

extension Strided {
  /// Values that every dtype holds exactly: small integers, halves too where the dtype has them.
  func fillExactly(_ dice: inout Dice, _ limit: Int = 50) {
    for index in indices(sizes) {
      switch dtype {
      case LATHE_BOOL: self[index] = dice.coin() ? 1 : 0
      case LATHE_U8: self[index] = Double(dice.below(limit))
      default:
        let whole = Double(dice.below(2 * limit) - limit)
        self[index] = isFloating(dtype) ? whole / 2 : whole
      }
    }
  }

  /// A random layout: the dimensions in any order in memory, now and then with gaps.
  static func random(_ dtype: lathe_dtype, _ sizes: [Int], _ dice: inout Dice) -> Strided {
    Strided(dtype, sizes, order: Array(sizes.indices).shuffled(using: &dice), gap: dice.below(4) == 0 ? 2 : 1)
  }
}

func randomSizes(_ dice: inout Dice, most: Int = 3000) -> [Int] {
  while true {
    let sizes = (0..<dice.below(5)).map { _ in [1, 2, 3, 5, 17, 40, 70, 300][dice.below(8)] }
    if sizes.reduce(1, *) <= most { return sizes }
  }
}

/// The index with `dimension` set to `at`.
func replacing(_ index: [Int], _ dimension: Int, _ at: Int) -> [Int] {
  var result = index
  result[dimension] = at
  return result
}

func agrees(_ got: Double, _ want: Double, _ dtype: lathe_dtype, scale: Double = 1) -> Bool {
  if want.isNaN { return got.isNaN }
  return got == want || abs(got - want) <= tolerance(dtype, want) * scale
}
