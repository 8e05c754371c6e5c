import Foundations
import Graphs
import Operators
import Synchronization
import Tensors

/// Calls a program operator by operator, as `ExportedProgram.module()` does: checks inputs, feeds weights, keeps mutated buffers.
package final class ProgramRunner: Sendable {
  private let graph: Graph
  private let plan: GraphPlan
  private let runner: EagerRunner
  private let state: ProgramState
  /// Placeholders whose memory the program writes to; they are copied first, because weights and inputs are mapped read-only.
  private let written: Set<Graph.NodeID>
  private struct Held: Sendable {
    var version: Int
    var values: [Value]
  }
  /// Values of placeholders that are not user inputs, as of a version of the state.
  private let held: Mutex<Held>
  private let placeholders: [Graph.NodeID]
  /// Places among the placeholders that a caller fills.
  private let userPlaceholders: [Int]
  private let inputs: ProgramInputs

  /// - Parameter state: shared with others that call the program.
  package init(_ program: Program, state: ProgramState? = nil, table: OperatorTable = .standard) throws {
    let state: ProgramState = state ?? ProgramState(program)
    let graph: Graph = program.graph
    (self.graph, self.state) = (graph, state)
    runner = EagerRunner(table: table)
    plan = GraphPlan(graph, table: table)
    placeholders = graph.placeholders
    written = WrittenPlaceholders.find(in: graph, table: table)
    inputs = ProgramInputs(program)
    userPlaceholders = placeholders.indices.filter { [placeholders] in
      if case .placeholder(.user) = graph[placeholders[$0]].operation { true } else { false }
    }
    let version: Int = state.version
    var values: [Value] = []
    for id in placeholders {
      let value: Value = try state.value(of: graph[id])
      if written.contains(id), case .tensor(let tensor) = value {
        values.append(.tensor(try tensor.denseCopy()))
      } else {
        values.append(value)
      }
    }
    held = Mutex(Held(version: version, values: values))
  }

  /// Calls the program once.
  /// - Parameter userInputs: flattened user inputs, in order; see `ProgramInputs.bind`.
  /// - Throws: `LatheError` when an input does not fit, an operator is missing or fails; what `observer` throws.
  package func call(_ userInputs: [Value], observer: GraphPlan.Observer? = nil) throws -> [Value] {
    try inputs.check(userInputs)
    var values: [Value] = try currentValues()
    for (value, index) in zip(userInputs, userPlaceholders) {
      if written.contains(placeholders[index]), case .tensor(let tensor) = value {
        values[index] = .tensor(try tensor.denseCopy())
      } else {
        values[index] = value
      }
    }
    do {
      return try keepMutations(try plan.run(values, runner: runner, observer: observer))
    } catch let error as LatheError where error.kind != .cancelled { throw inputs.explained(error, userInputs) }
  }

  private func currentValues() throws -> [Value] {
    let version: Int = state.version
    return try held.withLock { held in
      if held.version != version {
        for (place, id) in placeholders.enumerated() where !written.contains(id) { held.values[place] = try state.value(of: graph[id]) }
        held.version = version
      }
      return held.values
    }
  }

  /// Stores mutated buffers and gives the user's outputs.
  private func keepMutations(_ results: [Value]) throws -> [Value] {
    let roles: [Graph.OutputRole] = graph.outputRoles
    guard !roles.isEmpty else { return results }
    var outputs: [Value] = []
    var stored: [String: Tensor] = [:]
    for (index, result) in results.enumerated() {
      switch index < roles.count ? roles[index] : .user {
      case .user, .loss: outputs.append(result)
      case .bufferMutation(let name), .parameterMutation(let name): if case .tensor(let tensor) = result { stored[name] = tensor }
      case .userInputMutation, .gradientToParameter, .gradientToUserInput, .token: break
      }
    }
    state.store(stored)
    return outputs
  }
}

extension Tensor {
  /// A copy in memory of its own with the same order of dimensions.
  package func denseCopy() throws -> Tensor {
    let copy: Tensor = try Tensor.empty(sizes, dtype, strides: denseStrides)
    copy.copy(from: self)
    return copy
  }
}

