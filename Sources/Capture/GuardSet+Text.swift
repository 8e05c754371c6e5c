import Foundations

extension GuardSet {
  /// The guards as PyTorch's tree of guard managers writes them (`TORCH_LOGS=guards`).
  package var treeText: String {
    var lines: [String] = ["TREE_GUARD_MANAGER:", "+- RootGuardManager"]
    for condition in guards {
      switch condition {
      case .state: lines.append("| +- GLOBAL_STATE: ___check_global_state()")
      case .distinct(let all): lines.append("| +- NO_TENSOR_ALIASING: check_no_aliasing(\(all.map(\.text).joined(separator: ", ")))")
      case .same(let a, let b): lines.append("| +- DUPLICATE_INPUT: \(b.text) is \(a.text)")
      case .tensor(let source, let wanted):
        func list(_ values: [Int?]) -> String { "[" + values.map { $0.map(String.init) ?? "None" }.joined(separator: ", ") + "]" }
        lines.append("| +- GuardManager: source=\(source.text), accessed_by=FrameLocalsGuardAccessor")
        lines.append(
          "| | +- TENSOR_MATCH: check_tensor(\(source.text), Tensor, DispatchKeySet(CPU, BackendSelect, ADInplaceOrView, AutogradCPU), torch.\(wanted.dtype.torchName), device=None, requires_grad=\(wanted.requiresGradient ? "True" : "False"), size=\(list(wanted.sizes)), stride=\(list(wanted.strides)))")
      case .constant(let source, let value):
        lines.append("| +- GuardManager: source=\(source.text), accessed_by=FrameLocalsGuardAccessor")
        lines.append("| | +- EQUALS_MATCH: \(source.text) == \(value.pythonText)")
      case .number(let source, let kind):
        lines.append("| +- GuardManager: source=\(source.text), accessed_by=FrameLocalsGuardAccessor")
        lines.append("| | +- TYPE_MATCH: type(\(source.text)) is \(kind.rawValue)")
      case .marks(let source, let known):
        lines.append("| | +- DIMENSION_DYNAMIC_MARKING_GUARD: \(source.text) marked on [\(known.keys.sorted().map(String.init).joined(separator: ", "))]")
      case .relation(let relation):
        let place: String = relation.line.map { "  # \($0.text)  # \($0.file):\($0.line) in \($0.function)" } ?? ""
        lines.append("+- LAMBDA_GUARD: \(relation.text { symbol in bindings.first { $0.symbol == symbol }?.source.text ?? symbol })\(place)")
      }
    }
    return lines.joined(separator: "\n")
  }
}

extension GuardSet {
  /// A line for each guard, with the user's line that needed it where one did.
  package var lines: [(text: String, neededBy: SourceFrame?)] {
    guards.compactMap { condition in
      switch condition {
      case .state: return ("the global state is the same", nil)
      case .tensor(let source, let wanted):
        func list(_ values: [Int?]) -> String { "[" + values.map { $0.map(String.init) ?? "any" }.joined(separator: ", ") + "]" }
        let gradient: String = wanted.requiresGradient ? ", requires grad" : ""
        return ("\(source.shortText) is \(wanted.dtype.torchName), sizes \(list(wanted.sizes)), strides \(list(wanted.strides))\(gradient)", nil)
      case .constant(let source, let value): return ("\(source.shortText) == \(value.pythonText)", nil)
      case .number(let source, let kind): return ("\(source.shortText) is a number of type \(kind.rawValue)", nil)
      case .same(let a, let b): return ("\(a.shortText) is \(b.shortText)", nil)
      case .distinct(let all): return ("\(all.map(\.shortText).joined(separator: ", ")) are different tensors", nil)
      case .marks(let source, let known): return known.isEmpty ? nil : ("\(source.shortText) is marked as it was", nil)
      case .relation(let relation): return (relation.text(shortName), relation.line)
      }
    }
  }
}
