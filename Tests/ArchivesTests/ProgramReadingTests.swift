import Foundations
import Graphs
import Tensors
import Testing

@testable import Archives

struct ProgramReadingTests {
  private func read(_ bytes: [UInt8]) throws -> ExportedProgram {
    let file = try TemporaryFile(bytes)
    return try withExtendedLifetime(file) { try ExportedProgram.read(path: file.path) }
  }

  @Test(arguments: [ExportedProgram.Container.legacyZip, .pt2Archive])
  func readsBothContainers(_ container: ExportedProgram.Container) throws {
    let tiny = TinyProgram()
    let program: ExportedProgram = try read(container == .legacyZip ? tiny.legacy() : tiny.archive())
    #expect(program.container == container)
    #expect(program.name == "model")
    #expect(program.schemaVersion == (8, 2))
    #expect(program.torchVersion == "2.6.0")
    #expect(program.opsetVersion == ["aten": 10])
    #expect(program.rangeConstraints == ["s0": SizeRange(minimum: 2, maximum: 64)])
    #expect(program.symbolHints == ["s0": 4])
    #expect(program.extraFiles.mapValues(\.count) == ["note.txt": 5])
    #expect(program.inputSpec == .tuple([.tuple([]), .dictionary(keys: ["\"x\""], [.leaf])]))
    #expect(program.inputSpec.leafPaths() == ["[1]['x']"])
    #expect(program.outputSpec == .leaf)

    let graph: Graph = program.graph
    #expect(graph.nodes.map(\.name) == ["p_w", "x", "linear", "output"])
    #expect(graph.nodes[0].operation == .placeholder(.parameter("w")))
    #expect(graph.nodes[1].operation == .placeholder(.user(0)))
    #expect(graph.nodes[1].type == .tensor(TensorType(dtype: .f32, sizes: [SymbolicInt(symbol: "s0"), 2])))
    #expect(graph.nodes[2].operation == .call("aten.linear.default"))
    #expect(graph.nodes[2].arguments == [NamedArgument(name: "input", .node(Graph.NodeID(1))), NamedArgument(name: "weight", .node(Graph.NodeID(0)))])
    #expect(graph.outputRoles == [.user])
    #expect(
      graph.moduleStack(of: Graph.NodeID(2)) == [
        ModuleScope(path: "", type: "__main__.M"), ModuleScope(path: "l", type: "torch.nn.modules.linear.Linear"),
      ])
    #expect(graph.sourceFrames(of: Graph.NodeID(2)) == [SourceFrame(file: "m.py", line: 3, function: "forward", text: "return self.l(x)")])

    let weight: Tensor = try #require(program.state["w"])
    #expect(weight.sizes == [3, 2])
    #expect(weight.dtype == .f32)
    #expect(!weight.storage.isWritable)
    #expect((0..<6).map { weight.data.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) } == [0, 1, 2, 3, 4, 5])
  }

  @Test func fieldsMayComeInAnyOrder() throws {
    let text: String = TinyProgram.text
    let start = text.firstRange(of: "\"tensor_values\": {")!.lowerBound
    let end = text.firstRange(of: "\"sym_int_values\"")!.lowerBound
    let types = String(text[start..<end])
    var moved = TinyProgram()
    moved.json = text.replacing(types, with: "").replacing("{\"graph_module\": {\"graph\": {", with: "{\"graph_module\": {\"graph\": {\(types)")
    let nodes = text.firstRange(of: "\"nodes\": [")!.lowerBound..<start
    moved.json = moved.json.replacing(String(text[nodes]), with: "")
    moved.json = moved.json.replacing("\"inputs\": [{\"as_tensor\": {\"name\": \"p_w\"}}", with: "\(text[nodes])\"inputs\": [{\"as_tensor\": {\"name\": \"p_w\"}}")
    #expect(try read(moved.legacy()).graph.readable() == read(TinyProgram().legacy()).graph.readable())
  }

  /// (what is changed in the program, what the error must say)
  static let damages: [(String, String, [String])] = [
    ("\"target\": \"torch.ops.aten.linear.default\",", "", ["serialized_exported_program.json", "at byte", "node", "no field 'target'"]),
    ("\"tensor_values\"", "\"tensor_valves\"", ["no field 'tensor_values'"]),
    ("\"nodes\"", "\"knots\"", ["no field 'nodes'"]),
    ("\"dtype\": 7, ", "", ["no field 'dtype'"]),
    ("\"graph_module\"", "\"graph_modules\"", ["no field 'graph_module'"]),
    ("\"input_specs\"", "\"inputs_specs\"", ["no field 'input_specs'"]),
    ("\"parameter_name\"", "\"name_of_it\"", ["no field 'parameter_name'"]),
    ("\"major\": 8", "\"major\": 9", ["schema version 9.2", "version 8"]),
    ("{\"as_tensor\": {\"name\": \"x\"}}}, {\"name\": \"weight\"", "{\"as_tensor\": {\"name\": \"y\"}}}, {\"name\": \"weight\"", ["'y' is used but not defined"]),
    ("\"outputs\": [{\"as_tensor\": {\"name\": \"linear\"}}],\n    \"metadata\"", "\"outputs\": [{\"as_tensor\": {\"name\": \"x\"}}],\n    \"metadata\"", ["'x' is defined twice"]),
    ("\"expr_str\": \"Symbol('s0', positive=True, integer=True)\"", "\"expr_str\": \"s0 +\"", ["not an expression of sizes"]),
    ("{\"user_output\": {\"arg\": {\"as_tensor\": {\"name\": \"linear\"}}}}", "", ["1 graph outputs but describes 0"]),
    ("\"sizes\": [{\"as_int\": 3}, {\"as_int\": 2}]", "\"sizes\": [{\"as_int\": 5}, {\"as_int\": 2}]", ["'w'", "f32[5, 2]"]),
    ("\"user_input\"", "\"guest_input\"", ["unknown kind 'guest_input'"]),
    ("children_spec\\\": []}]\", \"forward", "children\\\": []}]\", \"forward", ["tree without"]),
    ("\"in_spec\"", "\"inn_spec\"", ["root module"]),
    ("\"verifiers\"", "verifiers", ["at byte", "expected a string"]),
  ]
  @Test(arguments: damages)
  func saysWhatIsWrong(_ old: String, _ new: String, _ words: [String]) throws {
    let message: String = try #require(try latheMessage { _ = try read(TinyProgram().replacing(old, with: new).legacy()) })
    for word in words { #expect(message.contains(word), "\(message)") }
    #expect(!message.contains("\n"))
  }

  @Test func anotherSchemaVersionIsSaidFirst() throws {
    // A newer schema may have anything in its graph.
    let newer = TinyProgram().replacing("\"nodes\"", with: "\"knots\"").replacing("\"major\": 8", with: "\"major\": 12")
    #expect(try latheMessage { _ = try read(newer.legacy()) }?.contains("schema version 12.2") == true)
    var legacy = TinyProgram()
    legacy.version = "9.0"
    #expect(try latheMessage { _ = try read(legacy.legacy()) }?.contains("serialized version '9', '0', which does not match") == true)
    legacy.version = "8"
    #expect(try latheMessage { _ = try read(legacy.legacy()) }?.contains("serialized version '8'") == true)
    legacy.version = "8.99"
    #expect(try latheMessage { _ = try read(legacy.legacy()) } == nil)
  }

  @Test func weightsShorterThanTheirShape() throws {
    var tiny = TinyProgram()
    tiny.weights.removeLast(4)
    #expect(try latheMessage { _ = try read(tiny.legacy()) }?.contains("has 20 bytes but 6 elements") == true)
    #expect(try latheMessage { _ = try read(tiny.archive()) }?.contains("needs 24 bytes") == true)
    tiny = TinyProgram()
    tiny.rows = 4
    #expect(try latheMessage { _ = try read(tiny.legacy()) } != nil)
    #expect(try latheMessage { _ = try read(tiny.archive()) }?.contains("needs 32 bytes") == true)
  }

  @Test func aMemberWithoutBytesIsZeros() throws {
    var tiny = TinyProgram()
    tiny.weights = []
    let weight: Tensor = try #require(try read(tiny.archive()).state["w"])
    #expect((0..<6).map { weight.data.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) } == [0, 0, 0, 0, 0, 0])
  }

  @Test(arguments: ["serialized_exported_program.json", "serialized_state_dict.pt", "serialized_constants.pt", "serialized_example_inputs.pt", "version"])
  func missingMembersOfALegacyZip(_ name: String) throws {
    var tiny = TinyProgram()
    tiny.missing = [name]
    #expect(try latheMessage { _ = try read(tiny.legacy()) }?.contains("no member \(name)") == true)
  }
  @Test(arguments: ["archive_format", "archive_version", "data/weights/model_weights_config.json", "data/constants/model_constants_config.json", "data/weights/weight_0"])
  func missingMembersOfAnArchive(_ name: String) throws {
    var tiny = TinyProgram()
    tiny.missing = [name]
    let message = try latheMessage { _ = try read(tiny.archive()) }
    #expect(message?.contains("no member") == true && message?.contains(name.split(separator: "/").last!) == true, "\(message ?? "no error")")
  }

  @Test func whatCannotBeOpenedAsAProgram() throws {
    func message(_ bytes: [UInt8]) throws -> String { try #require(try latheMessage { _ = try read(bytes) }) }
    #expect(try latheMessage { _ = try ExportedProgram.read(path: "/nowhere/at all.pt2") }?.hasSuffix("there is no such file") == true)
    #expect(try latheMessage { _ = try ExportedProgram.read(path: "/tmp") }?.hasSuffix("is a directory, not a file") == true)
    #expect(try message([]).hasSuffix("is empty"))
    #expect(try message(Array("hello".utf8)).contains("is not a zip archive"))
    let package = ZipBuilder([.init("m/data/aotinductor/model/x.so", "x"), .init("m/archive_format", "pt2")])
    #expect(try message(package.bytes()).contains("AOTInductor package"))
    #expect(try message(ZipBuilder([.init("a/data.pkl", "x"), .init("a/version", "3")]).bytes()).contains("torch.save"))
    #expect(try message(ZipBuilder([.init("a/data.pkl", "x"), .init("a/constants.pkl", "x")]).bytes()).contains("TorchScript"))
    #expect(try message(ZipBuilder([.init("readme", "x")]).bytes()).contains("not a program"))
  }

  @Test func stopsWhenCancelled() throws {
    struct Cancelled: Cancellation { var isCancelled: Bool { true } }
    let node = #", {"target": "torch.ops.aten.relu.default", "inputs": [{"name": "self", "arg": {"as_tensor": {"name": "x"}}}], "outputs": [], "metadata": {}}"#
    let large = TinyProgram().replacing("torch.nn.modules.linear.Linear\"}}", with: "torch.nn.modules.linear.Linear\"}}" + String(repeating: node, count: 5000))
    let file = try TemporaryFile(large.legacy())
    defer { withExtendedLifetime(file) {} }
    #expect(try ExportedProgram.read(path: file.path).graph.nodes.count == 5004)
    let error = #expect(throws: LatheError.self) { try ExportedProgram.read(path: file.path, cancellation: Cancelled()) }
    #expect(error?.kind == .cancelled)
  }
}
