import Archives
import Capture
import Compiler
import Foundations
import Graphs
import Tensors

/// A model of an archive, loaded: its native code and constants. Calls may come from many threads at once, also while constants are
/// swapped.
package final class PackagedModel: Sendable {
  package let package: CompiledPackage
  package let model: CompiledPackage.Model
  package let library: CompiledLibrary
  private let external: ExternalNodeRunner?
  /// The code's file, which may be temporary.
  private let file: Artifact

  init(_ package: CompiledPackage, _ model: CompiledPackage.Model, library: CompiledLibrary, external: ExternalNodeRunner?, file: Artifact) {
    (self.package, self.model, self.library, self.external, self.file) = (package, model, library, external, file)
  }

  /// Calls the model.
  /// - Parameter inputs: its tensors in the order of its flattened inputs; numbers that the export fixed are not among them.
  /// - Returns: its flattened outputs; nil for None.
  /// - Throws: `LatheError` of kind `badInput` for inputs that do not fit.
  package func call(_ inputs: [Tensor]) throws -> [Tensor?] {
    if let facts = model.facts {
      for (input, tensor) in zip(facts.inputs, inputs) where input.dtype != tensor.dtype.torchName {
        throw LatheError.badInput("input '\(input.name)' (\(input.path)) is \(tensor.dtype.torchName) but the model takes \(input.dtype ?? "None")")
      }
    }
    guard let external else { return try library.call(inputs) }
    return try library.call(inputs) { try external.run($0, $1, $2) }
  }

  /// Inputs that the model may write to, as programs do that change their inputs: copies of those in memory that may only be read (a file's).
  static func writable(_ inputs: [Tensor]) throws -> [Tensor] { try inputs.map { $0.storage.isWritable ? $0 : try $0.denseCopy() } }

  /// Those of a call's outputs that are tensors in the program too, not numbers.
  func tensorOutputs(_ outputs: [Tensor]) -> [Tensor] {
    guard let names = model.facts?.outputs.filter({ $0.dtype != nil }), names.count == outputs.count else { return outputs }
    return zip(names, outputs).filter { !($0.0.isNumber ?? false) }.map(\.1)
  }

  /// What its outputs are called.
  package var outputNames: [String] {
    model.facts?.outputs.map(\.name) ?? (0..<library.outputCount).map { "output_\($0)" }
  }
}
