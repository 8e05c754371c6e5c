import Foundation
import Foundations
import Graphs
import Operators

extension SchemaWriter {
  /// An `Argument`, as `GraphModuleSerializer.serialize_input` chooses its tag by the value.
  /// - Parameter type: the schema's type of the parameter where it is known; only an empty list needs it.
  mutating func argument(_ value: Argument, in graph: Graph, type: String? = nil) throws {
    switch value {
    case .none: union("as_none") { $0.json.value(true) }
    case .node(let id): try reference(id, in: graph)
    case .int(let size):
      guard let number = size.constant else { throw unsupported("the expression \(size) is an argument but no value of the graph") }
      union("as_int") { $0.json.value(number) }
    case .double(let number): union("as_float") { $0.number(number) }
    case .bool(let flag): union("as_bool") { $0.json.value(flag) }
    case .string(let text): union("as_string") { $0.json.value(text) }
    case .complex(let real, let imaginary):
      if layout == .legacy { throw unsupported("it has no complex arguments") }
      union("as_complex") { writer in
        writer.object { writer in
          writer.field("real") { $0.number(real) }
          writer.field("imag") { $0.number(imaginary) }
        }
      }
    case .dtype(let type):
      let number: Int = try scalarTypeNumber(type)
      union("as_scalar_type") { $0.json.value(number) }
    case .device(let name): union("as_device") { $0.device(name) }
    case .layout(let name): union("as_layout") { $0.json.value(layoutNumber(of: name)) }
    case .memoryFormat(let format): union("as_memory_format") { $0.json.value(format.schemaNumber) }
    case .list(let items): try list(items, in: graph, type: type)
    case .subgraph(let index):
      let subgraph: Graph.Subgraph = graph.subgraphs[index]
      try union("as_graph") { writer in
        try writer.object { writer in
          writer.field("name", subgraph.name)
          try writer.field("graph") { try $0.graph(subgraph.graph) }
        }
      }
    case .opaque(let tag, let text): opaque(tag, text)
    }
  }

  private mutating func opaque(_ tag: String, _ text: String) {
    switch tag {
    case "as_operator": union(tag) { $0.json.value(text) }
    case "as_custom_obj":
      let parts: [String] = text.components(separatedBy: ": ")
      union(tag) { writer in
        writer.object { writer in
          writer.field("name", parts[0])
          writer.field("class_fqn", parts.dropFirst().joined(separator: ": "))
        }
      }
    default: union(tag) { $0.json.raw(text.utf8) }
    }
  }

  /// What a value of the graph is called by where it is used; its type gives the tag.
  private mutating func reference(_ id: Graph.NodeID, in graph: Graph) throws {
    let node: Graph.Node = graph[id]
    switch node.type {
    case .int: union("as_sym_int") { $0.named(node.name, key: "as_name") }
    case .double: union("as_sym_float") { $0.named(node.name, key: "as_name") }
    case .bool: union("as_sym_bool") { $0.named(node.name, key: "as_name") }
    case .other(let type) where !type.hasPrefix("Tensor("): union("as_custom_obj") { $0.customObject(node.name, type) }
    case .tensor, .other, .list, .none: union("as_tensor") { $0.named(node.name) }
    }
  }

  mutating func customObject(_ name: String, _ type: String) {
    object { writer in
      writer.field("name", name)
      writer.field("class_fqn", type)
    }
  }

  // MARK: Lists

  private enum Element { case int, double, bool, string, symbolicInt, symbolicDouble, symbolicBool, tensor, none, list, pair, other }

  private func element(_ value: Argument, in graph: Graph) -> Element {
    switch value {
    case .int: return .int
    case .double: return .double
    case .bool: return .bool
    case .string: return .string
    case .none: return .none
    case .list(let items):
      if items.count == 2, case .string = items[0] { return .pair }
      return .list
    case .node(let id):
      switch graph[id].type {
      case .int: return .symbolicInt
      case .double: return .symbolicDouble
      case .bool: return .symbolicBool
      default: return .tensor
      }
    default: return .other
    }
  }

  private mutating func list(_ items: [Argument], in graph: Graph, type: String?) throws {
    let kinds: Set<Element> = Set(items.map { element($0, in: graph) })
    func named(_ writer: inout SchemaWriter, _ item: Argument) {
      if case .node(let id) = item { writer.named(graph[id].name) }
    }
    if kinds.isEmpty { return union(SchemaWriter.emptyTag(type)) { $0.array([Int]()) { _, _ in } } }
    if kinds == [.bool] || kinds == [.int] || kinds == [.double] || kinds == [.string] {
      let tag: String = kinds == [.bool] ? "as_bools" : kinds == [.int] ? "as_ints" : kinds == [.double] ? "as_floats" : "as_strings"
      return try union(tag) { try $0.array(items) { try $0.plain($1) } }
    }
    if kinds.isSubset(of: [.int, .symbolicInt]) { return try union("as_sym_ints") { try $0.array(items) { try $0.symbolic($1, "as_int", in: graph) } } }
    if kinds.isSubset(of: [.double, .symbolicDouble]) {
      return try union("as_sym_floats") { try $0.array(items) { try $0.symbolic($1, "as_float", in: graph) } }
    }
    if kinds.isSubset(of: [.bool, .symbolicBool]) { return try union("as_sym_bools") { try $0.array(items) { try $0.symbolic($1, "as_bool", in: graph) } } }
    if kinds == [.tensor] { return union("as_tensors") { $0.array(items) { named(&$0, $1) } } }
    if kinds.isSubset(of: [.tensor, .none]) {
      return union("as_optional_tensors") { writer in
        writer.array(items) { writer, item in
          if case .node = item { writer.union("as_tensor") { named(&$0, item) } } else { writer.union("as_none") { $0.json.value(true) } }
        }
      }
    }
    if layout == .legacy { throw unsupported("it has no lists of such values") }
    if kinds == [.pair] { return try dictionary(items, in: graph) }
    guard kinds == [.list] else { throw unsupported("a list mixes values of different kinds") }
    var inner: Set<Element> = []
    for case .list(let values) in items { inner.formUnion(values.map { element($0, in: graph) }) }
    let tag: String = inner == [.tensor] ? "as_nested_tensors" : inner == [.double] ? "as_float_lists" : "as_int_lists"
    try union(tag) { writer in
      try writer.array(items) { writer, item in
        guard case .list(let values) = item else { return }
        try writer.array(values) { writer, value in
          if case .node = value { named(&writer, value) } else { try writer.plain(value) }
        }
      }
    }
  }

  private mutating func dictionary(_ pairs: [Argument], in graph: Graph) throws {
    try union("as_string_to_argument") { writer in
      try writer.object { writer in
        for case .list(let pair) in pairs {
          guard case .string(let key) = pair[0] else { continue }
          try writer.field(key) { try $0.argument(pair[1], in: graph) }
        }
      }
    }
  }

  /// A number, flag or text alone.
  private mutating func plain(_ value: Argument) throws {
    switch value {
    case .int(let size):
      guard let number = size.constant else { throw unsupported("the expression \(size) is an argument but no value of the graph") }
      json.value(number)
    case .double(let number): self.number(number)
    case .bool(let flag): json.value(flag)
    case .string(let text): json.value(text)
    default: throw unsupported("a list mixes values of different kinds")
    }
  }

  /// A number, or the name of a value of the graph.
  private mutating func symbolic(_ value: Argument, _ tag: String, in graph: Graph) throws {
    if case .node(let id) = value { return named(graph[id].name, key: "as_name") }
    try union(tag) { try $0.plain(value) }
  }

  /// The tag of a list without elements by its parameter's type, `SymInt[]?`.
  private static func emptyTag(_ type: String?) -> String {
    guard let type, let open = type.firstIndex(of: "[") else { return "as_tensors" }
    return switch type[..<open].prefix(while: { $0 != "?" }) {
    case "bool": "as_bools"
    case "float": "as_floats"
    case "str": "as_strings"
    case "Tensor": "as_tensors"
    default: "as_ints"
    }
  }
}
