import CRuntime
import Testing

@Suite(.serialized) struct StorageTests {
  @Test(arguments: [0, 1, 63, 511, 4096, 100_000, 5 << 20])
  func storagesAreAlignedWritableAndSized(_ bytes: Int) throws {
    let storage = try #require(lathe_storage_allocate(bytes))
    defer { lathe_storage_release(storage) }
    let data = try #require(lathe_storage_data(storage))
    #expect(UInt(bitPattern: data) % 64 == 0)
    #expect(lathe_storage_bytes(storage) == bytes)
    #expect(lathe_storage_is_writable(storage))
    data.initializeMemory(as: UInt8.self, repeating: 7, count: bytes)
  }

  @Test func aFreedBlockIsUsedAgain() throws {
    // A size no other test asks for.
    let bytes = (37 << 20) + 12345
    let first = try #require(lathe_storage_allocate(bytes))
    let address = lathe_storage_data(first)
    lathe_storage_release(first)
    let second = try #require(lathe_storage_allocate(bytes - 100))
    #expect(lathe_storage_data(second) == address)
    lathe_storage_release(second)
  }

  @Test func theLastReleaseReleasesBorrowedBytes() throws {
    var bytes: [UInt8] = [1, 2, 3]
    var released: Int32 = 0
    try bytes.withUnsafeMutableBytes { bytes in
      try withUnsafeMutableBytes(of: &released) { released in
        let borrowed = lathe_storage_borrow(
          bytes.baseAddress, bytes.count, false, { $0!.assumingMemoryBound(to: Int32.self).pointee += 1 }, released.baseAddress)
        let storage = try #require(borrowed)
        #expect(lathe_storage_data(storage) == bytes.baseAddress)
        #expect(!lathe_storage_is_writable(storage))
        lathe_storage_retain(storage)
        lathe_storage_release(storage)
        #expect(released.load(as: Int32.self) == 0)
        lathe_storage_release(storage)
      }
    }
    #expect(released == 1)
  }

  @Test func statisticsFollowLiveBytes() throws {
    // Other tests run beside this one with small storages; the block here is larger than all of theirs together.
    let bytes = 600 << 20
    lathe_memory_reset_peak()
    let storage = try #require(lathe_storage_allocate(bytes))
    #expect(lathe_memory_statistics_now().live >= bytes)
    #expect(lathe_memory_statistics_now().peak >= bytes)
    lathe_storage_release(storage)
    #expect(lathe_memory_statistics_now().live < bytes)
    #expect(lathe_memory_statistics_now().peak >= bytes)
    lathe_memory_reset_peak()
    #expect(lathe_memory_statistics_now().peak < bytes)
    lathe_memory_trim()
    #expect(lathe_memory_statistics_now().cached < bytes)
  }

  @Test func anImpossibleRequestGivesNothing() {
    #expect(lathe_storage_allocate(Int.max / 2) == nil)
    #expect(lathe_storage_allocate(1 << 50) == nil)
  }

  @Test func scratchKeepsItsBlockAndSlotsAreApart() throws {
    let first = try #require(lathe_scratch(6, 1000)), other = try #require(lathe_scratch(7, 1000))
    #expect(first != other)
    #expect(UInt(bitPattern: first) % 64 == 0)
    #expect(lathe_scratch(6, 500) == first)
  }
}
