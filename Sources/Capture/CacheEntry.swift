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
  private struct Failures: Sendable {
    /// Places of guards that failed before.
    var guards: Set<Int> = []
    /// How often each input was the first to be refused.
    var counts: [Int]
    /// Inputs in the order in which they are checked: those refused most often first.
    var order: [Int]
    /// The guards that tell entries apart; made when they are first needed, and again when `guards` changed.
    var differentiating: GuardSet?
  }
  private let failures: Mutex<Failures>

  init(id: CompileID, guards: GuardSet, code: any BackendCode, backend: String, inputs: [CompileInput]) {
    (self.id, self.guards, self.code, self.backend, self.inputs) = (id, guards, code, backend, inputs)
    // At first by the length of the name, then by name (`torch/_guards.py`, `Guard.sort_key`).
    let names: [String] = guards.sources.map(\.text)
    let order: [Int] = names.indices.sorted { (names[$0].utf8.count, names[$0]) < (names[$1].utf8.count, names[$1]) }
    failures = Mutex(Failures(counts: Array(repeating: 0, count: names.count), order: order))
  }

  package var hits: Int { hitCount.load(ordering: .relaxed) }
  @inline(__always) func countHit() { hitCount.wrappingAdd(1, ordering: .relaxed) }

  /// Counts a lookup that this entry did not serve (`GuardManager::check_accessors_nopybind`: the input that refused it moves forward).
  func countFailure(_ arguments: CallArguments) {
    failures.withLock { state in
      guard let input = guards.firstRefused(arguments, order: state.order) ?? guards.firstMisaliased(arguments, order: state.order) else { return }
      state.counts[input] += 1
      var place: Int = state.order.firstIndex(of: input) ?? 0
      while place > 0, state.counts[state.order[place - 1]] < state.counts[input] {
        state.order.swapAt(place, place - 1)
        place -= 1
      }
    }
  }

  /// Every guard that fails for the arguments; remembered, because guards that failed once tell entries apart.
  func miss(_ arguments: CallArguments, _ state: DispatchState, _ marks: DimensionMarks) -> EntryMiss {
    let order: [Int] = failures.withLock { $0.order }
    let misses: [(guardIndex: Int, miss: GuardMiss)] = guards.misses(for: arguments, state: state, marks: marks, order: order)
    failures.withLock {
      $0.guards.formUnion(misses.map(\.guardIndex))
      $0.differentiating = nil
    }
    return EntryMiss(entry: id, failures: misses.map(\.miss), heldCount: guards.guards.count - Set(misses.map(\.guardIndex)).count)
  }

  /// It was compiled with another backend.
  func miss(ofBackend backend: String) -> EntryMiss {
    let text = "BACKEND_MATCH failure: the entry was compiled with '\(self.backend)', this call asks for '\(backend)'"
    return EntryMiss(entry: id, failures: [GuardMiss(source: "backend", expected: self.backend, actual: backend, text: text)], heldCount: 0)
  }

  /// The guards that `skip_guard_eval_unsafe` still checks: all but those on numbers and marks that never failed.
  var differentiatingGuards: GuardSet {
    failures.withLock { state in
      if let known = state.differentiating { return known }
      let kept: [Guard] = guards.guards.enumerated().filter { index, condition in
        switch condition {
        case .constant, .number, .marks: state.guards.contains(index)
        case .state, .tensor, .same, .distinct, .relation: true
        }
      }.map(\.element)
      let made: GuardSet = guards.keeping(kept)
      state.differentiating = made
      return made
    }
  }
}
