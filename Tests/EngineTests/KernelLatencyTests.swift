import Foundations
import Testing

@testable import Engine

/// Percentiles from bins against sorted times.
@Suite struct KernelLatencyTests {
  @Test func percentilesAreThoseOfTheSortedMeans() throws {
    var latencies = KernelLatencies()
    var state: UInt64 = 7
    var (calls, nanoseconds): (Int, Int) = (0, 0)
    var means: [Double] = []
    for turn in 0..<500 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let (more, took): (Int, Int) = (1 + turn % 3, 2_000 + Int(state >> 44))
      calls += more
      nanoseconds += took
      means.append(Double(took) / Double(more) * 1e-9)
      latencies.add([KernelTime(name: "a", calls: calls, nanoseconds: nanoseconds), KernelTime(name: "never", calls: 0, nanoseconds: 0)])
    }
    means.sort()
    for share in [0.1, 0.5, 0.99, 1] {
      let wanted: Double = means[Int((share * 500).rounded(.up)) - 1]
      let found: Double = try #require(latencies.percentile(share, of: 0))
      #expect(abs(found / wanted - 1) < 0.05, "\(share): \(found), sorted \(wanted)")
    }
    #expect(latencies.percentile(0.99, of: 1) == nil)
    let last: [KernelTime] = latencies.withPercentiles([KernelTime(name: "a", calls: calls, nanoseconds: nanoseconds), KernelTime(name: "never", calls: 0, nanoseconds: 0)])
    #expect(last[0].p99 == latencies.percentile(0.99, of: 0) && last[1].p99 == nil)
  }
}
