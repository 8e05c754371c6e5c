import Foundations
import Graphs
import Operators
import Synchronization
import Tensors

/// The values of a program's parameters, buffers and constants; all that call the program share them, so that a buffer which one call
/// mutates is what the next sees, compiled or not.
package final class ProgramState: Sendable {
  private struct Values: Sendable {
    var version: Int = 0
    var changed: [String: Tensor] = [:]
  }
  private let program: Program
  private let values = Mutex(Values())

  package init(_ program: Program) { self.program = program }

  /// How often something was stored.
  var version: Int { values.withLock { $0.version } }

  /// - Throws: `LatheError` of kind `badFile` where the program lacks the value.
  func value(of node: Graph.Node) throws -> Value {
    guard case .placeholder(let role) = node.operation else { return .none }
    if let name = role.mutableName, let tensor = values.withLock({ $0.changed[name] }) { return .tensor(tensor) }
    return try program.initialValue(node)
  }

  /// What was stored, by qualified name.
  var changes: [String: Tensor] { values.withLock { $0.changed } }

  /// - Parameter tensors: new values of buffers and parameters, by qualified name.
  func store(_ tensors: [String: Tensor]) {
    if tensors.isEmpty { return }
    values.withLock {
      $0.version += 1
      $0.changed.merge(tensors) { $1 }
    }
  }
}

extension Graph.InputRole {
  /// The qualified name, where calls can give it another value.
  var mutableName: String? {
    switch self {
    case .parameter(let name), .buffer(let name, _): name
    default: nil
    }
  }
}
