import CRuntime

/// Where an artifact is to run.
package enum ArtifactUse: Hashable, Sendable {
  /// In a process of Lathe, which has the templates, the thread pool and scratch memory.
  case inProcess
  /// Anywhere: it has all that itself.
  case archive
}

/// The options that artifacts are compiled and linked with.
package struct CompilerFlags: Hashable, Sendable {
  package var compile: [String]
  /// Those of them that name the instruction set, which not every file gets.
  package var target: [String]
  /// What the linker itself takes.
  package var link: [String]

  /// Options for kernels of this level. Arithmetic is as written: no contraction into fused operations, no reassociation.
  /// Same input gives same bytes: nothing of the folder or the time gets into the output.
  package init(family: CCompiler.Family, isa: lathe_isa, use: ArtifactUse) {
    compile = [
      "-std=gnu17", "-O3", "-fPIC", "-fvisibility=hidden", "-fno-math-errno", "-ffp-contract=off", "-fno-strict-aliasing",
      "-fno-ident", "-pipe", "-Wno-unknown-pragmas", "-DLATHE_LEVEL=\(isa.rawValue)",
    ]
    if family == .clang { compile += ["-Wno-unknown-attributes"] }
    // What the C compiler of this machine would add of its own, and another machine's libc may lack.
    if use == .archive { compile += ["-DLATHE_ARCHIVE", "-include", ArtifactRuntime.first.name, "-U_FORTIFY_SOURCE", "-fno-stack-protector"] }
    target = CompilerFlags.target(isa)
    link = ["--build-id=none", "--as-needed", "--gc-sections", "-znoexecstack"]
  }

  /// The instruction sets of each level, as CRuntime's kernels have them.
  private static func target(_ isa: lathe_isa) -> [String] {
    #if arch(x86_64)
    let avx2: [String] = ["-mavx2", "-mfma", "-mf16c", "-mbmi", "-mbmi2", "-mpopcnt"]
    let avx512: [String] = avx2 + ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mprefer-vector-width=512"]
    switch isa {
    case LATHE_ISA_AVX2: return avx2
    case LATHE_ISA_AVX512: return avx512
    case LATHE_ISA_AVX512_BF16: return avx512 + ["-mavx512bf16"]
    default: return []
    }
    #else
    return []
    #endif
  }
}
