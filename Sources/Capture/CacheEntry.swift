import Foundations
import Synchronization

/// One compiled graph of a frame, with the guards under which it may be used (`torch/csrc/dynamo/cache_entry.h`).
package final class CacheEntry: Sendable {
  package let id: CompileID
  package let guards: GuardSet
  package let code: any BackendCode
  /// The backend it counts as compiled with.
  package let backend: String
  /// How the inputs were seen.
  package let inputs: [CompileInput]
  private let hitCount = Atomic<Int>(0)
  private struct Differentiating: Sendable {
    /// Places of guards that failed before.
    var failed: Set<Int> = []
    /// Made when it is first needed, and again when `failed` changed.
    var guards: GuardSet?
  }
  private let differentiating = Mutex(Differentiating())

  init(id: CompileID, guards: GuardSet, code: any BackendCode, backend: String, inputs: [CompileInput]) {
    (self.id, self.guards, self.code, self.backend, self.inputs) = (id, guards, code, backend, inputs)
  }

  package var hits: Int { hitCount.load(ordering: .relaxed) }
  @inline(__always) func countHit() { hitCount.wrappingAdd(1, ordering: .relaxed) }

  /// Every guard that fails for the arguments; remembered, because guards that failed once tell entries apart.
  func miss(_ arguments: CallArguments, _ state: DispatchState, _ marks: DimensionMarks) -> EntryMiss {
    let misses: [(guardIndex: Int, miss: GuardMiss)] = guards.misses(for: arguments, state: state, marks: marks)
    differentiating.withLock {
      $0.failed.formUnion(misses.map(\.guardIndex))
      $0.guards = nil
    }
    return EntryMiss(entry: id, failures: misses.map(\.miss), heldCount: guards.guards.count - Set(misses.map(\.guardIndex)).count)
  }

  /// It was compiled with another backend.
  func miss(backend: String) -> EntryMiss {
    let text = "BACKEND_MATCH failure: the entry was compiled with '\(self.backend)', this call asks for '\(backend)'"
    return EntryMiss(entry: id, failures: [GuardMiss(source: "backend", expected: self.backend, actual: backend, text: text)], heldCount: 0)
  }

  /// The guards that `skip_guard_eval_unsafe` still checks: those on tensors, and those that failed before.
  var differentiatingGuards: GuardSet {
    differentiating.withLock { state in
      if let known = state.guards { return known }
      let kept: [Guard] = guards.guards.enumerated().filter { index, condition in
        if case .tensor = condition { return true }
        return state.failed.contains(index)
      }.map(\.element)
      let made = GuardSet(kept, bindings: guards.bindings, sources: guards.sources)
      state.guards = made
      return made
    }
  }
}
