import Foundations
import Graphs

/// What the graphs of one file share while they are read: texts that repeat, decoded once, and the hints found on the way.
final class ProgramTables {
  var operators = Interner<OperatorName>()
  var argumentNames = Interner<String>()
  var types = Interner<ValueDescription>()
  private var expressions: [String: SymbolicInt] = [:]
  /// Texts of expressions as the file writes them, and of symbols with their assumptions.
  private(set) var texts: [SymbolicInt: String] = [:]
  private(set) var hints: [String: Int] = [:]
  /// Whether an argument said how it is passed.
  var statesKeywords: Bool = false

  func expression(_ text: String, cursor: JSONCursor) throws -> SymbolicInt {
    if let known = expressions[text] { return known }
    do {
      let value = try SymbolicInt.parse(text)
      expressions[text] = value
      if !value.isConstant, texts[value] == nil { texts[value] = text }
      return value
    } catch let error as LatheError {
      throw cursor.failure(error.message)
    }
  }
  func note(hint: Int, of value: SymbolicInt) {
    if let name = value.symbolName { hints[name] = hint }
  }
}

/// A value's type and what the type does not hold of its description.
struct ValueDescription {
  var type: ValueType
  var note: Graph.ValueNote?
}

extension JSONCursor {
  /// The field's value, or a failure that names the field where it is missing.
  func require<Value>(_ value: Value?, _ field: StaticString, of owner: StaticString) throws -> Value {
    guard let value else { throw failure("the \(owner) before here has no field '\(field)'") }
    return value
  }

  /// A `SymInt`: `{"as_int": 3}` or `{"as_expr": {"expr_str": "…", "hint": {"as_int": 4}}}`.
  mutating func readSymbolicInt(_ tables: ProgramTables) throws -> SymbolicInt {
    var value: SymbolicInt?
    var scope = try beginObject()
    while let key = try nextKey(&scope) {
      switch key {
      case "as_int": value = .constant(try readInt())
      case "as_expr": value = try readExpression(tables)
      default: try skipValue()
      }
    }
    guard let value else { throw failure("expected a size, {\"as_int\": …} or {\"as_expr\": …}") }
    return value
  }

  private mutating func readExpression(_ tables: ProgramTables) throws -> SymbolicInt {
    var value: SymbolicInt?
    var hint: Int?
    var scope = try beginObject()
    while let key = try nextKey(&scope) {
      switch key {
      case "expr_str": value = try tables.expression(readString(), cursor: self)
      case "hint" where peek() == UInt8(ascii: "{"):
        var inner = try beginObject()
        while let key = try nextKey(&inner) {
          if "as_int" ~= key { hint = try readInt() } else { try skipValue() }
        }
      default: try skipValue()
      }
    }
    let expression = try require(value, "expr_str", of: "expression")
    if let hint { tables.note(hint: hint, of: expression) }
    return expression
  }

  mutating func readSymbolicInts(_ tables: ProgramTables) throws -> [SymbolicInt] {
    var values: [SymbolicInt] = []
    var scope = try beginArray()
    while try nextElement(&scope) { values.append(try readSymbolicInt(tables)) }
    return values
  }

  /// A `TensorMeta` with its offset in elements; the type is `other` where the element type has no counterpart.
  mutating func readTensorMeta(_ tables: ProgramTables) throws -> (type: ValueType, offset: SymbolicInt) {
    var (dtype, device, requiresGradient, layout): (Int?, String?, Bool, Int) = (nil, nil, false, 7)
    var (sizes, strides): ([SymbolicInt]?, [SymbolicInt]?) = (nil, nil)
    var offset: SymbolicInt = 0
    var scope = try beginObject()
    while let key = try nextKey(&scope) {
      switch key {
      case "dtype": dtype = try readInt()
      case "sizes": sizes = try readSymbolicInts(tables)
      case "strides": strides = try readSymbolicInts(tables)
      case "requires_grad": requiresGradient = try readBool()
      case "device": device = try readDevice()
      case "storage_offset": offset = try readSymbolicInt(tables)
      case "layout": layout = try readInt()
      default: try skipValue()
      }
    }
    let number = try require(dtype, "dtype", of: "tensor description")
    let shape = try require(sizes, "sizes", of: "tensor description")
    let steps = try require(strides, "strides", of: "tensor description")
    guard layout == 7 || layout == 0 else { return (.other("Tensor(layout=torch.\(layoutName(schemaNumber: layout)))"), offset) }
    guard let element = DType(schemaNumber: number) else { return (.other("Tensor(dtype number \(number))"), offset) }
    guard shape.count == steps.count else { throw failure("the tensor description before here has \(shape.count) sizes but \(steps.count) strides") }
    let type = TensorType(
      dtype: element, sizes: shape, strides: steps, requiresGradient: requiresGradient, device: try require(device, "device", of: "tensor description"))
    return (.tensor(type), offset)
  }

  /// A `Device`, as PyTorch prints one: `cpu` or `cuda:0`.
  mutating func readDevice() throws -> String {
    var (type, index): (String?, Int?) = (nil, nil)
    var scope = try beginObject()
    while let key = try nextKey(&scope) {
      switch key {
      case "type": type = try readString()
      case "index": if !takeNull() { index = try readInt() }
      default: try skipValue()
      }
    }
    let name = try require(type, "type", of: "device")
    return index.map { "\(name):\($0)" } ?? name
  }
}
