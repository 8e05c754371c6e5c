import CRuntime

/// A small deterministic generator (SplitMix64), so that a failing case can be run again.
struct Dice: RandomNumberGenerator {
  var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
  mutating func unit() -> Double { Double.random(in: -1...1, using: &self) }
  mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }
  mutating func coin() -> Bool { Bool.random(using: &self) }
}

/// Strided memory of one dtype, read and written as Double.
final class Strided {
  let dtype: lathe_dtype
  let sizes: [Int]
  let strides: [Int]
  let memory: UnsafeMutableRawPointer
  private let elements: Int

  /// `order` lists dimensions from outermost to innermost in memory; `gap` is the innermost dimension's stride.
  init(_ dtype: lathe_dtype, _ sizes: [Int], order: [Int]? = nil, gap: Int = 1) {
    self.dtype = dtype
    self.sizes = sizes
    var strides = [Int](repeating: 0, count: sizes.count)
    var step = gap
    for dimension in (order ?? Array(sizes.indices)).reversed() {
      strides[dimension] = step
      step *= max(sizes[dimension], 1)
    }
    self.strides = strides
    elements = max(step, 1)
    memory = .allocate(byteCount: elements * Int(lathe_dtype_size(Int32(dtype.rawValue))), alignment: 64)
    memory.initializeMemory(
      as: UInt8.self, repeating: 0, count: elements * Int(lathe_dtype_size(Int32(dtype.rawValue))))
  }
  deinit { memory.deallocate() }

  func place(_ index: [Int]) -> Int { zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 } }

  subscript(_ index: [Int]) -> Double {
    get { self[at: place(index)] }
    set { self[at: place(index)] = newValue }
  }

  subscript(at i: Int) -> Double {
    get {
      switch dtype {
      case LATHE_F64: return memory.load(fromByteOffset: i * 8, as: Double.self)
      case LATHE_F32: return Double(memory.load(fromByteOffset: i * 4, as: Float.self))
      case LATHE_F16: return Double(memory.load(fromByteOffset: i * 2, as: Float16.self))
      case LATHE_BF16:
        return Double(Float(bitPattern: UInt32(memory.load(fromByteOffset: i * 2, as: UInt16.self)) << 16))
      case LATHE_I64: return Double(memory.load(fromByteOffset: i * 8, as: Int64.self))
      case LATHE_I32: return Double(memory.load(fromByteOffset: i * 4, as: Int32.self))
      case LATHE_I16: return Double(memory.load(fromByteOffset: i * 2, as: Int16.self))
      case LATHE_I8: return Double(memory.load(fromByteOffset: i, as: Int8.self))
      default: return Double(memory.load(fromByteOffset: i, as: UInt8.self))
      }
    }
    set {
      switch dtype {
      case LATHE_F64: memory.storeBytes(of: newValue, toByteOffset: i * 8, as: Double.self)
      case LATHE_F32: memory.storeBytes(of: Float(newValue), toByteOffset: i * 4, as: Float.self)
      case LATHE_F16: memory.storeBytes(of: Float16(newValue), toByteOffset: i * 2, as: Float16.self)
      case LATHE_BF16:
        memory.storeBytes(of: UInt16(Float(newValue).bitPattern >> 16), toByteOffset: i * 2, as: UInt16.self)
      case LATHE_I64: memory.storeBytes(of: Int64(newValue), toByteOffset: i * 8, as: Int64.self)
      case LATHE_I32: memory.storeBytes(of: Int32(newValue), toByteOffset: i * 4, as: Int32.self)
      case LATHE_I16: memory.storeBytes(of: Int16(newValue), toByteOffset: i * 2, as: Int16.self)
      case LATHE_I8: memory.storeBytes(of: Int8(newValue), toByteOffset: i, as: Int8.self)
      default: memory.storeBytes(of: UInt8(newValue), toByteOffset: i, as: UInt8.self)
      }
    }
  }

  func fill(_ dice: inout Dice) { for i in 0..<elements { self[at: i] = dice.unit() } }

  var view: lathe_view { view(strides: strides) }
  func view(strides: [Int]) -> lathe_view {
    lathe_view_make(memory, Int32(dtype.rawValue), Int32(sizes.count), sizes, strides)
  }
}

/// Every index of a shape, row-major.
func indices(_ sizes: [Int]) -> [[Int]] {
  sizes.reduce([[]]) { prefixes, size in prefixes.flatMap { prefix in (0..<size).map { prefix + [$0] } } }
}

/// Every index of a small shape; of a large one its corners' ends and some drawn at random.
func samples(_ sizes: [Int], _ count: Int, _ dice: inout Dice) -> [[Int]] {
  let total = sizes.reduce(1, *)
  if total <= count { return indices(sizes) }
  return [sizes.map { _ in 0 }, sizes.map { $0 - 1 }] + (2..<count).map { _ in sizes.map { dice.below($0) } }
}

/// The largest error allowed in a result of this dtype: its own rounding, and the accumulator's.
func tolerance(_ dtype: lathe_dtype, _ value: Double) -> Double {
  switch dtype {
  case LATHE_F64: return 1e-11 * (1 + abs(value))
  case LATHE_F32: return 2e-5 * (1 + abs(value))
  case LATHE_F16: return abs(value) / 1024 + 1e-4
  default: return abs(value) / 128 + 1e-4
  }
}

let floatingTypes: [lathe_dtype] = [LATHE_F32, LATHE_F64, LATHE_BF16, LATHE_F16]

/// Runs the body at each kernel level this machine offers.
func atEveryLevel(_ body: (lathe_isa) throws -> Void) rethrows {
  defer { lathe_isa_limit_thread(LATHE_ISA_AVX512_BF16) }
  for level in 0...lathe_isa_level().rawValue {
    lathe_isa_limit_thread(lathe_isa(rawValue: level))
    try body(lathe_isa(rawValue: level))
  }
}
