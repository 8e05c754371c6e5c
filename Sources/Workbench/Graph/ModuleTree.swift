import Foundations
import Graphs

/// The modules the nodes of a graph were captured under, as a tree in the order they first appear; 0 is the root.
package struct ModuleTree: Sendable {
  package struct Module: Sendable {
    /// The last part of the path, for example `attn`.
    package var name: String
    package var path: String
    /// Its class with Python module, empty where it is not known.
    package var type: String
    package var parent: Int
    package var depth: Int
    package var children: [Int] = []
    /// Drawn nodes in it and below it.
    package var nodeCount: Int = 0
    /// Its first drawn node in the graph's order.
    package var firstNode: Int = Int.max
    /// The group of repeated siblings it belongs to, or -1.
    package var group: Int = -1
    package var shortType: Substring { type.split(separator: ".").last ?? "" }
  }
  /// Siblings that follow one another, are of one class and hold the same operators: `Block ×12`.
  package struct Group: Sendable {
    package var modules: [Int]
    package var parent: Int
    package var type: String
    package var nodeCount: Int
  }

  package private(set) var modules: [Module]
  package private(set) var groups: [Group] = []
  /// The innermost module of each node.
  package private(set) var moduleOfNode: [Int32]
  private var byPath: [String: Int]

  /// - Parameter operators: a number for each node; equal ones call the same operator.
  init(_ graph: Graph, isDrawn: [Bool], operators: [Int32]) {
    modules = [Module(name: "", path: "", type: "", parent: 0, depth: 0)]
    byPath = ["": 0]
    moduleOfNode = []
    moduleOfNode.reserveCapacity(graph.nodes.count)
    var ofStack: [Int] = []
    for stack in graph.moduleStacks { ofStack.append(insert(stack)) }
    for (index, node) in graph.nodes.enumerated() {
      let module = node.moduleStack < 0 ? 0 : ofStack[Int(node.moduleStack)]
      moduleOfNode.append(Int32(module))
      guard isDrawn[index] else { continue }
      modules[module].nodeCount += 1
      modules[module].firstNode = min(modules[module].firstNode, index)
    }
    // Parents come before their children.
    for module in modules.indices.dropFirst().reversed() {
      let parent = modules[module].parent
      modules[parent].nodeCount += modules[module].nodeCount
      modules[parent].firstNode = min(modules[parent].firstNode, modules[module].firstNode)
    }
    let all = modules
    for index in all.indices {
      modules[index].children = all[index].children.filter { all[$0].nodeCount > 0 }.sorted { all[$0].firstNode < all[$1].firstNode }
    }
    findGroups(operators, isDrawn: isDrawn)
  }

  package func module(at path: String) -> Int? { byPath[path] }
  package func isAncestor(_ ancestor: Int, of module: Int) -> Bool {
    var current = module
    while modules[current].depth > modules[ancestor].depth { current = modules[current].parent }
    return current == ancestor
  }
  /// From the outermost below the root down to the module itself.
  package func chain(to module: Int) -> [Int] {
    var chain: [Int] = []
    var current = module
    while current != 0 {
      chain.append(current)
      current = modules[current].parent
    }
    return chain.reversed()
  }

  /// The module of a stack, with every dotted prefix of its path as an ancestor (containers are not called, so no stack names them).
  private mutating func insert(_ stack: [ModuleScope]) -> Int {
    for scope in stack {
      let module = insert(path: scope.path)
      if modules[module].type.isEmpty { modules[module].type = scope.type }
    }
    return insert(path: stack.last?.path ?? "")
  }

  private mutating func insert(path: String) -> Int {
    if let known = byPath[path] { return known }
    let dot = path.lastIndex(of: ".")
    let parent = insert(path: dot.map { String(path[..<$0]) } ?? "")
    let name = dot.map { String(path[path.index(after: $0)...]) } ?? path
    modules.append(Module(name: name, path: path, type: "", parent: parent, depth: modules[parent].depth + 1))
    modules[parent].children.append(modules.count - 1)
    byPath[path] = modules.count - 1
    return modules.count - 1
  }

  /// Groups runs of siblings whose nodes call the same operators in the same order.
  private mutating func findGroups(_ operators: [Int32], isDrawn: [Bool]) {
    var fingerprints: [Int] = Array(repeating: 0, count: modules.count)
    for index in operators.indices where isDrawn[index] {
      var ancestor = Int(moduleOfNode[index])
      while ancestor != 0 {
        fingerprints[ancestor] = fingerprints[ancestor] &* 0x5851_F42D_4C95_7F2D &+ Int(operators[index]) &+ 1
        ancestor = modules[ancestor].parent
      }
    }
    for parent in modules.indices {
      let children = modules[parent].children
      var start = 0
      while start < children.count {
        var end = start + 1
        let first = children[start]
        while end < children.count, fingerprints[children[end]] == fingerprints[first], modules[children[end]].type == modules[first].type,
          modules[children[end]].nodeCount == modules[first].nodeCount, modules[children[end]].name.allSatisfy(\.isNumber)
        { end += 1 }
        if end - start >= 2, modules[first].name.allSatisfy(\.isNumber) {
          let members = Array(children[start..<end])
          for member in members { modules[member].group = groups.count }
          groups.append(Group(modules: members, parent: parent, type: modules[first].type, nodeCount: modules[first].nodeCount * members.count))
        }
        start = end
      }
    }
  }
}
