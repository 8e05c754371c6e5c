import Foundations
import Graphs
import Tensors

extension ReadingContext {
  /// The PT2 archive of PyTorch 2.8 and later (`torch/export/pt2_archive/_package.py`); its members lie under one root directory.
  func readPT2() throws -> ExportedProgram {
    let root = try findRoot()
    try checkArchiveVersion(root)
    let prefix = "\(root)models/"
    let names = archive.entries.map(\.name).filter { $0.hasPrefix(prefix) && $0.hasSuffix(".json") }.map { String($0.dropFirst(prefix.count).dropLast(5)) }
    guard let name = names.contains("model") ? "model" : names.first else {
      throw LatheError.badFile(archive.subject, "has no member below models, so it holds no program")
    }
    var program = try readProgram("\(prefix)\(name).json", name: name, container: .pt2Archive)
    report(1, "weights")
    try readPayload(root, folder: "weights", name: name, config: "\(name)_weights_config.json", &program)
      .fill(&program.state, &program.stateOrder, &program.holdings)
    try readPayload(root, folder: "constants", name: name, config: "\(name)_constants_config.json", &program)
      .fill(&program.constants, &program.constantOrder, &program.holdings)
    report(2, "extra files")
    let example = "\(root)data/sample_inputs/\(name).pt"
    if let entry = archive.entry(example), entry.size > 0 { program.exampleInputs = try archive.read(example) }
    let extra = "\(root)extra/"
    for entry in archive.entries where entry.name.hasPrefix(extra) {
      program.extraFiles[String(entry.name.dropFirst(extra.count))] = try archive.read(entry.name)
    }
    try checkLifted(program)
    report(3, "done")
    return program
  }

  /// The directory that holds everything, with its slash; empty where the members lie at the top.
  private func findRoot() throws -> String {
    guard let format = archive.entries.first(where: { $0.name == "archive_format" || $0.name.hasSuffix("/archive_format") })?.name else {
      throw LatheError.badFile(archive.subject, "has no member archive_format, so it is not a whole PT2 archive")
    }
    let kind = try archive.read(format).string(prefix: 16)
    guard kind == "pt2" else { throw LatheError.badFile(archive.subject, "has the archive format '\(kind)', not 'pt2'") }
    return String(format.dropLast("archive_format".count))
  }

  private func checkArchiveVersion(_ root: String) throws {
    guard archive.entry("\(root)archive_version") != nil else { throw LatheError.badFile(archive.subject, "has no member archive_version") }
    let text = try archive.read("\(root)archive_version").string(prefix: 16)
    guard text == "0" else {
      throw LatheError.badFile(archive.subject, "has the archive version \(text), which does not match the version 0 that Lathe reads")
    }
  }

  /// Weights or constants: one member for each storage and a configuration that says how tensors view them, or in earlier
  /// archives one `torch.save` file.
  private func readPayload(_ root: String, folder: String, name: String, config: String, _ program: inout ExportedProgram) throws -> HeldTensors {
    let base = "\(root)data/\(folder)/"
    guard archive.entry(base + config) != nil else {
      let old = "\(base)\(name).pt"
      guard archive.entry(old) != nil else { throw LatheError.badFile(archive.subject, "has no member \(base)\(config)") }
      return try readTensors(old)
    }
    let subject = archive.subject(of: base + config)
    var payload = PayloadReader(context: self, base: base, subject: subject)
    try archive.read(base + config).withText { text in
      var cursor = JSONCursor(text, subject: subject)
      var scope = try cursor.beginObject()
      while let key = try cursor.nextKey(&scope) {
        if "config" ~= key { try payload.read(&cursor) } else { try cursor.skipValue() }
      }
      try cursor.expectEnd()
    }
    program.objects.merge(payload.objects) { $1 }
    return payload.tensors
  }
}

/// Reads a `PayloadConfig` and the tensors it describes.
private struct PayloadReader {
  let context: ReadingContext
  let base: String
  let subject: String
  var tensors = HeldTensors()
  var objects: [String: ExportedProgram.Attachment] = [:]
  private let tables = ProgramTables()
  private var storages: [String: Storage] = [:]

  init(context: ReadingContext, base: String, subject: String) { (self.context, self.base, self.subject) = (context, base, subject) }

  mutating func read(_ cursor: inout JSONCursor) throws {
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      let name = try cursor.decode(key)
      try readEntry(name, &cursor)
    }
  }

  private mutating func readEntry(_ name: String, _ cursor: inout JSONCursor) throws {
    var (path, usesPickle, isParameter): (String?, Bool, Bool) = (nil, false, false)
    var meta: (type: ValueType, offset: SymbolicInt)?
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      switch key {
      case "path_name": path = try cursor.readString()
      case "use_pickle": usesPickle = try cursor.readBool()
      case "is_param": isParameter = try cursor.readBool()
      case "tensor_meta": if !cursor.takeNull() { meta = try cursor.readTensorMeta(tables) }
      default: try cursor.skipValue()
      }
    }
    let member = base + (try cursor.require(path, "path_name", of: "weight"))
    if usesPickle {
      try readPickled(name, member)
    } else if let meta {
      let needsGradient = meta.type.tensor?.requiresGradient ?? false
      tensors.append(name, try tensor(name, member, meta.type, meta.offset), isParameter: isParameter, requiresGradient: needsGradient)
    }
  }

  /// A tensor subclass is pickled whole; an object that is not a tensor (`custom_obj_…`, `opaque_obj_…`) is only carried along.
  private mutating func readPickled(_ name: String, _ member: String) throws {
    let file = member.dropFirst(base.count)
    guard file.hasPrefix("weight_") || file.hasPrefix("tensor_") else {
      objects[name] = ExportedProgram.Attachment(path: String(file), bytes: try context.archive.read(member))
      return
    }
    let document = try TorchZip.load(context.archive.read(member), subject: context.archive.subject(of: member))
    if case .tensor(let index) = document.root { tensors.append(name, document.tensors[index]) }
  }

  private mutating func tensor(_ name: String, _ member: String, _ type: ValueType, _ offset: SymbolicInt) throws -> Tensor {
    let subject = "\(context.archive.subject), '\(name)'"
    guard let type = type.tensor else { throw LatheError(.unsupported, subject: subject, "is of a layout or element type that Lathe does not read") }
    let (sizes, strides) = (type.sizes.compactMap(\.constant), type.strides.compactMap(\.constant))
    guard sizes.count == type.sizes.count, strides.count == type.strides.count, let start = offset.constant else {
      throw LatheError.badFile(subject, "has a size that is not a number")
    }
    let storage = try storage(member, sizes: sizes, strides: strides, offset: start, type.dtype, subject: subject)
    return try Tensor(checking: storage, dtype: type.dtype, sizes: sizes, strides: strides, offset: start, subject: subject)
  }

  /// The member's bytes as a storage, one for all tensors that share it. A member without bytes stands for zeros.
  private mutating func storage(
    _ member: String, sizes: [Int], strides: [Int], offset: Int, _ dtype: DType, subject: String
  ) throws -> Storage {
    if let known = storages[member] { return known }
    let region = try context.archive.read(member)
    if region.count == 0, !sizes.contains(0) {
      let needed = try Tensor.storageBytes(sizes: sizes, strides: strides, offset: offset, dtype: dtype)
      guard needed <= context.archive.region.count * 1032 else {
        throw LatheError.badFile(subject, "is \(needed) zero bytes, too many for a file of \(context.archive.region.count)")
      }
      let zeros = try Storage.allocate(byteCount: needed)
      zeros.data.initializeMemory(as: UInt8.self, repeating: 0, count: needed)
      return zeros
    }
    let storage = try region.storage()
    storages[member] = storage
    return storage
  }
}
