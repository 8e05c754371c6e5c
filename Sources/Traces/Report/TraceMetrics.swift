import Foundations

/// What PyTorch measured of one compilation (`compilation_metrics`, `bwd_compilation_metrics`): the members that are shown, and where all are.
package struct TraceMetrics: Hashable, Sendable {
  package var isForward: Bool = true
  package var function: String?
  package var file: String?
  package var firstLine: Int?
  /// Entries in the code object's cache before, and of all its objects.
  package var cacheSize: Int?
  package var accumulatedCacheSize: Int?
  package var guardCount: Int?
  package var shapeGuardCount: Int?
  package var operatorCount: Int?
  package var nodeCount: Int?
  package var inputCount: Int?
  /// Since 1970.
  package var startSeconds: Double?
  /// Of everything, where the version says; then of the frame, the backend, Inductor, its code generation.
  package var seconds: Double?
  package var frameSeconds: Double?
  package var backendSeconds: Double?
  package var inductorSeconds: Double?
  package var codeSeconds: Double?
  package var secondsBeforeRestart: Double?
  package var failType: String?
  package var failReason: String?
  package var failFile: String?
  package var failLine: Int?
  package var restartReasons: [String] = []
  /// Whether code came of it; a frame that is skipped has none.
  package var hasCode: Bool?
  package var breakCount: Int?
  package var guardMicroseconds: Double?
  package var recompileReason: String?
  package var torchVersion: String?
  /// Of a kernel's tuning while the program runs rather than of a compilation.
  package var isRuntime: Bool = false
  /// Where the record's JSON is in the file.
  package var record: Range<Int> = 0..<0

  /// The longest time there is: of everything, else of the frame, else of Inductor.
  package var totalSeconds: Double? { seconds ?? frameSeconds ?? inductorSeconds }

  package init(isForward: Bool = true) { self.isForward = isForward }

  init(_ cursor: inout JSONCursor, isForward: Bool) throws {
    self.isForward = isForward
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      if cursor.takeNull() { continue }
      switch key {
      case "co_name": function = try cursor.readString()
      case "co_filename": file = try cursor.readString()
      case "co_firstlineno": firstLine = try cursor.readInt()
      case "cache_size": cacheSize = try cursor.readInt()
      case "accumulated_cache_size": accumulatedCacheSize = try cursor.readInt()
      case "guard_count": guardCount = try cursor.readInt()
      case "shape_env_guard_count": shapeGuardCount = try cursor.readInt()
      case "graph_op_count": operatorCount = try cursor.readInt()
      case "graph_node_count": nodeCount = try cursor.readInt()
      case "graph_input_count": inputCount = try cursor.readInt()
      case "start_time": startSeconds = try cursor.readDouble()
      case "duration_us": seconds = try cursor.readDouble() / 1e6
      case "entire_frame_compile_time_s": frameSeconds = try cursor.readDouble()
      case "backend_compile_time_s": backendSeconds = try cursor.readDouble()
      case "inductor_compile_time_s": inductorSeconds = try cursor.readDouble()
      case "code_gen_time_s": codeSeconds = try cursor.readDouble()
      case "dynamo_time_before_restart_s": secondsBeforeRestart = try cursor.readDouble()
      case "fail_type": failType = try cursor.readString()
      case "fail_reason": failReason = try cursor.readString()
      case "fail_user_frame_filename": failFile = try cursor.readString()
      case "fail_user_frame_lineno": failLine = try cursor.readInt()
      case "restart_reasons": restartReasons = try cursor.readValue().array?.compactMap(\.string) ?? []
      case "has_guarded_code": hasCode = try cursor.readBool()
      case "num_graph_breaks": breakCount = try cursor.readInt()
      case "guard_latency_us": guardMicroseconds = try cursor.readDouble()
      case "recompile_reason": recompileReason = try cursor.readString()
      case "pytorch_version": torchVersion = try cursor.readString()
      case "is_runtime": isRuntime = try cursor.readBool()
      default: try cursor.skipValue()
      }
    }
  }
}
