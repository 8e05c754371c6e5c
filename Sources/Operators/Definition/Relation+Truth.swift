import Foundations

extension ShapeEnvironment.Decision.Relation {
  /// 1 where the relation of `a` to `b` holds and 0 where not, as an expression.
  func truth(of a: SymbolicInt, _ b: SymbolicInt) -> SymbolicInt {
    func isAtLeast(_ a: SymbolicInt, _ b: SymbolicInt) -> SymbolicInt { SymbolicInt.maximum(SymbolicInt.minimum(a - b + 1, 1), 0) }
    return switch self {
    case .greaterOrEqual: isAtLeast(a, b)
    case .less: 1 - isAtLeast(a, b)
    case .equal: isAtLeast(a, b) + isAtLeast(b, a) - 1
    case .notEqual: 2 - isAtLeast(a, b) - isAtLeast(b, a)
    }
  }
}
