import Foundations
import Tensors

/// Reads a pickle of protocols 2 to 5 without ever constructing anything outside the allow-list of `PickleGlobal`.
///
/// Semantics: `torch/_weights_only_unpickler.py`, with the framing and short opcodes of protocols 4 and 5 accepted too.
struct Unpickler {
  /// Gives the storage that a persistent id names: its key, element type (nil for untyped) and count of elements.
  typealias StorageLoader = (_ key: String, _ dtype: DType?, _ count: Int) throws -> Storage

  var document = PickleDocument()
  let subject: String
  private let bytes: UnsafeRawBufferPointer
  private let load: StorageLoader
  private var offset = 0
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var storageByKey: [String: Int] = [:]
  /// Elements that may still be copied from one container to another; a bound on what a hostile pickle can make.
  private var copyBudget = 1 << 22

  init(_ bytes: UnsafeRawBufferPointer, subject: String, load: @escaping StorageLoader) {
    (self.bytes, self.subject, self.load) = (bytes, subject, load)
  }

  func failure(_ message: String) -> LatheError { LatheError.badFile(subject, "Weights only load failed: \(message)") }
  private func malformed() -> LatheError { failure("the pickle is malformed or truncated at byte \(offset)") }

  mutating func run() throws -> PickleDocument {
    while true {
      let opcode: UInt8 = try read()
      if opcode == UInt8(ascii: ".") { break }
      try step(opcode)
    }
    document.root = try pop()
    return document
  }

  private mutating func step(_ opcode: UInt8) throws {
    switch opcode {
    case 0x80: guard (try read() as UInt8) <= 5 else { throw malformed() }
    case 0x95: _ = try read() as UInt64
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popMark()
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "J"): stack.append(.int(Int(try read() as Int32)))
    case UInt8(ascii: "K"): stack.append(.int(Int(try read() as UInt8)))
    case UInt8(ascii: "M"): stack.append(.int(Int(try read() as UInt16)))
    case 0x8A: stack.append(try readLong(count: Int(try read() as UInt8)))
    case 0x8B: stack.append(try readLong(count: Int(try read() as UInt32)))
    case UInt8(ascii: "G"): stack.append(.double(Double(bitPattern: (try read() as UInt64).byteSwapped)))
    case UInt8(ascii: "X"): stack.append(.string(try readText(count: Int(try read() as UInt32))))
    case 0x8C: stack.append(.string(try readText(count: Int(try read() as UInt8))))
    case 0x8D: stack.append(.string(try readText(count: Int(clamping: try read() as UInt64))))
    case UInt8(ascii: "U"): stack.append(.string(try readText(count: Int(try read() as UInt8))))
    case UInt8(ascii: "T"): stack.append(.string(try readText(count: Int(try read() as UInt32))))
    case UInt8(ascii: "C"): stack.append(.bytes(Array(try take(Int(try read() as UInt8)))))
    case UInt8(ascii: "B"): stack.append(.bytes(Array(try take(Int(try read() as UInt32)))))
    case 0x8E, 0x96: stack.append(.bytes(Array(try take(Int(clamping: try read() as UInt64)))))
    case UInt8(ascii: "h"): try get(Int(try read() as UInt8))
    case UInt8(ascii: "j"): try get(Int(try read() as UInt32))
    case UInt8(ascii: "q"): try put(Int(try read() as UInt8))
    case UInt8(ascii: "r"): try put(Int(try read() as UInt32))
    case 0x94: try put(memo.count)
    case UInt8(ascii: "c"): try pushGlobal(module: readLine(), name: readLine())
    case 0x93:
      guard case .string(let name) = try pop(), case .string(let module) = try pop() else { throw malformed() }
      try pushGlobal(module: module, name: name)
    default: try stepContainer(opcode)
    }
  }

  private mutating func stepContainer(_ opcode: UInt8) throws {
    switch opcode {
    case UInt8(ascii: "]"): stack.append(makeList([]))
    case UInt8(ascii: "}"): stack.append(makeDictionary([]))
    case 0x8F: stack.append(makeSet([]))
    case UInt8(ascii: ")"): stack.append(makeTuple([]))
    case UInt8(ascii: "t"): stack.append(makeTuple(try popMark()))
    case 0x85, 0x86, 0x87:
      let count = Int(opcode) - 0x84
      guard stack.count - (marks.last ?? 0) >= count else { throw malformed() }
      let items = Array(stack.suffix(count))
      stack.removeLast(count)
      stack.append(makeTuple(items))
    case UInt8(ascii: "a"):
      let item = try pop()
      try append([item])
    case UInt8(ascii: "e"): try append(popMark())
    case UInt8(ascii: "s"):
      let value = try pop()
      let key = try pop()
      try setItems([key, value])
    case UInt8(ascii: "u"): try setItems(popMark())
    case 0x90:
      let items = try popMark()
      guard case .set(let index)? = stack.last else { throw malformed() }
      document.sets[index] += items
    case UInt8(ascii: "R"): try reduce()
    case 0x81: try newObject()
    case UInt8(ascii: "b"): try build()
    case UInt8(ascii: "Q"): try pushPersistent(pop())
    default: throw failure("Unsupported operand \(opcode)")
    }
  }

  // MARK: Bytes

  private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer.SubSequence {
    guard count >= 0, count <= bytes.count - offset else { throw malformed() }
    defer { offset += count }
    return bytes[offset..<(offset + count)]
  }
  private mutating func read<Number: FixedWidthInteger>() throws -> Number {
    let part = try take(MemoryLayout<Number>.size)
    return Number(littleEndian: UnsafeRawBufferPointer(rebasing: part).loadUnaligned(as: Number.self))
  }
  private mutating func readText(count: Int) throws -> String { String(decoding: try take(count), as: UTF8.self) }
  private mutating func readLine() throws -> String {
    guard let end = bytes[offset...].firstIndex(of: 0x0A) else { throw malformed() }
    defer { offset = end + 1 }
    return String(decoding: bytes[offset..<end], as: UTF8.self)
  }
  /// A little-endian two's-complement number; beyond 64 bits it is kept as its bytes.
  private mutating func readLong(count: Int) throws -> PickleValue {
    let part = try take(count)
    guard count <= 8 else { return .bytes(Array(part)) }
    var value: UInt64 = (part.last ?? 0) & 0x80 != 0 ? .max : 0
    for byte in part.reversed() { value = value << 8 | UInt64(byte) }
    return .int(Int(Int64(bitPattern: value)))
  }

  // MARK: Stack

  private mutating func pop() throws -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else { throw malformed() }
    return value
  }
  private mutating func popMark() throws -> [PickleValue] {
    guard let mark = marks.popLast() else { throw malformed() }
    let items = Array(stack[mark...])
    stack.removeLast(items.count)
    return items
  }
  private mutating func get(_ index: Int) throws {
    guard let value = memo[index] else { throw malformed() }
    stack.append(value)
  }
  private mutating func put(_ index: Int) throws {
    guard let value = stack.last else { throw malformed() }
    memo[index] = value
  }

  mutating func makeList(_ items: [PickleValue]) -> PickleValue {
    document.lists.append(items)
    return .list(document.lists.count - 1)
  }
  mutating func makeTuple(_ items: [PickleValue]) -> PickleValue {
    document.tuples.append(items)
    return .tuple(document.tuples.count - 1)
  }
  mutating func makeDictionary(_ items: [PickleDocument.Item]) -> PickleValue {
    document.dictionaries.append(items)
    return .dictionary(document.dictionaries.count - 1)
  }
  mutating func makeSet(_ items: [PickleValue]) -> PickleValue {
    document.sets.append(items)
    return .set(document.sets.count - 1)
  }

  private mutating func append(_ items: [PickleValue]) throws {
    guard case .list(let index)? = stack.last else { throw failure("Can only append to lists") }
    document.lists[index] += items
  }
  private mutating func setItems(_ items: [PickleValue]) throws {
    guard case .dictionary(let index)? = stack.last, items.count % 2 == 0 else { throw failure("Can only set items of dictionaries") }
    for place in stride(from: 0, to: items.count, by: 2) {
      document.dictionaries[index].append(PickleDocument.Item(key: items[place], value: items[place + 1]))
    }
  }

  // MARK: Globals

  private mutating func pushGlobal(module: String, name: String) throws {
    switch PickleGlobal(module: module, name: name) {
    case .dtype(let type): stack.append(.dtype(type))
    case .storageClass(let type): stack.append(.global(type.map { "storage \($0.rawValue)" } ?? "storage"))
    case .callable(let full): stack.append(.global(full))
    case nil:
      let reason = PickleGlobal.blockedModules.contains(module) ? ", and nothing of the module \(module) ever is" : ""
      throw failure("GLOBAL \(module).\(name) was not an allowed global by default\(reason)")
    }
  }

  private mutating func reduce() throws {
    guard case .tuple(let index) = try pop(), case .global(let name) = try pop() else { throw failure("only functions of the allow-list are called") }
    stack.append(try call(name, document.tuples[index]))
  }

  private mutating func newObject() throws {
    guard case .tuple(let index) = try pop(), case .global(let name) = try pop() else { throw malformed() }
    guard name == "torch.nn.parameter.Parameter" || name == "collections.OrderedDict" else {
      throw failure("Trying to instantiate unsupported class \(name)")
    }
    stack.append(try call(name, document.tuples[index]))
  }

  /// State that the constructor did not set: attributes of dictionaries and parameters, which Lathe does not keep.
  private mutating func build() throws {
    _ = try pop()
    switch stack.last {
    case .dictionary, .tensor: return
    default: throw failure("BUILD is only done on tensors, parameters and OrderedDict")
    }
  }

  mutating func copied(_ items: [PickleValue]) throws -> [PickleValue] {
    copyBudget -= items.count
    if copyBudget < 0 { throw failure("it copies its containers too often") }
    return items
  }

  private mutating func pushPersistent(_ value: PickleValue) throws {
    guard case .tuple(let index) = value, case let parts = document.tuples[index], parts.count >= 5, parts[0] == .string("storage"),
      case .global(let type) = parts[1], type.hasPrefix("storage"), case .string(let key) = parts[2], case .int(let count) = parts[4], count >= 0
    else { throw failure("a persistent id does not name a storage") }
    if let known = storageByKey[key] {
      stack.append(.storage(known))
      return
    }
    let dtype = UInt8(type.dropFirst(8)).flatMap(DType.init(rawValue:))
    document.storages.append(PickleDocument.StoredStorage(storage: try load(key, dtype, count), dtype: dtype))
    storageByKey[key] = document.storages.count - 1
    stack.append(.storage(document.storages.count - 1))
  }
}
