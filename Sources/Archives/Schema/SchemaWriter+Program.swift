import Foundations
import Graphs

extension SchemaWriter {
  /// The text of a whole program.
  /// - Throws: `LatheError` of kind `unsupported` for what the layout cannot hold.
  static func text(of program: ExportedProgram, layout: ProgramLayout, subject: String) throws -> [UInt8] {
    var writer = SchemaWriter(program, layout: layout, subject: subject)
    try writer.program(program)
    return writer.json.bytes
  }

  private mutating func program(_ program: ExportedProgram) throws {
    try object { writer in
      try writer.field("graph_module") { try $0.module(program) }
      writer.field("opset_version") { writer in
        writer.object { writer in
          for (name, version) in program.opsetVersion.sorted(by: { $0.key < $1.key }) { writer.field(name, version) }
        }
      }
      writer.field("range_constraints") { writer in
        writer.object { writer in
          for (symbol, range) in program.rangeConstraints.sorted(by: { $0.key < $1.key }) { writer.field(symbol) { $0.range(range) } }
        }
      }
      writer.field("schema_version") { writer in
        writer.object { writer in
          writer.field("major", writer.layout.schemaVersion.major)
          writer.field("minor", writer.layout.schemaVersion.minor)
        }
      }
      writer.field("verifiers") { $0.array(program.verifiers) { $0.json.value($1) } }
      if let version = program.torchVersion { writer.field("torch_version", version) }
      if writer.layout == .pt2 { writer.field("guards_code") { $0.array(program.guardTexts) { $0.json.value($1) } } }
    }
  }

  private mutating func range(_ range: SizeRange) {
    object { writer in
      for (name, bound) in [("min_val", range.minimum), ("max_val", range.maximum)] {
        // This one object says its nulls in every version.
        writer.field(name) { writer in
          if let bound { writer.json.value(bound) } else { writer.json.null() }
        }
      }
    }
  }

  private mutating func module(_ program: ExportedProgram) throws {
    try object { writer in
      try writer.field("graph") { try $0.graph(program.graph) }
      try writer.field("signature") { try $0.signature(program.graph) }
      writer.field("module_call_graph") { $0.array(program.moduleCalls) { $0.moduleCall($1, of: program) } }
      writer.field("metadata") { (program.moduleMetadata ?? .object([])).write(to: &$0.json, omitsNull: $0.layout.omitsNull) }
      if writer.layout == .pt2 { writer.field("treespec_namedtuple_fields") { (program.namedTupleFields ?? .object([])).write(to: &$0.json) } }
    }
  }

  private mutating func moduleCall(_ call: ExportedProgram.ModuleCall, of program: ExportedProgram) {
    object { writer in
      writer.field("fqn", call.path)
      if let signature = call.signature {
        writer.field("signature") { signature.write(to: &$0.json, omitsNull: $0.layout.omitsNull) }
      } else if let input = call.inputSpec, let output = call.outputSpec {
        writer.field("signature") { writer in
          writer.object { writer in
            writer.field("inputs") { $0.array([Int]()) { _, _ in } }
            writer.field("outputs") { $0.array([Int]()) { _, _ in } }
            writer.field("in_spec", input.torchText)
            writer.field("out_spec", output.torchText)
          }
        }
      } else if !writer.layout.omitsNull {
        writer.field("signature") { $0.json.null() }
      }
    }
  }

  // MARK: Signature

  private mutating func signature(_ graph: Graph) throws {
    try object { writer in
      try writer.field("input_specs") { try $0.array(graph.placeholders) { try $0.inputSpecification($1, of: graph) } }
      try writer.field("output_specs") { writer in
        try writer.array(zip(graph.outputs, graph.outputRoles)) { try $0.outputSpecification($1.0, $1.1, of: graph) }
      }
    }
  }

  private mutating func inputSpecification(_ id: Graph.NodeID, of graph: Graph) throws {
    let node: Graph.Node = graph[id]
    guard case .placeholder(let role) = node.operation else { return }
    func target(_ tag: String, _ field: String, _ name: String, _ writer: inout SchemaWriter, persistent: Bool? = nil) {
      writer.union(tag) { writer in
        writer.object { writer in
          writer.field("arg") { $0.named(node.name) }
          writer.field(field, name)
          if let persistent { writer.field("persistent", persistent) }
        }
      }
    }
    switch role {
    case .user, .operand: try union("user_input") { try $0.object { try $0.field("arg") { try $0.argument(.node(id), in: graph) } } }
    case .parameter(let name): target("parameter", "parameter_name", name, &self)
    case .buffer(let name, let persistent): target("buffer", "buffer_name", name, &self, persistent: persistent)
    case .tensorConstant(let name): target("tensor_constant", "tensor_constant_name", name, &self)
    case .token: union("token") { $0.object { $0.field("arg") { $0.named(node.name) } } }
    case .customObject(let name):
      try union("custom_obj") { writer in
        try writer.object { writer in
          guard case .other(let type) = node.type else { throw writer.unsupported("the class of its object '\(name)' is not known") }
          writer.field("arg") { $0.customObject(node.name, type) }
          writer.field("custom_obj_name", name)
        }
      }
    case .constant(let name, let value):
      union("constant_input") { writer in
        writer.object { writer in
          writer.field("name", name)
          writer.field("value") { $0.constant(value) }
        }
      }
    }
  }

  private mutating func outputSpecification(_ value: Argument, _ role: Graph.OutputRole, of graph: Graph) throws {
    func named(_ writer: inout SchemaWriter) throws {
      guard case .node(let id) = value else { throw writer.unsupported("an output that is no value of the graph changes a tensor") }
      writer.field("arg") { $0.named(graph[id].name) }
    }
    func target(_ tag: String, _ field: String, _ name: String, _ writer: inout SchemaWriter) throws {
      try writer.union(tag) { writer in
        try writer.object { writer in
          try named(&writer)
          writer.field(field, name)
        }
      }
    }
    switch role {
    case .user: try union("user_output") { try $0.object { try $0.field("arg") { try $0.argument(value, in: graph) } } }
    case .loss: try union("loss_output") { try $0.object { try named(&$0) } }
    case .token: try union("token") { try $0.object { try named(&$0) } }
    case .bufferMutation(let name): try target("buffer_mutation", "buffer_name", name, &self)
    case .parameterMutation(let name):
      if layout == .legacy { throw unsupported("a call changes the parameter '\(name)'") }
      try target("parameter_mutation", "parameter_name", name, &self)
    case .userInputMutation(let name): try target("user_input_mutation", "user_input_name", name, &self)
    case .gradientToParameter(let name): try target("gradient_to_parameter", "parameter_name", name, &self)
    case .gradientToUserInput(let name): try target("gradient_to_user_input", "user_input_name", name, &self)
    }
  }
}
