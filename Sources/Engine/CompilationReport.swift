import Compiler
import Graphs

/// What a program was compiled into.
package struct CompilationReport: Sendable {
  /// A kernel, or the call of an operator's own kernel.
  package struct Kernel: Sendable {
    package var name: String
    /// Its C; nil for an operator call.
    package var code: String?
    /// Indices of the nodes of the program's graph that it computes, in order.
    package var nodes: [Int]

    package init(name: String, code: String?, nodes: [Int]) { (self.name, self.code, self.nodes) = (name, code, nodes) }
  }
  package var phases: [(name: String, seconds: Double)]
  /// By kernel number.
  package var kernels: [Kernel]

  package init(phases: [(name: String, seconds: Double)], kernels: [Kernel]) { (self.phases, self.kernels) = (phases, kernels) }

  init(_ compiled: CompiledGraph) {
    phases = compiled.phases.map { ($0.name, $0.duration.inSeconds) }
    let graph: Graph = compiled.graph
    kernels = compiled.rendered.artifact.kernels.map { kernel in
      let origins: [Int] = kernel.nodes.map { Int(graph[$0].origin) }
      return Kernel(name: kernel.name, code: kernel.text, nodes: Set(origins.filter { $0 >= 0 }).sorted())
    }
  }
}
