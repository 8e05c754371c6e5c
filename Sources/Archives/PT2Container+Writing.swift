import Foundations
import Graphs
import Tensors

extension ExportedProgram {
  /// The members of the PT2 archive of PyTorch 2.8 and later (`torch/export/pt2_archive/_package.py`, `package_pt2`).
  func archiveMembers(_ text: [UInt8], subject: String) throws -> [(name: String, content: ZipLayout.Content)] {
    var members: [(name: String, content: ZipLayout.Content)] = []
    try appendPayload("weights", "weight", items(state, stateOrder), to: &members, subject: subject)
    try appendPayload("constants", "tensor", items(constants, constantOrder), to: &members, subject: subject)
    members.append(("models/\(name).json", .bytes(text)))
    members.append(("data/sample_inputs/\(name).pt", exampleInputs.map { .region($0) } ?? .bytes([])))
    for (name, content) in extraFiles.sorted(by: { $0.key < $1.key }) { members.append(("extra/\(name)", .region(content))) }
    members.append(("archive_format", .text("pt2")))
    members.append(("archive_version", .text("0")))
    members.append((".data/version", .text("6\n")))
    members.append(("byteorder", .text("little")))
    members.append((".data/serialization_id", .text(Pickler.serializationID(members.map(\.name), text))))
    return members.map { ("archive/\($0.name)", $0.content) }
  }

  /// One member for each storage, and the configuration that says how tensors view them.
  private func appendPayload(
    _ folder: String, _ prefix: String, _ items: [Pickler.Item], to members: inout [(name: String, content: ZipLayout.Content)], subject: String
  ) throws {
    var storages = StorageNumbers()
    var writer = SchemaWriter(self, layout: .pt2, subject: subject)
    func entry(_ writer: inout SchemaWriter, _ path: String, _ holding: Holding?, _ meta: (TensorType, Int)?) throws {
      try writer.object { writer in
        writer.field("path_name", path)
        writer.field("is_param", holding?.isParameter ?? false)
        writer.field("use_pickle", meta == nil)
        try writer.field("tensor_meta") { writer in
          if let (type, offset) = meta { try writer.tensorMeta(type, offset: SymbolicInt(offset)) } else { writer.json.null() }
        }
      }
    }
    let objects: [(key: String, value: Attachment)] = folder == "constants" ? self.objects.sorted { $0.key < $1.key } : []
    try writer.object { writer in
      try writer.field("config") { writer in
        try writer.object { writer in
          for item in items {
            let number: Int = storages.number(of: item.tensor.storage)
            let type = TensorType(
              dtype: item.tensor.dtype, sizes: item.tensor.sizes.map { SymbolicInt($0) }, strides: item.tensor.strides.map { SymbolicInt($0) },
              requiresGradient: item.holding.requiresGradient, device: item.device)
            try writer.field(item.name) { try entry(&$0, "\(prefix)_\(number)", item.holding, (type, item.tensor.offset)) }
          }
          for (key, object) in objects { try writer.field(key) { try entry(&$0, object.path, nil, nil) } }
        }
      }
    }
    for (number, storage) in storages.values.enumerated() { members.append(("data/\(folder)/\(prefix)_\(number)", .storage(storage))) }
    for (_, object) in objects { members.append(("data/\(folder)/\(object.path)", .region(object.bytes))) }
    members.append(("data/\(folder)/\(name)_\(folder)_config.json", .bytes(writer.json.bytes)))
  }
}
