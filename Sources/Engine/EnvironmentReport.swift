import Archives
import CRuntime
import Foundation
import Foundations

/// What Lathe finds on a machine: the `env` command's facts.
package struct EnvironmentReport: Sendable, Encodable {
  package struct Folder: Sendable, Encodable {
    package var name: String
    package var path: String
    package var exists: Bool
  }
  package struct Library: Sendable, Encodable {
    package var name: String
    package var version: String
  }
  package var processor: String
  package var threads: Int
  package var features: [String]
  /// The level kernels run at.
  package var instructionSet: String
  /// The cap that LATHE_ISA sets, where it is set.
  package var instructionSetCap: String?
  /// Path of the C compiler that LATHE_CC names, or the first of clang, gcc, cc on PATH.
  package var compiler: String?
  package var folders: [Folder]
  package var libraries: [Library]

  package init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    let found: lathe_cpu_features = lathe_cpu_detect()
    let named: [(Bool, String)] = [
      (found.avx2, "avx2"), (found.fma, "fma"), (found.f16c, "f16c"), (found.avx512, "avx512"), (found.avx512_vnni, "avx512_vnni"),
      (found.avx512_bf16, "avx512_bf16"), (found.avx512_fp16, "avx512_fp16"), (found.amx_tile, "amx_tile"), (found.amx_int8, "amx_int8"),
      (found.amx_bf16, "amx_bf16"),
    ]
    features = named.filter(\.0).map(\.1)
    processor = EnvironmentReport.processorName()
    threads = Int(lathe_thread_count())
    instructionSet = String(cString: lathe_isa_name(lathe_isa_level()))
    instructionSetCap = environment["LATHE_ISA"]
    compiler = EnvironmentReport.findCompiler(environment)
    let home: String = environment["HOME"] ?? ""
    func folder(_ name: String, _ variable: String, _ standard: String) -> Folder {
      let base: String = environment[variable].flatMap { $0.isEmpty ? nil : $0 } ?? "\(home)/\(standard)"
      return Folder(name: name, path: "\(base)/lathe", exists: FileManager.default.fileExists(atPath: "\(base)/lathe"))
    }
    folders = [
      folder("configuration", "XDG_CONFIG_HOME", ".config"), folder("state", "XDG_STATE_HOME", ".local/state"), folder("cache", "XDG_CACHE_HOME", ".cache"),
    ]
    libraries = [Library(name: "libzip", version: ZipArchive.libraryVersion)]
  }

  private static func processorName() -> String {
    let text: String = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line: Substring? = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor"
  }

  private static func findCompiler(_ environment: [String: String]) -> String? {
    if let chosen = environment["LATHE_CC"], !chosen.isEmpty { return chosen }
    let folders: [Substring] = (environment["PATH"] ?? "").split(separator: ":")
    for name in ["clang", "gcc", "cc"] {
      for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") { return "\(folder)/\(name)" }
    }
    return nil
  }
}
