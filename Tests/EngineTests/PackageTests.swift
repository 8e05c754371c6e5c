import Archives
import CRuntime
import Dispatch
import Engine
import Foundation
import Foundations
import Synchronization
import Tensors
import Testing

/// Programs packaged into archives, and archives loaded: checked against eager runs of the programs.
@Suite struct PackageTests {
  private final class Folder: Sendable {
    let path: String
    init() throws { path = try Files.temporaryFolder() }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    var store: TrustStore { TrustStore(path: "\(path)/state/trusted") }
  }

  private func package(_ name: String, in folder: Folder, options: PackageOptions = PackageOptions(), as models: [String] = ["model"], file: String = "packaged.pt2") throws -> String {
    let path: String = "\(folder.path)/\(file)"
    let model: OpenModel = try Engine.open("\(Files.demoModels)/\(name).pt2")
    _ = try Engine.package(models.map { PackageItem(name: $0, model: model) }, to: path, options: options)
    return path
  }
  private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

  /// Archives of programs with weights, operators left to the loader, branches and bfloat16 give what PyTorch saved, at both sizes.
  @Test(arguments: ["perceptron", "gpt", "early_exit", "mixer_bf16", "lstm_tagger"], ModelFacts.Placement.allCases)
  func packagedModelsGiveWhatThePrograms(name: String, placement: ModelFacts.Placement) throws {
    var count: Int = 0
    try Verification(packaging: PackageOptions(weights: placement)).run(["\(Files.demoModels)/\(name).pt2"]) { result in
      #expect(result.outcome == .passed, "\(result.name)")
      count += 1
    }
    #expect(count > 0)
  }

  @Test func sameProgramsGiveTheSameBytes() throws {
    let folder = try Folder()
    let first: String = try package("perceptron", in: folder, as: ["b", "a"])
    let second: String = try package("perceptron", in: folder, as: ["b", "a"], file: "again.pt2")
    #expect(try bytes(first) == bytes(second))
  }

  @Test func anArchiveSaysWhatItHolds() throws {
    let folder = try Folder()
    let path: String = try package("perceptron", in: folder, options: PackageOptions(target: .v3, metadata: ["owner": "search"]), as: ["net", "other"])
    let summary: ArchiveSummary = try Engine.inspectArchive(path, store: folder.store)
    let program: ModelSummary = try Engine.open("\(Files.demoModels)/perceptron.pt2").summary
    #expect(summary.models.map(\.name) == ["net", "other"] && summary.layouts == ["2.6", "2.8 and later"])
    let model: ArchiveSummary.Model = summary.models[0]
    #expect(model.maker == "Lathe" && model.target == "x86-64-v3" && model.level == "avx2" && !model.isTrusted)
    #expect(model.metadata.contains(ArchiveSummary.Entry(key: "owner", value: "search")) && model.metadata.contains(ArchiveSummary.Entry(key: "AOTI_DEVICE_KEY", value: "cpu")))
    // Another machine's vectors mean nothing to code for all of a kind.
    #expect(!model.metadata.contains { $0.key == "AOTI_CPU_ISA" })
    #expect(model.inputs.map(\.name) == program.inputs.map(\.name) && model.inputs.map(\.path) == program.inputs.map(\.path))
    #expect(model.constants.count == program.parameterCount || !model.constants.isEmpty)
    let library: ArchiveSummary.Library = try #require(model.library)
    #expect(library.machine == "x86_64" && library.searchPaths.isEmpty && library.needed.contains("libtorch_cpu.so"))
    #expect(library.compatibility.map(\.version) == TorchSymbols.standard.versions && library.compatibility.allSatisfy(\.isCompatible))
    #expect(!library.symbols.contains { $0.origin == "other" && !$0.isWeak })
    #expect(throws: Never.self) { try JSONDecoder().decode(ArchiveSummary.self, from: JSONEncoder().encode(summary)) == summary }
  }

  @Test func nativeCodeRunsOnceItIsTrusted() throws {
    let folder = try Folder()
    let path: String = try package("perceptron", in: folder)
    let store: TrustStore = folder.store
    let refused = #expect(throws: LatheError.self) { try Engine.load(path, trust: .refuse, store: store) }
    #expect(refused?.message.contains("pass --trust to run it") == true)
    let asked = Mutex<[TrustQuestion]>([])
    #expect(throws: LatheError.self) {
      try Engine.load(path, trust: .ask { question in asked.withLock { $0.append(question) }; return false }, store: store)
    }
    let digest: String = try #require(try Engine.inspectArchive(path, store: store).models[0].library?.digest)
    #expect(asked.withLock { $0.map(\.digest) } == [digest] && !store.trusts(digest))
    _ = try Engine.load(path, trust: .ask { _ in true }, store: store)
    #expect(store.trusts(digest) && !store.trusts(String(digest.dropLast())))
    _ = try Engine.load(path, trust: .refuse, store: store)
    #expect(try Engine.inspectArchive(path, store: store).models[0].isTrusted)
  }

  /// Whatever the user said, code that is not what the archive describes is not loaded.
  @Test func changedCodeIsRefused() throws {
    let folder = try Folder()
    let path: String = try package("perceptron", in: folder)
    let package: CompiledPackage = try CompiledPackage.read(path: path)
    let member: String = try #require(package.models[0].library)
    let start: Int = try #require(package.archive.entry(member)?.dataOffset)
    func load(changing place: Int, to value: UInt8) throws -> String? {
      var changed: [UInt8] = try bytes(path)
      changed[start + place] = value
      let file: String = "\(folder.path)/changed.pt2"
      try Data(changed).write(to: URL(fileURLWithPath: file))
      return #expect(throws: LatheError.self) { try Engine.load(file, trust: .given, store: folder.store) }?.message
    }
    #expect(try load(changing: 70_000, to: 0xCC) == "is not the code that the archive describes")
    // e_machine
    #expect(try load(changing: 18, to: 183) == "model 'model' was compiled for aarch64, but this machine is x86_64")
    #expect(try load(changing: 0, to: 0)?.contains("it is not in the ELF format") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.store.path))
  }

  @Test func aMachineWithoutTheInstructionsIsToldBefore() throws {
    let folder = try Folder()
    let path: String = try package("perceptron", in: folder, options: PackageOptions(target: .v3))
    var text: [UInt8] = try bytes(path)
    let (level, other): ([UInt8], [UInt8]) = (Array("\"level\":\"avx2\"".utf8), Array("\"level\":\"avx9\"".utf8))
    let place: Int = try #require(text.indices.dropLast(level.count).first { text[$0] == level[0] && text[$0..<($0 + level.count)].elementsEqual(level) })
    text.replaceSubrange(place..<(place + level.count), with: other)
    try Data(text).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: LatheError.self) { try Engine.load(path, trust: .given, store: folder.store) }
    #expect(error?.message == "model 'model' was compiled for the instruction set 'avx9', which this version of Lathe does not know")
    if lathe_isa_level().rawValue < LATHE_ISA_AVX512.rawValue {
      let wide: String = try package("perceptron", in: folder, options: PackageOptions(target: .v4), file: "wide.pt2")
      let refused = #expect(throws: LatheError.self) { try Engine.load(wide, trust: .given, store: folder.store) }
      #expect(refused?.message == "model 'model' was compiled for avx512, but this machine's level is \(String(cString: lathe_isa_name(lathe_isa_level())))")
    }
  }

  /// PyTorch's archives of the corpus were made for a CPU with AVX-512.
  @Test(.enabled(if: Files.hasCorpus, Files.noCorpus)) func pytorchsArchivesSayWhatTheyNeed() throws {
    for version in ["2.6", "2.15"] {
      let path: String = "\(Files.corpus)/archives-\(version)/mlp.aoti.pt2"
      let model: ArchiveSummary.Model = try Engine.inspectArchive(path).models[0]
      #expect(model.maker == "PyTorch" && model.problem == nil)
      #expect(model.library?.compatibility.map(\.isCompatible) == (version == "2.6" ? [true, true] : [false, true]))
      if !lathe_cpu_detect().avx512 {
        let error = #expect(throws: LatheError.self) { try Engine.load(path, trust: .own) }
        #expect(error?.message.contains("was compiled for a CPU with AVX512") == true, "\(String(describing: error))")
      }
    }
  }

  private final class Flag: Sendable {
    let isSet = Atomic<Bool>(false)
  }

  /// Calls go on while constants are swapped, and every one of them sees either the old or the new ones.
  @Test func constantsAreSwappedWhileCallsRun() throws {
    let folder = try Folder()
    let model: PackagedModel = try Engine.load(try package("perceptron", in: folder), trust: .own)
    let open: OpenModel = try Engine.open("\(Files.demoModels)/perceptron.pt2")
    let inputs: [Tensor] = try Engine.run(open, inputs: .random(seed: 3, sizes: [:])).inputs
    // What the program never reads is no constant of the archive.
    let names: Set<String> = Set(model.library.constants.map(\.fqn))
    let zeros: [String: Tensor] = open.program.state.filter { names.contains($0.key) }.mapValues { tensor in
      let zero: Tensor = try! Tensor([Double](repeating: 0, count: tensor.elementCount), sizes: tensor.sizes, tensor.dtype)
      return zero
    }
    @Sendable func outputs() throws -> [Double] { try model.call(inputs).flatMap { try $0?.doubles() ?? [] } }
    let before: [Double] = try outputs()
    let done = Flag()
    let seen = Mutex<Set<[Double]>>([])
    let after = Mutex<[Double]>([])
    // The first turn is begun before the others, which go on until it ends: they need threads of their own, not a pool's tasks.
    DispatchQueue.concurrentPerform(iterations: 3) { turn in
      do {
        if turn == 0 {
          defer { done.isSet.store(true, ordering: .relaxed) }
          try model.library.prepareConstants(zeros, isFull: true)
          #expect(try outputs() == before)
          try model.library.swapConstants()
          after.withLock { $0 = (try? outputs()) ?? [] }
        } else {
          repeat {
            let found: [Double] = try outputs()
            seen.withLock { _ = $0.insert(found) }
          } while !done.isSet.load(ordering: .relaxed)
        }
      } catch { Issue.record(error) }
    }
    let last: [Double] = after.withLock { $0 }
    #expect(!last.isEmpty && last != before)
    #expect(seen.withLock { $0 }.isSubset(of: [before, last]))
    let error = #expect(throws: LatheError.self) { try model.library.prepareConstants(["nobody": zeros.values.first!]) }
    #expect(error?.message == "the program has no constant 'nobody'")
  }

  @Test func callsThatDoNotFitAreRefused() throws {
    let folder = try Folder()
    let model: PackagedModel = try Engine.load(try package("perceptron", in: folder), trust: .own)
    let input: ModelFacts.Value = try #require(model.model.facts?.inputs.first)
    let columns: Int = try #require(input.sizes.last.flatMap { Int($0) })
    #expect(throws: LatheError.badInput("the program takes 1 tensors but got 0")) { try model.call([]) }
    let wrong = try Tensor([Double](repeating: 0, count: 2 * (columns + 1)), sizes: [2, columns + 1])
    let error = #expect(throws: LatheError.self) { try model.call([wrong]) }
    #expect(error?.message.contains("has size \(columns + 1) in dimension 1 where \(columns) is needed") == true)
    #expect(throws: LatheError.self) { try model.call([try Tensor([Double](repeating: 0, count: 2 * columns), sizes: [2, columns], .f64)]) }
    // Another layout of the same elements is the same input.
    let values: [Double] = (0..<(2 * columns)).map { Double($0 % 7) }
    let plain = try Tensor(values, sizes: [2, columns])
    let turned: Tensor = try Tensor.empty([2, columns], .f32, strides: [1, 2])
    turned.copy(from: plain)
    #expect(try model.call([turned])[0]?.doubles() == model.call([plain])[0]?.doubles())
  }

  @Test func whatCannotBePackagedSaysWhy() throws {
    let folder = try Folder()
    func message(_ options: PackageOptions, _ names: [String] = ["model"]) -> String? {
      #expect(throws: LatheError.self) { _ = try package("perceptron", in: folder, options: options, as: names) }?.message
    }
    #expect(message(PackageOptions(metadata: ["AOTI_DEVICE_KEY": "cuda"])) == "metadata 'AOTI_DEVICE_KEY' is set by packaging itself")
    #expect(message(PackageOptions(), ["a", "a"]) == "two models are named 'a'")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    let model: OpenModel = try Engine.open("\(Files.demoModels)/perceptron.pt2")
    struct Cancelled: Cancellation { var isCancelled: Bool { true } }
    let cancelled = #expect(throws: LatheError.self) { try Engine.package([PackageItem(name: "a", model: model)], to: "\(folder.path)/x.pt2", cancellation: Cancelled()) }
    #expect(cancelled?.kind == .cancelled)
    #expect(throws: LatheError.self) { try Engine.package([PackageItem(name: "a", model: model)], to: "\(folder.path)/none/x.pt2") }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
  }
}
