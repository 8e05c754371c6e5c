import Capture
import Engine
import Foundations
import Synchronization

@testable import Workbench

/// Compilations made up for tests, as events of a session.
extension Fixture {
  static let line = SourceFrame(file: "/home/u/zoo/tiny.py", line: 12, function: "forward", text: "x = self.wte(ids)")

  /// The dimension that changed from `expected` to `actual`, with a second guard that failed.
  static func miss(_ entry: CompileID, _ expected: Int, _ actual: Int) -> EntryMiss {
    EntryMiss(
      entry: entry,
      failures: [
        GuardMiss(
          source: "L['ids'].size()[0]", expected: "\(expected)", actual: "\(actual)",
          text: "tensor 'ids' size mismatch at index 0. expected \(expected), actual \(actual)", neededBy: line, remedies: [.markDynamic(input: "ids", dimension: 0)]),
        GuardMiss(
          source: "L['ids'].stride()[0]", expected: "16", actual: "32", text: "tensor 'ids' stride mismatch at index 0. expected 16, actual 32",
          remedies: [.makeContiguous(input: "ids")]),
      ], heldCount: 11)
  }

  static func start(_ trigger: CompileStart.Trigger, size: String) -> CompileStart {
    CompileStart(
      function: "forward", file: "/home/u/zoo/tiny.py", line: 10, trigger: trigger, backend: "compiled",
      inputs: [CompileInput(name: "ids", source: "L['ids']", dtype: .i64, sizes: [4, 16], strides: [16, 1], symbolicSizes: [size, "16"])])
  }

  static func texts(_ number: Int) -> [CompileText] {
    [
      CompileText(.guards, name: "guards") { "TREE_GUARD_MANAGER:\n+- RootGuardManager\n| +- TENSOR_MATCH: L['ids'] of compilation \(number)" },
      CompileText(.capturedGraph, name: "forward") { "def forward(self, ids):\n    embedding = torch.ops.aten.embedding.default(p_wte_weight, ids)\n    return (embedding,)" },
      CompileText(.passGraph, name: "decompose") { "def forward(self, ids):\n    # after decompose\n    return ids" },
      CompileText(.code, name: "k\(number).c") { (1...30).map { "// line \($0) of the code of \(number)" }.joined(separator: "\n") },
    ]
  }

  /// What a compilation reports until it ends; `isDynamic` leaves the first size open.
  static func compile(_ id: CompileID, _ trigger: CompileStart.Trigger, isDynamic: Bool) -> [CompileEvent] {
    var events: [CompileEvent] = [.started(id, start(trigger, size: isDynamic ? "s0" : "4"))]
    for (name, time) in [("passes", 53), ("lower", 22), ("render", 9), ("compile", 1180), ("load", 4)] {
      events.append(.phaseBegan(id, name: name))
      if name == "passes" { events += [.phaseBegan(id, name: "decompose"), .phaseEnded(id, name: "decompose", .milliseconds(12))] }
      events.append(.phaseEnded(id, name: name, .milliseconds(time)))
    }
    events += texts(id.compile).map { .made(id, $0) }
    let symbol = CompileSymbol(name: "s0", value: 5, minimum: 2, maximum: 64, source: "L['ids'].size()[0]")
    events.append(.finished(id, CompileResult(duration: .milliseconds(1320), kernelCount: 14, nodeCount: 30, guardCount: 12, shapeGuardCount: isDynamic ? 1 : 0, symbols: isDynamic ? [symbol] : [])))
    return events
  }
}

/// Compiles as an engine would: first for the size that comes, then for all.
final class FakeCache: Sendable {
  private struct State: Sendable {
    var sizes: [Int] = []
    var isDynamic = false
  }
  private let state = Mutex(State())

  /// - Returns: what served the call; nil where it failed.
  func call(_ size: Int, _ session: ProgramSession, gate: Gate?) -> (served: CallServing?, misses: [EntryMiss]) {
    let (sizes, isDynamic) = state.withLock { ($0.sizes, $0.isDynamic) }
    func report(_ event: CompileEvent) { session.events.report(.compile(event)) }
    let id = CompileID(frame: 0, compile: sizes.count)
    if isDynamic || sizes.contains(size) { return (.cached(CompileID(frame: 0, compile: max(0, sizes.count - 1))), []) }
    let misses: [EntryMiss] = sizes.enumerated().map { Fixture.miss(CompileID(frame: 0, compile: $0.offset), $0.element, size) }
    if !misses.isEmpty { report(.missed(frame: 0, misses)) }
    switch session.context.stance.stance {
    case .failOnRecompile where !misses.isEmpty: return (nil, misses)
    case .eagerOnRecompile, .forceEager:
      report(.ranEagerly(frame: 0, reason: "the stance is \(session.context.stance)"))
      return (.eagerly("the stance is \(session.context.stance)"), misses)
    default: break
    }
    let becomesDynamic = !sizes.isEmpty || !session.marks[.local("ids")].isEmpty
    let events = Fixture.compile(id, misses.isEmpty ? .firstCall : .recompilation(misses), isDynamic: becomesDynamic)
    for event in events {
      if case .phaseBegan(_, "compile") = event {
        report(event)
        session.events.report(.progress(job: 0, done: 1, of: 4, what: "model.c"))
        gate?.pass()
      } else {
        report(event)
      }
    }
    state.withLock { state in
      state.sizes.append(size)
      state.isDynamic = becomesDynamic
    }
    return (.compiled(id), misses)
  }
}

extension FakeServices {
  func drive(
    _ model: OpenModel, _ sweep: Sweep, cycles: Int, mode: ExecutionMode, events: some EventSink, cancellation: some Cancellation,
    report: (DrivenCall) throws -> Void
  ) throws -> DriveSummary {
    var summary = DriveSummary()
    for number in 0..<sweep.count * cycles {
      try cancellation.check()
      let size: Int = sweep.parts[0].sizes[number % sweep.count]
      let (served, misses) = cache.call(size, model.session, gate: gate)
      summary.calls += 1
      switch served {
      case .cached?: summary.cached += 1
      case .compiled?: summary.compiled += 1
      case .eagerly?: summary.eager += 1
      case nil: summary.failed += 1
      }
      let failure: LatheError? = served == nil ? .badInput("Detected recompile when torch.compile stance is 'fail_on_recompile'.\n    triggered by") : nil
      events.report(.progress(job: 0, done: number + 1, of: sweep.count * cycles, what: "call \(number + 1)"))
      try report(DrivenCall(of: number, inputs: ["ids: i64[\(size), 16]"], served: served, misses: misses, seconds: 0.001, failure: failure))
    }
    return summary
  }
}
