/// Something in a trace that is not as it should be; everything around it is still shown.
package struct TraceProblem: Hashable, Sendable, CustomStringConvertible {
  package enum Kind: String, Hashable, Sendable {
    /// Bytes that are no record.
    case garbage
    /// A record whose JSON cannot be read.
    case badRecord
    /// A payload that is not the one that its record announces.
    case wrongPayload
    /// A record of a kind that this reader does not know.
    case unknownEvent
    /// The file ends inside a record.
    case cutShort
    /// The file was cut, replaced or taken away while it was read.
    case changedFile
  }
  package var kind: Kind
  /// The file.
  package var path: String
  /// Of the first byte concerned, from 0.
  package var offset: Int
  /// The line it is in, from 1.
  package var line: Int
  package var message: String

  /// One sentence: `a.log, line 12 (byte 3456): …`.
  package var description: String { "\(path), line \(line) (byte \(offset)): \(message)" }
}
