import Foundations

/// What the readable form of a graph shows beside its nodes.
package struct ReadableOptions: Sendable {
  /// Comments that name the line of the user's model a run of nodes came from.
  package var showsSource: Bool
  /// `;  x = y = None` after the last use of values.
  package var showsLastUses: Bool
  package init(showsSource: Bool = true, showsLastUses: Bool = false) {
    (self.showsSource, self.showsLastUses) = (showsSource, showsLastUses)
  }
}

extension Graph {
  /// The graph as Python text, as `ExportedProgram.graph_module.print_readable()` of PyTorch shows it.
  ///
  /// Differs from PyTorch in three places: the types of truth values other than comparisons of integers, and of floating-point
  /// numbers, are shown as `Sym(bool)` and `Sym(float)` instead of their expressions; an argument is shown with its name only
  /// where that is known (files before PyTorch 2.8 do not say, so it takes an operator that Lathe has; see `markKeywords`); an
  /// input named like a Python builtin has no second line `input_1 = input`.
  package func readable(_ options: ReadableOptions = ReadableOptions()) -> String {
    var text = ""
    write(to: &text, options)
    return text
  }

  /// Writes the readable form piece by piece.
  package func write(to stream: inout some TextOutputStream, _ options: ReadableOptions = ReadableOptions()) {
    write(className: "GraphModule", indent: "", to: &stream, options)
  }

  private func write(className: String, indent: String, to stream: inout some TextOutputStream, _ options: ReadableOptions) {
    stream.write("\(indent)class \(className)(torch.nn.Module):\n")
    let parameters = placeholders.map { id in ", \(self[id].name)\(annotation(self[id]))" }.joined()
    stream.write("\(indent)    def forward(self\(parameters)):\n")
    let lastUses: [[String]] = options.showsLastUses ? lastUses() : []
    var trace: Int32?
    for (index, node) in nodes.enumerated() {
      if case .placeholder = node.operation { continue }
      if options.showsSource, node.operation != .output, node.stackTrace != trace {
        if trace != nil { stream.write("\n") }
        writeSource(of: NodeID(index), indent: indent, to: &stream)
        trace = node.stackTrace
      }
      for subgraph in subgraphsUsed(by: node) { stream.write("\(indent)        \(subgraph) = self.\(subgraph)\n") }
      stream.write("\(indent)        \(readableLine(NodeID(index)))")
      if options.showsLastUses, !lastUses[index].isEmpty { stream.write(";  \(lastUses[index].joined(separator: " = ")) = None") }
      stream.write("\n")
    }
    for subgraph in subgraphs {
      stream.write("\n")
      subgraph.graph.write(className: subgraph.name, indent: "\(indent)    ", to: &stream, options)
    }
  }

  private func writeSource(of id: NodeID, indent: String, to stream: inout some TextOutputStream) {
    if let frame = sourceFrames(of: id).last {
      stream.write("\(indent)        # File: \(frame.file):\(frame.line) in \(frame.function), code: \(frame.text)\n")
    } else {
      stream.write("\(indent)        # No stacktrace found for following nodes\n")
    }
  }

  /// One node's line, without indentation: `add: "f32[s0, 64]" = torch.ops.aten.add.Tensor(x, y)`.
  package func readableLine(_ id: NodeID) -> String {
    let node = self[id]
    let left = "\(node.name)\(comparison(node) ?? annotation(node))"
    switch node.operation {
    case .placeholder: return left
    case .output:
      let values = node.arguments.map { readable($0.value) }
      if returnsSingleTensor, values.count == 1 { return "return \(values[0])" }
      return "return (\(values.joined(separator: ", "))\(values.count == 1 ? "," : ""))"
    case .getItem(let index): return "\(left) = \(node.arguments.first.map { readable($0.value) } ?? "")[\(index)]"
    case .call(let name): return "\(left) = \(readableCall(name, node.arguments))"
    }
  }

  /// `: "f32[4]"`; empty for a constant input and for what has no type to show.
  private func annotation(_ node: Node) -> String {
    if case .placeholder(.constant) = node.operation { return "" }
    return node.type.readable.map { ": \"\($0)\"" } ?? ""
  }

  /// The annotation of a comparison of integers, `: "Sym(u0 >= 0)"`; nil for any other node.
  private func comparison(_ node: Node) -> String? {
    guard node.type == .bool, case .call(let name) = node.operation, name.namespace == "_operator", node.arguments.count == 2,
      let form = Graph.operatorForms[String(name.base)], ["<", ">", "<=", ">="].contains(form),
      let left = integer(node.arguments[0].value), let right = integer(node.arguments[1].value)
    else { return nil }
    return ": \"Sym(\(left) \(form) \(right))\""
  }
  private func integer(_ argument: Argument) -> SymbolicInt? {
    switch argument {
    case .int(let value): return value
    case .node(let id):
      if case .int(let value) = self[id].type { return value }
      return nil
    default: return nil
    }
  }

  private func readableCall(_ name: OperatorName, _ arguments: [NamedArgument]) -> String {
    if name.namespace == "_operator", let form = Graph.operatorForms[String(name.base)] {
      let values = arguments.map { readable($0.value) }
      if values.count == 1 { return "\(form)\(values[0])" }
      if values.count == 2 { return "\(values[0]) \(form) \(values[1])" }
    }
    let parts = arguments.map { $0.isKeyword && !$0.name.isEmpty ? "\($0.name) = \(readable($0.value))" : readable($0.value) }
    return "\(name)(\(parts.joined(separator: ", ")))"
  }

  /// Python's sign for a function of its module `operator`.
  private static let operatorForms: [String: String] = [
    "add": "+", "sub": "-", "mul": "*", "floordiv": "//", "truediv": "/", "mod": "%", "pow": "**", "lshift": "<<", "rshift": ">>", "and_": "&",
    "or_": "|", "xor": "^", "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "neg": "-", "pos": "+", "invert": "~",
  ]

  /// An argument as Python text; values by their names.
  package func readable(_ argument: Argument) -> String {
    switch argument {
    case .none: "None"
    case .node(let id): self[id].name
    case .int(let value): value.description
    case .double(let value): value.isNaN ? "nan" : value.isInfinite ? (value < 0 ? "-inf" : "inf") : "\(value)"
    case .bool(let flag): flag ? "True" : "False"
    case .string(let text): Graph.pythonLiteral(text)
    case .complex(let real, let imaginary): Graph.pythonComplex(real, imaginary)
    case .dtype(let type): "torch.\(type.torchName)"
    case .device(let text): Graph.pythonDevice(text)
    case .layout(let name): "torch.\(name)"
    case .memoryFormat(let format): "torch.\(format.torchName)"
    case .list(let items): "[\(items.map { readable($0) }.joined(separator: ", "))]"
    case .subgraph(let index): subgraphs[index].name
    case .opaque(_, let text): text
    }
  }

  private static func pythonLiteral(_ text: String) -> String {
    let quote = text.contains("'") && !text.contains("\"") ? "\"" : "'"
    var result = quote
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case "'" where quote == "'": result += "\\'"
      case "\0"..."\u{1F}", "\u{7F}": result += "\\x\(scalar.value < 16 ? "0" : "")\(String(scalar.value, radix: 16))"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + quote
  }
  private static func pythonNumber(_ value: Double) -> String {
    let isWhole = value == value.rounded() && abs(value) < 1e16
    return isWhole ? "\(Int(value))" : "\(value)"
  }
  private static func pythonComplex(_ real: Double, _ imaginary: Double) -> String {
    if real == 0 { return "\(pythonNumber(imaginary))j" }
    return "(\(pythonNumber(real))\(imaginary < 0 ? "" : "+")\(pythonNumber(imaginary))j)"
  }
  private static func pythonDevice(_ text: String) -> String {
    let parts = text.split(separator: ":")
    return parts.count == 2 ? "device(type='\(parts[0])', index=\(parts[1]))" : "device(type='\(text)')"
  }

  private func subgraphsUsed(by node: Node) -> [String] {
    node.arguments.compactMap { if case .subgraph(let index) = $0.value { subgraphs[index].name } else { nil } }
  }

  /// For each node, the names that are not used after it, as `torch.fx` deletes them.
  private func lastUses() -> [[String]] {
    var result: [[String]] = Array(repeating: [], count: nodes.count)
    var isUsed: [Bool] = Array(repeating: false, count: nodes.count)
    for index in nodes.indices.reversed() {
      let isOutput = nodes[index].operation == .output
      let wasUsed = isUsed[index]
      for argument in nodes[index].arguments {
        if case .subgraph(let number) = argument.value { result[index].append(subgraphs[number].name) }
        argument.value.forEachNode { used in
          if isUsed[Int(used.index)] { return }
          isUsed[Int(used.index)] = true
          if !isOutput { result[index].append(self[used].name) }
        }
      }
      if !wasUsed, !isOutput { result[index].append(nodes[index].name) }
    }
    return result
  }
}

extension MemoryFormat {
  /// The name in `torch`.
  package var torchName: String {
    switch self {
    case .contiguous: "contiguous_format"
    case .channelsLast: "channels_last"
    case .channelsLast3d: "channels_last_3d"
    case .preserve: "preserve_format"
    }
  }
}

extension ValueType {
  /// The type as readable graphs show it, `f32[s0, 64]` or `Sym(s0)`; nil where they show none.
  package var readable: String? {
    switch self {
    case .tensor(let type): type.shortDescription
    case .int(let value): value.isConstant ? nil : "Sym(\(value))"
    case .double: "Sym(float)"
    case .bool: "Sym(bool)"
    case .none, .list, .other: nil
    }
  }
}
