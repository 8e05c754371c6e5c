import Foundations

/// A timed part of a compilation with the parts inside it (`dynamo_timed`).
package struct TracePhase: Hashable, Sendable {
  package var name: String
  /// Microseconds since 1970.
  package var start: Double
  /// Nil where the trace has no end of it.
  package var end: Double?
  package var attempt: Int
  package var parts: [TracePhase] = []

  package var seconds: Double? { end.map { ($0 - start) * 1e-6 } }
}

/// Something that happened at a moment, for example `automatic_dynamic`.
package struct TraceInstant: Hashable, Sendable {
  package var name: String
  /// Microseconds since 1970.
  package var time: Double
  package var arguments: JSONValue
}

/// One event of Chromium's trace format, as `chromium_event` has it.
struct ChromiumEvent {
  var name: String = ""
  var phase: String = ""
  var time: Double = 0
  var duration: Double?
  var arguments: JSONValue = .null

  /// - Parameter keepsArguments: whether they are read; they may be long.
  init(_ bytes: [UInt8], keepsArguments: Bool) throws {
    self = try bytes.withUnsafeBufferPointer { bytes in
      var event = ChromiumEvent()
      var cursor = JSONCursor(bytes, subject: "")
      var scope = try cursor.beginObject()
      while let key = try cursor.nextKey(&scope) {
        switch key {
        case "name": event.name = try cursor.readString()
        case "ph": event.phase = try cursor.readString()
        case "ts": event.time = try cursor.readDouble()
        case "dur": event.duration = try cursor.readDouble()
        case "args" where keepsArguments: event.arguments = try cursor.readValue()
        default: try cursor.skipValue()
        }
      }
      return event
    }
  }
  private init() {}
}

/// Builds the tree of phases from begins and ends in the order of the file.
struct PhaseBuilder {
  private var roots: [TracePhase] = []
  /// Begun and not ended, outermost first.
  private var open: [TracePhase] = []
  private(set) var instants: [TraceInstant] = []

  mutating func take(_ event: ChromiumEvent, attempt: Int) {
    switch event.phase {
    case "B": open.append(TracePhase(name: event.name, start: event.time, attempt: attempt))
    case "X": add(TracePhase(name: event.name, start: event.time, end: event.time + (event.duration ?? 0), attempt: attempt))
    case "E":
      // What began inside it and was never ended goes under it without an end.
      guard let place = open.lastIndex(where: { $0.name == event.name }) else { return }
      while open.count > place + 1 { add(open.removeLast()) }
      open[place].end = event.time
      add(open.removeLast())
    default: instants.append(TraceInstant(name: event.name, time: event.time, arguments: event.arguments))
    }
  }

  private mutating func add(_ phase: TracePhase) {
    if open.isEmpty { roots.append(phase) } else { open[open.count - 1].parts.append(phase) }
  }

  mutating func finish() -> [TracePhase] {
    while !open.isEmpty { add(open.removeLast()) }
    return roots
  }
}
