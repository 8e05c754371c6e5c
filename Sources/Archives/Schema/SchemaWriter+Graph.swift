import Foundations
import Graphs
import Operators

extension SchemaWriter {
  /// A `Graph`: `getItem` nodes become the names of their call's outputs, as `GraphModuleSerializer.serialize_outputs` has it.
  mutating func graph(_ graph: Graph) throws {
    var elements: [Graph.NodeID: [(index: Int, node: Graph.NodeID)]] = [:]
    for (place, node) in graph.nodes.enumerated() {
      if case .getItem(let index) = node.operation, case .node(let call)? = node.arguments.first?.value {
        elements[call, default: []].append((index, Graph.NodeID(place)))
      }
    }
    let results = CallResults(graph: graph, elements: elements)
    let outputs: [Argument] = graph.outputs
    try object { writer in
      try writer.field("inputs") { try $0.array(graph.placeholders) { try $0.input($1, of: graph) } }
      try writer.field("outputs") { try $0.array(outputs) { try $0.argument($1, in: graph) } }
      let calls: [Graph.NodeID] = graph.nodes.indices.compactMap { if case .call = graph.nodes[$0].operation { Graph.NodeID($0) } else { nil } }
      try writer.field("nodes") { try $0.array(calls) { try $0.node($1, of: graph, results) } }
      try writer.valueTables(graph, results)
    }
  }

  private mutating func input(_ id: Graph.NodeID, of graph: Graph) throws {
    let node: Graph.Node = graph[id]
    if case .placeholder(.constant(_, let value)) = node.operation { return constant(value) }
    switch node.type {
    case .int, .double, .bool: if layout == .legacy { throw unsupported("its input '\(node.name)' is a number") }
    default: break
    }
    try argument(.node(id), in: graph)
  }

  mutating func constant(_ value: Graph.ConstantValue) {
    switch value {
    case .none: union("as_none") { $0.json.value(true) }
    case .int(let number): union("as_int") { $0.json.value(number) }
    case .double(let number): union("as_float") { $0.number(number) }
    case .bool(let flag): union("as_bool") { $0.json.value(flag) }
    case .string(let text): union("as_string") { $0.json.value(text) }
    }
  }

  // MARK: Nodes

  private mutating func node(_ id: Graph.NodeID, of graph: Graph, _ results: CallResults) throws {
    let node: Graph.Node = graph[id]
    guard case .call(let name) = node.operation else { return }
    let parameters: [OperatorSchema.Parameter] = OperatorTable.standard[name]?.schema.parameters ?? []
    try object { writer in
      writer.field("target", name.description)
      try writer.field("inputs") { writer in
        try writer.array(node.arguments) { writer, argument in
          let type: String? = parameters.first { $0.name == argument.name }?.type
          try writer.object { writer in
            writer.field("name", argument.name)
            try writer.field("arg") { try $0.argument(argument.value, in: graph, type: type) }
            if writer.layout == .pt2 { writer.field("kind", argument.isKeyword ? 2 : 1) }
          }
        }
      }
      try writer.field("outputs") { try $0.outputs(id, of: graph, results) }
      writer.field("metadata") { $0.metadata(node, of: graph) }
      guard writer.layout == .pt2 else { return }
      writer.field("is_hop_single_tensor_return") { writer in
        if node.isHigherOrder { writer.json.value(node.type.tensor != nil) } else { writer.json.null() }
      }
      writer.field("name", node.name)
    }
  }

  private mutating func outputs(_ id: Graph.NodeID, of graph: Graph, _ results: CallResults) throws {
    let node: Graph.Node = graph[id]
    let names: [CallResults.Result] = results.of(id)
    switch node.type {
    case .list where results.isList(id), .list where node.isHigherOrder && names.count == 1 && layout == .legacy:
      array(["as_tensors"]) { writer, tag in writer.union(tag) { $0.array(names) { $0.named($1.name) } } }
    case .list: try array(names) { try $0.output($1) }
    case .none where results.hasNone(id): array(["as_none"]) { writer, tag in writer.union(tag) { $0.json.value(true) } }
    case .none: array([Int]()) { _, _ in }
    default: try array([CallResults.Result(name: node.name, type: node.type)]) { try $0.output($1) }
    }
  }

  private mutating func output(_ result: CallResults.Result) throws {
    switch result.type {
    case .none: union("as_none") { $0.json.value(true) }
    case .int: union("as_sym_int") { $0.named(result.name, key: "as_name") }
    case .double: union("as_sym_float") { $0.named(result.name, key: "as_name") }
    case .bool: union("as_sym_bool") { $0.named(result.name, key: "as_name") }
    case .list: union("as_tensors") { $0.array(result.elements) { $0.named($1.name) } }
    case .other(let type) where !type.hasPrefix("Tensor("): union("as_custom_obj") { $0.customObject(result.name, type) }
    case .tensor, .other: union("as_tensor") { $0.named(result.name) }
    }
  }

  /// What the file said of the node, or what the graph has of it.
  private mutating func metadata(_ node: Graph.Node, of graph: Graph) {
    if let text, node.metadataPlace != .max, Int(node.metadataPlace) < text.count {
      let known: [UInt8]? = text.withText { bytes in
        var cursor = JSONCursor(bytes, subject: subject)
        cursor.seek(Int(node.metadataPlace))
        return (try? cursor.skipValue()).map { Array($0) }
      }
      if let known { return json.raw(known) }
    }
    object { writer in
      if node.stackTrace >= 0 { writer.field("stack_trace", graph.stackTraces[Int(node.stackTrace)]) }
      guard node.moduleStack >= 0 else { return }
      let scopes: [String] = graph.moduleStacks[Int(node.moduleStack)].map { "L__self__\($0.path),\($0.path),\($0.type)" }
      writer.field("nn_module_stack", scopes.joined(separator: ";"))
    }
  }

  // MARK: Types

  private mutating func valueTables(_ graph: Graph, _ results: CallResults) throws {
    let values: [CallResults.Result] = results.all
    func of(_ isWanted: (ValueType) -> Bool) -> [CallResults.Result] { values.filter { isWanted($0.type) } }
    try field("tensor_values") { writer in
      try writer.object { writer in
        for value in values {
          switch value.type {
          case .tensor(let type):
            try writer.field(value.name) { try $0.tensorMeta(type, offset: graph.notes[value.name]?.storageOffset ?? 0) }
          case .other(let type) where type.hasPrefix("Tensor("): try writer.field(value.name) { try $0.description(value, in: graph) }
          default: continue
          }
        }
      }
    }
    field("sym_int_values") { writer in
      writer.object { writer in
        for value in values { if case .int(let size) = value.type { writer.field(value.name) { $0.size(size) } } }
      }
    }
    try table("sym_bool_values", of { $0 == .bool }, graph)
    field("is_single_tensor_return", graph.returnsSingleTensor)
    try table("custom_obj_values", of { if case .other(let type) = $0 { !type.hasPrefix("Tensor(") } else { false } }, graph)
    try table("sym_float_values", of { $0 == .double }, graph)
  }

  private mutating func table(_ name: String, _ values: [CallResults.Result], _ graph: Graph) throws {
    try field(name) { writer in
      try writer.object { writer in
        for value in values { try writer.field(value.name) { try $0.description(value, in: graph) } }
      }
    }
  }

  /// What the file said of a value, of which the type does not hold all.
  private mutating func description(_ value: CallResults.Result, in graph: Graph) throws {
    if let text = graph.notes[value.name]?.description { return json.raw(text.utf8) }
    if case .other(let type) = value.type { return customObject(value.name, type) }
    throw unsupported("the value '\(value.name)' is a number whose expression is not known")
  }
}

/// The results of a graph's calls under the names that files give them.
struct CallResults {
  /// A result of a call, or a placeholder.
  struct Result {
    var name: String
    var type: ValueType
    var elements: [Result] = []
  }
  let graph: Graph
  /// The `getItem` nodes of a node with several results.
  let elements: [Graph.NodeID: [(index: Int, node: Graph.NodeID)]]

  /// Results nobody uses are named after their call.
  func of(_ id: Graph.NodeID) -> [Result] {
    guard case .list(let types) = graph[id].type else { return [] }
    return types.enumerated().map { index, type in
      guard let element = elements[id]?.first(where: { $0.index == index }) else {
        return Result(name: "\(graph[id].name)_unused_\(index)", type: type)
      }
      return Result(name: graph[element.node].name, type: graph[element.node].type, elements: of(element.node))
    }
  }

  /// Whether the results are one list of tensors.
  func isList(_ id: Graph.NodeID) -> Bool {
    guard case .call(let name) = graph[id].operation else { return false }
    if let note = graph.notes[graph[id].name], note.isList { return !graph[id].isHigherOrder }
    guard let results = OperatorTable.standard[name]?.schema.results, results.count == 1 else { return false }
    return results[0].hasSuffix("[]")
  }

  /// Whether a call without a value says that it has none, as operators do that could give one.
  func hasNone(_ id: Graph.NodeID) -> Bool {
    guard case .call(let name) = graph[id].operation else { return false }
    if let record = OperatorTable.standard[name], !record.takesGraphs { return !record.schema.results.isEmpty }
    return graph[id].isHigherOrder
  }

  /// Every value that has a type, in the graph's order.
  var all: [Result] {
    var values: [Result] = []
    for index in graph.nodes.indices {
      let node: Graph.Node = graph.nodes[index]
      switch node.operation {
      case .placeholder(.constant): continue
      case .placeholder: values.append(Result(name: node.name, type: node.type))
      case .call:
        guard case .list = node.type else {
          values.append(Result(name: node.name, type: node.type))
          continue
        }
        for result in of(Graph.NodeID(index)) { values += result.elements.isEmpty ? [result] : result.elements }
      case .getItem, .output: continue
      }
    }
    return values
  }
}

extension Graph.Node {
  var isHigherOrder: Bool {
    if case .call(let name) = operation { name.text.hasPrefix("higher_order.") } else { false }
  }
}
