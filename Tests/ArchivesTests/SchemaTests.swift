import Foundations
import Graphs
import Tensors
import Testing

@testable import Archives

/// The fields of `torch/_export/serde/schema.py` one by one.
struct SchemaTests {
  private static let meta = #"{"dtype": 7, "sizes": [{"as_int": 2}], "requires_grad": false, "device": {"type": "cpu", "index": null}, "strides": [{"as_int": 1}], "storage_offset": {"as_int": 0}, "layout": 7}"#

  /// A graph with the inputs x and y and the nodes given as JSON.
  private func graph(nodes: String, types: String = "", integers: String = "", rest: String = "") throws -> Graph {
    let text = #"""
      {"inputs": [{"as_tensor": {"name": "x"}}, {"as_tensor": {"name": "y"}}], "outputs": [{"as_tensor": {"name": "x"}}], "nodes": [\#(nodes)],
       "tensor_values": {"x": \#(SchemaTests.meta), "y": \#(SchemaTests.meta)\#(types)}, "sym_int_values": {\#(integers)}, "sym_bool_values": {}\#(rest)}
      """#
    let tables = ProgramTables()
    var bytes = text
    return try bytes.withUTF8 {
      var cursor = JSONCursor($0, subject: "t")
      var reader = GraphReader(tables: tables)
      let graph = try reader.read(&cursor)
      try cursor.expectEnd()
      return graph
    }
  }
  private func argument(_ json: String) throws -> Argument {
    let node = #"{"target": "torch.ops.aten.f.default", "inputs": [{"name": "a", "arg": \#(json), "kind": 2}], "outputs": [{"as_tensor": {"name": "f"}}], "metadata": {}}"#
    let graph = try graph(nodes: node)
    #expect(graph.nodes[2].arguments.map(\.name) == ["a"] && graph.nodes[2].arguments.map(\.isKeyword) == [true])
    return graph.nodes[2].arguments[0].value
  }

  private static let x = Argument.node(Graph.NodeID(0))
  private static let y = Argument.node(Graph.NodeID(1))
  static let arguments: [(String, Argument)] = [
    (#"{"as_none": true}"#, .none), (#"{"as_tensor": {"name": "x"}}"#, x), (#"{"as_tensors": [{"name": "x"}, {"name": "y"}]}"#, .list([x, y])),
    (#"{"as_tensors": []}"#, .list([])), (#"{"as_int": -3}"#, .int(-3)), (#"{"as_ints": [1, 9223372036854775807]}"#, .list([.int(1), .int(.constant(Int.max))])),
    (#"{"as_float": 0.5}"#, .double(0.5)), (#"{"as_float": 1}"#, .double(1)), (#"{"as_float": -Infinity}"#, .double(-.infinity)),
    (#"{"as_float": "Infinity"}"#, .double(.infinity)), (#"{"as_floats": [1.5, "-Infinity"]}"#, .list([.double(1.5), .double(-.infinity)])),
    (#"{"as_string": "mean"}"#, .string("mean")), (#"{"as_strings": ["a", "\u00e9"]}"#, .list([.string("a"), .string("é")])),
    (#"{"as_sym_int": {"as_name": "y"}}"#, y), (#"{"as_sym_int": {"as_int": 4}}"#, .int(4)),
    (#"{"as_sym_ints": [{"as_int": 4}, {"as_name": "x"}]}"#, .list([.int(4), x])), (#"{"as_scalar_type": 13}"#, .dtype(.bf16)),
    (#"{"as_scalar_type": 33}"#, .dtype(.f8e8m0fnu)), (#"{"as_scalar_type": 0}"#, .opaque(tag: "as_scalar_type", "0")),
    (#"{"as_memory_format": 2}"#, .memoryFormat(.channelsLast)), (#"{"as_layout": 7}"#, .layout("strided")), (#"{"as_layout": 1}"#, .layout("sparse_coo")),
    (#"{"as_device": {"type": "cuda", "index": 1}}"#, .device("cuda:1")), (#"{"as_device": {"type": "cpu", "index": null}}"#, .device("cpu")),
    (#"{"as_bool": false}"#, .bool(false)), (#"{"as_bools": [true, false]}"#, .list([.bool(true), .bool(false)])),
    (#"{"as_sym_bool": {"as_bool": true}}"#, .bool(true)), (#"{"as_sym_bools": [{"as_bool": true}, {"as_name": "x"}]}"#, .list([.bool(true), x])),
    (#"{"as_sym_float": {"as_float": 2.5}}"#, .double(2.5)), (#"{"as_sym_floats": [{"as_float": 2.5}, {"as_name": "y"}]}"#, .list([.double(2.5), y])),
    (#"{"as_optional_tensors": [{"as_tensor": {"name": "x"}}, {"as_none": true}]}"#, .list([x, .none])),
    (#"{"as_optional_tensor": {"as_none": true}}"#, .none), (#"{"as_optional_tensor": {"as_tensor": {"name": "y"}}}"#, y),
    (#"{"as_custom_obj": {"name": "q", "class_fqn": "__torch__.Q"}}"#, .opaque(tag: "as_custom_obj", "q: __torch__.Q")),
    (#"{"as_custom_obj": {"name": "x", "class_fqn": "__torch__.Q"}}"#, x), (#"{"as_operator": "torch.ops.aten.add.Tensor"}"#, .opaque(tag: "as_operator", "torch.ops.aten.add.Tensor")),
    (#"{"as_complex": {"real": 1.5, "imag": "Infinity"}}"#, .complex(1.5, .infinity)), (#"{"as_nested_tensors": [[{"name": "x"}], []]}"#, .list([.list([x]), .list([])])),
    (#"{"as_int_lists": [[1, 2], []]}"#, .list([.list([.int(1), .int(2)]), .list([])])), (#"{"as_float_lists": [[0.5]]}"#, .list([.list([.double(0.5)])])),
    (#"{"as_string_to_argument": {"k": {"as_tensor": {"name": "x"}}, "l": {"as_int": 1}}}"#, .list([.list([.string("k"), x]), .list([.string("l"), .int(1)])])),
    (#"{"as_future_thing": {"deep": [1, {"x": "}"}]}}"#, .opaque(tag: "as_future_thing", #"{"deep": [1, {"x": "}"}]}"#)),
    (#"{"as_int": 3, "as_tensor": null}"#, .int(3)),
  ]
  @Test(arguments: arguments)
  func readsEveryArgument(_ json: String, _ expected: Argument) throws { #expect(try argument(json) == expected) }

  @Test func readsNumbersThatAreNotNumbers() throws {
    guard case .double(let value) = try argument(#"{"as_float": NaN}"#), case .double(let text) = try argument(#"{"as_float": "NaN"}"#) else {
      Issue.record("not numbers")
      return
    }
    #expect(value.isNaN && text.isNaN)
  }

  /// Names of nodes as `torch.export.load` gives them: calls with several results are named after operator and overload up to schema
  /// 8.2 and by the field `name` later; their results are `getitem` nodes under the file's names.
  @Test func severalResultsBecomeElements() throws {
    func node(_ target: String, _ outputs: String, _ more: String = "") -> String {
      #"{"target": "torch.ops.\#(target)", "inputs": [{"name": "self", "arg": {"as_tensor": {"name": "x"}}}], "outputs": [\#(outputs)], "metadata": {}\#(more)}"#
    }
    func names(_ nodes: String...) throws -> [String] { try graph(nodes: nodes.joined(separator: ", ")).nodes.dropFirst(2).dropLast().map(\.name) }
    let pair = #"{"as_tensor": {"name": "getitem"}}, {"as_tensor": {"name": "getitem_1"}}"#
    #expect(try names(node("aten.max.dim", pair)) == ["max_dim", "getitem", "getitem_1"])
    #expect(try names(node("aten.max.dim", pair, #", "name": "max_1""#)) == ["max_1", "getitem", "getitem_1"])
    #expect(try names(node("aten.split.Tensor", #"{"as_tensors": [{"name": "a"}, {"name": "b"}]}"#)) == ["split_tensor", "a", "b"])
    #expect(
      try names(node("aten.max.dim", pair), node("aten.max.dim", #"{"as_tensor": {"name": "m"}}, {"as_tensor": {"name": "m_unused_1"}}"#))
        == ["max_dim", "getitem", "getitem_1", "max_dim_1", "m", "m_unused_1"])
    // A list among the results has a node of its own, and a result that is None too.
    #expect(
      try names(node("aten.f.default", #"{"as_tensor": {"name": "a"}}, {"as_tensors": [{"name": "b"}, {"name": "c"}]}, {"as_none": true}"#))
        == ["f_default", "a", "getitem", "b", "c", "as_none"])
    // Higher-order operators with a tuple of one: 2.6 writes as_tensors, 2.15 says so.
    #expect(try names(node("higher_order.cond", #"{"as_tensors": [{"name": "getitem"}]}"#)) == ["cond", "getitem"])
    #expect(try names(node("higher_order.cond", #"{"as_tensor": {"name": "getitem"}}"#, #", "is_hop_single_tensor_return": false, "name": "cond""#)) == ["cond", "getitem"])
    #expect(try names(node("higher_order.wrap", #"{"as_tensor": {"name": "wrap"}}"#, #", "is_hop_single_tensor_return": true, "name": "wrap""#)) == ["wrap"])
    #expect(try names(node("higher_order.wrap", #"{"as_tensor": {"name": "wrap"}}"#)) == ["wrap"])
    #expect(try names(node("aten._assert_scalar.default", "")) == ["_assert_scalar_default"])
  }

  @Test func elementsKnowTheirCallAndTheirTypes() throws {
    let node = #"{"target": "torch.ops.aten.max.dim", "inputs": [], "outputs": [{"as_tensor": {"name": "a"}}, {"as_tensor": {"name": "b"}}], "metadata": {"nn_module_stack": "L__self__,,M", "stack_trace": "T"}}"#
    let graph: Graph = try graph(nodes: node, types: #", "a": \#(SchemaTests.meta), "b": \#(SchemaTests.meta)"#)
    let type = ValueType.tensor(TensorType(dtype: .f32, sizes: [2]))
    #expect(graph.nodes[2].type == .list([type, type]))
    #expect(graph.nodes[3].operation == .getItem(0) && graph.nodes[4].operation == .getItem(1))
    #expect(graph.nodes[4].arguments == [NamedArgument(.node(Graph.NodeID(2)))])
    #expect(graph.nodes[4].moduleStack == 0 && graph.nodes[4].stackTrace == 0)
  }

  @Test func symbolicValuesHaveTypes() throws {
    let node = #"{"target": "torch.ops.aten.sym_size.int", "inputs": [], "outputs": [{"as_sym_int": {"as_name": "n"}}], "metadata": {}}, {"target": "_operator.mul", "inputs": [{"name": "a", "arg": {"as_sym_int": {"as_name": "n"}}}, {"name": "b", "arg": {"as_int": 2}}], "outputs": [{"as_sym_int": {"as_name": "mul"}}], "metadata": {}}"#
    let graph: Graph = try graph(
      nodes: node,
      integers: #""n": {"as_expr": {"expr_str": "Symbol('s0', positive=True, integer=True)", "hint": null}}, "mul": {"as_expr": {"expr_str": "2*s0", "hint": {"as_int": 6}}}"#)
    #expect(graph.nodes[2].type == .int(SymbolicInt(symbol: "s0")))
    #expect(graph.nodes[3].type == .int(SymbolicInt(symbol: "s0") * 2))
    #expect(graph.readableLine(Graph.NodeID(3)) == "mul: \"Sym(2*s0)\" = n * 2")
  }

  @Test(arguments: [
    ("L__self__,,__main__.M;L__self__l@1,l,torch.nn.Linear", [("", "__main__.M"), ("l", "torch.nn.Linear")]),
    ("L__self__,L__self__,M;L__self___a,L__self___a,N", [("", "M"), ("a", "N")]),
    ("L__self__,L['self'],M;L__self___layers_0,L['self'].layers.0,N", [("", "M"), ("layers.0", "N")]),
    ("L__self__,,M;k,layers.slice(1, None, None),N;k2,layers.slice(1, None, None).0@2,P", [("", "M"), ("layers.slice(1, None, None)", "N"), ("layers.slice(1, None, None).0", "P")]),
    ("", []),
  ] as [(String, [(String, String)])])
  func moduleStacks(_ text: String, _ expected: [(String, String)]) {
    #expect(parseModuleStack(text) == expected.map { ModuleScope(path: $0.0, type: $0.1) })
  }

  @Test func treesOfValues() throws {
    func leaf() -> String { #"{"type": null, "context": null, "children_spec": []}"# }
    #expect(try TreeSpec.parse("[1, \(leaf())]", subject: "t") == .leaf)
    #expect(try TreeSpec.parse(leaf(), subject: "t") == .leaf)
    let dictionary = #"[1, {"type": "builtins.dict", "context": "[\"a\", 3]", "children_spec": [\#(leaf()), {"type": "builtins.list", "context": "null", "children_spec": [\#(leaf())]}]}]"#
    let spec: TreeSpec = try TreeSpec.parse(dictionary, subject: "t")
    #expect(spec == .dictionary(keys: ["\"a\"", "3"], [.leaf, .list([.leaf])]))
    #expect(spec.leafPaths() == ["['a']", "[3][0]"])
    let tuple = #"[1, {"type": "collections.namedtuple", "context": "\"m.Point\"", "children_spec": [\#(leaf()), \#(leaf())]}]"#
    #expect(try TreeSpec.parse(tuple, subject: "t") == .other(type: "collections.namedtuple", context: "\"m.Point\"", [.leaf, .leaf]))
    for wrong in ["[2, \(leaf())]", "[]", "3", #"[1, {"type": "builtins.dict", "context": "[]", "children_spec": [\#(leaf())]}]"#, "[1, {\"type\": null}]"] {
      #expect(throws: LatheError.self) { try TreeSpec.parse(wrong, subject: "t") }
    }
    let deep = String(repeating: #"{"type": "builtins.tuple", "context": "null", "children_spec": ["#, count: 50_000)
    #expect(throws: LatheError.self) { try TreeSpec.parse("[1, \(deep)", subject: "t") }
  }

  @Test func subgraphsNestButNotWithoutEnd() throws {
    func nested(_ depth: Int) -> String {
      if depth == 0 { return "" }
      let inner = #"{"inputs": [{"as_tensor": {"name": "x"}}, {"as_int": 3}], "outputs": [{"as_tensor": {"name": "x"}}, {"as_int": 7}], "nodes": [\#(nested(depth - 1))], "tensor_values": {}, "is_single_tensor_return": true}"#
      return #"{"target": "torch.ops.higher_order.wrap", "inputs": [{"name": "", "arg": {"as_graph": {"name": "body", "graph": \#(inner)}}}], "outputs": [], "metadata": {}}"#
    }
    let graph: Graph = try graph(nodes: nested(3))
    let body: Graph = graph.subgraphs[0].graph.subgraphs[0].graph
    #expect(body.nodes.map(\.name) == ["x", "arg1", "wrap", "output"])
    #expect(body.nodes[0].operation == .placeholder(.operand(0)) && body.nodes[1].operation == .placeholder(.operand(1)))
    #expect(body.outputs == [SchemaTests.x, .int(7)])
    #expect(body.returnsSingleTensor && !graph.returnsSingleTensor)
    #expect(throws: LatheError.self) { try self.graph(nodes: nested(200)) }
    let arguments = String(repeating: #"{"as_optional_tensor": "#, count: 20_000)
    #expect(throws: LatheError.self) { try argument(arguments) }
  }

  @Test func weightsThatShareBytesShareAStorage() throws {
    let meta = #""is_param": true, "use_pickle": false, "tensor_meta": {"dtype": 7, "sizes": [{"as_int": 2}, {"as_int": 3}], "requires_grad": true, "device": {"type": "cpu"}, "strides": [{"as_int": 1}, {"as_int": 2}], "storage_offset": {"as_int": 0}, "layout": 7}"#
    let file = try TemporaryFile(TinyProgram().archive())
    defer { withExtendedLifetime(file) {} }
    let archive = try ZipArchive(ByteRegion(MappedFile(path: file.path)), subject: "t")
    var zip = ZipBuilder()
    for entry in archive.entries {
      let data = try archive.read(entry.name).withBytes { Array($0) }
      guard entry.name.hasSuffix("model_weights_config.json") else {
        zip.add(entry.name, data)
        continue
      }
      zip.add(entry.name, String(decoding: data.dropLast(2), as: UTF8.self) + #", "w.t": {"path_name": "weight_0", \#(meta)}}}"#)
    }
    let shared = try TemporaryFile(zip.bytes())
    let state = try withExtendedLifetime(shared) { try ExportedProgram.read(path: shared.path).state }
    let (w, t): (Tensor, Tensor) = (try #require(state["w"]), try #require(state["w.t"]))
    #expect(w.storage === t.storage)
    #expect((t.sizes, t.strides) == ([2, 3], [1, 2]))
  }
}
