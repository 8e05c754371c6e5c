import Archives
import Engine
import Foundations
import Graphs

/// The facts about a node, a module or a group of blocks, as lines; some lead to other nodes.
package enum Inspector {
  package struct Line: Hashable, Sendable {
    /// At the left in a column of its own; empty for a line that takes the whole width.
    package var label: String
    package var text: String
    package var role: Role
    package enum Link: Hashable, Sendable {
      case node(Int), subgraph(Int), kernel(Int)
      /// Of the program's own graph.
      case programNode(Int)
      case source(SourceFrame)
    }
    /// Where it leads to.
    package var link: Link?
    package init(_ label: String, _ text: String, _ role: Role = .value, link: Link? = nil) {
      (self.label, self.text, self.role, self.link) = (label, text, role, link)
    }
  }

  /// Columns of the labels; the same for every node, so that a line two nodes share does not change between them.
  package static func labelWidth(in width: Int) -> Int { min(16, width / 3) }

  /// - Parameter width: columns of the pane, into which long texts are broken.
  package static func lines(_ document: Document, width: Int) -> [Line] {
    let view = document.view
    if let target = view.target { return nodeLines(target, document, width) }
    if view.pane == .tree {
      switch view.treeRows[view.tree.index].item {
      case .module(let module): return moduleLines(module, document)
      case .group(let group): return groupLines(group, document)
      }
    }
    guard let row = view.currentRow else { return [] }
    switch row.kind {
    case .node: return nodeLines(Int(row.reference), document, width)
    case .header, .module: return moduleLines(Int(row.reference), document)
    case .group: return groupLines(Int(row.reference), document)
    }
  }

  /// One line for the clipboard.
  package static func copyText(_ document: Document) -> String {
    guard let node = document.view.currentNode else { return "" }
    let type = document.index.typeText(of: node)
    return "\(document.index.graph.nodes[node].name)\(type.isEmpty ? "" : ": \(type)") = \(fullName(document.index.graph.nodes[node].operation))"
  }

  // MARK: Nodes

  private static func nodeLines(_ number: Int, _ document: Document, _ width: Int) -> [Line] {
    let index = document.index
    let node = index.graph.nodes[number]
    var lines: [Line] = [Line("", node.name, .title), Line("", fullName(node.operation), .dim)]
    if case .placeholder(let role) = node.operation { lines += roleLines(role, document) }
    var facts: OperatorFacts?
    if case .call(let name) = node.operation {
      facts = document.operators[name]
      if facts == nil { lines.append(Line("", "! Lathe does not support this operator", .warning)) }
    }
    lines += ArgumentLines.lines(node.arguments, facts?.parameters ?? [], index)
    lines += typeLines(node.type, index, document.opened.program)
    if !document.samples.isEmpty, document.samples[number] > 0 {
      lines.append(Line("time", Format.seconds(Double(document.samples[number])), .number))
    }
    if index.bytes(of: number) > 0 { lines.append(Line("memory", Format.bytes(Int(index.bytes(of: number))), .number)) }
    if GraphIndex.isComputed(node.operation), document.isOutermost { lines += kernelLines(number, document) }
    if document.stage > 0, let origin = document.programNode(of: number) {
      lines.append(Line("comes from", document.levels[0].index.graph.nodes[origin].name, .link, link: .programNode(origin)))
    }
    lines += userLines(number, index)
    lines += scopeLines(index.graph.moduleStack(of: Graph.NodeID(number)))
    lines += sourceLines(index.graph.sourceFrames(of: Graph.NodeID(number)))
    if let facts { lines += schemaLines(facts.schema, width: width - 3) }
    return lines
  }

  /// The kernels that compute a node, with the time of one call where they were timed; or what became of it.
  private static func kernelLines(_ node: Int, _ document: Document) -> [Line] {
    let kernels = document.kernels(of: node)
    guard let table = document.kernels, !kernels.isEmpty else {
      let isKnown = document.kernels != nil || document.stages.areKnown && document.programNode(of: node).flatMap(document.stages.pass(thatLost:)) != nil
      return isKnown ? [Line("kernel", fate(of: node, document), .dim)] : []
    }
    var lines: [Line] = []
    for kernel in kernels.prefix(4) {
      lines.append(Line(lines.isEmpty ? "kernel" : "", table.report.kernels[kernel].name, .link, link: .kernel(kernel)))
      guard let mean = table.mean(of: kernel), table.totalSeconds > 0 else { continue }
      let share = mean * Double(table.profiledCalls) / table.totalSeconds
      lines.append(Line("", "\(Format.seconds(mean)), \(Format.percent(share)) of a call", .number))
    }
    if kernels.count > 4 { lines.append(Line("", "and \(kernels.count - 4) more", .dim)) }
    return lines
  }

  /// What became of a node that has no kernel.
  package static func fate(of node: Int, _ document: Document) -> String {
    if let pass = document.programNode(of: node).flatMap(document.stages.pass(thatLost:)) { return "is gone after '\(pass)'" }
    return "has no kernel of its own"
  }

  /// A schema over the whole width, broken before parameters and results.
  private static func schemaLines(_ schema: String, width: Int) -> [Line] {
    var lines = ["schema "]
    for piece in schema.replacing("(", with: "(\n", maxReplacements: 1).replacing(", ", with: ", \n").replacing(" -> ", with: " \n-> ").split(separator: "\n") {
      let last = lines[lines.count - 1]
      // A blank at the end may hang over.
      if last.count + piece.count - (piece.hasSuffix(" ") ? 1 : 0) > width, lines.count > 1 || last != "schema " {
        lines.append("  " + piece)
      } else {
        lines[lines.count - 1] = last + piece
      }
    }
    return lines.map { Line("", $0, .dim) }
  }

  package static func fullName(_ operation: Graph.Operation) -> String {
    switch operation {
    case .placeholder(let role): GraphIndex.roleName(role)
    case .call(let name): name.description
    case .getItem(let index): "element \(index) of"
    case .output: "the graph's results"
    }
  }

  private static func roleLines(_ role: Graph.InputRole, _ document: Document) -> [Line] {
    switch role {
    case .user(let position): [Line("input", "number \(position)")]
    case .parameter(let name), .buffer(let name, _), .tensorConstant(let name):
      stateLines(name, role, document)
    case .constant(let name, let value): [Line("argument", name), Line("fixed", "\(value)")]
    case .customObject(let name): [Line("object", name)]
    case .operand(let position):
      [Line("operand", "number \(position) of \(document.levels[document.level.parent].index.graph.nodes[document.level.caller].name)")]
    case .token: []
    }
  }

  private static func stateLines(_ name: String, _ role: Graph.InputRole, _ document: Document) -> [Line] {
    var lines = [Line("name", name)]
    if case .buffer(_, let persistent) = role { lines.append(Line("kept", persistent ? "in the state" : "not in the state")) }
    if let tensor = document.opened.program.state[name] ?? document.opened.program.constants[name] {
      let count = tensor.sizes.reduce(1, *)
      lines.append(Line("elements", Format.count(count), .number))
      lines.append(Line("bytes", Format.bytes(count * tensor.dtype.size), .number))
    }
    return lines
  }

  package static func text(of argument: Argument, _ index: GraphIndex) -> String {
    switch argument {
    case .none: "None"
    case .node(let id): index.graph.nodes[Int(id.index)].name
    case .int(let value): value.description
    case .double(let value): "\(value)"
    case .bool(let value): value ? "True" : "False"
    case .string(let value): "'\(value)'"
    case .complex(let real, let imaginary): "\(real)\(imaginary < 0 ? "" : "+")\(imaginary)j"
    case .dtype(let dtype): "torch.\(dtype.torchName)"
    case .device(let device): device
    case .layout(let layout): layout
    case .memoryFormat(let format): format.rawValue
    case .list(let items): "[\(items.map { text(of: $0, index) }.joined(separator: ", "))]"
    case .subgraph(let number): "\(index.graph.subgraphs[number].name) (\(index.graph.subgraphs[number].graph.nodes.count) nodes)"
    case .opaque(let tag, let value): "\(tag) \(value)"
    }
  }

  private static func typeLines(_ type: ValueType, _ index: GraphIndex, _ program: ExportedProgram) -> [Line] {
    switch type {
    case .none: return []
    case .tensor(let tensor):
      var lines = [Line("→", tensor.shortDescription, .type)]
      lines.append(Line("strides", "(\(tensor.strides.map(\.description).joined(separator: ", ")))", .dim))
      let symbols = tensor.sizes.reduce(into: Set<String>()) { $0.formUnion($1.symbols) }
      for symbol in symbols.sorted() {
        let range = program.rangeConstraints[symbol]
        let bounds = "\(range?.minimum.map(String.init) ?? "-∞") … \(range?.maximum.map(String.init) ?? "∞")"
        let hint = program.symbolHints[symbol].map { ", \($0) at export" } ?? ""
        lines.append(Line(symbol, bounds + hint, .dynamicDimension))
      }
      return lines
    case .list(let items): return items.enumerated().map { Line($0 == 0 ? "→" : "", $1.rowText, .type) }
    default: return [Line("→", type.rowText, .type)]
    }
  }

  private static func userLines(_ number: Int, _ index: GraphIndex) -> [Line] {
    let users = index.users(of: number)
    if users.isEmpty { return [Line("users", "none", .dim)] }
    var lines = users.prefix(40).enumerated().map { position, user in
      Line(position == 0 ? (users.count == 1 ? "user" : "\(users.count) users") : "", index.graph.nodes[Int(user)].name + "  " + index.operatorName(of: Int(user)), .link, link: .node(Int(user)))
    }
    if users.count > 40 { lines.append(Line("", "and \(users.count - 40) more", .dim)) }
    return lines
  }

  /// The modules around a node, outermost first; each after the first by what its path adds to the one before.
  private static func scopeLines(_ scopes: [ModuleScope]) -> [Line] {
    var lines: [Line] = []
    var outer = ""
    for scope in scopes where !scope.path.isEmpty {
      let added = !outer.isEmpty && scope.path.hasPrefix(outer + ".") ? String(scope.path.dropFirst(outer.count)) : scope.path
      lines.append(Line(lines.isEmpty ? "module" : "", "\(added)  \(scope.shortType)", .module))
      outer = scope.path
    }
    return lines
  }

  private static func sourceLines(_ frames: [SourceFrame]) -> [Line] {
    guard let innermost = SourceFrame.ofModel(frames) else { return [] }
    var lines = [Line("source", "\(innermost.place) in \(innermost.function)", .source, link: .source(innermost))]
    if !innermost.text.isEmpty { lines.append(Line("", "  \(innermost.text)", .accent)) }
    for (number, frame) in frames.reversed().filter({ $0 != innermost }).enumerated() {
      lines.append(Line(number == 0 ? "from" : "", "\(frame.place)  \(frame.text)", .sourceLine, link: .source(frame)))
    }
    return lines
  }

  // MARK: Modules

  private static func moduleLines(_ number: Int, _ document: Document) -> [Line] {
    let module = document.index.modules.modules[number]
    var lines = [Line("", module.path.isEmpty ? "the whole model" : module.path, .title)]
    if !module.type.isEmpty { lines.append(Line("class", module.type, .moduleClass)) }
    lines.append(Line("nodes", "\(module.nodeCount) of \(document.index.drawnCount)", .number))
    lines += contentLines([number], document)
    return lines
  }

  private static func groupLines(_ number: Int, _ document: Document) -> [Line] {
    let tree = document.index.modules
    let group = tree.groups[number]
    var lines = [Line("", "\(tree.modules[group.modules[0]].path) … \(tree.modules[group.modules[group.modules.count - 1]].name)", .title)]
    lines.append(Line("class", "\(group.type) ×\(group.modules.count)", .moduleClass))
    lines.append(Line("nodes", "\(group.nodeCount), \(group.nodeCount / group.modules.count) each", .number))
    lines += contentLines(group.modules, document)
    return lines
  }

  /// Parameters, time and operators of modules.
  private static func contentLines(_ modules: [Int], _ document: Document) -> [Line] {
    let index = document.index
    let paths = modules.map { index.modules.modules[$0].path }
    var (parameters, bytes) = (0, 0)
    for node in index.graph.nodes {
      guard case .placeholder(.parameter(let name)) = node.operation else { continue }
      guard paths.contains(where: { $0.isEmpty || (name.hasPrefix($0) && name.dropFirst($0.count).hasPrefix(".")) }) else { continue }
      guard let tensor = node.type.tensor, let count = tensor.elementCount.constant else { continue }
      parameters += count
      bytes += count * tensor.dtype.size
    }
    var lines: [Line] = []
    if parameters > 0 { lines.append(Line("parameters", "\(Format.count(parameters)), \(Format.bytes(bytes))", .number)) }
    var uses: [Int32: Int] = [:]
    var seconds = 0.0
    let isInside = insideTable(modules, index.modules)
    for node in index.graph.nodes.indices where index.isDrawn[node] && isInside[Int(index.modules.moduleOfNode[node])] {
      uses[index.operatorTexts.ids[node], default: 0] += 1
      if !document.samples.isEmpty { seconds += Double(document.samples[node]) }
    }
    if seconds > 0 { lines.append(Line("time", Format.seconds(seconds), .number)) }
    let ranked = uses.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    for (position, use) in ranked.prefix(20).enumerated() {
      lines.append(Line(position == 0 ? "operators" : "", "\(use.value) × \(index.operatorTexts.texts[Int(use.key)])", .op))
    }
    return lines
  }

  private static func insideTable(_ roots: [Int], _ tree: ModuleTree) -> [Bool] {
    var inside: [Bool] = Array(repeating: false, count: tree.modules.count)
    for root in roots { inside[root] = true }
    // Parents come before their children.
    for module in tree.modules.indices.dropFirst() where inside[tree.modules[module].parent] { inside[module] = true }
    return inside
  }
}
