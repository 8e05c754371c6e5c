import Foundations
import Graphs
import Operators

/// Numbers in a graph that may be sizes of its inputs which the export wrote down as what they were.
struct SizeConstants {
  /// Where such a number stands.
  struct Use {
    var node: Graph.NodeID
    var operation: String
    var parameter: String
  }
  let graph: Graph
  /// Whether a node has anything to do with the inputs.
  private let depends: [Bool]

  init(graph: Graph, dependingOn sources: [Graph.NodeID]) {
    self.graph = graph
    var depends: [Bool] = Array(repeating: false, count: graph.nodes.count)
    for source in sources { depends[Int(source.index)] = true }
    for index in graph.nodes.indices where !depends[index] {
      var (found, takesValues): (Bool, Bool) = (false, false)
      for argument in graph.nodes[index].arguments {
        argument.value.forEachNode {
          takesValues = true
          found = found || depends[Int($0.index)]
        }
      }
      // What a graph makes of numbers alone may be made of a size.
      if case .call = graph.nodes[index].operation, !takesValues { found = true }
      depends[index] = found
    }
    self.depends = depends
  }

  /// Arguments that are sizes or numbers by their parameters' types, and hold `number`.
  func uses(of number: Int) -> [Use] {
    var uses: [Use] = []
    for index in graph.nodes.indices where depends[index] {
      guard case .call(let name) = graph.nodes[index].operation else { continue }
      let parameters: [OperatorSchema.Parameter]? = OperatorTable.standard[name]?.schema.parameters
      for argument in graph.nodes[index].arguments where SizeConstants.holds(argument.value, number) {
        if let parameter = parameters?.first(where: { $0.name == argument.name }), !SizeConstants.mayBeSize(parameter, among: parameters ?? []) { continue }
        uses.append(Use(node: Graph.NodeID(index), operation: name.text, parameter: argument.name))
      }
    }
    return uses
  }

  /// Parameters that shape a window (strides, paddings, kernels) are numbers of the model, not sizes of its inputs.
  private static func mayBeSize(_ parameter: OperatorSchema.Parameter, among parameters: [OperatorSchema.Parameter]) -> Bool {
    let windows: Set<String> = ["stride", "padding", "dilation", "kernel_size", "output_padding", "groups"]
    if windows.contains(parameter.name), !parameters.contains(where: { $0.name == "size" }) { return false }
    return parameter.type.hasPrefix("SymInt") || parameter.type.hasPrefix("Scalar") && !parameter.type.hasPrefix("ScalarType") || parameter.type.hasPrefix("float")
  }

  private static func holds(_ argument: Argument, _ number: Int) -> Bool {
    switch argument {
    case .int(let size): size == .constant(number)
    case .double(let value): value == Double(number)
    case .list(let items): items.contains { holds($0, number) }
    default: false
    }
  }
}
