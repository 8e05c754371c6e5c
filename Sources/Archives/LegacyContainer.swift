import Foundations
import Graphs
import Tensors

extension ReadingContext {
  /// The zip of `serialized_*` members that PyTorch up to 2.7 writes (`torch/export/__init__.py`, `save`).
  func readLegacy() throws -> ExportedProgram {
    try checkLegacyVersion()
    let members = ["serialized_exported_program.json", "serialized_state_dict.pt", "serialized_constants.pt", "serialized_example_inputs.pt"]
    for member in members where archive.entry(member) == nil {
      throw LatheError.badFile(archive.subject, "has no member \(member), so it is not a whole program of torch.export")
    }
    var program = try readProgram(members[0], name: "model", container: .legacyZip)
    report(1, "weights")
    program.state = try readTensors(members[1])
    program.constants = try readTensors(members[2])
    report(2, "extra files")
    for entry in archive.entries where entry.name.hasPrefix("extra_files/") { program.extraFiles[String(entry.name.dropFirst(12))] = entry.size }
    try checkLifted(program)
    report(3, "done")
    return program
  }

  private func checkLegacyVersion() throws {
    guard archive.entry("version") != nil else { throw LatheError.badFile(archive.subject, "has no member version") }
    let text = try archive.read("version").string(prefix: 64)
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { $0.filter { !$0.isWhitespace } }
    guard parts.count == 2, parts[0] == "8" else {
      throw LatheError.badFile(
        archive.subject, "has the serialized version \(parts.map { "'\($0)'" }.joined(separator: ", ")), which does not match the schema version 8 that Lathe reads")
    }
  }

  /// The tensors of a `torch.save`d dictionary; none for a member without bytes.
  func readTensors(_ member: String) throws -> [String: Tensor] {
    let region = try archive.read(member)
    guard region.count > 0 else { return [:] }
    let document = try TorchZip.load(region, subject: archive.subject(of: member))
    guard case .dictionary(let index) = document.root else {
      if document.root == .none { return [:] }
      throw LatheError.badFile(archive.subject(of: member), "does not hold a dictionary of tensors")
    }
    var tensors: [String: Tensor] = [:]
    for item in document.dictionaries[index] {
      if case .string(let name) = item.key, case .tensor(let index) = item.value { tensors[name] = document.tensors[index].tensor }
    }
    return tensors
  }
}
