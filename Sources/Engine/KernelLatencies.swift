import Foundation
import Foundations

/// How long each kernel's calls took, one program call after another: what percentiles are read from.
///
/// A program call adds the mean of the kernel's calls in it. Times are counted in bins, sixteen to a doubling, so that a percentile is
/// right within 5 % however many calls there were.
struct KernelLatencies {
  private static let binsPerDoubling: Double = 16
  private static let binCount: Int = 640
  private var counts: [[UInt32]] = []
  private var last: [KernelTime] = []

  /// Adds a program call.
  /// - Parameter times: of all calls so far, by kernel.
  mutating func add(_ times: [KernelTime]) {
    if counts.isEmpty { counts = Array(repeating: Array(repeating: 0, count: Self.binCount), count: times.count) }
    for (number, time) in times.enumerated() {
      let (calls, nanoseconds): (Int, Int) = last.isEmpty
        ? (time.calls, time.nanoseconds) : (time.calls - last[number].calls, time.nanoseconds - last[number].nanoseconds)
      guard calls > 0 else { continue }
      let bin: Double = log2(max(Double(nanoseconds) / Double(calls), 1)) * Self.binsPerDoubling
      counts[number][min(Int(bin), Self.binCount - 1)] += 1
    }
    last = times
  }

  /// The times with the 99th percentile of each.
  func withPercentiles(_ times: [KernelTime]) -> [KernelTime] {
    guard counts.count == times.count else { return times }
    return times.enumerated().map { number, time in
      var time: KernelTime = time
      time.p99 = percentile(0.99, of: number)
      return time
    }
  }

  /// Seconds that a share of the program calls did not exceed; nil where the kernel was not called.
  func percentile(_ share: Double, of kernel: Int) -> Double? {
    let total: Int = counts[kernel].reduce(0) { $0 + Int($1) }
    guard total > 0 else { return nil }
    let wanted: Int = max(1, Int((share * Double(total)).rounded(.up)))
    var seen: Int = 0
    for (bin, count) in counts[kernel].enumerated() {
      seen += Int(count)
      if seen >= wanted { return exp2((Double(bin) + 0.5) / Self.binsPerDoubling) * 1e-9 }
    }
    return nil
  }
}
