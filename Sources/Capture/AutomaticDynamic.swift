import Foundations
import Operators
import Tensors

/// What is known of the inputs of a frame's compilations so far: what differed becomes dynamic at the next one
/// (`torch/_dynamo/pgo.py`, `FrameStateSizeEntry`; before 2.6 `torch/_dynamo/variables/builder.py`).
struct AutomaticDynamic: Sendable {
  /// One size, stride or number.
  private enum Observation: Hashable, Sendable {
    case number(Int)
    /// A stride that follows from the sizes and strides after it.
    case inferred
    case text(String)
    case dynamic

    func merged(with other: Observation) -> Observation { self == other ? self : .dynamic }
  }
  private enum Extents: Sendable {
    case unseen
    case each([Observation])
    /// The rank changed: everything.
    case dynamic

    mutating func merge(_ new: [Observation]) {
      switch self {
      case .unseen: self = .each(new)
      case .each(let old) where old.count == new.count: self = .each(zip(old, new).map { $0.merged(with: $1) })
      case .each, .dynamic: self = .dynamic
      }
    }
    func isDynamic(_ index: Int) -> Bool {
      switch self {
      case .unseen: false
      case .each(let all): index < all.count && all[index] == .dynamic
      case .dynamic: true
      }
    }
  }
  private struct Entry: Sendable {
    var scalar: Observation?
    var sizes: Extents = .unseen
    var strides: Extents = .unseen
  }
  private var entries: [Source: Entry] = [:]

  /// Takes in the inputs of a compilation that begins.
  mutating func observe(_ tensor: Tensor, at source: Source) {
    var entry: Entry = entries[source] ?? Entry()
    entry.sizes.merge(tensor.sizes.map { .number($0) })
    entry.strides.merge(AutomaticDynamic.strides(of: tensor))
    entries[source] = entry
  }
  mutating func observe(number: Int, at source: Source) { observe(.number(number), source) }
  mutating func observe(number: Double, at source: Source) { observe(.text("\(number)"), source) }
  private mutating func observe(_ observation: Observation, _ source: Source) {
    var entry: Entry = entries[source] ?? Entry()
    entry.scalar = entry.scalar?.merged(with: observation) ?? observation
    entries[source] = entry
  }

  /// Makes what differs between two calls' values of an input dynamic, where they have the same rank.
  mutating func compare(_ old: Value, _ new: Value, at source: Source) {
    switch (old, new) {
    case (.tensor(let a), .tensor(let b)) where a.rank == b.rank:
      if a.sizes == b.sizes { return }
      var entry: Entry = entries[source] ?? Entry()
      entry.sizes.merge(a.sizes.indices.map { a.sizes[$0] == b.sizes[$0] ? .number(a.sizes[$0]) : .dynamic })
      entries[source] = entry
    case (.int(.constant(let a)), .int(.constant(let b))) where a != b:
      observe(number: a, at: source)
      observe(number: b, at: source)
    default: break
    }
  }

  func isDynamicSize(_ source: Source, _ dimension: Int) -> Bool { entries[source]?.sizes.isDynamic(dimension) ?? false }
  func isDynamicStride(_ source: Source, _ dimension: Int) -> Bool { entries[source]?.strides.isDynamic(dimension) ?? false }
  func isDynamicNumber(_ source: Source) -> Bool { entries[source]?.scalar == .dynamic }

  /// A stride that is the product of the next dimension's size and stride is not a fact of its own.
  private static func strides(of tensor: Tensor) -> [Observation] {
    let order: [Int] = tensor.sizes.indices.sorted { (tensor.strides[$0], $1) < (tensor.strides[$1], $0) }
    var found: [Observation] = tensor.strides.map { .number($0) }
    for (position, dimension) in order.enumerated() where position > 0 {
      let inner: Int = order[position - 1]
      if tensor.strides[dimension] == tensor.sizes[inner] * tensor.strides[inner] { found[dimension] = .inferred }
    }
    return found
  }
}

extension AutomaticDynamic {
  mutating func observe(_ value: Value, at source: Source) {
    switch value {
    case .tensor(let tensor): observe(tensor, at: source)
    case .int(.constant(let number)): observe(number: number, at: source)
    case .double(let number): observe(number: number, at: source)
    default: break
    }
  }
}
