import CRuntime
import Compiler
import Foundation
import Foundations
import Testing

@Suite struct PrebuiltRuntimeTests {
  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  /// The artifact is the one that is compiled where nothing is prebuilt, and only the program's own part was compiled.
  @Test func artifactsAreTheSameWithoutCompilingTheRuntime() throws {
    let (folder, other) = (try ScratchFolder(), try ScratchFolder())
    let compiler = try Compilers.any
    let toolchain = Toolchain(compiler: compiler, isa: LATHE_ISA_AVX2, use: .archive)
    let prebuilt = PrebuiltRuntime(folder: folder.path + "/runtime")
    #expect(try prebuilt.make(for: [LATHE_ISA_AVX2], compiler: compiler) > 5)
    #expect(try prebuilt.make(for: [LATHE_ISA_AVX2], compiler: compiler) == 0)
    let cache = KernelCache(folder: folder.path + "/cache", prebuilt: prebuilt)
    var compiled: [String] = []
    let artifact = try cache.artifact(for: SampleModel.smallest, toolchain: toolchain) { _, _, what in compiled.append(what) }
    #expect(compiled == SampleModel.smallest.sources.map(\.name))
    let plain = try other.cache.artifact(for: SampleModel.smallest, toolchain: toolchain)
    #expect(try bytes(artifact.path) == bytes(plain.path))
    #expect(folder.names("cache/kernels").allSatisfy { $0.hasSuffix(".so") })
    // Objects for another instruction set are not taken.
    #expect(try prebuilt.object(of: #require(ArtifactRuntime.sources(for: .archive, []).first), for: LATHE_ISA_AVX512) == nil)
  }

  @Test func objectsThatAreNotWholeOrOfAnotherVersionAreNotTaken() throws {
    let folder = try ScratchFolder()
    let compiler = try Compilers.any
    let prebuilt = PrebuiltRuntime(folder: folder.path + "/runtime")
    _ = try prebuilt.make(for: [LATHE_ISA_BASELINE], compiler: compiler)
    let part = try #require(ArtifactRuntime.sources(for: .archive, []).last)
    let path = try #require(prebuilt.object(of: part, for: LATHE_ISA_BASELINE))
    let whole = try bytes(path)
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
    #expect(prebuilt.object(of: part, for: LATHE_ISA_BASELINE) == nil)
    try Data(count: 10).write(to: URL(fileURLWithPath: folder.path + "/runtime/\(String(repeating: "0", count: 64)).o"))
    #expect(try prebuilt.make(for: [LATHE_ISA_BASELINE], compiler: compiler) == 1)
    #expect(try bytes(path) == whole)
    #expect(!folder.names("runtime").contains { $0.hasPrefix("0000") })
  }

  @Test func aFolderThatCannotBeWrittenIsOneSentence() throws {
    let folder = try ScratchFolder()
    try Data().write(to: URL(fileURLWithPath: folder.path + "/file"))
    let error = #expect(throws: LatheError.self) { try PrebuiltRuntime(folder: folder.path + "/file/runtime").make(for: [LATHE_ISA_BASELINE], compiler: Compilers.any) }
    #expect(error.map { "\($0)" }?.contains("cannot be written") == true)
  }
}
