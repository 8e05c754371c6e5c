import Foundations

/// Numbers as one step of arithmetic in a 16-bit type leaves them, for operators that ATen computes step by step in that type.
enum StepRounding {
  static func round(_ x: Double, as dtype: DType) -> Double {
    switch dtype {
    case .f16:
      guard x.isFinite, x != 0 else { return x }
      let unit: Double = max(x.magnitude.binade, 0x1p-14) * 0x1p-10
      let result: Double = (x / unit).rounded(.toNearestOrEven) * unit
      return result.magnitude > 65504 ? (x < 0 ? -.infinity : .infinity) : result
    case .bf16:
      let bits: UInt32 = Float(x).bitPattern
      if x.isNaN { return x }
      return Double(Float(bitPattern: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) & 0xFFFF_0000))
    default: return x
    }
  }
}
