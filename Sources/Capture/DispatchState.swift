import Foundations

/// What besides its arguments a call depends on: PyTorch guards it as GLOBAL_STATE (`torch/csrc/dynamo/guards.cpp`, `GlobalStateGuard`).
package struct DispatchState: Hashable, Sendable {
  package var gradMode: Bool = true
  package var defaultDType: DType = .f32
  package var threadCount: Int
  package var isDeterministic: Bool = false
  /// The element type that autocast converts to on a CPU, where it is on.
  package var autocast: DType?

  package init(threadCount: Int) { self.threadCount = threadCount }

  /// The parts that differ, by PyTorch's names for them, with both values.
  package func differences(from other: DispatchState) -> [(name: String, mine: String, others: String)] {
    var found: [(name: String, mine: String, others: String)] = []
    func compare<Part: Equatable>(_ name: String, _ part: KeyPath<DispatchState, Part>) {
      if self[keyPath: part] != other[keyPath: part] { found.append((name, "\(self[keyPath: part])", "\(other[keyPath: part])")) }
    }
    compare("grad_mode", \.gradMode)
    compare("autocast(cpu)_enabled", \.autocast)
    compare("deterministic_algorithms", \.isDeterministic)
    compare("default_dtype", \.defaultDType.torchName)
    compare("num_threads", \.threadCount)
    return found
  }
}
