import Foundations
import Graphs

/// A call of an operator that the program which loads a compiled model makes for it: PyTorch's proxy executor, or Lathe.
///
/// What is fixed stands here; tensors and integers come with each call, flattened in the order of the arguments
/// (`torch/csrc/inductor/aoti_torch/oss_proxy_executor.cpp`).
package struct ExternalNode: Sendable {
  package enum Content: Sendable {
    case none
    case tensor
    case tensors(Int)
    /// Which of them are there.
    case optionalTensors([Bool])
    case integer(SymbolicInt)
    case integers([SymbolicInt])
    case number(Double)
    case numbers([Double])
    case flag(Bool)
    case flags([Bool])
    case text(String)
    case dtype(DType)
    case device(String)
    case layout(String)
    case memoryFormat(MemoryFormat)
  }
  package enum Result: Hashable, Sendable {
    case tensor
    case tensors(Int)
  }
  package struct Argument: Sendable {
    package var name: String
    package var content: Content
    package init(name: String, content: Content) { (self.name, self.content) = (name, content) }
  }

  package var name: String
  package var operation: OperatorName
  /// One a parameter, in the schema's order.
  package var arguments: [Argument]
  package var results: [Result]

  package init(name: String, operation: OperatorName, arguments: [Argument], results: [Result]) {
    (self.name, self.operation, self.arguments, self.results) = (name, operation, arguments, results)
  }

  /// - Parameter type: of the call's value.
  /// - Throws: `LatheError` of kind `unsupported` for arguments or results that the executor has no place for.
  package init(_ call: OperatorCall, name: String, type: ValueType) throws {
    self.name = name
    operation = call.schema.name
    arguments = try zip(call.schema.parameters, call.values).map { parameter, value in
      Argument(name: parameter.name, content: try ExternalNode.content(value, parameter, call.schema))
    }
    let types: [ValueType]
    if case .list(let items) = type, call.schema.results.count != 1 || call.schema.results[0] == "Tensor" { types = items } else { types = [type] }
    guard types.count == call.schema.results.count else { throw LatheError.unsupported("the results of \(call.schema.name) cannot be handed over by another program") }
    results = try types.map { type in
      switch type {
      case .tensor: return .tensor
      case .list(let items) where items.allSatisfy({ $0.tensor != nil }): return .tensors(items.count)
      default: throw LatheError.unsupported("\(call.schema.name) gives numbers, which another program cannot hand over")
      }
    }
  }

  /// The integers of a call, in order.
  package var integers: [SymbolicInt] {
    arguments.flatMap { argument -> [SymbolicInt] in
      switch argument.content {
      case .integer(let size): [size]
      case .integers(let sizes): sizes
      default: []
      }
    }
  }

  private static func content(_ value: Value, _ parameter: OperatorSchema.Parameter, _ schema: OperatorSchema) throws -> Content {
    if value.isNone { return .none }
    let type: Substring = parameter.type.hasSuffix("?") ? parameter.type.dropLast() : parameter.type[...]
    func wrong() -> LatheError {
      LatheError.unsupported("argument '\(parameter.name)' of \(schema.name) (\(parameter.type)) is \(value.kindName), which another program cannot be handed")
    }
    if let open = type.firstIndex(of: "[") {
      let element: Substring = type[..<open]
      let length: Int? = Int(type[type.index(after: open)...].dropLast())
      let items: [Value]
      if case .list(let values) = value { items = values } else { items = Array(repeating: value, count: length ?? 1) }
      switch element {
      case "Tensor": return .tensors(items.count)
      case "Tensor?": return .optionalTensors(items.map { !$0.isNone })
      case "int", "SymInt":
        return .integers(try items.map { if case .int(let size) = $0 { return size } else { throw wrong() } })
      case "float":
        return .numbers(try items.map { item in
          switch item {
          case .double(let number): return number
          case .int(let size): if let number = size.constant { return Double(number) } else { throw wrong() }
          default: throw wrong()
          }
        })
      case "bool": return .flags(try items.map { if case .bool(let flag) = $0 { return flag } else { throw wrong() } })
      default: throw wrong()
      }
    }
    switch (type, value) {
    case ("Tensor", .node), ("Tensor", .tensor), ("Tensor", .abstract): return .tensor
    case ("int", .int(let size)), ("SymInt", .int(let size)), ("Scalar", .int(let size)): return .integer(size)
    case ("float", .int(let size)): if let number = size.constant { return .number(Double(number)) } else { throw wrong() }
    case ("float", .double(let number)), ("Scalar", .double(let number)): return .number(number)
    case ("bool", .bool(let flag)), ("Scalar", .bool(let flag)): return .flag(flag)
    case ("str", .string(let text)): return .text(text)
    case ("ScalarType", .dtype(let dtype)): return .dtype(dtype)
    case ("Device", .device(let name)): return .device(name)
    case ("Layout", .layout(let name)): return .layout(name)
    case ("MemoryFormat", .memoryFormat(let format)): return .memoryFormat(format)
    default: throw wrong()
    }
  }
}
