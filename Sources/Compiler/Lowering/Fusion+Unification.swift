import Foundations
import LoopIR

extension Schedule {
  /// Both kernels over one iteration space: that of the one whose dimensions are finer; nil where neither is a split of the other.
  mutating func unified(_ first: Kernel, _ second: Kernel, _ builder: LoopBuilder) -> (Kernel, Kernel)? {
    if first.sizes == second.sizes { return (first, second) }
    if let map = IndexMap.splitting(first.sizes, as: second.sizes), let moved = remapped(first, map, second.sizes, builder) { return (moved, second) }
    if let map = IndexMap.splitting(second.sizes, as: first.sizes), let moved = remapped(second, map, first.sizes, builder) { return (first, moved) }
    return nil
  }

  private mutating func remapped(_ kernel: Kernel, _ map: IndexMap, _ sizes: [SymbolicInt], _ builder: LoopBuilder) -> Kernel? {
    var result: Kernel = kernel
    result.sizes = sizes
    result.reduced = Set(sizes.indices.filter { new in kernel.reduced.contains { map.factors[$0][new] != 0 } })
    if let template = kernel.template {
      // The template's columns stay one dimension.
      let places: [Int] = sizes.indices.filter { sizes[$0] != 1 && map.factors[template.columns][$0] != 0 }
      guard places.count == 1 else { return nil }
      result.template?.columns = places[0]
    }
    var moved: [Int: LoopExpression] = [:]
    for load in kernel.accesses(in: self) {
      let access: Access = map.apply(to: accesses[load], newRank: sizes.count)
      if let number = accesses.firstIndex(of: access) {
        moved[load] = LoopExpression(value: builder.value(ofLoad: number), builder: builder)
      } else {
        moved[load] = builder.load(access.dtype)
        accesses.append(access)
      }
    }
    var remapper = LoopRemapper(builder) { [moved] in moved[$0]! }
    for index in result.stores.indices {
      result.stores[index].access = map.apply(to: result.stores[index].access, newRank: sizes.count)
      result.stores[index].value = remapper.rebuild(result.stores[index].value).value
    }
    arena = builder.arena
    return result
  }
}
