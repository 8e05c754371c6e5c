import Foundations
import Graphs
import Operators

extension GraphPass {
  /// Operators made of others become those others, regions such as `autocast` become part of the program, and arithmetic on sizes
  /// becomes expressions (`torch._decomp`, `ExportedProgram.run_decompositions`).
  static let decompose = GraphPass(name: "decompose", summary: "operators made of others become those others") { graph, context in
    try decomposed(graph, handed: graph.placeholders.map { graph[$0].type }, context)
  }

  /// The same for a graph whose placeholders are of other types than it says: a call's own.
  static func decomposed(_ graph: Graph, handed types: [ValueType], _ context: PassContext) throws -> Graph {
    let tracer = GraphTracer(from: graph, environment: context.environment, table: context.table, expandsComposites: true, isForArchive: context.isForArchive)
    let plan = GraphPlan(graph, table: context.table)
    let inputs: [Value] = zip(graph.placeholders, types).map { id, type in
      var node: Graph.Node = graph[id]
      node.type = type
      return tracer.placeholder(node)
    }
    let outputs: [Value] = try plan.run(inputs, runner: tracer) { tracer.begin(graph.nodes[$0]) }
    try tracer.output(outputs, roles: graph.outputRoles)
    let (result, constants) = tracer.result
    context.add(constants)
    return result
  }
}
