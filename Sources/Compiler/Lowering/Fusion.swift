import Foundations
import LoopIR

extension Schedule {
  /// Kernels over one iteration space that share memory become one, and what only the kernel itself then reads is not stored.
  ///
  /// A kernel moves up to an earlier one when all it reads is there by then, and all sizes that only the run reveals. The gain is the memory traffic saved, so kernels that share
  /// no buffer stay apart; a kernel that touches more than `mostAccesses` tensors would run out of registers.
  package func fused(mostAccesses: Int = 20) -> Schedule {
    var result: Schedule = self
    result.steps = []
    let builder = LoopBuilder(continuing: arena, inputs: accesses.map(\.dtype))
    /// Where in the new list each buffer is written.
    var producers: [BufferID: Int] = [:]
    /// Where each symbol gets its number that a call reveals.
    var revealed: [String: Int] = [:]
    let given: Set<String> = symbolsOfInputs
    for step in steps {
      guard case .kernel(var kernel) = step else {
        for buffer in step.changed { producers[buffer] = result.steps.count }
        for symbol in result.symbolsRevealed(by: step) where revealed[symbol] == nil && !given.contains(symbol) { revealed[symbol] = result.steps.count }
        result.steps.append(step)
        continue
      }
      result.arena = builder.arena
      var earliest: Int = kernel.buffersRead(in: result).map { producers[$0] ?? 0 }.max() ?? 0
      if !revealed.isEmpty { earliest = max(earliest, kernel.symbols(in: result).compactMap { revealed[$0] }.max() ?? 0) }
      if kernel.template == nil, let place = result.partner(for: &kernel, from: earliest, mostAccesses, builder) {
        guard case .kernel(var other) = result.steps[place] else { continue }
        var stored: [Access: LoopValue] = [:]
        for store in other.stores { stored[store.access] = store.value }
        var remapper = LoopRemapper(builder) { load in
          let access: Access = result.accesses[load]
          if let value = stored[access] { return LoopExpression(value: value, builder: builder).unary(roundingTo: access.dtype) }
          return LoopExpression(value: builder.value(ofLoad: load), builder: builder)
        }
        for index in kernel.stores.indices { kernel.stores[index].value = remapper.rebuild(kernel.stores[index].value).value }
        other.stores += kernel.stores
        other.reduced.formUnion(kernel.reduced)
        other.nodes += kernel.nodes.filter { !other.nodes.contains($0) }
        result.steps[place] = .kernel(other)
        for store in kernel.stores { producers[store.access.buffer] = place }
      } else {
        for store in kernel.stores { producers[store.access.buffer] = result.steps.count }
        result.steps.append(.kernel(kernel))
      }
    }
    result.arena = builder.arena
    result.dropUnreadStores()
    return result
  }

  /// The symbols among the results and sizes of results of a call.
  private func symbolsRevealed(by step: Step) -> [String] {
    guard case .call(let call) = step else { return [] }
    return call.numbers + call.results.flatMap { self[$0].type.sizes.compactMap(\.symbolName) }
  }

  /// The step that the kernel can become part of; both then have one iteration space.
  private mutating func partner(for kernel: inout Kernel, from earliest: Int, _ mostAccesses: Int, _ builder: LoopBuilder) -> Int? {
    let readBuffers: Set<BufferID> = Set(kernel.buffersRead(in: self))
    for place in steps.indices.reversed() where place >= earliest {
      guard case .kernel(let other) = steps[place], other.template == nil || kernel.reduced.isEmpty else { continue }
      let written: [BufferID: Kernel.Store] = Dictionary(other.stores.map { ($0.access.buffer, $0) }) { first, _ in first }
      if Set(other.buffersRead(in: self)).union(written.keys).isDisjoint(with: readBuffers) { continue }
      guard let (first, second) = unified(other, kernel, builder) else { continue }
      guard first.reduced == second.reduced || first.reduced.isEmpty || second.reduced.isEmpty else { continue }
      let passes: Int = builder.arena.reductionDepth(of: first.stores.map(\.value)) + builder.arena.reductionDepth(of: second.stores.map(\.value))
      guard passes <= Lowering.mostPasses else { continue }
      // What follows a reduction of few long rows has work for all threads only by itself.
      if Frame(first.sizes, reduced: first.reduced).isLopsided, !Set(written.keys).isDisjoint(with: readBuffers) { continue }
      let (firstReads, reads): ([Int], [Int]) = (first.loads(in: self), second.loads(in: self))
      guard firstReads.count + first.stores.count + reads.count + second.stores.count <= mostAccesses else { continue }
      let stored: [BufferID: Kernel.Store] = Dictionary(first.stores.map { ($0.access.buffer, $0) }) { first, _ in first }
      // What the first wrote must be read at the very point where it was written, in a type that storing does not change.
      guard reads.allSatisfy({ load in
        guard let store = stored[accesses[load].buffer] else { return true }
        let dtype: DType = store.access.dtype
        return store.access == accesses[load] && dtype.isStoredExactly && arena[store.value].type == LoopType(computing: dtype)
      }) else { continue }
      steps[place] = .kernel(first)
      kernel = second
      return place
    }
    return nil
  }

  private mutating func dropUnreadStores() {
    var read: Set<BufferID> = Set(outputs.compactMap { $0?.buffer })
    for index in steps.indices.reversed() {
      if case .kernel(var kernel) = steps[index] {
        kernel.stores.removeAll { !read.contains($0.access.buffer) }
        steps[index] = .kernel(kernel)
      }
      read.formUnion(steps[index].buffersRead(in: self))
    }
    steps.removeAll { if case .kernel(let kernel) = $0 { kernel.stores.isEmpty } else { false } }
  }
}

extension DType {
  /// Whether a value of the type it computes in is the same after it was stored and loaded, once rounded where it has to be.
  fileprivate var isStoredExactly: Bool { self == .i64 || self == .bool || LoopOperation(roundingTo: self) != nil || self == .f32 || self == .f64 }
}
