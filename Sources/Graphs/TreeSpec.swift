/// How nested Python containers hold a flat list of values (`torch.utils._pytree.TreeSpec`).
package indirect enum TreeSpec: Hashable, Sendable {
  case leaf
  case tuple([TreeSpec])
  case list([TreeSpec])
  /// Keys in the order of the children; keys are JSON texts (`"a"`, `3`).
  case dictionary(keys: [String], [TreeSpec])
  /// Any other registered container: its type and context as PyTorch wrote them.
  case other(type: String, context: String, [TreeSpec])

  package var children: [TreeSpec] {
    switch self {
    case .leaf: []
    case .tuple(let children), .list(let children), .dictionary(_, let children), .other(_, _, let children): children
    }
  }
  package var leafCount: Int {
    if case .leaf = self { return 1 }
    return children.reduce(0) { $0 + $1.leafCount }
  }
  /// The path of every leaf, for example `[0]['mask'][1]`, in order.
  package func leafPaths(prefix: String = "") -> [String] {
    switch self {
    case .leaf: [prefix]
    case .dictionary(let keys, let children):
      zip(keys, children).flatMap { $1.leafPaths(prefix: "\(prefix)[\($0.replacing("\"", with: "'"))]") }
    default: children.enumerated().flatMap { $1.leafPaths(prefix: "\(prefix)[\($0)]") }
    }
  }
}
