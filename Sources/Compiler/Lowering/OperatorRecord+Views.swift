import Operators

extension OperatorRecord {
  /// The parameter that the result is a view of.
  var viewedParameter: String? {
    switch meaning {
    case .view(let name, _), .views(let name, _): name
    default: nil
    }
  }
}
