import Foundations
import Graphs
import Operators
import Tensors

/// What is called: a captured graph, where its inputs come from, and what its other placeholders hold.
///
/// Today a program of `torch.export`; its one frame is the exported function. A program whose code has several frames will be several
/// of these, one for each frame and each function that resumes after a graph break.
package struct Program: Sendable {
  /// The code that was captured, as reasons and traces name it.
  package struct Code: Hashable, Sendable {
    package var function: String
    package var file: String
    package var line: Int
    package init(function: String, file: String, line: Int) { (self.function, self.file, self.line) = (function, file, line) }
  }
  /// How far inputs must be what the program declares.
  package enum Contract: Sendable {
    /// Element types and ranks as declared; sizes where the program fixes them.
    case declared
    /// Only what the program fixes of sizes, as `ExportedProgram.module()` of the newest PyTorch: the graph is traced anew for other
    /// element types and ranks.
    case traced
  }

  package var code: Code
  package var graph: Graph
  /// A tuple of (positional arguments, keyword arguments).
  package var inputSpec: TreeSpec
  /// By the expression's text, for example `s0` or `2*s0`.
  package var ranges: [String: SizeRange]
  /// The sizes seen at capture, by symbol.
  package var hints: [String: Int]
  package var contract: Contract = .declared
  /// What a placeholder that is no user input holds at first.
  /// - Throws: `LatheError` of kind `badFile` where the program lacks it.
  package var initialValue: @Sendable (Graph.Node) throws -> Value

  package init(
    code: Code, graph: Graph, inputSpec: TreeSpec = .tuple([.tuple([]), .dictionary(keys: [], [])]), ranges: [String: SizeRange] = [:], hints: [String: Int] = [:],
    initialValue: @escaping @Sendable (Graph.Node) throws -> Value = { _ in .none }
  ) {
    (self.code, self.graph, self.inputSpec, self.ranges, self.hints) = (code, graph, inputSpec, ranges, hints)
    self.initialValue = initialValue
  }

  /// The first line of the model that the graph shows; where it shows none, the name given.
  package static func code(of graph: Graph, name: String) -> Code {
    for index in graph.nodes.indices {
      guard let frame = graph.sourceFrames(of: Graph.NodeID(index)).first else { continue }
      return Code(function: frame.function.isEmpty ? "forward" : frame.function, file: frame.file, line: frame.line)
    }
    return Code(function: "forward", file: name, line: 0)
  }

  /// Parameters, buffers and constants as they are before the first call.
  package var known: @Sendable (Graph.InputRole) -> Tensor? {
    { [initialValue] role in try? initialValue(Graph.Node(operation: .placeholder(role), name: "")).tensor }
  }
}
