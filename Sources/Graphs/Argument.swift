import Foundations

/// An operator argument: another node's value, or a constant.
package enum Argument: Hashable, Sendable {
  case none
  case node(Graph.NodeID)
  case int(SymbolicInt)
  case double(Double)
  case bool(Bool)
  case string(String)
  case complex(Double, Double)
  case dtype(DType)
  case device(String)
  case layout(String)
  case memoryFormat(MemoryFormat)
  case list([Argument])
  /// Index into the graph's `subgraphs`.
  case subgraph(Int)
  /// Something of the file that Lathe shows but does not compute with: its tag and text.
  indirect case opaque(tag: String, String)

  package func forEachNode(_ body: (Graph.NodeID) -> Void) {
    switch self {
    case .node(let id): body(id)
    case .list(let items): for item in items { item.forEachNode(body) }
    default: break
    }
  }
}

/// `torch.memory_format`.
package enum MemoryFormat: String, Hashable, Sendable { case contiguous, channelsLast, channelsLast3d, preserve }

/// An argument with the schema's name for it; higher-order operators have none.
package struct NamedArgument: Hashable, Sendable {
  package var name: String
  package var value: Argument
  /// Whether it is passed by keyword, which only shows in print.
  package var isKeyword: Bool
  package init(name: String = "", _ value: Argument, isKeyword: Bool = false) {
    (self.name, self.value, self.isKeyword) = (name, value, isKeyword)
  }
}
