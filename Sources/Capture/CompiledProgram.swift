import Compiler
import Foundations
import Graphs
import Operators
import Synchronization
import Tensors

/// Calls a program compiled: hands its weights over, gives its outputs, keeps mutated buffers. Inputs are not checked: its guards did.
package final class CompiledProgram: Sendable {
  package let compiled: CompiledGraph
  /// What a user input is to the compiled graph.
  private enum Input: Sendable {
    /// Strides that it must have; nil where it must be contiguous.
    case tensor(strides: [Int]?)
    case integer
    case unused
  }
  private let inputs: [Input]
  /// Where the sizes are found that outputs are worked out from.
  private let bindings: [SymbolBinding]
  private let outputNodes: [Argument]
  private let state: ProgramState
  /// Of the state, what the compiled graph was last handed.
  private let handedVersion: Mutex<Int>
  /// The names in the compiled graph of what calls may give new values, by qualified name.
  private let mutable: [String: String]

  /// - Parameters:
  ///   - graph: with the types of the inputs that the compilation is for.
  ///   - state: shared with others that call the program.
  /// - Throws: `LatheError` for an operator that is missing or cannot be compiled, where the toolchain fails, when cancelled.
  package init(
    _ graph: Graph, state: ProgramState, known: @escaping @Sendable (Graph.InputRole) -> Tensor?, environment: ShapeEnvironment, toolchain: Toolchain,
    cache: KernelCache, tuning: TuningCache? = nil, cancellation: some Cancellation = NeverCancelled(), events: some EventSink = NoEvents()
  ) throws {
    self.state = state
    let userNodes: [Graph.Node] = graph.nodes.filter { if case .placeholder(.user) = $0.operation { true } else { false } }
    inputs = userNodes.map { node in
      switch node.type {
      case .tensor(let type): .tensor(strides: CompiledProgram.strides(type))
      case .int: .integer
      default: .unused
      }
    }
    compiled = try CompiledGraph(
      graph, environment: environment, given: known, toolchain: toolchain, cache: cache, tuning: tuning, cancellation: cancellation, events: events)
    outputNodes = compiled.graph.outputs
    bindings = CompiledProgram.bindings(of: userNodes, neededBy: outputNodes)
    handedVersion = Mutex(state.version)
    var tensors: [String: Tensor] = [:]
    var mutable: [String: String] = [:]
    for node in compiled.constantNodes {
      guard case .placeholder(let role) = node.operation else { continue }
      if case .tensor(let tensor) = try state.value(of: node) { tensors[node.name] = tensor }
      if let name = role.mutableName { mutable[name] = node.name }
    }
    self.mutable = mutable
    try compiled.setConstants(tensors)
  }

  /// Calls the program once.
  /// - Parameter userInputs: flattened user inputs, in order; see `ProgramInputs.bind`.
  /// - Returns: the user's outputs, in order.
  /// - Throws: `LatheError` when an input does not fit or an operator fails.
  package func call(_ userInputs: [Value]) throws -> [Value] {
    try handOverChanges()
    var tensors: [Tensor] = []
    tensors.reserveCapacity(inputs.count)
    for (value, input) in zip(userInputs, inputs) {
      switch (value, input) {
      case (.tensor(let tensor), .tensor(let strides)): tensors.append(try CompiledProgram.laidOut(tensor, strides))
      case (.int(.constant(let number)), .integer): tensors.append(try Tensor(scalar: .int(number), .i64))
      default: continue
      }
    }
    return try outputs(try compiled(tensors), userInputs)
  }

  /// The numbers that strides of the type are; nil where it is contiguous.
  private static func strides(_ type: TensorType) -> [Int]? {
    if type.strides == TensorType.contiguousStrides(type.sizes) { return nil }
    let strides: [Int] = type.strides.compactMap(\.constant)
    return strides.count == type.rank ? strides : nil
  }
  private static func bindings(of inputs: [Graph.Node], neededBy outputs: [Argument]) -> [SymbolBinding] {
    var needed: Set<String> = []
    for case .int(let size) in outputs { needed.formUnion(size.symbols) }
    var bindings: [SymbolBinding] = []
    for (place, node) in inputs.enumerated() where !needed.isEmpty {
      func bind(_ size: SymbolicInt, _ read: SymbolBinding.Place) {
        guard let name = size.symbolName, needed.remove(name) != nil else { return }
        bindings.append(SymbolBinding(symbol: name, source: .local(node.name), place: read))
      }
      switch node.type {
      case .tensor(let type): for (dimension, size) in type.sizes.enumerated() { bind(size, .size(input: place, dimension: dimension)) }
      case .int(let size): bind(size, .number(input: place))
      default: continue
      }
    }
    return bindings
  }

  /// The input with the strides that the program was exported with; a layout of another kind is copied.
  private static func laidOut(_ tensor: Tensor, _ strides: [Int]?) throws -> Tensor {
    guard let strides else { return try tensor.contiguous() }
    if tensor.sizes.indices.allSatisfy({ tensor.sizes[$0] <= 1 || tensor.strides[$0] == strides[$0] }) { return tensor }
    let copy: Tensor = try Tensor.empty(tensor.sizes, tensor.dtype, strides: strides)
    copy.copy(from: tensor)
    return copy
  }

  /// Stores mutated buffers and gives the user's outputs.
  private func outputs(_ tensors: [Tensor], _ userInputs: [Value]) throws -> [Value] {
    let graph: Graph = compiled.graph
    var outputs: [Value] = []
    var stored: [String: Tensor] = [:]
    var next: Int = 0
    for (index, argument) in outputNodes.enumerated() {
      var value: Value = .none
      if case .node(let id) = argument, graph[id].type.tensor != nil {
        value = .tensor(tensors[next])
        next += 1
      } else if case .int(let size) = argument {
        guard let number = size.evaluate({ name in bindings.first { $0.symbol == name }?.read(userInputs) }) else { throw LatheError.unsupported("output \(index) is the size \(size), which only the run reveals") }
        value = .integer(number)
      } else if case .node = argument {
        throw LatheError.unsupported("output \(index) is a number that only the run reveals")
      } else { value = GraphPlan.constant(argument, []) }
      switch index < graph.outputRoles.count ? graph.outputRoles[index] : .user {
      case .user, .loss: outputs.append(value)
      case .bufferMutation(let name), .parameterMutation(let name): if case .tensor(let tensor) = value { stored[name] = tensor }
      case .userInputMutation, .gradientToParameter, .gradientToUserInput, .token: break
      }
    }
    state.store(stored)
    return outputs
  }

  /// Hands over what calls stored since the last time.
  private func handOverChanges() throws {
    let version: Int = state.version
    try handedVersion.withLock { handed in
      if handed == version { return }
      var changed: [String: Tensor] = [:]
      for (name, tensor) in state.changes { if let node = mutable[name] { changed[node] = tensor } }
      if !changed.isEmpty { try compiled.setConstants(changed) }
      handed = version
    }
  }
}
