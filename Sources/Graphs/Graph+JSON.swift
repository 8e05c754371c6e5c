import Foundations

extension Graph {
  /// The graph as JSON with every fact it holds: nodes, arguments, types, module stacks, source frames, subgraphs.
  package func json() -> [UInt8] {
    var result: [UInt8] = []
    writeJSON { result += $0 }
    return result
  }

  /// Writes the JSON piece by piece to `output`, each a few tens of kilobytes.
  package func writeJSON(_ output: ([UInt8]) throws -> Void) rethrows {
    var writer = JSONWriter()
    try write(to: &writer, output)
    try output(writer.drain() + [0x0A])
  }

  private func write(to writer: inout JSONWriter, _ output: ([UInt8]) throws -> Void) rethrows {
    writer.beginObject()
    writer.key("nodes")
    writer.beginArray()
    for index in nodes.indices {
      writer.breakLine()
      write(NodeID(index), to: &writer)
      if writer.bytes.count > 1 << 15 { try output(writer.drain()) }
    }
    writer.endArray()
    writer.key("outputs")
    writer.beginArray()
    for role in outputRoles { role.write(to: &writer) }
    writer.endArray()
    writer.key("returns_single_tensor")
    writer.value(returnsSingleTensor)
    writer.key("subgraphs")
    writer.beginArray()
    for subgraph in subgraphs {
      writer.beginObject()
      writer.key("name")
      writer.value(subgraph.name)
      writer.key("graph")
      try subgraph.graph.write(to: &writer, output)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
  }

  private func write(_ id: NodeID, to writer: inout JSONWriter) {
    let node = self[id]
    writer.beginObject()
    writer.key("name")
    writer.value(node.name)
    node.operation.write(to: &writer)
    if !node.arguments.isEmpty {
      writer.key("arguments")
      writer.beginArray()
      for argument in node.arguments {
        writer.beginObject()
        if !argument.name.isEmpty {
          writer.key("name")
          writer.value(argument.name)
        }
        if argument.isKeyword {
          writer.key("keyword")
          writer.value(true)
        }
        writer.key("value")
        write(argument.value, to: &writer)
        writer.endObject()
      }
      writer.endArray()
    }
    writer.key("type")
    node.type.write(to: &writer)
    if node.origin >= 0 {
      writer.key("origin")
      writer.value(Int(node.origin))
    }
    writeProvenance(of: id, to: &writer)
    writer.endObject()
  }

  private func writeProvenance(of id: NodeID, to writer: inout JSONWriter) {
    if self[id].moduleStack >= 0 {
      writer.key("module_stack")
      writer.beginArray()
      for scope in moduleStack(of: id) {
        writer.beginObject()
        writer.key("path")
        writer.value(scope.path)
        writer.key("type")
        writer.value(scope.type)
        writer.endObject()
      }
      writer.endArray()
    }
    if self[id].stackTrace >= 0 {
      writer.key("source")
      writer.beginArray()
      for frame in sourceFrames(of: id) {
        writer.beginObject()
        writer.key("file")
        writer.value(frame.file)
        writer.key("line")
        writer.value(frame.line)
        writer.key("function")
        writer.value(frame.function)
        writer.key("code")
        writer.value(frame.text)
        writer.endObject()
      }
      writer.endArray()
    }
  }

  private func write(_ argument: Argument, to writer: inout JSONWriter) {
    func tagged(_ tag: String, _ text: String) {
      writer.beginObject()
      writer.key(tag)
      writer.value(text)
      writer.endObject()
    }
    switch argument {
    case .none: writer.null()
    case .node(let id): tagged("node", self[id].name)
    case .int(.constant(let value)): writer.value(value)
    case .int(let value): tagged("symbolic", value.description)
    case .double(let value): writer.value(value)
    case .bool(let flag): writer.value(flag)
    case .string(let text): tagged("string", text)
    case .complex(let real, let imaginary):
      writer.beginObject()
      writer.key("real")
      writer.value(real)
      writer.key("imaginary")
      writer.value(imaginary)
      writer.endObject()
    case .dtype(let type): tagged("dtype", type.torchName)
    case .device(let text): tagged("device", text)
    case .layout(let text): tagged("layout", text)
    case .memoryFormat(let format): tagged("memory_format", format.torchName)
    case .list(let items):
      writer.beginArray()
      for item in items { write(item, to: &writer) }
      writer.endArray()
    case .subgraph(let index): tagged("subgraph", subgraphs[index].name)
    case .opaque(let tag, let text): tagged(tag, text)
    }
  }
}

extension Graph.Operation {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.key("operation")
    switch self {
    case .placeholder(let role):
      writer.value("input")
      writer.key("role")
      role.write(to: &writer)
    case .call(let name):
      writer.value("call")
      writer.key("target")
      writer.value(name.description)
    case .getItem(let index):
      writer.value("get_item")
      writer.key("index")
      writer.value(index)
    case .output: writer.value("output")
    }
  }
}

extension JSONWriter {
  /// An object of a kind and, where there is one, a target.
  fileprivate mutating func role(_ kind: String, _ target: String? = nil) {
    beginObject()
    key("kind")
    value(kind)
    if let target {
      key("target")
      value(target)
    }
    endObject()
  }
}

extension Graph.InputRole {
  fileprivate func write(to writer: inout JSONWriter) {
    switch self {
    case .user(let index): writer.role("user", "\(index)")
    case .parameter(let name): writer.role("parameter", name)
    case .buffer(let name, let persistent): writer.role(persistent ? "buffer" : "non_persistent_buffer", name)
    case .tensorConstant(let name): writer.role("tensor_constant", name)
    case .customObject(let name): writer.role("custom_object", name)
    case .token: writer.role("token")
    case .constant(let name, let value):
      writer.beginObject()
      writer.key("kind")
      writer.value("constant")
      writer.key("target")
      writer.value(name)
      writer.key("value")
      switch value {
      case .none: writer.null()
      case .int(let number): writer.value(number)
      case .double(let number): writer.value(number)
      case .bool(let flag): writer.value(flag)
      case .string(let text): writer.value(text)
      }
      writer.endObject()
    case .operand(let index): writer.role("operand", "\(index)")
    }
  }
}

extension Graph.OutputRole {
  fileprivate func write(to writer: inout JSONWriter) {
    switch self {
    case .user: writer.role("user")
    case .loss: writer.role("loss")
    case .bufferMutation(let name): writer.role("buffer_mutation", name)
    case .parameterMutation(let name): writer.role("parameter_mutation", name)
    case .userInputMutation(let name): writer.role("user_input_mutation", name)
    case .gradientToParameter(let name): writer.role("gradient_to_parameter", name)
    case .gradientToUserInput(let name): writer.role("gradient_to_user_input", name)
    case .token: writer.role("token")
    }
  }
}

extension ValueType {
  fileprivate func write(to writer: inout JSONWriter) {
    switch self {
    case .none: writer.null()
    case .tensor(let type):
      writer.beginObject()
      writer.key("dtype")
      writer.value(type.dtype.torchName)
      for (name, values) in [("sizes", type.sizes), ("strides", type.strides)] {
        writer.key(name)
        writer.beginArray()
        for value in values { value.constant.map { writer.value($0) } ?? writer.value(value.description) }
        writer.endArray()
      }
      writer.key("device")
      writer.value(type.device)
      writer.key("requires_grad")
      writer.value(type.requiresGradient)
      writer.endObject()
    case .int(let value):
      writer.beginObject()
      writer.key("int")
      value.constant.map { writer.value($0) } ?? writer.value(value.description)
      writer.endObject()
    case .double: writer.value("float")
    case .bool: writer.value("bool")
    case .list(let items):
      writer.beginArray()
      for item in items { item.write(to: &writer) }
      writer.endArray()
    case .other(let name):
      writer.beginObject()
      writer.key("other")
      writer.value(name)
      writer.endObject()
    }
  }
}
