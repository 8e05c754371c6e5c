import Foundations
import Graphs
import Operators
import Tensors

/// The guards of one compiled graph, in the order in which they are checked, and the same as a program that checks them fast.
package struct GuardSet: Sendable {
  package let guards: [Guard]
  package let bindings: [SymbolBinding]
  /// Sources of the inputs, in order.
  package let sources: [Source]
  private let program: GuardProgram
  /// The line of the user's model that first uses an input.
  private let firstUse: @Sendable (Source) -> SourceFrame?

  package init(
    _ guards: [Guard], bindings: [SymbolBinding], sources: [Source], firstUse: @escaping @Sendable (Source) -> SourceFrame? = { _ in nil }
  ) {
    (self.guards, self.bindings, self.sources, self.firstUse) = (guards, bindings, sources, firstUse)
    program = GuardProgram(guards, bindings: bindings, sources: sources)
  }

  /// Whether all hold.
  @inline(__always) package func hold(for arguments: CallArguments, state: DispatchState, marks: DimensionMarks) -> Bool {
    program.holds(arguments, state, marks)
  }

  /// Some of the guards, for the same inputs.
  func keeping(_ guards: [Guard]) -> GuardSet { GuardSet(guards, bindings: bindings, sources: sources, firstUse: firstUse) }

  package var relationCount: Int { guards.count { if case .relation = $0 { true } else { false } } }

  /// Every guard that does not hold; empty where all do.
  /// - Parameter order: the inputs, those that are checked first first; as in `sources` where empty.
  package func misses(
    for arguments: CallArguments, state: DispatchState, marks: DimensionMarks, order: [Int] = []
  ) -> [(guardIndex: Int, miss: GuardMiss)] {
    var rank: [Source: Int] = [:]
    for (place, input) in order.enumerated() { rank[sources[input]] = place }
    // Guards of inputs stand together, after the state's and before those on several inputs.
    let places: [Int] = guards.indices.sorted { a, b in
      guard let first = guards[a].input.flatMap({ rank[$0] }), let second = guards[b].input.flatMap({ rank[$0] }) else { return a < b }
      return (first, a) < (second, b)
    }
    return places.flatMap { index in
      self.misses(of: guards[index], arguments, state, marks).map { miss in
        var miss: GuardMiss = miss
        if miss.neededBy == nil, let input = guards[index].input { miss.neededBy = firstUse(input) }
        return (index, miss)
      }
    }
  }

  /// The first input that a guard refuses, in the given order; nil where the inputs by themselves are fine.
  func firstRefused(_ arguments: CallArguments, order: [Int]) -> Int? { program.firstRefused(arguments, order: order) }

  /// What a symbol is read from, as reasons show it.
  func shortName(of symbol: String) -> String { bindings.first { $0.symbol == symbol }?.source.shortText ?? symbol }

  /// The first input, in the given order, that is the same tensor as an earlier one where they must differ, or the other way round.
  func firstMisaliased(_ arguments: CallArguments, order: [Int]) -> Int? {
    for condition in guards {
      switch condition {
      case .distinct:
        for (place, input) in order.enumerated() {
          guard let tensor = arguments.values[input].tensor else { continue }
          if order[..<place].contains(where: { arguments.values[$0].tensor?.isSame(as: tensor) == true }) { return input }
        }
      case .same(let a, let b):
        guard let first = value(a, arguments)?.tensor, let second = value(b, arguments)?.tensor, !first.isSame(as: second) else { continue }
        return order.last { sources[$0] == a || sources[$0] == b }
      default: continue
      }
    }
    return nil
  }

  private func misses(of condition: Guard, _ arguments: CallArguments, _ state: DispatchState, _ marks: DimensionMarks) -> [GuardMiss] {
    switch condition {
    case .state(let wanted):
      let parts: [(name: String, mine: String, others: String)] = wanted.differences(from: state)
      if parts.isEmpty { return [] }
      return [
        GuardMiss(
          source: "global state", expected: parts.map { "\($0.name) \($0.mine)" }.joined(separator: ", "),
          actual: parts.map { "\($0.name) \($0.others)" }.joined(separator: ", "), text: "GLOBAL_STATE changed: " + parts.map(\.name).joined(separator: " "),
          remedies: parts.map { .restoreState($0.name) })
      ]
    case .tensor(let source, let wanted): return misses(of: wanted, source, arguments)
    case .constant(let source, let wanted):
      guard let value = value(source, arguments), value.constantValue != wanted else { return [] }
      let isNumber: Bool = if case .int = wanted { true } else if case .double = wanted { true } else { false }
      return [
        GuardMiss(
          source: source.text, expected: wanted.pythonText, actual: value.constantValue?.pythonText ?? value.kindName,
          text: wanted == .none ? "\(source.shortText) is None" : "\(source.shortText) == \(wanted.pythonText)",
          remedies: isNumber ? [.passAsTensor(input: source.shortText)] : [])
      ]
    case .number(let source, let kind):
      guard let value = value(source, arguments) else { return [] }
      switch (kind, value) {
      case (.int, .int), (.float, .double): return []
      default:
        return [
          GuardMiss(
            source: source.text, expected: kind.rawValue, actual: value.kindName,
            text: "___check_type_id(\(source.shortText), 0), type=<class '\(kind.rawValue)'>")
        ]
      }
    case .same(let a, let b):
      guard let first = value(a, arguments)?.tensor, let second = value(b, arguments)?.tensor, !first.isSame(as: second) else { return [] }
      return [GuardMiss(source: a.text, expected: "the same tensor as \(b.shortText)", actual: "another tensor", text: "\(a.shortText) is \(b.shortText)")]
    case .distinct(let all): return duplicates(all, arguments)
    case .marks(let source, let known):
      let current: [Int: DimensionMark] = marks[source]
      guard !DimensionMarks.isCovered(current, by: known) else { return [] }
      return [
        GuardMiss(
          source: source.text, expected: known.isEmpty ? "no marks" : "\(known.count) marked dimensions",
          actual: "marks on dimension \(current.keys.sorted().map(String.init).joined(separator: ", "))", text: DimensionMarks.difference(current, from: known))
      ]
    case .relation(let relation):
      let values: [String: Int] = bound(arguments)
      guard relation.holds({ values[$0] }) == false else { return [] }
      return [miss(of: relation, values)]
    }
  }

  private func misses(of wanted: TensorGuard, _ source: Source, _ arguments: CallArguments) -> [GuardMiss] {
    guard let index = sources.firstIndex(of: source), index < arguments.values.count else { return [] }
    let name: String = source.shortText
    guard case .tensor(let tensor) = arguments.values[index] else {
      return [
        GuardMiss(source: source.text, expected: "a tensor", actual: arguments.values[index].kindName, text: "expected type of '\(name)' to be a tensor type")
      ]
    }
    var misses: [GuardMiss] = []
    func add(_ place: Source, _ expected: String, _ actual: String, _ text: String, _ remedies: [Remedy]) {
      misses.append(GuardMiss(source: place.text, expected: expected, actual: actual, text: "tensor '\(name)' \(text)", remedies: remedies))
    }
    if tensor.dtype != wanted.dtype {
      add(
        .attribute(source, "dtype"), wanted.dtype.torchName, tensor.dtype.torchName,
        "dtype mismatch. expected \(wanted.dtype.c10Name), actual \(tensor.dtype.c10Name)", [.convert(input: name, to: wanted.dtype)])
    }
    if arguments.requiresGradient(index) != wanted.requiresGradient {
      add(
        .attribute(source, "requires_grad"), "\(wanted.requiresGradient)", "\(!wanted.requiresGradient)",
        "requires_grad mismatch. expected requires_grad=\(wanted.requiresGradient ? 1 : 0)", [])
    }
    guard tensor.rank == wanted.sizes.count else {
      add(.attribute(source, "ndim"), "\(wanted.sizes.count)", "\(tensor.rank)", "rank mismatch. expected \(wanted.sizes.count), actual \(tensor.rank)", [])
      return misses
    }
    for (dimension, size) in wanted.sizes.enumerated() {
      guard let size, size != tensor.sizes[dimension] else { continue }
      let isZeroOne: Bool = size < 2 || tensor.sizes[dimension] < 2
      add(
        .size(source, dimension: dimension), "\(size)", "\(tensor.sizes[dimension])",
        "size mismatch at index \(dimension). expected \(size), actual \(tensor.sizes[dimension])",
        isZeroOne ? [.markUnbacked(input: name, dimension: dimension)] : [.markDynamic(input: name, dimension: dimension)])
    }
    for (dimension, stride) in wanted.strides.enumerated() {
      guard let stride, stride != tensor.strides[dimension] else { continue }
      add(
        .stride(source, dimension: dimension), "\(stride)", "\(tensor.strides[dimension])",
        "stride mismatch at index \(dimension). expected \(stride), actual \(tensor.strides[dimension])", [.makeContiguous(input: name)])
    }
    for (dimension, inner) in wanted.strideOf.enumerated() where inner >= 0 && tensor.strides[dimension] != tensor.sizes[inner] * tensor.strides[inner] {
      let product: String = wanted.strides[inner] == 1 ? "\(name).size()[\(inner)]" : "\(name).size()[\(inner)]*\(name).stride()[\(inner)]"
      misses.append(
        GuardMiss(
          source: Source.stride(source, dimension: dimension).text, expected: product, actual: "\(tensor.strides[dimension])",
          text: "\(name).stride()[\(dimension)] == \(product)", remedies: [.makeContiguous(input: name)]))
    }
    return misses
  }

  private func duplicates(_ all: [Source], _ arguments: CallArguments) -> [GuardMiss] {
    for (place, source) in all.enumerated() {
      guard let tensor = value(source, arguments)?.tensor else { continue }
      let others: [Source] = all[(place + 1)...].filter { value($0, arguments)?.tensor?.isSame(as: tensor) == true }
      if others.isEmpty { continue }
      let names: [String] = ([source] + others).map(\.shortText)
      return [
        GuardMiss(
          source: source.text, expected: "other tensors for \(others.map(\.shortText).joined(separator: ", "))", actual: "the same tensor",
          text: "Duplicate tensors found: [\(names.map { "\"\($0)\"" }.joined(separator: ", "))]", remedies: [.passDistinct(inputs: names)])
      ]
    }
    return []
  }

  private func miss(of relation: ShapeRelation, _ values: [String: Int]) -> GuardMiss {
    let symbols: Set<String>
    switch relation.form {
    case .compare(let a, _, let b): symbols = a.symbols.union(b.symbols)
    case .range(let size, _, _): symbols = size.symbols
    }
    let binding: SymbolBinding? = bindings.first { symbols.contains($0.symbol) }
    let actual: String = symbols.sorted().map { "\(shortName(of: $0)) = \(values[$0].map(String.init) ?? "?")" }.joined(separator: ", ")
    let text: String = relation.text(shortName)
    return GuardMiss(
      source: binding?.source.text ?? text, expected: text, actual: actual, text: text, neededBy: relation.line, remedies: remedies(for: relation, binding))
  }

  private func remedies(for relation: ShapeRelation, _ binding: SymbolBinding?) -> [Remedy] {
    guard let binding, case .size(.local(let name), let dimension) = binding.source else { return [] }
    switch relation.form {
    case .range(_, let minimum?, _) where relation.isZeroOneSpecialization && minimum == 2: return [.markUnbacked(input: name, dimension: dimension)]
    case .range(_, _, let maximum?): return [.keepBelow(input: name, dimension: dimension, limit: maximum)]
    case .compare(let left, .equal, 0):
      if case .expression(let e) = left, e.terms.count == 1, e.terms[0].factors.count == 1, case .modulo(_, .constant(let multiple)) = e.terms[0].factors[0] {
        return [.pad(input: name, dimension: dimension, toMultipleOf: multiple)]
      }
      return []
    case .compare(let size, .less, .constant(let bound)) where size.symbolName != nil: return [.keepBelow(input: name, dimension: dimension, limit: bound - 1)]
    default: return []
    }
  }

  private func value(_ source: Source, _ arguments: CallArguments) -> Value? {
    sources.firstIndex(of: source).flatMap { $0 < arguments.values.count ? arguments.values[$0] : nil }
  }
  private func bound(_ arguments: CallArguments) -> [String: Int] {
    Dictionary(bindings.compactMap { binding in binding.read(arguments.values).map { (binding.symbol, $0) } }, uniquingKeysWith: { first, _ in first })
  }
}
