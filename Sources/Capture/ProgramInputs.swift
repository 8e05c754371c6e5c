import Foundations
import Graphs
import Operators
import Tensors

/// The user inputs of a program: what each must be, and how symbols are bound by the sizes that are passed.
package struct ProgramInputs: Sendable {
  /// One user input.
  package struct Input: Sendable {
    package var name: String
    /// Its place among the arguments, for example `args[0]` or `kwargs['mask']`.
    package var path: String
    package var type: ValueType
    /// The value it must have, where export fixed it.
    package var constant: Graph.ConstantValue?
    package var node: Graph.NodeID

    /// How guards call it: the argument's name, and the way from there to a leaf of a list, tuple or dictionary.
    package var source: Source {
      guard path.hasPrefix("args["), let close = path.firstIndex(of: "]") else { return .local(name) }
      var rest: Substring = path[path.index(after: close)...]
      var steps: [String] = []
      while rest.first == "[", let end = rest.firstIndex(of: "]") {
        steps.append(String(rest[rest.index(after: rest.startIndex)..<end]))
        rest = rest[rest.index(after: end)...]
      }
      let suffix: String = steps.map { "_" + $0.trimmingQuotes }.joined()
      guard rest.isEmpty, !steps.isEmpty, name.hasSuffix(suffix), name.count > suffix.count else { return .local(name) }
      return steps.reduce(.local(String(name.dropLast(suffix.count)))) { base, step in
        Int(step).map { .item(base, $0) } ?? .key(base, step.trimmingQuotes)
      }
    }
  }
  package let inputs: [Input]
  private let ranges: [String: SizeRange]
  private let contract: Program.Contract

  package init(_ program: Program) {
    let paths: [String] = ProgramInputs.paths(program.inputSpec)
    var inputs: [Input] = []
    for id in program.graph.placeholders {
      guard case .placeholder(let role) = program.graph[id].operation else { continue }
      let path: String = inputs.count < paths.count ? paths[inputs.count] : "input \(inputs.count)"
      switch role {
      case .user: inputs.append(Input(name: program.graph[id].name, path: path, type: program.graph[id].type, constant: nil, node: id))
      case .constant(let name, let value): inputs.append(Input(name: name, path: path, type: program.graph[id].type, constant: value, node: id))
      default: break
      }
    }
    self.inputs = inputs
    (ranges, contract) = (program.ranges, program.contract)
  }

  /// Paths of the leaves of a (positional arguments, keyword arguments) tuple.
  static func paths(_ spec: TreeSpec) -> [String] {
    guard case .tuple(let halves) = spec, halves.count == 2 else { return spec.leafPaths() }
    return halves[0].leafPaths(prefix: "args") + halves[1].leafPaths(prefix: "kwargs")
  }

  /// The inputs a caller passes: all but those that export fixed.
  package var required: [Input] { inputs.filter { $0.constant == nil } }

  /// Turns tensors into the program's input values: a number that export made an input is passed as a tensor of one element.
  /// - Throws: `LatheError` of kind `badInput` when the count is wrong.
  package func bind(_ tensors: [Tensor]) throws -> [Value] {
    let wanted: [Input] = required
    var given: ArraySlice<Tensor> = tensors[...]
    if tensors.count != wanted.count, tensors.count == inputs.count {
      // One tensor for each input, fixed ones included.
      given = zip(inputs, tensors).filter { $0.0.constant == nil }.map(\.1)[...]
    }
    guard given.count == wanted.count else {
      let names: String = wanted.map { "\($0.name): \(ProgramInputs.describe($0.type))" }.joined(separator: ", ")
      throw LatheError.badInput("the program takes \(wanted.count) input\(wanted.count == 1 ? "" : "s") (\(names)) but got \(tensors.count)")
    }
    return try zip(wanted, given).map { input, tensor in
      switch input.type {
      case .int, .double, .bool: .scalar(try tensor.item())
      default: .tensor(tensor)
      }
    }
  }

  package static func describe(_ type: ValueType) -> String {
    switch type {
    case .tensor(let tensor): tensor.shortDescription
    case .int: "int"
    case .double: "float"
    case .bool: "bool"
    default: "\(type)"
    }
  }

  /// Checks count, element types, ranks, fixed sizes, and symbols against their ranges.
  /// - Throws: `LatheError` of kind `badInput` naming the input, the dimension and the bound.
  package func check(_ values: [Value]) throws {
    let wanted: [Input] = required
    guard values.count == wanted.count else {
      throw LatheError.badInput("the program takes \(wanted.count) inputs but got \(values.count)")
    }
    var bindings: [String: Int] = [:]
    for (input, value) in zip(wanted, values) {
      guard case .tensor(let type) = input.type else {
        if case .int(let size) = input.type, let symbol = size.symbolName, case .int(.constant(let number)) = value { bindings[symbol] = number }
        continue
      }
      guard case .tensor(let tensor) = value else { throw refusal(input, "is \(value.kindName) where a tensor is needed") }
      if contract == .declared {
        guard tensor.dtype == type.dtype else {
          throw refusal(input, "has element type \(tensor.dtype.torchName), but the program takes \(type.dtype.torchName)")
        }
        guard tensor.rank == type.rank else {
          throw refusal(input, "has \(tensor.rank) dimensions \(tensor.sizes), but the program takes \(type.rank): \(type.shortDescription)")
        }
      }
      for (size, actual) in zip(type.sizes, tensor.sizes) {
        if let (symbol, coefficient, constant) = size.linear, bindings[symbol] == nil, (actual - constant).isMultiple(of: coefficient) {
          bindings[symbol] = (actual - constant) / coefficient
        }
      }
    }
    for (input, value) in zip(wanted, values) {
      guard case .tensor(let type) = input.type, case .tensor(let tensor) = value else { continue }
      if contract == .traced, tensor.rank < type.rank, let fixed = type.sizes.indices.last(where: { type.sizes[$0].isConstant && $0 >= tensor.rank }) {
        throw refusal(input, "has \(tensor.rank) dimensions, but the program counts on size \(type.sizes[fixed]) in dimension \(fixed)")
      }
      for (dimension, (size, actual)) in zip(type.sizes, tensor.sizes).enumerated() {
        if let range = ranges[size.description], !ProgramInputs.allows(range, actual) {
          throw refusal(
            input, "has size \(actual) in dimension \(dimension), outside the range [\(range.minimum.map(String.init) ?? "-∞"), \(range.maximum.map(String.init) ?? "∞")] of \(size)")
        }
        if contract == .traced, tensor.rank != type.rank, !size.isConstant { continue }
        let needed: Int? = size.evaluate { bindings[$0] }
        if needed != actual, needed != nil || size.linear != nil {
          throw refusal(input, "has size \(actual) in dimension \(dimension) where \(size.isConstant ? "" : "\(size) = ")\(needed.map(String.init) ?? "a multiple") is needed")
        }
      }
    }
  }

  /// A range that begins at 2 says that export looked at no smaller sizes, not that the program refuses them
  /// (`torch/_export/utils.py`, `_check_input_constraints_for_graph`).
  package static func allows(_ range: SizeRange, _ size: Int) -> Bool {
    (range.minimum.map { $0 <= 2 || size >= $0 } ?? true) && size <= range.maximum ?? .max
  }

  /// An operator's failure, with the inputs that are not of the element type or rank that the program was captured with.
  package func explained(_ error: LatheError, _ values: [Value]) -> LatheError {
    guard contract == .traced else { return error }
    for (input, value) in zip(required, values) {
      guard case .tensor(let type) = input.type, case .tensor(let tensor) = value, tensor.dtype != type.dtype || tensor.rank != type.rank else { continue }
      return LatheError(
        error.kind, subject: error.subject,
        "input '\(input.name)' (\(input.path)) is \(TensorType(tensor).shortDescription) but the program was captured with \(type.shortDescription), and \(error.message)")
    }
    return error
  }

  private func refusal(_ input: Input, _ what: String) -> LatheError { LatheError.badInput("input '\(input.name)' (\(input.path)) \(what)") }
}

extension String {
  fileprivate var trimmingQuotes: String { hasPrefix("'") && hasSuffix("'") && count > 1 ? String(dropFirst().dropLast()) : self }
}
