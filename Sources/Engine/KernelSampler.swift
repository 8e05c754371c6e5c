import Capture
import Compiler
import Foundations

/// Times the kernels of some of a frame's calls; the others run as they would without it.
struct KernelSampler {
  private let frame: CapturedFrame
  private let interval: Duration?
  private var last: ContinuousClock.Instant?
  private var timed: [CompiledLibrary] = []

  /// - Parameter interval: the least time between two calls that are timed; nil times none.
  init(_ frame: CapturedFrame, interval: Duration?) { (self.frame, self.interval) = (frame, interval) }

  /// Before a call: times it where the last one that was timed began long enough ago.
  mutating func begin() {
    guard let interval else { return }
    let now: ContinuousClock.Instant = .now
    if let last, now - last < interval { return }
    timed = frame.entries.compactMap { $0.code.compiled?.compiled.library }
    if timed.isEmpty { return }
    last = now
    for library in timed { library.startProfiling() }
  }

  /// After the call.
  /// - Returns: the times of the kernels that it ran; none where it was not timed.
  mutating func end() -> [KernelTime] {
    defer { timed = [] }
    return timed.flatMap { $0.stopProfiling() }.filter { $0.calls > 0 }
  }
}
