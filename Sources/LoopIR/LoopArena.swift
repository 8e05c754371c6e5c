import Foundations

/// A value inside an arena.
package struct LoopValue: Hashable, Sendable {
  package var id: UInt32
  package init(id: UInt32) { self.id = id }
}

/// Loop expressions: interned, append-only, so that equal values have equal handles and operands come before their users.
package struct LoopArena: Sendable {
  /// One operation with its operands; unused operands are 0.
  package struct Node: Hashable, Sendable {
    package var operation: LoopOperation
    package var type: LoopType
    /// Bits of a constant of `type`, or a load's input number.
    package var immediate: UInt64 = 0
    package var operandCount: UInt8 = 0
    package var a: LoopValue = LoopValue(id: 0)
    package var b: LoopValue = LoopValue(id: 0)
    package var c: LoopValue = LoopValue(id: 0)

    package init(_ operation: LoopOperation, _ type: LoopType, immediate: UInt64 = 0, _ operands: LoopValue...) {
      (self.operation, self.type, self.immediate) = (operation, type, immediate)
      operandCount = UInt8(operands.count)
      if operands.count > 0 { a = operands[0] }
      if operands.count > 1 { b = operands[1] }
      if operands.count > 2 { c = operands[2] }
    }
    package var operands: [LoopValue] { Array([a, b, c].prefix(Int(operandCount))) }
  }

  package private(set) var nodes: [Node] = []
  private var interned: [Node: LoopValue] = [:]

  package init() {}
  package subscript(value: LoopValue) -> Node { nodes[Int(value.id)] }

  /// The values that the roots need, themselves included, operands before users; the arena's order is already that.
  package static func reachable(in arena: LoopArena, from roots: [LoopValue]) -> [LoopValue] {
    guard let last = roots.map(\.id).max() else { return [] }
    var isNeeded: [Bool] = Array(repeating: false, count: Int(last) + 1)
    for root in roots { isNeeded[Int(root.id)] = true }
    for index in isNeeded.indices.reversed() where isNeeded[index] {
      for operand in arena.nodes[index].operands { isNeeded[Int(operand.id)] = true }
    }
    return isNeeded.indices.filter { isNeeded[$0] }.map { LoopValue(id: UInt32($0)) }
  }

  package mutating func intern(_ node: Node) -> LoopValue {
    if let known = interned[node] { return known }
    let value = LoopValue(id: UInt32(nodes.count))
    nodes.append(node)
    interned[node] = value
    return value
  }
}
