import Compiler
import Foundations
import Graphs
import Operators
import Tensors

/// Draws graphs of every operator there is: each call runs at once, and what eager execution refuses is drawn anew.
struct FuzzGenerator {
  var random: SplitMix64
  var graph = FuzzGraph()
  /// Sizes that tensors of this graph mostly have, so that they fit each other.
  private let sizes: [Int]
  /// A size that becomes a symbol, or nil.
  let symbolicSize: Int?
  private let eager = EagerRunner()
  private let shapes = ShapeRunner(environment: ShapeEnvironment())
  private let mostCalls: Int
  /// The most elements of a tensor.
  static let mostElements: Int = 6000

  init(seed: UInt64) {
    var random = SplitMix64(state: seed &* 0x2545_F491_4F6C_DD1D)
    var sizes: [Int] = (0..<3).map { _ in random.pick([1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 17, 24, 31, 32, 33]) }
    if random.chance(0.05) { sizes.append(0) }
    symbolicSize = random.chance(0.15) ? 6 : nil
    if let symbolicSize { sizes.append(symbolicSize) }
    self.sizes = sizes
    mostCalls = random.int(5...25)
    self.random = random
  }

  /// A drawn graph at one or two sets of sizes.
  struct Draw {
    var first: GraphCase
    /// The same graph with other inputs, where a size is symbolic.
    var second: GraphCase?
  }

  mutating func draw() throws -> Draw {
    for _ in 0..<random.int(1...3) { _ = try input(shape(), dtype()) }
    var misses: Int = 0
    while graph.calls.count < mostCalls, misses < 400 {
      let count: Int = graph.calls.count
      if random.chance(0.55) { try drawFromRecipes() } else { try drawFromRecords() }
      if graph.calls.count == count { misses += 1 }
    }
    let tensors: [Tensor] = try initialInputs.map { try $0.duplicated() }
    guard let symbolicSize, let first = try? graph.graphCase(symbols: [symbolicSize: "s0"], inputs: tensors) else {
      return Draw(first: try graph.graphCase(inputs: tensors), second: nil)
    }
    let other: Int = symbolicSize + 5
    var second: GraphCase = first
    second.hints = ["s0": other]
    for (number, id) in first.graph.placeholders.enumerated() {
      guard let type = first.graph[id].type.tensor, !type.sizes.allSatisfy(\.isConstant) else { continue }
      second.inputs[number] = try graph.inputs[number].remade(type.sizes.map { $0.evaluate { second.hints[$0] } ?? 1 })
    }
    return Draw(first: first, second: second)
  }

  // MARK: Tensors

  /// Copies of the inputs as they were before in-place operators ran on them.
  private var initialInputs: [Tensor] = []

  mutating func shape() -> [Int] {
    let rank: Int = random.pick([0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5])
    while true {
      let shape: [Int] = (0..<rank).map { _ in random.chance(0.15) ? 1 : random.chance(0.15) ? random.pick([2, 3, 5, 6]) : random.pick(sizes) }
      if shape.reduce(1, *) <= 3000 { return shape }
    }
  }
  mutating func dtype() -> DType {
    random.pick([.f32, .f32, .f32, .f32, .f32, .f32, .f32, .f32, .f64, .f64, .bf16, .bf16, .f16, .f16, .i64, .i64, .i32, .bool, .u8, .i8, .i16])
  }

  /// A new input, parameter, buffer or constant; gives its number.
  mutating func input(_ sizes: [Int], _ dtype: DType, _ values: FuzzValues? = nil, known: Bool? = nil, layout: FuzzTensors.Layout? = nil) throws -> Int {
    let kind: FuzzValues = values ?? random.pick([.normal, .normal, .normal, .normal, .normal, .positive, .whole, .special, .wide])
    let layout: FuzzTensors.Layout = layout ?? (random.chance(0.5) ? .contiguous : random.pick(FuzzTensors.Layout.allCases))
    let tensor: Tensor = try FuzzTensors.tensor(sizes, dtype, kind, layout, &random)
    let number: Int = graph.inputs.count
    let role: Graph.InputRole =
      known ?? random.chance(0.2)
      ? random.pick([.parameter("p\(number)"), .parameter("p\(number)"), .buffer("b\(number)", persistent: true), .tensorConstant("c\(number)")]) : .user(0)
    let seed: UInt64 = random.next()
    graph.inputs.append(FuzzGraph.Input(role: role, tensor: tensor) { sizes in
      var random = SplitMix64(state: seed)
      return try FuzzTensors.tensor(sizes, dtype, kind, .contiguous, &random)
    })
    initialInputs.append(try tensor.duplicated())
    graph.tensors.append((.input(number), tensor, true))
    return graph.tensors.count - 1
  }
  func tensor(_ number: Int) -> Tensor { graph.tensors[number].tensor }

  /// A tensor drawn before that is as asked; later ones are likelier.
  mutating func existing(_ isWanted: (Tensor) -> Bool = { _ in true }) -> Int? {
    let fitting: [Int] = graph.tensors.indices.filter { graph.tensors[$0].isUsable && isWanted(graph.tensors[$0].tensor) }
    guard !fitting.isEmpty else { return nil }
    return random.chance(0.6) ? random.pick(fitting.suffix(3)) : random.pick(fitting)
  }

  // MARK: Calls

  /// Runs the call and adds it to the graph; false where it is refused, and new inputs made for it go.
  mutating func call(_ name: OperatorName, _ arguments: [(String, FuzzArgument)]) -> Bool {
    guard let record = OperatorTable.standard[name] else { preconditionFailure("there is an operator \(name)") }
    return call(record, arguments)
  }
  mutating func call(_ record: OperatorRecord, _ arguments: [(String, FuzzArgument)]) -> Bool {
    let values: [(name: String, value: Value)] = arguments.map { ($0.0, $0.1.filled { .tensor(graph.tensors[$0].tensor) }) }
    do {
      // What it would yield, before memory is taken for it.
      let types: [ValueType] = try shapes.run(record, values).map(\.type)
      guard types.allSatisfy(\.isSmall) else { return false }
      FuzzTrace.note(record, values)
      // What lies in memory beside a tensor's elements is nothing that a compiled graph keeps.
      if record.name.base.hasPrefix("as_strided"), values.contains(where: { $0.value.tensor.map { !$0.fillsItsStorage } ?? false }) { return false }
      if record.schema.isInPlace {
        // PyTorch refuses to write to a tensor whose elements overlap.
        guard let target = values.first?.value.tensor, !target.overlapsItself else { return false }
      } else {
        // Random numbers, and memory that nobody set, are told from the rest by running twice.
        let results: [Value] = try eager.run(record, values)
        guard try FuzzGenerator.isEqual(results, try eager.run(record, values)) else { return false }
      }
      let results: [Value] = try eager.run(record, values)
      guard results.contains(where: \.holdsTensor), results.allSatisfy(\.isSmall) else { return false }
      // Sizes that the data decide have no name that fits those of other tensors: such results leave the graph as they are.
      graph.add(
        FuzzGraph.Call(record: record, arguments: arguments.map { (name: $0.0, value: $0.1) }), results: results, areUsable: types.allSatisfy(\.isStatic))
      return true
    } catch { return false }
  }

  /// Runs `body`; where it says that nothing came of it, the inputs that it made go.
  mutating func trying(_ body: (inout FuzzGenerator) throws -> Bool) rethrows {
    let (before, initial) = (graph, initialInputs)
    if try !body(&self) { (graph, initialInputs) = (before, initial) }
  }

  private mutating func drawFromRecords() throws {
    let record: OperatorRecord = random.pick(FuzzGenerator.records)
    for _ in 0..<10 {
      let count: Int = graph.calls.count
      try trying { generator in
        guard let arguments = try generator.arguments(of: record) else { return false }
        return generator.call(record, arguments)
      }
      if graph.calls.count > count { return }
    }
  }

  /// All that can be drawn: no random ones, none over graphs, and some tensor comes out.
  static let records: [OperatorRecord] = OperatorTable.standard.all.filter { record in
    if case .scalar = record.meaning { return false }
    return !record.isRandom && !record.takesGraphs && !record.name.text.contains("empty") && !record.name.text.contains("dropout")
      && record.schema.results.contains { $0.hasPrefix("Tensor") }
  }

  private static func isEqual(_ a: [Value], _ b: [Value]) throws -> Bool {
    guard a.count == b.count else { return false }
    for (x, y) in zip(a, b) {
      switch (x, y) {
      case (.tensor(let x), .tensor(let y)):
        guard x.sizes == y.sizes, x.dtype == y.dtype else { return false }
        for (p, q) in zip(try x.doubles(), try y.doubles()) where p != q && !(p.isNaN && q.isNaN) { return false }
      case (.list(let x), .list(let y)): if try !isEqual(x, y) { return false }
      default: continue
      }
    }
    return true
  }
}

extension Value {
  var holdsTensor: Bool {
    switch self {
    case .tensor: true
    case .list(let items): items.contains(where: \.holdsTensor)
    default: false
    }
  }
  /// Whether every tensor in it may be part of a graph here.
  var isSmall: Bool { type.isSmall }
}

extension ValueType {
  var isSmall: Bool {
    switch self {
    case .tensor(let type):
      // A size that only the data reveal is not judged.
      type.rank <= 6 && type.dtype.isComputable && type.elementCount.evaluate { _ in 1 }.map { $0 >= 0 && $0 <= FuzzGenerator.mostElements } ?? false
    case .list(let items): items.allSatisfy(\.isSmall)
    default: true
    }
  }
  /// Whether all sizes in it are known before a run.
  fileprivate var isStatic: Bool {
    switch self {
    case .tensor(let type): type.sizes.allSatisfy(\.isConstant)
    case .list(let items): items.allSatisfy(\.isStatic)
    default: true
    }
  }
}

extension Tensor {
  fileprivate var fillsItsStorage: Bool { isContiguous && offset == 0 && storage.byteCount == elementCount * dtype.size }
  /// Whether two of its elements may be one place in memory.
  fileprivate var overlapsItself: Bool {
    var reach: Int = 0
    for (size, stride) in zip(sizes, strides).filter({ $0.0 > 1 }).sorted(by: { $0.1 < $1.1 }) {
      if stride <= reach { return true }
      reach += (size - 1) * stride
    }
    return false
  }
}
