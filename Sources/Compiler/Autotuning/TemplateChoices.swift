import Foundations
import Graphs

/// How a matrix product is computed: by whom (`lathe_product_library`), and in what blocks; 0 is as the template decides itself.
package struct ProductChoice: Hashable, Sendable, Codable {
  package var library: Int32 = 0
  package var blockRows: Int = 0
  package var blockColumns: Int = 0
}

/// How a convolution is computed: by which algorithm (`lathe_nhwc_algorithm`), and in what blocks; 0 is as the template decides itself.
package struct ConvolutionChoice: Hashable, Sendable, Codable {
  package var algorithm: Int32
  package var blockRows: Int = 0
  package var blockColumns: Int = 0
}

/// What tuning found for one template: its candidates with the seconds of a call, the fastest first.
package struct TuningReport: Sendable {
  package struct Candidate: Sendable, Codable {
    package var name: String
    package var seconds: Double
  }
  /// The shape that was timed.
  package var subject: String
  package var candidates: [Candidate]
  /// Whether the times are those of an earlier run.
  package var isRemembered: Bool
  /// What the templates of that shape compute; nodes of the last graph.
  package var nodes: Set<Graph.NodeID> = []
}
