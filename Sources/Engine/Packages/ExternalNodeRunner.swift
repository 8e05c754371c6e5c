import Archives
import Compiler
import Foundations
import Graphs
import Operators
import Tensors

/// Runs the operators that a packaged model leaves to the program that loads it, with the kernels of eager execution.
final class ExternalNodeRunner: Sendable {
  private let nodes: [Int: (node: ExternalNode, record: OperatorRecord)]
  private let runner: EagerRunner

  /// - Throws: `LatheError` of kind `unsupported` for an operator that Lathe does not have.
  init(_ nodes: [ExternalNode], direct: [ExternalNode], subject: String, table: OperatorTable = .standard) throws {
    var all: [Int: (node: ExternalNode, record: OperatorRecord)] = [:]
    for (first, list) in [(0, nodes), (RenderedArtifact.firstDirectNode, direct)] {
      for (index, node) in list.enumerated() {
        guard let record = table[node.operation] else { throw LatheError(.unsupported, subject: subject, "Lathe has no operator \(node.operation)") }
        all[first + index] = (node, record)
      }
    }
    self.nodes = all
    runner = EagerRunner(table: table)
  }

  /// - Throws: `LatheError` of kind `badInput` for a call that does not fit its node.
  func run(_ number: Int, _ integers: [Int], _ tensors: [Tensor]) throws -> [Tensor] {
    guard let (node, record) = nodes[number] else { throw LatheError.badInput("external node \(number) was called, but there are \(nodes.count)") }
    var (integers, tensors): (ArraySlice<Int>, ArraySlice<Tensor>) = (integers[...], tensors[...])
    func tensor() throws -> Value {
      guard let tensor = tensors.popFirst() else { throw LatheError.badInput("node \(node.name): too few tensors") }
      return .tensor(tensor)
    }
    func integer() throws -> Value {
      guard let integer = integers.popFirst() else { throw LatheError.badInput("node \(node.name): too few integers") }
      return .integer(integer)
    }
    let arguments: [(name: String, value: Value)] = try node.arguments.map { argument in
      let value: Value =
        switch argument.content {
        case .none: .none
        case .tensor: try tensor()
        case .tensors(let count): .list(try (0..<count).map { _ in try tensor() })
        case .optionalTensors(let present): .list(try present.map { $0 ? try tensor() : .none })
        case .integer: try integer()
        case .integers(let sizes): .list(try sizes.map { _ in try integer() })
        case .number(let number): .double(number)
        case .numbers(let numbers): .list(numbers.map { .double($0) })
        case .flag(let flag): .bool(flag)
        case .flags(let flags): .list(flags.map { .bool($0) })
        case .text(let text): .string(text)
        case .dtype(let dtype): .dtype(dtype)
        case .device(let name): .device(name)
        case .layout(let name): .layout(name)
        case .memoryFormat(let format): .memoryFormat(format)
        }
      return (argument.name, value)
    }
    guard tensors.isEmpty, integers.isEmpty else { throw LatheError.badInput("node \(node.name): more tensors or integers than its arguments take") }
    var found: [Tensor] = []
    func collect(_ value: Value) {
      switch value {
      case .tensor(let tensor): found.append(tensor)
      case .list(let items): for item in items { collect(item) }
      default: break
      }
    }
    do {
      for value in try runner.run(record, arguments) { collect(value) }
    } catch let error as LatheError where error.kind != .cancelled && !error.message.hasPrefix("node ") {
      throw LatheError(error.kind, subject: error.subject, "node \(node.name): \(error.message)")
    }
    return found
  }
}
