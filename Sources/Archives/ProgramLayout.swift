import Foundations

/// A layout in which a program is written.
package enum ProgramLayout: String, Sendable, CaseIterable {
  /// The zip of `serialized_*` members with schema 8.2, which PyTorch from 2.6 on reads, the newest too.
  case legacy
  /// The PT2 archive of PyTorch 2.8 and later, with schema 8.20.
  case pt2

  var schemaVersion: (major: Int, minor: Int) { self == .legacy ? (8, 2) : (8, 20) }
  /// Whether fields that hold nothing are left out, as PyTorch 2.6 does, or written as null.
  var omitsNull: Bool { self == .legacy }
}
