// Texts of sympy: `srepr` (`Mul(Integer(2), Symbol('s0', integer=True))`) and plain expressions (`2*s0 + 1`, `FloorDiv(s0, 2)`).

extension SymbolicInt {
  /// Parses an integer expression; functions that Lathe does not reason about become `opaque`.
  /// - Throws: `LatheError` of kind `badFile` when the text is not an expression.
  package static func parse(_ text: String) throws -> SymbolicInt {
    var parser = SymbolicParser(text)
    return try parser.parseAll()
  }
}

private struct SymbolicParser {
  private let text: String
  private let bytes: [UInt8]
  private var index: Int = 0
  private var depth: Int = 0

  init(_ text: String) { (self.text, bytes) = (text, Array(text.utf8)) }

  private func failure() -> LatheError { LatheError(.badFile, "'\(text.prefix(80))' is not an expression of sizes") }

  mutating func parseAll() throws -> SymbolicInt {
    let value = try sum()
    skipSpace()
    guard index == bytes.count else { throw failure() }
    return value
  }

  private mutating func skipSpace() {
    while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x0A || bytes[index] == 0x09 { index += 1 }
  }
  private mutating func take(_ word: StaticString) -> Bool {
    skipSpace()
    let count = word.utf8CodeUnitCount
    guard bytes.count - index >= count else { return false }
    for offset in 0..<count where bytes[index + offset] != word.utf8Start[offset] { return false }
    index += count
    return true
  }

  private mutating func sum() throws -> SymbolicInt {
    depth += 1
    defer { depth -= 1 }
    if depth > 200 { throw failure() }
    var value = try product()
    while true {
      if take("+") { value += try product() } else if take("-") { value = value - (try product()) } else { return value }
    }
  }

  private mutating func product() throws -> SymbolicInt {
    var value = try unary()
    while true {
      skipSpace()
      if index + 1 < bytes.count, bytes[index] == UInt8(ascii: "*"), bytes[index + 1] == UInt8(ascii: "*") { throw failure() }
      if take("//") {
        value = value.floorDivided(by: try unary())
      } else if take("*") {
        value = try multiply(value, unary())
      } else if take("/") {
        value = .opaque("IntTrueDiv", [value, try unary()])
      } else if take("%") {
        value = value.modulo(try unary())
      } else {
        return value
      }
    }
  }

  private mutating func unary() throws -> SymbolicInt {
    depth += 1
    defer { depth -= 1 }
    if depth > 200 { throw failure() }
    if take("-") { return -(try unary()) }
    if take("+") { return try unary() }
    let base = try atom()
    return take("**") ? try power(base, unary()) : base
  }

  private mutating func atom() throws -> SymbolicInt {
    if take("(") {
      let value = try sum()
      guard take(")") else { throw failure() }
      return value
    }
    skipSpace()
    guard index < bytes.count else { throw failure() }
    if (bytes[index] &- UInt8(ascii: "0")) < 10 { return .constant(try number()) }
    let name = try identifier()
    skipSpace()
    guard index < bytes.count, bytes[index] == UInt8(ascii: "(") else { return SymbolicInt(symbol: name) }
    return try call(name)
  }

  private mutating func number() throws -> Int {
    var value = 0
    while index < bytes.count, case let digit = bytes[index] &- UInt8(ascii: "0"), digit < 10 {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (next, overflowed) = tens.addingReportingOverflow(Int(digit))
      if overflow || overflowed { throw failure() }
      value = next
      index += 1
    }
    return value
  }

  /// A name, of which a module's part is dropped: `torch.utils._sympy.functions.FloorDiv` is `FloorDiv`.
  private mutating func identifier() throws -> String {
    var start = index
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        index += 1
      case UInt8(ascii: "."):
        index += 1
        start = index
      default:
        guard index > start else { throw failure() }
        return String(decoding: bytes[start..<index], as: UTF8.self)
      }
    }
    guard index > start else { throw failure() }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  private mutating func call(_ name: String) throws -> SymbolicInt {
    guard take("(") else { throw failure() }
    if name == "Symbol" { return SymbolicInt(symbol: try symbolName()) }
    if name == "Float" {
      let digits = try symbolName()
      return Double(digits).flatMap(Int.init(exactly:)).map { .constant($0) } ?? .opaque("Float", [SymbolicInt(symbol: digits)])
    }
    var arguments: [SymbolicInt] = []
    while !take(")") {
      if !arguments.isEmpty { guard take(",") else { throw failure() } }
      if skipKeyword() { continue }
      arguments.append(try sum())
    }
    return try apply(name, arguments)
  }

  /// The rest of `Symbol('s0', positive=True, integer=True)`.
  private mutating func symbolName() throws -> String {
    skipSpace()
    guard index < bytes.count, case let quote = bytes[index], quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { throw failure() }
    guard let end = bytes[(index + 1)...].firstIndex(of: quote), end > index + 1,
      let close = bytes[end...].firstIndex(of: UInt8(ascii: ")"))
    else { throw failure() }
    defer { index = close + 1 }
    return String(decoding: bytes[(index + 1)..<end], as: UTF8.self)
  }

  /// Skips `evaluate=False` and its like.
  private mutating func skipKeyword() -> Bool {
    let start = index
    skipSpace()
    guard let _ = try? identifier(), take("="), index < bytes.count, bytes[index] != UInt8(ascii: "="), let _ = try? identifier() else {
      index = start
      return false
    }
    return true
  }

  private func apply(_ name: String, _ arguments: [SymbolicInt]) throws -> SymbolicInt {
    switch (name, arguments.count) {
    // Sizes are small enough for floats to hold them exactly.
    case ("Integer", 1), ("Identity", 1), ("ToInt", 1), ("ToFloat", 1): return arguments[0]
    case ("FloatTrueDiv", 2), ("IntTrueDiv", 2):
      return arguments[1] == 1 ? arguments[0] : arguments[1] == -1 ? -arguments[0] : .opaque(name, arguments)
    case ("CeilToInt", 1), ("FloorToInt", 1):
      guard let (dividend, divisor) = arguments[0].quotient else { return arguments[0] }
      return name == "FloorToInt" ? dividend.floorDivided(by: divisor) : -((-dividend).floorDivided(by: divisor))
    case ("Zero", 0): return 0
    case ("One", 0): return 1
    case ("NegativeOne", 0): return -1
    case ("Add", _): return arguments.reduce(0, +)
    case ("Mul", _): return arguments.reduce(1, multiply)
    case ("Pow", 2), ("PowByNatural", 2): return power(arguments[0], arguments[1])
    case ("FloorDiv", 2), ("CleanDiv", 2): return arguments[0].floorDivided(by: arguments[1])
    case ("CeilDiv", 2): return (arguments[0] + arguments[1] - 1).floorDivided(by: arguments[1])
    case ("Mod", 2), ("PythonMod", 2): return arguments[0].modulo(arguments[1])
    case ("ModularIndexing", 3): return arguments[0].floorDivided(by: arguments[1]).modulo(arguments[2])
    case ("Max", 1...): return arguments.dropFirst().reduce(arguments[0], SymbolicInt.maximum)
    case ("Min", 1...): return arguments.dropFirst().reduce(arguments[0], SymbolicInt.minimum)
    default: return .opaque(name, arguments)
    }
  }

  /// Products and powers whose expansion would be huge stay as they are.
  private func multiply(_ a: SymbolicInt, _ b: SymbolicInt) -> SymbolicInt {
    a.termCount * b.termCount > 1024 ? .opaque("Mul", [a, b]) : a * b
  }
  private func power(_ base: SymbolicInt, _ exponent: SymbolicInt) -> SymbolicInt {
    guard case .constant(let n) = exponent, n > 1, base.termCount > 1 else { return base.power(exponent) }
    var size = 1
    for _ in 0..<min(n, 16) where size <= 1024 { size *= base.termCount }
    return size > 1024 ? .opaque("Pow", [base, exponent]) : base.power(exponent)
  }
}

extension SymbolicInt {
  /// Both sides, where it is a true division that was kept as it is.
  fileprivate var quotient: (SymbolicInt, SymbolicInt)? {
    guard case .expression(let e) = self, e.constant == 0, e.terms.count == 1, e.terms[0].coefficient == 1, e.terms[0].factors.count == 1,
      case .other(let name, let sides) = e.terms[0].factors[0], name == "FloatTrueDiv" || name == "IntTrueDiv", sides.count == 2
    else { return nil }
    return (sides[0], sides[1])
  }
  fileprivate var termCount: Int {
    if case .expression(let e) = self { return e.terms.count + (e.constant == 0 ? 0 : 1) }
    return 1
  }
}
