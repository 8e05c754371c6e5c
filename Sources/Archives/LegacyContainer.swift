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
    try readTensors(members[1]).fill(&program.state, &program.stateOrder, &program.holdings)
    try readTensors(members[2]).fill(&program.constants, &program.constantOrder, &program.holdings)
    report(2, "extra files")
    let example = try archive.read(members[3])
    if example.count > 0 { program.exampleInputs = example }
    for entry in archive.entries where entry.name.hasPrefix("extra_files/") {
      program.extraFiles[String(entry.name.dropFirst(12))] = try archive.read(entry.name)
    }
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
  func readTensors(_ member: String) throws -> HeldTensors {
    let region = try archive.read(member)
    guard region.count > 0 else { return HeldTensors() }
    let document = try TorchZip.load(region, subject: archive.subject(of: member))
    guard case .dictionary(let index) = document.root else {
      if document.root == .none { return HeldTensors() }
      throw LatheError.badFile(archive.subject(of: member), "does not hold a dictionary of tensors")
    }
    var tensors = HeldTensors()
    for item in document.dictionaries[index] {
      if case .string(let name) = item.key, case .tensor(let index) = item.value { tensors.append(name, document.tensors[index]) }
    }
    return tensors
  }
}

/// Tensors of a file by name, in its order.
struct HeldTensors {
  private(set) var items: [(name: String, tensor: Tensor, holding: ExportedProgram.Holding)] = []

  mutating func append(_ name: String, _ tensor: Tensor, isParameter: Bool, requiresGradient: Bool) {
    items.append((name, tensor, ExportedProgram.Holding(isParameter: isParameter, requiresGradient: requiresGradient)))
  }
  mutating func append(_ name: String, _ stored: PickleDocument.StoredTensor) {
    append(name, stored.tensor, isParameter: stored.isParameter, requiresGradient: stored.requiresGradient)
  }

  func fill(_ tensors: inout [String: Tensor], _ order: inout [String], _ holdings: inout [String: ExportedProgram.Holding]) {
    for (name, tensor, holding) in items {
      if tensors.updateValue(tensor, forKey: name) == nil { order.append(name) }
      holdings[name] = holding
    }
  }
}
