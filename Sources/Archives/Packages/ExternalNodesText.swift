import Foundations
import Graphs
import Operators
import Tensors

/// The calls that a compiled model leaves to the program that loads it, as JSON (`extern_kernel_nodes` in
/// `torch/_inductor/graph.py`, with the arguments of torch.export's schema).
package enum ExternalNodesText {
  /// - Throws: `LatheError` of kind `unsupported` for an element type that the schema has no number for.
  package static func write(_ nodes: [ExternalNode]) throws -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.key("nodes")
    json.beginArray()
    for node in nodes {
      json.beginObject()
      json.key("name")
      json.value(node.name)
      json.key("node")
      json.beginObject()
      json.key("target")
      json.value(target(of: node.operation))
      var tensors: Int = 0
      json.key("inputs")
      json.beginArray()
      for argument in node.arguments {
        json.beginObject()
        json.key("name")
        json.value(argument.name)
        json.key("arg")
        try write(argument.content, to: &json, tensors: &tensors)
        json.endObject()
      }
      json.endArray()
      json.key("outputs")
      json.beginArray()
      for (index, result) in node.results.enumerated() {
        json.beginObject()
        switch result {
        case .tensor:
          json.key("as_tensor")
          named("\(node.name)_\(index)", &json)
        case .tensors(let count):
          json.key("as_tensors")
          json.beginArray()
          for element in 0..<count { named("\(node.name)_\(index)_\(element)", &json) }
          json.endArray()
        }
        json.endObject()
      }
      json.endArray()
      json.key("metadata")
      json.beginObject()
      json.endObject()
      json.endObject()
      json.endObject()
    }
    json.endArray()
    json.endObject()
    return json.bytes
  }

  /// `aten::sort.stable`; an overload without a name is left out.
  private static func target(of operation: OperatorName) -> String {
    let overload: String = operation.overload.isEmpty || operation.overload == "default" ? "" : ".\(operation.overload)"
    return "\(operation.namespace)::\(operation.base)\(overload)"
  }

  private static func named(_ name: String, _ json: inout JSONWriter) {
    json.beginObject()
    json.key("name")
    json.value(name)
    json.endObject()
  }

  private static func write(_ content: ExternalNode.Content, to json: inout JSONWriter, tensors: inout Int) throws {
    func tensor(_ json: inout JSONWriter) {
      named("t\(tensors)", &json)
      tensors += 1
    }
    func list<Item>(_ items: [Item], _ body: (inout JSONWriter, Item) -> Void) {
      json.beginArray()
      for item in items { body(&json, item) }
      json.endArray()
    }
    json.beginObject()
    switch content {
    case .none:
      json.key("as_none")
      json.value(true)
    case .tensor:
      json.key("as_tensor")
      tensor(&json)
    case .tensors(let count):
      json.key("as_tensors")
      list(Array(0..<count)) { json, _ in tensor(&json) }
    case .optionalTensors(let present):
      json.key("as_optional_tensors")
      list(present) { json, isPresent in
        json.beginObject()
        json.key(isPresent ? "as_tensor" : "as_none")
        if isPresent { tensor(&json) } else { json.value(true) }
        json.endObject()
      }
    // Integers come with each call, whatever stands here; PyTorch 2.6 takes none but numbers in the place of a Scalar.
    case .integer(let size):
      json.key("as_int")
      json.value(size.constant ?? 0)
    case .integers(let sizes):
      json.key("as_ints")
      list(sizes) { $0.value($1.constant ?? 0) }
    case .number(let number):
      json.key("as_float")
      json.value(number)
    case .numbers(let numbers):
      json.key("as_floats")
      list(numbers) { $0.value($1) }
    case .flag(let flag):
      json.key("as_bool")
      json.value(flag)
    case .flags(let flags):
      json.key("as_bools")
      list(flags) { $0.value($1) }
    case .text(let text):
      json.key("as_string")
      json.value(text)
    case .dtype(let dtype):
      json.key("as_scalar_type")
      json.value(dtype.schemaNumber)
    case .device(let name):
      let parts: [Substring] = name.split(separator: ":", maxSplits: 1)
      json.key("as_device")
      json.beginObject()
      json.key("type")
      json.value(String(parts[0]))
      json.key("index")
      if parts.count > 1, let index = Int(parts[1]) { json.value(index) } else { json.null() }
      json.endObject()
    case .layout(let name):
      json.key("as_layout")
      json.value(layoutNumber(of: name))
    case .memoryFormat(let format):
      json.key("as_memory_format")
      json.value(format.schemaNumber)
    }
    json.endObject()
  }

  // MARK: Reading

  /// The nodes of a text, by their numbers. Integers that come with each call are 0 here.
  /// - Throws: `LatheError` of kind `badFile` for a text that is no list of nodes, `unsupported` for arguments that Lathe cannot hand to an
  ///   operator.
  package static func read(_ region: ByteRegion, subject: String) throws -> [ExternalNode] {
    let value: JSONValue = try region.withText { try JSONValue.parse($0, subject: subject) }
    guard let nodes = value["nodes"]?.array else { throw LatheError.badFile(subject, "has no list of nodes") }
    return try nodes.map { item in
      guard let node = item["node"], let target = node["target"]?.string, let inputs = node["inputs"]?.array, let outputs = node["outputs"]?.array else {
        throw LatheError.badFile(subject, "has a node without target, inputs or outputs")
      }
      let operation = OperatorName(target.contains(".") ? target.replacing("::", with: ".") : "\(target.replacing("::", with: ".")).default")
      return ExternalNode(
        name: item["name"]?.string ?? target, operation: operation,
        arguments: try inputs.map { input in
          guard let argument = input["arg"], let member = argument.members?.first else { throw LatheError.badFile(subject, "has an argument of \(target) without a value") }
          return ExternalNode.Argument(name: input["name"]?.string ?? "", content: try content(member, of: target, subject))
        },
        results: try outputs.map { output in
          switch output.members?.first?.key {
          case "as_tensor": return .tensor
          case "as_tensors": return .tensors(output.members?.first?.value.array?.count ?? 0)
          default: throw LatheError(.unsupported, subject: subject, "\(target) gives what Lathe cannot hand over (\(output.members?.first?.key ?? "nothing"))")
          }
        })
    }
  }

  private static func content(_ member: JSONValue.Member, of target: String, _ subject: String) throws -> ExternalNode.Content {
    let value: JSONValue = member.value
    func bad() -> LatheError { LatheError.badFile(subject, "has an argument of \(target) whose \(member.key) cannot be read") }
    func items<Item>(_ item: (JSONValue) -> Item?) throws -> [Item] {
      guard let array = value.array else { throw bad() }
      return try array.map { if let found = item($0) { return found } else { throw bad() } }
    }
    switch member.key {
    case "as_none": return .none
    case "as_tensor": return .tensor
    case "as_tensors": return .tensors(try items { $0 }.count)
    case "as_optional_tensor": return value["as_tensor"] == nil ? .none : .tensor
    case "as_optional_tensors": return .optionalTensors(try items { $0["as_tensor"] != nil })
    case "as_int", "as_sym_int": return .integer(0)
    case "as_ints", "as_sym_ints": return .integers(try items { _ in SymbolicInt(0) })
    case "as_float": if let number = value.number { return .number(number) } else { throw bad() }
    case "as_floats": return .numbers(try items(\.number))
    case "as_bool": if let flag = value.bool { return .flag(flag) } else { throw bad() }
    case "as_bools": return .flags(try items(\.bool))
    case "as_string": if let text = value.string { return .text(text) } else { throw bad() }
    case "as_scalar_type": if let dtype = value.int.flatMap({ DType(schemaNumber: $0) }) { return .dtype(dtype) } else { throw bad() }
    case "as_memory_format": if let format = value.int.flatMap({ MemoryFormat(schemaNumber: $0) }) { return .memoryFormat(format) } else { throw bad() }
    case "as_layout": if let number = value.int { return .layout(layoutName(schemaNumber: number)) } else { throw bad() }
    case "as_device": if let name = value["type"]?.string { return .device(name) } else { throw bad() }
    default: throw LatheError(.unsupported, subject: subject, "an argument of \(target) is of the kind \(member.key), which Lathe does not hand to an operator")
    }
  }
}

extension JSONValue {
  /// A number, also one that JSON has no form for and that is written as text.
  fileprivate var number: Double? {
    switch self {
    case .double(let number): number
    case .int(let number): Double(number)
    case .string("NaN"): .nan
    case .string("Infinity"): .infinity
    case .string("-Infinity"): -.infinity
    default: nil
    }
  }
}
