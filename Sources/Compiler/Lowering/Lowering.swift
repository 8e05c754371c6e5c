import Foundations
import Graphs
import LoopIR
import Operators
import Tensors

extension Schedule {
  /// Lowers a graph of primitive, functional operators: elementwise operators become expressions that their users take over, views
  /// become other strides, everything else a call of the operator (`torch/_inductor/graph.py`, `lowering.py`).
  /// - Throws: `LatheError` of kind `unsupported` for what cannot be compiled.
  package static func lowering(_ graph: Graph, _ context: PassContext) throws -> Schedule {
    try Lowering(graph, context).run()
  }
}

/// One lowering of one graph.
final class Lowering {
  /// What a node's value is so far.
  enum Lowered {
    case view(Schedule.View)
    case pending(Pending)
    case list([Lowered])
    case none
  }
  /// A tensor that is not computed yet: an expression over its frame, and the layout it is to have.
  struct Pending {
    var type: TensorType
    var value: LoopExpression
    var nodes: [Graph.NodeID]
    var frame: Frame

    /// - Parameter frame: the tensor's own sizes where nil.
    init(type: TensorType, value: LoopExpression, nodes: [Graph.NodeID], frame: Frame? = nil) {
      (self.type, self.value, self.nodes, self.frame) = (type, value, nodes, frame ?? Frame(type.sizes))
    }
  }

  /// An expression with more loads than this is stored before it is used further.
  private static let mostLoads: Int = 10
  /// An expression with several users is stored, not computed by each, when it costs more than this.
  private static let cheap: Int = 4

  let graph: Graph
  let context: PassContext
  var schedule: Schedule
  let builder = LoopBuilder()
  var lowered: [Lowered]
  private var loads: [Schedule.Access: LoopExpression] = [:]
  private var numbers: [SymbolicInt: Schedule.BufferID] = [:]
  /// Constants in other forms, by what was asked of which.
  var folded: [Schedule.View: Schedule.BufferID] = [:]
  let users: [[Graph.NodeID]]
  private let subgraphs: [SubgraphReference]

  init(_ graph: Graph, _ context: PassContext) {
    self.graph = graph
    self.context = context
    schedule = Schedule(graph: graph)
    lowered = Array(repeating: .none, count: graph.nodes.count)
    users = graph.users()
    subgraphs = graph.subgraphs.map { SubgraphReference(name: $0.name, graph: $0.graph) }
  }

  func run() throws -> Schedule {
    for index in graph.nodes.indices {
      let (id, node): (Graph.NodeID, Graph.Node) = (Graph.NodeID(index), graph.nodes[index])
      do {
        switch node.operation {
        case .placeholder(let role): lowered[index] = placeholder(id, node, role)
        case .getItem(let item):
          if case .node(let source)? = node.arguments.first?.value, case .list(let items) = lowered[Int(source.index)] {
            if case .pending(let pending) = items[item] { lowered[index] = kept(pending, id) } else { lowered[index] = items[item] }
          }
        case .call(let name):
          guard let record = context.table[name] else { throw LatheError.unsupported("Lathe has no operator \(name)") }
          lowered[index] = try call(id, node, record)
        case .output:
          for argument in node.arguments {
            guard case .node(let source) = argument.value, graph[source].type.tensor != nil else {
              schedule.outputs.append(nil)
              continue
            }
            schedule.outputs.append(try output(source))
          }
        }
      } catch let error as LatheError where !error.message.hasPrefix("node ") {
        throw LatheError(error.kind, subject: error.subject, "node \(node.name): \(error.message)")
      }
    }
    schedule.arena = builder.arena
    schedule.requirements = context.environment.requirements
    return schedule
  }

  // MARK: Buffers

  func buffer(_ type: TensorType, _ origin: Schedule.Buffer.Origin, _ name: String) -> Schedule.View {
    schedule.buffers.append(Schedule.Buffer(type: type, origin: origin, name: name))
    return Schedule.View(
      buffer: .init(index: schedule.buffers.count - 1), dtype: type.dtype, sizes: type.sizes, strides: type.strides, offset: 0)
  }

  private func placeholder(_ id: Graph.NodeID, _ node: Graph.Node, _ role: Graph.InputRole) -> Lowered {
    switch role {
    case .user, .operand:
      guard let type = node.type.tensor else {
        // A number among the inputs comes as a tensor of one element; only its symbol is used.
        if case .int = node.type { schedule.inputs.append(id) }
        return .none
      }
      schedule.inputs.append(id)
      return .view(buffer(type, .input(schedule.inputs.count - 1), node.name))
    case .parameter, .buffer, .tensorConstant:
      guard let type = node.type.tensor else { return .none }
      schedule.constants.append(id)
      return .view(buffer(type, .constant(schedule.constants.count - 1), node.name))
    case .customObject, .token, .constant: return .none
    }
  }

  /// The expression that loads a view's elements over its sizes.
  func load(_ view: Schedule.View) -> LoopExpression {
    load(Schedule.Access(buffer: view.buffer, dtype: view.dtype, strides: view.strides, offset: view.offset))
  }
  func load(_ access: Schedule.Access) -> LoopExpression {
    if let known = loads[access] { return known }
    let made: LoopExpression = builder.load(access.dtype)
    schedule.accesses.append(access)
    loads[access] = made
    return made
  }

  /// A number worked out of sizes, at every point of an iteration space.
  private func number(_ size: SymbolicInt, rank: Int) -> LoopExpression {
    let made: Schedule.BufferID = numbers[size] ?? buffer(TensorType(dtype: .i64, sizes: []), .number(size), "\(size)").buffer
    numbers[size] = made
    return load(Schedule.Access(buffer: made, dtype: .i64, strides: Array(repeating: 0, count: rank), offset: 0))
  }

  /// Where the node's tensor lies, computed first where it is not yet.
  func realized(_ id: Graph.NodeID) throws -> Schedule.View {
    switch lowered[Int(id.index)] {
    case .view(let view): return view
    case .pending(let pending):
      let view: Schedule.View = store(pending, graph[id].name)
      lowered[Int(id.index)] = .view(view)
      return view
    case .list, .none: throw LatheError.unsupported("\(graph[id].name) is not a tensor")
    }
  }

  /// An output, laid out as its node says.
  private func output(_ id: Graph.NodeID) throws -> Schedule.View {
    let view: Schedule.View = try realized(id)
    guard let type = graph[id].type.tensor, type.strides != view.strides, type.isPermutedDense else { return view }
    return store(Pending(type: type, value: load(view), nodes: [id]), graph[id].name)
  }

  func store(_ pending: Pending, _ name: String) -> Schedule.View {
    let view: Schedule.View = buffer(pending.type, .kernel, name)
    let frame: Frame = pending.frame
    let access: Schedule.Access = frame.map.apply(
      to: Schedule.Access(buffer: view.buffer, dtype: view.dtype, strides: view.strides, offset: 0), newRank: frame.sizes.count)
    // Storing rounds anyway.
    let last: LoopArena.Node = builder.arena[pending.value.value]
    let value: LoopValue = last.operation == LoopOperation(roundingTo: pending.type.dtype) ? last.operands[0] : pending.value.value
    schedule.steps.append(
      .kernel(Schedule.Kernel(sizes: frame.sizes, stores: [.init(access: access, value: value)], nodes: pending.nodes, reduced: frame.reduced)))
    return view
  }

  /// The layout a tensor has or is to have, which may differ from the one its node declares.
  func layout(of id: Graph.NodeID) -> TensorType? {
    switch lowered[Int(id.index)] {
    case .view(let view): TensorType(dtype: view.dtype, sizes: view.sizes, strides: view.strides)
    case .pending(let pending): pending.type
    case .list, .none: nil
    }
  }

  // MARK: Operators

  func argument(_ argument: Argument) -> Value {
    switch argument {
    case .node(let id):
      switch graph[id].type {
      case .tensor(let type): return .node(id, layout(of: id) ?? type)
      case .int(let size): return .int(size)
      case .none: return .none
      default: return .opaque(tag: "\(graph[id].type)", graph[id].name)
      }
    case .list(let items): return .list(items.map { self.argument($0) })
    default: return GraphPlan.constant(argument, subgraphs)
    }
  }

  private func call(_ id: Graph.NodeID, _ node: Graph.Node, _ record: OperatorRecord) throws -> Lowered {
    if let name = record.viewedParameter, let source = node.node(name, of: record) { try layOut(source, for: node, record) }
    let arguments: [(name: String, value: Value)] = node.arguments.map { ($0.name, argument($0.value)) }
    if record.takesGraphs { return try operatorCall(id, node, record, arguments) }
    let call = try OperatorCall(record.schema, arguments, environment: context.environment)
    switch record.meaning {
    case .elementwise(let elementwise):
      if let pending = try expression(id, node, call, elementwise) { return kept(pending, id) }
    case .view(let name, let transform):
      if case .node(let source, _) = call.value(name) { return try view(of: source, try transform(call)) }
    case .views(let name, let transforms):
      if case .node(let source, _) = call.value(name) { return .list(try transforms(call).map { try view(of: source, $0) }) }
    case .kernel:
      if let form = try record.templateForm?(call), let made = try template(id, node, call, form) { return made }
      if let name = record.copied, let pending = try copy(id, node, call.value(name)) { return kept(pending, id) }
      if let form = record.reduction, let lowered = try reduction(id, node, call, form) { return lowered }
    default: break
    }
    return try operatorCall(id, node, record, arguments)
  }

  /// Stores an expression that is better computed once.
  func kept(_ pending: Pending, _ id: Graph.NodeID) -> Lowered {
    let parts: [LoopValue] = LoopArena.reachable(in: builder.arena, from: [pending.value.value])
    var (loadCount, cost): (Int, Int) = (0, 0)
    for part in parts {
      let operation: LoopOperation = builder.arena[part].operation
      if operation == .load { loadCount += 1 } else { cost += operation.cost }
    }
    // Narrow integers wrap where they are stored, not before.
    let wraps: Bool = !pending.type.dtype.isFloatingPoint && pending.type.dtype != .bool && pending.type.dtype != .i64
    let depth: Int = builder.arena.reductionDepth(of: [pending.value.value])
    let isShared: Bool = users[Int(id.index)].count > 1 && (cost > Lowering.cheap || loadCount > 2 || depth > 0)
    if wraps || isShared || loadCount > Lowering.mostLoads { return .view(store(pending, graph[id].name)) }
    return .pending(pending)
  }

  /// The expression of an elementwise call; nil where an operation or a number of it is only known to the operator itself.
  private func expression(_ id: Graph.NodeID, _ node: Graph.Node, _ call: OperatorCall, _ elementwise: Elementwise) throws -> Pending? {
    guard let type = node.type.tensor else { return nil }
    for (parameter, value) in zip(call.schema.parameters, call.values) where !elementwise.operands.contains(parameter.name) {
      if case .int(let size) = value, !size.isConstant { return nil }
    }
    var nodes: [Graph.NodeID] = [id]
    let frame: Frame = try frame(of: (elementwise.operands + elementwise.conditions).map { call.value($0) }, type.sizes)
    let value: LoopExpression = try elementwise.expression(call, in: builder) { operand in
      switch operand {
      case .node(let source, let operandType): return self.element(of: source, operandType.sizes, type.sizes, frame, &nodes)
      case .int(let size): return self.number(size, rank: frame.sizes.count)
      default: throw LatheError.unsupported("\(call.schema.name) on a tensor that is not part of the graph")
      }
    }
    return isRendered([value]) ? Pending(type: type, value: value.unary(roundingTo: type.dtype), nodes: nodes, frame: frame) : nil
  }


  /// Whether kernels can contain all operations of the expressions.
  func isRendered(_ values: [LoopExpression]) -> Bool {
    LoopArena.reachable(in: builder.arena, from: values.map(\.value)).allSatisfy { part in
      let node: LoopArena.Node = builder.arena[part]
      guard node.operation.isRendered(of: node.operands.last.map { builder.arena[$0].type } ?? node.type) else { return false }
      // Integers are divided by numbers that are known not to be 0; the operator's own kernel says where one is.
      guard node.operation.isDivision, node.type == .int else { return true }
      let divisor: LoopArena.Node = builder.arena[node.operands[1]]
      return divisor.operation == .constant && divisor.immediate != 0
    }
  }

  /// The expression of a node's element over another iteration space; one with reductions is stored first.
  func element(of source: Graph.NodeID, _ map: IndexMap, rank: Int, _ nodes: inout [Graph.NodeID]) -> LoopExpression {
    switch lowered[Int(source.index)] {
    case .view(let view): return load(map.apply(to: view.access, newRank: rank))
    case .pending(let pending):
      guard pending.frame.reduced.isEmpty else {
        let view: Schedule.View = store(pending, graph[source].name)
        lowered[Int(source.index)] = .view(view)
        return load(map.apply(to: view.access, newRank: rank))
      }
      nodes += pending.nodes
      return remapped(pending, map, rank: rank)
    case .list, .none: preconditionFailure("\(graph[source].name) is a tensor")
    }
  }

  /// The expression of a tensor that is not computed yet over other indices.
  func remapped(_ pending: Pending, _ map: IndexMap, rank: Int) -> LoopExpression {
    var remapper = LoopRemapper(builder) { self.load(map.apply(to: self.schedule.accesses[$0], newRank: rank)) }
    return remapper.rebuild(pending.value.value).cast(to: LoopType(computing: pending.type.dtype))
  }

  /// The elements of one tensor in the type and layout of the node.
  private func copy(_ id: Graph.NodeID, _ node: Graph.Node, _ value: Value) throws -> Pending? {
    guard let type = node.type.tensor, case .node(let source, let sourceType) = value, sourceType.dtype.isComputable, type.dtype.isComputable else { return nil }
    var nodes: [Graph.NodeID] = [id]
    let frame: Frame = try frame(of: [value], type.sizes)
    let element: LoopExpression = self.element(of: source, sourceType.sizes, type.sizes, frame, &nodes)
    let value: LoopExpression = element.cast(to: LoopType(computing: type.dtype))
    return Pending(type: type, value: sourceType.dtype == type.dtype ? value : value.unary(roundingTo: type.dtype), nodes: nodes, frame: frame)
  }

  /// Copies a tensor into the layout that its node declares where a view that fits that layout does not fit the one it has.
  private func layOut(_ source: Graph.NodeID, for node: Graph.Node, _ record: OperatorRecord) throws {
    guard let declared = graph[source].type.tensor, let actual = layout(of: source), actual.strides != declared.strides, declared.isPermutedDense else { return }
    let arguments: [(name: String, value: Value)] = node.arguments.map { ($0.name, argument($0.value)) }
    if (try? ShapeRunner(environment: context.environment, table: context.table).run(record, arguments)) != nil { return }
    lowered[Int(source.index)] = .view(store(Pending(type: declared, value: load(try realized(source)), nodes: [source]), graph[source].name))
  }

  func view(of source: Graph.NodeID, _ transform: ViewTransform) throws -> Lowered {
    if case .pending(let pending) = lowered[Int(source.index)] {
      if pending.frame.reduced.isEmpty, let moved = moved(collapsed(pending), transform) { return .pending(moved) }
      if !pending.frame.reduced.isEmpty, let moved = rearranged(pending, transform) { return .pending(moved) }
    }
    var view: Schedule.View = try realized(source)
    view.offset += transform.offset
    (view.sizes, view.strides) = (transform.sizes, transform.strides)
    return .view(view)
  }

  func moved(_ pending: Pending, _ transform: ViewTransform) -> Pending? {
    guard let map = IndexMap.view(
      sizes: transform.sizes, strides: transform.strides, offset: transform.offset, of: pending.type.sizes, pending.type.strides)
    else { return nil }
    let type = TensorType(dtype: pending.type.dtype, sizes: transform.sizes, strides: transform.strides)
    return Pending(
      type: type.isPermutedDense ? type : TensorType(dtype: type.dtype, sizes: type.sizes), value: remapped(pending, map, rank: transform.sizes.count),
      nodes: pending.nodes)
  }

  /// With neighbouring dimensions made one where every load walks through them as through one.
  func collapsed(_ pending: Pending) -> Pending {
    let accesses: [Int] = LoopArena.reachable(in: builder.arena, from: [pending.value.value]).compactMap {
      builder.arena[$0].operation == .load ? Int(builder.arena[$0].immediate) : nil
    }
    var (sizes, strides): ([SymbolicInt], [SymbolicInt]) = (pending.type.sizes, pending.type.strides)
    var kept: [Int] = Array(sizes.indices)
    var dimension: Int = sizes.count - 2
    while dimension >= 0 {
      let (a, b) = (kept[dimension], kept[dimension + 1])
      let size: SymbolicInt = sizes[dimension + 1]
      let isOne: Bool = strides[dimension] == strides[dimension + 1] * size && accesses.allSatisfy {
        schedule.accesses[$0].strides[a] == schedule.accesses[$0].strides[b] * size
      }
      if isOne {
        sizes[dimension] = sizes[dimension] * size
        strides[dimension] = strides[dimension + 1]
        kept[dimension] = b
        sizes.remove(at: dimension + 1)
        strides.remove(at: dimension + 1)
        kept.remove(at: dimension + 1)
      }
      dimension -= 1
    }
    if sizes.count == pending.type.rank { return pending }
    var remapper = LoopRemapper(builder) { load in
      var access: Schedule.Access = self.schedule.accesses[load]
      access.strides = kept.map { access.strides[$0] }
      return self.load(access)
    }
    return Pending(
      type: TensorType(dtype: pending.type.dtype, sizes: sizes, strides: strides), value: remapper.rebuild(pending.value.value), nodes: pending.nodes)
  }

  // MARK: Calls

  private func operatorCall(_ id: Graph.NodeID, _ node: Graph.Node, _ record: OperatorRecord, _ arguments: [(name: String, value: Value)]) throws -> Lowered {
    var step = Schedule.OperatorCall(node: id, record: record, tensors: [], sizes: [], results: [], numbers: [])
    func collect(_ value: Value) throws {
      switch value {
      case .node(let source, _): step.tensors.append(try realized(source))
      case .int(let size) where !size.isConstant: step.sizes.append(size)
      case .list(let items): for item in items { try collect(item) }
      case .opaque(let tag, let text): throw LatheError.unsupported("\(record.name) takes \(text) (\(tag)), which only a run reveals; it cannot be compiled")
      default: break
      }
    }
    for item in arguments { try collect(item.value) }
    let writtenNames: [String] = record.writtenParameters(of: node)
    for item in node.arguments where writtenNames.contains(item.name) {
      if case .node(let source) = item.value, graph[source].type.tensor != nil { step.written.append(try realized(source).buffer) }
    }
    func result(_ type: ValueType, _ name: String) -> Lowered {
      switch type {
      case .tensor(let tensor):
        let view: Schedule.View = buffer(tensor, .call, name)
        step.results.append(view.buffer)
        return .view(view)
      case .list(let items): return .list(items.enumerated().map { result($1, "\(name)_\($0)") })
      case .int(let size):
        if let symbol = size.symbolName { step.numbers.append(symbol) }
        return .none
      default: return .none
      }
    }
    // The results' layouts follow those of the arguments as they are.
    var type: ValueType = node.type
    if !type.isRevealedByRun, !record.takesGraphs {
      let types: [Value] = try ShapeRunner(environment: context.environment, table: context.table).run(record, arguments)
      type = types.count == 1 && !record.yieldsTuple ? types[0].type : .list(types.map(\.type))
    }
    let made: Lowered = result(type, node.name)
    schedule.steps.append(.call(step))
    return made
  }
}

extension LoopOperation {
  /// About how many additions it costs.
  var cost: Int {
    switch self {
    case .constant, .load, .index, .cast: 0
    case .add, .subtract, .multiply, .negate, .absolute, .maximum, .minimum, .square, .and, .or, .exclusiveOr, .not, .select, .equal, .notEqual, .less,
      .lessOrEqual, .greater, .greaterOrEqual, .isNaN, .isInfinite, .multiplyAdd, .reduceSum, .reduceProduct, .reduceMaximum, .reduceMinimum: 1
    case .divide, .reciprocal, .sqrt, .rsqrt, .floor, .ceil, .trunc, .round, .roundToF16, .roundToBF16: 4
    default: 16
    }
  }
}

extension Graph.Node {
  /// The node passed for a parameter.
  fileprivate func node(_ name: String, of record: OperatorRecord) -> Graph.NodeID? {
    guard let position = record.schema.index(of: name) else { return nil }
    let argument: Argument? = (arguments.first { $0.name == name } ?? (position < arguments.count ? arguments[position] : nil))?.value
    if case .node(let id)? = argument { return id }
    return nil
  }
}
