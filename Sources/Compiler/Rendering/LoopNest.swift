import Foundations
import LoopIR

/// A kernel's iteration space as C walks it: dimensions of size 1 gone, outermost those with the longest strides of what is stored,
/// neighbours made one where every access walks through them as through one.
struct LoopNest {
  var sizes: [SymbolicInt]
  /// By access index: strides over `sizes`.
  var strides: [Int: [SymbolicInt]]

  init(_ kernel: Schedule.Kernel, loads: [Int], accesses: [Schedule.Access], stores: [Schedule.Access]) {
    // Stores count as accesses with negative numbers.
    var all: [Int: [SymbolicInt]] = [:]
    for load in loads { all[load] = accesses[load].strides }
    for (index, store) in stores.enumerated() { all[-1 - index] = store.strides }
    let lead: [SymbolicInt] = stores[0].strides
    let kept: [Int] = kernel.sizes.indices.filter { kernel.sizes[$0] != 1 }
    let known: [Int] = kept.compactMap { lead[$0].constant }
    let order: [Int] = known.count == kept.count ? kept.sorted { (lead[$0].constant!, $1) > (lead[$1].constant!, $0) } : LoopNest.bySymbols(kept, lead)
    sizes = order.map { kernel.sizes[$0] }
    strides = all.mapValues { strides in order.map { strides[$0] } }
    collapse()
  }

  /// Symbolic strides: the contiguous dimension innermost, the rest as they are.
  private static func bySymbols(_ kept: [Int], _ lead: [SymbolicInt]) -> [Int] {
    guard let inner = kept.last(where: { lead[$0] == 1 }) else { return kept }
    return kept.filter { $0 != inner } + [inner]
  }

  private mutating func collapse() {
    var dimension: Int = sizes.count - 2
    while dimension >= 0 {
      let inner: SymbolicInt = sizes[dimension + 1]
      if strides.values.allSatisfy({ $0[dimension] == $0[dimension + 1] * inner }) {
        sizes[dimension] = sizes[dimension] * inner
        sizes.remove(at: dimension + 1)
        for key in strides.keys { strides[key]!.remove(at: dimension) }
      }
      dimension -= 1
    }
  }
}
