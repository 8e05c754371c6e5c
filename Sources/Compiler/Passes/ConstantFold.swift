import Foundations
import Graphs
import Operators
import Tensors

extension GraphPass {
  /// Calls whose arguments are all known before a call are made once, now; parameters are taken to stay as they are
  /// (`torch/_inductor/freezing.py`, `constant_folding.py`).
  static let constantFold = GraphPass(name: "constant fold", summary: "calls whose arguments are known are made once, now") { graph, context in
    // A result that takes much more memory than what it is made of is better made at each call.
    let freeBytes: Int = 1 << 20
    var known: [Graph.NodeID: Tensor] = context.knownTensors(of: graph)
    var result: Graph = graph
    var folded: [String: Tensor] = [:]
    var roles: [Graph.NodeID: String] = [:]
    let runner = EagerRunner(table: context.table)
    let users: [[Graph.NodeID]] = graph.users()
    var isFolded: Set<Graph.NodeID> = []
    // What a call writes to is made anew for each.
    let writtenTo: Set<Graph.NodeID> = graph.nodesWritten(context.table)

    func value(_ argument: Argument) -> Value? {
      switch argument {
      case .node(let id): return known[id].map { .tensor($0) }
      case .int(let size): return size.isConstant ? .int(size) : nil
      case .list(let items):
        let values: [Value] = items.compactMap(value)
        return values.count == items.count ? .list(values) : nil
      case .subgraph, .opaque: return nil
      default: return GraphPlan.constant(argument, [])
      }
    }
    for (index, node) in graph.nodes.enumerated() {
      let id = Graph.NodeID(index)
      switch node.operation {
      case .call(let name):
        guard let record = context.table[name], !record.isRandom, !record.writes(node), !record.takesGraphs, !writtenTo.contains(id), let type = node.type.tensor, !node.type.isRevealedByRun
        else { continue }
        let arguments: [(name: String, value: Value)] = node.arguments.compactMap { argument in value(argument.value).map { (argument.name, $0) } }
        guard arguments.count == node.arguments.count, let bytes = type.elementCount.constant.map({ $0 * type.dtype.size }) else { continue }
        var operandBytes: Int = 0
        for argument in node.arguments { argument.value.forEachNode { operandBytes += known[$0].map { $0.elementCount * $0.dtype.size } ?? 0 } }
        guard bytes <= max(freeBytes, operandBytes), let tensor = try runner.run(record, arguments)[0].tensor else { continue }
        known[id] = tensor
        let role: String = "_folded_\(context.constants.count + roles.count)"
        folded[role] = tensor
        result.nodes[index].operation = .placeholder(.tensorConstant(role))
        result.nodes[index].arguments = []
        result.nodes[index].type = .tensor(TensorType(tensor))
        isFolded.insert(id)
        roles[id] = role
        // What nothing else is made of goes, and bytes of files leave memory.
        for argument in node.arguments {
          argument.value.forEachNode { operand in
            if let made = roles[operand] {
              guard users[Int(operand.index)].allSatisfy({ isFolded.contains($0) }) else { return }
              known[operand] = nil
              folded[made] = nil
            } else { known[operand]?.storage.forget() }
          }
        }
      case .placeholder, .getItem, .output: continue
      }
    }
    context.add(folded)
    return roles.isEmpty ? nil : result
  }
}
