import Foundations
import Graphs
import Operators
import Synchronization
import Tensors

/// One rewrite of a graph: a named value in `GraphPass.all`.
package struct GraphPass: Sendable {
  package let name: String
  /// One sentence for people.
  package let summary: String
  /// - Returns: the rewritten graph, nil where nothing changed.
  package let run: @Sendable (Graph, PassContext) throws -> Graph?
}

/// What passes share: what is known of sizes, the operators, and tensors known before a call.
package final class PassContext: Sendable {
  package let environment: ShapeEnvironment
  package let table: OperatorTable
  /// Whether what is compiled is loaded by other programs.
  package let isForArchive: Bool
  private let given: @Sendable (Graph.InputRole) -> Tensor?
  private let state = Mutex<[String: Tensor]>([:])

  /// - Parameter given: parameters, buffers and constants that are known before a call and never change.
  package init(
    environment: ShapeEnvironment, table: OperatorTable, isForArchive: Bool = false, given: @escaping @Sendable (Graph.InputRole) -> Tensor? = { _ in nil }
  ) {
    self.isForArchive = isForArchive
    self.environment = environment
    self.table = table
    self.given = given
  }

  /// Tensors that passes made, by the names of their placeholders' roles (`Graph.InputRole.tensorConstant`).
  package var constants: [String: Tensor] { state.withLock { $0 } }
  /// What the graph's placeholders are known to hold before every call: nothing that a call gives a new value.
  package func knownTensors(of graph: Graph) -> [Graph.NodeID: Tensor] {
    var mutated: Set<String> = []
    for role in graph.outputRoles {
      switch role {
      case .bufferMutation(let name), .parameterMutation(let name): mutated.insert(name)
      default: break
      }
    }
    let made: [String: Tensor] = constants
    var known: [Graph.NodeID: Tensor] = [:]
    for id in graph.placeholders {
      guard case .placeholder(let role) = graph[id].operation else { continue }
      switch role {
      case .parameter(let name), .buffer(let name, _): if !mutated.contains(name) { known[id] = given(role) }
      case .tensorConstant(let name): known[id] = made[name] ?? given(role)
      default: break
      }
    }
    return known
  }
  package func add(_ constants: [String: Tensor]) { state.withLock { $0.merge(constants) { _, new in new } } }
}

/// What a pass did.
package struct PassReport: Sendable {
  package var name: String
  package var duration: Duration
  /// The graph after it, nil where it changed nothing.
  package var graph: Graph?
}

extension GraphPass {
  /// In the order in which they run.
  package static let all: [GraphPass] = [decompose, functionalize, foldFactors, constantFold, commonSubexpressions, channelsLast, deadCode]

  /// Runs some of the passes, in their order.
  package static func run(named names: [String], on graph: Graph, _ context: PassContext) throws -> Graph {
    var current: Graph = graph
    for index in current.nodes.indices { current.nodes[index].origin = Int32(index) }
    for pass in all where names.contains(pass.name) { current = try pass.run(current, context) ?? current }
    return current
  }

  /// Runs all passes; the nodes they leave know which node of `graph` they come from.
  /// - Parameters:
  ///   - isCancelled: asked before each pass.
  ///   - willRun: told each pass's name before it runs.
  /// - Returns: the last graph, and what each pass did.
  package static func runAll(
    on graph: Graph, _ context: PassContext, isCancelled: () -> Bool = { false }, willRun: (String) -> Void = { _ in }
  ) throws -> (graph: Graph, reports: [PassReport]) {
    var current: Graph = graph
    for index in current.nodes.indices { current.nodes[index].origin = Int32(index) }
    var reports: [PassReport] = []
    let clock = ContinuousClock()
    for pass in all {
      if isCancelled() { throw LatheError(.cancelled, "cancelled") }
      willRun(pass.name)
      var changed: Graph?
      let duration: Duration = try clock.measure { changed = try pass.run(current, context) }
      reports.append(PassReport(name: pass.name, duration: duration, graph: changed))
      if let changed { current = changed }
    }
    return (current, reports)
  }
}
