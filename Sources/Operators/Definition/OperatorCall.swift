import Foundations
import Graphs
import Tensors

/// An operator with its arguments bound to the schema: one value a parameter, defaults filled in.
package struct OperatorCall: Sendable {
  package let schema: OperatorSchema
  package let values: [Value]
  package let environment: ShapeEnvironment

  /// Binds arguments, by name or by position where a name is empty.
  /// - Throws: `LatheError` of kind `badInput` for a name the schema lacks or a required argument that is missing.
  package init(_ schema: OperatorSchema, _ arguments: [(name: String, value: Value)], environment: ShapeEnvironment) throws {
    var values: [Value] = schema.defaults
    var isGiven: UInt64 = schema.optionalMask
    for (position, argument) in arguments.enumerated() {
      if schema.isVariadic, position >= values.count - 1 {
        values[values.count - 1] = .list(arguments[position...].map(\.value))
        isGiven |= 1 << UInt64(values.count - 1)
        break
      }
      let index: Int
      if argument.name.isEmpty {
        guard position < values.count else {
          throw LatheError.badInput("\(schema.name) takes \(values.count) arguments but got \(arguments.count)")
        }
        index = position
      } else if position < values.count, schema.parameters[position].name == argument.name {
        index = position
      } else if let found = schema.index(of: argument.name) {
        index = found
      } else {
        throw LatheError.badInput("\(schema.name) has no argument '\(argument.name)'")
      }
      values[index] = argument.value
      isGiven |= 1 << UInt64(index)
    }
    self.schema = schema
    self.environment = environment
    self.values = values
    let missing: Int = (~isGiven).trailingZeroBitCount
    if missing < values.count { throw LatheError.badInput("\(schema.name) lacks its argument '\(schema.parameters[missing].name)'") }
  }

  package func value(_ name: String) -> Value {
    guard let index = schema.index(of: name) else { preconditionFailure("\(schema.name) has a parameter '\(name)'") }
    return values[index]
  }

  /// An error about an argument, worded once.
  package func mismatch(_ name: String, _ expected: String) -> LatheError {
    LatheError.badInput("\(schema.name): argument '\(name)' is \(value(name).kindName), not \(expected)")
  }
  package func failure(_ message: String) -> LatheError { LatheError.badInput("\(schema.name): \(message)") }
}

// MARK: Tensors

extension OperatorCall {
  /// The tensor; a number stands for a zero-dimensional tensor.
  package func tensor(_ name: String) throws -> Tensor {
    if let tensor = try optionalTensor(name) { return tensor }
    throw mismatch(name, "a tensor")
  }
  package func optionalTensor(_ name: String) throws -> Tensor? {
    switch value(name) {
    case .tensor(let tensor): return tensor
    case .none: return nil
    case .int(let number): return try Tensor(scalar: .int(try concrete(number, name)), .i64)
    case .double(let number): return try Tensor(scalar: .double(number), .f32)
    case .bool(let flag): return try Tensor(scalar: .bool(flag), .bool)
    case .abstract, .node: throw LatheError.unsupported("\(schema.name) needs the elements of its argument '\(name)', which only a run reveals")
    default: throw mismatch(name, "a tensor")
    }
  }
  package func tensors(_ name: String) throws -> [Tensor] {
    guard case .list(let items) = value(name) else { throw mismatch(name, "a list of tensors") }
    return try items.map {
      guard let tensor = $0.tensor else { throw mismatch(name, "a list of tensors") }
      return tensor
    }
  }
  package func type(_ name: String) throws -> TensorType {
    guard let type = value(name).tensorType else { throw mismatch(name, "a tensor") }
    return type
  }
  package func optionalType(_ name: String) -> TensorType? { value(name).tensorType }
  package func types(_ name: String) throws -> [TensorType] {
    guard case .list(let items) = value(name) else { throw mismatch(name, "a list of tensors") }
    return try items.map {
      guard let type = $0.tensorType else { throw mismatch(name, "a list of tensors") }
      return type
    }
  }
}

// MARK: Numbers and the rest

extension OperatorCall {
  private func concrete(_ value: SymbolicInt, _ name: String) throws -> Int {
    guard let number = value.constant else { throw failure("argument '\(name)' is the symbolic size \(value) where a number is needed") }
    return number
  }
  package func optionalSize(_ name: String) throws -> SymbolicInt? {
    switch value(name) {
    case .int(let size): return size
    case .bool(let flag): return flag ? 1 : 0
    case .none: return nil
    case .double(let number) where number == number.rounded(): return SymbolicInt(Int(number))
    case .tensor(let tensor) where tensor.elementCount == 1: return SymbolicInt(try tensor.item().int)
    default: throw mismatch(name, "an int")
    }
  }
  package func size(_ name: String) throws -> SymbolicInt {
    guard let size = try optionalSize(name) else { throw mismatch(name, "an int") }
    return size
  }
  package func optionalInteger(_ name: String) throws -> Int? { try optionalSize(name).map { try concrete($0, name) } }
  package func integer(_ name: String) throws -> Int { try concrete(try size(name), name) }

  /// A list of sizes; one int stands for a list of one.
  package func sizes(_ name: String) throws -> [SymbolicInt] {
    guard let sizes = try optionalSizes(name) else { throw mismatch(name, "a list of ints") }
    return sizes
  }
  package func optionalSizes(_ name: String) throws -> [SymbolicInt]? {
    switch value(name) {
    case .none: return nil
    case .int(let size): return [size]
    case .list(let items):
      return try items.map {
        switch $0 {
        case .int(let size): return size
        case .bool(let flag): return flag ? 1 : 0
        case .tensor(let tensor) where tensor.elementCount == 1: return SymbolicInt(try tensor.item().int)
        default: throw mismatch(name, "a list of ints")
        }
      }
    default: throw mismatch(name, "a list of ints")
    }
  }
  package func integers(_ name: String) throws -> [Int] { try sizes(name).map { try concrete($0, name) } }
  package func optionalIntegers(_ name: String) throws -> [Int]? { try optionalSizes(name)?.map { try concrete($0, name) } }

  package func optionalScalar(_ name: String) throws -> Scalar? { value(name).isNone ? nil : try scalar(name) }
  package func scalar(_ name: String) throws -> Scalar {
    if case .int(let size) = value(name) { return .int(try concrete(size, name)) }
    guard let scalar = try? scalar(value(name)) else { throw mismatch(name, "a number") }
    return scalar
  }
  /// The number that a value is.
  package func scalar(_ value: Value) throws -> Scalar {
    switch value {
    case .bool(let flag): return .bool(flag)
    case .double(let number): return .double(number)
    case .int(let size) where size.isConstant: return .int(size.constant ?? 0)
    case .tensor(let tensor) where tensor.elementCount == 1: return try tensor.item()
    default: throw failure("\(value.kindName) stands where a number is needed")
    }
  }
  package func double(_ name: String) throws -> Double { try scalar(name).double }
  package func optionalDouble(_ name: String) throws -> Double? { try optionalScalar(name)?.double }
  package func flag(_ name: String) throws -> Bool {
    switch value(name) {
    case .bool(let flag): return flag
    case .int(let value): return value != 0
    default: throw mismatch(name, "a bool")
    }
  }
  package func string(_ name: String) throws -> String {
    guard let text = try optionalString(name) else { throw mismatch(name, "a str") }
    return text
  }
  package func optionalString(_ name: String) throws -> String? {
    switch value(name) {
    case .string(let text): return text
    case .none: return nil
    default: throw mismatch(name, "a str")
    }
  }
  package func dtype(_ name: String) throws -> DType? {
    switch value(name) {
    case .dtype(let type): return type
    case .none: return nil
    default: throw mismatch(name, "a dtype")
    }
  }
  package func memoryFormat(_ name: String) throws -> MemoryFormat? {
    switch value(name) {
    case .memoryFormat(let format): return format
    case .none: return nil
    default: throw mismatch(name, "a memory format")
    }
  }
  /// A dimension number made non-negative for a tensor of `rank` dimensions; a zero-dimensional tensor counts as having one.
  /// - Throws: `LatheError` of kind `badInput` when it is out of range, in PyTorch's words.
  package func dimension(_ name: String, rank: Int) throws -> Int { try wrap(try integer(name), rank: rank) }
  /// The same for what takes a dimension apart, which a tensor without dimensions has none of.
  package func dimension(_ name: String, of type: TensorType) throws -> Int {
    guard type.rank > 0 else { throw failure("Dimension specified as \(try integer(name)) but tensor has no dimensions") }
    return try dimension(name, rank: type.rank)
  }
  package func wrap(_ dimension: Int, rank: Int) throws -> Int {
    let count: Int = max(rank, 1)
    guard dimension >= -count, dimension < count else {
      throw failure("Dimension out of range (expected to be in range of [\(-count), \(count - 1)], but got \(dimension))")
    }
    return dimension < 0 ? dimension + count : dimension
  }
  /// Several dimension numbers, made non-negative; nil or none means all where `emptyMeansAll`.
  package func dimensions(_ name: String, rank: Int, emptyMeansAll: Bool = true) throws -> [Int] {
    let given: [Int] = try optionalIntegers(name) ?? []
    if given.isEmpty && emptyMeansAll { return Array(0..<rank) }
    let wrapped: [Int] = try given.map { try wrap($0, rank: rank) }
    guard Set(wrapped).count == wrapped.count else { throw failure("dim \(given) appears multiple times in the list of dims") }
    return wrapped
  }
}
