import Foundations
import Graphs

/// Einstein summation (`at::einsum`): operands are brought to one order of labels and contracted from left to right by batched
/// matrix products.
struct Einsum {
  private let c: Composer
  private let operands: [Value]
  /// Labels of each operand; an ellipsis stands as negative numbers, -1 for its last dimension.
  private var labels: [[Int]]
  private var output: [Int]

  init(_ composer: Composer) throws {
    c = composer
    let call: OperatorCall = composer.call
    guard case .list(let operands) = composer["tensors"], !operands.isEmpty else { throw call.failure("einsum(): must specify at least one operand") }
    self.operands = operands
    let equation: [UInt8] = Array(try call.string("equation").utf8.filter { $0 != UInt8(ascii: " ") })
    var sides: [[UInt8]] = [equation]
    if let arrow = equation.firstIndex(of: UInt8(ascii: "-")), arrow + 1 < equation.count, equation[arrow + 1] == UInt8(ascii: ">") {
      sides = [Array(equation[..<arrow]), Array(equation[(arrow + 2)...])]
    }
    let terms: [[UInt8]] = sides[0].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(Array.init)
    guard terms.count == operands.count else {
      throw call.failure("einsum(): the equation has \(terms.count) terms but \(operands.count) operands were given")
    }
    var widest: Int = 0
    labels = []
    for (term, operand) in zip(terms, operands) {
      let type: TensorType = try composer.type(operand)
      let named: Int = term.count - (term.contains(UInt8(ascii: ".")) ? 3 : 0)
      let hidden: Int = type.rank - named
      guard hidden >= 0, hidden == 0 || term.contains(UInt8(ascii: ".")) else {
        throw call.failure("einsum(): the number of subscripts in the equation (\(named)) does not match the number of dimensions (\(type.rank)) for an operand")
      }
      widest = max(widest, hidden)
      labels.append(try Einsum.parse(term, ellipsis: hidden, call))
    }
    if sides.count > 1 {
      output = try Einsum.parse(sides[1], ellipsis: widest, call)
      let known: Set<Int> = Set(labels.joined())
      guard Set(output).count == output.count, output.allSatisfy({ known.contains($0) || $0 < 0 }) else {
        throw call.failure("einsum(): output subscripts must be distinct and appear in an operand")
      }
    } else {
      // Without an arrow: the ellipsis, then the labels that appear once, in order (capitals before small letters).
      var counts: [Int: Int] = [:]
      for label in labels.joined() { counts[label, default: 0] += 1 }
      output = (0..<widest).map { $0 - widest } + counts.filter { $0.key >= 0 && $0.value == 1 }.keys.sorted()
    }
  }

  private static func parse(_ term: [UInt8], ellipsis: Int, _ call: OperatorCall) throws -> [Int] {
    var result: [Int] = []
    var index: Int = 0
    while index < term.count {
      if term[index] == UInt8(ascii: ".") {
        guard index + 2 < term.count, term[index + 1] == term[index], term[index + 2] == term[index] else {
          throw call.failure("einsum(): found '.' that is not part of any ellipsis")
        }
        result += (0..<ellipsis).map { $0 - ellipsis }
        index += 3
      } else {
        guard (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(term[index]) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(term[index]) else {
          throw call.failure("einsum(): invalid subscript given, subscripts must be in [a-zA-Z]")
        }
        result.append(Int(term[index]))
        index += 1
      }
    }
    return result
  }

  func run() throws -> [Value] {
    let all: Set<Int> = Set(labels.joined())
    let order: [Int] = output + all.subtracting(output).sorted()
    var lastUse: [Int: Int] = [:]
    for (number, own) in labels.enumerated() { for label in own { lastUse[label] = number } }
    var result: Value = try aligned(0, order)
    func summed(after number: Int) -> [Int] { order.indices.filter { $0 >= output.count && lastUse[order[$0]] == number } }
    let early: [Int] = summed(after: 0)
    if !early.isEmpty { result = try c("aten.sum.dim_IntList", result, .ints(early), .bool(true)) }
    for number in labels.indices.dropFirst() { result = try contract(result, try aligned(number, order), summed(after: number)) }
    let type: TensorType = try c.type(result)
    if type.rank > output.count { result = try c("aten.reshape.default", result, .list(type.sizes.prefix(output.count).map { .int($0) })) }
    return [result]
  }

  /// An operand with its dimensions in the given order of labels, size 1 where it lacks one; a repeated label takes the diagonal.
  private func aligned(_ number: Int, _ order: [Int]) throws -> Value {
    var (value, own): (Value, [Int]) = (operands[number], labels[number])
    var place: Int = 0
    while place < own.count {
      if let first = own[..<place].firstIndex(of: own[place]) {
        value = try c("aten.diagonal.default", value, .integer(0), .integer(first), .integer(place))
        let label: Int = own[place]
        own.remove(at: place)
        own.remove(at: first)
        own.append(label)
        place = 0
      } else {
        place += 1
      }
    }
    let present: [Int] = order.filter { own.contains($0) }
    value = try c("aten.permute.default", value, .ints(present.map { own.firstIndex(of: $0)! }))
    for (index, label) in order.enumerated() where !own.contains(label) { value = try c("aten.unsqueeze.default", value, .integer(index)) }
    return value
  }

  /// The product summed over `dims`, which keep size 1 (`sumproduct_pair`).
  private func contract(_ left: Value, _ right: Value, _ dims: [Int]) throws -> Value {
    var (a, b): (Value, Value) = (left, right)
    let (leftSizes, rightSizes): ([SymbolicInt], [SymbolicInt]) = (try c.type(a).sizes, try c.type(b).sizes)
    var (shared, onlyLeft, onlyRight, summed): ([Int], [Int], [Int], [Int]) = ([], [], [], [])
    var sizes: [SymbolicInt] = leftSizes
    for index in leftSizes.indices {
      let hasLeft: Bool = !c.call.isEqual(leftSizes[index], 1)
      let hasRight: Bool = !c.call.isEqual(rightSizes[index], 1)
      if hasLeft && hasRight && !c.call.isEqual(leftSizes[index], rightSizes[index]) {
        throw c.call.failure("einsum(): operands do not broadcast: sizes \(leftSizes) and \(rightSizes)")
      }
      if dims.contains(index) {
        if hasLeft && hasRight {
          summed.append(index)
        } else if hasLeft {
          a = try c("aten.sum.dim_IntList", a, .ints([index]), .bool(true))
        } else if hasRight {
          b = try c("aten.sum.dim_IntList", b, .ints([index]), .bool(true))
        }
        sizes[index] = 1
      } else if hasLeft && hasRight {
        shared.append(index)
      } else if hasLeft {
        onlyLeft.append(index)
      } else {
        onlyRight.append(index)
        sizes[index] = rightSizes[index]
      }
    }
    func total(_ dims: [Int], _ sizes: [SymbolicInt]) -> SymbolicInt { dims.map { sizes[$0] }.product }
    let rest: [Int] = leftSizes.indices.filter { !shared.contains($0) && !onlyLeft.contains($0) && !onlyRight.contains($0) && !summed.contains($0) }
    let (batch, rows): (SymbolicInt, SymbolicInt) = (total(shared, leftSizes), total(onlyLeft, leftSizes))
    let (columns, depth): (SymbolicInt, SymbolicInt) = (total(onlyRight, rightSizes), total(summed, leftSizes))
    let first: Value = try c("aten.permute.default", a, .ints(shared + onlyLeft + summed + onlyRight + rest))
    let second: Value = try c("aten.permute.default", b, .ints(shared + summed + onlyRight + onlyLeft + rest))
    let product: Value = try c(
      "aten.bmm.default", try c("aten.reshape.default", first, .list([.int(batch), .int(rows), .int(depth)])),
      try c("aten.reshape.default", second, .list([.int(batch), .int(depth), .int(columns)])))
    let produced: [Int] = shared + onlyLeft + onlyRight + summed + rest
    let viewed: Value = try c("aten.view.default", product, .list(produced.map { .int(sizes[$0]) }))
    return try c("aten.permute.default", viewed, .ints(leftSizes.indices.map { produced.firstIndex(of: $0)! }))
  }
}
