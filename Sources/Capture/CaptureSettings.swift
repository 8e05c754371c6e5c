/// What a program's recompilations are bounded by; names and defaults of `torch._dynamo.config`.
package struct CaptureSettings: Sendable {
  package var dynamic: DynamicShapes = .automatic
  /// Entries of one frame.
  package var recompileLimit: Int = 8
  /// Compilations of one frame, entries that were dropped included.
  package var accumulatedRecompileLimit: Int = 256
  package var failsOnRecompileLimit: Bool = false
  /// `error_on_recompile`: a second compilation of a frame is an error.
  package var failsOnRecompile: Bool = false
  /// Whether the whole program must be one graph; past a limit that is an error.
  package var isFullGraph: Bool = false
  package init() {}
}
