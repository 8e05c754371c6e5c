import Foundations
import Glibc

/// Numbers for byte strings: a hash table that owns its keys, for the names of a large graph and for interning.
struct NameTable {
  private struct Entry {
    var start: Int
    var count: Int
    var value: Int32
  }
  /// The upper half of a key's hash above the number of its entry plus one; 0 is free.
  private var slots: [UInt64] = Array(repeating: 0, count: 64)
  private var entries: [Entry] = []
  private var arena: [UInt8] = []

  init() {}
  var count: Int { entries.count }

  /// Makes room for about so many keys of common length.
  mutating func reserve(_ count: Int) {
    entries.reserveCapacity(count)
    arena.reserveCapacity(count * 16)
    while slots.count < count * 2 { grow() }
  }

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
    while slots[slot] != 0 {
      if slots[slot] >> 32 == hash >> 32, holds(Int(slots[slot] & 0xFFFF_FFFF) - 1, key) { break }
      slot = (slot + 1) & mask
    }
    return slot
  }
  private func holds(_ index: Int, _ key: UnsafeBufferPointer<UInt8>) -> Bool {
    let entry = entries[index]
    guard entry.count == key.count else { return false }
    return key.isEmpty || arena.withUnsafeBufferPointer { memcmp($0.baseAddress! + entry.start, key.baseAddress!, key.count) == 0 }
  }
  private func value(at slot: Int) -> Int32? { slots[slot] == 0 ? nil : entries[Int(slots[slot] & 0xFFFF_FFFF) - 1].value }

  func find(_ key: UnsafeBufferPointer<UInt8>) -> Int32? { value(at: slot(key, NameTable.hash(key))) }

  /// Adds the key with the value; where the key is known already, gives its old value and changes nothing.
  mutating func insert(_ key: UnsafeBufferPointer<UInt8>, _ value: Int32) -> Int32? {
    if (entries.count + 1) * 2 > slots.count { grow() }
    let hash = NameTable.hash(key)
    let slot = slot(key, hash)
    if let known = self.value(at: slot) { return known }
    entries.append(Entry(start: arena.count, count: key.count, value: value))
    slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(entries.count)
    arena.append(contentsOf: key)
    return nil
  }

  /// Gives the key the value, known or not.
  mutating func set(_ key: UnsafeBufferPointer<UInt8>, _ value: Int32) {
    let slot = slot(key, NameTable.hash(key))
    if slots[slot] != 0 { entries[Int(slots[slot] & 0xFFFF_FFFF) - 1].value = value } else { _ = insert(key, value) }
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 4)
    if entries.isEmpty { return }
    let mask = slots.count - 1
    arena.withUnsafeBufferPointer { arena in
      for (index, entry) in entries.enumerated() {
        let hash = NameTable.hash(UnsafeBufferPointer(rebasing: arena[entry.start..<(entry.start + entry.count)]))
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(index + 1)
      }
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
