import Foundations
import Graphs
import LoopIR
import Operators

/// The iteration space of an expression, the dimensions that its reductions combine, and the tensor's indices in terms of the space's.
struct Frame: Equatable {
  var sizes: [SymbolicInt]
  var reduced: Set<Int> = []
  var map: IndexMap

  /// The space of a tensor's own sizes.
  init(_ sizes: [SymbolicInt], reduced: Set<Int> = []) {
    (self.sizes, self.reduced) = (sizes, reduced)
    map = IndexMap.broadcasting(sizes, to: sizes)
  }
  init(sizes: [SymbolicInt], reduced: Set<Int>, map: IndexMap) { (self.sizes, self.reduced, self.map) = (sizes, reduced, map) }
}

extension Frame {
  /// Whether its rows are so few and long that a kernel with several passes over them would leave threads without work.
  var isLopsided: Bool {
    let kept: SymbolicInt = sizes.indices.filter { !reduced.contains($0) }.map { sizes[$0] }.product
    let count: SymbolicInt = reduced.sorted().map { sizes[$0] }.product
    guard let rows = kept.constant, let length = count.constant else { return false }
    return rows < 16 && length >= 65536
  }
}

/// Reductions as expressions: what an operator reduces is in its record, the result is taken over by its users as elementwise results are.
extension Lowering {
  /// Passes over the reduced dimensions that one kernel makes before its last.
  static let mostPasses: Int = 4

  /// A call in the form of its record; nil where the call has none, or holds what only the operator's own kernel knows.
  func reduction(
    _ id: Graph.NodeID, _ node: Graph.Node, _ call: OperatorCall, _ form: (ReductionContext) throws -> Reduction?
  ) throws -> Lowered? {
    for value in call.values { if case .int(let size) = value, !size.isConstant { return nil } }
    let types: [TensorType?] =
      switch node.type {
      case .tensor(let type): [type]
      case .list(let items): items.map(\.tensor)
      default: []
      }
    var nodes: [Graph.NodeID] = [id]
    let context = ReductionContext(
      call: call, builder: builder,
      load: { name, sizes, frame in
        guard case .node(let source, let type) = call.value(name) else { return nil }
        return try self.operand(source, type, as: sizes, Frame(frame.sizes, reduced: frame.reduced), &nodes)
      },
      position: { strides, offset in self.load(Schedule.Access(buffer: .positions, dtype: .i64, strides: strides, offset: offset)) })
    guard let reduction = try form(context), reduction.results.count == types.count, isRendered(reduction.results.map(\.value)) else { return nil }
    // Over no dimension, or only over some of size 1, there is nothing to go through.
    guard reduction.reduced.contains(where: { reduction.domain[$0] != 1 }) else { return nil }
    // One pass over long rows is shared out among threads, several are left to the operator's own kernel.
    let isOnePass: Bool =
      builder.arena.reductionDepth(of: reduction.results.map(\.value.value)) == 1
      && reduction.results.allSatisfy { $0.dimensions.allSatisfy { reduction.reduced.isDisjoint(with: $0) } }
    if !isOnePass, Frame(reduction.domain, reduced: reduction.reduced).isLopsided { return nil }
    var results: [Lowered] = []
    for (result, type) in zip(reduction.results, types) {
      guard let type, type.rank == result.dimensions.count else { return nil }
      let factors: [[SymbolicInt]] = result.dimensions.map { merged in
        var row: [SymbolicInt] = reduction.domain.map { _ in 0 }
        var factor: SymbolicInt = 1
        for dimension in merged.reversed() {
          row[dimension] = factor
          factor *= reduction.domain[dimension]
        }
        return row
      }
      let map = IndexMap(factors: factors, starts: type.sizes.map { _ in 0 })
      let frame = Frame(sizes: reduction.domain, reduced: reduction.reduced, map: map)
      let dense: TensorType = type.isPermutedDense ? type : TensorType(dtype: type.dtype, sizes: type.sizes)
      results.append(.pending(Pending(type: dense, value: result.value.cast(to: LoopType(computing: type.dtype)).unary(roundingTo: type.dtype), nodes: nodes, frame: frame)))
    }
    if case .tensor = node.type, case .pending(let pending) = results[0] { return kept(pending, id) }
    return .list(results)
  }

  /// A tensor's element at the point of a reduction's domain.
  private func operand(
    _ source: Graph.NodeID, _ type: TensorType, as sizes: [SymbolicInt], _ frame: Frame, _ nodes: inout [Graph.NodeID]
  ) throws -> LoopExpression? {
    if case .pending(let pending) = lowered[Int(source.index)], !pending.frame.reduced.isEmpty {
      let fits: Bool = sizes == type.sizes && isShallow(pending) && adapted(pending, to: frame.sizes)?.frame == frame
      if !fits { _ = try realized(source) }
    }
    if sizes == type.sizes { return element(of: source, sizes, frame.sizes, frame, &nodes) }
    guard let layout = layout(of: source), let strides = ViewRules.strides(of: layout, viewedAs: sizes, context.environment) else { return nil }
    switch try view(of: source, ViewTransform(sizes: sizes, strides: strides)) {
    case .view(let view): return load(IndexMap.broadcasting(sizes, to: frame.sizes).apply(to: view.access, newRank: frame.sizes.count))
    case .pending(let pending):
      nodes += pending.nodes
      return remapped(pending, IndexMap.broadcasting(sizes, to: frame.sizes), rank: frame.sizes.count)
    case .list, .none: return nil
    }
  }
  private func isShallow(_ pending: Pending) -> Bool { builder.arena.reductionDepth(of: [pending.value.value]) + 2 <= Lowering.mostPasses }

  // MARK: Frames

  /// The frame in which an elementwise operator over these operands works; operands that do not fit into it are stored.
  func frame(of operands: [Value], _ target: [SymbolicInt]) throws -> Frame {
    var chosen: Frame?
    for operand in operands {
      guard case .node(let source, _) = operand, case .pending(let pending) = lowered[Int(source.index)], !pending.frame.reduced.isEmpty else { continue }
      let frame: Frame? = adapted(pending, to: target)?.frame
      if let frame, chosen == nil || chosen == frame { chosen = frame } else { _ = try realized(source) }
    }
    return chosen ?? Frame(target)
  }

  /// The expression of a node's element, the node's tensor broadcast from `sizes` to `target`, whose indices the frame tells.
  /// - Precondition: a pending tensor with reductions fits the frame (`adapted`).
  func element(
    of source: Graph.NodeID, _ sizes: [SymbolicInt], _ target: [SymbolicInt], _ frame: Frame, _ nodes: inout [Graph.NodeID]
  ) -> LoopExpression {
    let broadcast = IndexMap.broadcasting(sizes, to: target)
    func moved(_ access: Schedule.Access) -> Schedule.Access {
      frame.map.apply(to: broadcast.apply(to: access, newRank: target.count), newRank: frame.sizes.count)
    }
    switch lowered[Int(source.index)] {
    case .view(let view): return load(moved(view.access))
    case .pending(let pending):
      nodes += pending.nodes
      let places: [Int?]? = pending.frame.reduced.isEmpty ? nil : adapted(pending, to: target)?.places
      var remapper = LoopRemapper(builder) { load in
        let access: Schedule.Access = self.schedule.accesses[load]
        guard !pending.frame.reduced.isEmpty else { return self.load(moved(access)) }
        guard let places else { return self.load(access) }
        var result: Schedule.Access = access
        result.strides = frame.sizes.map { _ in 0 }
        for (old, new) in places.enumerated() { if let new { result.strides[new] = access.strides[old] } }
        return self.load(result)
      }
      return remapper.rebuild(pending.value.value).cast(to: LoopType(computing: pending.type.dtype))
    case .list, .none: preconditionFailure("\(graph[source].name) is a tensor")
    }
  }

  /// The frame in which a tensor with reductions is broadcast to a shape, nil where it would be computed several times; `places` gives for
  /// each dimension of its space the one of the new space, nil where the space stays.
  ///
  /// A row's value that is broadcast along a dimension as long as the one it was reduced over takes that for the reduced one: the mean of
  /// a row beside the row's elements.
  private func adapted(_ pending: Pending, to target: [SymbolicInt]) -> (frame: Frame, places: [Int?]?)? {
    let (sizes, frame): ([SymbolicInt], Frame) = (pending.type.sizes, pending.frame)
    let added: Int = target.count - sizes.count
    guard added >= 0 else { return nil }
    if sizes == Array(target[added...]), target[..<added].allSatisfy({ $0 == 1 }) {
      let none: [[SymbolicInt]] = Array(repeating: frame.sizes.map { _ in 0 }, count: added)
      let map = IndexMap(factors: none + frame.map.factors, starts: Array(repeating: 0, count: added) + frame.map.starts)
      return (Frame(sizes: frame.sizes, reduced: frame.reduced, map: map), nil)
    }
    var free: [Int] = target.indices.filter { target[$0] != 1 && ($0 < added || sizes[$0 - added] == 1) }
    var places: [Int?] = frame.sizes.map { _ in nil }
    var reduced: Set<Int> = []
    for dimension in frame.sizes.indices where frame.sizes[dimension] != 1 {
      let rows: [Int] = frame.map.factors.indices.filter { frame.map.factors[$0][dimension] != 0 }
      if frame.reduced.contains(dimension) {
        guard rows.isEmpty, let place = free.firstIndex(where: { target[$0] == frame.sizes[dimension] }) else { return nil }
        places[dimension] = free[place]
        reduced.insert(free[place])
        free.remove(at: place)
      } else {
        guard rows.count == 1, frame.map.factors[rows[0]].allSatisfy({ $0 == 0 || $0 == 1 }), frame.map.factors[rows[0]].count(where: { $0 == 1 }) == 1,
          sizes[rows[0]] == target[rows[0] + added]
        else { return nil }
        places[dimension] = rows[0] + added
      }
    }
    let result = Frame(target, reduced: reduced)
    return free.isEmpty && !reduced.isEmpty && !result.isLopsided ? (result, places) : nil
  }

  /// A view of a tensor with reductions that permutes dimensions and makes neighbours one; nil for others.
  func rearranged(_ pending: Pending, _ transform: ViewTransform) -> Pending? {
    guard transform.offset == 0 else { return nil }
    let (old, frame): (TensorType, Frame) = (pending.type, pending.frame)
    var rest: [Int] = old.sizes.indices.filter { old.sizes[$0] != 1 }
    var factors: [[SymbolicInt]] = []
    for (size, stride) in zip(transform.sizes, transform.strides) {
      var row: [SymbolicInt] = frame.sizes.map { _ in 0 }
      var reach: SymbolicInt = 1
      while reach != size {
        guard let place = rest.firstIndex(where: { old.strides[$0] == stride * reach }) else { return nil }
        for index in row.indices { row[index] += frame.map.factors[rest[place]][index] * reach }
        reach *= old.sizes[rest[place]]
        rest.remove(at: place)
      }
      factors.append(row)
    }
    guard rest.isEmpty else { return nil }
    let type = TensorType(dtype: old.dtype, sizes: transform.sizes, strides: transform.strides)
    return Pending(
      type: type.isPermutedDense ? type : TensorType(dtype: type.dtype, sizes: type.sizes), value: pending.value, nodes: pending.nodes,
      frame: Frame(sizes: frame.sizes, reduced: frame.reduced, map: IndexMap(factors: factors, starts: transform.sizes.map { _ in 0 })))
  }
}

extension Schedule.View {
  var access: Schedule.Access { Schedule.Access(buffer: buffer, dtype: dtype, strides: strides, offset: offset) }
}

extension LoopArena {
  /// How many reductions lie above each other at most.
  func reductionDepth(of roots: [LoopValue]) -> Int {
    var depths: [LoopValue: Int] = [:]
    for value in LoopArena.reachable(in: self, from: roots) {
      let node: Node = self[value]
      depths[value] = (node.operands.map { depths[$0]! }.max() ?? 0) + (node.operation.isReduction ? 1 : 0)
    }
    return roots.map { depths[$0]! }.max() ?? 0
  }
}
