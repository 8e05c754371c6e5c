import Foundations
import LoopIR

/// All of a kernel that its C depends on: kernels of equal form differ only in the memory they are given, and are rendered once.
struct KernelForm: Hashable {
  /// How memory is reached, but not which.
  private struct Reach: Hashable {
    var dtype: DType
    var strides: [SymbolicInt]
    /// Of what only tells positions the offset is a number in the code; of memory it is in the pointer.
    var offset: SymbolicInt?
    var beginsAtStart: Bool
    var isPosition: Bool

    init(_ access: Schedule.Access) {
      (dtype, strides, beginsAtStart, isPosition) = (access.dtype, access.strides, access.offset == 0, access.buffer == .positions)
      offset = isPosition ? access.offset : nil
    }
  }
  private var sizes: [SymbolicInt]
  private var reduced: Set<Int>
  /// The expressions, operands before users, values and loads numbered from 0.
  private var nodes: [LoopArena.Node] = []
  private var loads: [Reach] = []
  private var stores: [Reach]
  private var stored: [UInt32]

  init(_ kernel: Schedule.Kernel, in schedule: Schedule) {
    (sizes, reduced, stores) = (kernel.sizes, kernel.reduced, kernel.stores.map { Reach($0.access) })
    var numbers: [LoopValue: UInt32] = [:]
    for value in LoopArena.reachable(in: schedule.arena, from: kernel.stores.map(\.value)) {
      var node: LoopArena.Node = schedule.arena[value]
      if node.operandCount > 0 { node.a = LoopValue(id: numbers[node.a]!) }
      if node.operandCount > 1 { node.b = LoopValue(id: numbers[node.b]!) }
      if node.operandCount > 2 { node.c = LoopValue(id: numbers[node.c]!) }
      if node.operation == .load {
        loads.append(Reach(schedule.accesses[Int(node.immediate)]))
        node.immediate = 0
      }
      numbers[value] = UInt32(nodes.count)
      nodes.append(node)
    }
    stored = kernel.stores.map { numbers[$0.value]! }
  }
}
