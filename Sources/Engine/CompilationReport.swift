import Compiler
import Foundations
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
    /// What a call has to do at least, on the average of its places: arithmetic operations, and bytes read and written. Symbols count as
    /// the program's example has them.
    package var operations: Double
    package var bytes: Double

    package init(name: String, code: String?, nodes: [Int], operations: Double = 0, bytes: Double = 0) {
      (self.name, self.code, self.nodes, self.operations, self.bytes) = (name, code, nodes, operations, bytes)
    }
  }
  package var phases: [(name: String, seconds: Double)]
  /// By kernel number.
  package var kernels: [Kernel]

  package init(phases: [(name: String, seconds: Double)], kernels: [Kernel]) { (self.phases, self.kernels) = (phases, kernels) }

  /// - Parameter hints: values of the symbols.
  init(_ compiled: CompiledGraph, hints: [String: Int]) {
    phases = compiled.phases.map { ($0.name, $0.duration.inSeconds) }
    let graph: Graph = compiled.graph
    kernels = compiled.rendered.artifact.kernels.map { kernel in
      let origins: [Int] = kernel.nodes.map { Int(graph[$0].origin) }
      func mean(_ size: KeyPath<Schedule.Work, SymbolicInt>) -> Double {
        kernel.work.map { Double($0[keyPath: size].evaluate { hints[$0] } ?? 0) }.reduce(0, +) / Double(max(kernel.work.count, 1))
      }
      return Kernel(
        name: kernel.name, code: kernel.text, nodes: Set(origins.filter { $0 >= 0 }).sorted(), operations: mean(\.operations), bytes: mean(\.bytes))
    }
  }
}
