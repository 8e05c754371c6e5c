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
    var number: Int
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

  /// Arguments that are sizes or numbers by their parameters' types, and hold one of the numbers.
  func uses(of numbers: Set<Int>) -> [Use] { uses { _ in { numbers.contains($0) } } }

  /// Numbers with which a node cuts a dimension of the symbol's size to a fixed one: it takes the symbol and gives nothing that has it.
  /// - Parameter typed: the graph with sizes over symbols.
  func cuts(of symbol: String, in typed: Graph) -> [Use] {
    func hasSymbol(_ type: ValueType) -> Bool {
      switch type {
      case .tensor(let tensor): tensor.sizes.contains { $0.symbols.contains(symbol) }
      case .list(let items): items.contains(where: hasSymbol)
      default: false
      }
    }
    return uses { index in
      var takes: Bool = false
      for argument in typed.nodes[index].arguments { argument.value.forEachNode { takes = takes || hasSymbol(typed[$0].type) } }
      // The largest number stands for the end, whatever it is.
      return { takes && $0 > 1 && $0 < Int(Int32.max) && !hasSymbol(typed.nodes[index].type) }
    }.filter { use in
      guard case .call(let name) = graph[use.node].operation else { return false }
      return OperatorTable.standard[name]?.schema.parameters.first { $0.name == use.parameter }?.type.hasPrefix("SymInt") ?? true
    }
  }

  private func uses(_ isWanted: (Int) -> (Int) -> Bool) -> [Use] {
    var uses: [Use] = []
    for index in graph.nodes.indices where depends[index] {
      guard case .call(let name) = graph.nodes[index].operation else { continue }
      let parameters: [OperatorSchema.Parameter] = OperatorTable.standard[name]?.schema.parameters ?? []
      let wanted: (Int) -> Bool = isWanted(index)
      for argument in graph.nodes[index].arguments {
        guard let number = SizeConstants.number(in: argument.value, wanted) else { continue }
        if let parameter = parameters.first(where: { $0.name == argument.name }), !SizeConstants.mayBeSize(parameter, among: parameters) { continue }
        uses.append(Use(node: Graph.NodeID(index), operation: name.text, parameter: argument.name, number: number))
      }
    }
    return uses
  }

  /// Parameters that shape a window (strides, paddings, kernels) are numbers of the model, not sizes of its inputs.
  private static func mayBeSize(_ parameter: OperatorSchema.Parameter, among parameters: [OperatorSchema.Parameter]) -> Bool {
    let windows: Set<String> = ["stride", "padding", "dilation", "kernel_size", "output_padding", "groups"]
    if windows.contains(parameter.name), !parameters.contains(where: { $0.name == "size" }) { return false }
    // A number may stand where a tensor is taken: `x / x.shape[0]`.
    return parameter.type.hasPrefix("SymInt") || parameter.type.hasPrefix("Tensor") || parameter.type.hasPrefix("Scalar") && !parameter.type.hasPrefix("ScalarType") || parameter.type.hasPrefix("float")
  }

  private static func number(in argument: Argument, _ isWanted: (Int) -> Bool) -> Int? {
    switch argument {
    case .int(let size): size.constant.flatMap { isWanted($0) ? $0 : nil }
    case .double(let value): Int(exactly: value).flatMap { isWanted($0) ? $0 : nil }
    case .list(let items): items.compactMap { number(in: $0, isWanted) }.first
    default: nil
    }
  }
}
