import Foundations
import Graphs
import Tensors

/// An operator's argument or result: concrete while a program runs, abstract (types only) while shapes are worked out.
package indirect enum Value: Sendable {
  case none
  case tensor(Tensor)
  /// A tensor of which only the type is known.
  case abstract(TensorType)
  /// A node's tensor in a graph that is being made.
  case node(Graph.NodeID, TensorType)
  case int(SymbolicInt)
  case double(Double)
  case bool(Bool)
  case string(String)
  case dtype(DType)
  case device(String)
  case layout(String)
  case memoryFormat(MemoryFormat)
  case list([Value])
  /// A graph passed to a higher-order operator.
  case subgraph(SubgraphReference)
  /// Something Lathe cannot compute with: PyTorch's tag and text for it.
  case opaque(tag: String, String)

  package static func ints(_ values: [Int]) -> Value { .list(values.map { .int(SymbolicInt($0)) }) }
  package static func integer(_ value: Int) -> Value { .int(SymbolicInt(value)) }
  package static func scalar(_ value: Scalar) -> Value {
    switch value {
    case .bool(let flag): .bool(flag)
    case .int(let number): .int(SymbolicInt(number))
    case .double(let number): .double(number)
    }
  }

  package var isNone: Bool {
    if case .none = self { return true }
    return false
  }
  package var tensor: Tensor? {
    if case .tensor(let tensor) = self { return tensor }
    return nil
  }
  /// The type, where it is a tensor, concrete or not.
  package var tensorType: TensorType? {
    switch self {
    case .tensor(let tensor): TensorType(tensor)
    case .abstract(let type), .node(_, let type): type
    default: nil
    }
  }
  /// Its type, for comparison with what a file says of a node.
  package var type: ValueType {
    switch self {
    case .none: .none
    case .tensor(let tensor): .tensor(TensorType(tensor))
    case .abstract(let type), .node(_, let type): .tensor(type)
    case .int(let value): .int(value)
    case .double: .double
    case .bool: .bool
    case .list(let items): .list(items.map(\.type))
    case .string: .other("str")
    case .dtype: .other("dtype")
    case .device: .other("device")
    case .layout: .other("layout")
    case .memoryFormat: .other("memory_format")
    case .subgraph: .other("graph")
    case .opaque(let tag, _): .other(tag)
    }
  }
  /// How an error names it.
  package var kindName: String {
    switch self {
    case .none: "None"
    case .tensor, .abstract, .node: "a tensor"
    case .int: "an int"
    case .double: "a float"
    case .bool: "a bool"
    case .list: "a list"
    case .string: "a str"
    default: "\(type)"
    }
  }
}

/// A subgraph with an identity, so that what is prepared for it can be kept.
package final class SubgraphReference: Sendable {
  package let name: String
  package let graph: Graph
  package init(name: String, graph: Graph) { (self.name, self.graph) = (name, graph) }
}

extension TensorType {
  package init(_ tensor: Tensor) {
    self.init(dtype: tensor.dtype, sizes: tensor.sizes.map { SymbolicInt($0) }, strides: tensor.strides.map { SymbolicInt($0) })
  }
}

extension Graph.ConstantValue {
  /// As an operator's argument.
  package var value: Value {
    switch self {
    case .none: .none
    case .int(let number): .integer(number)
    case .double(let number): .double(number)
    case .bool(let flag): .bool(flag)
    case .string(let text): .string(text)
    }
  }
}
