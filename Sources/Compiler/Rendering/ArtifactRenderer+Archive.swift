import Foundations
import Graphs
import Operators

// What an artifact for an archive does beside: it checks its inputs, writes back what the program writes, and leaves operators to
// whoever loads it.

extension ArtifactRenderer {
  // MARK: Inputs

  /// Refuses sizes that do not fit each other or that compiling did not count on, and lays inputs out.
  mutating func checkInputs(_ archive: ArchiveInterface) throws {
    let graph: Graph = schedule.graph
    var checked: Set<String> = []
    for (number, id) in schedule.inputs.enumerated() {
      guard let type = graph[id].type.tensor else { continue }
      for (dimension, size) in type.sizes.enumerated() where !size.isConstant {
        let expected: String = try CText.size(size)
        let place: String = "input \(CText.inner(graph[id].name)) has size %lld in dimension \(dimension)"
        lines.append("{ int64_t size; LATHE_TRY(aoti_torch_get_size(call->inputs[\(number)], \(dimension), &size));")
        lines.append("  LATHE_CHECK(size == \(expected), \"\(place) where \(CText.inner(size.description)) = %lld is needed\", (long long)size, (long long)(\(expected)));")
        // A range that begins at 2 says that export looked at no smaller sizes, not that the program refuses them.
        if let range = archive.ranges[size.description], checked.insert(size.description).inserted {
          let least: Int? = range.minimum.flatMap { $0 > 2 ? $0 : nil }
          let conditions: [String] = (least.map { ["size >= \($0)"] } ?? []) + (range.maximum.map { ["size <= \($0)"] } ?? [])
          if !conditions.isEmpty {
            let text: String = "[\(least.map(String.init) ?? "0"), \(range.maximum.map(String.init) ?? "∞")]"
            lines.append("  LATHE_CHECK(\(conditions.joined(separator: " && ")), \"\(place), outside the range \(CText.inner(text)) of \(CText.inner(size.description))\", (long long)size);")
          }
        }
        lines.append("}")
      }
    }
    for decision in archive.decisions where decision.left.symbols.union(decision.right.symbols).isSubset(of: known) {
      let text: String = "\(decision.left) \(decision.relation.rawValue) \(decision.right)"
      lines.append("LATHE_CHECK(\(try CText.size(decision.left)) \(decision.relation.rawValue) \(try CText.size(decision.right)), \"the program was compiled for sizes with \(CText.inner(text))\");")
    }
    let written: Set<String> = Set(graph.outputRoles.compactMap { if case .userInputMutation(let name) = $0 { name } else { nil } })
    for (number, id) in schedule.inputs.enumerated() {
      guard let type = graph[id].type.tensor, type.rank > 0, type.strides.allSatisfy({ $0.symbols.isSubset(of: known) }) else { continue }
      var original: String = "NULL"
      if written.contains(graph[id].name) {
        originals[graph[id].name] = (number, slots)
        original = "&call->temporaries[\(slots)]"
        slots += 1
      }
      lines.append("LATHE_TRY(lathe_lay_input(call, \(number), \(type.rank), \(try list(type.strides)), \(original)));")
    }
  }

  /// The table of what inputs must be.
  func inputTable() -> String {
    var (text, rows) = ("", [String]())
    for (number, id) in schedule.inputs.enumerated() {
      let type: TensorType = schedule.graph[id].type.tensor ?? TensorType(dtype: .i64, sizes: [])
      let sizes: [String] = type.sizes.map { $0.constant.map(String.init) ?? "-1" }
      if !sizes.isEmpty { text += "static const int64_t input_sizes_\(number)[] = {\(sizes.joined(separator: ", "))};\n" }
      rows.append("{\(type.dtype.c10), \(type.rank), \(sizes.isEmpty ? "NULL" : "input_sizes_\(number)")}")
    }
    return rows.isEmpty ? "" : text + "static const lathe_input_info inputs[] = {\(rows.joined(separator: ", "))};\n"
  }

  // MARK: Outputs

  /// Gives the user's outputs, all as tensors, and writes what the program writes to inputs and buffers.
  mutating func giveArchiveOutputs() throws {
    let graph: Graph = schedule.graph
    var (number, writes) = (0, [String]())
    for (index, argument) in graph.outputs.enumerated() {
      let view: Schedule.View? = index < schedule.outputs.count ? schedule.outputs[index] : nil
      switch index < graph.outputRoles.count ? graph.outputRoles[index] : .user {
      case .user, .loss:
        try giveOutput(argument, view, number)
        number += 1
      case .bufferMutation(let name), .parameterMutation(let name):
        guard let view, let constant = schedule.constants.firstIndex(where: { graph[$0].holds(name) }) else { continue }
        writes.append("LATHE_TRY(aoti_torch_copy_(call->constants[\(constant)], \(try whole(view)), 0));")
      case .userInputMutation(let name):
        guard let view, let input = schedule.inputs.firstIndex(where: { graph[$0].name == name }) else { continue }
        let source: String = try whole(view)
        if let (input, slot) = originals[name] {
          writes.append("LATHE_TRY(aoti_torch_copy_(call->temporaries[\(slot)] ? call->temporaries[\(slot)] : call->inputs[\(input)], \(source), 0));")
        } else {
          writes.append("LATHE_TRY(aoti_torch_copy_(call->inputs[\(input)], \(source), 0));")
        }
      case .token: continue
      case .gradientToParameter, .gradientToUserInput: throw LatheError.unsupported("a program that gives gradients cannot be packaged")
      }
    }
    lines += writes
  }

  private mutating func giveOutput(_ argument: Argument, _ view: Schedule.View?, _ number: Int) throws {
    let place: String = "&call->outputs[\(number)]"
    if let view {
      if isLent(view.buffer) {
        lines.append("LATHE_TRY(lathe_copy_tensor(\(try whole(view)), \(place)));")
      } else if isWhole(view) {
        lines.append("LATHE_TRY(aoti_torch_assign_tensors_out(\(handle(view.buffer)), \(place)));")
      } else {
        lines.append(try reinterpretation(of: view, into: place))
      }
      return
    }
    switch argument {
    case .int(let size):
      guard size.symbols.isSubset(of: known) else { throw LatheError.unsupported("output \(number) is the size \(size), which only the run reveals") }
      lines.append("LATHE_TRY(aoti_torch_scalar_to_tensor_int64(\(try CText.size(size)), \(place)));")
    case .double(let value): lines.append("LATHE_TRY(aoti_torch_scalar_to_tensor_float64(\(CText.number(value, "")), \(place)));")
    case .bool(let flag): lines.append("LATHE_TRY(aoti_torch_scalar_to_tensor_bool(\(flag), \(place)));")
    case .none: lines.append("LATHE_TRY(aoti_torch_new_uninitialized_tensor(\(place)));")
    case .node(let id) where schedule.graph[id].type == .none: lines.append("LATHE_TRY(aoti_torch_new_uninitialized_tensor(\(place)));")
    default: throw LatheError.unsupported("output \(number) is no tensor and no number that is known before the run, so it cannot be packaged")
    }
  }

  /// Whether an output has to be a copy: the caller may change what it gets, or the program its buffers at the next call.
  private func isLent(_ buffer: Schedule.BufferID) -> Bool {
    switch schedule[buffer].origin {
    case .constant: true
    case .input: archive?.givesNoInputs ?? false
    default: false
    }
  }

  private func isWhole(_ view: Schedule.View) -> Bool {
    let type: TensorType = schedule[view.buffer].type
    return view.sizes == type.sizes && view.strides == type.strides && view.offset == 0
  }

  private mutating func reinterpretation(of view: Schedule.View, into place: String) throws -> String {
    "LATHE_TRY(aoti_torch__reinterpret_tensor(\(handle(view.buffer)), \(view.sizes.count), \(try list(view.sizes)), \(try list(view.strides)), \(try CText.size(view.offset)), \(place)));"
  }

  /// A handle of the view.
  private mutating func whole(_ view: Schedule.View) throws -> String {
    if isWhole(view) { return handle(view.buffer) }
    lines.append(try reinterpretation(of: view, into: "&call->temporaries[\(slots)]"))
    slots += 1
    return "call->temporaries[\(slots - 1)]"
  }

  // MARK: Operator calls

  /// A call that whoever loads the archive makes: PyTorch's proxy executor takes all tensors and integers, in the schema's order.
  mutating func runOutside(_ call: Schedule.OperatorCall, _ number: Int, environment: ShapeEnvironment) throws {
    let graph: Graph = schedule.graph
    let node: Graph.Node = graph[call.node]
    if let choice = call.record.choice { return try choose(call, choice, number, environment) }
    if let loop = call.record.loop { return try repeated(call, loop, number, environment) }
    guard !call.record.takesGraphs else { throw LatheError.unsupported("node \(node.name): \(call.record.name) runs graphs of its own, which cannot be packaged yet") }
    let (handles, bound) = try bind(call, environment)
    if call.results.isEmpty, call.numbers.count == 1, call.record.schema.results == ["Scalar"], let tensor = handles.values.first, handles.count == 1 {
      return try readNumber(call, node, tensor, number)
    }
    guard call.numbers.isEmpty else { throw LatheError.unsupported("node \(node.name): \(call.record.name) gives numbers, which another program cannot hand over") }
    let external = try ExternalNode(bound, name: node.name, type: node.type)
    var tensors: [String] = []
    func collect(_ value: Value) {
      switch value {
      case .node(let id, _): if let handle = handles[id] { tensors.append(handle) }
      case .list(let items): for item in items { collect(item) }
      default: break
      }
    }
    for value in bound.values { collect(value) }
    let function: String? = try directCall(call, bound, handles, number)
    if function != nil { lines.append("else {") }
    for result in call.results {
      lines.append("LATHE_TRY(aoti_torch_new_uninitialized_tensor(&\(handle(result))));")
      tensors.append(handle(result))
    }
    let integers: [String] = try external.integers.map { try CText.size($0) }
    let index: Int = function == nil ? externalNodes.count : RenderedArtifact.firstDirectNode + directNodes.count
    lines.append(
      "LATHE_KERNEL(call, \(number), LATHE_TRY(aoti_torch_proxy_executor_call_function(call->proxy, \(index), \(integers.count), \(integers.isEmpty ? "NULL" : "(int64_t[]){\(integers.joined(separator: ", "))}"), \(tensors.count), (AtenTensorHandle[]){\(tensors.joined(separator: ", "))})));")
    if function == nil { externalNodes.append(external) } else { directNodes.append(external) }
    if function != nil { lines.append("}") }
  }

  /// A call of the operator's own stable C function where the host has it, since PyTorch 2.6's proxy executor finds no overloads with names;
  /// its parameters follow from the schema (`torchgen/gen_aoti_c_shim.py`). Nil where there is no such function, or one with other parameters than these.
  private mutating func directCall(_ call: Schedule.OperatorCall, _ bound: OperatorCall, _ handles: [Graph.NodeID: String], _ number: Int) throws -> String? {
    let name: OperatorName = bound.schema.name
    guard let archive, !["", "default"].contains(name.overload), let function = archive.function(name), bound.schema.results.allSatisfy({ $0 == "Tensor" }) else { return nil }
    var (types, values): ([String], [String]) = ([], [])
    for (parameter, value) in zip(bound.schema.parameters, bound.values) {
      switch (parameter.type, value) {
      case ("Tensor", .node(let id, _)):
        guard let handle = handles[id] else { return nil }
        types.append("AtenTensorHandle")
        values.append(handle)
      case ("Tensor?[]", .list(let items)):
        var pointers: [String] = []
        for item in items {
          if case .node(let id, _) = item, let handle = handles[id] { pointers.append("&\(handle)") } else { pointers.append("NULL") }
        }
        types += ["const AtenTensorHandle **", "int64_t"]
        values += ["(const AtenTensorHandle *[]){\((pointers + ["NULL"]).joined(separator: ", "))}", "\(items.count)"]
      case ("int", .int(let size)), ("SymInt", .int(let size)):
        types.append("int64_t")
        values.append(try CText.size(size))
      case ("bool", .bool(let flag)):
        types.append("int32_t")
        values.append(flag ? "1" : "0")
      default: return nil
      }
    }
    for result in call.results {
      types.append("AtenTensorHandle *")
      values.append("&\(handle(result))")
    }
    declarations.insert("extern AOTITorchError \(function)(\(types.joined(separator: ", "))) __attribute__((weak, visibility(\"default\")));")
    lines.append("if (\(function)) { LATHE_KERNEL(call, \(number), LATHE_TRY(\(function)(\(values.joined(separator: ", "))))); }")
    return function
  }

  /// Handles of the node's tensors, and its arguments by parameter.
  mutating func bind(_ call: Schedule.OperatorCall, _ environment: ShapeEnvironment) throws -> (handles: [Graph.NodeID: String], bound: OperatorCall) {
    let graph: Graph = schedule.graph
    let node: Graph.Node = graph[call.node]
    var handles: [Graph.NodeID: String] = [:]
    // The schedule has views in the order in which the arguments are met.
    var views: ArraySlice<Schedule.View> = call.tensors[...]
    for argument in node.arguments {
      var ids: [Graph.NodeID] = []
      argument.value.forEachNode { if graph[$0].type.tensor != nil { ids.append($0) } }
      for id in ids {
        guard let view = views.popFirst() else { break }
        handles[id] = try whole(view)
      }
    }
    let subgraphs: [SubgraphReference] = graph.subgraphs.map { SubgraphReference(name: $0.name, graph: $0.graph) }
    let values: [(name: String, value: Value)] = node.arguments.map { ($0.name, value(of: $0.value, in: graph, subgraphs)) }
    return (handles, try OperatorCall(call.record.schema, values, environment: environment))
  }

  /// The layout that later steps count on, once the sizes that the call revealed are known.
  mutating func layOutResults(_ call: Schedule.OperatorCall) throws {
    for result in call.results {
      let type: TensorType = schedule[result].type
      guard type.rank > 0, type.strides.allSatisfy({ $0.symbols.isSubset(of: known) }) else { continue }
      lines.append("if (lathe_lay_result(&\(handle(result)), \(type.rank), \(try list(type.strides)))) return 1;")
    }
  }

  /// The number that a tensor holds.
  private mutating func readNumber(_ call: Schedule.OperatorCall, _ node: Graph.Node, _ tensor: String, _ number: Int) throws {
    guard let type = call.tensors.first?.dtype, type == .i64 else {
      throw LatheError.unsupported("node \(node.name): \(call.record.name) reads a number of another type than int64, which cannot be packaged")
    }
    guard known.insert(call.numbers[0]).inserted else { return }
    lines.append("int64_t \(CText.symbol(call.numbers[0]));")
    lines.append("LATHE_KERNEL(call, \(number), LATHE_TRY(aoti_torch_item_int64(\(tensor), &\(CText.symbol(call.numbers[0])))));")
  }

  private func value(of argument: Argument, in graph: Graph, _ subgraphs: [SubgraphReference]) -> Value {
    switch argument {
    case .node(let id):
      switch graph[id].type {
      case .tensor(let type): .node(id, type)
      case .int(let size): .int(size)
      case .none: .none
      default: .opaque(tag: "\(graph[id].type)", graph[id].name)
      }
    case .list(let items): .list(items.map { value(of: $0, in: graph, subgraphs) })
    default: GraphPlan.constant(argument, subgraphs)
    }
  }
}

extension Graph.Node {
  /// Whether it is the placeholder of that parameter or buffer.
  fileprivate func holds(_ name: String) -> Bool {
    switch operation {
    case .placeholder(.parameter(name)), .placeholder(.buffer(name, _)): true
    default: false
    }
  }
}

extension CText {
  /// Text inside a string literal that is a format.
  static func inner(_ text: String) -> String { String(string(text).dropFirst().dropLast()).replacing("%", with: "%%") }
}
