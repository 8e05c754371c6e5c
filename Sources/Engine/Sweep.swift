import Capture
import Foundations
import Graphs
import Operators
import Tensors

/// A schedule of calls with changing sizes or element types.
///
/// Written as `x:0=1,2,4` (dimension 0 of input x), `k=2,3` (a number) or `x:dtype=float32,bfloat16`; several parts, separated by
/// semicolons, change in step with each other, shorter ones starting over.
package struct Sweep: Sendable, Hashable {
  package enum Subject: Sendable, Hashable {
    case size(input: String, dimension: Int)
    case dtype(input: String)
    case number(input: String)
  }
  package struct Part: Sendable, Hashable {
    package var subject: Subject
    package var sizes: [Int] = []
    package var dtypes: [DType] = []
    var count: Int { max(sizes.count, dtypes.count) }
  }
  package var parts: [Part]

  /// - Throws: `LatheError` of kind `badInput` that says what of the text is no schedule.
  package init(parsing text: String) throws {
    parts = try text.split(separator: ";").map { try Sweep.part(String($0).filter { $0 != " " }) }
    if parts.isEmpty { throw LatheError.badInput("a sweep is written INPUT:DIMENSION=SIZE,SIZE,…; '\(text)' names no input") }
  }

  /// Calls in one cycle.
  package var count: Int { parts.map(\.count).max() ?? 0 }
  package var changesDTypes: Bool { parts.contains { !$0.dtypes.isEmpty } }

  private static func part(_ text: String) throws -> Part {
    func wrong(_ what: String) -> LatheError { .badInput("'\(text)' is no part of a sweep: \(what)") }
    let halves: [Substring] = text.split(separator: "=", maxSplits: 1)
    guard halves.count == 2 else { throw wrong("it is written INPUT:DIMENSION=SIZE,SIZE,…") }
    let place: [Substring] = halves[0].split(separator: ":", maxSplits: 1)
    let values: [String] = halves[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard let input = place.first.map(String.init) else { throw wrong("it names no input") }
    if place.count == 2, place[1] == "dtype" {
      let dtypes: [DType] = try values.map { name in
        guard let dtype = DType.allCases.first(where: { $0.torchName == name || $0.abbreviation == name }), dtype.isComputable else {
          throw wrong("there is no element type '\(name)' to compute in")
        }
        return dtype
      }
      return Part(subject: .dtype(input: input), dtypes: dtypes)
    }
    let numbers: [Int] = try values.map { value in
      guard let number = Int(value) else { throw wrong("'\(value)' is no number") }
      return number
    }
    if place.count == 1 { return Part(subject: .number(input: input), sizes: numbers) }
    guard let dimension = Int(place[1]), dimension >= 0 else { throw wrong("'\(place[1])' is no dimension") }
    if let negative = numbers.first(where: { $0 < 0 }) { throw wrong("a size cannot be \(negative)") }
    return Part(subject: .size(input: input, dimension: dimension), sizes: numbers)
  }

  /// The sizes of the program's symbols and the element types of its inputs at one call.
  /// - Throws: `LatheError` of kind `badInput` for an input or dimension that is not there, or that the program fixes.
  package func settings(at call: Int, for inputs: ProgramInputs) throws -> (symbols: [String: Int], dtypes: [String: DType]) {
    var symbols: [String: Int] = [:]
    var dtypes: [String: DType] = [:]
    for part in parts {
      func input(_ name: String) throws -> ProgramInputs.Input {
        guard let found = inputs.required.first(where: { $0.name == name }) else {
          throw LatheError.badInput("there is no input '\(name)' to sweep; the inputs are \(inputs.required.map(\.name).joined(separator: ", "))")
        }
        return found
      }
      func set(_ size: SymbolicInt, _ value: Int, _ what: String) throws {
        guard let (symbol, coefficient, constant) = size.linear else {
          if size.constant == value { return }
          throw LatheError.badInput("\(what) cannot be \(value): the program fixes it at \(size)")
        }
        guard (value - constant).isMultiple(of: coefficient) else { throw LatheError.badInput("\(what) cannot be \(value): it is \(size)") }
        symbols[symbol] = (value - constant) / coefficient
      }
      switch part.subject {
      case .size(let name, let dimension):
        guard let type = try input(name).type.tensor, dimension < type.rank else {
          throw LatheError.badInput("input '\(name)' has no dimension \(dimension)")
        }
        try set(type.sizes[dimension], part.sizes[call % part.sizes.count], "dimension \(dimension) of input '\(name)'")
      case .number(let name):
        guard case .int(let size) = try input(name).type else { throw LatheError.badInput("input '\(name)' is a tensor; say which dimension, as in \(name):0=…") }
        try set(size, part.sizes[call % part.sizes.count], "input '\(name)'")
      case .dtype(let name):
        _ = try input(name)
        dtypes[name] = part.dtypes[call % part.dtypes.count]
      }
    }
    return (symbols, dtypes)
  }
}
