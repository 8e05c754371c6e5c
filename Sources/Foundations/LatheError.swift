/// A failure a user can read: one clear sentence that names the subject (usually a file) and the cause.
package struct LatheError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What sort of failure it is, for callers that treat sorts differently.
  package enum Kind: String, Sendable {
    /// A file that is damaged, hostile or of an unknown format or version.
    case badFile
    /// Inputs of the wrong count, type, rank or size, or an argument out of range.
    case badInput
    /// An operator or element type that Lathe does not have.
    case unsupported
    /// The system refused: a missing file, a full disk, no memory.
    case system
    /// Stopped by the user.
    case cancelled
  }
  package var kind: Kind
  /// The file or object it is about; empty where the sentence says it all.
  package var subject: String
  package var message: String

  package init(_ kind: Kind, subject: String = "", _ message: String) {
    (self.kind, self.subject, self.message) = (kind, subject, message)
  }
  package static func badFile(_ subject: String, _ message: String) -> LatheError { LatheError(.badFile, subject: subject, message) }
  package static func badInput(_ message: String) -> LatheError { LatheError(.badInput, message) }
  package static func unsupported(_ message: String) -> LatheError { LatheError(.unsupported, message) }

  package var description: String { subject.isEmpty ? message : "\(subject): \(message)" }

  /// The same failure, said of another subject where it had none.
  package func about(_ subject: String) -> LatheError {
    var error: LatheError = self
    if error.subject.isEmpty { error.subject = subject }
    return error
  }
}
