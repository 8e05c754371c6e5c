import Archives
import Capture
import Foundations
import Graphs
import Operators
import Tensors

/// Made-up inputs for a program: the same for the same seed on every machine.
package struct RandomInputs {
  private var generator: SplitMix64
  private let program: ExportedProgram
  private let users: [[Graph.NodeID]]
  /// Sizes of symbols; those absent take the size seen at export.
  private let sizes: [String: Int]

  package init(_ program: ExportedProgram, seed: UInt64, sizes: [String: Int]) {
    generator = SplitMix64(state: seed)
    self.program = program
    self.sizes = sizes
    users = program.graph.users()
  }

  /// One tensor a required input; numbers come as tensors of one element.
  /// - Throws: `LatheError` of kind `badInput` for a size that is not known or not in range.
  package mutating func make() throws -> [Tensor] {
    try ProgramInputs(program.captured).required.map { try make($0) }
  }

  private mutating func make(_ input: ProgramInputs.Input) throws -> Tensor {
    guard case .tensor(let type) = input.type else {
      if case .int(let size) = input.type { return try Tensor([try number(size, of: input)], sizes: []) }
      return try Tensor([generator.normal()], sizes: [], .f32)
    }
    guard type.dtype.isComputable else { throw LatheError.unsupported("input '\(input.name)' is of \(type.dtype.torchName)") }
    let sizes: [Int] = try type.sizes.map { try number($0, of: input) }
    let isIndex: Bool = !type.dtype.isFloatingPoint && type.dtype != .bool
    return try RandomInputs.make(type.dtype, sizes, &generator, bound: isIndex ? indexBound(of: input.node) : 1)
  }

  private static func make(_ dtype: DType, _ sizes: [Int], _ generator: inout SplitMix64, bound: Int) throws -> Tensor {
    let count: Int = sizes.reduce(1, *)
    switch dtype {
    case .bool: return try Tensor((0..<count).map { _ in Int(generator.next() & 1) }, sizes: sizes, .bool)
    case let dtype where dtype.isFloatingPoint: return try Tensor((0..<count).map { _ in generator.normal() }, sizes: sizes, dtype)
    default:
      let bound: UInt64 = UInt64(max(bound, 1))
      return try Tensor((0..<count).map { _ in Int(generator.next() % bound) }, sizes: sizes, dtype)
    }
  }

  /// The same for a packaged model, by what its archive says of its inputs.
  /// - Throws: `LatheError` of kind `badInput` for a size that is not known or not in range, `unsupported` for an element type that Lathe does not compute in.
  package static func make(for facts: ModelFacts, seed: UInt64, sizes given: [String: Int]) throws -> [Tensor] {
    var generator = SplitMix64(state: seed)
    return try facts.inputs.map { input in
      guard let dtype = DType.allCases.first(where: { $0.torchName == input.dtype }), dtype.isComputable else {
        throw LatheError.unsupported("input '\(input.name)' is of \(input.dtype ?? "None")")
      }
      let sizes: [Int] = try input.sizes.map { text in
        let size: SymbolicInt? = try? SymbolicInt.parse(text)
        if let value = size?.evaluate({ given[$0] ?? facts.hints[$0] ?? facts.ranges[$0].map { max($0.minimum ?? 2, 2) } }), value >= 0 { return value }
        throw LatheError.badInput("input '\(input.name)' (\(input.path)) has the size \(text), which is not known; pass it")
      }
      guard sizes.reduce(1.0, { $0 * Double($1) }) < 1e11 else { throw LatheError.badInput("input '\(input.name)' (\(input.path)) is too large to be made up: \(sizes)") }
      return try make(dtype, sizes, &generator, bound: input.bound ?? 2)
    }
  }

  private func number(_ size: SymbolicInt, of input: ProgramInputs.Input) throws -> Int {
    if let value = size.evaluate({ self.sizes[$0] ?? program.symbolHints[$0] ?? self.program.rangeConstraints[$0].map { max($0.minimum ?? 2, 2) } }) {
      return value
    }
    throw LatheError.badInput("input '\(input.name)' (\(input.path)) has the size \(size), which is not known; pass it")
  }

  /// Integers stay below the number of rows of every table they look up, or below 2 where they look up none.
  func indexBound(of node: Graph.NodeID) -> Int {
    var bound: Int?
    var seen: Set<Graph.NodeID> = [node]
    var waiting: [Graph.NodeID] = [node]
    while let current = waiting.popLast() {
      for user in users[Int(current.index)] where seen.insert(user).inserted {
        guard case .call(let name) = program.graph[user].operation, let record = OperatorTable.standard[name] else { continue }
        if name.base == "embedding" || name.base == "embedding_bag", case .node(let table)? = program.graph[user].arguments.first?.value, table != current {
          let rows: Int? = program.graph[table].type.tensor?.sizes.first?.constant
          if let rows { bound = min(bound ?? rows, rows) }
        } else if record.schema.parameters.first?.isAliased == true {
          waiting.append(user)
        }
      }
    }
    return bound ?? 2
  }
}
