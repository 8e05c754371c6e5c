import Foundations

/// Why a cached graph did not fit a call (`recompile_reasons`): the first guard of one cache entry that failed.
package struct TraceRecompileReason: Hashable, Sendable {
  /// The cache entry, for example `0/1`; nil where the text does not say.
  package var entry: String?
  /// The guard and what there was instead, for example `tensor 'x' size mismatch at index 0. expected 3, actual 5`.
  package var text: String

  /// - Parameter line: `0/1: L['k'] == 2      `, as PyTorch writes it.
  package init(line: some StringProtocol) {
    var text: Substring = Substring(line)
    if let colon = text.place(of: ": "), TraceCompileID(text[..<colon.lowerBound]) != nil {
      entry = String(text[..<colon.lowerBound])
      text = text[colon.upperBound...]
    }
    self.text = String(text.trimmed)
  }

  /// The reasons of a payload: a JSON list, or one reason as bare text, as newer versions write it where there is one alone.
  static func parse(payload: String) -> [TraceRecompileReason] {
    if payload.trimmed.hasPrefix("["), let items = try? JSONValue.parse(payload, subject: "").array {
      let lines: [String] = items.compactMap(\.string)
      if lines.count == items.count { return lines.map { TraceRecompileReason(line: $0) } }
    }
    return payload.trimmed.isEmpty ? [] : [TraceRecompileReason(line: payload)]
  }
}

/// A place where a graph could not go on (`dynamo_graph_break_reason`).
package struct TraceGraphBreak: Hashable, Sendable {
  package var attempt: Int
  package var time: TraceTime
  /// What stood in the way, without tracebacks; may have several lines.
  package var reason: String
  /// The user's line; nil where the text does not say.
  package var place: SourceFrame?
  /// The whole text.
  package var payload: TracePayload

  init(text: String, attempt: Int, time: TraceTime, payload: TracePayload) {
    (self.attempt, self.time, self.payload) = (attempt, time, payload)
    let said: Substring = text.before("\nTraceback (most recent call last):")
    let lines: [Substring] = said.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    let opening: Substring = lines[0]
    let rest: Substring = lines.count > 1 ? lines[1] : ""
    let frames: [SourceFrame] = SourceFrame.parse(trace: said)
    let mark: String = "Graph break in user code at "
    guard opening.hasPrefix(mark) else {
      // A frame that is given up as a whole: what went wrong is the last line of the exception.
      let isTitle: Bool = opening.hasPrefix("Graph break: ")
      let cause: Substring = (isTitle ? text.dropFirst(said.count).split(separator: "\n").last { !$0.hasPrefix(" ") } : nil) ?? ""
      reason = String(isTitle ? "\(opening.dropFirst(13).trimmed)\(cause.isEmpty ? "" : "\n\(cause)")" : opening.trimmed)
      place = frames.last
      return
    }
    let (file, number) = TraceGraphBreak.place(opening.dropFirst(mark.count))
    place = frames.last { $0.file == file && $0.line == number } ?? SourceFrame(file: file, line: number, function: "", text: "")
    var words: Substring = rest.before("\nUser code traceback:")
    for title in ["Reason: ", "Graph Break Reason: "] where words.hasPrefix(title) { words = words.dropFirst(title.count) }
    reason = String(words.trimmed)
  }

  /// `work/tr.py:4`
  private static func place(_ text: Substring) -> (String, Int) {
    guard let colon = text.lastIndex(of: ":"), let line = Int(text[text.index(after: colon)...].trimmed) else { return (String(text.trimmed), 0) }
    return (String(text[..<colon]), line)
  }
}

extension StringProtocol {
  /// Without white space around it.
  var trimmed: Substring {
    var rest: Substring = Substring(self)
    while let first = rest.unicodeScalars.first, first.properties.isWhitespace { rest.unicodeScalars.removeFirst() }
    while let last = rest.unicodeScalars.last, last.properties.isWhitespace { rest.unicodeScalars.removeLast() }
    return rest
  }
  /// What stands before the first `mark`; everything where there is none.
  func before(_ mark: String) -> Substring {
    let text: Substring = Substring(self)
    return text.place(of: mark).map { text[..<$0.lowerBound] } ?? text
  }
  /// Where `mark` first stands, compared byte by byte.
  func place(of mark: String) -> Range<Index>? {
    let (bytes, wanted) = (Substring(self).utf8, Array(mark.utf8))
    guard let first = wanted.first else { return nil }
    var start: Index = bytes.startIndex
    while let found = bytes[start...].firstIndex(of: first) {
      if bytes[found...].starts(with: wanted), let end = bytes.index(found, offsetBy: wanted.count, limitedBy: bytes.endIndex) { return found..<end }
      start = bytes.index(after: found)
    }
    return nil
  }
}
