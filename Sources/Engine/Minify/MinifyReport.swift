/// What became of a program that was made smaller, and where what is left lies.
package struct MinifyReport: Sendable, Codable {
  /// How large a graph is.
  package struct Size: Hashable, Sendable, Codable {
    /// As PyTorch counts: placeholders, calls, elements of results, and the output.
    package var nodes: Int
    /// Operators called.
    package var calls: Int
    /// Placeholders.
    package var inputs: Int
  }
  /// A smaller program that still failed.
  package struct Step: Sendable, Codable {
    package var strategy: String
    package var granularity: Int
    package var size: Size
    /// Queries and seconds up to it.
    package var queries: Int
    package var seconds: Double
    /// Its program, beside which its inputs lie.
    package var checkpoint: String
  }

  /// The program that was given.
  package var file: String
  /// `verify`, `crash` or `time>SECONDS`.
  package var fails: String
  package var mode: String
  /// How the program given fails, and how the smallest does.
  package var failureBefore: MinifyAnswer
  package var failure: MinifyAnswer
  package var before: Size
  package var after: Size
  package var steps: [Step] = []
  package var queries: Int = 0
  package var seconds: Double = 0
  /// Whether the smallest program fails still when it is read from its file.
  package var isConfirmed: Bool = false
  /// Whether the most queries were reached before nothing helped any more.
  package var isCutShort: Bool = false

  // MARK: Files
  package var folder: String
  package var program: String
  package var inputs: String
  /// The eager outputs.
  package var expected: String
  /// Reproduces the failure with Lathe, and looks for one with PyTorch.
  package var script: String
  package var torchScript: String
  /// The smallest graph in PyTorch's readable form, and what its inputs are.
  package var text: String
}

/// What a query about one program found.
package struct MinifyAnswer: Sendable, Codable {
  package enum Kind: String, Sendable, Codable {
    /// It does not fail.
    case holds
    /// It fails eagerly already, so there is nothing to compare with.
    case invalid
    /// The compiler says that it cannot compile this.
    case refused
    /// It is not compiled, by a fault of the compiler's.
    case doesNotCompile
    /// The compiled call fails.
    case doesNotRun
    /// Compiling, or a compiled call, ends the process.
    case compilerDies, codeDies
    /// Compiling, or a compiled call, does not end in time.
    case hangs
    case differs
    case slow
  }
  package var kind: Kind
  package var sentence: String

  init(_ kind: Kind, _ sentence: String) { (self.kind, self.sentence) = (kind, sentence) }
}
