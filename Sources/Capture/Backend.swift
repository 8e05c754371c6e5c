import Compiler
import Foundations
import Graphs
import Operators
import Tensors

/// What a compilation is handed, and what it may ask.
package struct BackendRequest: Sendable {
  package var program: Program
  /// The program's graph with the types of this compilation at its placeholders.
  package var graph: Graph
  package var environment: ShapeEnvironment
  package var state: ProgramState
  package var cancellation: any Cancellation
  package var events: any EventSink
}

/// A graph made ready for calls.
package protocol BackendCode: Sendable {
  /// - Parameter inputs: flattened user inputs that the guards let pass.
  func call(_ inputs: [Value]) throws -> [Value]
  /// How many kernels it has; 0 where it runs operators.
  var kernelCount: Int { get }
  /// The compiled program, where there is one.
  var compiled: CompiledProgram? { get }
}

/// Makes graphs ready for calls (`torch._dynamo.backends`).
package protocol Backend: Sendable {
  var name: String { get }
  func compile(_ request: BackendRequest) throws -> any BackendCode
}

/// Runs the graph operator by operator: `eager`, and after decomposition `aot_eager`.
package struct EagerBackend: Backend {
  package let decomposes: Bool
  package var name: String { decomposes ? "aot_eager" : "eager" }
  package init(decomposes: Bool = false) { self.decomposes = decomposes }

  private struct Code: BackendCode {
    let runner: ProgramRunner
    /// Numbers that the graph has as constants, by place among the inputs: whatever a call passes, as with guards that are skipped.
    let constants: [Int: Value]
    func call(_ inputs: [Value]) throws -> [Value] {
      if constants.isEmpty { return try runner.call(inputs) }
      return try runner.call(inputs.enumerated().map { constants[$0] ?? $1 })
    }
    var kernelCount: Int { 0 }
    var compiled: CompiledProgram? { nil }
  }

  package func compile(_ request: BackendRequest) throws -> any BackendCode {
    // Shapes are worked out so that what the graph counts on becomes guards, as it does for every backend.
    let context = PassContext(environment: request.environment, table: .standard, given: request.program.known)
    let rewritten: Graph = try GraphPass.run(named: ["decompose"], on: request.graph, context)
    var program: Program = request.program
    if decomposes, context.constants.isEmpty {
      program.graph = rewritten
      // Types of this compilation stand at the placeholders; sizes that are symbols there are not declared again.
      program.contract = .traced
    }
    let users: [Graph.Node] = request.graph.nodes.filter { if case .placeholder(.user) = $0.operation { true } else { false } }
    var constants: [Int: Value] = [:]
    for (place, node) in users.enumerated() { if case .int(.constant(let number)) = node.type { constants[place] = .integer(number) } }
    return Code(runner: try ProgramRunner(program, state: request.state), constants: constants)
  }
}

/// Compiles the graph to a shared object: `compiled`, and with candidates timed first `autotuned`.
package struct KernelBackend: Backend {
  package let name: String
  private let toolchain: @Sendable () throws -> (Toolchain, KernelCache)
  private let tunes: Bool

  /// - Parameter toolchain: asked at every compilation, so that a compiler installed meanwhile is found.
  package init(name: String, tunes: Bool, toolchain: @escaping @Sendable () throws -> (Toolchain, KernelCache)) {
    (self.name, self.tunes, self.toolchain) = (name, tunes, toolchain)
  }

  private struct Code: BackendCode {
    let program: CompiledProgram
    func call(_ inputs: [Value]) throws -> [Value] { try program.call(inputs) }
    var kernelCount: Int { program.compiled.library.kernelNames.count }
    var compiled: CompiledProgram? { program }
  }

  package func compile(_ request: BackendRequest) throws -> any BackendCode {
    let (toolchain, cache) = try self.toolchain()
    return Code(
      program: try CompiledProgram(
        request.graph, state: request.state, known: request.program.known, environment: request.environment, toolchain: toolchain, cache: cache,
        tuning: tunes ? TuningCache(cache) : nil, cancellation: request.cancellation, events: request.events))
  }
}
