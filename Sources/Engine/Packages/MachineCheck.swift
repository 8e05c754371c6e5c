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
    func missing(_ text: UnsafeRawBufferPointer) -> String? {
      lathe_foreign_missing_feature(text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count).map { String(cString: $0) }
    }
    if let text = model.metadata("AOTI_CPU_ISA") { return Array(text.utf8).withUnsafeBytes(missing) }
    for member in model.sources { if let name = try package.archive.read(member).withBytes(missing) { return name } }
    return nil
  }
}
