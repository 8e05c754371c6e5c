import Foundations
import Graphs
import Operators

// Graphs that a call of an archive's program runs or not: each becomes a function of the artifact, with temporaries and working space of its
// own.

extension ArtifactRenderer {
  /// One of two graphs, by a truth value that a tensor holds.
  mutating func choose(_ call: Schedule.OperatorCall, _ choice: OperatorRecord.Choice, _ number: Int, _ environment: ShapeEnvironment) throws {
    let node: Graph.Node = schedule.graph[call.node]
    func refusal(_ message: String) -> LatheError { LatheError.unsupported("node \(node.name): \(call.record.name) \(message), which cannot be packaged") }
    let (handles, bound) = try bind(call, environment)
    guard case .node(let id, _) = bound.value(choice.predicate), let predicate = handles[id] else { throw refusal("chooses by a number that only a run reveals") }
    guard case .subgraph(let yes) = bound.value(choice.whenTrue), case .subgraph(let no) = bound.value(choice.whenFalse), call.numbers.isEmpty else {
      throw refusal("gives numbers")
    }
    var operands: [String] = []
    if case .list(let items) = bound.value(choice.operands) {
      for item in items {
        switch item {
        case .node(let id, _): operands.append(handles[id] ?? "NULL")
        case .int(let size):
          lines.append("LATHE_TRY(aoti_torch_scalar_to_tensor_int64(\(try CText.size(size)), &call->temporaries[\(slots)]));")
          operands.append("call->temporaries[\(slots)]")
          slots += 1
        default: throw refusal("hands over what is no tensor")
        }
      }
    }
    let symbols: [String] = known.sorted()
    let branches: [String] = try [yes, no].map { try branch($0.graph, symbols, of: call) }
    guard case .tensor(let first)? = call.results.first.flatMap({ plan.places[$0] }) else { throw refusal("gives no tensor") }
    lines.append("{ bool truth; LATHE_TRY(aoti_torch_item_bool(\(predicate), &truth));")
    lines.append("  const lathe_branch branch = truth ? \(branches[0]) : \(branches[1]);")
    lines.append("  const int64_t symbols[] = {\((symbols.map { CText.symbol($0) } + ["0"]).joined(separator: ", "))};")
    lines.append("  const AtenTensorHandle operands[] = {\((operands + ["NULL"]).joined(separator: ", "))};")
    lines.append(
      "  LATHE_KERNEL(call, \(number), LATHE_TRY(lathe_run_branch(call, &branch, symbols, \(operands.count), operands, \(call.results.count), &call->temporaries[\(first)])));")
    lines.append("}")
  }

  /// A graph's function; gives the C expression of what calls it.
  private mutating func branch(_ graph: Graph, _ symbols: [String], of call: Schedule.OperatorCall) throws -> String {
    guard let archive else { preconditionFailure("only archives have branches") }
    let lowered: Schedule = try archive.lower(graph)
    guard lowered.constants.isEmpty, lowered.folds.isEmpty else { throw LatheError.unsupported("a graph inside the program has constants of its own, which cannot be packaged") }
    guard lowered.outputs.count == call.results.count else { throw LatheError.unsupported("a graph inside the program gives numbers, which cannot be packaged") }
    var inner = ArtifactRenderer(lowered, archive.inside)
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
