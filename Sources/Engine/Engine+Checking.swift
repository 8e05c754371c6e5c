import Archives
import Foundations
import Graphs
import Operators

extension Engine {
  /// What is wrong with a program's graph, a sentence each; see `GraphVerifier`.
  package static func problems(in model: OpenModel) -> [String] {
    var ranges: [String: ClosedRange<Int>] = [:]
    for (symbol, range) in model.program.rangeConstraints {
      let low: Int = range.minimum ?? Int.min
      ranges[symbol] = low...max(low, range.maximum ?? Int.max)
    }
    let environment = ShapeEnvironment(hints: model.program.symbolHints, ranges: ranges)
    return GraphVerifier(environment: environment).problems(in: model.program.graph)
  }
}
