import CZip
import Foundation
import Foundations
import Graphs
import Tensors
import Testing

@testable import Archives

/// Programs that are written: against the bytes and the JSON of real files.
@Suite struct WritingTests {
  private func open(_ bytes: [UInt8]) throws -> ExportedProgram {
    let file = try TemporaryFile(bytes)
    return try withExtendedLifetime(file) { try ExportedProgram.read(path: file.path) }
  }
  private func written(_ program: ExportedProgram, _ layout: ProgramLayout) throws -> TemporaryFile {
    let file = try TemporaryFile([])
    try program.write(to: file.path, layout: layout)
    return file
  }

  @Test(arguments: ProgramLayout.allCases)
  func whatIsReadIsWrittenAgain(_ layout: ProgramLayout) throws {
    let program: ExportedProgram = try open(TinyProgram().legacy())
    let file: TemporaryFile = try written(program, layout)
    let again = try withExtendedLifetime(file) { try ExportedProgram.read(path: file.path) }
    #expect(again.container == (layout == .legacy ? .legacyZip : .pt2Archive))
    #expect(again.graph.nodes.map(\.name) == program.graph.nodes.map(\.name))
    #expect(again.graph.nodes.map(\.type) == program.graph.nodes.map(\.type))
    #expect(again.rangeConstraints == program.rangeConstraints && again.symbolHints == program.symbolHints)
    #expect(again.inputSpec == program.inputSpec && again.outputSpec == program.outputSpec)
    #expect(again.extraFiles.mapValues { $0.string(prefix: 9) } == ["note.txt": "hello"])
    #expect(try again.state["w"]!.doubles() == [0, 1, 2, 3, 4, 5])
    #expect(again.holdings["w"] == ExportedProgram.Holding(isParameter: true, requiresGradient: true))
  }

  @Test(arguments: ProgramLayout.allCases)
  func theSameProgramGivesTheSameBytes(_ layout: ProgramLayout) throws {
    let program: ExportedProgram = try open(TinyProgram().archive())
    let files: [Data] = try (0..<2).map { _ in
      let file: TemporaryFile = try written(program, layout)
      return try withExtendedLifetime(file) { try Data(contentsOf: URL(fileURLWithPath: file.path)) }
    }
    #expect(files[0] == files[1])
  }

  /// libzip checks every header and every checksum; PyTorch maps what begins at a multiple of 64.
  @Test(arguments: ProgramLayout.allCases)
  func archivesAreWhole(_ layout: ProgramLayout) throws {
    let file: TemporaryFile = try written(open(TinyProgram().legacy()), layout)
    let archive = try ZipArchive(ByteRegion(MappedFile(path: file.path)), subject: "t")
    #expect(archive.entries.allSatisfy { $0.isStored && $0.dataOffset.isMultiple(of: 64) })
    var code: Int32 = 0
    let zip = try #require(zip_open(file.path, ZIP_RDONLY | ZIP_CHECKCONS, &code))
    defer { zip_discard(zip) }
    for entry in archive.entries {
      let member = try #require(zip_fopen(zip, entry.name, 0))
      defer { zip_fclose(member) }
      var bytes: [UInt8] = Array(repeating: 0, count: entry.size + 1)
      // The read past the end checks the checksum.
      let first: Int = Int(zip_fread(member, &bytes, UInt64(bytes.count)))
      #expect(first == entry.size, "\(entry.name)")
      #expect(zip_fread(member, &bytes, 1) == 0, "\(entry.name)")
    }
  }

  /// Tensors that share their memory share it in the file and when read again.
  @Test(arguments: ProgramLayout.allCases)
  func sharedWeightsAreWrittenOnce(_ layout: ProgramLayout) throws {
    var program: ExportedProgram = try open(TinyProgram().legacy())
    let w: Tensor = program.state["w"]!
    program.state["half"] = Tensor(storage: w.storage, dtype: .f32, sizes: [2], strides: [2], offset: 1)
    let file: TemporaryFile = try written(program, layout)
    let again = try withExtendedLifetime(file) { try ExportedProgram.read(path: file.path) }
    #expect(try again.state["half"]!.doubles() == [1, 3])
    #expect(again.state["half"]!.storage.data == again.state["w"]!.storage.data)
    #expect(again.stateOrder == ["w", "half"])
  }

  @Test(arguments: [DType.u16, .u64, .f8e4m3fn, .bf16, .bool, .c64])
  func everyElementTypeIsWritten(_ type: DType) throws {
    var program: ExportedProgram = try open(TinyProgram().legacy())
    let bytes: [UInt8] = (0..<UInt8(4 * type.size)).map { $0 & 1 }
    let region = try ByteRegion.make(count: bytes.count) { $0.copyBytes(from: bytes) }
    program.constants["k"] = Tensor(storage: try region.storage(), dtype: type, sizes: [4], strides: [1])
    for layout in ProgramLayout.allCases {
      let file: TemporaryFile = try written(program, layout)
      let again = try withExtendedLifetime(file) { try ExportedProgram.read(path: file.path) }
      let tensor: Tensor = try #require(again.constants["k"])
      #expect(tensor.dtype == type && tensor.sizes == [4])
      #expect(Array(UnsafeRawBufferPointer(start: tensor.data, count: bytes.count)) == bytes)
    }
  }

  // MARK: Refusals

  @Test func aLayoutThatCannotHoldAProgramSaysSo() throws {
    var program: ExportedProgram = try open(TinyProgram().legacy())
    program.graph.nodes[1].type = .int(SymbolicInt(symbol: "s0"))
    let path: String = NSTemporaryDirectory() + "/lathe-unwritable.pt2"
    #expect(try latheMessage { try program.write(to: path, layout: .legacy) }?.contains("its input 'x' is a number") == true)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func aDiskWithoutRoomIsSaidBeforehand() throws {
    let folder: String = NSTemporaryDirectory() + "/lathe-room-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var status = statvfs()
    #expect(statvfs(folder, &status) == 0)
    // A file with a hole takes no room itself.
    let sparse: String = "\(folder)/sparse"
    _ = FileManager.default.createFile(atPath: sparse, contents: nil)
    try #require(truncate(sparse, Int(status.f_bavail) * Int(status.f_frsize) + 1 << 30) == 0)
    var program: ExportedProgram = try open(TinyProgram().legacy())
    program.extraFiles["big"] = ByteRegion(try MappedFile(path: sparse))
    #expect(try latheMessage { try program.write(to: "\(folder)/out.pt2", layout: .pt2) }?.contains("the disk has") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["sparse"])
    program.extraFiles = [:]
    #expect(try latheMessage { try program.write(to: "\(folder)/none/out.pt2", layout: .pt2) }?.contains("cannot be written") == true)
  }
}

/// The JSON that PyTorch wrote and the JSON that Lathe writes of the same program say the same.
@Suite(.enabled(if: Corpus.isPresent, Corpus.absent))
struct WritingCorpusTests {
  /// Objects with sorted keys; numbers that JSON lacks as the strings of later versions.
  private func normal(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let items): .array(items.map(normal))
    case .object(let members): .object(members.map { JSONValue.Member(key: $0.key, value: normal($0.value)) }.sorted { $0.key < $1.key })
    case .double(let number) where !number.isFinite: .string(number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity")
    default: value
    }
  }
  private func expectSame(_ program: ExportedProgram, _ name: String) throws {
    let layout: ProgramLayout = program.container == .legacyZip ? .legacy : .pt2
    let theirs: JSONValue = try program.text!.withText { try JSONValue.parse($0, subject: name) }
    let ours: JSONValue = try SchemaWriter.text(of: program, layout: layout, subject: name).withUnsafeBufferPointer { try JSONValue.parse($0, subject: name) }
    #expect(normal(theirs) == normal(ours), "\(name)")
  }

  @Test(arguments: Corpus.models)
  func models(_ name: String) throws { try expectSame(try ExportedProgram.read(path: Corpus.path(name)), name) }

  @Test func operators() throws {
    let zip = try ZipArchive(ByteRegion(MappedFile(path: Corpus.path("operators-2.6.zip"))), subject: "operators")
    var count: Int = 0
    for entry in zip.entries where entry.name.hasSuffix(".pt2") {
      try expectSame(try ExportedProgram.read(zip.read(entry.name), subject: entry.name), entry.name)
      count += 1
    }
    #expect(count > 2000)
  }
}
