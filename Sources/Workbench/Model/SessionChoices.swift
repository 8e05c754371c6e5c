import Capture
import Engine
import Foundations

/// What the user decides about a session's calls.
package struct SessionChoices: Hashable, Sendable {
  package struct Mark: Hashable, Sendable {
    package var input: String
    package var dimension: Int
    package var mark: DimensionMark
    package init(_ input: String, _ dimension: Int, _ mark: DimensionMark) { (self.input, self.dimension, self.mark) = (input, dimension, mark) }
  }
  package var stance = StanceSetting.standard
  package var recompileLimit = CaptureSettings().recompileLimit
  package var dynamic = CaptureSettings().dynamic
  /// In the order in which they were made.
  package var marks: [Mark] = []
  package init() {}

  /// What of `other` differs from this, a few words each.
  package func changes(to other: SessionChoices) -> String {
    var words: [String] = []
    if stance != other.stance { words.append("stance \(other.stance)") }
    if recompileLimit != other.recompileLimit { words.append("recompile limit \(other.recompileLimit)") }
    if dynamic != other.dynamic { words.append("dynamic \(other.dynamic.rawValue)") }
    if marks != other.marks {
      let added: [Mark] = other.marks.filter { !marks.contains($0) }
      let removed: [Mark] = marks.filter { !other.marks.contains($0) }
      words += added.map { "\($0.input):\($0.dimension) marked \($0.mark.name)" } + removed.map { "\($0.input):\($0.dimension) not marked" }
    }
    return words.joined(separator: ", ")
  }
}

/// What a session is at, read from it at one moment.
package struct SessionFacts: Sendable {
  package struct GuardLine: Hashable, Sendable {
    package var text: String
    /// The line of the model that needed it.
    package var neededBy: SourceFrame?
  }
  package struct Entry: Sendable {
    package var id: CompileID
    package var backend: String
    package var hits: Int
    package var guards: [GuardLine]
  }
  /// Cached graphs, of every mode.
  package var entries: [Entry] = []
  package init() {}
}

/// What a job does to a session.
package enum SessionTask: Sendable {
  package enum Step: Hashable, Sendable { case change, undo, redo }
  /// Reads the facts alone.
  case look
  case apply(SessionChoices, from: SessionChoices, Step)
  case reset
}

extension ProgramSession {
  /// The cached graphs as they are now.
  package var facts: SessionFacts {
    var facts = SessionFacts()
    for frame in allFrames {
      facts.entries += frame.entries.map { entry in
        SessionFacts.Entry(
          id: entry.id, backend: entry.backend, hits: entry.hits,
          guards: entry.guards.lines.map { SessionFacts.GuardLine(text: $0.text, neededBy: $0.neededBy) })
      }
    }
    return facts
  }

  /// Brings a session from what was chosen before to what is chosen now, for calls that begin from then on.
  /// - Throws: `LatheError` of kind `badInput` for marks that contradict each other or the program; what differs besides is as it was.
  package func apply(_ choices: SessionChoices, from old: SessionChoices) throws {
    if choices.marks != old.marks {
      do {
        var added: ArraySlice<SessionChoices.Mark> = choices.marks[...]
        if choices.marks.starts(with: old.marks) { added = choices.marks.dropFirst(old.marks.count) } else { clearMarks() }
        for mark in added { try self.mark(mark.mark, input: mark.input, dimension: mark.dimension) }
      } catch {
        clearMarks()
        for mark in old.marks { try self.mark(mark.mark, input: mark.input, dimension: mark.dimension) }
        throw error
      }
    }
    if choices.stance != old.stance {
      if let backend = choices.stance.forcedBackend { _ = try context.backend(named: backend) }
      try context.setStance(choices.stance)
    }
    if choices.recompileLimit != old.recompileLimit || choices.dynamic != old.dynamic {
      changeSettings { ($0.recompileLimit, $0.dynamic) = (choices.recompileLimit, choices.dynamic) }
    }
  }
}
