import Foundations

// The events that a compilation makes, in about the order in which PyTorch writes them. Each function is named for what happened; the
// event's key is PyTorch's. `origin` is where the caller is, and now, where it is not given.
extension TraceWriter {
  /// A size or a stride: a number or an expression over symbols, for example `2*s0`.
  package enum Size: Hashable, Sendable {
    case number(Int)
    case symbol(String)
    var json: JSONValue {
      switch self {
      case .number(let number): .int(number)
      case .symbol(let text): .string(text)
      }
    }
  }

  /// `recompile_reasons`: every cached entry's failed guard, for example `0/1: L['k'] == 2`. It comes before `start`.
  package func recompileReasons(_ reasons: [String], of attempt: Attempt, at origin: Origin = Origin()) {
    artifact("recompile_reasons", encoding: "json", .list(reasons.map { .string($0) }), of: attempt, at: origin)
  }

  /// `dynamo_start`: the first attempt begins; the code object's frame is the last of the stack.
  package func start(stack: [SourceFrame], of attempt: Attempt, at origin: Origin = Origin()) {
    write("dynamo_start", of: attempt, at: origin) { strings in members(["stack": strings.frames(stack)]) }
  }

  /// `describe_storage`: memory of an input, in bytes. `describer` numbers the attempt that describes, `number` the storage in it.
  package func storage(_ number: Int, describer: Int, bytes: Int, of attempt: Attempt, at origin: Origin = Origin()) {
    write("describe_storage", of: attempt, at: origin) { _ in members(["id": .int(number), "describer_id": .int(describer), "size": .int(bytes)]) }
  }

  /// `describe_tensor` and `describe_source`: an input, its memory described before.
  /// - Parameters:
  ///   - dtype: PyTorch's name, for example `torch.float32`.
  ///   - device: for example `cpu`.
  ///   - source: for example `L['x']`.
  package func tensor(
    _ number: Int, describer: Int, dtype: String, device: String = "cpu", sizes: [Size], strides: [Size], storage: Int, isLeaf: Bool = true,
    requiresGrad: Bool = false, isParameter: Bool = false, source: String?, of attempt: Attempt, at origin: Origin = Origin()
  ) {
    write("describe_tensor", of: attempt, at: origin) { _ in
      var facts: [JSONValue.Member] = [
        .init(key: "id", value: .int(number)), .init(key: "ndim", value: .int(sizes.count)), .init(key: "dtype", value: .string(dtype)),
        .init(key: "device", value: .string("device(type='\(device)')")), .init(key: "size", value: .array(sizes.map(\.json))),
      ]
      for (key, flag) in [("is_leaf", isLeaf), ("requires_grad", requiresGrad), ("is_parameter", isParameter)] where flag {
        facts.append(.init(key: key, value: .bool(true)))
      }
      facts += [
        .init(key: "stride", value: .array(strides.map(\.json))), .init(key: "storage", value: .int(storage)),
        .init(key: "describer_id", value: .int(describer)),
      ]
      return .object(facts)
    }
    guard let source else { return }
    write("describe_source", of: attempt, at: origin) { _ in
      members(["describer_id": .int(describer), "id": .int(number), "source": .string(source)])
    }
  }

  /// `create_symbol`, or `create_unbacked_symbol` where there is no value.
  /// - Parameters:
  ///   - range: as PyTorch writes it, for example `[2, int_oo]`.
  ///   - source: for example `L['x'].size()[0]`.
  package func symbol(
    _ name: String, value: String?, range: String, source: String?, userStack: [SourceFrame] = [], stack: [SourceFrame] = [], of attempt: Attempt,
    at origin: Origin = Origin()
  ) {
    write(value == nil ? "create_unbacked_symbol" : "create_symbol", of: attempt, at: origin) { strings in
      var facts: [JSONValue.Member] = [.init(key: "symbol", value: .string(name))]
      if let value { facts.append(.init(key: "val", value: .string(value))) }
      facts.append(.init(key: "vr", value: .string(range)))
      if let source { facts.append(.init(key: "source", value: .string(source))) }
      facts += [.init(key: "user_stack", value: strings.frames(userStack)), .init(key: "stack", value: strings.frames(stack))]
      return .object(facts)
    }
  }

  /// `dynamo_graph_break_reason`, in 2.6's words: where the graph could not go on. The user's frames end at the line.
  package func graphBreak(reason: String, userStack: [SourceFrame], of attempt: Attempt, at origin: Origin = Origin()) {
    let place: SourceFrame? = userStack.last
    var text: String = "Graph break in user code at \(place?.file ?? "(unknown)"):\(place?.line ?? 0)\nReason: \(reason)\nUser code traceback:\n"
    for frame in userStack {
      text += "  File \"\(frame.file)\", line \(frame.line), in \(frame.function)\n"
      if !frame.text.isEmpty { text += "    \(frame.text)\n" }
    }
    artifact("dynamo_graph_break_reason", encoding: "string", .text(text + "\n"), of: attempt, at: origin)
  }

  /// `dynamo_output_graph`: the captured graph as text, and each node's sizes.
  package func capturedGraph(_ text: String, sizes: [(node: String, sizes: [Size])], of attempt: Attempt, at origin: Origin = Origin()) {
    write("dynamo_output_graph", of: attempt, payload: .text(text), at: origin) { _ in
      members(["sizes": .object(sizes.map { .init(key: $0.node, value: .array($0.sizes.map(\.json))) })])
    }
  }

  /// `aot_inference_graph`: the graph of functional ATen operators.
  package func inferenceGraph(_ text: String, of attempt: Attempt, at origin: Origin = Origin()) {
    write("aot_inference_graph", of: attempt, payload: .text(text), at: origin)
  }
  /// `inductor_post_grad_graph`: the graph that the passes left.
  package func loweredGraph(_ text: String, of attempt: Attempt, at origin: Origin = Origin()) {
    write("inductor_post_grad_graph", of: attempt, payload: .text(text), at: origin)
  }
  /// `inductor_output_code`: the generated code, and the file it was put in.
  package func code(_ text: String, file: String, of attempt: Attempt, at origin: Origin = Origin()) {
    write("inductor_output_code", of: attempt, payload: .text(text), at: origin) { _ in members(["filename": .string(file)]) }
  }
  /// `dynamo_cpp_guards_str`: the guards as a tree in text.
  package func guards(_ text: String, of attempt: Attempt, at origin: Origin = Origin()) {
    write("dynamo_cpp_guards_str", of: attempt, payload: .text(text), at: origin)
  }

  /// `artifact`: any other text, by a name of its own.
  /// - Parameter encoding: `string` or `json`.
  package func artifact(_ name: String, encoding: String, _ payload: Payload, of attempt: Attempt?, at origin: Origin = Origin()) {
    write("artifact", of: attempt, payload: payload, at: origin) { _ in members(["name": .string(name), "encoding": .string(encoding)]) }
  }
}
