import Dispatch
import Foundation
import Foundations
import Synchronization

/// Whether the user interrupted the program (SIGINT, SIGTERM), which does not end it by itself as long as this lives.
final class Interruption: Cancellation, @unchecked Sendable {
  // Safe to share: the sources are made here and cancelled at the end, nothing else touches them.
  private var sources: [any DispatchSourceSignal] = []
  private let semaphore = DispatchSemaphore(value: 0)
  private let isSet = Mutex(false)

  init() {
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [weak self] in
        self?.isSet.withLock { $0 = true }
        self?.semaphore.signal()
      }
      source.resume()
      return source
    }
  }
  deinit { for source in sources { source.cancel() } }

  var isCancelled: Bool { isSet.withLock { $0 } }
  /// Waits; true at once where the user interrupts.
  func happens(within seconds: Double) -> Bool { semaphore.wait(timeout: .now() + seconds) == .success }
}
