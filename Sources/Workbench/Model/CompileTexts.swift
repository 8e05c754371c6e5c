import Engine
import Foundations
import Traces

/// A text of the chosen compilation: guards, a graph, code.
package struct CompileTextItem: Sendable {
  package enum Content: Sendable {
    /// Lines that are there, some with the model's line that needed them.
    case guards([SessionFacts.GuardLine])
    /// Written out when it is asked for.
    case made(CompileText)
    case payload(TraceFile, TracePayload)
  }
  package var name: String
  package var isCode: Bool
  package var content: Content
}

extension CompileTable {
  /// Texts of the chosen row, in the order in which they were made.
  package var textItems: [CompileTextItem] {
    switch current {
    case .compile(let number):
      let record: CompileRecord = log.compiles[number]
      return record.texts.map { text in
        if text.kind == .guards, let guards = guards[number] { return CompileTextItem(name: "guards", isCode: false, content: .guards(guards)) }
        return CompileTextItem(name: CompileTable.name(text), isCode: text.kind == .code, content: .made(text))
      }
    case .trace(let number):
      guard let report, let details else { return [] }
      let compile: TraceCompile = report.compiles[number]
      return details.artifacts.map { artifact in
        let attempt: String = artifact.attempt == 0 ? "" : " [\(compile.id.attempt(artifact.attempt))]"
        return CompileTextItem(
          name: artifact.name + attempt, isCode: artifact.name == "inductor_output_code" || artifact.name == "graph_dump",
          content: .payload(report.file(of: compile), artifact.payload))
      }
    case .calls, nil: return []
    }
  }

  private static func name(_ text: CompileText) -> String {
    switch text.kind {
    case .guards: "guards"
    case .capturedGraph: "captured graph"
    case .passGraph: "after \(text.name)"
    case .finalGraph: "final graph"
    case .code: text.name.count <= 24 ? "code \(text.name)" : "code \(text.name.prefix(8))…\(text.name.suffix(2))"
    }
  }

  package var currentText: CompileTextItem? {
    let items: [CompileTextItem] = textItems
    return items.indices.contains(textNumber) ? items[textNumber] : nil
  }

  /// The text shown, as far as it was read.
  package var shownText: ShownText {
    guard let item = currentText else { return .none }
    if case .guards(let guards) = item.content { return .guards(guards) }
    return texts[textNumber].map { .lines($0) } ?? .reading
  }
  package enum ShownText: Sendable {
    case none, reading
    case guards([SessionFacts.GuardLine])
    case lines([Substring])

    package var count: Int {
      switch self {
      case .none, .reading: 0
      case .guards(let guards): guards.count
      case .lines(let lines): lines.count
      }
    }
    package func line(_ number: Int) -> (text: Substring, neededBy: SourceFrame?) {
      switch self {
      case .none, .reading: ("", nil)
      case .guards(let guards): (Substring(guards[number].text), guards[number].neededBy)
      case .lines(let lines): (lines[number], nil)
      }
    }
  }
}

extension CompileTextItem {
  /// Bytes of a trace that are read for one text.
  private static var limit: Int { 4 << 20 }

  /// - Throws: `LatheError` where the trace's file cannot be read.
  package func lines() throws -> [Substring] {
    let text: String
    switch content {
    case .guards(let guards): return guards.map { Substring($0.text) }
    case .made(let made): text = made.text()
    case .payload(let file, let payload): text = try file.text(of: payload, limit: CompileTextItem.limit)
    }
    var lines: [Substring] = text.split(separator: "\n", omittingEmptySubsequences: false)
    if case .payload(_, let payload) = content, payload.length > CompileTextItem.limit { lines.append("… the text goes on for \(Format.bytes(payload.length - CompileTextItem.limit))") }
    return lines
  }
}
