import Foundations
import Tensors

/// A value of a pickle. Containers are numbers into their document, so that shared, cyclic and deep values are all harmless.
package enum PickleValue: Hashable, Sendable {
  case none
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case bytes([UInt8])
  case complex(Double, Double)
  case dtype(DType)
  case device(String)
  case list(Int)
  /// Also `torch.Size`.
  case tuple(Int)
  /// Also `OrderedDict` and `Counter`.
  case dictionary(Int)
  case set(Int)
  case tensor(Int)
  case storage(Int)
  /// A function or class of the allow-list, by its qualified name.
  case global(String)
}

/// What a pickle held: its root value and the containers that values refer to.
package struct PickleDocument: Sendable {
  package struct Item: Sendable {
    package var key: PickleValue
    package var value: PickleValue
  }
  package struct StoredTensor: Sendable {
    package var tensor: Tensor
    package var requiresGradient: Bool
    /// Whether it is a `torch.nn.Parameter`.
    package var isParameter: Bool
  }
  package struct StoredStorage: Sendable {
    package var storage: Storage
    /// nil for an untyped storage.
    package var dtype: DType?
  }

  package internal(set) var root: PickleValue = .none
  package internal(set) var lists: [[PickleValue]] = []
  package internal(set) var tuples: [[PickleValue]] = []
  package internal(set) var dictionaries: [[Item]] = []
  package internal(set) var sets: [[PickleValue]] = []
  package internal(set) var tensors: [StoredTensor] = []
  package internal(set) var storages: [StoredStorage] = []

  /// Every tensor below the root by its path: keys and positions joined by `.`, as a state dictionary names its tensors.
  ///
  /// A value that refers to itself is followed once.
  package func flattenedTensors() -> [(name: String, tensor: StoredTensor)] {
    var result: [(name: String, tensor: StoredTensor)] = []
    var visited: Set<PickleValue> = []
    var pending: [(name: String, value: PickleValue)] = [("", root)]
    while let (name, value) = pending.popLast() {
      func path(_ part: String) -> String { name.isEmpty ? part : "\(name).\(part)" }
      switch value {
      case .tensor(let index): result.append((name, tensors[index]))
      case .list(let index) where visited.insert(value).inserted:
        pending += lists[index].enumerated().reversed().map { (path("\($0)"), $1) }
      case .tuple(let index) where visited.insert(value).inserted:
        pending += tuples[index].enumerated().reversed().map { (path("\($0)"), $1) }
      case .dictionary(let index) where visited.insert(value).inserted:
        for item in dictionaries[index].reversed() {
          switch item.key {
          case .string(let key): pending.append((path(key), item.value))
          case .int(let key): pending.append((path("\(key)"), item.value))
          default: continue
          }
        }
      default: continue
      }
    }
    return result
  }
}
