import Foundations
import Operators

extension ShapeEnvironment.Decision {
  /// Whether it holds wherever all sizes are 2 or more, which is what PyTorch takes to hold of a size that may change
  /// (`torch/fx/experimental/symbolic_shapes.py`, `specialize_zero_one`) and does not check when a packaged model is called.
  package var holdsFromTwoOn: Bool {
    // With 2 + t for each symbol it holds for all t from 0 on where every coefficient has the right sign.
    let difference: SymbolicInt = (left - right).substituting { SymbolicInt(symbol: $0) + 2 }
    let (coefficients, constant): ([Int], Int)
    switch difference {
    case .constant(let value): (coefficients, constant) = ([], value)
    case .expression(let expression):
      for term in expression.terms { for factor in term.factors { guard case .symbol = factor else { return false } } }
      (coefficients, constant) = (expression.terms.map(\.coefficient), expression.constant)
    }
    let (isNeverBelow, isNeverAbove): (Bool, Bool) = (coefficients.allSatisfy { $0 >= 0 }, coefficients.allSatisfy { $0 <= 0 })
    return switch relation {
    case .equal: coefficients.isEmpty && constant == 0
    case .notEqual: (isNeverBelow && constant > 0) || (isNeverAbove && constant < 0)
    case .less: isNeverAbove && constant < 0
    case .greaterOrEqual: isNeverBelow && constant >= 0
    }
  }
}
