import Foundations

extension TraceWriter {
  package enum Moment: String, Sendable {
    case begin = "B"
    case end = "E"
    /// Something without a length.
    case instant = "i"
  }

  /// `chromium_event`: a phase begins or ends, or something happens. Phases of an attempt nest; those of PyTorch are named `dynamo`,
  /// `entire_frame_compile`, `backend_compile`, `inductor_compile`, ….
  /// - Parameters:
  ///   - seconds: since 1970; nil is now.
  ///   - arguments: of the event, before its compilation's id.
  package func phase(
    _ moment: Moment, _ name: String, seconds: Double? = nil, arguments: [JSONValue.Member] = [], of attempt: Attempt, path: String = #fileID, line: Int = #line
  ) {
    let seconds: Double = seconds ?? TraceWriter.now()
    var facts: [JSONValue.Member] = [
      .init(key: "name", value: .string(name)), .init(key: "ts", value: .double((seconds * 1e7).rounded() / 10)),
      .init(key: "args", value: .object(arguments + [.init(key: "compile_id", value: .string(attempt.id.description))])),
      .init(key: "ph", value: .string(moment.rawValue)), .init(key: "cat", value: .string("dynamo_timed")), .init(key: "tid", value: .int(0)),
      .init(key: "pid", value: .int(rank ?? 0)),
    ]
    if moment == .instant { facts.append(.init(key: "s", value: .string("p"))) }
    write("chromium_event", of: attempt, payload: .json(.object(facts)), at: Origin(seconds: seconds, path: path, line: line))
  }

  /// `compilation_metrics`, or `bwd_compilation_metrics` of a backward: what a compilation came to. It is the last record but the phases' ends.
  /// - Parameter more: members that PyTorch has no name for, for example the program's version.
  package func metrics(_ metrics: TraceMetrics, more: [JSONValue.Member] = [], of attempt: Attempt, at origin: Origin = Origin()) {
    write(metrics.isForward ? "compilation_metrics" : "bwd_compilation_metrics", of: attempt, at: origin) { _ in
      .object([.init(key: "compile_id", value: .string(attempt.id.description))] + metrics.members + more)
    }
  }
}

extension TraceMetrics {
  /// With PyTorch's names; what is not known is null.
  fileprivate var members: [JSONValue.Member] {
    func member(_ key: String, _ text: String?) -> JSONValue.Member { .init(key: key, value: text.map { .string($0) } ?? .null) }
    func member(_ key: String, _ number: Int?) -> JSONValue.Member { .init(key: key, value: number.map { .int($0) } ?? .null) }
    func member(_ key: String, _ number: Double?) -> JSONValue.Member { .init(key: key, value: number.map { .double($0) } ?? .null) }
    func micros(_ key: String, _ seconds: Double?) -> JSONValue.Member { member(key, seconds.flatMap { Int(exactly: ($0 * 1e6).rounded()) }) }
    let end: Double? = startSeconds.flatMap { start in seconds.map { start + $0 } }
    return [
      member("co_name", function), member("co_filename", file), member("co_firstlineno", firstLine), member("cache_size", cacheSize),
      member("accumulated_cache_size", accumulatedCacheSize), member("guard_count", guardCount), member("shape_env_guard_count", shapeGuardCount),
      member("graph_op_count", operatorCount), member("graph_node_count", nodeCount), member("graph_input_count", inputCount),
      member("start_time", startSeconds), member("entire_frame_compile_time_s", frameSeconds), member("backend_compile_time_s", backendSeconds),
      member("inductor_compile_time_s", inductorSeconds), member("code_gen_time_s", codeSeconds), member("fail_type", failType),
      // tlparse wants a reason wherever there is a type.
      member("fail_reason", failReason ?? (failType == nil ? nil : "")), member("fail_user_frame_filename", failFile),
      member("fail_user_frame_lineno", failLine), .init(key: "non_compliant_ops", value: .array([])),
      .init(key: "compliant_custom_ops", value: .array([])), .init(key: "restart_reasons", value: .array(restartReasons.map { .string($0) })),
      member("dynamo_time_before_restart_s", secondsBeforeRestart), .init(key: "has_guarded_code", value: hasCode.map { .bool($0) } ?? .null),
      .init(key: "is_forward", value: .bool(isForward)), micros("start_time_us", startSeconds), micros("duration_us", seconds),
      micros("end_time_us", end), member("recompile_reason", recompileReason), member("num_graph_breaks", breakCount),
      member("guard_latency_us", guardMicroseconds),
    ]
  }
}
