import Foundations
import Graphs
import Operators
import Tensors

/// What a caller passes, flattened, in the order of the program's user inputs.
package struct CallArguments: Sendable {
  package var values: [Value]
  /// Which tensors require a gradient; empty where none does.
  package var requiresGradient: [Bool]

  package init(_ values: [Value], requiresGradient: [Bool] = []) { (self.values, self.requiresGradient) = (values, requiresGradient) }

  @inline(__always) func requiresGradient(_ index: Int) -> Bool { index < requiresGradient.count && requiresGradient[index] }
}

extension Tensor {
  /// Whether it is the same view of the same memory: what PyTorch's guards mean by the same tensor object.
  @inline(__always) func isSame(as other: Tensor) -> Bool {
    storage === other.storage && offset == other.offset && dtype == other.dtype && sizes == other.sizes && strides == other.strides
  }
}

extension Value {
  /// A number, flag or text as a constant of a graph; nil for tensors and what cannot be one.
  var constantValue: Graph.ConstantValue? {
    switch self {
    case .int(.constant(let number)): .int(number)
    case .double(let number): .double(number)
    case .bool(let flag): .bool(flag)
    case .string(let text): .string(text)
    case .none: Graph.ConstantValue.none
    default: nil
    }
  }
}

extension Graph.ConstantValue {
  /// As Python writes it.
  package var pythonText: String {
    switch self {
    case .none: "None"
    case .int(let number): "\(number)"
    case .double(let number): number == number.rounded() && number.magnitude < 1e16 ? "\(number)" : "\(number)"
    case .bool(let flag): flag ? "True" : "False"
    case .string(let text): "'\(text)'"
    }
  }
}
