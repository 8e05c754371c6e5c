import Compiler
import Foundations
import Graphs
import Operators
import Tensors

/// An argument of a call in a graph that is being drawn: a tensor drawn before, by its number, or a constant.
indirect enum FuzzArgument {
  case tensor(Int)
  case constant(Value)
  case list([FuzzArgument])

  func filled(_ tensors: (Int) throws -> Value) rethrows -> Value {
    switch self {
    case .tensor(let number): try tensors(number)
    case .constant(let value): value
    case .list(let items): .list(try items.map { try $0.filled(tensors) })
    }
  }
}

/// Inputs and calls drawn so far, each call already run.
struct FuzzGraph {
  struct Input {
    var role: Graph.InputRole
    var tensor: Tensor
    /// Makes a tensor of the same kind with other sizes.
    var remade: (_ sizes: [Int]) throws -> Tensor
  }
  struct Call {
    var record: OperatorRecord
    var arguments: [(name: String, value: FuzzArgument)]
  }
  enum Source {
    case input(Int)
    /// The elements of results that lead to the tensor.
    case result(call: Int, path: [Int])
  }
  var inputs: [Input] = []
  var calls: [Call] = []
  /// Every tensor that calls may use, with what the eager run made of it.
  var tensors: [(source: Source, tensor: Tensor, isUsable: Bool)] = []

  /// Adds a call that has run.
  mutating func add(_ call: Call, results: [Value], areUsable: Bool) {
    calls.append(call)
    func collect(_ value: Value, _ path: [Int]) {
      switch value {
      case .tensor(let tensor): tensors.append((.result(call: calls.count - 1, path: path), tensor, areUsable))
      case .list(let items): for (index, item) in items.enumerated() { collect(item, path + [index]) }
      default: break
      }
    }
    for (index, result) in results.enumerated() { collect(result, [index]) }
  }

  /// The case as a graph; its outputs are the tensors that no call uses, or some of them.
  /// - Parameter symbols: sizes of inputs that become symbols.
  /// - Throws: where a shape rule refuses what ran.
  func graphCase(symbols: [Int: String] = [:], inputs initial: [Tensor]) throws -> GraphCase {
    let hints: [String: Int] = Dictionary(symbols.map { ($0.value, $0.key) }, uniquingKeysWith: { $1 })
    let ranges: [String: ClosedRange<Int>] = hints.mapValues { _ in 2...1024 }
    let environment = ShapeEnvironment(hints: hints, ranges: ranges)
    let tracer = GraphTracer(from: Graph(), environment: environment, table: .standard, expandsComposites: false)
    var users: Int = 0
    let placeholders: [Value] = inputs.enumerated().map { number, input in
      var role: Graph.InputRole = input.role
      if case .user = role {
        role = .user(users)
        users += 1
      }
      let tensor: Tensor = initial[number]
      var type = TensorType(tensor)
      if case .user = role, tensor.isContiguous, tensor.sizes.contains(where: { symbols[$0] != nil }) {
        type = TensorType(dtype: tensor.dtype, sizes: tensor.sizes.map { size in symbols[size].map { SymbolicInt(symbol: $0) } ?? SymbolicInt(size) })
      }
      return tracer.placeholder(Graph.Node(operation: .placeholder(role), name: "x\(number)", type: .tensor(type)))
    }
    var results: [[Value]] = []
    func value(_ number: Int) throws -> Value {
      switch tensors[number].source {
      case .input(let input): return placeholders[input]
      case .result(let call, let path):
        var value: Value = results[call][path[0]]
        for index in path.dropFirst() {
          guard case .list(let items) = value, items.indices.contains(index) else { throw LatheError.badInput("the rule of \(calls[call].record.name) gives fewer results than its kernel") }
          value = items[index]
        }
        return value
      }
    }
    var used: Set<Int> = []
    for call in calls {
      results.append(try tracer.run(call.record, try call.arguments.map { ($0.name, try $0.value.filled { used.insert($0); return try value($0) }) }))
    }
    var outputs: [Value] = []
    for number in tensors.indices where !used.contains(number) {
      if case .result = tensors[number].source, try value(number).tensorType != nil { outputs.append(try value(number)) }
    }
    // Some inner values leave the graph too.
    for number in tensors.indices where used.contains(number) && number % 5 == 0 {
      if case .result = tensors[number].source, try value(number).tensorType != nil { outputs.append(try value(number)) }
    }
    try tracer.output(outputs, roles: outputs.map { _ in .user })
    return GraphCase(graph: tracer.result.graph, inputs: initial, hints: hints, ranges: ranges)
  }
}

extension SplitMix64 {
  mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }
  mutating func pick<T>(_ items: [T]) -> T { items[Int.random(in: 0..<items.count, using: &self)] }
  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
  /// A part of the items, in any order.
  mutating func some<T>(_ items: [T], atLeast least: Int = 1) -> [T] { Array(items.shuffled(using: &self).prefix(int(min(least, items.count)...max(items.count, 0)))) }
}
