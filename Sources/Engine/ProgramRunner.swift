import Archives
import Foundations
import Graphs
import Operators
import Synchronization
import Tensors

/// Calls an exported program eagerly, as `ExportedProgram.module()` does: checks inputs, feeds weights, keeps mutated buffers.
package final class ProgramRunner: Sendable {
  package let program: ExportedProgram
  private let plan: GraphPlan
  private let runner: EagerRunner
  /// Placeholders whose memory the program writes to; they are copied first, because weights and inputs are mapped read-only.
  private let written: Set<Graph.NodeID>
  /// Values of placeholders that are not user inputs; buffers that a call mutates change here.
  private let state: Mutex<[Value]>
  private let placeholders: [Graph.NodeID]
  /// Places among the placeholders that a caller fills.
  private let userPlaceholders: [Int]
  private let inputs: ProgramInputs

  package init(_ program: ExportedProgram, table: OperatorTable = .standard) throws {
    self.program = program
    runner = EagerRunner(table: table)
    plan = GraphPlan(program.graph, table: table)
    placeholders = program.graph.placeholders
    written = WrittenPlaceholders.find(in: program.graph, table: table)
    inputs = ProgramInputs(program)
    userPlaceholders = placeholders.indices.filter { [placeholders] in
      if case .placeholder(.user) = program.graph[placeholders[$0]].operation { true } else { false }
    }
    var values: [Value] = []
    for id in placeholders {
      let value: Value = try ProgramRunner.initialValue(of: program.graph[id], in: program)
      if written.contains(id), case .tensor(let tensor) = value {
        values.append(.tensor(try tensor.denseCopy()))
      } else {
        values.append(value)
      }
    }
    state = Mutex(values)
  }

  static func initialValue(of node: Graph.Node, in program: ExportedProgram) throws -> Value {
    guard case .placeholder(let role) = node.operation else { return .none }
    let tensor: Tensor?
    switch role {
    case .parameter(let name): tensor = program.state[name]
    case .buffer(let name, let persistent): tensor = persistent ? program.state[name] : program.constants[name] ?? program.state[name]
    case .tensorConstant(let name): tensor = program.constants[name] ?? program.state[name]
    case .constant(_, let value): return value.value
    case .customObject(let name): return .opaque(tag: "custom object", name)
    case .user, .token, .operand: return .none
    }
    guard let tensor else { throw LatheError.badFile("", "the program has no tensor for its input '\(node.name)'") }
    return .tensor(tensor)
  }

  /// Calls the program once.
  /// - Parameter userInputs: flattened user inputs, in order; see `ProgramInputs.bind`.
  /// - Throws: `LatheError` when an input does not fit, an operator is missing or fails; what `observer` throws.
  package func call(_ userInputs: [Value], observer: GraphPlan.Observer? = nil) throws -> [Value] {
    try inputs.check(userInputs)
    var values: [Value] = state.withLock { $0 }
    for (value, index) in zip(userInputs, userPlaceholders) {
      if written.contains(placeholders[index]), case .tensor(let tensor) = value {
        values[index] = .tensor(try tensor.denseCopy())
      } else {
        values[index] = value
      }
    }
    let results: [Value] = try plan.run(values, runner: runner, observer: observer)
    return try keepMutations(results)
  }

  /// Stores mutated buffers and gives the user's outputs.
  private func keepMutations(_ results: [Value]) throws -> [Value] {
    let roles: [Graph.OutputRole] = program.graph.outputRoles
    guard !roles.isEmpty else { return results }
    var outputs: [Value] = []
    for (index, result) in results.enumerated() {
      switch index < roles.count ? roles[index] : .user {
      case .user, .loss: outputs.append(result)
      case .bufferMutation(let name), .parameterMutation(let name):
        let place: Int? = placeholders.firstIndex {
          switch program.graph[$0].operation {
          case .placeholder(.buffer(name, _)), .placeholder(.parameter(name)): true
          default: false
          }
        }
        if let place { state.withLock { $0[place] = result } }
      case .userInputMutation, .gradientToParameter, .gradientToUserInput, .token: break
      }
    }
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

