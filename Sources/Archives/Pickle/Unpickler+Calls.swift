import Foundations
import Tensors

extension Unpickler {
  /// What calling a function of the allow-list gives.
  mutating func call(_ name: String, _ arguments: [PickleValue]) throws -> PickleValue {
    switch name {
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2": return try rebuildTensor(arguments, dtype: nil)
    case "torch._utils._rebuild_tensor_v3":
      guard arguments.count >= 7, case .dtype(let type) = arguments[6] else { throw badCall(name) }
      return try rebuildTensor(arguments, dtype: type)
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch.nn.parameter.Parameter":
      guard case .tensor(let index)? = arguments.first else { throw badCall(name) }
      var stored = document.tensors[index]
      stored.isParameter = true
      if arguments.count > 1, case .bool(let flag) = arguments[1] { stored.requiresGradient = flag }
      document.tensors.append(stored)
      return .tensor(document.tensors.count - 1)
    case "collections.OrderedDict", "collections.Counter": return try makeDictionary(of: arguments, name)
    case "builtins.set", "__builtin__.set":
      guard let items = try items(arguments.first) else { throw badCall(name) }
      return makeSet(items)
    case "torch.Size":
      guard let items = try items(arguments.first) else { throw badCall(name) }
      return makeTuple(items)
    case "torch.device":
      guard case .string(let type)? = arguments.first else { throw badCall(name) }
      if arguments.count > 1, case .int(let index) = arguments[1] { return .device("\(type):\(index)") }
      return .device(type)
    case "builtins.complex", "__builtin__.complex":
      guard arguments.count == 2, let real = number(arguments[0]), let imaginary = number(arguments[1]) else { throw badCall(name) }
      return .complex(real, imaginary)
    case "_codecs.encode":
      guard case .string(let text)? = arguments.first else { throw badCall(name) }
      return .bytes(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
    case "builtins.bytearray", "__builtin__.bytearray":
      if arguments.isEmpty { return .bytes([]) }
      guard case .bytes(let bytes) = arguments[0] else { throw badCall(name) }
      return .bytes(bytes)
    case "torch.serialization._get_layout":
      guard case .string(let text)? = arguments.first else { throw badCall(name) }
      return .string(text)
    default: throw LatheError(.unsupported, subject: subject, "holds an object made by \(name), which Lathe does not read")
    }
  }

  private func badCall(_ name: String) -> LatheError { failure("\(name) is called with arguments it does not take") }

  private func number(_ value: PickleValue) -> Double? {
    switch value {
    case .double(let value): value
    case .int(let value): Double(value)
    default: nil
    }
  }

  /// The elements of a list, tuple or set; nil for anything else.
  private mutating func items(_ value: PickleValue?) throws -> [PickleValue]? {
    switch value {
    case .list(let index): try copied(document.lists[index])
    case .tuple(let index): try copied(document.tuples[index])
    case .set(let index): try copied(document.sets[index])
    default: nil
    }
  }

  private mutating func makeDictionary(of arguments: [PickleValue], _ name: String) throws -> PickleValue {
    guard let source = arguments.first else { return makeDictionary([]) }
    if case .dictionary(let index) = source {
      _ = try copied(document.dictionaries[index].map(\.key))
      return makeDictionary(document.dictionaries[index])
    }
    guard let pairs = try items(source) else { throw badCall(name) }
    var result: [PickleDocument.Item] = []
    for pair in pairs {
      guard let parts = try items(pair), parts.count == 2 else { throw badCall(name) }
      result.append(PickleDocument.Item(key: parts[0], value: parts[1]))
    }
    return makeDictionary(result)
  }

  /// `_rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, hooks)`; every number is checked against the storage.
  private mutating func rebuildTensor(_ arguments: [PickleValue], dtype: DType?) throws -> PickleValue {
    guard arguments.count >= 4, case .storage(let index) = arguments[0], case .int(let offset) = arguments[1],
      let sizes = try integers(arguments[2]), let strides = try integers(arguments[3])
    else { throw badCall("torch._utils._rebuild_tensor_v2") }
    let stored = document.storages[index]
    var requiresGradient = false
    if arguments.count > 4, case .bool(let flag) = arguments[4] { requiresGradient = flag }
    let tensor = try Tensor(
      checking: stored.storage, dtype: dtype ?? stored.dtype ?? .u8, sizes: sizes, strides: strides, offset: offset, subject: "\(subject), a tensor")
    document.tensors.append(PickleDocument.StoredTensor(tensor: tensor, requiresGradient: requiresGradient, isParameter: false))
    return .tensor(document.tensors.count - 1)
  }

  private mutating func integers(_ value: PickleValue) throws -> [Int]? {
    guard let items = try items(value) else { return nil }
    var result: [Int] = []
    for item in items {
      guard case .int(let number) = item else { return nil }
      result.append(number)
    }
    return result
  }
}
