import Foundations
import Graphs

/// The names of a graph's nodes: what the file calls its values, and unique names by the rules of `torch.fx`'s
/// `_Namespace.create_name`.
struct NodeNames {
  /// Every name taken: with its node where the file calls a value so, else with -1.
  private var table = NameTable()
  private var counts = NameTable()

  /// The node of the value that the file calls so.
  func value(_ name: UnsafeBufferPointer<UInt8>) -> Int? {
    guard let node = table.find(name), node >= 0 else { return nil }
    return Int(node)
  }

  /// Takes the file's name for a value; returns the node's name, another one where it is taken. Nil where the file has such a value.
  mutating func define(_ name: inout String, _ node: Int) -> String? {
    let known = name.withUTF8 { table.insert($0, Int32(node)) }
    guard let known else {
      name.withUTF8 { count($0) }
      return name
    }
    if known >= 0 { return nil }
    name.withUTF8 { table.set($0, Int32(node)) }
    return another(name)
  }

  /// The name, or it with a number, for a node that the file does not name.
  mutating func fresh(_ candidate: String) -> String {
    var candidate = candidate
    if candidate.withUTF8({ table.insert($0, -1) }) != nil { return another(candidate) }
    candidate.withUTF8 { count($0) }
    return candidate
  }

  mutating func reserve(_ name: String) { _ = fresh(name) }
  mutating func reserve(count: Int) { table.reserve(count) }

  /// A second name for the node named last.
  mutating func renamed(_ name: String, from old: String) -> String { name == old ? old : fresh(name) }

  /// Remembers the number at the end of a new name.
  private mutating func count(_ name: UnsafeBufferPointer<UInt8>) {
    let (base, number) = NodeNames.splitNumber(name)
    if number > 0 { counts.set(UnsafeBufferPointer(rebasing: name[..<base]), Int32(clamping: number)) }
  }

  /// The first free name that goes on counting.
  private mutating func another(_ taken: String) -> String {
    var taken = taken
    return taken.withUTF8 { bytes in
      let (baseCount, written) = NodeNames.splitNumber(bytes)
      let base = UnsafeBufferPointer(rebasing: bytes[..<baseCount])
      let stem = String(decoding: base, as: UTF8.self)
      var number = written > 0 ? written : Int(counts.find(base) ?? 0)
      while true {
        number += 1
        var name = "\(stem)_\(number)"
        if name.withUTF8({ table.insert($0, -1) }) == nil {
          counts.set(base, Int32(clamping: number))
          return name
        }
      }
    }
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
