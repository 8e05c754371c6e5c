import Archives
import CRuntime
import Foundations

/// What a package is made for.
package enum PackageTarget: String, Hashable, Codable, Sendable, CaseIterable {
  /// The machine that packages.
  case native
  /// Any x86-64 with AVX2, FMA and F16C.
  case v3 = "x86-64-v3"
  /// Any x86-64 with AVX-512 F, BW, DQ and VL.
  case v4 = "x86-64-v4"

  /// The instruction set of its code.
  package var level: lathe_isa {
    switch self {
    case .native: lathe_isa_level()
    case .v3: LATHE_ISA_AVX2
    case .v4: LATHE_ISA_AVX512
    }
  }
}

/// How models are packaged.
package struct PackageOptions: Sendable {
  package var target: PackageTarget
  package var weights: ModelFacts.Placement
  /// Whether candidates of heavy kernels are timed first, on this machine.
  package var tunes: Bool
  /// What `get_metadata` gives in PyTorch, for every model of the archive.
  package var metadata: [String: String]

  package init(target: PackageTarget = .native, weights: ModelFacts.Placement = .inline, tunes: Bool = false, metadata: [String: String] = [:]) {
    (self.target, self.weights, self.tunes, self.metadata) = (target, weights, tunes, metadata)
  }

  /// - Throws: `LatheError` of kind `badInput` for metadata of PyTorch's own names, and for tuning for another machine.
  package func check() throws {
    if let key = metadata.keys.sorted().first(where: { $0.hasPrefix("AOTI_") }) { throw LatheError.badInput("metadata '\(key)' is set by packaging itself") }
    if let key = metadata.keys.first(where: \.isEmpty) { throw LatheError.badInput("metadata needs a name before '=\(metadata[key] ?? "")'") }
    if tunes, target.level != lathe_isa_level() {
      throw LatheError.badInput("kernels are timed on this machine, so tuning takes the target native, not \(target.rawValue)")
    }
  }

  /// The entries that PyTorch writes of the device (`torch/_inductor/codecache.py`, `get_device_information`), which it compares when it
  /// loads. The instruction set is among them only where the code is for this machine alone: elsewhere a difference means nothing.
  var deviceMetadata: [String: String] {
    var entries: [String: String] = ["AOTI_DEVICE_KEY": "cpu", "AOTI_PLATFORM": "linux", "AOTI_MACHINE": PackageOptions.machine, "AOTI_COMPUTE_CAPABILITY": ""]
    if target == .native, let name = PackageOptions.vectorName(lathe_cpu_detect()) { entries["AOTI_CPU_ISA"] = name }
    return entries
  }

  /// As `uname -m` has it.
  static var machine: String {
    #if arch(x86_64)
    "x86_64"
    #elseif arch(arm64)
    "aarch64"
    #else
    "unknown"
    #endif
  }

  /// What `torch/_inductor/cpu_vec_isa.py` calls the vectors of this machine.
  private static func vectorName(_ cpu: lathe_cpu_features) -> String? {
    if cpu.avx512 && cpu.avx512_vnni { return cpu.amx_tile ? "AVX512 AVX512_VNNI AMX_TILE" : "AVX512 AVX512_VNNI" }
    return cpu.avx512 ? "AVX512" : cpu.avx2 ? "AVX2" : nil
  }
}

/// A program that is to be packaged, and what its model is called in the archive.
package struct PackageItem: Sendable {
  package var name: String
  package var model: OpenModel
  package var dimensions: [DimensionWish]
  package init(name: String, model: OpenModel, dimensions: [DimensionWish] = []) { (self.name, self.model, self.dimensions) = (name, model, dimensions) }
}
