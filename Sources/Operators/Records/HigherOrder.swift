import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Operators over graphs (`torch/_higher_order_ops`). Their arguments are positional and have no schema in PyTorch; the
  /// parameter lists here name the layouts that serialised programs use.
  static let higherOrder: [OperatorRecord] = [
    OperatorRecord("higher_order.cond(Tensor pred, Graph true_graph, Graph false_graph, Any[] operands=[]) -> Any", .higherOrder { c in
      let isTrue: Bool
      switch c["pred"] {
      case .tensor(let tensor): isTrue = try tensor.item().isTrue
      case .bool(let flag): isTrue = flag
      case .int(let size): isTrue = size != 0
      case .abstract, .node: isTrue = true
      default: throw c.call.failure("its predicate is \(c["pred"].kindName)")
      }
      return try c.runner.run(try subgraph(c, isTrue ? "true_graph" : "false_graph"), try operands(c, "operands"))
    }).choosing(.init(predicate: "pred", whenTrue: "true_graph", whenFalse: "false_graph", operands: "operands")),
    OperatorRecord("higher_order.map_impl(Graph f, Any[] xs, Any[] pos_args=[]) -> Any", .higherOrder(map)).portable { c in
      try checkSteps(c, try operands(c, "xs").first.map { try c.type($0).sizes.first } ?? nil)
      return try map(c)
    },
    OperatorRecord(
      "higher_order.while_loop(Graph cond_fn, Graph body_fn, Any[] carried_inputs, Any[] additional_inputs=[]) -> Any", .higherOrder(whileLoop)
    ).looping(.init(condition: "cond_fn", body: "body_fn", carried: "carried_inputs", additional: "additional_inputs")),
    OperatorRecord(
      "higher_order.scan(Graph combine_fn, Any[] init, Any[] xs, Any dim=0, Any reverse=False, Any[] additional_inputs=[]) -> Any", .higherOrder(scan)
    ).portable { c in
      try checkSteps(c, try operands(c, "xs").first.map { try scanned(c, $0).size })
      return try scan(c)
    },
    OperatorRecord("higher_order.wrap_with_set_grad_enabled(bool enabled, Graph body, Any* operands) -> Any", .region { c in
      try c.runner.run(try subgraph(c, "body"), try operands(c, "operands"))
    }),
    OperatorRecord(
      "higher_order.wrap_with_autocast(str device_type, Any dtype, bool enabled, Any cache_enabled, Graph body, Any* operands) -> Any",
      .region(autocast)),
    OperatorRecord("higher_order.wrap(Graph body, Any* operands) -> Any", .region { try $0.runner.run(try subgraph($0, "body"), try operands($0, "operands")) }),
  ]

  /// `torch.autocast` for the CPU casts what its body calls; for another device, or turned off, the body runs without a region's casts.
  @Sendable private static func autocast(_ c: Composer) throws -> [Value] {
    let (body, values): (SubgraphReference, [Value]) = (try subgraph(c, "body"), try operands(c, "operands"))
    guard try c.call.string("device_type") == "cpu" else { return try c.runner.run(body, values) }
    let dtype: DType = try c.call.dtype("dtype") ?? .bf16
    guard try c.call.flag("enabled"), dtype == .bf16 || dtype == .f16 else { return try AutocastRunner.outside(c.runner).run(body, values) }
    return try AutocastRunner(c.runner, dtype: dtype).run(body, values)
  }

  /// Archives have the steps one after the other, so their number is fixed and not too large.
  private static func checkSteps(_ c: Composer, _ count: SymbolicInt?) throws {
    guard let count else { return }
    guard let steps = count.constant else {
      throw LatheError.unsupported("\(c.call.schema.name) takes as many steps as the size \(count), which may change, and an archive has room for a fixed number")
    }
    guard steps > mostUnrolledSteps else { return }
    throw LatheError.unsupported("\(c.call.schema.name) takes \(steps) steps, and an archive has room for \(mostUnrolledSteps) at most")
  }

  @Sendable private static func map(_ c: Composer) throws -> [Value] {
    let (body, mapped, rest) = (try subgraph(c, "f"), try operands(c, "xs"), try operands(c, "pos_args"))
    guard let count = try mapped.first.map({ try c.type($0).sizes.first }) ?? nil else { throw c.call.failure("maps over nothing") }
    guard let number = count.constant else { throw c.call.failure("maps over the symbolic size \(count)") }
    var rows: [[Value]] = []
    for index in 0..<number {
      let slices: [Value] = try mapped.map { try c("aten.select.int", $0, .integer(0), .integer(index)) }
      rows.append(try c.runner.run(body, slices + rest))
    }
    guard let first = rows.first else { throw c.call.failure("maps over an empty dimension") }
    return try first.indices.map { column in try c("aten.stack.default", .list(rows.map { $0[column] }), .integer(0)) }
  }

  @Sendable private static func whileLoop(_ c: Composer) throws -> [Value] {
    let (condition, body) = (try subgraph(c, "cond_fn"), try subgraph(c, "body_fn"))
    var carried: [Value] = try operands(c, "carried_inputs")
    let rest: [Value] = try operands(c, "additional_inputs")
    // Where only types are known, so is not how often it steps.
    if (carried + rest).contains(where: \.isAbstract) { return carried.map { afterSteps($0, c.runner.environment) } }
    while true {
      let goesOn: Value = try c.runner.run(condition, carried + rest).first ?? .none
      switch goesOn {
      case .tensor(let tensor): if try !tensor.item().isTrue { return carried }
      case .bool(let flag): if !flag { return carried }
      default: throw c.call.failure("its condition yields \(goesOn.kindName)")
      }
      carried = try c.runner.run(body, carried + rest)
    }
  }

  /// What a loop gives for what it is handed: a tensor of the same sizes whose elements lie each for itself, and a number that only the run
  /// reveals (`torch/_higher_order_ops/while_loop.py`, "unspecialize int carry").
  private static func afterSteps(_ value: Value, _ environment: ShapeEnvironment) -> Value {
    if case .int = value { return .int(environment.unbackedSymbol(isSize: false)) }
    guard let type = value.tensorType else { return .opaque(tag: value.kindName, "what a loop carries") }
    let isSpread: Bool = zip(type.sizes, type.strides).contains { $0 != 1 && $1 == 0 }
    return .abstract(isSpread ? TensorType(dtype: type.dtype, sizes: type.sizes) : type)
  }

  @Sendable private static func scan(_ c: Composer) throws -> [Value] {
    let body: SubgraphReference = try subgraph(c, "combine_fn")
    var carried: [Value] = try operands(c, "init")
    let (xs, rest): ([Value], [Value]) = (try operands(c, "xs"), try operands(c, "additional_inputs"))
    // 2.6 passes (dim, reverse, extra); newer versions pass the extra operands in the place of dim.
    var extra: [Value] = rest
    var reverse: Bool = false
    if case .list(let items) = c["dim"] { extra = items } else { reverse = try c.call.flag("reverse") }
    guard let first = xs.first else { throw c.call.failure("scans over nothing") }
    let (dim, size): (Int, SymbolicInt) = try scanned(c, first)
    guard let count = size.constant else { throw c.call.failure("scans over the symbolic size \(size)") }
    let carriedCount: Int = carried.count
    var rows: [[Value]] = []
    for step in 0..<count {
      let index: Int = reverse ? count - 1 - step : step
      let slices: [Value] = try xs.map { try c("aten.select.int", $0, .integer(dim), .integer(index)) }
      let results: [Value] = try c.runner.run(body, carried + slices + extra)
      carried = Array(results.prefix(carriedCount))
      rows.append(Array(results.dropFirst(carriedCount)))
    }
    if reverse { rows.reverse() }
    guard let sample = rows.first else { return carried }
    return carried + (try sample.indices.map { column in try c("aten.stack.default", .list(rows.map { $0[column] }), .integer(dim)) })
  }

  /// The dimension of a tensor that a scan walks along; newer versions have it first.
  private static func scanned(_ c: Composer, _ value: Value) throws -> (dimension: Int, size: SymbolicInt) {
    let type: TensorType = try c.type(value)
    guard type.rank > 0 else { throw c.call.failure("scans over a tensor of no dimensions") }
    let dimension: Int = if case .list = c["dim"] { 0 } else { try c.call.dimension("dim", rank: type.rank) }
    return (dimension, type.sizes[dimension])
  }

  private static func subgraph(_ c: Composer, _ name: String) throws -> SubgraphReference {
    guard case .subgraph(let reference) = c[name] else { throw c.call.mismatch(name, "a graph") }
    return reference
  }
  private static func operands(_ c: Composer, _ name: String) throws -> [Value] {
    guard case .list(let values) = c[name] else { return c[name].isNone ? [] : [c[name]] }
    return values
  }
}

extension Value {
  /// Whether it is known only by its type.
  fileprivate var isAbstract: Bool {
    switch self {
    case .abstract, .node: true
    case .int(let size): !size.isConstant
    default: false
    }
  }
}
