import Foundations
import Glibc

/// Numbers for byte strings: a hash table that owns its keys, for the names of a large graph and for interning.
struct NameTable {
  private struct Entry {
    var start: Int32
    var count: Int32
    var hash: UInt64
    var value: Int32
  }
  private var slots: [Int32] = Array(repeating: -1, count: 64)
  private var entries: [Entry] = []
  private var arena: [UInt8] = []

  init() {}
  var count: Int { entries.count }

  private static func hash(_ key: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(key.count)
    let raw = UnsafeRawBufferPointer(key)
    var index = 0
    while index + 8 <= raw.count {
      hash = mix(hash ^ raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      index += 8
    }
    var tail: UInt64 = 0
    while index < raw.count {
      tail = tail << 8 | UInt64(raw[index])
      index += 1
    }
    return mix(hash ^ tail)
  }
  @inline(__always) private static func mix(_ value: UInt64) -> UInt64 {
    let (high, low) = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return high ^ low
  }

  /// The slot that holds the key, or the free one where it would go.
  private func slot(_ key: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] >= 0 {
      let entry = entries[Int(slots[slot])]
      if entry.hash == hash, Int(entry.count) == key.count {
        let isSame = key.isEmpty || arena.withUnsafeBufferPointer { memcmp($0.baseAddress! + Int(entry.start), key.baseAddress!, key.count) == 0 }
        if isSame { break }
      }
      slot = (slot + 1) & mask
    }
    return slot
  }

  func find(_ key: UnsafeBufferPointer<UInt8>) -> Int32? {
    let slot = slot(key, NameTable.hash(key))
    return slots[slot] < 0 ? nil : entries[Int(slots[slot])].value
  }

  /// Adds the key with the value; where the key is known already, gives its old value and changes nothing.
  mutating func insert(_ key: UnsafeBufferPointer<UInt8>, _ value: Int32) -> Int32? {
    if (entries.count + 1) * 2 > slots.count { grow() }
    let hash = NameTable.hash(key)
    let slot = slot(key, hash)
    if slots[slot] >= 0 { return entries[Int(slots[slot])].value }
    slots[slot] = Int32(entries.count)
    entries.append(Entry(start: Int32(arena.count), count: Int32(key.count), hash: hash, value: value))
    arena.append(contentsOf: key)
    return nil
  }

  mutating func set(_ key: UnsafeBufferPointer<UInt8>, _ value: Int32) {
    if insert(key, value) != nil { entries[Int(slots[slot(key, NameTable.hash(key))])].value = value }
  }

  private mutating func grow() {
    slots = Array(repeating: -1, count: slots.count * 2)
    let mask = slots.count - 1
    for (index, entry) in entries.enumerated() {
      var slot = Int(truncatingIfNeeded: entry.hash) & mask
      while slots[slot] >= 0 { slot = (slot + 1) & mask }
      slots[slot] = Int32(index)
    }
  }
}

/// Decoded values of byte strings that repeat: each distinct one is decoded once.
struct Interner<Value> {
  private var table = NameTable()
  private(set) var values: [Value] = []

  init() {}
  /// The number of the value of `key`, made by `decode` where it is new.
  mutating func number(of key: UnsafeBufferPointer<UInt8>, _ decode: () throws -> Value) rethrows -> Int {
    if let known = table.insert(key, Int32(values.count)) { return Int(known) }
    values.append(try decode())
    return values.count - 1
  }
  mutating func value(of key: UnsafeBufferPointer<UInt8>, _ decode: () throws -> Value) rethrows -> Value {
    values[try number(of: key, decode)]
  }
}
