import Foundations

/// Everything a trace has about one compilation; texts are places in the file until they are asked for.
package struct TraceDetails: Sendable {
  /// Where it was called from and the code object itself, outermost first.
  package var stack: [SourceFrame] = []
  /// Each attempt's and the backward's too, in order.
  package var phases: [TracePhase] = []
  package var instants: [TraceInstant] = []
  package var artifacts: [TraceArtifact] = []
  package var symbols: [TraceSymbol] = []
  package var tensors: [TraceTensor] = []
  /// Whole, forward first.
  package var metrics: [JSONValue] = []
}

/// A text that belongs to a compilation: a graph, guards, generated code.
package struct TraceArtifact: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable { case graph, guards, code, reason, other }
  /// The event's key, or the artifact's name.
  package var name: String
  package var kind: Kind
  package var attempt: Int
  package var time: TraceTime
  /// `string` or `json` where the record says.
  package var encoding: String?
  /// Of generated code.
  package var file: String?
  package var payload: TracePayload

  static func kind(_ name: String) -> Kind {
    switch name {
    case "dynamo_cpp_guards_str", "dynamo_guards": .guards
    case "inductor_output_code", "graph_dump", "fx_graph_runnable", "dump_file": .code
    case "recompile_reasons", "dynamo_graph_break_reason", "dynamo_error": .reason
    default: name.hasSuffix("_graph") ? .graph : .other
    }
  }
}

/// A symbol made for a size or a number (`create_symbol`, `create_unbacked_symbol`).
package struct TraceSymbol: Hashable, Sendable {
  package var name: String
  /// What it was at the time; nil where nothing backs it.
  package var value: String?
  /// For example `[2, int_oo]`.
  package var range: String?
  /// For example `L['x'].size()[0]`.
  package var source: String?
  package var attempt: Int
  package var userStack: [SourceFrame]
}

/// An input that was described (`describe_tensor`, `describe_source`).
package struct TraceTensor: Hashable, Sendable {
  package var describer: Int
  package var number: Int
  package var attempt: Int
  package var dtype: String = ""
  package var device: String = ""
  /// Numbers, or symbols as text.
  package var sizes: [String] = []
  package var strides: [String] = []
  package var requiresGrad: Bool = false
  /// For example `L['x']`.
  package var source: String?
}
