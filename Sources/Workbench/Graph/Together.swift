import Dispatch
import Synchronization

/// The results of two functions that run at the same time, one of them on this thread.
func together<A: Sendable, B: Sendable>(_ first: @Sendable () -> A, _ second: @Sendable () -> B) -> (A, B) {
  let results = Mutex<(A?, B?)>((nil, nil))
  DispatchQueue.concurrentPerform(iterations: 2) { turn in
    if turn == 0 {
      let result = first()
      results.withLock { $0.0 = result }
    } else {
      let result = second()
      results.withLock { $0.1 = result }
    }
  }
  guard case (let a?, let b?) = results.withLock({ $0 }) else { preconditionFailure("both functions have run") }
  return (a, b)
}
