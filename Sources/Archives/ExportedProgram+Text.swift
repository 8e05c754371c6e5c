import Foundations
import Graphs
import Tensors

extension ExportedProgram {
  /// The JSON of the program without its tensors, as the layout of the newest PyTorch has it: what one process of Lathe hands to another.
  /// - Throws: `LatheError` of kind `unsupported` for what the layout cannot hold.
  package func text(subject: String) throws -> [UInt8] { try SchemaWriter.text(of: self, layout: .pt2, subject: subject) }

  /// The program of such a text; nothing says what tensors its parameters, buffers and constants are.
  /// - Throws: `LatheError` of kind `badFile`.
  package init(text: ByteRegion, subject: String) throws {
    var reader = ProgramReader(text, subject: subject, cancellation: {})
    self = try reader.read(name: "model", container: .pt2Archive)
  }
}
