import CRuntime
import Compiler
import Foundation
import Foundations
import Tensors
import Testing

@Suite struct KernelCacheTests {
  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  @Test(arguments: Compilers.all) func theSameInputGivesTheSameBytes(_ compiler: CCompiler) throws {
    let (first, second) = (try ScratchFolder(), try ScratchFolder())
    let toolchain = Toolchain(compiler: compiler, use: .archive)
    let one = try first.cache.artifact(for: SampleModel.request, toolchain: toolchain)
    let two = try second.cache.artifact(for: SampleModel.request, toolchain: toolchain)
    #expect(one.digest == two.digest)
    #expect(try bytes(one.path) == bytes(two.path))
    // With the runtime's parts from the cache.
    try FileManager.default.removeItem(atPath: two.path)
    let three = try second.cache.artifact(for: SampleModel.request, toolchain: toolchain)
    #expect(three.origin == .compiled)
    #expect(try bytes(three.path) == bytes(one.path))
  }

  @Test func aSecondRequestIsAHitAndNothingStaysInWork() throws {
    let folder = try ScratchFolder()
    let toolchain = Toolchain(compiler: try Compilers.any)
    var steps: [String] = []
    let first = try folder.cache.artifact(for: SampleModel.request, toolchain: toolchain) { done, of, what in steps.append("\(done)/\(of) \(what)") }
    #expect(first.origin == .compiled)
    #expect(steps.count == 2)
    #expect(steps.last?.hasPrefix("2/2 ") == true)
    let second = try folder.cache.artifact(for: SampleModel.request, toolchain: toolchain)
    #expect(second.origin == .cache)
    #expect(second.path == first.path)
    #expect(folder.names("cache/work").isEmpty)
    #expect(folder.names("cache/kernels").filter { $0.hasSuffix(".so") }.count == 1)
  }

  /// What a machine that went down may leave of a file that was put in its place.
  @Test func aFileThatIsNotWholeIsMadeAnew() throws {
    let folder = try ScratchFolder()
    let toolchain = Toolchain(compiler: try Compilers.any)
    let path: String = try folder.cache.artifact(for: SampleModel.smallest, toolchain: toolchain).path
    let whole: Data = try bytes(path)
    for count in [0, 40, whole.count / 2, whole.count - 1] {
      try whole.prefix(count).write(to: URL(fileURLWithPath: path))
      let again = try folder.cache.artifact(for: SampleModel.smallest, toolchain: toolchain)
      #expect(again.origin == .compiled, "\(count) bytes of \(whole.count)")
      #expect(try bytes(path) == whole)
    }
    #expect(try folder.cache.artifact(for: SampleModel.smallest, toolchain: toolchain).origin == .cache)
  }

  @Test func theDigestDependsOnSourcesLevelAndLibraries() throws {
    let folder = try ScratchFolder()
    let compiler = try Compilers.any
    var other = SampleModel.smallest
    other.sources[0].text += "\n"
    var needing = SampleModel.smallest
    needing.needed = ["libtorch_cpu.so"]
    let baseline = Toolchain(compiler: compiler, isa: LATHE_ISA_BASELINE)
    let digests = try [
      folder.cache.artifact(for: SampleModel.smallest, toolchain: baseline).digest,
      folder.cache.artifact(for: other, toolchain: baseline).digest,
      folder.cache.artifact(for: needing, toolchain: baseline).digest,
      folder.cache.artifact(for: SampleModel.smallest, toolchain: Toolchain(compiler: compiler, isa: LATHE_ISA_AVX2)).digest,
    ]
    #expect(Set(digests).count == 4)
  }

  @Test func manyAtOnceAgree() async throws {
    let folder = try ScratchFolder()
    let toolchain = Toolchain(compiler: try Compilers.any)
    let paths = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<4 {
        group.addTask {
          let artifact = try folder.cache.artifact(for: SampleModel.smallest, toolchain: toolchain)
          let (x, library) = (try Tensor([1.0, 2], sizes: [2]), try CompiledLibrary(path: artifact.path))
          guard try library([x, x])[0].doubles() == [2, 4] else { throw LatheError.badInput("wrong sum") }
          return artifact.path
        }
      }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(paths.count == 1)
    #expect(folder.names("cache/kernels").filter { $0.hasSuffix(".so") }.count == 1)
    #expect(folder.names("cache/work").isEmpty)
  }

  @Test func whatWasNotUsedForLongestGoesFirst() throws {
    let folder = try ScratchFolder()
    let kernels = folder.path + "/cache/kernels"
    try FileManager.default.createDirectory(atPath: kernels, withIntermediateDirectories: true)
    for (name, age) in [("old", 5000.0), ("older", 9000), ("new", 10), ("recent", 2000)] {
      let path = "\(kernels)/\(name).so"
      try Data(count: 1000).write(to: URL(fileURLWithPath: path))
      try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: path)
    }
    KernelCache(folder: folder.path + "/cache", capacity: 2500).evict()
    #expect(folder.names("cache/kernels") == ["new.so", "recent.so"])
    KernelCache(folder: folder.path + "/cache", capacity: 0).evict()
    #expect(folder.names("cache/kernels") == ["new.so"])
  }

  @Test func aFolderOfADeadCompilationIsRemoved() throws {
    let folder = try ScratchFolder()
    let work = folder.path + "/cache/work"
    for (name, age) in [("lathe-dead", 100_000.0), ("lathe-live", 100)] {
      try FileManager.default.createDirectory(atPath: "\(work)/\(name)", withIntermediateDirectories: true)
      try Data(count: 10).write(to: URL(fileURLWithPath: "\(work)/\(name)/a.c"))
      try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: "\(work)/\(name)")
    }
    folder.cache.evict()
    #expect(folder.names("cache/work") == ["lathe-live"])
  }

  @Test func withoutAPlaceForTheCacheCodeIsCompiledAsideAndItIsSaid() throws {
    let folder = try ScratchFolder()
    try "a file".write(toFile: folder.path + "/file", atomically: true, encoding: .utf8)
    let cache = KernelCache(folder: folder.path + "/file/lathe", temporaryFolder: folder.path)
    var artifact: Artifact? = try cache.artifact(for: SampleModel.smallest, toolchain: Toolchain(compiler: try Compilers.any))
    #expect(artifact?.notice == "\(folder.path)/file/lathe: compiled code cannot be kept here (Not a directory), so it is compiled anew in every process")
    let library = try CompiledLibrary(path: artifact!.path)
    artifact = nil
    #expect(folder.names("") == ["file"])
    let x = try Tensor([1.0, 2], sizes: [2])
    #expect(try library([x, x])[0].doubles() == [2, 4])
  }

  @Test func aFullDiskIsTheSame() throws {
    let folder = try ScratchFolder()
    let real = try Compilers.any
    // A compiler whose disk is full in the cache and nowhere else.
    let full = try folder.script("cc", """
      case "$PWD $*" in */cache/*" -c "*) echo "fatal error: error writing to x.o: No space left on device" >&2; exit 1;; esac
      exec '\(real.path)' "$@"
      """)
    let artifact = try folder.cache.artifact(for: SampleModel.smallest, toolchain: Toolchain(compiler: try CCompiler(path: full)))
    #expect(artifact.notice?.contains("(No space left on device)") == true)
    _ = try CompiledLibrary(path: artifact.path)
  }

  @Test func placeAndSizeComeFromTheEnvironment() throws {
    #expect(try KernelCache(environment: ["XDG_CACHE_HOME": "/c", "HOME": "/h"]).folder == "/c/lathe")
    #expect(try KernelCache(environment: ["XDG_CACHE_HOME": "", "HOME": "/h"]).folder == "/h/.cache/lathe")
    #expect(try KernelCache(environment: ["HOME": "/h"]).capacity == 2_000_000_000)
    #expect(try KernelCache(environment: ["HOME": "/h", "LATHE_CACHE_SIZE": "500 MB"]).capacity == 500_000_000)
    #expect(try KernelCache(environment: ["HOME": "/h", "LATHE_CACHE_SIZE": "4096"]).capacity == 4096)
    for wrong in ["much", "-1", "9999999999999 GB"] {
      #expect(throws: LatheError.self) { try KernelCache(environment: ["HOME": "/h", "LATHE_CACHE_SIZE": wrong]) }
    }
  }
}
