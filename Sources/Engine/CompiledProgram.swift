import Archives
import Compiler
import Foundations
import Graphs
import Operators
import Tensors

/// Calls an exported program compiled: checks inputs, feeds weights, keeps mutated buffers.
package final class CompiledProgram: Sendable {
  package let program: ExportedProgram
  package let compiled: CompiledGraph
  private let inputs: ProgramInputs
  private let userNodes: [Graph.Node]
  private let outputNodes: [Argument]
  /// Names in the graph of the buffers and parameters that outputs are new values of.
  private let mutated: [String: String]

  /// Compiles the program.
  /// - Throws: `LatheError` for an operator that is missing or cannot be compiled, where the toolchain fails, when cancelled.
  package init(
    _ program: ExportedProgram, toolchain: Toolchain, cache: KernelCache, tuning: TuningCache? = nil, cancellation: some Cancellation = NeverCancelled(),
    events: some EventSink = NoEvents()
  ) throws {
    self.program = program
    inputs = ProgramInputs(program)
    userNodes = program.graph.nodes.filter { if case .placeholder(.user) = $0.operation { true } else { false } }
    let environment = ShapeEnvironment(hints: program.symbolHints, ranges: program.symbolRanges)
    compiled = try CompiledGraph(
      program.graph, environment: environment, given: CompiledProgram.known(in: program), toolchain: toolchain, cache: cache, tuning: tuning,
      cancellation: cancellation, events: events)
    outputNodes = compiled.graph.outputs
    var tensors: [String: Tensor] = [:]
    var mutated: [String: String] = [:]
    for node in compiled.constantNodes {
      guard case .placeholder(let role) = node.operation else { continue }
      if case .tensor(let tensor) = try ProgramRunner.initialValue(of: node, in: program) {
        tensors[node.name] = tensor
      }
      switch role {
      case .parameter(let name), .buffer(let name, _): mutated[name] = node.name
      default: break
      }
    }
    try compiled.setConstants(tensors)
    self.mutated = mutated
  }

  /// The program's parameters, buffers and constants.
  static func known(in program: ExportedProgram) -> @Sendable (Graph.InputRole) -> Tensor? {
    { role in try? ProgramRunner.initialValue(of: Graph.Node(operation: .placeholder(role), name: ""), in: program).tensor }
  }

  /// Calls the program once.
  /// - Parameter userInputs: flattened user inputs, in order; see `ProgramInputs.bind`.
  /// - Returns: the user's outputs, in order.
  /// - Throws: `LatheError` when an input does not fit or an operator fails.
  package func call(_ userInputs: [Value]) throws -> [Value] {
    try inputs.check(userInputs)
    var tensors: [Tensor] = []
    var symbols: [String: Int] = [:]
    for (value, node) in zip(userInputs, userNodes) {
      switch (value, node.type) {
      case (.tensor(let tensor), .tensor(let type)):
        for (size, actual) in zip(type.sizes, tensor.sizes) { if let name = size.symbolName { symbols[name] = actual } }
        tensors.append(try CompiledProgram.laidOut(tensor, as: type))
      case (_, .int(let size)):
        guard case .int(let number) = value, let actual = number.constant else { continue }
        if let name = size.symbolName { symbols[name] = actual }
        tensors.append(try Tensor(scalar: .int(actual), .i64))
      default: continue
      }
    }
    return try outputs(try compiled(tensors), symbols)
  }

  /// The input with the strides that the program was exported with; a layout of another kind is copied.
  private static func laidOut(_ tensor: Tensor, as type: TensorType) throws -> Tensor {
    let strides: [Int] = type.strides.compactMap(\.constant)
    if type.strides == TensorType.contiguousStrides(type.sizes) { return try tensor.contiguous() }
    let wanted: [Int] = strides.count == type.rank ? strides : Tensor.contiguousStrides(tensor.sizes)
    if tensor.sizes.indices.allSatisfy({ tensor.sizes[$0] <= 1 || tensor.strides[$0] == wanted[$0] }) { return tensor }
    let copy: Tensor = try Tensor.empty(tensor.sizes, tensor.dtype, strides: wanted)
    copy.copy(from: tensor)
    return copy
  }

  /// Stores mutated buffers and gives the user's outputs.
  private func outputs(_ tensors: [Tensor], _ symbols: [String: Int]) throws -> [Value] {
    let graph: Graph = compiled.graph
    var outputs: [Value] = []
    var changed: [String: Tensor] = [:]
    var next: Int = 0
    for (index, argument) in outputNodes.enumerated() {
      var value: Value = .none
      if case .node(let id) = argument, graph[id].type.tensor != nil {
        value = .tensor(tensors[next])
        next += 1
      } else if case .int(let size) = argument {
        guard let number = size.evaluate({ symbols[$0] }) else { throw LatheError.unsupported("output \(index) is the size \(size), which only the run reveals") }
        value = .integer(number)
      } else if case .node = argument {
        throw LatheError.unsupported("output \(index) is a number that only the run reveals")
      } else { value = GraphPlan.constant(argument, []) }
      switch index < graph.outputRoles.count ? graph.outputRoles[index] : .user {
      case .user, .loss: outputs.append(value)
      case .bufferMutation(let name), .parameterMutation(let name):
        if let node = mutated[name], case .tensor(let tensor) = value { changed[node] = tensor }
      case .userInputMutation, .gradientToParameter, .gradientToUserInput, .token: break
      }
    }
    if !changed.isEmpty { try compiled.setConstants(changed) }
    return outputs
  }
}
