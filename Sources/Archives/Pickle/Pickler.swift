import Foundations
import Tensors

/// Writes tensors as `torch.save` does: a pickle of protocol 2 that names storages, whose bytes stand beside it
/// (`torch/serialization.py`, `_save`).
struct Pickler {
  /// A tensor to write, and where PyTorch is to put it.
  struct Item {
    var name: String
    var tensor: Tensor
    var holding: ExportedProgram.Holding
    /// For example `cpu` or `cuda:0`.
    var device: String
  }
  private var bytes: [UInt8] = [0x80, 2]
  private(set) var storages = StorageNumbers()

  /// A dictionary of tensors by name, as an archive of its own.
  static func archive(of items: [Item]) -> ZipLayout {
    var pickler = Pickler()
    pickler.appendDictionary(items)
    pickler.bytes.append(UInt8(ascii: "."))
    var members: [(name: String, content: ZipLayout.Content)] = [("archive/data.pkl", .bytes(pickler.bytes)), ("archive/byteorder", .text("little"))]
    for (number, storage) in pickler.storages.values.enumerated() { members.append(("archive/data/\(number)", .storage(storage))) }
    members.append(("archive/version", .text("3\n")))
    members.append(("archive/.data/serialization_id", .text(serializationID(members.map(\.name), pickler.bytes))))
    return ZipLayout(members)
  }

  /// Forty digits that PyTorch's writer makes of names and contents; here of the names and the pickle.
  static func serializationID(_ names: [String], _ bytes: [UInt8]) -> String {
    func hash(_ parts: some Sequence<UInt8>) -> UInt64 { parts.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } }
    func digits(_ value: UInt64) -> String { String(repeating: "0", count: 20 - "\(value)".count) + "\(value)" }
    return digits(hash(names.joined(separator: "\n").utf8)) + digits(hash(bytes))
  }

  private mutating func appendDictionary(_ items: [Item]) {
    op("}")
    if items.isEmpty { return }
    op("(")
    for item in items {
      append(text: item.name)
      append(item)
    }
    op("u")
  }

  private mutating func append(_ item: Item) {
    guard item.holding.isParameter else { return append(item.tensor, requiresGradient: item.holding.requiresGradient, item.device) }
    append(global: "torch._utils", "_rebuild_parameter")
    op("(")
    append(item.tensor, requiresGradient: item.holding.requiresGradient, item.device)
    append(flag: item.holding.requiresGradient)
    appendNoHooks()
    op("t")
    op("R")
  }

  /// `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`; element types without a typed storage take `_v3`,
  /// which names the type.
  private mutating func append(_ tensor: Tensor, requiresGradient: Bool, _ device: String) {
    let storageClass: String? = tensor.dtype.storageClassName
    append(global: "torch._utils", storageClass == nil ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2")
    op("(")
    op("(")
    append(text: "storage")
    append(global: storageClass == nil ? "torch.storage" : "torch", storageClass ?? "UntypedStorage")
    append(text: "\(storages.number(of: tensor.storage))")
    append(text: device)
    append(storageClass == nil ? tensor.storage.byteCount : tensor.storage.byteCount / tensor.dtype.size)
    op("t")
    op("Q")
    append(tensor.offset)
    append(tuple: tensor.sizes)
    append(tuple: tensor.strides)
    append(flag: requiresGradient)
    appendNoHooks()
    if storageClass == nil { append(global: "torch", tensor.dtype.torchName) }
    op("t")
    op("R")
  }

  private mutating func appendNoHooks() {
    append(global: "collections", "OrderedDict")
    op(")")
    op("R")
  }

  // MARK: Opcodes

  private mutating func op(_ code: Unicode.Scalar) { bytes.append(UInt8(ascii: code)) }
  private mutating func append(global module: String, _ name: String) { bytes += Array("c\(module)\n\(name)\n".utf8) }
  private mutating func append(flag: Bool) { bytes.append(flag ? 0x88 : 0x89) }
  private mutating func append(text: String) {
    op("X")
    appendNumber(text.utf8.count, 4)
    bytes += Array(text.utf8)
  }
  private mutating func append(tuple numbers: [Int]) {
    op("(")
    for number in numbers { append(number) }
    op("t")
  }
  private mutating func append(_ number: Int) {
    switch number {
    case 0...0xFF:
      op("K")
      appendNumber(number, 1)
    case 0...0xFFFF:
      op("M")
      appendNumber(number, 2)
    case Int(Int32.min)...Int(Int32.max):
      op("J")
      appendNumber(number, 4)
    default:
      bytes += [0x8A, 8]
      appendNumber(number, 8)
    }
  }
  private mutating func appendNumber(_ value: Int, _ count: Int) { for byte in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) } }
}

/// Numbers for storages, the same for tensors that share one.
struct StorageNumbers {
  private struct Key: Hashable {
    var address: UnsafeMutableRawPointer
    var count: Int
  }
  private var numbers: [Key: Int] = [:]
  private(set) var values: [Storage] = []

  mutating func number(of storage: Storage) -> Int {
    // Storages without bytes have no address of their own.
    let key = Key(address: storage.data, count: storage.byteCount)
    if storage.byteCount > 0, let known = numbers[key] { return known }
    numbers[key] = values.count
    values.append(storage)
    return values.count - 1
  }
}

extension DType {
  /// The class of PyTorch's typed storages; nil for later element types, which have none.
  fileprivate var storageClassName: String? {
    switch self {
    case .f64: "DoubleStorage"
    case .f32: "FloatStorage"
    case .f16: "HalfStorage"
    case .bf16: "BFloat16Storage"
    case .i64: "LongStorage"
    case .i32: "IntStorage"
    case .i16: "ShortStorage"
    case .i8: "CharStorage"
    case .u8: "ByteStorage"
    case .bool: "BoolStorage"
    case .c64: "ComplexFloatStorage"
    case .c128: "ComplexDoubleStorage"
    default: nil
    }
  }
}
