/// The name of an operator overload: `aten.add.Tensor`, `higher_order.cond`, or a Python function on numbers such as `_operator.mul`.
package struct OperatorName: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
  /// Without PyTorch's `torch.ops.` prefix.
  package var text: String
  package init(_ text: String) { self.text = text }
  package init(stringLiteral text: String) { self.text = text }

  package var namespace: Substring { text.prefix { $0 != "." } }
  /// The operator without namespace and overload, for example `add`.
  package var base: Substring { text.split(separator: ".").dropFirst().first ?? text[...] }
  package var overload: Substring { text.split(separator: ".").dropFirst(2).first ?? "" }
  /// Whether PyTorch writes it with the `torch.ops.` prefix.
  package var isTorchOperator: Bool { !(namespace == "_operator" || namespace == "math" || namespace == "torch") }
  package var description: String { isTorchOperator ? "torch.ops.\(text)" : text }
}
