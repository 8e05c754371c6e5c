import Foundations
import Graphs
import Operators
import Tensors

/// Writes the JSON of torch.export's schema (`torch/_export/serde/schema.py`): what the parts of a program have in common.
///
/// `GraphModuleSerializer` of PyTorch is followed to the letter in what a value becomes, so that a program read and written again says
/// the same.
struct SchemaWriter {
  let layout: ProgramLayout
  /// The file that is written, for errors.
  let subject: String
  let hints: [String: Int]
  let sympy: SympyText
  /// The text that the program was read from.
  let text: ByteRegion?
  var json = JSONWriter()

  init(_ program: ExportedProgram, layout: ProgramLayout, subject: String) {
    (self.layout, self.subject) = (layout, subject)
    hints = program.symbolHints
    sympy = SympyText(known: program.expressionTexts)
    text = program.text
  }

  func unsupported(_ what: String) -> LatheError {
    LatheError(.unsupported, subject: subject, "cannot be written in \(layout == .legacy ? "the layout that PyTorch 2.6 loads" : "the PT2 layout"): \(what)")
  }

  // MARK: Objects

  mutating func object(_ body: (inout SchemaWriter) throws -> Void) rethrows {
    json.beginObject()
    try body(&self)
    json.endObject()
  }
  mutating func array<Items: Sequence>(_ items: Items, _ body: (inout SchemaWriter, Items.Element) throws -> Void) rethrows {
    json.beginArray()
    for item in items { try body(&self, item) }
    json.endArray()
  }
  mutating func field(_ name: String, _ body: (inout SchemaWriter) throws -> Void) rethrows {
    json.key(name)
    try body(&self)
  }
  mutating func field(_ name: String, _ value: Int) {
    json.key(name)
    json.value(value)
  }
  mutating func field(_ name: String, _ value: Bool) {
    json.key(name)
    json.value(value)
  }
  mutating func field(_ name: String, _ value: String) {
    json.key(name)
    json.value(value)
  }
  /// A field that is null or left out where there is no value.
  mutating func field(_ name: String, optional value: Int?) {
    if let value { field(name, value) } else if !layout.omitsNull { field(name) { $0.json.null() } }
  }
  /// A one-key object around what `body` writes.
  mutating func union(_ tag: String, _ body: (inout SchemaWriter) throws -> Void) rethrows {
    try object { try $0.field(tag, body) }
  }
  /// `{"name": "x"}`
  mutating func named(_ name: String, key: String = "name") { object { $0.field(key, name) } }

  /// PyTorch 2.6 writes what JSON lacks as Python does, later versions as strings.
  mutating func number(_ value: Double) {
    guard layout == .legacy, !value.isFinite else { return json.value(value) }
    json.raw((value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity").utf8)
  }

  // MARK: Types

  mutating func size(_ value: SymbolicInt) {
    if let constant = value.constant { return union("as_int") { $0.json.value(constant) } }
    union("as_expr") { writer in
      writer.object { writer in
        writer.field("expr_str", writer.sympy.text(value))
        if let hint = value.evaluate({ writer.hints[$0] }) {
          writer.field("hint") { $0.union("as_int") { $0.json.value(hint) } }
        } else if !writer.layout.omitsNull {
          writer.field("hint") { $0.json.null() }
        }
      }
    }
  }

  mutating func device(_ name: String) {
    let parts: [Substring] = name.split(separator: ":", maxSplits: 1)
    object { writer in
      writer.field("type", String(parts[0]))
      writer.field("index", optional: parts.count > 1 ? Int(parts[1]) : nil)
    }
  }

  func scalarTypeNumber(_ type: DType) throws -> Int {
    let number: Int = type.schemaNumber
    if layout == .legacy, number > 28 { throw unsupported("it has no number for the element type \(type.torchName)") }
    return number
  }

  /// - Parameter offset: in elements; PyTorch 2.6 writes 0 for every value of a graph.
  mutating func tensorMeta(_ type: TensorType, offset: SymbolicInt) throws {
    let number: Int = try scalarTypeNumber(type.dtype)
    object { writer in
      writer.field("dtype", number)
      writer.field("sizes") { $0.array(type.sizes) { $0.size($1) } }
      writer.field("requires_grad", type.requiresGradient)
      writer.field("device") { $0.device(type.device) }
      writer.field("strides") { $0.array(type.strides) { $0.size($1) } }
      writer.field("storage_offset") { $0.size($0.layout == .legacy ? 0 : offset) }
      writer.field("layout", 7)
    }
  }
}
