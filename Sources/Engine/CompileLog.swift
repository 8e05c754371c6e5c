import Foundations

/// What was compiled and why, folded from the events of a stream.
package struct CompileLog: Sendable {
  /// In the order in which they began.
  package private(set) var compiles: [CompileRecord] = []
  /// How many calls ran eagerly, by reason.
  package private(set) var eagerCalls: [String: Int] = [:]
  /// Why the last call that fitted no entry did not.
  package private(set) var lastMisses: [EntryMiss] = []
  /// Calls that fitted no entry.
  package private(set) var missCount: Int = 0
  /// Limits that were reached, a sentence each.
  package private(set) var limits: [String] = []
  /// The latest compilation of an id, by `0/1`.
  private var places: [String: Int] = [:]

  package init() {}

  /// The latest compilation with an id, whichever try of it; a program that was reset gives ids again.
  package func place(of id: CompileID) -> Int? { places["\(id.frame)/\(id.compile)"] }

  private mutating func update(_ id: CompileID, _ change: (inout CompileRecord) -> Void) {
    if let place = place(of: id) { change(&compiles[place]) }
  }

  /// Takes in an event; those that are not about compiling are passed over.
  package mutating func take(_ timed: TimedEvent) {
    guard case .compile(let event) = timed.event else { return }
    switch event {
    case .started(let id, let start):
      places["\(id.frame)/\(id.compile)"] = compiles.count
      compiles.append(CompileRecord(id: id, startedAt: timed.nanoseconds, start: start))
    case .phaseBegan(let id, let name): update(id) { $0.openPhases.append((name, timed.nanoseconds)) }
    case .phaseEnded(let id, let name, let duration):
      update(id) { record in
        if let place = record.openPhases.lastIndex(where: { $0.name == name }) {
          let open = record.openPhases.remove(at: place)
          record.phases.append(.init(name: name, startedAt: open.startedAt, seconds: duration / .seconds(1), depth: place))
        }
      }
    case .made(let id, let text): update(id) { $0.texts.append(text) }
    case .restarted(let id, let reason):
      update(id) {
        $0.id = id
        $0.restarts.append(reason)
      }
    case .finished(let id, let result): update(id) { $0.result = result }
    case .missed(_, let misses):
      lastMisses = misses
      missCount += 1
    case .ranEagerly(_, let reason): eagerCalls[reason, default: 0] += 1
    case .limitReached(let frame, let limit, let name, let reason):
      limits.append("frame \(frame) reached \(name) (\(limit)); last reason: \(reason ?? "none")")
    case .stanceChanged, .reset: break
    }
  }
}
