/// How programs are called.
package enum ExecutionMode: String, Sendable, CaseIterable {
  /// Operator by operator: the reference.
  case eager
  /// As shared objects, made by a C compiler for the inputs that come.
  case compiled
  /// The same, with the candidates of each template timed first and the fastest chosen.
  case autotuned
}
