import CRuntime
import Foundation
import Testing

@Suite struct ThreadsTests {
  /// Adds one to each element of a range.
  private static let increment: lathe_range_body = { context, begin, end, _ in
    let hits = context!.assumingMemoryBound(to: Int32.self)
    for i in begin..<end { hits[i] += 1 }
  }

  @Test(arguments: [0, 1, 2, 63, 1000, 4097])
  func everyIndexRunsOnce(_ count: Int) {
    for grain in [1, 3, 64, 5000] {
      var hits = [Int32](repeating: 0, count: max(count, 1))
      hits.withUnsafeMutableBytes { lathe_parallel_for(count, grain, Self.increment, $0.baseAddress) }
      #expect(hits.prefix(count).allSatisfy { $0 == 1 })
    }
  }

  @Test func rangesRespectTheGrainAndThreadNumbers() {
    struct Seen {
      var smallest = Int.max
      var highestThread: Int32 = 0
      var lock = pthread_mutex_t()
    }
    var seen = Seen()
    pthread_mutex_init(&seen.lock, nil)
    withUnsafeMutableBytes(of: &seen) {
      lathe_parallel_for(
        1000, 100,
        { context, begin, end, thread in
          let seen = context!.assumingMemoryBound(to: Seen.self)
          pthread_mutex_lock(&seen.pointee.lock)
          if end < 1000 { seen.pointee.smallest = min(seen.pointee.smallest, end - begin) }
          seen.pointee.highestThread = max(seen.pointee.highestThread, thread)
          pthread_mutex_unlock(&seen.pointee.lock)
        }, $0.baseAddress)
    }
    #expect(seen.smallest >= 100)
    #expect(seen.highestThread < lathe_thread_count())
  }

  @Test func nestedLoopsRunInline() {
    var hits = [Int32](repeating: 0, count: 64)
    hits.withUnsafeMutableBytes {
      lathe_parallel_for(
        8, 1,
        { context, begin, end, _ in
          for i in begin..<end {
            lathe_parallel_for(8, 1, ThreadsTests.increment, context! + i * 8 * MemoryLayout<Int32>.stride)
          }
        }, $0.baseAddress)
    }
    #expect(hits.allSatisfy { $0 == 1 })
  }

  @Test func severalCallersAtOnce() async {
    let right = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<6 {
        group.addTask {
          var hits = [Int32](repeating: 0, count: 2000)
          for _ in 0..<300 {
            hits.withUnsafeMutableBytes { lathe_parallel_for(2000, 10, ThreadsTests.increment, $0.baseAddress) }
          }
          return hits.allSatisfy { $0 == 300 }
        }
      }
      return await group.reduce(true) { $0 && $1 }
    }
    #expect(right)
  }

  @Test func levelsHaveNamesAndALimitHolds() {
    #expect(String(cString: lathe_isa_name(LATHE_ISA_AVX2)) == "avx2")
    let full = lathe_isa_level()
    #expect(lathe_isa_limit_thread(LATHE_ISA_BASELINE) == LATHE_ISA_BASELINE)
    #expect(lathe_isa_level() == LATHE_ISA_BASELINE)
    #expect(lathe_isa_limit_thread(LATHE_ISA_AVX512_BF16) == full)
  }
}
