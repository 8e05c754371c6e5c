import Foundations
import Graphs

/// A condition under which a compiled graph may be used again (`torch/_dynamo/guards.py`).
package enum Guard: Hashable, Sendable {
  /// GLOBAL_STATE.
  case state(DispatchState)
  /// TENSOR_MATCH.
  case tensor(Source, TensorGuard)
  /// EQUALS_MATCH: a number, flag or text that the graph has as a constant.
  case constant(Source, Graph.ConstantValue)
  /// TYPE_MATCH: a number that the graph has as a symbol.
  case number(Source, NumberKind)
  /// DUPLICATE_INPUT: the same tensor is passed twice.
  case same(Source, Source)
  /// NO_TENSOR_ALIASING: no tensor is passed twice.
  case distinct([Source])
  /// DIMENSION_DYNAMIC_MARKING_GUARD: marks that the graph was compiled without.
  case marks(Source, [Int: DimensionMark])
  /// SHAPE_ENV: a relation between sizes.
  case relation(ShapeRelation)
}

extension Guard {
  /// The input that the guard is on; nil for those on the state or on several inputs.
  var input: Source? {
    switch self {
    case .tensor(let source, _), .constant(let source, _), .number(let source, _), .marks(let source, _): source
    case .state, .same, .distinct, .relation: nil
    }
  }
}

/// What a tensor must be. A size or stride of nil may be anything.
package struct TensorGuard: Hashable, Sendable {
  package var dtype: DType
  package var requiresGradient: Bool
  package var sizes: [Int?]
  package var strides: [Int?]
  /// For a dimension whose stride is the size of another times that one's stride: the other. -1 elsewhere.
  package var strideOf: [Int]
  package init(dtype: DType, requiresGradient: Bool, sizes: [Int?], strides: [Int?], strideOf: [Int]? = nil) {
    (self.dtype, self.requiresGradient, self.sizes, self.strides) = (dtype, requiresGradient, sizes, strides)
    self.strideOf = strideOf ?? Array(repeating: -1, count: sizes.count)
  }
}

package enum NumberKind: String, Hashable, Sendable { case int, float }

/// A relation between sizes that the graph counts on.
package struct ShapeRelation: Hashable, Sendable {
  package enum Form: Hashable, Sendable {
    case compare(SymbolicInt, ShapeComparison, SymbolicInt)
    /// A symbol within bounds; nil is unbounded.
    case range(SymbolicInt, minimum: Int?, maximum: Int?)
  }
  package var form: Form
  /// The operator that needed it, and the line of the user's model.
  package var neededBy: String
  package var line: SourceFrame?
  /// Whether it only says that 0 and 1 are compiled for by themselves.
  package var isZeroOneSpecialization: Bool = false

  package init(_ form: Form, neededBy: String, line: SourceFrame?, isZeroOneSpecialization: Bool = false) {
    (self.form, self.neededBy, self.line, self.isZeroOneSpecialization) = (form, neededBy, line, isZeroOneSpecialization)
  }

  /// Whether it holds; nil where a symbol has no value.
  package func holds(_ bindings: (String) -> Int?) -> Bool? {
    switch form {
    case .compare(let a, let comparison, let b):
      guard let left = a.evaluate(bindings), let right = b.evaluate(bindings) else { return nil }
      return comparison.holds(left, right)
    case .range(let size, let minimum, let maximum):
      guard let value = size.evaluate(bindings) else { return nil }
      return value >= minimum ?? Int.min && value <= maximum ?? Int.max
    }
  }

  /// As PyTorch writes it in Python: `2 <= x.size()[0]`, `(x.size()[0] % 4) == 0`.
  /// - Parameter name: what a symbol is called.
  package func text(_ name: (String) -> String) -> String {
    func written(_ size: SymbolicInt) -> String { size.pythonText(name) }
    switch form {
    case .compare(let a, let comparison, let b): return "\(written(a)) \(comparison.rawValue) \(written(b))"
    case .range(let size, let minimum?, let maximum?): return "\(minimum) <= \(written(size)) <= \(maximum)"
    case .range(let size, let minimum?, nil): return "\(minimum) <= \(written(size))"
    case .range(let size, nil, let maximum?): return "\(written(size)) <= \(maximum)"
    case .range(let size, nil, nil): return written(size)
    }
  }
}

package enum ShapeComparison: String, Hashable, Sendable {
  case equal = "==", notEqual = "!=", less = "<", greaterOrEqual = ">="
  package func holds(_ a: Int, _ b: Int) -> Bool {
    switch self {
    case .equal: a == b
    case .notEqual: a != b
    case .less: a < b
    case .greaterOrEqual: a >= b
    }
  }
}

/// What a user says of a dimension (`torch._dynamo.mark_dynamic` and its kin).
package enum DimensionMark: Hashable, Sendable {
  /// Compiled as a symbol from the first call; that the program fixes it is an error.
  case dynamic(minimum: Int?, maximum: Int?)
  /// Compiled as a symbol where the program allows it.
  case maybeDynamic
  /// Never a symbol.
  case fixed
  /// A symbol of which nothing is assumed, 0 and 1 included.
  case unbacked
}
