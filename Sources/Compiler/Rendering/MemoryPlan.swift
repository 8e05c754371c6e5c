import Foundations
import Graphs

/// Where a schedule's own buffers lie: tensors of their own for those that leave the kernels' hands and those whose sizes only the run
/// reveals, else places in one arena that later buffers use again.
struct MemoryPlan {
  enum Place: Hashable {
    /// A temporary tensor, by slot.
    case tensor(Int)
    /// A place in the arena, by slot of `arena`.
    case arena(Int)
  }
  private(set) var places: [Schedule.BufferID: Place] = [:]
  /// Bytes of each slot of the arena.
  private(set) var arena: [SymbolicInt] = []
  private(set) var tensorCount: Int = 0
  /// By step: the buffers that no later step or output needs.
  private(set) var releases: [Int: [Schedule.BufferID]] = [:]

  init(_ schedule: Schedule) {
    var lastUse: [Schedule.BufferID: Int] = [:]
    var leaves: Set<Schedule.BufferID> = Set(schedule.outputs.compactMap { $0?.buffer })
    for (index, step) in schedule.steps.enumerated() {
      let (reads, results): ([Schedule.BufferID], [Schedule.BufferID]) = (step.buffersRead(in: schedule), step.results)
      for buffer in reads { lastUse[buffer] = index }
      for buffer in results where lastUse[buffer] == nil { lastUse[buffer] = index }
      if case .call = step { leaves.formUnion(reads + results) }
    }
    for output in schedule.outputs { if let buffer = output?.buffer { lastUse[buffer] = Int.max } }
    for (buffer, step) in lastUse where step != Int.max { releases[step, default: []].append(buffer) }
    for step in releases.keys { releases[step]!.sort { $0.index < $1.index } }

    let known: Set<String> = schedule.symbolsOfInputs
    var free: [Int] = []
    for (index, step) in schedule.steps.enumerated() {
      switch step {
      case .call(let call):
        for result in call.results { place(result, .tensor(tensorCount)); tensorCount += 1 }
      case .kernel, .template:
        for buffer in step.results {
          let bytes: SymbolicInt = schedule[buffer].type.bytes
          if leaves.contains(buffer) || !bytes.symbols.isSubset(of: known) {
            place(buffer, .tensor(tensorCount))
            tensorCount += 1
            continue
          }
          if let slot = free.first(where: { arena[$0] == bytes }) ?? free.first(where: { arena[$0].isConstant && bytes.isConstant }) {
            free.removeAll { $0 == slot }
            if let old = arena[slot].constant, let new = bytes.constant { arena[slot] = SymbolicInt(max(old, new)) }
            place(buffer, .arena(slot))
          } else {
            arena.append(bytes)
            place(buffer, .arena(arena.count - 1))
          }
        }
      }
      for buffer in releases[index] ?? [] { if case .arena(let slot) = places[buffer] { free.append(slot) } }
    }
  }

  private mutating func place(_ buffer: Schedule.BufferID, _ place: Place) { places[buffer] = place }
}

extension TensorType {
  /// Bytes from the first element to the last.
  var bytes: SymbolicInt {
    var last: SymbolicInt = 0
    for (size, stride) in zip(sizes, strides) { last += (size - 1) * stride }
    return (last + 1) * SymbolicInt(dtype.size)
  }
}
