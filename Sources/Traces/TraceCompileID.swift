/// Which compilation a record belongs to, as PyTorch counts them (`torch._guards.CompileId`).
package struct TraceCompileID: Hashable, Sendable, CustomStringConvertible {
  /// The graph of compiled autograd it is part of.
  package var autograd: Int?
  /// The code object, counted from 0; a function that resumes after a graph break has its own.
  package var frame: Int?
  /// The compilation of that code object, counted from 0.
  package var compile: Int?

  package init(autograd: Int? = nil, frame: Int?, compile: Int?) { (self.autograd, self.frame, self.compile) = (autograd, frame, compile) }

  /// Whether there is no id at all, as in records of the whole process.
  package var isEmpty: Bool { autograd == nil && frame == nil && compile == nil }

  /// `0/1`, `!2/0/1` or, where tlparse has `!2/-/-`, `!2`.
  package var description: String {
    let frames: String = "\(frame.map(String.init) ?? "-")/\(compile.map(String.init) ?? "-")"
    guard let autograd else { return frames }
    return frame == nil && compile == nil ? "!\(autograd)" : "!\(autograd)/\(frames)"
  }

  /// Parses what `description` gives, with or without brackets and a suffix for the attempt (`[0/1_2]`).
  package init?(_ text: some StringProtocol) {
    var rest: Substring = Substring(text)
    if rest.hasPrefix("["), rest.hasSuffix("]") { rest = rest.dropFirst().dropLast() }
    if let attempt = rest.firstIndex(of: "_") {
      guard Int(rest[rest.index(after: attempt)...]) != nil else { return nil }
      rest = rest[..<attempt]
    }
    var parts: [Substring] = rest.split(separator: "/", omittingEmptySubsequences: false)
    if parts[0].hasPrefix("!") {
      guard let autograd = Int(parts.removeFirst().dropFirst()) else { return nil }
      self.autograd = autograd
      if parts.isEmpty { return }
    }
    if autograd != nil, parts == ["-", "-"] { return }
    guard parts.count == 2, let frame = Int(parts[0]), let compile = Int(parts[1]), frame >= 0, compile >= 0 else { return nil }
    (self.frame, self.compile) = (frame, compile)
  }

  /// The name of one attempt, as tlparse prints it: the first has no suffix.
  package func attempt(_ number: Int) -> String { number == 0 ? description : "\(self)_\(number)" }
}
