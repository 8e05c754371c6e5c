import Foundations
import LoopIR

/// The iteration space of a kernel with reductions as C walks it: kept and reduced dimensions apart, those of size 1 gone, neighbours
/// made one where every access walks through them as through one, and the dimension that vectors lie along.
struct ReductionNest {
  enum Lanes { case alongRow, acrossRows }
  /// One access in terms of the nest.
  struct Strides {
    var kept: [SymbolicInt]
    var reduced: [SymbolicInt]
  }
  private(set) var kept: [SymbolicInt]
  private(set) var reduced: [SymbolicInt]
  /// By key: accesses by their index, stores by -1 - their index.
  private(set) var strides: [Int: Strides]
  private(set) var lanes: Lanes = .alongRow

  /// Rows of at most this many elements are worked on many at a time, one in each lane.
  private static let shortRow: Int = 16

  init(_ kernel: Schedule.Kernel, loads: [Int], accesses: [Schedule.Access]) {
    var all: [Int: [SymbolicInt]] = [:]
    for load in loads { all[load] = accesses[load].strides }
    for (index, store) in kernel.stores.enumerated() { all[-1 - index] = store.access.strides }
    let inner: [Int] = kernel.sizes.indices.filter { kernel.reduced.contains($0) && kernel.sizes[$0] != 1 }
    let outer: [Int] = kernel.sizes.indices.filter { !kernel.reduced.contains($0) && kernel.sizes[$0] != 1 }
    // What most of the memory traffic is: a store of every point, else the load that varies most.
    func weight(_ strides: [SymbolicInt]) -> Int { (inner + outer).count { strides[$0] != 0 } }
    let stores: [[SymbolicInt]] = kernel.stores.map(\.access.strides).filter { strides in inner.contains { strides[$0] != 0 } }
    let memory: [[SymbolicInt]] = loads.filter { accesses[$0].buffer != .positions }.map { accesses[$0].strides }
    let varying: [[SymbolicInt]] = stores + memory.sorted { weight($0) > weight($1) }
    let lead: [SymbolicInt] = varying.first ?? kernel.sizes.map { _ in 0 }
    let (keptOrder, reducedOrder): ([Int], [Int]) = (ReductionNest.ordered(outer, lead), ReductionNest.ordered(inner, lead))
    kept = keptOrder.map { kernel.sizes[$0] }
    reduced = reducedOrder.map { kernel.sizes[$0] }
    strides = all.mapValues { strides in Strides(kept: keptOrder.map { strides[$0] }, reduced: reducedOrder.map { strides[$0] }) }
    collapse(\.kept, \.kept)
    collapse(\.reduced, \.reduced)
    chooseLanes(memory.isEmpty ? 0 : loads.count, accesses)
  }

  var count: SymbolicInt { reduced.product }

  /// Long strides outside; where they are symbols, the contiguous dimension inside and the rest as they are.
  private static func ordered(_ dimensions: [Int], _ lead: [SymbolicInt]) -> [Int] {
    let known: [Int] = dimensions.compactMap { lead[$0].constant }
    if known.count == dimensions.count { return dimensions.sorted { (lead[$0].constant!, $1) > (lead[$1].constant!, $0) } }
    guard let inner = dimensions.last(where: { lead[$0] == 1 }) else { return dimensions }
    return dimensions.filter { $0 != inner } + [inner]
  }

  private mutating func collapse(_ sizes: WritableKeyPath<ReductionNest, [SymbolicInt]>, _ part: WritableKeyPath<Strides, [SymbolicInt]>) {
    var dimension: Int = self[keyPath: sizes].count - 2
    while dimension >= 0 {
      let inner: SymbolicInt = self[keyPath: sizes][dimension + 1]
      if strides.values.allSatisfy({ $0[keyPath: part][dimension] == $0[keyPath: part][dimension + 1] * inner }) {
        self[keyPath: sizes][dimension] *= inner
        self[keyPath: sizes].remove(at: dimension + 1)
        for key in strides.keys { strides[key]![keyPath: part].remove(at: dimension) }
      }
      dimension -= 1
    }
  }

  /// Across rows where more accesses are contiguous that way, or where rows are short.
  private mutating func chooseLanes(_ loadCount: Int, _ accesses: [Schedule.Access]) {
    guard let last = kept.last else { return }
    var (along, across): (Int, Int) = (0, 0)
    for (key, strides) in strides where key < 0 || accesses[key].buffer != .positions {
      guard strides.reduced.contains(where: { $0 != 0 }) else { continue }
      if strides.reduced.last == 1 { along += 1 } else if strides.kept.last == 1 { across += 1 }
    }
    let isShort: Bool = count.constant.map { $0 <= ReductionNest.shortRow } ?? false
    let isFew: Bool = last.constant.map { $0 < 8 } ?? false
    if isShort || (across > along && !isFew) { lanes = .acrossRows }
  }
}
