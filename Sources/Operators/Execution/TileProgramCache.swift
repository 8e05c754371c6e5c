import Foundations
import LoopIR
import Synchronization
import Tensors

/// Tile programs by operator, operand types and the numbers built into them.
package final class TileProgramCache: Sendable {
  private struct Key: Hashable {
    var name: String
    var signature: [UInt64]
    var strings: [String]
  }
  private let programs = Mutex<[Key: TileProgram]>([:])
  /// Programs with many different constants (a scalar that changes every call) must not fill memory.
  private static let capacity: Int = 4096

  package init() {}

  func program(for elementwise: Elementwise, _ call: OperatorCall, promoted: DType, result: DType) throws -> TileProgram {
    var key = Key(name: call.schema.name.text, signature: [UInt64(promoted.rawValue)], strings: [])
    for value in call.values { TileProgramCache.append(value, to: &key) }
    if let known = programs.withLock({ $0[key] }) { return known }
    let made: TileProgram = try elementwise.program(call)
    programs.withLock {
      if $0.count >= TileProgramCache.capacity { $0.removeAll() }
      $0[key] = made
    }
    return made
  }

  private static func append(_ value: Value, to key: inout Key) {
    switch value {
    case .tensor(let tensor): key.signature.append(1 << 32 | UInt64(tensor.dtype.rawValue))
    case .int(let size): key.signature += [2 << 32, UInt64(bitPattern: Int64(size.constant ?? 0))]
    case .double(let number): key.signature += [3 << 32, number.bitPattern]
    case .bool(let flag): key.signature.append(4 << 32 | (flag ? 1 : 0))
    case .dtype(let type): key.signature.append(5 << 32 | UInt64(type.rawValue))
    case .string(let text):
      key.signature.append(6 << 32)
      key.strings.append(text)
    case .list(let items):
      key.signature.append(7 << 32 | UInt64(items.count))
      for item in items { append(item, to: &key) }
    default: key.signature.append(8 << 32)
    }
  }
}
