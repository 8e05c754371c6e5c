import Foundations
import Graphs
import Operators
import Tensors

/// Guards as flat tables, so that a call that fits is recognised in well under a microsecond.
///
/// It only says yes or no; `GuardSet.misses` says why.
struct GuardProgram: Sendable {
  private enum InputCheck: Sendable {
    /// Sizes, then strides, then the dimensions that strides are products of, from `start` in `extents`; sizes that are symbols' values
    /// are `reads` of `readings`.
    case tensor(dtype: DType, requiresGradient: Bool, rank: Int, start: Int, reads: Range<Int>)
    case constant(Graph.ConstantValue)
    case number(NumberKind)
    case anything
  }
  private struct Bounds: Sendable {
    var slot: Int
    var minimum: Int
    var maximum: Int
  }
  /// A size that is `coefficient` times what goes into `slot`, plus `constant`.
  fileprivate struct Reading: Sendable {
    var dimension: Int
    var slot: Int
    var coefficient: Int
    var constant: Int
  }
  /// A size or stride that may be anything.
  private static let any: Int = .min

  private var state: DispatchState?
  private var inputs: [InputCheck]
  private var extents: [Int] = []
  private var readings: [Reading] = []
  /// What is not read from a guarded tensor: numbers among the arguments, and sizes of tensors that nothing is asked of.
  private var bindings: [(slot: Int, binding: SymbolBinding)] = []
  private let slotCount: Int
  private var bounds: [Bounds] = []
  /// Slots whose values are the same.
  private var equal: [(Int, Int)] = []
  private var relations: [RelationProgram] = []
  private var same: [(Int, Int)] = []
  /// Whether an input must be another tensor than all others of which this is said; how many there are.
  private var isDistinct: [Bool]
  private var distinctCount: Int = 0
  private var marks: [(source: Source, known: [Int: DimensionMark])] = []

  init(_ guards: [Guard], bindings: [SymbolBinding], sources: [Source]) {
    slotCount = bindings.count
    inputs = Array(repeating: .anything, count: sources.count)
    isDistinct = Array(repeating: false, count: sources.count)
    let places: [Source: Int] = Dictionary(sources.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let slots: [String: Int] = Dictionary(bindings.enumerated().map { ($1.symbol, $0) }, uniquingKeysWith: { first, _ in first })
    for condition in guards {
      switch condition {
      case .state(let wanted): state = wanted
      case .tensor(let source, let wanted):
        guard let place = places[source] else { continue }
        let reads: [Reading] = GuardProgram.readings(bindings, ofInput: place)
        inputs[place] = .tensor(
          dtype: wanted.dtype, requiresGradient: wanted.requiresGradient, rank: wanted.sizes.count, start: extents.count,
          reads: readings.count..<readings.count + reads.count)
        readings += reads
        extents += (wanted.sizes + wanted.strides).map { $0 ?? GuardProgram.any } + wanted.strideOf
      case .constant(let source, let value): if let place = places[source] { inputs[place] = .constant(value) }
      case .number(let source, let kind): if let place = places[source] { inputs[place] = .number(kind) }
      case .same(let a, let b): if let first = places[a], let second = places[b] { same.append((first, second)) }
      case .distinct(let all): for case let place? in all.map({ places[$0] }) { isDistinct[place] = true }
      case .marks(let source, let known): marks.append((source, known))
      case .relation(let relation):
        if case .range(let size, let minimum, let maximum) = relation.form, let name = size.symbolName, let slot = slots[name] {
          bounds.append(Bounds(slot: slot, minimum: minimum ?? .min, maximum: maximum ?? .max))
        } else if case .compare(let a, .equal, let b) = relation.form, let first = a.symbolName.flatMap({ slots[$0] }), let second = b.symbolName.flatMap({ slots[$0] }) {
          equal.append((first, second))
        } else {
          relations.append(RelationProgram(relation, slots: slots))
        }
      }
    }
    distinctCount = isDistinct.count { $0 }
    for (slot, binding) in bindings.enumerated() {
      if case .size(let input, _) = binding.place, case .tensor = inputs[input] { continue }
      self.bindings.append((slot, binding))
    }
  }

  private static func readings(_ bindings: [SymbolBinding], ofInput input: Int) -> [Reading] {
    bindings.enumerated().compactMap { slot, binding in
      guard case .size(input, let dimension) = binding.place else { return nil }
      return Reading(dimension: dimension, slot: slot, coefficient: binding.coefficient, constant: binding.constant)
    }
  }

  func holds(_ arguments: CallArguments, _ state: DispatchState, _ currentMarks: DimensionMarks) -> Bool {
    if let wanted = self.state, wanted != state { return false }
    guard arguments.values.count == inputs.count else { return false }
    if !currentMarks.isEmpty {
      for mark in marks where !DimensionMarks.isCovered(currentMarks[mark.source], by: mark.known) { return false }
    }
    return withUnsafeTemporaryAllocation(of: Int.self, capacity: slotCount) { values in
      inputsHold(arguments, values) && sameHolds(arguments.values) && relationsHold(arguments.values, values)
    }
  }

  /// - Parameter values: takes what sizes say that symbols are.
  private func inputsHold(_ arguments: CallArguments, _ values: UnsafeMutableBufferPointer<Int>) -> Bool {
    if distinctCount < 2 {
      for index in inputs.indices where !accepts(arguments, index, nil, values) { return false }
      return true
    }
    return TensorIdentities.withEmpty(capacity: distinctCount) { identities in
      for index in inputs.indices where !accepts(arguments, index, isDistinct[index] ? identities : nil, values) { return false }
      return true
    }
  }

  /// The first input, in the given order, that is not as it must be by itself.
  func firstRefused(_ arguments: CallArguments, order: [Int]) -> Int? {
    arguments.values.count == inputs.count ? order.first { !accepts(arguments, $0, nil, nil) } : nil
  }

  /// - Parameters:
  ///   - others: the tensors that this one must differ from; it joins them.
  ///   - values: takes what its sizes say that symbols are.
  @inline(__always) private func accepts(
    _ arguments: CallArguments, _ index: Int, _ others: TensorIdentities?, _ values: UnsafeMutableBufferPointer<Int>?
  ) -> Bool {
    switch inputs[index] {
    case .tensor(let dtype, let requiresGradient, let rank, let start, let reads):
      guard case .tensor(let tensor) = arguments.values[index], tensor.dtype == dtype, tensor.sizes.count == rank,
        requiresGradient == arguments.requiresGradient(index)
      else { return false }
      guard matches(tensor, rank, start) else { return false }
      if let values { for read in reads where !readings[read].take(from: tensor, into: values) { return false } }
      return others?.insert(tensor, at: index, of: arguments.values) ?? true
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

  private func sameHolds(_ values: [Value]) -> Bool {
    for (a, b) in same {
      guard case .tensor(let first) = values[a], case .tensor(let second) = values[b], first.isSame(as: second) else { return false }
    }
    return true
  }

  private func relationsHold(_ arguments: [Value], _ values: UnsafeMutableBufferPointer<Int>) -> Bool {
    for (slot, binding) in bindings {
      guard let value = binding.read(arguments) else { return false }
      values[slot] = value
    }
    for bound in bounds where values[bound.slot] < bound.minimum || values[bound.slot] > bound.maximum { return false }
    for (a, b) in equal where values[a] != values[b] { return false }
    let known = UnsafeBufferPointer(values)
    for relation in relations where !relation.holds(known) { return false }
    return true
  }
}

extension GuardProgram.Reading {
  /// - Returns: false where no integer gives the size.
  @inline(__always) fileprivate func take(from tensor: Tensor, into values: UnsafeMutableBufferPointer<Int>) -> Bool {
    let found: Int = tensor.sizes[dimension] &- constant
    if coefficient == 1 {
      values[slot] = found
      return true
    }
    let (quotient, remainder) = found.quotientAndRemainder(dividingBy: coefficient)
    values[slot] = quotient
    return remainder == 0
  }
}
