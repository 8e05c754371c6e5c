import Foundations
import Graphs
import Operators
import Tensors

/// Guards as flat tables, so that a call that fits is recognised in well under a microsecond.
///
/// It only says yes or no; `GuardSet.misses` says why.
struct GuardProgram: Sendable {
  private enum InputCheck: Sendable {
    /// Sizes, then strides, then the dimensions that strides are products of, from `start` in `extents`.
    case tensor(dtype: DType, requiresGradient: Bool, rank: Int, start: Int)
    case constant(Graph.ConstantValue)
    case number(NumberKind)
    case anything
  }
  private struct Bounds: Sendable {
    var slot: Int
    var minimum: Int
    var maximum: Int
  }
  /// A size or stride that may be anything.
  private static let any: Int = .min

  private var state: DispatchState?
  private var inputs: [InputCheck]
  private var extents: [Int] = []
  private var bindings: [SymbolBinding]
  private var bounds: [Bounds] = []
  private var relations: [RelationProgram] = []
  private var same: [(Int, Int)] = []
  private var distinct: [Int] = []
  private var marks: [(source: Source, known: [Int: DimensionMark])] = []

  init(_ guards: [Guard], bindings: [SymbolBinding], sources: [Source]) {
    self.bindings = bindings
    inputs = Array(repeating: .anything, count: sources.count)
    let places: [Source: Int] = Dictionary(sources.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let slots: [String: Int] = Dictionary(bindings.enumerated().map { ($1.symbol, $0) }, uniquingKeysWith: { first, _ in first })
    for condition in guards {
      switch condition {
      case .state(let wanted): state = wanted
      case .tensor(let source, let wanted):
        guard let place = places[source] else { continue }
        inputs[place] = .tensor(dtype: wanted.dtype, requiresGradient: wanted.requiresGradient, rank: wanted.sizes.count, start: extents.count)
        extents += (wanted.sizes + wanted.strides).map { $0 ?? GuardProgram.any } + wanted.strideOf
      case .constant(let source, let value): if let place = places[source] { inputs[place] = .constant(value) }
      case .number(let source, let kind): if let place = places[source] { inputs[place] = .number(kind) }
      case .same(let a, let b): if let first = places[a], let second = places[b] { same.append((first, second)) }
      case .distinct(let all): distinct = all.compactMap { places[$0] }
      case .marks(let source, let known): marks.append((source, known))
      case .relation(let relation):
        if case .range(let size, let minimum, let maximum) = relation.form, let name = size.symbolName, let slot = slots[name] {
          bounds.append(Bounds(slot: slot, minimum: minimum ?? .min, maximum: maximum ?? .max))
        } else {
          relations.append(RelationProgram(relation, slots: slots))
        }
      }
    }
  }

  func holds(_ arguments: CallArguments, _ state: DispatchState, _ currentMarks: DimensionMarks) -> Bool {
    if let wanted = self.state, wanted != state { return false }
    guard arguments.values.count == inputs.count else { return false }
    if !currentMarks.isEmpty {
      for mark in marks where !DimensionMarks.isCovered(currentMarks[mark.source], by: mark.known) { return false }
    }
    for index in inputs.indices where !accepts(arguments, index) { return false }
    return aliasingHolds(arguments.values) && relationsHold(arguments.values)
  }

  /// The first input, in the given order, that is not as it must be by itself.
  func firstRefused(_ arguments: CallArguments, order: [Int]) -> Int? {
    arguments.values.count == inputs.count ? order.first { !accepts(arguments, $0) } : nil
  }

  @inline(__always) private func accepts(_ arguments: CallArguments, _ index: Int) -> Bool {
    switch inputs[index] {
    case .tensor(let dtype, let requiresGradient, let rank, let start):
      guard case .tensor(let tensor) = arguments.values[index], tensor.dtype == dtype, tensor.sizes.count == rank,
        requiresGradient == arguments.requiresGradient(index)
      else { return false }
      return matches(tensor, rank, start)
    case .constant(let wanted): return arguments.values[index].constantValue == wanted
    case .number(.int): if case .int = arguments.values[index] { return true }
    case .number(.float): if case .double = arguments.values[index] { return true }
    case .anything: return true
    }
    return false
  }

  @inline(__always) private func matches(_ tensor: Tensor, _ rank: Int, _ start: Int) -> Bool {
    extents.withUnsafeBufferPointer { extents in
      tensor.sizes.withUnsafeBufferPointer { sizes in
        for dimension in 0..<rank {
          let wanted: Int = extents[start + dimension]
          if wanted != sizes[dimension], wanted != GuardProgram.any { return false }
        }
        return true
      }
        && tensor.strides.withUnsafeBufferPointer { strides in
          for dimension in 0..<rank {
            let wanted: Int = extents[start + rank + dimension]
            if wanted != strides[dimension], wanted != GuardProgram.any { return false }
            let inner: Int = extents[start + 2 * rank + dimension]
            if inner >= 0, strides[dimension] != tensor.sizes[inner] * strides[inner] { return false }
          }
          return true
        }
    }
  }

  private func aliasingHolds(_ values: [Value]) -> Bool {
    for (a, b) in same {
      guard case .tensor(let first) = values[a], case .tensor(let second) = values[b], first.isSame(as: second) else { return false }
    }
    if distinct.count < 2 { return true }
    // Two tensors that are the same have the same first element: with 256 places, most calls need no closer look.
    var seen: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    var isSuspect: Bool = false
    for index in distinct {
      guard case .tensor(let tensor) = values[index] else { continue }
      let hash: UInt64 = UInt64(UInt(bitPattern: tensor.data)) &* 0x9E37_79B9_7F4A_7C15
      let bit: UInt64 = 1 << ((hash >> 56) & 63)
      switch hash >> 62 {
      case 0:
        isSuspect = isSuspect || seen.0 & bit != 0
        seen.0 |= bit
      case 1:
        isSuspect = isSuspect || seen.1 & bit != 0
        seen.1 |= bit
      case 2:
        isSuspect = isSuspect || seen.2 & bit != 0
        seen.2 |= bit
      default:
        isSuspect = isSuspect || seen.3 & bit != 0
        seen.3 |= bit
      }
      if isSuspect { break }
    }
    return !isSuspect || areDistinct(values)
  }

  private func areDistinct(_ values: [Value]) -> Bool {
    var byAddress: [UnsafeMutableRawPointer: [Int]] = [:]
    for index in distinct {
      guard case .tensor(let tensor) = values[index] else { continue }
      for other in byAddress[tensor.data, default: []] {
        if case .tensor(let earlier) = values[other], earlier.isSame(as: tensor) { return false }
      }
      byAddress[tensor.data, default: []].append(index)
    }
    return true
  }

  private func relationsHold(_ values: [Value]) -> Bool {
    if bindings.isEmpty { return true }
    return withUnsafeTemporaryAllocation(of: Int.self, capacity: bindings.count) { numbers in
      for slot in bindings.indices {
        guard let value = bindings[slot].read(values) else { return false }
        numbers[slot] = value
      }
      for bound in bounds where numbers[bound.slot] < bound.minimum || numbers[bound.slot] > bound.maximum { return false }
      let known = UnsafeBufferPointer(numbers)
      for relation in relations where !relation.holds(known) { return false }
      return true
    }
  }
}
