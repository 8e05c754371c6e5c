import Foundations
import Tensors
import Testing

@testable import Archives

struct ZipTests {
  private func open(_ bytes: [UInt8]) throws -> ZipArchive {
    try ZipArchive(ByteRegion.make(count: bytes.count) { $0.copyBytes(from: bytes) }, subject: "a.zip")
  }
  private func failure(_ bytes: [UInt8]) throws -> String { try #require(try latheMessage { _ = try open(bytes) }) }

  @Test func storedMembersAreSeenInPlace() throws {
    let archive: ZipArchive = try open(ZipBuilder([.init("a/b.txt", "hello"), .init("c", [0, 1, 2])]).bytes())
    #expect(archive.entries.map(\.name) == ["a/b.txt", "c"])
    let region: ByteRegion = try archive.read("c")
    #expect(region.withBytes { Array($0) } == [0, 1, 2])
    let (base, place) = (archive.region.withBytes { UInt(bitPattern: $0.baseAddress!) }, region.withBytes { UInt(bitPattern: $0.baseAddress!) })
    #expect(place == base + UInt(archive.entry("c")!.dataOffset))
    #expect(try latheMessage { _ = try archive.read("d") } == "a.zip: has no member d")
  }

  @Test func compressedMembersAreInflated() throws {
    var member = ZipBuilder.Member("big", (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    member.isDeflated = true
    #expect(try open(ZipBuilder([member]).bytes()).read("big").withBytes { Array($0) } == member.data)
  }

  @Test func refusesACompressedMemberOfTheWrongSizeOrChecksum() throws {
    var member = ZipBuilder.Member("m", "hello")
    member.isDeflated = true
    for claim: UInt64 in [4, 6, 4000] {
      member.claimedSize = claim
      let archive = try open(ZipBuilder([member]).bytes())
      #expect(try latheMessage { _ = try archive.read("m") }?.contains("does not decompress to the \(claim) bytes") == true)
    }
    member.claimedSize = nil
    var bytes = ZipBuilder([member]).bytes()
    // The e of hello: after the header of 30 bytes, the name, and the five bytes that begin the block.
    bytes[30 + 1 + 5 + 1] ^= 1
    let archive = try open(bytes)
    #expect(try latheMessage { _ = try archive.read("m") } != nil)
  }

  @Test(arguments: ["../evil", "a/../../evil", "a/..", "..", "/etc/passwd", "C:\\evil", "C:/evil", "a\\..\\b", "\\evil"])
  func refusesNamesThatLeaveTheArchive(_ name: String) throws {
    let message = try failure(ZipBuilder([.init(name, "x")]).bytes())
    #expect(message == "a.zip: is not a usable zip archive: its member \(name) has a path that leaves the archive")
  }

  @Test func refusesDuplicates() throws {
    #expect(try failure(ZipBuilder([.init("a", "x"), .init("a", "y")]).bytes()).hasSuffix("it has two members named a"))
  }
  @Test func refusesClaimsOfATerabyte() throws {
    var member = ZipBuilder.Member("huge", "x")
    member.claimedSize = 1 << 40
    #expect(try failure(ZipBuilder([member]).bytes()).contains("claims 1099511627776 bytes, which do not fit"))
    member.isDeflated = true
    #expect(try failure(ZipBuilder([member]).bytes()).contains("claims 1099511627776 bytes, too many"))
    member.claimedSize = UInt64.max
    #expect(try failure(ZipBuilder([member]).bytes()).contains("impossible size"))
  }
  @Test func refusesEncryption() throws {
    var member = ZipBuilder.Member("a", "x")
    member.flags = 1
    #expect(try failure(ZipBuilder([member]).bytes()).hasSuffix("its member a is encrypted"))
  }
  @Test func refusesHeadersThatContradictTheDirectory() throws {
    var member = ZipBuilder.Member("a", "x")
    member.localName = "b"
    #expect(try failure(ZipBuilder([member]).bytes()).contains("contradicts the directory"))
    member.localName = nil
    member.offset = 1 << 20
    #expect(try failure(ZipBuilder([member]).bytes()).contains("header of its member a is missing"))
  }
  @Test func refusesOverlaps() throws {
    // The second member's header lies in the data of the first.
    let inner = ZipBuilder([.init("b", "hello")]).bytes()
    var second = ZipBuilder.Member("b", "hello")
    second.offset = 31
    let bytes = ZipBuilder([.init("a", Array(inner.prefix(36))), second]).bytes()
    #expect(try failure(bytes).hasSuffix("its member b overlaps another"))
  }
  @Test func refusesEveryTruncation() throws {
    let bytes = ZipBuilder([.init("a", "hello"), .init("b", "world")]).bytes()
    for count in 0..<bytes.count {
      #expect(throws: LatheError.self) { try open(Array(bytes.prefix(count))) }
    }
    #expect(try failure(Array(bytes.dropLast())).contains("may be truncated"))
  }
}
