import Foundations
import Graphs

extension GraphReader {
  /// An `Argument` union, `{"as_tensor": {"name": "x"}}` and its thirty kin.
  mutating func readArgument(_ cursor: inout JSONCursor) throws -> Argument {
    var result: Argument?
    var scope = try cursor.beginObject()
    while let tag = try cursor.nextKey(&scope) {
      if result != nil {
        // One key by the schema; some writers list the others as null.
        guard cursor.takeNull() else { throw cursor.failure("an argument has two values") }
        continue
      }
      result = try readArgument(tag: tag, &cursor)
    }
    guard let result else { throw cursor.failure("expected an argument, such as {\"as_int\": 1}") }
    return result
  }

  private mutating func readArgument(tag: JSONText, _ cursor: inout JSONCursor) throws -> Argument {
    switch tag {
    case "as_tensor": return try readNamed(&cursor)
    case "as_int": return .int(.constant(try cursor.readInt()))
    case "as_tensors": return try readList(&cursor) { try $0.readNamed(&$1) }
    case "as_ints": return try readList(&cursor) { .int(.constant(try $1.readInt())) }
    case "as_sym_ints", "as_sym_bools", "as_sym_floats": return try readList(&cursor) { try $0.readSymbolic(&$1) }
    case "as_sym_int", "as_sym_bool", "as_sym_float": return try readSymbolic(&cursor)
    case "as_float": return .double(try cursor.readDouble())
    case "as_bool": return .bool(try cursor.readBool())
    case "as_none":
      try cursor.skipValue()
      return .none
    case "as_scalar_type":
      let number = try cursor.readInt()
      return DType(schemaNumber: number).map { .dtype($0) } ?? .opaque(tag: "as_scalar_type", "\(number)")
    case "as_device": return .device(try cursor.readDevice())
    case "as_memory_format":
      let number = try cursor.readInt()
      return MemoryFormat(schemaNumber: number).map { .memoryFormat($0) } ?? .opaque(tag: "as_memory_format", "\(number)")
    case "as_layout": return .layout(layoutName(schemaNumber: try cursor.readInt()))
    case "as_string": return .string(try cursor.readString())
    case "as_floats": return try readList(&cursor) { .double(try $1.readDouble()) }
    case "as_bools": return try readList(&cursor) { .bool(try $1.readBool()) }
    case "as_strings": return try readList(&cursor) { .string(try $1.readString()) }
    case "as_optional_tensors": return try readList(&cursor) { try $0.readArgument(&$1) }
    case "as_optional_tensor": return try readArgument(&cursor)
    case "as_nested_tensors": return try readList(&cursor) { try $0.readList(&$1) { try $0.readNamed(&$1) } }
    case "as_int_lists": return try readList(&cursor) { try $0.readList(&$1) { .int(.constant(try $1.readInt())) } }
    case "as_float_lists": return try readList(&cursor) { try $0.readList(&$1) { .double(try $1.readDouble()) } }
    case "as_graph": return try readSubgraph(&cursor)
    case "as_complex": return try readComplex(&cursor)
    case "as_custom_obj": return try readCustomObject(&cursor)
    case "as_operator": return .opaque(tag: "as_operator", try cursor.readString())
    case "as_string_to_argument": return try readDictionary(&cursor)
    default: return .opaque(tag: try cursor.decode(tag), String(decoding: try cursor.skipValue(), as: UTF8.self))
    }
  }

  private mutating func readList(
    _ cursor: inout JSONCursor, _ element: (inout GraphReader, inout JSONCursor) throws -> Argument
  ) throws -> Argument {
    var items: [Argument] = []
    var scope = try cursor.beginArray()
    while try cursor.nextElement(&scope) { items.append(try element(&self, &cursor)) }
    return .list(items)
  }

  /// `{"name": "x"}`, the value of that name.
  private mutating func readNamed(_ cursor: inout JSONCursor) throws -> Argument {
    var result: Argument?
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      if "name" ~= key { result = .node(try reference(cursor.readText(), cursor)) } else { try cursor.skipValue() }
    }
    return try cursor.require(result, "name", of: "tensor argument")
  }

  /// A `SymIntArgument`, `SymFloatArgument` or `SymBoolArgument`: the name of a value or a number.
  private mutating func readSymbolic(_ cursor: inout JSONCursor) throws -> Argument {
    var result: Argument?
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      switch key {
      case "as_name": result = .node(try reference(cursor.readText(), cursor))
      case "as_int": result = .int(.constant(try cursor.readInt()))
      case "as_float": result = .double(try cursor.readDouble())
      case "as_bool": result = .bool(try cursor.readBool())
      default: try cursor.skipValue()
      }
    }
    return try cursor.require(result, "as_name", of: "symbolic argument")
  }

  private func readComplex(_ cursor: inout JSONCursor) throws -> Argument {
    var (real, imaginary): (Double?, Double?) = (nil, nil)
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      switch key {
      case "real": real = try cursor.readDouble()
      case "imag": imaginary = try cursor.readDouble()
      default: try cursor.skipValue()
      }
    }
    return .complex(try cursor.require(real, "real", of: "complex number"), try cursor.require(imaginary, "imag", of: "complex number"))
  }

  /// A lifted object is a value of the graph; another is only shown.
  private func readCustomObject(_ cursor: inout JSONCursor) throws -> Argument {
    var (name, type): (JSONText?, String) = (nil, "")
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      switch key {
      case "name": name = try cursor.readText()
      case "class_fqn": type = try cursor.readString()
      default: try cursor.skipValue()
      }
    }
    let text = try cursor.require(name, "name", of: "custom object")
    if let node = try lookUp(text, cursor) { return .node(node) }
    return .opaque(tag: "as_custom_obj", "\(try cursor.decode(text)): \(type)")
  }

  /// A dictionary argument becomes a list of pairs, key first.
  private mutating func readDictionary(_ cursor: inout JSONCursor) throws -> Argument {
    var pairs: [Argument] = []
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      let name = try cursor.decode(key)
      pairs.append(.list([.string(name), try readArgument(&cursor)]))
    }
    return .list(pairs)
  }

  private mutating func readSubgraph(_ cursor: inout JSONCursor) throws -> Argument {
    var (name, graph): (String?, Graph?) = (nil, nil)
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      switch key {
      case "name": name = try cursor.readString()
      case "graph":
        var reader = GraphReader(tables: tables, isSubgraph: true)
        graph = try reader.read(&cursor)
      default: try cursor.skipValue()
      }
    }
    let subgraph = Graph.Subgraph(
      name: try cursor.require(name, "name", of: "graph argument"), graph: try cursor.require(graph, "graph", of: "graph argument"))
    return .subgraph(add(subgraph))
  }
}
