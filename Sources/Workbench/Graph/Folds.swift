/// Which modules and groups of repeated blocks are shown as one row.
package struct Folds: Hashable, Sendable {
  package var closedModules: [Bool]
  package var closedGroups: [Bool]

  /// Three or more repeated blocks closed, everything else open; in graphs of more than two thousand nodes modules below the second level are closed too.
  package init(_ index: GraphIndex) {
    let tree = index.modules
    closedGroups = tree.groups.map { $0.modules.count > 2 || index.drawnCount > 400 }
    closedModules = tree.modules.map { ($0.group >= 0 && tree.groups[$0.group].modules.count > 2) || (index.drawnCount > 2000 && $0.depth >= 2) }
    closedModules[0] = false
  }

  /// Folds what is folded in another graph of the program, by the modules' paths; the rest stays.
  package mutating func take(_ other: Folds, of otherTree: ModuleTree, in tree: ModuleTree) {
    for (number, module) in tree.modules.enumerated().dropFirst() {
      guard let place = otherTree.module(at: module.path) else { continue }
      closedModules[number] = other.closedModules[place]
      let (group, otherGroup) = (module.group, otherTree.modules[place].group)
      if group >= 0, otherGroup >= 0 { closedGroups[group] = other.closedGroups[otherGroup] }
    }
  }

  /// What a module's nodes are folded into.
  package enum Target: Hashable, Sendable { case open, module(Int), group(Int) }

  /// For each module the outermost fold around it.
  package func targets(_ tree: ModuleTree) -> [Target] {
    var targets: [Target] = [.open]
    targets.reserveCapacity(tree.modules.count)
    for index in tree.modules.indices.dropFirst() {
      let module = tree.modules[index]
      if targets[module.parent] != .open {
        targets.append(targets[module.parent])
      } else if module.group >= 0, closedGroups[module.group] {
        targets.append(.group(module.group))
      } else {
        targets.append(closedModules[index] ? .module(index) : .open)
      }
    }
    return targets
  }

  /// Opens whatever hides a module's own nodes.
  package mutating func reveal(_ module: Int, in tree: ModuleTree) {
    for ancestor in tree.chain(to: module) {
      closedModules[ancestor] = false
      if tree.modules[ancestor].group >= 0 { closedGroups[tree.modules[ancestor].group] = false }
    }
  }

  package mutating func setAll(closed: Bool, in tree: ModuleTree) {
    for index in closedModules.indices.dropFirst() { closedModules[index] = closed && tree.modules[index].depth >= 1 }
    for index in closedGroups.indices { closedGroups[index] = closed }
  }
}
