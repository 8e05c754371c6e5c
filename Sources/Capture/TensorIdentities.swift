import Operators
import Tensors

/// The tensors of a call that must all be different ones: a small hash table in memory of the call.
struct TensorIdentities {
  /// Pairs: what tells the tensor's memory, and its place among the values plus one; 0 where a slot is empty.
  private let slots: UnsafeMutableBufferPointer<Int>

  /// - Parameter capacity: the most tensors that are inserted.
  @inline(__always) static func withEmpty<Result>(capacity: Int, _ body: (TensorIdentities) -> Result) -> Result {
    var count: Int = 8
    while count < 2 * capacity { count *= 2 }
    return withUnsafeTemporaryAllocation(of: Int.self, capacity: 2 * count) { slots in
      slots.initialize(repeating: 0)
      return body(TensorIdentities(slots: slots))
    }
  }

  /// - Returns: false where it is the same view of the same memory as one inserted before.
  @inline(__always) func insert(_ tensor: Tensor, at place: Int, of values: [Value]) -> Bool {
    let identity: Int = Int(bitPattern: Unmanaged.passUnretained(tensor.storage).toOpaque()) &+ tensor.offset
    let mask: Int = slots.count / 2 - 1
    var slot: Int = Int(truncatingIfNeeded: (UInt64(truncatingIfNeeded: identity) &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    while true {
      let other: Int = slots[2 * slot + 1]
      if other == 0 {
        (slots[2 * slot], slots[2 * slot + 1]) = (identity, place + 1)
        return true
      }
      if slots[2 * slot] == identity, case .tensor(let earlier) = values[other - 1], earlier.isSame(as: tensor) { return false }
      slot = (slot + 1) & mask
    }
  }
}
