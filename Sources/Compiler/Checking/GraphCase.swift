import Foundations
import Graphs
import Operators
import Tensors

/// A graph with a tensor for each placeholder: all that a comparison of its eager and its compiled run needs.
package struct GraphCase: Sendable {
  package var graph: Graph
  /// One a placeholder, in order; those of parameters, buffers and constants are known when the graph is compiled.
  package var inputs: [Tensor]
  /// Values and ranges of the symbols in the graph's sizes.
  package var hints: [String: Int]
  package var ranges: [String: ClosedRange<Int>]

  package init(graph: Graph, inputs: [Tensor], hints: [String: Int] = [:], ranges: [String: ClosedRange<Int>] = [:]) {
    (self.graph, self.inputs, self.hints, self.ranges) = (graph, inputs, hints, ranges)
  }

  /// A fresh one, so that decisions of one compilation do not leak into another.
  package var environment: ShapeEnvironment { ShapeEnvironment(hints: hints, ranges: ranges) }

  /// Operators called.
  package var callCount: Int {
    graph.nodes.count { if case .call = $0.operation { true } else { false } }
  }

  /// Tensors by their placeholders' names.
  package var inputsByName: [String: Tensor] {
    Dictionary(zip(graph.placeholders.map { graph[$0].name }, inputs), uniquingKeysWith: { first, _ in first })
  }

  /// What is known before a call: the tensors of parameters, buffers and constants.
  package var given: @Sendable (Graph.InputRole) -> Tensor? {
    var known: [Graph.InputRole: Tensor] = [:]
    for (id, tensor) in zip(graph.placeholders, inputs) {
      guard case .placeholder(let role) = graph[id].operation else { continue }
      if case .user = role { continue }
      known[role] = tensor
    }
    return { [known] in known[$0] }
  }

  /// Runs the graph operator by operator on copies of the inputs, which `prepare` may change: elements that share memory are apart then.
  /// - Returns: its outputs, and the copies, which in-place operators may have changed.
  package func run(_ runner: some OperatorRunner, table: OperatorTable = .standard, prepare: ((Tensor) throws -> Void)? = nil) throws -> (outputs: [Tensor], inputs: [Tensor]) {
    let copies: [Tensor] = try inputs.map { tensor in
      let isShared: Bool = zip(tensor.sizes, tensor.strides).contains { $0 > 1 && $1 == 0 }
      return prepare != nil && isShared ? try tensor.contiguous() : try tensor.duplicated()
    }
    if let prepare { for copy in copies { try prepare(copy) } }
    let outputs: [Value] = try GraphPlan(graph, table: table).run(copies.map { .tensor($0) }, runner: runner)
    return (outputs.compactMap(\.tensor), copies)
  }

  /// The graph's readable form, and a line for each input: what a person needs to see of it.
  package var description: String {
    var text: String = graph.readable(ReadableOptions(showsSource: false))
    for (id, tensor) in zip(graph.placeholders, inputs) {
      guard case .placeholder(let role) = graph[id].operation else { continue }
      let values: String = tensor.elementCount <= 8 ? " = \((try? tensor.doubles()) ?? [])" : ""
      text += "# \(graph[id].name): \(tensor.dtype.abbreviation)\(tensor.sizes), strides \(tensor.strides), offset \(tensor.offset), \(role)\(values)\n"
    }
    if !hints.isEmpty { text += "# \(hints.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }.joined(separator: ", "))\n" }
    return text
  }
}

extension Tensor {
  /// The same view of a copy of its storage: gaps and overlaps stay.
  package func duplicated() throws -> Tensor {
    let copy: Storage = try Storage.allocate(byteCount: storage.byteCount)
    copy.data.copyMemory(from: storage.data, byteCount: storage.byteCount)
    return Tensor(storage: copy, dtype: dtype, sizes: sizes, strides: strides, offset: offset)
  }
}
