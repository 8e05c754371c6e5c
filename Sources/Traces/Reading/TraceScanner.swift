import Foundations
import Glibc

/// Cuts a trace's bytes, given in pieces of any size, into records.
///
/// A record is a header line and, where it announces one, a payload: lines that begin with a tab. A payload is not kept; its place is,
/// and its MD5 is taken as it passes. What is not a record is skipped and told.
struct TraceScanner {
  struct Issue {
    var kind: TraceProblem.Kind
    var offset: Int
    var line: Int
    var message: String
  }
  /// Lines longer than this are skipped.
  static let longestLine: Int = 64 << 20
  /// How far into a line its header may begin.
  private static let longestPrefix: Int = 4096

  private enum State { case lineStart, header, payload, skipping }

  /// Whole records and issues found since the caller last took them.
  private(set) var records: [TraceRecord] = []
  private(set) var issues: [Issue] = []
  /// Of the next byte.
  private(set) var offset: Int = 0

  /// Of the next byte, from 1.
  private(set) var line: Int = 1
  private var state: State = .lineStart
  /// The header line so far, and where it began.
  private var pending: [UInt8] = []
  private var lineStart: Int = 0
  /// A record whose payload is being taken.
  private var open: TraceRecord?
  private var openPayload = TracePayload(offset: 0, length: 0, count: 0, isIntact: false)
  private var openLines: Int = 0
  private var digest = MD5()
  /// Lines in a row that are no records.
  private var garbage: (offset: Int, line: Int, lines: Int, bytes: Int)?

  /// - Parameters:
  ///   - offset: of the first byte to come, from the file's beginning.
  ///   - line: of that byte, from 1.
  init(offset: Int = 0, line: Int = 1) { (self.offset, self.line) = (offset, line) }

  mutating func take() -> (records: [TraceRecord], issues: [Issue]) {
    defer {
      records.removeAll(keepingCapacity: true)
      issues.removeAll()
    }
    return (records, issues)
  }

  mutating func scan(_ chunk: UnsafeRawBufferPointer) {
    var index: Int = 0
    while index < chunk.count {
      if state == .lineStart {
        index += beginLine(chunk[index])
        continue
      }
      let rest = UnsafeRawBufferPointer(rebasing: chunk[index...])
      let count: Int = TraceScanner.newline(in: rest) ?? rest.count
      let part = UnsafeRawBufferPointer(rebasing: rest[..<count])
      switch state {
      case .payload: takePayload(part)
      case .header: takeHeader(part)
      case .skipping: garbage?.bytes += count
      case .lineStart: break
      }
      index += count
      offset += count
      if count < rest.count {
        if state == .header { endHeader(at: offset + 1) }
        state = .lineStart
        line += 1
        index += 1
        offset += 1
      }
    }
  }

  private static func newline(in bytes: UnsafeRawBufferPointer) -> Int? {
    memchr(bytes.baseAddress!, 0x0A, bytes.count).map { UnsafeRawPointer($0) - bytes.baseAddress! }
  }

  /// - Returns: how many bytes were consumed.
  private mutating func beginLine(_ byte: UInt8) -> Int {
    if byte == 0x0A {
      // Collectors of logs stutter with empty lines; a payload's empty line has its tab.
      line += 1
      offset += 1
      return 1
    }
    if byte == 0x09, open != nil {
      if openLines == 0 {
        openPayload.offset = offset
      } else {
        openPayload.count += 1
        withUnsafeBytes(of: UInt8(0x0A)) { digest.update($0) }
      }
      openLines += 1
      offset += 1
      openPayload.length = offset - openPayload.offset
      state = .payload
      return 1
    }
    closeRecord(atEnd: false)
    lineStart = offset
    pending.removeAll(keepingCapacity: true)
    state = .header
    return 0
  }

  private mutating func takePayload(_ part: UnsafeRawBufferPointer) {
    digest.update(part)
    openPayload.count += part.count
    openPayload.length = offset + part.count - openPayload.offset
  }

  private mutating func takeHeader(_ part: UnsafeRawBufferPointer) {
    let before: Int = pending.count
    pending.append(contentsOf: part)
    let sure: Int = TraceScanner.longestPrefix * 2 + 64
    let isHopeless: Bool = before < sure && pending.count >= sure && pending.withUnsafeBytes { TraceHeader.find(in: $0, limit: TraceScanner.longestPrefix) } == nil
    if isHopeless || pending.count > TraceScanner.longestLine {
      skipped(pending.count)
      pending = []
      state = .skipping
    }
  }

  private mutating func skipped(_ bytes: Int) {
    if garbage == nil { garbage = (lineStart, line, 0, 0) }
    garbage?.lines += 1
    garbage?.bytes += bytes
  }

  /// Reads the header line that is complete now and ends before `end`.
  private mutating func endHeader(at end: Int) {
    var start: Int = 0
    while true {
      guard let (header, place, json) = pending.withUnsafeBytes({ TraceHeader.find(in: $0, from: start, limit: start + TraceScanner.longestPrefix) }) else {
        if start == 0 { skipped(pending.count) }
        return
      }
      flushGarbage()
      // What a collector of logs puts before every line is no matter; the beginning of another record is.
      if start == 0, place > 0, TraceScanner.looksLikeHeader(pending) { report(.badRecord, at: 0, "a record ends in the middle; another begins in its line") }
      do {
        let envelope = try pending.withUnsafeBytes { try TraceEnvelope(line: $0, from: json) }
        var record = TraceRecord(header: header, envelope: envelope, bytes: [], offset: lineStart, line: line, end: end)
        swap(&record.bytes, &pending)
        if envelope.payloadDigest == nil {
          records.append(record)
        } else {
          (open, openLines, digest) = (record, 0, MD5())
          openPayload = TracePayload(offset: end, length: 0, count: 0, isIntact: false)
        }
        return
      } catch {
        let cause: String = (error as? LatheError)?.message ?? "\(error)"
        report(.badRecord, at: place, "the record's JSON cannot be read: \(cause)")
        // A record that was cut may have another behind it.
        start = json
        guard pending.withUnsafeBytes({ TraceHeader.find(in: $0, from: start) }) != nil else { return }
        start = pending.withUnsafeBytes { TraceHeader.find(in: $0, from: start)!.start }
      }
    }
  }

  private static func looksLikeHeader(_ line: [UInt8]) -> Bool {
    line.count > 1 && "VIWEC".utf8.contains(line[0]) && (line[1] &- UInt8(ascii: "0")) < 10
  }

  private mutating func report(_ kind: TraceProblem.Kind, at place: Int, _ message: String) {
    issues.append(Issue(kind: kind, offset: lineStart + place, line: line, message: message))
  }

  private mutating func flushGarbage() {
    guard let run = garbage else { return }
    garbage = nil
    let what: String = run.lines == 1 ? "\(run.bytes) bytes are" : "\(run.lines) lines of \(run.bytes) bytes are"
    issues.append(Issue(kind: .garbage, offset: run.offset, line: run.line, message: "\(what) not part of any record"))
  }

  private mutating func closeRecord(atEnd: Bool) {
    guard var record = open else { return }
    open = nil
    openPayload.isIntact = digest.hexDigest() == record.envelope.payloadDigest
    if openLines > 0 { record.payload = openPayload }
    // The line end after the last payload line is the record's too.
    record.end = max(record.end, min(offset, openPayload.offset + openPayload.length + 1))
    records.append(record)
    guard !openPayload.isIntact else { return }
    let message: String =
      openLines == 0
      ? "the payload of this \(record.envelope.event) record is missing" : "the payload of this \(record.envelope.event) record does not have the MD5 that it announces"
    issues.append(
      Issue(kind: atEnd ? .cutShort : .wrongPayload, offset: record.offset, line: record.line, message: atEnd ? "the file ends here: \(message)" : message))
  }

  /// Gives out what is whole although nothing follows it yet: a record whose payload already has its MD5.
  mutating func settle() {
    flushGarbage()
    if state == .lineStart, let record = open, openLines > 0, digest.hexDigest() == record.envelope.payloadDigest { closeRecord(atEnd: false) }
  }

  /// The bytes end here: what is left is a record without its last line end, or one that was cut.
  mutating func finish() {
    if state == .header {
      let issueCount: Int = issues.count
      endHeader(at: offset)
      if issues.count > issueCount {
        issues.removeSubrange(issueCount...)
        report(.cutShort, at: 0, "the file ends in the middle of a record")
      } else if garbage?.offset == lineStart, TraceScanner.looksLikeHeader(pending) {
        garbage = nil
        report(.cutShort, at: 0, "the file ends in the middle of a record")
      }
    }
    state = .lineStart
    flushGarbage()
    closeRecord(atEnd: true)
  }

  /// Whether a record has begun of which the end has not been seen.
  var isInsideRecord: Bool { open != nil || state == .header || state == .payload }
}
