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

  mutating func reserve(count: Int) { used.reserve(count) }

  private mutating func create(_ candidate: String) -> String {
    var candidate = candidate
    let other: String? = candidate.withUTF8 { bytes in
      let (baseCount, written) = NodeNames.splitNumber(bytes)
      let base = UnsafeBufferPointer(rebasing: bytes[..<baseCount])
      // Nearly every name is new.
      if used.insert(bytes, 0) == nil {
        if written > 0 { counts.set(base, Int32(clamping: written)) }
        return nil
      }
      var number = written > 0 ? written : Int(counts.find(base) ?? 0)
      let stem = String(decoding: base, as: UTF8.self)
      while true {
        number += 1
        var name = "\(stem)_\(number)"
        if name.withUTF8({ used.insert($0, 0) }) == nil {
          counts.set(base, Int32(clamping: number))
          return name
        }
      }
    }
    return other ?? candidate
  }

  /// `getitem_3` is 7 bytes and the number 3; 0 stands for none.
  private static func splitNumber(_ name: UnsafeBufferPointer<UInt8>) -> (base: Int, number: Int) {
    var (start, number, scale) = (name.count, 0, 1)
    while start > 0, case let digit = name[start - 1] &- UInt8(ascii: "0"), digit < 10 {
      if name.count - start >= 9 { return (name.count, 0) }
      number += Int(digit) * scale
      scale *= 10
      start -= 1
    }
    guard start > 0, start < name.count, name[start - 1] == UInt8(ascii: "_") else { return (name.count, 0) }
    return (start - 1, number)
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
