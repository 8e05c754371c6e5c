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
    /// The same of the graph that the last pass left.
    package var lastNodes: [Int]
    /// What a call has to do at least, on the average of its places: arithmetic operations, and bytes read and written. Symbols count as
    /// the program's example has them.
    package var operations: Double
    package var bytes: Double

    /// The shapes whose candidates were timed for it, with what each takes; empty where nothing was tuned.
    package var tuning: [Tuning] = []

    package init(name: String, code: String?, nodes: [Int], lastNodes: [Int] = [], operations: Double = 0, bytes: Double = 0) {
      (self.name, self.code, self.nodes, self.lastNodes) = (name, code, nodes, lastNodes)
      (self.operations, self.bytes) = (operations, bytes)
    }
  }
  /// The candidates of a template for one shape, the fastest, which was chosen, first.
  package struct Tuning: Hashable, Sendable {
    package struct Candidate: Hashable, Sendable {
      package var name: String
      package var seconds: Double
      package init(name: String, seconds: Double) { (self.name, self.seconds) = (name, seconds) }
    }
    package var subject: String
    package var candidates: [Candidate]
    package init(subject: String, candidates: [Candidate]) { (self.subject, self.candidates) = (subject, candidates) }
  }
  /// A pass of the compiler.
  package struct Pass: Sendable {
    package var name: String
    package var seconds: Double
    /// The graph after it, whose nodes know their `origin`; nil where the pass changed nothing.
    package var graph: Graph?

    package init(name: String, seconds: Double, graph: Graph?) { (self.name, self.seconds, self.graph) = (name, seconds, graph) }
    init(_ report: PassReport) { self.init(name: report.name, seconds: report.duration.inSeconds, graph: report.graph) }
  }
  package var phases: [(name: String, seconds: Double)]
  /// In the order in which they ran.
  package var passes: [Pass]
  /// By kernel number.
  package var kernels: [Kernel]
  /// Whether candidates of templates were timed.
  package var isTuned: Bool = false

  package init(phases: [(name: String, seconds: Double)], passes: [Pass] = [], kernels: [Kernel]) {
    (self.phases, self.passes, self.kernels) = (phases, passes, kernels)
  }

  /// - Parameter hints: values of the symbols.
  init(_ compiled: CompiledGraph, hints: [String: Int]) {
    self.init(compiled.rendered, hints: hints)
    phases = compiled.phases.map { ($0.name, $0.duration.inSeconds) }
  }

  /// What a program will be compiled into.
  /// - Parameter hints: values of the symbols.
  package init(_ rendered: RenderedGraph, hints: [String: Int]) {
    phases = rendered.phases.map { ($0.name, $0.duration.inSeconds) }
    passes = rendered.passes.map(Pass.init)
    let graph: Graph = rendered.artifact.schedule.graph
    kernels = rendered.artifact.kernels.map { kernel in
      let origins: [Int] = kernel.nodes.map { Int(graph[$0].origin) }
      func mean(_ size: KeyPath<Schedule.Work, SymbolicInt>) -> Double {
        kernel.work.map { Double($0[keyPath: size].evaluate { hints[$0] } ?? 0) }.reduce(0, +) / Double(max(kernel.work.count, 1))
      }
      return Kernel(
        name: kernel.name, code: kernel.text, nodes: Set(origins.filter { $0 >= 0 }).sorted(),
        lastNodes: Set(kernel.nodes.map { Int($0.index) }).sorted(), operations: mean(\.operations), bytes: mean(\.bytes))
    }
    isTuned = !rendered.tuning.isEmpty
    for number in kernels.indices {
      let nodes: Set<Int> = Set(kernels[number].lastNodes)
      kernels[number].tuning = rendered.tuning.filter { $0.nodes.contains { nodes.contains(Int($0.index)) } }.map { report in
        Tuning(subject: report.subject, candidates: report.candidates.map { .init(name: $0.name, seconds: $0.seconds) })
      }
    }
  }
}
