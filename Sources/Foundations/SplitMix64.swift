/// Steele, Lea and Flood's SplitMix64 ("Fast splittable pseudorandom number generators", 2014).
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64
  package init(state: UInt64) { self.state = state }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z: UInt64 = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
  /// In [0, 1).
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
  /// Standard normal to the accuracy that twelve uniform numbers give.
  package mutating func normal() -> Double {
    var sum: Double = -6
    for _ in 0..<12 { sum += uniform() }
    return sum
  }
}
