import Engine
import Foundations
import Graphs

/// The program's graph as a pass of the compiler left it, or as it was exported.
package struct GraphStage: Sendable {
  /// The pass; empty for the program's own graph.
  package let pass: String
  /// What the pass took.
  package let seconds: Double
  /// Its nodes know which node of the program's graph they come from (`origin`).
  package let graph: Graph
  /// The number of its level in the document; nil until it was laid out.
  package var level: Int?
}

/// The program's own graph, and those that the passes which changed something left.
package struct GraphStages: Sendable {
  package var all: [GraphStage]
  /// For each node of the program's graph the stage at which nothing comes from it any more; 0 for one that stays.
  package let lost: [UInt8]

  /// The program's own graph alone, whose passes are not known.
  package init(_ graph: Graph) {
    all = [GraphStage(pass: "", seconds: 0, graph: graph, level: 0)]
    lost = []
  }

  package init(_ graph: Graph, passes: [CompilationReport.Pass]) {
    all = [GraphStage(pass: "", seconds: 0, graph: graph, level: 0)]
    var lost: [UInt8] = Array(repeating: 0, count: graph.nodes.count)
    for pass in passes {
      guard let graph = pass.graph else { continue }
      var isThere: [Bool] = Array(repeating: false, count: lost.count)
      for node in graph.nodes where isThere.indices.contains(Int(node.origin)) { isThere[Int(node.origin)] = true }
      for node in lost.indices where lost[node] == 0 && !isThere[node] { lost[node] = UInt8(min(all.count, 255)) }
      all.append(GraphStage(pass: pass.name, seconds: pass.seconds, graph: graph, level: nil))
    }
    self.lost = lost
  }

  /// Whether the compiler's passes have run.
  package var areKnown: Bool { !lost.isEmpty }

  /// The pass that left nothing of a node of the program's graph; nil where something of it stayed.
  package func pass(thatLost node: Int) -> String? {
    guard lost.indices.contains(node), lost[node] > 0 else { return nil }
    return all[Int(lost[node])].pass
  }
}
