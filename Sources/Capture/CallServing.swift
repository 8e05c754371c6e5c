import Foundations

/// What served a call.
package enum CallServing: Hashable, Sendable {
  /// A cached entry.
  case cached(CompileID)
  /// An entry that was compiled for it.
  case compiled(CompileID)
  /// Operators one by one, and why.
  case eagerly(String)
}
