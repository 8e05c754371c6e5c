import Archives
import Capture
import Foundations
import Graphs
import Operators
import Tensors

extension ExportedProgram {
  /// The program as something to call.
  package var captured: Program {
    var program = Program(
      code: Program.code(of: graph, name: name), graph: graph, inputSpec: inputSpec, ranges: rangeConstraints, hints: symbolHints
    ) { [state, constants] node in
      guard case .placeholder(let role) = node.operation else { return .none }
      let tensor: Tensor?
      switch role {
      case .parameter(let name): tensor = state[name]
      case .buffer(let name, let persistent): tensor = persistent ? state[name] : constants[name] ?? state[name]
      case .tensorConstant(let name): tensor = constants[name] ?? state[name]
      case .constant(_, let value): return value.value
      case .customObject(let name): return .opaque(tag: "custom object", name)
      case .user, .token, .operand: return .none
      }
      guard let tensor else { throw LatheError.badFile("", "the program has no tensor for its input '\(node.name)'") }
      return .tensor(tensor)
    }
    program.contract = .declared
    return program
  }
}
