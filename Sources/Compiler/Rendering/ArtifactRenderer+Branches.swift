import Foundations
import Graphs
import Operators

// Graphs that a call of an archive's program runs or not, once or often: each becomes a function of the artifact, with temporaries and
// working space of its own.

extension ArtifactRenderer {
  /// One of two graphs, by a truth value that a tensor holds or a number is.
  mutating func choose(_ call: Schedule.OperatorCall, _ choice: OperatorRecord.Choice, _ number: Int, _ environment: ShapeEnvironment) throws {
    let (handles, bound) = try bind(call, environment)
    let truth: String
    switch bound.value(choice.predicate) {
    case .node(let id, _):
      guard let predicate = handles[id] else { throw refusal(call, "chooses by what is no tensor") }
      truth = "bool truth; LATHE_TRY(aoti_torch_item_bool(\(predicate), &truth));"
    case .int(let number): truth = "const bool truth = \(try CText.size(number)) != 0;"
    default: throw refusal(call, "chooses by what is no tensor")
    }
    guard case .subgraph(let yes) = bound.value(choice.whenTrue), case .subgraph(let no) = bound.value(choice.whenFalse), call.numbers.isEmpty else {
      throw refusal(call, "gives numbers")
    }
    let operands: [Operand] = try self.operands(bound.value(choice.operands), handles, of: call)
    let symbols: [String] = known.sorted()
    let branches: [String] = try [yes, no].map { graph in
      let inner: ArtifactRenderer = try lowered(graph.graph, operands, of: call)
      guard inner.schedule.outputs.count == call.results.count, inner.schedule.outputs.allSatisfy({ $0 != nil }) else { throw refusal(call, "gives numbers") }
      return try branch(inner, symbols, of: call)
    }
    guard case .tensor(let first)? = call.results.first.flatMap({ plan.places[$0] }) else { throw refusal(call, "gives no tensor") }
    lines.append("{ \(truth)")
    lines.append("  const lathe_branch branch = truth ? \(branches[0]) : \(branches[1]);")
    hand(operands, symbols)
    lines.append(
      "  LATHE_KERNEL(call, \(number), if (lathe_run_branch(call, &branch, symbols, \(operands.count), operands, \(call.results.count), &call->temporaries[\(first)])) return 1);")
    lines.append("}")
  }

  /// One graph, as long as another says.
  mutating func repeated(_ call: Schedule.OperatorCall, _ loop: OperatorRecord.Loop, _ number: Int, _ environment: ShapeEnvironment) throws {
    // Of numbers that are known beforehand so is what the loop makes of them.
    if call.results.isEmpty, call.numbers.isEmpty { return }
    let (handles, bound) = try bind(call, environment)
    guard case .subgraph(let condition) = bound.value(loop.condition), case .subgraph(let body) = bound.value(loop.body), call.numbers.isEmpty else {
      throw refusal(call, "carries numbers")
    }
    var carried: [Operand] = try operands(bound.value(loop.carried), handles, of: call)
    let additional: [Operand] = try operands(bound.value(loop.additional), handles, of: call)
    guard carried.count == call.results.count, case .tensor(let first)? = call.results.first.flatMap({ plan.places[$0] }) else { throw refusal(call, "carries numbers") }
    // Every step is handed what lies as the loop's results do.
    for index in carried.indices { carried[index].type = .tensor(schedule[call.results[index]].type) }
    let (operands, symbols) = (carried + additional, known.sorted())
    let asking: ArtifactRenderer = try lowered(condition.graph, operands, of: call)
    guard asking.schedule.outputs.count == 1, asking.schedule.outputs[0]?.dtype == .bool else { throw refusal(call, "goes on by a number that only a run reveals") }
    let question: String = try branch(asking, symbols, of: call)
    let stepping: ArtifactRenderer = try lowered(body.graph, operands, of: call, givesNoInputs: true)
    guard stepping.schedule.outputs.count == carried.count, stepping.schedule.outputs.allSatisfy({ $0 != nil }) else { throw refusal(call, "gives numbers") }
    let step: String = try branch(stepping, symbols, of: call)
    lines.append("{ const lathe_branch condition = \(question), body = \(step);")
    hand(operands, symbols)
    lines.append(
      "  LATHE_KERNEL(call, \(number), if (lathe_run_loop(call, &condition, &body, symbols, \(carried.count), \(operands.count), operands, &call->temporaries[\(first)])) return 1);")
    lines.append("}")
  }

  private func refusal(_ call: Schedule.OperatorCall, _ message: String) -> LatheError {
    LatheError.unsupported("node \(schedule.graph[call.node].name): \(call.record.name) \(message), which cannot be packaged")
  }

  // MARK: What a graph is handed

  /// A tensor, or a number in a tensor of its own, as C.
  struct Operand {
    var type: ValueType
    var handle: String
  }

  private mutating func operands(_ value: Value, _ handles: [Graph.NodeID: String], of call: Schedule.OperatorCall) throws -> [Operand] {
    guard case .list(let items) = value else { return [] }
    return try items.map { item in
      switch item {
      case .node(let id, let type):
        guard let handle = handles[id] else { throw refusal(call, "hands over what is no tensor") }
        return Operand(type: .tensor(type), handle: handle)
      case .int(let size):
        lines.append("LATHE_TRY(aoti_torch_scalar_to_tensor_int64(\(try CText.size(size)), &call->temporaries[\(slots)]));")
        slots += 1
        return Operand(type: .int(size), handle: "call->temporaries[\(slots - 1)]")
      default: throw refusal(call, "hands over what is no tensor")
      }
    }
  }

  private mutating func hand(_ operands: [Operand], _ symbols: [String]) {
    lines.append("  const int64_t symbols[] = {\((symbols.map { CText.symbol($0) } + ["0"]).joined(separator: ", "))};")
    lines.append("  const AtenTensorHandle operands[] = {\((operands.map(\.handle) + ["NULL"]).joined(separator: ", "))};")
  }

  // MARK: Functions

  /// A renderer of the graph for what it is handed.
  private func lowered(_ graph: Graph, _ operands: [Operand], of call: Schedule.OperatorCall, givesNoInputs: Bool = false) throws -> ArtifactRenderer {
    guard let archive else { preconditionFailure("only archives have branches") }
    guard graph.placeholders.count == operands.count else { throw refusal(call, "hands \(operands.count) values to a graph of \(graph.placeholders.count)") }
    let (schedule, decisions) = try archive.lower(graph, operands.map(\.type))
    guard schedule.constants.isEmpty, schedule.folds.isEmpty else { throw LatheError.unsupported("a graph inside the program has constants of its own, which cannot be packaged") }
    guard schedule.inputs.count == operands.count else { throw refusal(call, "hands over what is no tensor") }
    var inside: ArchiveInterface = archive.inside(decisions)
    inside.givesNoInputs = givesNoInputs
    return ArtifactRenderer(schedule, inside)
  }

  /// A graph's function; gives the C expression of what calls it.
  private mutating func branch(_ renderer: ArtifactRenderer, _ symbols: [String], of call: Schedule.OperatorCall) throws -> String {
    var inner: ArtifactRenderer = renderer
    (inner.kernels, inner.numbers, inner.uses, inner.headers) = (kernels, numbers, uses, headers)
    (inner.externalNodes, inner.branches, inner.known) = (externalNodes, branches, Set(symbols))
    (inner.directNodes, inner.declarations) = (directNodes, declarations)
    try inner.renderSteps()
    // Kernels lead back to the call, not to nodes of another graph.
    for index in inner.kernels.indices { inner.kernels[index].nodes = index < kernels.count ? kernels[index].nodes : [call.node] }
    (kernels, numbers, uses, headers) = (inner.kernels, inner.numbers, inner.uses, inner.headers)
    (externalNodes, branches) = (inner.externalNodes, inner.branches)
    (directNodes, declarations) = (inner.directNodes, inner.declarations)
    let name: String = "branch_\(branches.count)"
    var text: String = "LATHE_STRAIGHT_CODE static int32_t \(name)(lathe_call *call, const int64_t *symbols) {\n  (void)symbols;\n"
    for (index, symbol) in symbols.enumerated() { text += "  const int64_t \(CText.symbol(symbol)) = symbols[\(index)]; (void)\(CText.symbol(symbol));\n" }
    for line in inner.lines { text += "  \(line)\n" }
    branches.append(text + "  return 0;\n}\n")
    return "(lathe_branch){\(name), \(inner.slots), \(inner.arenaBytes ?? 0)}"
  }
}
