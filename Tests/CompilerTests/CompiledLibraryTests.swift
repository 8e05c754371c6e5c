import CRuntime
import Compiler
import Foundation
import Foundations
import Tensors
import Testing

@Suite struct CompiledLibraryTests {
  private func load() throws -> CompiledLibrary { try CompiledLibrary(path: SampleModel.artifact.get().path) }
  private static let weight: [Double] = [10, 20, 30, 40]
  private var weights: [String: Tensor] { get throws { ["fc.weight": try Tensor(Self.weight, sizes: [4])] } }

  @Test func thisMachineHasACompiler() { #expect(!Compilers.all.isEmpty) }

  @Test(arguments: Compilers.all) func aHandWrittenProgramComputes(_ compiler: CCompiler) throws {
    let folder = try ScratchFolder()
    let artifact = try folder.cache.artifact(for: SampleModel.request, toolchain: Toolchain(compiler: compiler))
    let library = try CompiledLibrary(path: artifact.path)
    #expect(library.inputCount == 2)
    #expect(library.outputCount == 3)
    #expect(library.kernelNames == ["add", "scale"])
    #expect(library.inputSpec == "[1, {}]")
    #expect(library.constants.map(\.fqn) == ["fc.weight", "folded_0"])
    #expect(library.constants.map(\.isFolded) == [false, true])
    #expect(library.constants[0].dtype == .f32)
    try library.setConstants(weights)
    for rows in [1, 3, 0, 5000] {
      let (x, y) = (try SampleModel.tensor(rows) { Double($0) }, try SampleModel.tensor(rows) { Double($0 % 7) })
      let outputs = try library([x, y], proxy: SampleModel.proxy)
      let sum: [Double] = (0..<rows * 4).map { (i: Int) -> Double in Double(i) + Double(i % 7) + Self.weight[i % 4] }
      #expect(outputs.map(\.sizes) == [[rows, 4], [rows, 4], [rows, 4]])
      #expect(try outputs[0].doubles() == sum)
      #expect(try outputs[1].doubles() == sum.map { $0 * Double(rows) })
      #expect(try outputs[2].doubles() == (0..<rows * 4).map { (i: Int) -> Double in Double(i) * 2 * Self.weight[i % 4] })
    }
  }

  @Test func constantsAreUsedInPlaceAndFoldedAnewWhenReplaced() throws {
    let library = try load()
    let weight = try Tensor(Self.weight, sizes: [4])
    try library.setConstants(["fc_weight": weight])
    let x = try SampleModel.tensor(1) { _ in 1 }
    #expect(try library([x, x], proxy: SampleModel.proxy)[0].doubles() == [12, 22, 32, 42])
    weight.fill(.double(5))
    #expect(try library([x, x], proxy: SampleModel.proxy)[0].doubles() == [7, 7, 7, 7])
    try library.setConstants(["fc.weight": try Tensor([1.0, 2, 3, 4], sizes: [4])])
    #expect(try library([x, x], proxy: SampleModel.proxy)[2].doubles() == [2, 4, 6, 8])
  }

  @Test func wrongConstantsAreRefused() throws {
    let library = try load()
    func message(_ constants: [String: Tensor]) -> String {
      do { try library.setConstants(constants); return "" } catch { return "\(error)" }
    }
    #expect(message(["fc.bias": try Tensor([1.0], sizes: [1])]) == "the program has no constant 'fc.bias'")
    #expect(message([:]) == "constant 'fc.weight' is missing from a full update")
    #expect(message(["fc.weight": try Tensor([1.0, 2], sizes: [2])]) == "constant 'fc.weight' has size 4 in dimension 0 but was given a tensor of 2")
    #expect(message(["fc.weight": try Tensor([1.0, 2, 3, 4], sizes: [4], .f64)]) == "constant 'fc.weight' is float32 but was given a tensor of float64")
    let every2nd = Tensor(storage: try Tensor.empty([8], .f32).storage, dtype: .f32, sizes: [4], strides: [2])
    #expect(message(["fc.weight": every2nd]) == "constant 'fc.weight' has stride 1 in dimension 0 but was given a tensor of 2")
    let x = try SampleModel.tensor(1) { _ in 1 }
    #expect(throws: LatheError.badInput("constant 'fc.weight' has no value: load the constants before running")) {
      try library([x, x], proxy: SampleModel.proxy)
    }
  }

  @Test func failuresOfACallSayWhatFailed() throws {
    let library = try load()
    try library.setConstants(weights)
    let (one, two) = (try SampleModel.tensor(1) { _ in 1 }, try SampleModel.tensor(2) { _ in 1 })
    #expect(throws: LatheError.badInput("the program takes 2 tensors but got 1")) { try library([one]) }
    #expect(throws: LatheError.badInput("x has 1 rows but y has 2")) { try library([one, two], proxy: SampleModel.proxy) }
    #expect(throws: LatheError.badInput("external node 0 was called, but the program was run without a proxy executor")) { try library([one, one]) }
    #expect(throws: LatheError.unsupported("not today")) { try library([one, one]) { _, _, _ in throw LatheError.unsupported("not today") } }
    #expect(throws: LatheError.badInput("external node 0 gave 0 tensors where 1 were asked for")) { try library([one, one]) { _, _, _ in [] } }
    #expect(throws: LatheError.badInput("dimension 0 is out of range for a tensor of 0 dimensions")) {
      try library([try Tensor(scalar: .double(1), .f32), one], proxy: SampleModel.proxy)
    }
  }

  /// Bytes that know when the last reference to them goes.
  private final class Owner {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 16, alignment: 64)
    init() { bytes.initializeMemory(as: UInt8.self, repeating: 0) }
    deinit { bytes.deallocate() }
    func tensor() throws -> Tensor {
      let storage = try Storage.borrow(UnsafeRawBufferPointer(bytes), writable: true, owner: self)
      return Tensor(storage: storage, dtype: .f32, sizes: [64, 4], strides: [4, 1])
    }
  }

  @Test func callsKeepNothing() throws {
    let library = try load()
    try library.setConstants(weights)
    let bad = try SampleModel.tensor(65) { _ in 1 }
    weak var owner: Owner?
    func call() throws {
      let bytes = Owner()
      owner = bytes
      let x = try bytes.tensor()
      for _ in 0..<3 {
        _ = try library([x, x], proxy: SampleModel.proxy)
        #expect(throws: LatheError.self) { try library([x, bad], proxy: SampleModel.proxy) }
        #expect(throws: LatheError.self) { try library([x, x]) }
      }
      // An output that is the input itself holds its bytes.
      let outputs = try library([x, x]) { _, _, _ in [x] }
      #expect(outputs[1].data == x.data)
    }
    try call()
    #expect(owner == nil)
  }

  @Test func constantsAreHeldAsLongAsTheyAreUsed() throws {
    weak var owner: Owner?
    func set(_ library: CompiledLibrary) throws {
      let bytes = Owner()
      owner = bytes
      let tensor = try bytes.tensor()
      try library.setConstants(["fc.weight": Tensor(storage: tensor.storage, dtype: .f32, sizes: [4], strides: [1])])
    }
    func use() throws {
      let library = try load()
      try set(library)
      #expect(owner != nil)
      try library.setConstants(weights)
      #expect(owner == nil)
      try set(library)
    }
    try use()
    #expect(owner == nil)
  }

  @Test func kernelsAreCountedAndTimedWhileProfiled() throws {
    let library = try load()
    try library.setConstants(weights)
    let x = try SampleModel.tensor(4000) { _ in 1 }
    #expect(library.stopProfiling().isEmpty)
    _ = try library([x, x], proxy: SampleModel.proxy)
    library.startProfiling()
    for calls in 1...3 {
      _ = try library([x, x], proxy: SampleModel.proxy)
      #expect(library.profileSoFar.map(\.calls) == [calls, calls])
    }
    let times = library.stopProfiling()
    #expect(times.map(\.name) == ["add", "scale"])
    #expect(times.map(\.calls) == [3, 3])
    #expect(times.allSatisfy { $0.nanoseconds > 0 })
    _ = try library([x, x], proxy: SampleModel.proxy)
    #expect(library.stopProfiling().isEmpty && library.profileSoFar.isEmpty)
  }

  @Test func manyThreadsMayCall() async throws {
    let library = try load()
    try library.setConstants(weights)
    await withTaskGroup(of: Bool.self) { group in
      for task in 1...8 {
        group.addTask {
          for round in 1...50 {
            let rows = task * 100 + round
            guard let x = try? SampleModel.tensor(rows, { Double($0 + task) }),
              let outputs = try? library([x, x], proxy: SampleModel.proxy), let sum = try? outputs[0].doubles(),
              sum == (0..<rows * 4).map({ (i: Int) -> Double in 2 * Double(i + task) + Self.weight[i % 4] })
            else { return false }
          }
          return true
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }

  @Test func aFileThatIsNoProgramIsAnError() throws {
    let folder = try ScratchFolder()
    let path = folder.path + "/x.so"
    try "not a library".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(throws: LatheError.self) { try CompiledLibrary(path: path) }
    let compiler = try Compilers.any
    let toolchain = Toolchain(compiler: compiler)
    let objects = try toolchain.compile([CSource(name: "a.c", text: "int a(void) { return 1; }")], in: folder.path)
    let other = try toolchain.link(objects, name: "other.so", in: folder.path)
    #expect(throws: LatheError.badFile(other, "has no function AOTInductorModelContainerCreateWithDevice, so it is no compiled program")) {
      try CompiledLibrary(path: other)
    }
  }
}
