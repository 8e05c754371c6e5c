import Foundations
import Glibc
import Testing

@testable import Tensors

struct SafeTensorsTests {
  /// What `safetensors.torch.save({'b': int16 [[1,2,3],[4,5,6]], 'a': [1.5, -2], 'c': [True, False, True], 'h': bfloat16 0.5, 'e':
  /// zeros(0, 3)}, metadata={'who': 'me'})` of safetensors 0.8 gives: the header's length, the header, the bytes.
  static let reference: [UInt8] = {
    let header =
      #"{"__metadata__":{"who":"me"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"e":{"dtype":"F32","shape":[0,3],"data_offsets":[8,8]},"h":{"dtype":"BF16","shape":[],"data_offsets":[8,10]},"b":{"dtype":"I16","shape":[2,3],"data_offsets":[10,22]},"c":{"dtype":"BOOL","shape":[3],"data_offsets":[22,25]}}"#
    let data: [UInt8] = [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0, 0, 0x3F, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 1, 0, 1]
    return [0x30, 1, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + data
  }()

  private func read(_ bytes: [UInt8]) throws -> SafeTensors {
    try SafeTensors(ByteRegion.make(count: bytes.count) { $0.copyBytes(from: bytes) }, subject: "x.safetensors")
  }
  private func file(header: String, data: Int = 8) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + Array(repeating: 0, count: data)
  }
  private func bytes(_ tensor: Tensor) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: tensor.data, count: tensor.elementCount * tensor.dtype.size))
  }

  @Test func readsWhatTheReferenceWrites() throws {
    let file: SafeTensors = try read(SafeTensorsTests.reference)
    #expect(file.names == ["a", "e", "h", "b", "c"])
    #expect(file.metadata == ["who": "me"])
    let a: Tensor = try #require(file.tensors["a"])
    #expect((a.dtype, a.sizes, a.strides) == (.f32, [2], [1]))
    #expect(bytes(a) == [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0])
    let b: Tensor = try #require(file.tensors["b"])
    #expect((b.dtype, b.sizes, b.strides) == (.i16, [2, 3], [3, 1]))
    #expect(bytes(b) == [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0])
    #expect(file.tensors["c"].map(bytes) == [1, 0, 1])
    #expect((file.tensors["h"]?.dtype, file.tensors["h"]?.sizes) == (.bf16, []))
    #expect(file.tensors["e"]?.sizes == [0, 3])
    #expect(!a.storage.isWritable)
  }

  @Test func writesWhatItReads() throws {
    let original: SafeTensors = try read(SafeTensorsTests.reference)
    let path = "/tmp/lathe-safetensors-\(getpid())"
    defer { unlink(path) }
    // Any order goes in; the reference's comes out, byte for byte up to the header's padding.
    let tensors = original.names.sorted().map { (name: $0, tensor: original.tensors[$0]!) }
    try SafeTensors.write(tensors, metadata: original.metadata, path: path)
    let written: [UInt8] = ByteRegion(try MappedFile(path: path)).withBytes { Array($0) }
    #expect(written == SafeTensorsTests.reference)
    #expect(try SafeTensors.read(path: path).names == original.names)
  }

  @Test func aFailedWriteLeavesTheOldFile() throws {
    let path = "/tmp/lathe-safetensors-old-\(getpid())"
    defer { unlink(path) }
    let tensor = Tensor(storage: try Storage.allocate(byteCount: 8), dtype: .f32, sizes: [2], strides: [1])
    try SafeTensors.write([("a", tensor)], path: path)
    let complex = Tensor(storage: try Storage.allocate(byteCount: 16), dtype: .c128, sizes: [1], strides: [1])
    #expect(throws: LatheError.self) { try SafeTensors.write([("b", complex)], path: path) }
    #expect(throws: LatheError.self) { try SafeTensors.write([("b", tensor), ("b", tensor)], path: path) }
    #expect(try SafeTensors.read(path: path).names == ["a"])
    let error = #expect(throws: LatheError.self) { try SafeTensors.write([("a", tensor)], path: "/nowhere/at/all") }
    #expect(error?.kind == .system)
  }

  /// (a header over eight bytes of data, what the error must say)
  @Test(arguments: [
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, "has 4 bytes, but [2] of F32 takes 8"),
    (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#, "outside the file's 8 bytes"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, "outside"),
    (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, "negative or overflow"),
    (#"{"a":{"dtype":"U8","shape":[4611686018427387904,4,0],"data_offsets":[0,0]}}"#, "negative or overflow"),
    (#"{"a":{"dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,8]}}"#, "negative or overflow"),
    (#"{"a":{"dtype":"Q4","shape":[2],"data_offsets":[0,8]}}"#, "element type Q4"),
    (#"{"a":{"shape":[2],"data_offsets":[0,8]}}"#, "lacks its dtype"),
    (#"{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}"#, "not a whole number"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, "two tensors named 'a'"),
    (#"[]"#, "not an object"), (#"{"a":"#, "the text ends"),
  ])
  func refuses(_ header: String, _ words: String) throws {
    let error = #expect(throws: LatheError.self) { try read(file(header: header)) }
    #expect(error?.description.hasPrefix("x.safetensors") == true && error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test func refusesTruncation() {
    for count in 0..<SafeTensorsTests.reference.count {
      #expect(throws: LatheError.self) { try read(Array(SafeTensorsTests.reference.prefix(count))) }
    }
  }

  @Test func mappedFilesSayWhyTheyCannotBeOpened() {
    #expect(throws: LatheError(.system, subject: "/nowhere.safetensors", "there is no such file")) { try MappedFile(path: "/nowhere.safetensors") }
    #expect(throws: LatheError(.system, subject: "/tmp", "is a directory, not a file")) { try MappedFile(path: "/tmp") }
    #expect(throws: LatheError(.system, subject: "/dev/null", "is not a regular file")) { try MappedFile(path: "/dev/null") }
  }

  @Test func viewsFromFilesAreChecked() throws {
    let storage: Storage = try Storage.allocate(byteCount: 24)
    func check(_ sizes: [Int], _ strides: [Int], _ offset: Int) -> Bool {
      (try? Tensor(checking: storage, dtype: .f32, sizes: sizes, strides: strides, offset: offset, subject: "t")) != nil
    }
    #expect(check([2, 3], [3, 1], 0) && check([3, 2], [1, 3], 0) && check([100, 3], [0, 1], 3) && check([0, 9], [9, 1], 0) && check([], [], 5))
    #expect(!check([2, 3], [3, 1], 1) && !check([2, 3], [4, 1], 0) && !check([], [], 6) && !check([-1], [1], 0) && !check([2], [-1], 1))
    #expect(!check([1 << 40, 1 << 40], [0, 0], 0) && !check([2], [Int.max], 0) && !check([1 << 62, 4, 0], [1, 1, 1], 0) && !check([1], [1, 1], 0))
  }
}
