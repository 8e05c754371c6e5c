import Archives
import CRuntime
import Foundations
import Tensors

/// Whether this machine can run a model's code, found out before it is loaded.
struct MachineCheck {
  let package: CompiledPackage
  let model: CompiledPackage.Model

  private func refusal(_ message: String) -> LatheError { LatheError(.unsupported, subject: package.path, "model '\(model.name)' \(message)") }

  /// - Throws: `LatheError` of kind `unsupported` for another device, system, machine or instruction set, `badFile` for code that is none.
  func run(_ code: ByteRegion) throws {
    if let device = model.device, device != "cpu" { throw refusal("was compiled for \(device), and Lathe runs models on the CPU") }
    if let platform = model.metadata("AOTI_PLATFORM"), platform != "linux" { throw refusal("was compiled for \(platform), but this is Linux") }
    let file = try ELFFile(code, subject: package.archive.subject(of: model.library ?? model.name))
    guard file.machineName == PackageOptions.machine else {
      throw refusal("was compiled for \(file.machineName), but this machine is \(PackageOptions.machine)")
    }
    if let facts = model.facts {
      let levels: [String] = (0...3).map { String(cString: lathe_isa_name(lathe_isa($0))) }
      guard let needed = levels.firstIndex(of: facts.level) else { throw refusal("was compiled for the instruction set '\(facts.level)', which this version of Lathe does not know") }
      guard needed <= Int(lathe_isa_level().rawValue) else {
        throw refusal("was compiled for \(facts.level), but this machine's level is \(String(cString: lathe_isa_name(lathe_isa_level())))")
      }
    } else if let missing = try missingFeature() {
      throw refusal("was compiled for a CPU with \(missing), which this machine's has not")
    }
  }

  /// Of a model that PyTorch compiled: what its metadata names, or else the compiler's options, which 2.6 keeps in the generated code.
  private func missingFeature() throws -> String? {
    let cpu: lathe_cpu_features = lathe_cpu_detect()
    let features: [(name: String, option: String, isThere: Bool)] = [
      ("AMX_TILE", "-mamx-tile", cpu.amx_tile), ("AVX512_VNNI", "-mavx512vnni", cpu.avx512_vnni), ("AVX512", "-mavx512f", cpu.avx512), ("AVX2", "-mavx2", cpu.avx2),
    ]
    if let text = model.metadata("AOTI_CPU_ISA") {
      let needed: Set<Substring> = Set(text.split(separator: " "))
      return features.first { needed.contains(Substring($0.name)) && !$0.isThere }?.name
    }
    for member in model.sources {
      let source: ByteRegion = try package.archive.read(member)
      let text: String = source.withBytes { String(decoding: $0, as: UTF8.self) }
      if let missing = features.first(where: { !$0.isThere && text.contains($0.option) }) { return missing.name }
    }
    return nil
  }
}
