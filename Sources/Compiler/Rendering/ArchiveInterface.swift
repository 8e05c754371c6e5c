import Foundations
import Graphs
import Operators
import Tensors

/// What an artifact for an archive is told beside its schedule: it meets callers that know nothing of the program.
package struct ArchiveInterface: Sendable {
  /// Tree specs in PyTorch's JSON.
  package var inputSpec: String
  package var outputSpec: String
  /// Sizes that the program takes, by the expression's text.
  package var ranges: [String: SizeRange]
  /// What a parameter, buffer or constant holds.
  package var value: @Sendable (Graph.Node) throws -> Tensor?
  /// What compiling took to hold of sizes.
  package var decisions: [ShapeEnvironment.Decision] = []
  package var constants = ConstantLayout()
  /// The stable C function of an operator, where every known version of PyTorch has one.
  package var function: @Sendable (OperatorName) -> String? = { _ in nil }
  /// Lowers a graph that the program runs or not, as its data say, for what it is handed; gives also what lowering such graphs took to hold
  /// of sizes so far.
  var lower: @Sendable (Graph, [ValueType]) throws -> (Schedule, [ShapeEnvironment.Decision]) = { _, _ in
    throw LatheError.unsupported("graphs inside the program cannot be packaged")
  }
  /// Whether no output may share memory with an input.
  var givesNoInputs: Bool = false

  /// What such a graph is told: its caller has checked what else there is to check.
  func inside(_ decisions: [ShapeEnvironment.Decision]) -> ArchiveInterface {
    var copy = ArchiveInterface(inputSpec: "", outputSpec: "", ranges: [:], value: { _ in nil })
    copy.lower = lower
    copy.function = function
    copy.decisions = decisions
    return copy
  }

  package init(inputSpec: String, outputSpec: String, ranges: [String: SizeRange], value: @escaping @Sendable (Graph.Node) throws -> Tensor?) {
    (self.inputSpec, self.outputSpec, self.ranges, self.value) = (inputSpec, outputSpec, ranges, value)
  }
}

/// Where the constants of an artifact for an archive lie: storages one after the other, each once and padded to 64 bytes
/// (`torch/_inductor/codecache.py`, `_to_bytes`).
package struct ConstantLayout: Sendable {
  package struct Place: Sendable {
    package var node: Graph.Node
    package var sizes: [Int]
    package var strides: [Int]
    /// In elements, of the storage.
    package var storageOffset: Int
    /// In bytes, of the storage among all.
    package var offset: Int
    package var bytes: Int
    /// Whether calls write to it.
    package var isMutated: Bool
    /// Whether passes made it, so that nobody knows it by name.
    package var isHidden: Bool
  }
  /// By the constants' numbers.
  package private(set) var places: [Place] = []
  /// In order; the bytes of each are followed by zeros up to a multiple of 64.
  package private(set) var storages: [Storage] = []
  package private(set) var byteCount: Int = 0

  package init() {}

  /// - Parameter tensor: the value of a placeholder.
  /// - Throws: what `tensor` throws; `LatheError` of kind `badFile` for one that is not as the graph says.
  init(_ schedule: Schedule, made: [String: Tensor], tensor: (Graph.Node) throws -> Tensor?) throws {
    var mutated: Set<String> = []
    for role in schedule.graph.outputRoles {
      switch role {
      case .bufferMutation(let name), .parameterMutation(let name): mutated.insert(name)
      default: break
      }
    }
    var known: [ObjectIdentifier: Int] = [:]
    for id in schedule.constants {
      let node: Graph.Node = schedule.graph[id]
      guard case .placeholder(let role) = node.operation, let type = node.type.tensor else { continue }
      var (name, isHidden) = ("", false)
      switch role {
      case .parameter(let target), .buffer(let target, _): name = target
      case .tensorConstant(let target): (name, isHidden) = (target, made[target] != nil)
      default: break
      }
      guard let value = try made[name].flatMap({ isHidden ? $0 : nil }) ?? tensor(node) else {
        throw LatheError.badFile("", "the program has no tensor for its input '\(node.name)'")
      }
      let tensor: Tensor = try ConstantLayout.laidOut(value, as: type, node)
      let offset: Int
      if let place = known[ObjectIdentifier(tensor.storage)] {
        offset = place
      } else {
        offset = byteCount
        known[ObjectIdentifier(tensor.storage)] = offset
        storages.append(tensor.storage)
        byteCount += ConstantLayout.padded(tensor.storage.byteCount)
      }
      places.append(
        Place(
          node: node, sizes: tensor.sizes, strides: tensor.strides, storageOffset: tensor.offset, offset: offset, bytes: ConstantLayout.padded(tensor.storage.byteCount),
          isMutated: mutated.contains(name), isHidden: isHidden))
    }
  }

  package static func padded(_ count: Int) -> Int { (count + 63) / 64 * 64 }

  /// Marks constants behind the code as this layout's.
  package var key: UInt64 {
    var hash = SHA256()
    for place in places { hash.update("\(place.node.name) \(place.sizes) \(place.strides) \(place.storageOffset) \(place.offset) \(place.bytes)\n") }
    return hash.digest().prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The tensor with the strides that generated code counts on.
  private static func laidOut(_ tensor: Tensor, as type: TensorType, _ node: Graph.Node) throws -> Tensor {
    let (sizes, strides): ([Int], [Int]) = (type.sizes.compactMap(\.constant), type.strides.compactMap(\.constant))
    guard sizes == tensor.sizes, strides.count == sizes.count, tensor.dtype == type.dtype else {
      throw LatheError.badFile("", "the tensor of its input '\(node.name)' is not \(type.shortDescription)")
    }
    if sizes.indices.allSatisfy({ sizes[$0] <= 1 || tensor.strides[$0] == strides[$0] }) { return tensor }
    let copy: Tensor = try Tensor.empty(sizes, type.dtype, strides: strides)
    copy.copy(from: tensor)
    return copy
  }
}
