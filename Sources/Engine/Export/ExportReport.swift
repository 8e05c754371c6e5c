import Foundations

/// What became of each dimension that was wished for, and why.
package struct ExportReport: Hashable, Sendable, Encodable {
  /// A line of the user's model.
  package struct Place: Hashable, Sendable, Encodable {
    package var file: String
    package var line: Int
    package var text: String
  }
  /// Something that was found out about sizes.
  package struct Finding: Hashable, Sendable, Encodable {
    /// For example `s0 % 4 == 0`.
    package var text: String
    /// The operator, or what else asked for it.
    package var neededBy: String
    package var place: Place?
  }
  package struct Dimension: Hashable, Sendable, Encodable {
    package var input: String
    package var dimension: Int
    package var wish: String
    /// The size in the written program: a number or an expression.
    package var size: String
    package var isDynamic: Bool
    /// Of the size, where it is dynamic; nil is unbounded.
    package var minimum: Int?
    package var maximum: Int?
    /// Why it is what it is.
    package var reasons: [Finding]
  }
  package var path: String
  package var layout: String
  package var bytes: Int
  package var dimensions: [Dimension] = []
  /// Relations between sizes that calls must keep: `s0 == s1`, `s0 % 4 == 0`.
  package var relations: [Finding] = []
  /// What the user should know.
  package var notes: [Finding] = []
}
