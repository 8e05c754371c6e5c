import Foundations
import Graphs

/// Checks a graph: every value defined before its use, arguments that fit their schemas, shapes that agree with the rules.
package struct GraphVerifier {
  private let table: OperatorTable
  private let environment: ShapeEnvironment

  /// - Parameter environment: hints and ranges of the graph's symbols.
  package init(table: OperatorTable = .standard, environment: ShapeEnvironment) {
    self.table = table
    self.environment = environment
  }

  /// What is wrong, a sentence each; operators Lathe lacks are not judged.
  package func problems(in graph: Graph) -> [String] {
    var problems: [String] = []
    let runner = ShapeRunner(environment: environment, table: table)
    var names: Set<String> = []
    for (index, node) in graph.nodes.enumerated() {
      if node.operation != .output, !names.insert(node.name).inserted { problems.append("the name '\(node.name)' is defined twice") }
      var isSound: Bool = true
      for argument in node.arguments {
        argument.value.forEachNode { used in
          if used.index >= index {
            isSound = false
            problems.append("node \(node.name) uses a value before it is defined")
          }
        }
      }
      guard isSound, case .call(let name) = node.operation, let record = table[name] else { continue }
      problems += check(node, record, graph, runner)
    }
    for subgraph in graph.subgraphs { problems += self.problems(in: subgraph.graph).map { "\(subgraph.name): \($0)" } }
    return problems
  }

  private func check(_ node: Graph.Node, _ record: OperatorRecord, _ graph: Graph, _ runner: ShapeRunner) -> [String] {
    // Operators over graphs are judged by their graphs.
    if record.takesGraphs { return [] }
    do {
      let arguments: [(name: String, value: Value)] = node.arguments.map { ($0.name, value(of: $0.value, graph)) }
      let results: [Value] = try runner.run(record.name, arguments)
      let type: ValueType = results.count == 1 && !record.yieldsTuple ? results[0].type : .list(results.map(\.type))
      return disagreement(type, node.type).map { ["node \(node.name): \($0)"] } ?? []
    } catch let error as LatheError where error.kind == .unsupported {
      return []
    } catch { return ["node \(node.name): \(error)"] }
  }

  private func value(of argument: Argument, _ graph: Graph) -> Value {
    switch argument {
    case .node(let id): value(of: graph[id].type, named: graph[id].name)
    case .list(let items): .list(items.map { value(of: $0, graph) })
    case .subgraph(let index): .subgraph(SubgraphReference(name: graph.subgraphs[index].name, graph: graph.subgraphs[index].graph))
    default: GraphPlan.constant(argument, [])
    }
  }

  private func value(of type: ValueType, named name: String) -> Value {
    switch type {
    case .none: .none
    case .tensor(let tensor): .abstract(tensor)
    case .int(let size): .int(size)
    case .double: .opaque(tag: "float", name)
    case .bool: .opaque(tag: "bool", name)
    case .list(let items): .list(items.map { value(of: $0, named: name) })
    case .other(let tag): .opaque(tag: tag, name)
    }
  }

  /// How the type a rule gives differs from the one the file states; nil where they agree or one is not known.
  private func disagreement(_ ruled: ValueType, _ stated: ValueType) -> String? {
    switch (ruled, stated) {
    case (.tensor(let a), .tensor(let b)):
      if a.dtype != b.dtype { return "the operator yields \(a.dtype.torchName), the file states \(b.dtype.torchName)" }
      if a.rank != b.rank { return "the operator yields \(a.shortDescription), the file states \(b.shortDescription)" }
      for (x, y) in zip(a.sizes, b.sizes) where isKnown(x) && isKnown(y) && !environment.isEqual(x, y) {
        return "the operator yields \(a.shortDescription), the file states \(b.shortDescription)"
      }
      return nil
    case (.list(let a), .list(let b)):
      if a.count != b.count { return "the operator yields \(a.count) results, the file states \(b.count)" }
      return zip(a, b).lazy.compactMap { disagreement($0, $1) }.first
    default: return nil
    }
  }

  private func isKnown(_ size: SymbolicInt) -> Bool { size.evaluate { environment.hints[$0] } != nil }
}
