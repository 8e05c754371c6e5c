import Archives
import Foundations
import Graphs
import Operators

extension Engine {
  /// What is wrong with a program's graph, a sentence each; see `GraphVerifier`.
  package static func problems(in model: OpenModel) -> [String] {
    let environment = ShapeEnvironment(hints: model.program.symbolHints, ranges: model.program.symbolRanges)
    return GraphVerifier(environment: environment).problems(in: model.program.graph)
  }
}

extension ExportedProgram {
  /// The range constraints as ranges.
  var symbolRanges: [String: ClosedRange<Int>] {
    rangeConstraints.mapValues { range in
      let low: Int = range.minimum ?? Int.min
      return low...max(low, range.maximum ?? Int.max)
    }
  }
}
