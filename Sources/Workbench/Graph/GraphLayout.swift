/// The rows of a graph for one state of folds: nodes in topological order, headers where the module changes, folded runs as one row.
package struct GraphLayout: Sendable {
  package struct Row: Hashable, Sendable {
    package enum Kind: UInt8, Sendable { case header, node, module, group }
    package var kind: Kind
    /// A node, a module, or a group.
    package var reference: Int32
    /// First and last node of the row; for headers the node below.
    package var first: Int32
    package var last: Int32
    /// Drawn nodes in the row; 0 for headers.
    package var count: Int32
  }

  package private(set) var rows: [Row] = []
  /// The row that shows each node, -1 for those that are not drawn.
  package private(set) var rowOfNode: [Int32]
  package private(set) var lanes: Lanes

  /// - Parameter only: where given, just these nodes are rows, without headers, folds and lanes.
  package init(_ index: GraphIndex, folds: Folds, only: [Bool]? = nil) {
    rowOfNode = Array(repeating: -1, count: index.graph.nodes.count)
    lanes = Lanes(inputStart: [0], inputs: [], rowCount: 0)
    if let only { layOutMatches(index, only) } else { layOutAll(index, folds.targets(index.modules)) }
  }

  private mutating func layOutMatches(_ index: GraphIndex, _ only: [Bool]) {
    for node in only.indices where only[node] && index.isDrawn[node] {
      rowOfNode[node] = Int32(rows.count)
      rows.append(Row(kind: .node, reference: Int32(node), first: Int32(node), last: Int32(node), count: 1))
    }
    lanes = Lanes(inputStart: Array(repeating: 0, count: rows.count + 1), inputs: [], rowCount: rows.count)
  }

  private mutating func layOutAll(_ index: GraphIndex, _ targets: [Folds.Target]) {
    let tree = index.modules
    rows.reserveCapacity(index.drawnCount + tree.modules.count)
    // A leaf module is named at the row's end; headers are for modules that hold modules.
    let container = tree.modules.indices.map { tree.modules[$0].children.isEmpty && $0 != 0 ? tree.modules[$0].parent : $0 }
    var header = 0
    for node in index.graph.nodes.indices where index.isDrawn[node] {
      let module = Int(tree.moduleOfNode[node])
      let number = Int32(node)
      switch targets[module] {
      case .open:
        // Inputs and outputs belong to no module: they end a module's rows without a header of their own.
        if container[module] != header {
          header = container[module]
          if header != 0 { rows.append(Row(kind: .header, reference: Int32(header), first: number, last: number, count: 0)) }
        }
        rows.append(Row(kind: .node, reference: number, first: number, last: number, count: 1))
      case .module(let folded): extend(.module, Int32(folded), number, &header, tree.modules[folded].parent)
      case .group(let group): extend(.group, Int32(group), number, &header, tree.groups[group].parent)
      }
      rowOfNode[node] = Int32(rows.count - 1)
    }
    linkRows(index)
  }

  private mutating func extend(_ kind: Row.Kind, _ reference: Int32, _ node: Int32, _ header: inout Int, _ parent: Int) {
    if let last = rows.last, last.kind == kind, last.reference == reference {
      rows[rows.count - 1].last = node
      rows[rows.count - 1].count += 1
      return
    }
    if parent != header {
      header = parent
      if parent != 0 { rows.append(Row(kind: .header, reference: Int32(parent), first: node, last: node, count: 0)) }
    }
    rows.append(Row(kind: kind, reference: reference, first: node, last: node, count: 1))
  }

  /// Finds which rows feed which. Buffers, because an array checked and retained at each of a hundred thousand nodes takes a frame.
  private mutating func linkRows(_ index: GraphIndex) {
    var start: [Int32] = Array(repeating: 0, count: rows.count + 1)
    var inputs: [Int32] = []
    inputs.reserveCapacity(rows.count * 2)
    var seen: [Int32] = Array(repeating: -1, count: rows.count)
    rows.withUnsafeBufferPointer { rows in
      rowOfNode.withUnsafeBufferPointer { rowOfNode in
        index.argumentStart.withUnsafeBufferPointer { argumentStart in
          index.arguments.withUnsafeBufferPointer { arguments in
            for number in rows.indices {
              if rows[number].count > 0 {
                for node in Int(rows[number].first)...Int(rows[number].last) where Int(rowOfNode[node]) == number {
                  for position in Int(argumentStart[node])..<Int(argumentStart[node + 1]) {
                    let producer = Int(rowOfNode[Int(arguments[position])])
                    // A module called in several runs may feed a run above it; lanes only lead downwards.
                    guard producer >= 0, producer < number, seen[producer] != Int32(number) else { continue }
                    seen[producer] = Int32(number)
                    inputs.append(Int32(producer))
                  }
                }
              }
              start[number + 1] = Int32(inputs.count)
            }
          }
        }
      }
    }
    lanes = Lanes(inputStart: start, inputs: inputs, rowCount: rows.count)
  }
}
