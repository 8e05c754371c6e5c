import Foundations
import Graphs

/// Gives nodes unique names by the rules of `torch.fx`'s `_Namespace.create_name`.
struct NodeNames {
  private var used = NameTable()
  private var counts = NameTable()

  /// A name that the file gives, made unique where it is taken.
  mutating func taken(_ name: String) -> String { create(name) }

  /// The name, or it with a number, for a node that the file does not name.
  mutating func fresh(_ candidate: String) -> String { create(candidate) }

  mutating func reserve(_ name: String) { _ = create(name) }

  /// A second name for the node named last.
  mutating func renamed(_ name: String, from old: String) -> String { name == old ? old : create(name) }

  private mutating func create(_ candidate: String) -> String {
    var (base, number) = NodeNames.splitNumber(candidate)
    var name = candidate
    if number == nil || number == 0 { number = count(of: base) }
    while isUsed(name) {
      number = number! + 1
      name = "\(base)_\(number!)"
    }
    name.withUTF8 { _ = used.insert($0, 0) }
    base.withUTF8 { counts.set($0, Int32(clamping: number!)) }
    return name
  }

  private func isUsed(_ name: String) -> Bool {
    var name = name
    return name.withUTF8 { used.find($0) != nil }
  }
  private func count(of base: String) -> Int {
    var base = base
    return base.withUTF8 { Int(counts.find($0) ?? 0) }
  }

  /// `getitem_3` is `getitem` and 3.
  private static func splitNumber(_ name: String) -> (String, Int?) {
    let bytes = name.utf8
    guard let underscore = bytes.lastIndex(of: UInt8(ascii: "_")) else { return (name, nil) }
    let digits = bytes[bytes.index(after: underscore)...]
    guard !digits.isEmpty, digits.count < 10, digits.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }), let number = Int(Substring(digits)) else {
      return (name, nil)
    }
    return (String(name[..<underscore]), number)
  }
}

extension OperatorName {
  /// From a file's target, such as `torch.ops.aten.add.Tensor`.
  init(torchTarget target: String) {
    self.init(target.hasPrefix("torch.ops.") ? String(target.dropFirst(10)) : target)
  }

  /// What `torch.fx` calls a node of this target that has no name yet: `lstm_input` for `aten.lstm.input`.
  var functionName: String {
    let parts = text.split(separator: ".", omittingEmptySubsequences: true)
    let kept = parts.count > 1 ? parts.dropFirst(parts.count > 3 ? parts.count - 2 : 1) : parts[...]
    var name: [UInt8] = []
    var previous: UInt8 = 0
    for byte in kept.joined(separator: "_").utf8 {
      let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
      if isUpper, previous >= UInt8(ascii: "a"), previous <= UInt8(ascii: "z") { name.append(UInt8(ascii: "_")) }
      let isWord = isUpper || byte == UInt8(ascii: "_") || (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
      name.append(isUpper ? byte | 0x20 : isWord || byte &- UInt8(ascii: "0") < 10 ? byte : UInt8(ascii: "_"))
      previous = byte
    }
    let text = String(decoding: name, as: UTF8.self)
    return text.isEmpty ? "_unnamed" : text
  }
}
