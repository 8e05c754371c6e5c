import Foundations
import LoopIR

/// Which values of a kernel with reductions are computed when.
///
/// A reduction of a value of level L is of level L + 1. Pass p over the reduced dimensions makes the reductions of level p; what is the
/// same for a whole row is computed between passes.
struct ReductionPlan {
  /// Where a value is kept between passes.
  enum Place: Hashable {
    /// In the memory of a store, by its index; `isFinal` where that is what the store puts there anyway.
    case store(Int, isFinal: Bool)
    /// On the stack, by number.
    case row(Int)
  }
  private let arena: LoopArena
  /// All that the stores need, operands before users.
  let values: [LoopValue]
  private let isVarying: Set<LoopValue>
  let levels: [LoopValue: Int]
  let passCount: Int
  /// By store: the pass that makes it, nil for one made once a row.
  let storePasses: [Int?]
  private(set) var places: [LoopValue: Place] = [:]
  /// The pass that computes a value that is kept.
  private(set) var firstPasses: [LoopValue: Int] = [:]
  private(set) var rowBuffers: [LoopType] = []
  /// Stores that are written past the caches: those of the last pass, of which nothing is read back.
  private(set) var streamed: Set<Int> = []

  /// Computing a value again is worth this many additions.
  private static let worthKeeping: Int = 12
  /// Elements of a row that the stack holds.
  static let longestRow: Int = 8192

  /// - Parameters:
  ///   - isVarying: whether a load differs among a row's points.
  ///   - loadCost: of a load, in additions.
  ///   - keepsRows: whether a row's elements may be kept on the stack.
  ///   - streamable: stores of results that the caches could not keep.
  init(
    _ kernel: Schedule.Kernel, _ arena: LoopArena, _ nest: ReductionNest, isVarying: (Int) -> Bool, loadCost: (Int) -> Int, keepsRows: Bool,
    streamable: Set<Int> = []
  ) {
    self.arena = arena
    values = LoopArena.reachable(in: arena, from: kernel.stores.map(\.value))
    var varying: Set<LoopValue> = []
    var levels: [LoopValue: Int] = [:]
    for value in values {
      let node: LoopArena.Node = arena[value]
      levels[value] = (node.operands.map { levels[$0]! }.max() ?? 0) + (node.operation.isReduction ? 1 : 0)
      let varies: Bool =
        node.operation == .load ? isVarying(Int(node.immediate)) : !node.operation.isReduction && node.operands.contains { varying.contains($0) }
      if varies { varying.insert(value) }
    }
    self.isVarying = varying
    let deepest: Int = values.filter { arena[$0].operation.isReduction }.map { levels[$0]! }.max() ?? 0
    storePasses = kernel.stores.indices.map { index in
      nest.strides[-1 - index]!.reduced.contains { $0 != 0 } ? levels[kernel.stores[index].value]! + 1 : nil
    }
    passCount = max(deepest, storePasses.compactMap { $0 }.max() ?? 0)
    self.levels = levels
    streamed = streamable.filter { storePasses[$0] == passCount }
    choosePlaces(kernel, loadCost, keepsRows)
  }

  func varies(_ value: LoopValue) -> Bool { isVarying.contains(value) }
  /// The reductions that a pass makes.
  func reductions(_ pass: Int) -> [LoopValue] { values.filter { arena[$0].operation.isReduction && levels[$0] == pass } }
  func stores(_ pass: Int) -> [Int] { storePasses.indices.filter { storePasses[$0] == pass } }
  /// What is the same for a row and known after a pass, operands before users.
  func rowValues(after pass: Int) -> [LoopValue] { values.filter { !varies($0) && levels[$0] == pass } }

  private func roots(_ pass: Int, _ kernel: Schedule.Kernel) -> [LoopValue] {
    reductions(pass).flatMap { arena[$0].operands } + stores(pass).map { kernel.stores[$0].value } + firstPasses.filter { $1 == pass }.map(\.key)
  }
  /// What a pass computes at every point, operands before users; kept values only in the pass that computes them, later they are read.
  func elementValues(_ pass: Int, _ kernel: Schedule.Kernel) -> [LoopValue] {
    var needed: Set<LoopValue> = Set(roots(pass, kernel).filter { varies($0) })
    for value in values.reversed() where needed.contains(value) && !isRead(value, in: pass) {
      for operand in arena[value].operands where varies(operand) { needed.insert(operand) }
    }
    return values.filter { needed.contains($0) }
  }
  /// Whether a pass reads the value from where it is kept.
  func isRead(_ value: LoopValue, in pass: Int) -> Bool { firstPasses[value].map { $0 < pass } ?? false }

  private mutating func choosePlaces(_ kernel: Schedule.Kernel, _ loadCost: (Int) -> Int, _ keepsRows: Bool) {
    guard passCount > 1 else { return }
    // What is stored early is read back where that is less than computing it again.
    for (index, store) in kernel.stores.enumerated() {
      guard let pass = storePasses[index], pass < passCount, varies(store.value), arena[store.value].operation != .load, isExact(store) else { continue }
      places[store.value] = .store(index, isFinal: true)
      firstPasses[store.value] = pass
    }
    while let next = mostWorthKeeping(kernel, loadCost) {
      let uses: [Int] = (1...passCount).filter { elementValues($0, kernel).contains(next) }
      let type: LoopType = arena[next].type
      let taken: Set<Int> = Set(places.values.compactMap { if case .store(let index, _) = $0 { index } else { nil } })
      let hasRow: Bool = keepsRows && rowBuffers.count < 2
      let free: Int? = kernel.stores.indices.first { index in
        guard let pass = storePasses[index], !taken.contains(index), !(hasRow && streamed.contains(index)) else { return false }
        return pass >= uses.last! && LoopType(computing: kernel.stores[index].access.dtype) == type && isExact(kernel.stores[index].access.dtype)
      }
      if let free {
        places[next] = .store(free, isFinal: false)
        streamed.remove(free)
      } else if hasRow {
        places[next] = .row(rowBuffers.count)
        rowBuffers.append(type)
      } else { return }
      firstPasses[next] = uses[0]
    }
  }
  private func isExact(_ store: Schedule.Kernel.Store) -> Bool {
    arena[store.value].type == LoopType(computing: store.access.dtype) && isExact(store.access.dtype)
  }
  private func isExact(_ dtype: DType) -> Bool { dtype == .f32 || dtype == .f64 }

  /// The value whose computation in several passes costs most, where it costs enough; a value near the end where several cost the same.
  private func mostWorthKeeping(_ kernel: Schedule.Kernel, _ loadCost: (Int) -> Int) -> LoopValue? {
    var uses: [LoopValue: Int] = [:]
    for pass in 1...passCount { for value in elementValues(pass, kernel) where firstPasses[value] == nil { uses[value, default: 0] += 1 } }
    var best: (value: LoopValue, gain: Int)?
    for value in values where uses[value, default: 0] > 1 && arena[value].type.isFloatingPoint {
      let gain: Int = (uses[value]! - 1) * (cost(value, loadCost) - 2)
      if gain >= ReductionPlan.worthKeeping - 2, gain > (best?.gain ?? 0) { best = (value, gain) }
    }
    return best?.value
  }
  private func cost(_ root: LoopValue, _ loadCost: (Int) -> Int) -> Int {
    var (total, seen, pending): (Int, Set<LoopValue>, [LoopValue]) = (0, [root], [root])
    while let value = pending.popLast() {
      let node: LoopArena.Node = arena[value]
      total += node.operation == .load ? loadCost(Int(node.immediate)) : node.operation.cost
      for operand in node.operands where varies(operand) && firstPasses[operand] == nil && seen.insert(operand).inserted { pending.append(operand) }
    }
    return total
  }
}
