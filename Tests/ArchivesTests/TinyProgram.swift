/// A program of one `linear` over `w` of 3×2, in the layouts of PyTorch 2.6 and 2.15; weights are 0, 1, 2, 3, 4, 5.
struct TinyProgram {
  var json: String = TinyProgram.text
  /// The raw bytes of `w`.
  var weights: [UInt8] = [Float](arrayLiteral: 0, 1, 2, 3, 4, 5).flatMap { withUnsafeBytes(of: $0) { Array($0) } }
  var version: String = "8.2"
  var missing: Set<String> = []
  /// The sizes that the weights' own description gives.
  var rows: Int = 3

  func replacing(_ old: String, with new: String) -> TinyProgram {
    var program = self
    precondition(json.contains(old), "the text to replace is there")
    program.json = json.replacing(old, with: new)
    return program
  }

  /// The zip of `serialized_*` files.
  func legacy() -> [UInt8] {
    var zip = ZipBuilder()
    let members: [(String, [UInt8])] = [
      ("serialized_exported_program.json", Array(json.utf8)), ("serialized_state_dict.pt", stateDictionary()), ("serialized_constants.pt", []),
      ("serialized_example_inputs.pt", []), ("version", Array(version.utf8)), ("extra_files/note.txt", Array("hello".utf8)),
    ]
    for (name, data) in members where !missing.contains(name) { zip.add(name, data) }
    return zip.bytes()
  }

  /// The PT2 archive.
  func archive() -> [UInt8] {
    var zip = ZipBuilder()
    let meta = #"{"dtype": 7, "sizes": [{"as_int": \#(rows)}, {"as_int": 2}], "requires_grad": true, "device": {"type": "cpu", "index": null}, "strides": [{"as_int": 2}, {"as_int": 1}], "storage_offset": {"as_int": 0}, "layout": 7}"#
    let config = #"{"config": {"w": {"path_name": "weight_0", "is_param": true, "use_pickle": false, "tensor_meta": \#(meta)}}}"#
    let members: [(String, [UInt8])] = [
      ("archive_format", Array("pt2".utf8)), ("archive_version", Array("0".utf8)), ("models/model.json", Array(json.utf8)),
      ("data/weights/weight_0", weights), ("data/weights/model_weights_config.json", Array(config.utf8)),
      ("data/constants/model_constants_config.json", Array(#"{"config": {}}"#.utf8)), ("data/sample_inputs/model.pt", []),
      (".data/version", Array("6\n".utf8)), ("extra/note.txt", Array("hello".utf8)),
    ]
    for (name, data) in members where !missing.contains(name) { zip.add("tiny/\(name)", data) }
    return zip.bytes()
  }

  /// What `torch.save({"w": Parameter(…)})` writes; the pickle is spelled out.
  private func stateDictionary() -> [UInt8] {
    var pickle: [UInt8] = [0x80, 2]
    func text(_ string: String) -> [UInt8] { [0x58, UInt8(string.utf8.count), 0, 0, 0] + Array(string.utf8) }
    func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }
    pickle += Array("}".utf8) + text("w") + global("torch._utils", "_rebuild_parameter")
    pickle += Array("(".utf8) + global("torch._utils", "_rebuild_tensor_v2") + Array("(".utf8)
    pickle += Array("(".utf8) + text("storage") + global("torch", "FloatStorage") + text("0") + text("cpu") + [0x4B, UInt8(rows * 2)] + Array("tQ".utf8)
    pickle += [0x4B, 0, 0x4B, UInt8(rows), 0x4B, 2, 0x86, 0x4B, 2, 0x4B, 1, 0x86, 0x88]
    pickle += global("collections", "OrderedDict") + Array(")RtR".utf8) + [0x88]
    pickle += global("collections", "OrderedDict") + Array(")RtRs.".utf8)
    return ZipBuilder([.init("archive/data.pkl", pickle), .init("archive/data/0", weights), .init("archive/version", "3\n")]).bytes()
  }

  static let text: String = #"""
    {"graph_module": {"graph": {
      "inputs": [{"as_tensor": {"name": "p_w"}}, {"as_tensor": {"name": "x"}}],
      "outputs": [{"as_tensor": {"name": "linear"}}],
      "nodes": [{"target": "torch.ops.aten.linear.default",
        "inputs": [{"name": "input", "arg": {"as_tensor": {"name": "x"}}}, {"name": "weight", "arg": {"as_tensor": {"name": "p_w"}}}],
        "outputs": [{"as_tensor": {"name": "linear"}}],
        "metadata": {"stack_trace": "  File \"m.py\", line 3, in forward\n    return self.l(x)\n",
          "nn_module_stack": "L__self__,,__main__.M;L__self__l@1,l,torch.nn.modules.linear.Linear"}}],
      "tensor_values": {
        "p_w": {"dtype": 7, "sizes": [{"as_int": 3}, {"as_int": 2}], "requires_grad": true, "device": {"type": "cpu"}, "strides": [{"as_int": 2}, {"as_int": 1}], "storage_offset": {"as_int": 0}, "layout": 7},
        "x": {"dtype": 7, "sizes": [{"as_expr": {"expr_str": "Symbol('s0', positive=True, integer=True)", "hint": {"as_int": 4}}}, {"as_int": 2}], "requires_grad": false, "device": {"type": "cpu"}, "strides": [{"as_int": 2}, {"as_int": 1}], "storage_offset": {"as_int": 0}, "layout": 7},
        "linear": {"dtype": 7, "sizes": [{"as_expr": {"expr_str": "Symbol('s0', positive=True, integer=True)", "hint": {"as_int": 4}}}, {"as_int": 3}], "requires_grad": true, "device": {"type": "cpu"}, "strides": [{"as_int": 3}, {"as_int": 1}], "storage_offset": {"as_int": 0}, "layout": 7}},
      "sym_int_values": {}, "sym_bool_values": {}, "is_single_tensor_return": false, "custom_obj_values": {}, "sym_float_values": {}},
      "signature": {"input_specs": [{"parameter": {"arg": {"name": "p_w"}, "parameter_name": "w"}}, {"user_input": {"arg": {"as_tensor": {"name": "x"}}}}],
        "output_specs": [{"user_output": {"arg": {"as_tensor": {"name": "linear"}}}}]},
      "module_call_graph": [{"fqn": "", "signature": {"inputs": [], "outputs": [],
        "in_spec": "[1, {\"type\": \"builtins.tuple\", \"context\": \"null\", \"children_spec\": [{\"type\": \"builtins.tuple\", \"context\": \"null\", \"children_spec\": []}, {\"type\": \"builtins.dict\", \"context\": \"[\\\"x\\\"]\", \"children_spec\": [{\"type\": null, \"context\": null, \"children_spec\": []}]}]}]",
        "out_spec": "[1, {\"type\": null, \"context\": null, \"children_spec\": []}]", "forward_arg_names": ["x"]}}],
      "metadata": {}},
     "opset_version": {"aten": 10}, "range_constraints": {"s0": {"min_val": 2, "max_val": 64}}, "schema_version": {"major": 8, "minor": 2},
     "verifiers": ["TRAINING"], "torch_version": "2.6.0"}
    """#
}
