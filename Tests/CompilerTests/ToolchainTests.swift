import CRuntime
import Compiler
import Foundation
import Foundations
import Testing

@Suite struct ToolchainTests {
  @Test func withoutACompilerTheErrorSaysWhatToInstall() throws {
    let folder = try ScratchFolder()
    #expect(throws: LatheError(.system, "no C compiler was found; install clang or gcc (on Debian and Ubuntu: apt install clang), or set LATHE_CC to one")) {
      try CCompiler.find(environment: ["PATH": folder.path])
    }
    #expect(throws: LatheError(.system, "LATHE_CC is 'no-such-cc', which is no program on this machine")) {
      try CCompiler.find(environment: ["PATH": folder.path, "LATHE_CC": "no-such-cc"])
    }
    let mute = try folder.script("cc", "exit 0")
    #expect(throws: LatheError(.system, subject: mute, "does not tell its version, so it cannot be used as a C compiler")) {
      try CCompiler.find(environment: ["PATH": folder.path])
    }
  }

  @Test func clangComesBeforeGccAndLatheCCBeforeBoth() throws {
    let folder = try ScratchFolder()
    let gcc = try folder.script("gcc", "echo 'gcc (Debian) 12.2.0'")
    #expect(try CCompiler.find(environment: ["PATH": folder.path]).path == gcc)
    let clang = try folder.script("clang", "echo 'clang version 21.0.0'; echo 'Target: x'")
    let found = try CCompiler.find(environment: ["PATH": "/nowhere:\(folder.path)"])
    #expect(found.path == clang)
    #expect(found.family == .clang)
    #expect(found.identity == "clang version 21.0.0\nTarget: x\n")
    #expect(try CCompiler.find(environment: ["PATH": folder.path, "LATHE_CC": "gcc"]).family == .gcc)
    #expect(try CCompiler.find(environment: ["PATH": "", "LATHE_CC": gcc]).path == gcc)
  }

  @Test(arguments: Compilers.all) func anErrorNamesTheKeptSourceAndItsFirstLine(_ compiler: CCompiler) throws {
    let folder = try ScratchFolder()
    let broken = CSource(name: "kernel_7.c", text: "int f(void) {\n  return missing;\n}\n")
    let request = KernelCache.Request(sources: SampleModel.request.sources + [broken])
    let error = #expect(throws: LatheError.self) { try folder.cache.artifact(for: request, toolchain: Toolchain(compiler: compiler)) }
    let failed = folder.names("cache/failed")
    #expect(failed.count == 1)
    #expect(failed.first?.hasSuffix("-kernel_7.c") == true)
    #expect(error?.subject == "\(folder.path)/cache/failed/\(failed.first ?? "")")
    #expect(error?.message.hasPrefix("was not compiled: kernel_7.c:2:") == true)
    #expect(error?.message.contains("missing") == true)
    #expect(error?.message.contains("\n") == false)
    #expect(try String(contentsOfFile: error?.subject ?? "", encoding: .utf8) == broken.text)
    #expect(folder.names("cache/work").isEmpty)
  }

  @Test func aLinkErrorIsASentence() throws {
    let folder = try ScratchFolder()
    let twice = CSource(name: "again.c", text: "const int lathe_model = 1;")
    let request = KernelCache.Request(sources: SampleModel.smallest.sources + [twice])
    let error = #expect(throws: LatheError.self) { try folder.cache.artifact(for: request, toolchain: Toolchain(compiler: try Compilers.any)) }
    #expect(error?.message.hasPrefix("the compiled kernels could not be linked: ") == true)
    #expect(error?.message.contains("lathe_model") == true)
  }

  @Test func aCompilerThatDiesIsAnError() throws {
    let folder = try ScratchFolder()
    let dying = try folder.script("cc", """
      case "$1" in --version) echo clang version 1;; *) kill -9 $$;; esac
      """)
    let error = #expect(throws: LatheError.self) {
      try folder.cache.artifact(for: SampleModel.smallest, toolchain: Toolchain(compiler: try CCompiler(path: dying)))
    }
    #expect(error?.message == "was not compiled: the compiler was killed (out of memory?)")
  }

  /// The compiler's own child holds the pipe open: cancelling must end it too, or this would not return for minutes.
  @Test func cancellingEndsCompilersAndTheirChildren() throws {
    let folder = try ScratchFolder()
    let slow = try folder.script("cc", """
      case "$1" in --version) echo clang version 1;; *) touch '\(folder.path)/started'; sleep 600; touch '\(folder.path)/ended';; esac
      """)
    let toolchain = Toolchain(compiler: try CCompiler(path: slow))
    let cancellation = CancelledOnceThereIs(file: folder.path + "/started")
    let error = #expect(throws: LatheError.self) {
      try folder.cache.artifact(for: SampleModel.smallest, toolchain: toolchain, cancellation: cancellation)
    }
    #expect(error?.kind == .cancelled)
    #expect(folder.names("cache/work").isEmpty)
    #expect(!folder.names("").contains("ended"))
  }

  private struct CancelledOnceThereIs: Cancellation {
    let file: String
    var isCancelled: Bool { FileManager.default.fileExists(atPath: file) }
  }

  /// An artifact for an archive asks of its host the stable functions, of the system libc and libm, and no more, whatever templates it
  /// has.
  @Test(arguments: Compilers.all) func artifactsImportOnlyTheStableFunctions(_ compiler: CCompiler) throws {
    let folder = try ScratchFolder()
    var request = SampleModel.request
    request.needed = ["libtorch_cpu.so"]
    request.libraries = [.products, .convolutions]
    let artifact = try folder.cache.artifact(for: request, toolchain: Toolchain(compiler: compiler, use: .archive))
    let text = try tool(["nm", "-D", "--undefined-only", artifact.path])
    let names = text.split(separator: "\n").compactMap { $0.split(separator: " ").last.map(String.init) }
    let plain = names.filter { !$0.contains("@GLIBC_") && !$0.hasPrefix("aoti_torch_") }
    let weak: Set<String> = [
      "torch_exception_get_what_without_backtrace", "torch_get_num_threads", "__gmon_start__", "_ITM_registerTMCloneTable", "_ITM_deregisterTMCloneTable", "__cxa_finalize",
    ]
    #expect(plain.filter { !weak.contains($0) } == [])
    // What machines with glibc 2.28 have.
    let versions = names.compactMap { $0.components(separatedBy: "@GLIBC_").dropFirst().first }.map { $0.split(separator: ".").compactMap { Int($0) } }
    #expect(!versions.isEmpty && versions.allSatisfy { !$0.lexicographicallyPrecedes([2, 2]) && $0.lexicographicallyPrecedes([2, 29]) }, "\(names)")
    #expect(!(try tool(["strings", artifact.path])).contains(folder.path))
    #expect(try tool(["readelf", "-d", artifact.path]).contains("Shared library: [libtorch_cpu.so]"))
  }

  /// CRuntime's vector functions in generated code: every level, every compiler, no header of intrinsics.
  @Test(arguments: Compilers.all, [LATHE_ISA_BASELINE, LATHE_ISA_AVX2, LATHE_ISA_AVX512, LATHE_ISA_AVX512_BF16].map(\.rawValue))
  func kernelsMayUseTheVectorFunctions(_ compiler: CCompiler, _ level: UInt32) throws {
    let folder = try ScratchFolder()
    let kernel = CSource(name: "kernel_0.c", text: """
      \(ArtifactRuntime.include)
      #include "lathe_vector_math.h"
      #include "lathe_convert.h"
      #if defined(_MM_FROUND_NO_EXC)
      #error the header of intrinsics is slow to read
      #endif
      void kernel_0(const uint16_t *x, uint16_t *out, intptr_t n) {
        for (intptr_t i = 0; i + LATHE_VF <= n; i += LATHE_VF) lathe_store_f16(out + i, lathe_vf_gelu(lathe_vf_tanh(lathe_load_f16(x + i))));
      }
      """)
    let toolchain = Toolchain(compiler: compiler, isa: lathe_isa(rawValue: level))
    #expect(try toolchain.compile([kernel], in: folder.path) == ["\(folder.path)/kernel_0.c.o"])
  }

  private func tool(_ command: [String]) throws -> String {
    var output = ""
    try ChildProcess.run([ChildProcess(arguments: ["/usr/bin/env"] + command)], width: 1) { output = $1.output }
    return output
  }
}
