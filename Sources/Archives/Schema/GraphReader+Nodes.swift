import Foundations
import Graphs

/// One output of a node or input of a graph, as the file names it.
enum OutputValue {
  case named(JSONText)
  case list([OutputValue])
  case none
  /// A number, text or flag.
  case constant
}

/// The tables of value types in a graph.
enum TypeField {
  case tensors, integers, booleans, floats, objects

  init?(_ key: JSONText) {
    switch key {
    case "tensor_values": self = .tensors
    case "sym_int_values": self = .integers
    case "sym_bool_values": self = .booleans
    case "sym_float_values": self = .floats
    case "custom_obj_values": self = .objects
    default: return nil
    }
  }
}

extension GraphReader {

  mutating func readNodes(_ cursor: inout JSONCursor) throws {
    if !isSubgraph { reserve(forBytes: cursor.remaining) }
    var scope = try cursor.beginArray()
    while try cursor.nextElement(&scope) {
      try readNode(&cursor)
      if graph.nodes.count & 0xFFF == 0 { try cancellation?() }
    }
  }

  private mutating func readNode(_ cursor: inout JSONCursor) throws {
    var target: OperatorName?
    var (arguments, outputs): ([NamedArgument]?, [OutputValue]?) = (nil, nil)
    var name: JSONText?
    var single: Bool?
    var hasSingleField = false
    var node = Graph.Node(operation: .output, name: "")
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      switch key {
      case "target":
        let text = try cursor.readText()
        target = try tables.operators.value(of: text.bytes) { OperatorName(torchTarget: try cursor.decode(text)) }
      case "inputs": arguments = try readNodeInputs(&cursor)
      case "outputs": outputs = try readNodeOutputs(&cursor)
      case "metadata":
        _ = cursor.peek()
        node.metadataPlace = UInt32(exactly: cursor.offset) ?? .max
        try readMetadata(&cursor, &node)
      case "is_hop_single_tensor_return":
        hasSingleField = true
        single = cursor.takeNull() ? nil : try cursor.readBool()
      case "name": name = cursor.takeNull() ? nil : try cursor.readText()
      default: try cursor.skipValue()
      }
    }
    let operation = try cursor.require(target, "target", of: "node")
    node.operation = .call(operation)
    node.arguments = try cursor.require(arguments, "inputs", of: "node")
    let results = try cursor.require(outputs, "outputs", of: "node")
    let isTupleOfOne = operation.text.hasPrefix("higher_order.") && hasSingleField && single != true
    try append(node, name: name, results: results, isTupleOfOne: isTupleOfOne, operation, cursor)
  }

  /// PyTorch's rules for how results become nodes (`deserialize_outputs` in `torch/_export/serde/serialize.py`).
  private mutating func append(
    _ node: Graph.Node, name: JSONText?, results: [OutputValue], isTupleOfOne: Bool, _ operation: OperatorName, _ cursor: JSONCursor
  ) throws {
    if results.count == 1, case .named(let text) = results[0], !isTupleOfOne {
      try define(text, node, cursor)
      if let name { graph.nodes[graph.nodes.count - 1].name = try names.renamed(cursor.decode(name), from: graph.nodes[graph.nodes.count - 1].name) }
      return
    }
    var node = node
    node.name = try names.fresh(name.map { try cursor.decode($0) } ?? operation.functionName)
    let call = graph.nodes.count
    graph.nodes.append(node)
    if results.count == 1, case .none = results[0] { return }
    var parts = results
    if results.count == 1, case .list(let items) = results[0] {
      parts = items
      graph.notes[node.name] = Graph.ValueNote(isList: true)
    }
    if parts.isEmpty { return }
    try appendElements(of: call, parts, cursor)
  }

  private mutating func appendElements(of call: Int, _ parts: [OutputValue], _ cursor: JSONCursor) throws {
    let origin = graph.nodes[call]
    var elements: [Int] = []
    for (index, part) in parts.enumerated() {
      var element = Graph.Node(
        operation: .getItem(index), arguments: [NamedArgument(.node(Graph.NodeID(call)))], name: "", moduleStack: origin.moduleStack,
        stackTrace: origin.stackTrace)
      switch part {
      case .named(let text):
        elements.append(graph.nodes.count)
        try define(text, element, cursor)
      case .list(let items):
        element.name = names.fresh("getitem")
        elements.append(graph.nodes.count)
        graph.nodes.append(element)
        try appendElements(of: graph.nodes.count - 1, items, cursor)
      case .none:
        element.name = names.fresh("as_none")
        elements.append(graph.nodes.count)
        graph.nodes.append(element)
      case .constant: continue
      }
    }
    pendingLists.append((call, elements))
  }

  private mutating func readNodeInputs(_ cursor: inout JSONCursor) throws -> [NamedArgument] {
    // A subgraph among the arguments is read by a reader of its own.
    pendingArguments.removeAll(keepingCapacity: true)
    var scope = try cursor.beginArray()
    while try cursor.nextElement(&scope) {
      var (name, value, isKeyword): (String?, Argument?, Bool) = (nil, nil, false)
      var fields = try cursor.beginObject()
      while let key = try cursor.nextKey(&fields) {
        switch key {
        case "name":
          let text = try cursor.readText()
          name = try tables.argumentNames.value(of: text.bytes) { try cursor.decode(text) }
        case "arg": value = try readArgument(&cursor)
        case "kind":
          if cursor.takeNull() { continue }
          isKeyword = try cursor.readInt() == 2
          tables.statesKeywords = true
        default: try cursor.skipValue()
        }
      }
      pendingArguments.append(
        NamedArgument(name: try cursor.require(name, "name", of: "input"), try cursor.require(value, "arg", of: "input"), isKeyword: isKeyword))
    }
    return pendingArguments.map { $0 }
  }

  private func readNodeOutputs(_ cursor: inout JSONCursor) throws -> [OutputValue] {
    var outputs: [OutputValue] = []
    var scope = try cursor.beginArray()
    while try cursor.nextElement(&scope) { outputs.append(try readOutput(&cursor)) }
    return outputs
  }

  /// The `Argument` of a node's output or a graph's input, which names values instead of using them.
  func readOutput(_ cursor: inout JSONCursor) throws -> OutputValue {
    var result: OutputValue?
    var scope = try cursor.beginObject()
    while let tag = try cursor.nextKey(&scope) {
      if result != nil {
        guard cursor.takeNull() else { throw cursor.failure("an output has two values") }
        continue
      }
      switch tag {
      case "as_tensor", "as_custom_obj", "as_sym_int", "as_sym_bool", "as_sym_float": result = try readDefinition(&cursor)
      case "as_optional_tensor": result = try readOutput(&cursor)
      case "as_tensors", "as_sym_ints", "as_sym_bools", "as_sym_floats":
        result = .list(try readDefinitions(&cursor))
      case "as_optional_tensors": result = .list(try readNodeOutputs(&cursor))
      case "as_none":
        try cursor.skipValue()
        result = OutputValue.none
      default:
        try cursor.skipValue()
        result = .constant
      }
    }
    guard let result else { throw cursor.failure("expected an output, such as {\"as_tensor\": {\"name\": …}}") }
    return result
  }

  private func readDefinitions(_ cursor: inout JSONCursor) throws -> [OutputValue] {
    var items: [OutputValue] = []
    var scope = try cursor.beginArray()
    while try cursor.nextElement(&scope) { items.append(try readDefinition(&cursor)) }
    return items
  }

  /// `{"name": "x"}`, `{"as_name": "x"}` or `{"as_int": 3}`.
  private func readDefinition(_ cursor: inout JSONCursor) throws -> OutputValue {
    var result: OutputValue?
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      switch key {
      case "name", "as_name": result = .named(try cursor.readText())
      case "as_int", "as_float", "as_bool":
        try cursor.skipValue()
        result = .constant
      default: try cursor.skipValue()
      }
    }
    return try cursor.require(result, "name", of: "output")
  }

  private mutating func readMetadata(_ cursor: inout JSONCursor, _ node: inout Graph.Node) throws {
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      switch key {
      case "nn_module_stack":
        let text = try cursor.readText()
        node.moduleStack = Int32(try moduleStacks.number(of: text.bytes) { parseModuleStack(try cursor.decode(text)) })
      case "stack_trace":
        let text = try cursor.readText()
        node.stackTrace = Int32(try stackTraces.number(of: text.bytes) { try cursor.decode(text) })
      default: try cursor.skipValue()
      }
    }
  }

  // MARK: Types

  mutating func readTypes(_ field: TypeField, _ cursor: inout JSONCursor) throws {
    if cursor.takeNull() { return }
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      let description = try readDescription(field, &cursor)
      guard let node = try lookUp(key, cursor) else { continue }
      graph.nodes[Int(node.index)].type = description.type
      if let note = description.note { graph.notes[graph.nodes[Int(node.index)].name] = note }
    }
  }

  private func readDescription(_ field: TypeField, _ cursor: inout JSONCursor) throws -> ValueDescription {
    switch field {
    case .tensors:
      // Many values share a description to the byte; each distinct text is read once.
      _ = cursor.peek()
      let start = cursor.offset
      let text = try cursor.skipValue()
      let end = cursor.offset
      let tables = self.tables
      var inner = cursor
      let description = try tables.types.value(of: text) {
        inner.seek(start)
        let (type, offset) = try inner.readTensorMeta(tables)
        if case .other = type { return ValueDescription(type: type, note: Graph.ValueNote(description: String(decoding: text, as: UTF8.self))) }
        return ValueDescription(type: type, note: offset == 0 ? nil : Graph.ValueNote(storageOffset: offset))
      }
      cursor.seek(end)
      return description
    case .integers: return ValueDescription(type: .int(try cursor.readSymbolicInt(tables)))
    case .booleans: return ValueDescription(type: .bool, note: try readNote(&cursor))
    case .floats: return ValueDescription(type: .double, note: try readNote(&cursor))
    case .objects:
      let start = cursor.offset
      let object = try cursor.readValue()
      let end = cursor.offset
      cursor.seek(start)
      let note = try readNote(&cursor)
      cursor.seek(end)
      return ValueDescription(type: .other(object["class_fqn"]?.string ?? "object"), note: note)
    }
  }

  private func readNote(_ cursor: inout JSONCursor) throws -> Graph.ValueNote {
    _ = cursor.peek()
    return Graph.ValueNote(description: String(decoding: try cursor.skipValue(), as: UTF8.self))
  }
}
