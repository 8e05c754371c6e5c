import Archives
import Capture
import Foundations
import Operators
import Tensors

/// What calls of a program make of it: its graphs, their guards, and why there are as many.
package struct Explanation: Sendable, Encodable {
  package var file: String
  /// Graphs that one call runs, and places where the program could not go on as one graph. An exported program is one graph.
  package var graphCount: Int
  package var breakCount: Int
  package var operatorCount: Int
  package var stance: String
  package var compiles: [CompileSummary]
  /// What each call did, in order.
  package var calls: [Call]
  package var limits: [String]

  package struct Call: Sendable, Encodable {
    package var inputs: [String]
    package var served: String
    package var error: String?
  }
}

extension Engine {
  /// Calls a program with each of the inputs and says what was captured and why; nothing is compiled to machine code.
  /// - Throws: `LatheError` where inputs cannot be read, `cancelled`; a call that fails is part of the answer.
  package static func explain(
    _ model: OpenModel, inputs sources: [InputSource], sweep: Sweep? = nil, events: some EventSink = NoEvents(), cancellation: some Cancellation = NeverCancelled()
  ) throws -> Explanation {
    try model.session.events.heard(by: events) {
      do {
        let session: ProgramSession = model.session
        let frame: CapturedFrame = try session.frame(backend: "aot_eager", contract: sweep?.changesDTypes == true ? .traced : .declared)
        var all: [CallArguments] = try sources.map { CallArguments(try session.inputs.bind(try tensors($0, for: model.program))) }
        if let sweep { all += try (0..<sweep.count).map { try arguments(model, sweep, $0, 0) } }
        var calls: [Explanation.Call] = []
        for arguments in all {
          try cancellation.check()
          var call = Explanation.Call(inputs: describe(arguments.values, session.inputs), served: "failed")
          do {
            call.served = try frame.callTelling(arguments, cancellation: cancellation).served.text
          } catch let error as LatheError where error.kind != .cancelled { call.error = error.message }
          calls.append(call)
        }
        return explanation(model, frame, calls)
      } catch let error as LatheError { throw error.about(model.path) }
    }
  }

  private static func explanation(_ model: OpenModel, _ frame: CapturedFrame, _ calls: [Explanation.Call]) -> Explanation {
    let operators: Int = model.program.graph.nodes.count { if case .call = $0.operation { true } else { false } }
    return Explanation(
      file: model.path, graphCount: 1, breakCount: 0, operatorCount: operators, stance: model.session.context.stance.description,
      compiles: summaries(of: model.session), calls: calls, limits: model.session.history.limits)
  }

  /// Everything a session compiled, in order.
  package static func summaries(of session: ProgramSession) -> [CompileSummary] {
    let entries: [CacheEntry] = session.allFrames.flatMap(\.entries)
    return session.history.compiles.map { record in CompileSummary(record, entry: entries.first { $0.id == record.id }) }
  }
}

extension CallServing {
  /// For people: `entry 0/1`, `compiled 0/1`, `eager: why`.
  package var text: String {
    switch self {
    case .cached(let id): "entry \(id)"
    case .compiled(let id): "compiled \(id)"
    case .eagerly(let reason): "eager: \(reason)"
    }
  }
}
