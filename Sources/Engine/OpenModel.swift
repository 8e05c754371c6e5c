import Archives
import Foundations
import Graphs
import Tensors

/// A program that is open: what the workbench and the subcommands work on.
package struct OpenModel: Sendable {
  /// The path as the user gave it.
  package let path: String
  package let program: ExportedProgram
  package let summary: ModelSummary
  /// What calls the program.
  package let session: ProgramSession
}

/// Where the inputs of a run come from.
package enum InputSource: Sendable {
  /// A safetensors file whose tensors are keyed `0`, `1`, … in the order of the user inputs.
  case file(String)
  /// Made up from a seed: normal floats, small integers, sizes from the export's hints or the given symbols.
  case random(seed: UInt64, sizes: [String: Int])
  case tensors([Tensor])
}

/// What is known of one output or input tensor after a run, as the result summary shows it.
package struct TensorSummary: Sendable, Encodable {
  package var name: String
  package var dtype: String
  package var sizes: [Int]
  /// Over the elements that are not NaN; nil for an empty tensor.
  package var minimum: Double?
  package var maximum: Double?
  package var mean: Double?
  package var nanCount: Int
}

/// The outputs of a run and how long its calls took.
package struct RunResult: Sendable {
  package var inputs: [Tensor]
  package var outputs: [Tensor]
  package var summaries: [TensorSummary]
  /// Seconds of each repeated call.
  package var seconds: [Double]
}
