import Foundations
import Graphs

extension TreeSpec {
  /// Parses what `torch.utils._pytree.treespec_dumps` writes, `[1, {"type": …, "context": …, "children_spec": […]}]`, or the object
  /// alone.
  /// - Throws: `LatheError` of kind `badFile`.
  static func parse(_ text: String, subject: String) throws -> TreeSpec {
    let value = try JSONValue.parse(text, subject: "\(subject) (tree of inputs or outputs)")
    guard case .array(let items) = value else { return try TreeSpec(value, subject: subject) }
    guard items.count == 2, items[0].int == 1 else {
      throw LatheError.badFile(subject, "describes its inputs or outputs in an unknown version of tree text")
    }
    return try TreeSpec(items[1], subject: subject)
  }

  private init(_ value: JSONValue, subject: String) throws {
    guard let members = value.members, let children = value["children_spec"]?.array, members.contains(where: { $0.key == "type" }) else {
      throw LatheError.badFile(subject, "describes its inputs or outputs by a tree without 'type' or 'children_spec'")
    }
    let specs: [TreeSpec] = try children.map { try TreeSpec($0, subject: subject) }
    guard let type = value["type"]?.string else {
      self = .leaf
      return
    }
    let context = value["context"]
    switch type {
    case "builtins.tuple": self = .tuple(specs)
    case "builtins.list": self = .list(specs)
    case "builtins.dict":
      let keys = try context?.string.map { try JSONValue.parse($0, subject: subject) } ?? context
      guard let names = keys?.array, names.count == specs.count else {
        throw LatheError.badFile(subject, "describes a dictionary of \(specs.count) values without as many keys")
      }
      self = .dictionary(keys: names.map(\.text), specs)
    default: self = .other(type: type, context: context?.string ?? context?.text ?? "null", specs)
    }
  }
}

extension TreeSpec {
  /// The tree as `treespec_dumps` writes it.
  package var torchText: String {
    var writer = JSONWriter()
    writer.beginArray()
    writer.value(1)
    write(to: &writer)
    writer.endArray()
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private func write(to writer: inout JSONWriter) {
    let (type, context): (String?, String?) =
      switch self {
      case .leaf: (nil, nil)
      case .tuple: ("builtins.tuple", "null")
      case .list: ("builtins.list", "null")
      case .dictionary(let keys, _): ("builtins.dict", "[\(keys.joined(separator: ", "))]")
      case .other(let type, let context, _): (type, context)
      }
    writer.beginObject()
    writer.key("type")
    if let type { writer.value(type) } else { writer.null() }
    writer.key("context")
    if let context { writer.value(context) } else { writer.null() }
    writer.key("children_spec")
    writer.beginArray()
    for child in children { child.write(to: &writer) }
    writer.endArray()
    writer.endObject()
  }
}

extension JSONValue {
  /// The value as JSON text.
  fileprivate var text: String {
    var writer = JSONWriter()
    write(to: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
