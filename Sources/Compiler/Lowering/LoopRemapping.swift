import Foundations
import LoopIR

/// Where the points of a new iteration space lie in an old one: old index d is the sum over new dimensions t of
/// `factors[d][t] * index[t]`, plus `starts[d]`.
struct IndexMap: Equatable {
  var factors: [[SymbolicInt]]
  var starts: [SymbolicInt]

  /// An access over the old space as one over the new.
  func apply(to access: Schedule.Access, newRank: Int) -> Schedule.Access {
    var result: Schedule.Access = access
    result.strides = (0..<newRank).map { new in
      access.strides.indices.reduce(SymbolicInt(0)) { $0 + access.strides[$1] * factors[$1][new] }
    }
    for old in access.strides.indices { result.offset += access.strides[old] * starts[old] }
    return result
  }

  /// Broadcasting from `sizes` to a space of `rank` dimensions with at least as many.
  static func broadcasting(_ sizes: [SymbolicInt], to target: [SymbolicInt]) -> IndexMap {
    let added: Int = target.count - sizes.count
    return IndexMap(
      factors: sizes.indices.map { old in
        target.indices.map { new in new == old + added && !(sizes[old] == 1 && target[new] != 1) ? 1 : 0 }
      }, starts: Array(repeating: 0, count: sizes.count))
  }

  /// From a space to one in which dimensions of it are split, or dimensions of size 1 come or go; nil where that is not all.
  static func splitting(_ sizes: [SymbolicInt], as target: [SymbolicInt]) -> IndexMap? {
    var factors: [[SymbolicInt]] = sizes.map { _ in target.map { _ in 0 } }
    var rest: Int = target.count
    for old in sizes.indices.reversed() {
      var reach: SymbolicInt = 1
      while rest > 0, reach != sizes[old] {
        rest -= 1
        factors[old][rest] = reach
        reach = reach * target[rest]
      }
      if reach != sizes[old] { return nil }
    }
    return target[..<rest].allSatisfy { $0 == 1 } ? IndexMap(factors: factors, starts: sizes.map { _ in 0 }) : nil
  }

  /// The map of a view of a tensor with these sizes and dense strides, where each dimension of the view walks along one of the
  /// tensor's; nil where one walks along several.
  static func view(sizes: [SymbolicInt], strides: [SymbolicInt], offset: SymbolicInt, of viewed: [SymbolicInt], _ viewedStrides: [SymbolicInt]) -> IndexMap? {
    var factors: [[SymbolicInt]] = viewed.map { _ in sizes.map { _ in 0 } }
    var starts: [SymbolicInt] = viewed.map { _ in 0 }
    // What of each old dimension is left to walk: a split dimension is shared by several new ones.
    // The longest strides first, where they are numbers, so that what is left of the offset gets ever smaller.
    let order: [Int] = viewed.indices.filter { viewed[$0] != 1 }.sorted { first, second in
      guard let a = viewedStrides[first].constant, let b = viewedStrides[second].constant, a != b else { return first < second }
      return a > b
    }
    var rest: SymbolicInt = offset
    for old in order where rest != 0 {
      let start: SymbolicInt = rest.floorDivided(by: viewedStrides[old])
      guard let first = start.constant, let size = viewed[old].constant, first >= 0, first < size else {
        if start == 0 { continue }
        return nil
      }
      starts[old] = start
      rest = rest - viewedStrides[old] * start
    }
    guard rest == 0 else { return nil }
    var reach: [SymbolicInt] = viewed.map { _ in 1 }  // steps along each old dimension, one more than the last index
    for old in viewed.indices { reach[old] = starts[old] + 1 }
    for new in sizes.indices where sizes[new] != 1 && strides[new] != 0 {
      guard let old = order.first(where: { old in
        let factor: SymbolicInt = strides[new].floorDivided(by: viewedStrides[old])
        guard factor != 0, factor * viewedStrides[old] == strides[new] else { return false }
        return isAtMost(reach[old] + (sizes[new] - 1) * factor, viewed[old])
      }) else { return nil }
      let factor: SymbolicInt = strides[new].floorDivided(by: viewedStrides[old])
      factors[old][new] = factor
      reach[old] = reach[old] + (sizes[new] - 1) * factor
    }
    return IndexMap(factors: factors, starts: starts)
  }

  private static func isAtMost(_ a: SymbolicInt, _ b: SymbolicInt) -> Bool {
    if a == b { return true }
    guard let a = a.constant, let b = b.constant else { return false }
    return a <= b
  }
}

/// Rebuilds an expression over another iteration space.
struct LoopRemapper {
  let arena: LoopArena
  let load: (Int) -> LoopExpression
  let builder: LoopBuilder
  private var known: [LoopValue: LoopExpression] = [:]

  /// - Parameter load: gives the expression that stands for the load with the given access.
  init(_ builder: LoopBuilder, load: @escaping (Int) -> LoopExpression) {
    (arena, self.builder, self.load) = (builder.arena, builder, load)
  }

  mutating func rebuild(_ value: LoopValue) -> LoopExpression {
    for part in LoopArena.reachable(in: arena, from: [value]) where known[part] == nil {
      var node: LoopArena.Node = arena[part]
      if node.operation == .load {
        known[part] = load(Int(node.immediate)).cast(to: node.type)
        continue
      }
      if node.operandCount > 0 { node.a = known[node.a]!.value }
      if node.operandCount > 1 { node.b = known[node.b]!.value }
      if node.operandCount > 2 { node.c = known[node.c]!.value }
      known[part] = builder.make(node)
    }
    return known[value]!
  }
}
