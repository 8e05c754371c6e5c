import Foundations
import Graphs
import Operators
import Tensors
import Testing

@testable import Archives

/// Archives of compiled models: PyTorch's, read, and Lathe's, written and read again.
@Suite(.enabled(if: Corpus.isPresent, Corpus.absent)) struct PackageTests {
  static let pytorch: [String] = ["archives-2.6/mlp.aoti.pt2", "archives-2.6/hf_bert.aoti.pt2", "archives-2.15/mlp.aoti.pt2", "archives-2.15/timm_test_resnet.aoti.pt2"]

  /// The shared object that PyTorch made of the corpus's smallest model.
  static func code() throws -> ByteRegion {
    let package: CompiledPackage = try CompiledPackage.read(path: Corpus.path("archives-2.6/mlp.aoti.pt2"))
    return try package.library(of: package.models[0])
  }

  static func ingredients(_ name: String, constants: [[UInt8]] = [], placement: ModelFacts.Placement = .inline) throws -> CompiledPackage.Ingredients {
    let code: ByteRegion = try code()
    var hash = SHA256()
    code.withBytes { hash.update($0) }
    let storages: [Storage] = try constants.map { bytes in
      try ByteRegion.make(count: bytes.count) { $0.copyBytes(from: bytes) }.storage()
    }
    let total: Int = constants.reduce(0) { $0 + ($1.count + 63) / 64 * 64 }
    let facts = ModelFacts(
      machine: "x86_64", target: "native", level: "avx2", code: hash.hexDigest(), weights: placement, constantBytes: total,
      inputs: [.init(name: "x", path: "args[0]", dtype: "float32", sizes: ["s0", "2*s0"])], outputs: [], inputSpec: "in", outputSpec: "out",
      ranges: ["s0": .init(minimum: 2, maximum: nil)], hints: ["s0": 4], constants: [], operators: [])
    return CompiledPackage.Ingredients(
      name: name, source: "// C", metadata: ["AOTI_DEVICE_KEY": "cpu", "owner": name], code: code, storages: storages, constantKey: 7, externalNodes: [], facts: facts)
  }

  static func written(_ models: [CompiledPackage.Ingredients]) throws -> TemporaryFile {
    let file = try TemporaryFile([], name: "package.pt2")
    try CompiledPackage.write(models, to: file.path)
    return file
  }

  @Test(arguments: pytorch) func pytorchsArchivesAreRead(_ name: String) throws {
    let package: CompiledPackage = try CompiledPackage.read(path: Corpus.path(name))
    #expect(package.layouts == (name.contains("2.15") ? [.rooted] : [.legacy]))
    #expect(package.models.map(\.name) == ["model"])
    let model: CompiledPackage.Model = package.models[0]
    #expect(model.device == "cpu" && model.facts == nil && model.externalNodes == nil && model.weights == nil)
    #expect(model.metadata("AOTI_MACHINE") == (name.contains("2.15") ? "x86_64" : nil))
    let file = try ELFFile(try package.library(of: model), subject: name)
    #expect(file.machineName == "x86_64" && file.needed.contains("libtorch_cpu.so"))
    #expect(file.exports.contains("AOTInductorModelContainerRun"))
    #expect(file.imports.contains { $0.name == "aoti_torch_empty_strided" && $0.version == nil })
    #expect(file.imports.contains { $0.name == "memcpy" && $0.version == "GLIBC_2.14" } || file.imports.contains { $0.version?.hasPrefix("GLIBC_") ?? false })
    let made: Substring = name.dropFirst("archives-".count).prefix { $0 != "/" }
    #expect(file.imports.filter { $0.name.hasPrefix("aoti_torch_") && !TorchSymbols.standard.exports($0.name, in: String(made)) } == [])
  }

  /// What the newest PyTorch compiled asks for a function that 2.6 lacks, which is why 2.6 cannot load it.
  @Test func functionsAreKnownByVersion() throws {
    let package: CompiledPackage = try CompiledPackage.read(path: Corpus.path("archives-2.15/mlp.aoti.pt2"))
    let file = try ELFFile(try package.library(of: package.models[0]), subject: "")
    let missing: [String] = file.imports.map(\.name).filter { $0.hasPrefix("aoti_torch_") && !TorchSymbols.standard.exports($0, in: "2.6") }
    #expect(missing.contains("aoti_torch_new_tensor_handle"))
    #expect(TorchSymbols.standard.exports("aoti_torch_cpu__qconv2d_pointwise_tensor", in: "2.6"))
    #expect(!TorchSymbols.standard.exports("aoti_torch_cpu__qconv2d_pointwise_tensor", in: "2.15"))
  }

  @Test(arguments: ModelFacts.Placement.allCases) func whatIsWrittenIsRead(_ placement: ModelFacts.Placement) throws {
    let constants: [[UInt8]] = [[1, 2, 3], (0..<200).map { UInt8($0) }]
    let models = try [Self.ingredients("a", constants: constants, placement: placement), Self.ingredients("ab"), Self.ingredients("b")]
    let file = try Self.written(models)
    let package: CompiledPackage = try CompiledPackage.read(path: file.path)
    #expect(package.layouts == [.legacy, .rooted] && package.models.map(\.name) == ["a", "ab", "b"])
    let model: CompiledPackage.Model = try package.model(named: "a")
    #expect(model.metadata.map(\.key) == ["AOTI_DEVICE_KEY", "owner"] && model.metadata("owner") == "a")
    #expect(model.facts == models[0].facts && (model.weights != nil) == (placement == .external))
    #expect(try package.archive.read(model.sources[0]).string(prefix: 10) == "// C")
    let (code, bytes): (ByteRegion, ByteRegion?) = try package.parts(of: model)
    #expect(try code.withBytes { Array($0) } == Self.code().withBytes { Array($0) })
    let padded: [UInt8] = constants[0] + [UInt8](repeating: 0, count: 61) + constants[1] + [UInt8](repeating: 0, count: 56)
    #expect(bytes?.withBytes { Array($0) } == padded)
    #expect(try package.codeDigest(of: model) == models[0].facts.code)
    #expect(throws: LatheError(.badInput, subject: file.path, "has no model 'c'; its models are a, ab, b")) { try package.model(named: "c") }
    #expect(throws: LatheError(.badInput, subject: file.path, "has 3 models; name one of a, ab, b")) { try package.model(named: nil) }
  }

  /// PyTorch 2.6 takes all members whose paths begin with the model's name and keeps the last of each kind; the newest finds its root by the first two.
  @Test func membersStandWherePyTorchLooks() throws {
    let file = try Self.written([try Self.ingredients("a"), try Self.ingredients("ab")])
    let names: [String] = try ZipArchive(ByteRegion(try MappedFile(path: file.path)), subject: "").entries.map(\.name)
    #expect(names.prefix(2) == ["data/archive_format", "data/archive_version"])
    for root in ["", "data/"] {
      let own: [String] = names.filter { $0.hasPrefix("\(root)data/aotinductor/a") }
      #expect(own.last { $0.hasSuffix(".so") }?.hasPrefix("\(root)data/aotinductor/a/") == true)
      #expect(own.last { $0.hasSuffix(".cpp") }?.hasPrefix("\(root)data/aotinductor/a/") == true)
    }
  }

  @Test func sameModelsGiveTheSameBytes() throws {
    let models = try [Self.ingredients("a", constants: [[1, 2]]), Self.ingredients("b")]
    let (first, second) = (try Self.written(models), try Self.written(models))
    #expect(try ByteRegion(MappedFile(path: first.path)).withBytes { Array($0) } == ByteRegion(MappedFile(path: second.path)).withBytes { Array($0) })
  }

  /// A large member is in the file once under both names, and each name's header is right before its bytes.
  @Test func largeMembersShareTheirBytes() throws {
    let large: [UInt8] = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) }
    let file = try Self.written([try Self.ingredients("model", constants: [large])])
    let region = ByteRegion(try MappedFile(path: file.path))
    let codeBytes: Int = try Self.code().count
    #expect(region.count < codeBytes + large.count + (1 << 20))
    let archive = try ZipArchive(region, subject: "")
    let libraries: [ZipEntry] = archive.entries.filter { $0.name.hasSuffix(".so") }
    #expect(libraries.count == 2 && libraries[0].dataOffset == libraries[1].dataOffset && libraries[0].dataOffset % 64 == 0)
    #expect(try archive.read(libraries[0].name).slice(LibraryLayout.alignment * ((codeBytes + LibraryLayout.alignment - 1) / LibraryLayout.alignment), large.count)?.withBytes { Array($0) } == large)
  }

  @Test func namesThatNoFolderCanHaveAreRefused() throws {
    for (names, words) in [([], "at least one model"), (["a", "a"], "two models are named 'a'"), (["a/b"], "cannot name a model"), ([".."], "cannot name a model"), ([""], "cannot name a model")] {
      let error = #expect(throws: LatheError.self) { try CompiledPackage.checkNames(names) }
      #expect(error?.message.contains(words) == true)
    }
  }

  @Test func newerArchivesAndFactsAreRefused() throws {
    func message(_ members: [ZipBuilder.Member]) throws -> String? {
      let bytes: [UInt8] = ZipBuilder(members).bytes()
      let region: ByteRegion = try ByteRegion.make(count: bytes.count) { $0.copyBytes(from: bytes) }
      return #expect(throws: LatheError.self) { try CompiledPackage.read(region, subject: "x.pt2") }?.message
    }
    let library = ZipBuilder.Member("r/data/aotinductor/model/a.wrapper.so", "code")
    #expect(try message([.init("r/archive_format", "pt2"), .init("r/archive_version", "1"), library])?.contains("archive version 1") == true)
    #expect(try message([.init("version", "2"), .init("data/aotinductor/model/a.so", "code")])?.contains("archive version 2") == true)
    #expect(try message([.init("r/archive_format", "onnx"), library]) == "has the archive format 'onnx', not 'pt2'")
    #expect(try message([library, .init("r/archive_format", "pt2"), .init("r/data/aotinductor/model/a.lathe.json", "{\"version\": 2}")])?.contains("a newer Lathe wrote") == true)
    #expect(try message([library, .init("r/archive_format", "pt2"), .init("r/data/aotinductor/model/b.wrapper.so", "code")])?.contains("2 shared objects") == true)
    #expect(try message([library, .init("r/archive_format", "pt2"), .init("r/data/aotinductor/model/a.wrapper_metadata.json", "{\"a\": 1}")])?.contains("no text") == true)
  }

  /// Nodes of the proxy executor, read again: what is fixed is as it was, what comes with calls is counted.
  @Test func externalNodesAreReadAsTheyAreWritten() throws {
    let node = ExternalNode(
      name: "index", operation: "aten.index.Tensor",
      arguments: [
        .init(name: "self", content: .tensor), .init(name: "indices", content: .optionalTensors([true, false])), .init(name: "dim", content: .integer(SymbolicInt(symbol: "s0"))),
        .init(name: "sizes", content: .integers([3, SymbolicInt(symbol: "s0")])), .init(name: "eps", content: .number(0.5)), .init(name: "mode", content: .text("x\"y")),
        .init(name: "dtype", content: .dtype(.bf16)), .init(name: "device", content: .device("cpu")), .init(name: "none", content: .none), .init(name: "flags", content: .flags([true, false])),
      ], results: [.tensor, .tensors(2)])
    let text: [UInt8] = try ExternalNodesText.write([node])
    let region: ByteRegion = try ByteRegion.make(count: text.count) { $0.copyBytes(from: text) }
    let value: JSONValue = try region.withText { try JSONValue.parse($0, subject: "") }
    #expect(value["nodes"]?.array?[0]["node"]?["target"]?.string == "aten::index.Tensor")
    let read: ExternalNode = try ExternalNodesText.read(region, subject: "")[0]
    #expect(read.operation == node.operation && read.results == node.results && read.integers.count == node.integers.count)
    for (a, b) in zip(read.arguments, node.arguments) {
      #expect(a.name == b.name)
      switch (a.content, b.content) {
      case (.integer, .integer), (.none, .none), (.tensor, .tensor): continue
      case (.integers(let x), .integers(let y)): #expect(x.count == y.count)
      default: #expect("\(a.content)" == "\(b.content)")
      }
    }
  }

  /// Damaged archives are read and looked into as far as they go; nothing in them can end the process.
  @Test func damagedArchivesAreReadOrSayWhy() throws {
    let own = try Self.written([try Self.ingredients("model", constants: [[UInt8](repeating: 3, count: 5000)])])
    let originals: [[UInt8]] = try [own.path, Corpus.path("archives-2.15/mlp.aoti.pt2"), Corpus.path("archives-2.6/mlp.aoti.pt2")].map { path in
      ByteRegion(try MappedFile(path: path)).withBytes { Array($0) }
    }
    var (mutator, opened) = (Mutator(seed: 5), 0)
    for turn in 0..<1000 {
      var bytes: [UInt8] = originals[turn % originals.count]
      // Half of the damage is where the tables are: at the ends.
      if turn % 2 == 0 { bytes = mutator.damage(bytes) } else { bytes = Array(bytes.prefix(bytes.count - 3000)) + mutator.damage(Array(bytes.suffix(3000))) }
      let region: ByteRegion = try ByteRegion.make(count: bytes.count) { $0.copyBytes(from: bytes) }
      do {
        let package: CompiledPackage = try CompiledPackage.read(region, subject: "damaged")
        for model in package.models {
          let code: ByteRegion = try package.parts(of: model).code
          let file = try ELFFile(code, subject: "damaged")
          _ = file.imports.filter { TorchSymbols.standard.knows($0.name) }
        }
        opened += 1
      } catch is LatheError {}
    }
    #expect(opened > 100 && opened < 1000)
  }

  /// The same for the shared object alone, where every byte that is damaged is one of its tables.
  @Test func damagedLibrariesAreReadOrSayWhy() throws {
    let code: [UInt8] = try Self.code().withBytes { Array($0) }
    var mutator = Mutator(seed: 6)
    var read = 0
    for _ in 0..<300 {
      let head: [UInt8] = mutator.damage(Array(code.prefix(20_000)))
      let tail: [UInt8] = mutator.damage(Array(code.suffix(20_000)))
      let bytes: [UInt8] = head + code[20_000..<(code.count - 20_000)] + tail
      let region: ByteRegion = try ByteRegion.make(count: bytes.count) { $0.copyBytes(from: bytes) }
      if (try? ELFFile(region, subject: "damaged")) != nil { read += 1 }
    }
    #expect(read > 0 && read < 300)
  }
}
