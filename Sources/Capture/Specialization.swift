import Foundations
import Graphs
import Operators
import Tensors

/// How symbols come about at a compilation (`torch.compile(dynamic=...)`).
package enum DynamicShapes: String, Sendable, CaseIterable {
  /// Fixed at first; what differed at an earlier compilation becomes dynamic.
  case automatic = "auto"
  case always = "true"
  case never = "false"
}

/// The inputs of one compilation: what of them is fixed, what is a symbol, and what is known of the symbols.
struct Specialization: Sendable {
  /// The program's graph with the types of this compilation at its placeholders.
  var graph: Graph
  var bindings: [SymbolBinding] = []
  var hints: [String: Int] = [:]
  var ranges: [String: ClosedRange<Int>] = [:]
  /// One an input, before relations between sizes.
  var guards: [Guard] = []
  /// Ranges that guards have to check, by symbol.
  var checkedRanges: [ShapeRelation] = []
  /// Dimensions that must stay symbols, by symbol, with how the user names them.
  var mustStayDynamic: [String: String] = [:]
  var inputs: [CompileInput] = []
}

/// Works out a specialization (`torch/_dynamo/variables/builder.py`, `_automatic_dynamic`; `ShapeEnv.create_symbol`).
struct Specializer {
  let program: Program
  let inputs: [ProgramInputs.Input]
  let sources: [Source]
  let dynamic: DynamicShapes
  let marks: DimensionMarks
  let observed: AutomaticDynamic
  /// What an earlier try found symbols to be.
  let replacements: [String: SymbolicInt]

  /// - Throws: `LatheError` of kind `badInput` for a mark that the program or the call contradicts.
  func specialize(_ arguments: CallArguments, state: DispatchState) throws -> Specialization {
    var result = Specialization(graph: program.graph)
    result.guards.append(.state(state))
    let dynamicSymbols: [String: SymbolicInt] = try symbols(arguments, &result)
    var declared: [Source: TensorType] = [:]
    for (index, input) in inputs.enumerated() {
      let source: Source = sources[index]
      switch arguments.values[index] {
      case .tensor(let tensor):
        let known: TensorType? = input.type.tensor
        let sizes: [SymbolicInt] = try self.sizes(tensor, known, source, dynamicSymbols, &result)
        let type: TensorType = self.type(tensor, sizes)
        declared[source] = type
        result.graph.nodes[Int(input.node.index)].type = .tensor(type)
        let (strides, strideOf) = self.strides(tensor, sizes, source)
        // A tensor that is passed again is only guarded to be the same.
        let isRepeated: Bool = arguments.values[..<index].contains { $0.tensor?.isSame(as: tensor) == true }
        if !isRepeated {
          let wanted = TensorGuard(
            dtype: tensor.dtype, requiresGradient: arguments.requiresGradient(index), sizes: sizes.map(\.constant), strides: strides, strideOf: strideOf)
          result.guards.append(.tensor(source, wanted))
        }
        result.inputs.append(
          CompileInput(name: input.name, source: source.text, dtype: tensor.dtype, sizes: tensor.sizes, strides: tensor.strides, symbolicSizes: sizes.map(\.description)))
      case let value:
        try specialize(number: value, input, source, dynamicSymbols, &result)
      }
      result.guards.append(.marks(source, marks[source]))
    }
    result.guards += aliasing(arguments)
    addBindings(arguments, &result)
    return result
  }

  // MARK: Which symbols stay

  /// For each symbol of the program: itself where it stays one, else its value at this call.
  private func symbols(_ arguments: CallArguments, _ result: inout Specialization) throws -> [String: SymbolicInt] {
    var values: [String: Int] = [:]
    // A symbol stays one where every dimension that shows it may change.
    var wanted: Set<String> = []
    var fixed: Set<String> = []
    var unbacked: Set<String> = []
    var bounds: [String: SizeRange] = [:]
    for (index, input) in inputs.enumerated() {
      let source: Source = sources[index]
      switch (input.type, arguments.values[index]) {
      case (.tensor(let type), .tensor(let tensor)) where type.rank == tensor.rank:
        for (dimension, size) in type.sizes.enumerated() {
          guard let (symbol, coefficient, constant) = size.linear else { continue }
          values[symbol] = values[symbol] ?? (tensor.sizes[dimension] - constant) / coefficient
          if isDynamic(source, dimension) { wanted.insert(symbol) } else { fixed.insert(symbol) }
          if marks[source][dimension] == .unbacked { unbacked.insert(symbol) }
          if case .dynamic(let minimum, let maximum) = marks[source][dimension] {
            if minimum != nil || maximum != nil { bounds[symbol] = SizeRange(minimum: minimum, maximum: maximum) }
            result.mustStayDynamic[symbol] = "\(source.text).size()[\(dimension)]"
          }
        }
      case (.int(let size), .int(.constant(let number))):
        guard let symbol = size.symbolName else { continue }
        values[symbol] = values[symbol] ?? number
        if isDynamicNumber(source) {
          wanted.insert(symbol)
          unbacked.insert(symbol)
        }
      default: continue
      }
    }
    for (symbol, value) in values where fixed.contains(symbol) && value > 1 {
      if let name = result.mustStayDynamic[symbol] { throw Specializer.violation(name, value) }
    }
    var kept: [String: SymbolicInt] = [:]
    var byValue: [Int: SymbolicInt] = [:]
    for (symbol, value) in values.sorted(by: { $0.key < $1.key }) {
      if let replacement = replacements[symbol] {
        kept[symbol] = replacement
      } else if wanted.contains(symbol), !fixed.contains(symbol), value > 1 || unbacked.contains(symbol) {
        // Duck shaping: where every size is dynamic from the start, equal sizes are taken to be one.
        if dynamic == .always, result.mustStayDynamic[symbol] == nil, !unbacked.contains(symbol), let same = byValue[value] {
          kept[symbol] = same
        } else {
          kept[symbol] = SymbolicInt(symbol: symbol)
          byValue[value] = byValue[value] ?? SymbolicInt(symbol: symbol)
          bound(symbol, value, isUnbacked: unbacked.contains(symbol), bounds[symbol], &result)
        }
      } else {
        kept[symbol] = .constant(value)
      }
    }
    // Expressions that tracing found replacements of may name symbols that are numbers by now.
    for (symbol, size) in kept { kept[symbol] = size.substituting { kept[$0].flatMap { $0.symbolName == symbol ? nil : $0 } } }
    return kept
  }

  private func bound(_ symbol: String, _ value: Int, isUnbacked: Bool, _ marked: SizeRange? = nil, _ result: inout Specialization) {
    var declared: SizeRange? = program.ranges[symbol]
    if let marked {
      declared = SizeRange(
        minimum: max(marked.minimum ?? 0, declared?.minimum ?? 0), maximum: min(marked.maximum ?? .max, declared?.maximum ?? .max))
      if declared?.maximum == .max { declared?.maximum = nil }
    }
    let isNumber: Bool = inputs.contains { if case .int(let size) = $0.type { size.symbolName == symbol } else { false } }
    let least: Int? = isUnbacked ? declared?.minimum.flatMap { $0 > 2 ? $0 : nil } ?? (isNumber ? nil : 0) : max(declared?.minimum ?? 2, 2)
    result.hints[symbol] = value
    let low: Int = least ?? .min
    result.ranges[symbol] = low...max(low, declared?.maximum ?? .max)
    let checked: Int? = isUnbacked && least == 0 ? nil : least
    if checked != nil || declared?.maximum != nil {
      result.checkedRanges.append(
        ShapeRelation(
          .range(SymbolicInt(symbol: symbol), minimum: checked, maximum: declared?.maximum), neededBy: "", line: nil,
          isZeroOneSpecialization: checked == 2 && declared?.maximum == nil))
    }
  }

  private func isDynamic(_ source: Source, _ dimension: Int) -> Bool {
    switch marks[source][dimension] {
    case .fixed: return false
    case .dynamic, .maybeDynamic, .unbacked: return true
    case nil: break
    }
    switch dynamic {
    case .always: return true
    case .never: return false
    case .automatic: return observed.isDynamicSize(source, dimension)
    }
  }
  private func isDynamicNumber(_ source: Source) -> Bool {
    switch dynamic {
    case .always: true
    case .never: false
    case .automatic: observed.isDynamicNumber(source)
    }
  }

  // MARK: Types

  private func sizes(
    _ tensor: Tensor, _ known: TensorType?, _ source: Source, _ symbols: [String: SymbolicInt], _ result: inout Specialization
  ) throws -> [SymbolicInt] {
    for (dimension, mark) in marks[source] { try check(mark, dimension, tensor, known, source) }
    guard let known, known.rank == tensor.rank else {
      // The program was captured with another rank: each dimension is one of its own.
      return tensor.sizes.enumerated().map { dimension, size in
        guard isDynamic(source, dimension), size > 1 || marks[source][dimension] == .unbacked else { return .constant(size) }
        let symbol: String = "\(source.shortText)_\(dimension)"
        if let replacement = replacements[symbol] { return replacement }
        bound(symbol, size, isUnbacked: marks[source][dimension] == .unbacked, nil, &result)
        return SymbolicInt(symbol: symbol)
      }
    }
    return known.sizes.enumerated().map { dimension, size in
      let expression: SymbolicInt = size.substituting { symbols[$0] }
      return expression.isConstant || expression.symbols.allSatisfy { result.hints[$0] != nil } ? expression : .constant(tensor.sizes[dimension])
    }
  }

  private func check(_ mark: DimensionMark, _ dimension: Int, _ tensor: Tensor, _ known: TensorType?, _ source: Source) throws {
    let name: String = "\(source.text).size()[\(dimension)]"
    guard dimension < tensor.rank else {
      throw LatheError.badInput("dimension \(dimension) of \(source.shortText) is marked \(mark.name), but the tensor has \(tensor.rank) dimensions")
    }
    guard case .dynamic(let minimum, let maximum) = mark else { return }
    let size: Int = tensor.sizes[dimension]
    if size < minimum ?? .min || size > maximum ?? .max {
      throw LatheError.badInput("Constraints violated (\(name)): \(size) not in range [\(minimum.map(String.init) ?? "0"), \(maximum.map(String.init) ?? "∞")]")
    }
    if let fixed = known.flatMap({ $0.rank == tensor.rank ? $0.sizes[dimension].constant : nil }), size > 1 { throw Specializer.violation(name, fixed) }
  }

  /// A dimension that must be dynamic but that the program fixes (`ConstraintViolationError`).
  static func violation(_ name: String, _ value: Int) -> LatheError {
    LatheError.badInput(
      "Constraints violated (\(name)): you marked \(name) as dynamic but the program specialized it to be a constant (\(value)); remove the mark or use maybe dynamic")
  }

  /// The type the graph is compiled for. Layouts with gaps, overlaps or strides that only the call gives are compiled as contiguous, and
  /// such inputs are copied at the call.
  private func type(_ tensor: Tensor, _ sizes: [SymbolicInt]) -> TensorType {
    if tensor.isContiguous { return TensorType(dtype: tensor.dtype, sizes: sizes) }
    if sizes.allSatisfy(\.isConstant), tensor.isNonOverlappingAndDense { return TensorType(dtype: tensor.dtype, sizes: sizes, strides: tensor.strides.map { SymbolicInt($0) }) }
    if tensor.isChannelsLast { return TensorType(dtype: tensor.dtype, sizes: sizes, strides: OperatorTable.channelsLastStrides(sizes)) }
    return TensorType(dtype: tensor.dtype, sizes: sizes)
  }

  /// Strides: numbers; where a symbol is in them, the dimension that they are a product with; where they changed before, anything.
  private func strides(_ tensor: Tensor, _ sizes: [SymbolicInt], _ source: Source) -> (strides: [Int?], strideOf: [Int]) {
    let order: [Int] = tensor.sizes.indices.sorted { (tensor.strides[$0], $1) < (tensor.strides[$1], $0) }
    var known: [Int?] = Array(repeating: nil, count: tensor.rank)
    var products: [Int] = Array(repeating: -1, count: tensor.rank)
    for (position, dimension) in order.enumerated() {
      var isProduct: Bool = false
      if position > 0 {
        let inner: Int = order[position - 1]
        isProduct = tensor.strides[dimension] == tensor.sizes[inner] * tensor.strides[inner]
        if isProduct, !sizes[inner].isConstant || known[inner] == nil {
          products[dimension] = inner
          continue
        }
      }
      // 0 and 1 are strides of their own, as they are sizes of their own.
      let isDynamic: Bool = dynamic == .automatic && observed.isDynamicStride(source, dimension) && tensor.strides[dimension] > 1
      if isProduct || !isDynamic { known[dimension] = tensor.strides[dimension] }
    }
    return (known, products)
  }

  // MARK: Numbers, aliases, bindings

  private func specialize(
    number value: Value, _ input: ProgramInputs.Input, _ source: Source, _ symbols: [String: SymbolicInt], _ result: inout Specialization
  ) throws {
    guard let constant = value.constantValue else { throw LatheError.badInput("input '\(input.name)' is \(value.kindName), which no graph can be compiled for") }
    var text: String = constant.pythonText
    if case .int(let size) = input.type, case .int = value {
      let expression: SymbolicInt = size.substituting { symbols[$0] }
      result.graph.nodes[Int(input.node.index)].type = .int(expression)
      if !expression.isConstant {
        result.guards.append(.number(source, .int))
        text = expression.description
        result.inputs.append(CompileInput(name: input.name, source: source.text, dtype: nil, sizes: [], strides: [], symbolicSizes: [text]))
        return
      }
    }
    result.guards.append(.constant(source, constant))
    result.inputs.append(CompileInput(name: input.name, source: source.text, dtype: nil, sizes: [], strides: [], symbolicSizes: [text]))
  }

  private func aliasing(_ arguments: CallArguments) -> [Guard] {
    var firsts: [(Source, Tensor)] = []
    var guards: [Guard] = []
    for (index, value) in arguments.values.enumerated() {
      guard case .tensor(let tensor) = value else { continue }
      if let first = firsts.first(where: { $0.1.isSame(as: tensor) }) {
        guards.append(.same(first.0, sources[index]))
      } else {
        firsts.append((sources[index], tensor))
      }
    }
    return firsts.count > 1 ? guards + [.distinct(firsts.map(\.0))] : guards
  }

  private func addBindings(_ arguments: CallArguments, _ result: inout Specialization) {
    var seen: Set<String> = []
    for (index, input) in inputs.enumerated() {
      switch result.graph[input.node].type {
      case .tensor(let type):
        for (dimension, size) in type.sizes.enumerated() {
          guard let (symbol, coefficient, constant) = size.linear else { continue }
          if seen.insert(symbol).inserted {
            result.bindings.append(
              SymbolBinding(
                symbol: symbol, source: .size(sources[index], dimension: dimension), place: .size(input: index, dimension: dimension),
                coefficient: coefficient, constant: constant))
          } else {
            // A second place that shows the same symbol must agree with the first.
            let again: String = "\(symbol)@\(index).\(dimension)"
            result.bindings.append(
              SymbolBinding(
                symbol: again, source: .size(sources[index], dimension: dimension), place: .size(input: index, dimension: dimension),
                coefficient: coefficient, constant: constant))
            result.checkedRanges.append(
              ShapeRelation(.compare(SymbolicInt(symbol: again), .equal, SymbolicInt(symbol: symbol)), neededBy: "", line: nil))
          }
        }
      case .int(let size):
        guard let symbol = size.symbolName, seen.insert(symbol).inserted else { continue }
        result.bindings.append(SymbolBinding(symbol: symbol, source: sources[index], place: .number(input: index)))
      default: continue
      }
    }
  }
}
