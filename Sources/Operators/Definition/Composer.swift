import Foundations
import Graphs
import Tensors

/// Runs operators one after the other: eagerly, over types only, or into a graph.
package protocol OperatorRunner: Sendable {
  var environment: ShapeEnvironment { get }
  /// - Returns: the operator's results; a list result is one value.
  func run(_ name: OperatorName, _ arguments: [(name: String, value: Value)]) throws -> [Value]
  /// The same for an operator whose record is at hand.
  func run(_ record: OperatorRecord, _ arguments: [(name: String, value: Value)]) throws -> [Value]
  /// Runs a subgraph on operands.
  func run(_ subgraph: SubgraphReference, _ operands: [Value]) throws -> [Value]
  /// A subgraph prepared to be run, once for all runs.
  func plan(for subgraph: SubgraphReference) -> GraphPlan
  /// What is known of an operator, nil where Lathe lacks it.
  func meaning(of name: OperatorName) -> OperatorRecord?
}

/// What a composite operator is written with: its arguments, and calls of other operators.
package struct Composer: Sendable {
  package let call: OperatorCall
  package let runner: any OperatorRunner
  package init(call: OperatorCall, runner: any OperatorRunner) { (self.call, self.runner) = (call, runner) }

  /// Calls an operator of which the first result matters; `keywords` follow the positional arguments.
  package func callAsFunction(_ name: OperatorName, _ arguments: Value..., keywords: KeyValuePairs<String, Value> = [:]) throws -> Value {
    try runner.run(name, arguments.map { ("", $0) } + keywords.map { ($0.key, $0.value) })[0]
  }
  /// Calls an operator and gives all its results.
  package func results(_ name: OperatorName, _ arguments: Value..., keywords: KeyValuePairs<String, Value> = [:]) throws -> [Value] {
    try runner.run(name, arguments.map { ("", $0) } + keywords.map { ($0.key, $0.value) })
  }
  package subscript(name: String) -> Value { call.value(name) }
  package func type(_ value: Value) throws -> TensorType {
    guard let type = value.tensorType else { throw call.failure("\(value.kindName) stands where a tensor is needed") }
    return type
  }
}

extension OperatorRunner {
  package func run(_ record: OperatorRecord, _ arguments: [(name: String, value: Value)]) throws -> [Value] { try run(record.name, arguments) }
}
