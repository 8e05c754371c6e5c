import Compiler
import Foundation
import Foundations
import Graphs
import Operators
import Tensors

/// Arguments from the types of a schema's parameters, with a bias towards what is valid.
extension FuzzGenerator {
  /// - Returns: nil where a parameter's type is nothing that can be drawn.
  mutating func arguments(of record: OperatorRecord) throws -> [(String, FuzzArgument)]? {
    var arguments: [(String, FuzzArgument)] = []
    var first: Int?
    for parameter in record.schema.parameters {
      if parameter.defaultValue != nil, random.chance(parameter.type.hasPrefix("Tensor") ? 0.4 : 0.6) { continue }
      guard let argument = try argument(parameter, record, &first) else {
        if parameter.defaultValue != nil { continue }
        return nil
      }
      arguments.append((parameter.name, argument))
    }
    return arguments
  }

  private mutating func argument(_ parameter: OperatorSchema.Parameter, _ record: OperatorRecord, _ first: inout Int?) throws -> FuzzArgument? {
    let name: String = parameter.name
    var type: String = parameter.type
    if type.hasSuffix("?") {
      if random.chance(0.4) { return .constant(.none) }
      type.removeLast()
    }
    let model: [Int] = first.map { tensor($0).sizes } ?? shape()
    switch type {
    case "Tensor":
      let number: Int = try tensorArgument(name, record, first)
      if first == nil { first = number }
      return .tensor(number)
    case "Tensor[]":
      var items: [FuzzArgument] = []
      for _ in 0..<random.int(1...3) {
        let number: Int = try tensorArgument(name, record, first)
        if first == nil { first = number }
        items.append(.tensor(number))
      }
      return .list(items)
    case "Tensor?[]":
      var items: [FuzzArgument] = []
      for place in 0..<random.int(1...max(model.count, 1)) where place < model.count {
        items.append(random.chance(0.35) ? .constant(.none) : .tensor(try input(random.pick([[3], [2, 1], [4]]), .i64, .below(model[place]))))
      }
      return .list(items)
    case "int", "SymInt": return .constant(.integer(integer(name, model)))
    case "float", "Scalar": return .constant(number(name, type))
    case "bool": return .constant(.bool(random.chance(0.5)))
    case "ScalarType": return .constant(.dtype(dtype()))
    case "str": return .constant(.string(random.pick(words(name))))
    case "MemoryFormat": return .constant(.memoryFormat(random.pick([.contiguous, .preserve, .channelsLast])))
    case "float[]": return .constant(.list((0..<2).map { .double(Double($0) * 2 - 1) }))
    default:
      guard type.hasPrefix("int[") || type.hasPrefix("SymInt[") else { return nil }
      let count: Int? = Int(type.drop { $0 != "[" }.dropFirst().prefix { $0 != "]" })
      return .constant(.ints(integers(name, count, model)))
    }
  }

  private mutating func tensorArgument(_ name: String, _ record: OperatorRecord, _ first: Int?) throws -> Int {
    guard let first else {
      if random.chance(0.85), let number = existing({ $0.dtype.isFloatingPoint || $0.elementCount < 1 << 12 }) { return number }
      return try input(shape(), dtype())
    }
    let model: Tensor = tensor(first)
    if name.contains("ind") || name == "target" || name == "offs" {
      let bound: Int = random.chance(0.7) ? model.sizes.filter { $0 > 0 }.min() ?? 1 : 2
      let sizes: [Int] = random.pick([model.sizes, [random.int(1...5)], model.sizes.map { min($0, 2) }, Array(model.sizes.prefix(1)), []])
      return try input(sizes, .i64, .below(bound))
    }
    if name == "mask" || name == "condition" { return try input(random.chance(0.7) ? model.sizes : Array(model.sizes.dropFirst()), .bool) }
    if name.contains("weight") || name.contains("bias") || name.contains("running") || name.contains("mean") || name.contains("var") {
      let sizes: [Int] = random.pick([model.sizes.dropFirst().prefix(1).map { $0 }, model.sizes.suffix(1).map { $0 }, model.sizes, [1]])
      return try input(sizes, model.dtype, .positive, known: random.chance(0.7))
    }
    let isAnyType: Bool = random.chance(0.25)
    let wanted: DType = model.dtype
    switch random.int(0...9) {
    case 0...4:
      if let number = existing({ $0.sizes == model.sizes && (isAnyType || $0.dtype == wanted) }) { return number }
      return try input(model.sizes, isAnyType ? dtype() : wanted)
    case 5...7:
      var sizes: [Int] = Array(model.sizes.dropFirst(random.int(0...model.rank)))
      for place in sizes.indices where random.chance(0.3) { sizes[place] = 1 }
      return try input(sizes, isAnyType ? dtype() : wanted)
    case 8: return existing() ?? first
    default: return first
    }
  }

  private mutating func integer(_ name: String, _ model: [Int]) -> Int {
    if name.contains("dim") || name == "axis" || name == "source" || name == "destination" {
      return random.chance(0.95) && !model.isEmpty ? random.int(-model.count...model.count - 1) : random.pick([0, -1])
    }
    switch random.int(0...9) {
    case 0...5: return random.pick([0, 1, 1, 2, 3])
    case 6: return -1
    case 7: return model.randomElement(using: &random) ?? 1
    case 8: return max((model.randomElement(using: &random) ?? 1) - 1, 0)
    default: return random.int(-3...8)
    }
  }

  private mutating func number(_ name: String, _ type: String) -> Value {
    if name == "eps" { return .double(random.pick([1e-5, 1e-3])) }
    if name == "p" || name == "ord" || name == "exponent" { return random.chance(0.5) ? .double(random.pick([0, 1, 2, 3, 0.5, .infinity])) : .integer(random.int(0...3)) }
    if type == "float" || random.chance(0.5) { return .double(random.chance(0.5) ? Double.random(in: -2...2, using: &random) : random.pick([0, 0.5, 1, 2, -1, 0.1])) }
    return random.chance(0.9) ? .integer(random.int(-3...5)) : .bool(true)
  }

  private func words(_ name: String) -> [String] {
    switch name {
    case "approximate": ["none", "tanh"]
    case "mode": ["constant", "reflect", "replicate", "circular", "bilinear", "nearest"]
    case "reduce": ["sum", "prod", "mean", "amax", "amin", "add", "multiply"]
    case "rounding_mode": ["floor", "trunc"]
    case "indexing": ["ij", "xy"]
    case "ord": ["fro", "nuc"]
    case "side": ["left", "right"]
    case "equation": ["ij,jk->ik", "bij,bjk->bik", "ij->ji", "ij,ij->", "i,j->ij", "bhi,bhj->bij", "ii->i"]
    default: ["none", "sum", "mean"]
    }
  }

  private mutating func integers(_ name: String, _ count: Int?, _ model: [Int]) -> [Int] {
    let rank: Int = model.count
    switch name {
    case "repeats": return (0..<rank + random.int(0...1)).map { _ in random.int(1...3) }
    case "dim", "dims", "dims_self", "dims_other", "source", "destination", "axes":
      let all: [Int] = Array(0..<rank)
      return (random.chance(0.5) ? all.shuffled(using: &random) : random.some(all, atLeast: 0)).map { random.chance(0.3) ? $0 - rank : $0 }
    case "normalized_shape": return Array(model.suffix(random.int(1...max(min(rank, 2), 1))))
    case "output_size": return (0..<(count ?? 2)).map { _ in random.int(1...6) }
    case "size", "shape", "sizes": return sizes(of: model)
    case "split_sizes", "split_size":
      guard let size = model.randomElement(using: &random), size > 0 else { return [0] }
      let cut: Int = random.int(0...size)
      return [cut, size - cut]
    case "pad":
      return (0..<2 * random.int(1...max(min(rank, 3), 1))).map { _ in random.int(-1...3) }
    case "stride" where count == nil: return Tensor.contiguousStrides(model)
    case "kernel_size": return (0..<(count ?? 2)).map { _ in random.int(1...3) }
    case "stride", "dilation": return (0..<(count ?? 2)).map { _ in random.int(1...2) }
    case "padding", "output_padding": return (0..<(count ?? 2)).map { _ in random.int(0...1) }
    default: return (0..<(count ?? random.int(1...max(rank, 1)))).map { _ in random.int(0...3) }
    }
  }

  /// Other sizes with the same elements, sizes to expand to, or one to be worked out.
  mutating func sizes(of model: [Int]) -> [Int] {
    switch random.int(0...4) {
    case 0: return model.map { $0 == 1 ? random.int(1...4) : random.chance(0.3) ? -1 : $0 }
    case 1: return [random.int(1...3)] + model
    case 2: return [-1]
    default:
      var rest: Int = model.reduce(1, *)
      var sizes: [Int] = []
      for factor in [2, 3, 5, 7, 2, 3] where rest > 0 && rest % factor == 0 && random.chance(0.6) {
        sizes.append(factor)
        rest /= factor
      }
      sizes.append(random.chance(0.5) && rest > 0 ? -1 : rest)
      return sizes.shuffled(using: &random)
    }
  }
}

/// Says on standard error what is about to run, where `LATHE_FUZZ_TRACE` is set: for draws that end the process.
enum FuzzTrace {
  static let isOn: Bool = ProcessInfo.processInfo.environment["LATHE_FUZZ_TRACE"] != nil
  static func note(_ record: OperatorRecord, _ values: [(name: String, value: Value)]) {
    guard isOn else { return }
    func text(_ value: Value) -> String {
      switch value {
      case .tensor(let tensor): "\(tensor.dtype.abbreviation)\(tensor.sizes)/\(tensor.strides)"
      case .list(let items): "[\(items.map(text).joined(separator: ", "))]"
      default: "\(value)"
      }
    }
    say("\(record.name)(\(values.map { "\($0.name): \(text($0.value))" }.joined(separator: ", ")))")
  }
  static func say(_ text: String) {
    if isOn { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
  }
}
