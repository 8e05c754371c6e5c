import Foundations
import Graphs
import Operators

extension GraphPass {
  /// Operators made of others become those others, regions such as `autocast` become part of the program, and arithmetic on sizes
  /// becomes expressions (`torch._decomp`, `ExportedProgram.run_decompositions`).
  static let decompose = GraphPass(name: "decompose", summary: "operators made of others become those others") { graph, context in
    let tracer = GraphTracer(from: graph, environment: context.environment, table: context.table, expandsComposites: true, isForArchive: context.isForArchive)
    let plan = GraphPlan(graph, table: context.table)
    let inputs: [Value] = graph.placeholders.map { tracer.placeholder(graph[$0]) }
    let outputs: [Value] = try plan.run(inputs, runner: tracer) { tracer.begin(graph.nodes[$0]) }
    try tracer.output(outputs, roles: graph.outputRoles)
    let (result, constants) = tracer.result
    context.add(constants)
    return result
  }
}
