import Foundations
import Tensors
import Testing

@testable import Archives

/// Pickles that Python 3.11 and PyTorch 2.6 wrote, as hexadecimal digits.
struct PickleTests {
  private func unpickle(_ bytes: [UInt8]) throws -> PickleDocument {
    try bytes.withUnsafeBytes { raw in
      var unpickler = Unpickler(raw, subject: "p") { _, _, count in try Storage.allocate(byteCount: count * 8) }
      return try unpickler.run()
    }
  }
  private func failure(_ bytes: [UInt8]) throws -> String { try #require(try latheMessage { _ = try unpickle(bytes) }) }

  /// `pickle.dumps({'a': [1, -1, 300, 70000, 2**40, -2**33], 't': (1, 2, 3, 4), 'f': 1.5, 'b': b'xy', 'u': 'é', 's': {1}}, protocol)`.
  @Test(arguments: [
    "80027d71002858010000006171015d7102284b014affffffff4d2c014a701101008a060000000000018a0500000000fe655801000000747103284b014b024b034b047471045801000000667105473ff80000000000005801000000627106635f636f646563730a656e636f64650a710758020000007879710858060000006c6174696e31710986710a52710b580100000075710c5802000000c3a9710d580100000073710e635f5f6275696c74696e5f5f0a7365740a710f5d71104b0161857111527112752e",
    "80049563000000000000007d94288c0161945d94284b014affffffff4d2c014a701101008a060000000000018a0500000000fe658c017494284b014b024b034b0474948c016694473ff80000000000008c01629443027879948c0175948c02c3a9948c0173948f94284b0190752e",
    "80059563000000000000007d94288c0161945d94284b014affffffff4d2c014a701101008a060000000000018a0500000000fe658c017494284b014b024b034b0474948c016694473ff80000000000008c01629443027879948c0175948c02c3a9948c0173948f94284b0190752e",
  ])
  func plainValues(_ hex: String) throws {
    let document: PickleDocument = try unpickle([UInt8](hex: hex))
    guard case .dictionary(let root) = document.root else {
      Issue.record("the root is \(document.root)")
      return
    }
    let items = document.dictionaries[root]
    #expect(items.map(\.key) == ["a", "t", "f", "b", "u", "s"].map { .string($0) })
    guard case .list(let list) = items[0].value, case .tuple(let tuple) = items[1].value, case .set(let set) = items[5].value else {
      Issue.record("the containers are \(items)")
      return
    }
    #expect(document.lists[list] == [1, -1, 300, 70000, 1 << 40, -(1 << 33)].map { .int($0) })
    #expect(document.tuples[tuple] == [1, 2, 3, 4].map { .int($0) })
    #expect(items[2].value == .double(1.5))
    #expect(items[3].value == .bytes([0x78, 0x79]))
    #expect(items[4].value == .string("é"))
    #expect(document.sets[set] == [.int(1)])
  }

  /// `torch.save` of an `OrderedDict` with a parameter `w = arange(6.).reshape(2, 3)`, its transpose `wt`, `tail = w[1:]`, an int64
  /// and a bfloat16 tensor, and a nested dictionary.
  @Test func tensorsShareTheirStorage() throws {
    let pickle = [UInt8](
      hex:
        "800263636f6c6c656374696f6e730a4f726465726564446963740a71002952710128580100000077710263746f7263682e5f7574696c730a5f72656275696c645f706172616d657465720a710363746f7263682e5f7574696c730a5f72656275696c645f74656e736f725f76320a71042828580700000073746f72616765710563746f7263680a466c6f617453746f726167650a71065801000000307107580300000063707571084b06747109514b004b024b0386710a4b034b0186710b8968002952710c74710d52710e8868002952710f8771105271115802000000777471126804282868056806680768084b06747113514b004b034b028671144b014b038671158968002952711674711752711858040000007461696c71196804282868056806680768084b0674711a514b034b014b0386711b4b034b0186711c8968002952711d74711e52711f580100000069712068042828680563746f7263680a4c6f6e6753746f726167650a7121580100000031712268084b02747123514b004b028571244b0185712589680029527126747127527128580100000062712968042828680563746f7263680a42466c6f6174313653746f726167650a712a580100000032712b68084b0174712c514b0029298968002952712d74712e52712f58010000006e71307d71312858010000007871325d7133284b01474004000000000000884e580100000074713465580100000073713563746f7263680a53697a650a71364b024b03867137857138527139580100000064713a63746f7263680a666c6f617431360a713b5803000000646576713c63746f7263680a6465766963650a713d5803000000637075713e85713f52714075752e"
    )
    let zip = ZipBuilder([
      .init("archive/data.pkl", pickle), .init("archive/version", "3\n"), .init("archive/byteorder", "little"),
      .init("archive/data/0", [UInt8](hex: "000000000000803f0000004000004040000080400000a040")),
      .init("archive/data/1", [UInt8](hex: "01000000000000000200000000000000")), .init("archive/data/2", [UInt8](hex: "c03f")),
    ])
    let file = try TemporaryFile(zip.bytes())
    defer { withExtendedLifetime(file) {} }
    #expect(try FileKind.detect(path: file.path) == .torchZip)
    let tensors = try TorchZip.load(path: file.path).flattenedTensors()
    #expect(tensors.map(\.name) == ["w", "wt", "tail", "i", "b"])
    let (w, wt, tail) = (tensors[0].tensor, tensors[1].tensor, tensors[2].tensor)
    #expect(w.isParameter && w.requiresGradient && !wt.isParameter)
    #expect(w.tensor.storage === wt.tensor.storage && w.tensor.storage === tail.tensor.storage)
    #expect(!w.tensor.storage.isWritable)
    #expect((w.tensor.sizes, w.tensor.strides) == ([2, 3], [3, 1]))
    #expect((wt.tensor.sizes, wt.tensor.strides) == ([3, 2], [1, 3]))
    #expect((tail.tensor.sizes, tail.tensor.offset) == ([1, 3], 3))
    #expect((0..<3).map { tail.tensor.data.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) } == [3, 4, 5])
    #expect((tensors[3].tensor.tensor.dtype, tensors[4].tensor.tensor.dtype) == (.i64, .bf16))
    #expect(tensors[4].tensor.tensor.sizes == [])
  }

  /// `torch.save({'h': torch.tensor([1, 2], dtype=torch.uint16)})`: an untyped storage and `_rebuild_tensor_v3`.
  @Test func newerElementTypesComeWithAnUntypedStorage() throws {
    let document = try unpickle(
      [UInt8](
        hex:
          "80027d7100580100000068710163746f7263682e5f7574696c730a5f72656275696c645f74656e736f725f76330a71022828580700000073746f72616765710363746f7263682e73746f726167650a556e747970656453746f726167650a71045801000000307105580300000063707571064b04747107514b004b028571084b018571098963636f6c6c656374696f6e730a4f726465726564446963740a710a2952710b63746f7263680a75696e7431360a710c74710d52710e732e"
      ))
    #expect(document.tensors.map(\.tensor.dtype) == [.u16])
    #expect(document.tensors.map(\.tensor.sizes) == [[2]])
  }

  /// Objects whose `__reduce__` is `(os.system, ('true',))`, an instance of `__main__.Foo`, and functions of `builtins`.
  @Test func nothingOutsideTheListIsNamed() throws {
    for evil in [
      "800263706f7369780a73797374656d0a710058040000007472756571018571025271032e",
      "8004951f000000000000008c05706f736978948c0673797374656d9493948c047472756594859452942e",
    ] {
      #expect(
        try failure([UInt8](hex: evil))
          == "p: Weights only load failed: GLOBAL posix.system was not an allowed global by default, and nothing of the module posix ever is")
    }
    #expect(try failure(Array("\u{80}".utf8.dropFirst(2)) + Array("cos\nsystem\n(X\u{04}\0\0\0truetR.".utf8)).contains("GLOBAL os.system was not an allowed global by default"))
    #expect(
      try failure([UInt8](hex: "8002635f5f6d61696e5f5f0a466f6f0a7100298171012e"))
        == "p: Weights only load failed: GLOBAL __main__.Foo was not an allowed global by default")
    for global in ["builtins\neval", "builtins\ngetattr", "torch\nload", "torch.serialization\nload", "functools\npartial", "numpy\nndarray"] {
      #expect(try failure(Array("c\(global)\n.".utf8)).contains("was not an allowed global by default"))
    }
  }

  @Test func aListInsideItselfIsHarmless() throws {
    let document = try unpickle([UInt8](hex: "80025d71006800612e"))
    #expect(document.root == .list(0))
    #expect(document.lists == [[.list(0)]])
    #expect(document.flattenedTensors().isEmpty)
  }

  @Test func hostilePicklesEndInErrors() throws {
    #expect(throws: Never.self) { try unpickle(Array(repeating: UInt8(ascii: "]"), count: 200_000) + Array(repeating: UInt8(ascii: "a"), count: 199_999) + [0x2E]) }
    #expect(throws: Never.self) { try unpickle([UInt8(ascii: "N")] + Array(repeating: 0x85, count: 200_000) + [0x2E]) }
    let wrong: [[UInt8]] = [
      [], [0x2E], [0x80, 9, 0x2E], Array("a.".utf8), Array("(.".utf8), Array("t.".utf8), Array("h\u{5}.".utf8), Array("R.".utf8), Array("NNs.".utf8),
      [0x8E, 255, 255, 255, 255, 255, 255, 255, 127, 0x2E], [0x58, 255, 255, 255, 255, 0x2E], Array("NQ.".utf8), Array("i.".utf8), Array("Nb.".utf8),
      Array("]N0000.".utf8), [0x93, 0x2E], Array("c\n".utf8), Array("}Nu.".utf8), Array("(N}u.".utf8),
    ]
    for pickle in wrong { #expect(try failure(pickle).hasPrefix("p: Weights only load failed: ")) }
    // One list of many elements, copied many times.
    let copies = Array("]q\u{0}(".utf8) + Array(repeating: UInt8(ascii: "N"), count: 50_000) + Array("e0".utf8)
      + (0..<1000).flatMap { _ in Array("c__builtin__\nset\nh\u{0}".utf8) + [0x85] + Array("R".utf8) } + [0x2E]
    #expect(try failure(copies).contains("copies its containers too often"))
  }

  @Test func filesOfAnotherVersionOrOrder() throws {
    func message(_ members: [ZipBuilder.Member]) throws -> String? {
      let file = try TemporaryFile(ZipBuilder(members).bytes())
      return try withExtendedLifetime(file) { try latheMessage { _ = try TorchZip.load(path: file.path) } }
    }
    #expect(try message([.init("a/data.pkl", "N."), .init("a/version", "3\n")]) == nil)
    #expect(try message([.init("a/data.pkl", "N."), .init("a/.data/version", "6\n")]) == nil)
    #expect(try message([.init("a/data.pkl", "N.")])?.hasSuffix("has no member version") == true)
    #expect(try message([.init("a/data.pkl", "N."), .init("a/version", "99")])?.contains("version '99', but the maximum supported version for reading is 10") == true)
    #expect(try message([.init("a/data.pkl", "N."), .init("a/version", "3"), .init("a/byteorder", "big")])?.contains("big-endian") == true)
    #expect(try message([.init("a/other", "N.")])?.contains("no member data.pkl") == true)
  }
}
