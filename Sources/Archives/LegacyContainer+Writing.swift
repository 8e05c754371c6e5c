import Foundations
import Tensors

extension ExportedProgram {
  /// The members of the layout of PyTorch up to 2.7 (`torch/export/__init__.py`, `save` in 2.6).
  func legacyMembers(_ text: [UInt8], subject: String) throws -> [(name: String, content: ZipLayout.Content)] {
    if let object = objects.keys.min() {
      throw LatheError(.unsupported, subject: subject, "cannot be written in the layout that PyTorch 2.6 loads: its constant '\(object)' is an object of a class of its own")
    }
    var members: [(name: String, content: ZipLayout.Content)] = [
      ("serialized_exported_program.json", .bytes(text)),
      ("serialized_state_dict.pt", .archive(Pickler.archive(of: items(state, stateOrder)))),
      ("serialized_constants.pt", .archive(Pickler.archive(of: items(constants, constantOrder)))),
      ("serialized_example_inputs.pt", exampleInputs.map { .region($0) } ?? .bytes([])),
      ("version", .text("8.2")),
    ]
    for (name, content) in extraFiles.sorted(by: { $0.key < $1.key }) { members.append(("extra_files/\(name)", .region(content))) }
    return members
  }
}
