import Foundations
import Graphs
import Tensors

/// Reads the JSON of an `ExportedProgram` (`torch/_export/serde/schema.py`, schema 8).
struct ProgramReader {
  private let region: ByteRegion
  private let subject: String
  private let cancellation: () throws -> Void
  private let tables = ProgramTables()
  private var graph: Graph?
  private var inputs: [InputSpecification]?
  private var outputs: [Graph.OutputRole]?
  private var calls: [ExportedProgram.ModuleCall]?
  private var version: (major: Int, minor: Int)?

  /// - Parameter subject: the file and the member, for errors.
  init(_ region: ByteRegion, subject: String, cancellation: @escaping () throws -> Void) {
    (self.region, self.subject, self.cancellation) = (region, subject, cancellation)
  }

  /// - Throws: `LatheError` of kind `badFile` naming the byte; another schema version is said before anything else.
  mutating func read(name: String, container: ExportedProgram.Container) throws -> ExportedProgram {
    let region = self.region
    var program = try region.withText { try read($0, name: name, container: container) }
    program.text = region
    return program
  }

  private mutating func read(_ text: UnsafeBufferPointer<UInt8>, name: String, container: ExportedProgram.Container) throws -> ExportedProgram {
    var program = ExportedProgram(name: name, container: container, graph: Graph())
    var cursor = JSONCursor(text, subject: subject)
    do {
      program.opsetVersion = [:]
      program.verifiers = []
      try readFields(&program, &cursor)
    } catch let error as LatheError where error.kind == .badFile {
      try checkVersion(findVersion(text) ?? (8, 0))
      throw error
    }
    try checkVersion(cursor.require(version, "schema_version", of: "program"))
    program.schemaVersion = version!
    var graph = try cursor.require(graph, "graph_module", of: "program")
    try assignRoles(&graph, cursor)
    program.graph = graph
    program.symbolHints = tables.hints
    program.expressionTexts = tables.texts
    program.statesKeywords = tables.statesKeywords
    program.moduleCalls = try cursor.require(calls, "module_call_graph", of: "program")
    guard let root = program.moduleCalls.first(where: { $0.path.isEmpty }), let input = root.inputSpec, let output = root.outputSpec else {
      throw LatheError.badFile(subject, "has no entry for the root module, with the trees of its inputs and outputs, in 'module_call_graph'")
    }
    (program.inputSpec, program.outputSpec) = (input, output)
    return program
  }

  private mutating func readFields(_ program: inout ExportedProgram, _ cursor: inout JSONCursor) throws {
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      switch key {
      case "graph_module": try readModule(&program, &cursor)
      case "verifiers": program.verifiers = try cursor.readValue().array?.compactMap(\.string) ?? []
      case "schema_version": version = try readVersion(&cursor)
      case "torch_version": program.torchVersion = cursor.takeNull() ? nil : try cursor.readString()
      case "opset_version":
        for member in try cursor.readValue().members ?? [] { program.opsetVersion[member.key] = member.value.int }
      case "range_constraints":
        for member in try cursor.readValue().members ?? [] {
          program.rangeConstraints[member.key] = SizeRange(minimum: member.value["min_val"]?.int, maximum: member.value["max_val"]?.int)
        }
      case "guards_code": program.guardTexts = try cursor.readValue().array?.compactMap(\.string) ?? []
      default: try cursor.skipValue()
      }
    }
    try cursor.expectEnd()
  }

  private mutating func readModule(_ program: inout ExportedProgram, _ cursor: inout JSONCursor) throws {
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      switch key {
      case "graph":
        var reader = GraphReader(tables: tables, cancellation: cancellation)
        graph = try reader.read(&cursor)
      case "signature":
        var fields = try cursor.beginObject()
        while let key = try cursor.nextKey(&fields) {
          switch key {
          case "input_specs": inputs = try cursor.readInputSpecifications()
          case "output_specs": outputs = try cursor.readOutputRoles()
          default: try cursor.skipValue()
          }
        }
      case "module_call_graph": calls = try readModuleCalls(&cursor)
      case "metadata": program.moduleMetadata = try cursor.readValue()
      case "treespec_namedtuple_fields": program.namedTupleFields = try cursor.readValue()
      default: try cursor.skipValue()
      }
    }
  }

  private func readModuleCalls(_ cursor: inout JSONCursor) throws -> [ExportedProgram.ModuleCall] {
    var calls: [ExportedProgram.ModuleCall] = []
    var scope = try cursor.beginArray()
    while try cursor.nextElement(&scope) {
      let entry = try cursor.readValue()
      guard let path = entry["fqn"]?.string else { throw cursor.failure("the module call before here has no field 'fqn'") }
      func spec(_ key: String) throws -> TreeSpec? {
        try entry["signature"]?[key]?.string.map { try TreeSpec.parse($0, subject: subject) }
      }
      calls.append(ExportedProgram.ModuleCall(path: path, inputSpec: try spec("in_spec"), outputSpec: try spec("out_spec"), signature: entry["signature"]))
    }
    return calls
  }

  private func readVersion(_ cursor: inout JSONCursor) throws -> (major: Int, minor: Int) {
    let value = try cursor.readValue()
    guard let major = value["major"]?.int, let minor = value["minor"]?.int else {
      throw cursor.failure("the schema_version before here has no field 'major' or 'minor'")
    }
    return (major, minor)
  }

  private func checkVersion(_ version: (major: Int, minor: Int)) throws {
    guard version.major == 8 else {
      throw LatheError.badFile(
        subject, "has the schema version \(version.major).\(version.minor), which does not match the version 8 that Lathe reads")
    }
  }

  /// The version alone, of a text whose rest cannot be read.
  private func findVersion(_ text: UnsafeBufferPointer<UInt8>) -> (major: Int, minor: Int)? {
    var cursor = JSONCursor(text, subject: subject)
    guard var scope = try? cursor.beginObject() else { return nil }
    while let key = try? cursor.nextKey(&scope) {
      if "schema_version" ~= key { return try? readVersion(&cursor) }
      guard (try? cursor.skipValue()) != nil else { return nil }
    }
    return nil
  }

  private func assignRoles(_ graph: inout Graph, _ cursor: JSONCursor) throws {
    let inputs = try cursor.require(inputs, "input_specs", of: "signature")
    let outputs = try cursor.require(outputs, "output_specs", of: "signature")
    let placeholders = graph.placeholders
    guard inputs.count == placeholders.count else {
      throw LatheError.badFile(subject, "has \(placeholders.count) graph inputs but describes \(inputs.count)")
    }
    guard outputs.count == graph.outputs.count else {
      throw LatheError.badFile(subject, "has \(graph.outputs.count) graph outputs but describes \(outputs.count)")
    }
    for (id, input) in zip(placeholders, inputs) {
      graph.nodes[Int(id.index)].operation = .placeholder(input.role)
      if let name = input.name, graph[id].name.isEmpty { graph.nodes[Int(id.index)].name = name }
      if graph[id].name.isEmpty { graph.nodes[Int(id.index)].name = "arg\(id.index)" }
    }
    graph.outputRoles = outputs
  }
}
