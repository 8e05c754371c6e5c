import Foundations
import Graphs
import Operators
import Tensors

/// What comparing a graph's compiled run with its eager run gave.
package enum GraphVerdict: Sendable {
  /// Every element that is determined agrees.
  case agrees(compared: Int, undetermined: Int)
  /// The compiler says that it cannot compile this.
  case refused(String)
  /// The eager run fails already, so that there is nothing to compare with.
  case invalid(String)
  /// It is not compiled, by a fault of the compiler's.
  case doesNotCompile(String)
  /// The compiled run fails.
  case doesNotRun(String)
  /// An output differs; a sentence with the element that misses by most.
  case differs(String)

  /// The kind of failure, nil where there is none: what shrinking must keep.
  package enum Failure: Sendable, Hashable { case doesNotCompile, doesNotRun, differs }
  package var failure: Failure? {
    switch self {
    case .doesNotCompile: .doesNotCompile
    case .doesNotRun: .doesNotRun
    case .differs: .differs
    default: nil
    }
  }
  package var sentence: String {
    switch self {
    case .agrees(let compared, let undetermined): "\(compared) elements agree, \(undetermined) are undetermined"
    case .refused(let text), .invalid(let text), .doesNotCompile(let text), .doesNotRun(let text), .differs(let text): text
    }
  }
}

extension GraphCase {
  /// A graph compiled, with the tensors it was compiled for.
  package struct Compiled: Sendable {
    package let graph: CompiledGraph
    package let environment: ShapeEnvironment

    /// Compiles the case's graph and hands over what is known before a call.
    /// - Throws: as `CompiledGraph.init`.
    package init(
      _ graphCase: GraphCase, table: OperatorTable = .standard, toolchain: Toolchain, cache: KernelCache, tuning: TuningCache? = nil,
      cancellation: some Cancellation = NeverCancelled()
    ) throws {
      environment = graphCase.environment
      let given = graphCase.given
      graph = try CompiledGraph(
        graphCase.graph, environment: environment, table: table, given: given, toolchain: toolchain, cache: cache, tuning: tuning, cancellation: cancellation)
      let known: [String: Tensor] = graphCase.inputsByName
      var constants: [String: Tensor] = [:]
      for node in graph.constantNodes {
        constants[node.name] = known[node.name]
      }
      try graph.setConstants(constants)
    }

    /// Runs it on the case's inputs, or on those of another case of the same graph with other sizes.
    package func run(_ graphCase: GraphCase) throws -> [Tensor] {
      let known: [String: Tensor] = graphCase.inputsByName
      return try graph(try graph.inputs.map {
        guard let tensor = known[$0.name] else { throw LatheError.badInput("the graph asks for \($0.name), which was no input") }
        return tensor
      })
    }
  }

  /// Compiles the graph, runs it both ways and compares.
  package func check(table: OperatorTable = .standard, toolchain: Toolchain, cache: KernelCache) -> GraphVerdict {
    do {
      return check(try Compiled(self, table: table, toolchain: toolchain, cache: cache), table: table)
    } catch let error as LatheError where error.kind == .unsupported { return .refused("\(error)") } catch { return .doesNotCompile("\(error)") }
  }

  /// Runs the compiled graph and the eager one and compares.
  package func check(_ compiled: Compiled, table: OperatorTable = .standard) -> GraphVerdict {
    let actual: [Tensor]
    do { actual = try compiled.run(self) } catch let error as LatheError where error.kind == .unsupported {
      return .refused("\(error)")
    } catch {
      // Where the eager run fails too, the graph is at fault.
      do { _ = try run(EagerRunner(table: table), table: table) } catch { return .invalid("\(error)") }
      return .doesNotRun("\(error)")
    }
    return check(compiled, outputs: actual, table: table)
  }

  /// Compares what the compiled graph gave with the eager run.
  /// - Parameter accepts: whether all results are near enough to the eager ones, whatever roundings explain.
  package func check(
    _ compiled: Compiled, outputs actual: [Tensor], table: OperatorTable = .standard, accepts: (_ actual: [Tensor], _ expected: [Tensor]) throws -> Bool = { _, _ in false }
  ) -> GraphVerdict {
    let eager = EagerRunner(table: table)
    let expected: [Tensor]
    do { expected = try results(eager, compiled.graph.graph.outputRoles, table) } catch { return .invalid("\(error)") }
    guard actual.count == expected.count else { return .doesNotRun("there are \(actual.count) outputs where \(expected.count) are expected") }
    do {
      if try accepts(actual, expected) { return .agrees(compared: expected.reduce(0) { $0 + $1.elementCount }, undetermined: 0) }
      var spread = try OutputSpread(expected)
      // Few runs tell nearly all; before a difference is believed, many ask again.
      for (count, scopes) in [(4, [NoisyRunner.Scope.inexact]), (45, [.inexact, .everything, .everythingAndLimits])] {
        for round in 0..<count {
          let noisy = NoisyRunner(eager, scope: scopes[round % scopes.count], seed: UInt64(count * 1000 + round))
          // A run that fails under noise says nothing of the outputs.
          guard let outputs = try? results(noisy, compiled.graph.graph.outputRoles, table, prepare: noisy.perturb) else { continue }
          try spread.add(outputs)
        }
        if try spread.difference(actual) == nil { break }
      }
      if let difference = try spread.difference(actual) { return .differs(difference) }
      return .agrees(compared: spread.compared, undetermined: spread.undetermined)
    } catch { return .invalid("\(error)") }
  }

  /// The outputs, and what writes made of inputs and buffers, as the compiled graph's roles name them.
  private func results(
    _ runner: some OperatorRunner, _ roles: [Graph.OutputRole], _ table: OperatorTable, prepare: ((Tensor) throws -> Void)? = nil
  ) throws -> [Tensor] {
    let (outputs, inputs) = try run(runner, table: table, prepare: prepare)
    var results: [Tensor] = outputs
    for role in roles.dropFirst(outputs.count) {
      let place: Int? = graph.placeholders.firstIndex { id in
        switch (role, graph[id].operation) {
        case (.userInputMutation(let name), .placeholder): graph[id].name == name
        case (.bufferMutation(let name), .placeholder(.buffer(let other, _))), (.parameterMutation(let name), .placeholder(.parameter(let other))): name == other
        default: false
        }
      }
      if let place { results.append(inputs[place]) }
    }
    return results
  }
}
