import Archives
import Foundations
import Graphs
import Tensors

/// The facts about an open program that the model list, the `inspect` command and the header line show.
package struct ModelSummary: Sendable, Encodable {
  package struct Dimension: Sendable, Encodable {
    /// A number, or an expression such as `s0`.
    package var size: String
    package var minimum: Int?
    package var maximum: Int?
    package var isDynamic: Bool
  }
  package struct Value: Sendable, Encodable {
    package var name: String
    /// Its place in the nested inputs or outputs, for example `[0]['mask']`.
    package var path: String
    /// For example `float32`, or `int` for a value that is not a tensor.
    package var type: String
    package var dimensions: [Dimension]
  }
  package struct OperatorUse: Sendable, Encodable {
    package var name: String
    package var count: Int
    package var isSupported: Bool
  }

  package var path: String
  package var fileBytes: Int
  package var container: String
  package var schemaVersion: String
  package var torchVersion: String?
  package var parameterCount: Int
  package var parameterBytes: Int
  package var bufferCount: Int
  package var constantCount: Int
  package var nodeCount: Int
  /// Element types of the parameters, most frequent first.
  package var dtypes: [String]
  package var dynamicDimensionCount: Int
  package var inputs: [Value]
  package var outputs: [Value]
  /// Most frequent first.
  package var operators: [OperatorUse]
}
