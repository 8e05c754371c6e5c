import Foundations
import LoopIR

/// Renders a kernel with reductions as a C function over a range of work items: a row each, or a piece of many rows beside each other.
struct ReductionRenderer {
  /// Vectors of one piece where lanes lie across rows.
  static let pieceVectors: Int = 16
  /// Additions in f32 to one lane before they go on to a sum in f64.
  static let block: Int = 32

  let schedule: Schedule
  let kernel: Schedule.Kernel
  let nest: ReductionNest
  let plan: ReductionPlan
  /// Accesses of memory that are loaded, then stores: the kernel's pointers.
  let loads: [Int]
  /// Accesses that only tell positions.
  let positions: [Int]
  /// Numbers of values, for their variables.
  let numbers: [LoopValue: Int]
  let isAcross: Bool
  let split: KernelRenderer.Split?

  init(schedule: Schedule, kernel: Schedule.Kernel) throws {
    (self.schedule, self.kernel) = (schedule, kernel)
    loads = kernel.loads(in: schedule)
    positions = kernel.accesses(in: schedule).filter { schedule.accesses[$0].buffer == .positions }
    let nest = ReductionNest(kernel, loads: loads + positions, accesses: schedule.accesses)
    self.nest = nest
    isAcross = nest.lanes == .acrossRows
    let keepsRows: Bool = nest.lanes == .alongRow && nest.reduced.count == 1 && (nest.count.constant ?? .max) <= ReductionPlan.longestRow
    plan = ReductionPlan(
      kernel, schedule.arena, nest, isVarying: { nest.strides[$0]!.reduced.contains { $0 != 0 } },
      loadCost: { load in
        let strides: ReductionNest.Strides = nest.strides[load]!
        let lane: SymbolicInt = (nest.lanes == .acrossRows ? strides.kept.last : strides.reduced.last) ?? 0
        return lane == 0 || lane == 1 ? 1 : 8
      }, keepsRows: keepsRows, streamable: ReductionRenderer.streamable(kernel, nest))
    split = try ReductionRenderer.split(nest, plan, isAcross: nest.lanes == .acrossRows)
    numbers = Dictionary(uniqueKeysWithValues: plan.values.enumerated().map { ($1, $0) })
  }

  /// Stores of whole rows, each beginning at a line of memory, whose results are larger than the caches.
  private static func streamable(_ kernel: Schedule.Kernel, _ nest: ReductionNest) -> Set<Int> {
    guard nest.lanes == .alongRow, nest.reduced.count == 1, let row = nest.count.constant, let rows = nest.kept.product.constant,
      row % lineElements == 0, row * rows >= KernelRenderer.streamed
    else { return [] }
    return Set(kernel.stores.indices.filter { index in
      let (access, strides): (Schedule.Access, ReductionNest.Strides) = (kernel.stores[index].access, nest.strides[-1 - index]!)
      return access.dtype == .f32 && access.offset == 0 && strides.reduced == [1] && strides.kept.allSatisfy { ($0.constant ?? 1) % lineElements == 0 }
    })
  }
  /// Elements of f32 in a line of memory.
  private static let lineElements: Int = 16

  /// The pass that fetches the next row for the one after: one that finds its own row in the cache and computes most. Nil where there is
  /// none, or where all rows fit into the cache.
  var fetchingPass: Int? {
    guard !isAcross, nest.reduced.count == 1, plan.passCount > 1, (nest.count.constant ?? .max) <= ReductionPlan.longestRow,
      (nest.count * nest.kept.product).constant ?? .max >= 1 << 20
    else { return nil }
    func cost(_ pass: Int) -> Int { plan.elementValues(pass, kernel).map { node($0).operation.cost }.reduce(0, +) }
    return (2...plan.passCount).max { (cost($0), $1) < (cost($1), $0) }
  }
  /// Fetches what the next row has at a vector's place.
  func fetches() throws -> [String] {
    try loads.compactMap { load in
      guard laneStride(load) == 1, let step = outerStrides(load).last, step != 0 else { return nil }
      return "__builtin_prefetch(\(pointer(load, inSteps: true)) + at + \(try CText.size(step)));"
    }
  }

  // MARK: Names

  /// All that is walked, in the order of the pointers, positions last.
  var keys: [Int] { loads + kernel.stores.indices.map { -1 - $0 } + positions }
  private func number(_ key: Int) -> Int { keys.firstIndex(of: key)! }
  private func dtype(_ key: Int) -> DType { key < 0 ? kernel.stores[-1 - key].access.dtype : schedule.accesses[key].dtype }
  private func isPosition(_ key: Int) -> Bool { key >= 0 && schedule.accesses[key].buffer == .positions }
  private func type(_ value: LoopValue) -> LoopType { schedule.arena[value].type }
  private func node(_ value: LoopValue) -> LoopArena.Node { schedule.arena[value] }

  var laneSize: SymbolicInt { (isAcross ? nest.kept.last : nest.reduced.last) ?? 1 }
  /// Sizes of the loops around the vectors, inside a row or piece.
  var steps: [SymbolicInt] { isAcross ? nest.reduced : Array(nest.reduced.dropLast()) }
  /// Sizes of the loops that work items are numbered by.
  var outer: [SymbolicInt] { isAcross ? Array(nest.kept.dropLast()) : nest.kept }
  func laneStride(_ key: Int) -> SymbolicInt { (isAcross ? nest.strides[key]!.kept.last : nest.strides[key]!.reduced.last) ?? 0 }
  func stepStrides(_ key: Int) -> [SymbolicInt] { isAcross ? nest.strides[key]!.reduced : Array(nest.strides[key]!.reduced.dropLast()) }
  func outerStrides(_ key: Int) -> [SymbolicInt] { isAcross ? Array(nest.strides[key]!.kept.dropLast()) : nest.strides[key]!.kept }

  /// Whether a value that is the same for a row differs from lane to lane.
  func differsByLane(_ value: LoopValue) -> Bool {
    guard isAcross else { return false }
    if node(value).operation.isReduction { return true }
    if node(value).operation == .load { return laneStride(Int(node(value).immediate)) != 0 }
    return node(value).operands.contains { plan.varies($0) || differsByLane($0) }
  }
  func name(_ value: LoopValue) -> String {
    let name: String = "v\(numbers[value]!)"
    return !plan.varies(value) && differsByLane(value) ? "\(name)[u]" : name
  }

  private func pointer(_ key: Int, inSteps: Bool) -> String {
    inSteps && stepStrides(key).contains { $0 != 0 } ? "q\(number(key))" : "p\(number(key))"
  }
  /// The place of a vector's first element.
  private func address(_ key: Int, inSteps: Bool) throws -> String {
    let stride: SymbolicInt = laneStride(key)
    let base: String = pointer(key, inSteps: inSteps)
    return stride == 0 ? base : stride == 1 ? "\(base) + at" : "\(base) + at * \(try CText.size(stride))"
  }

  // MARK: Values

  /// - Parameter count: how many lanes there are, all where nil.
  func load(_ key: Int, _ count: String?, inSteps: Bool) throws -> String {
    let (stride, place): (SymbolicInt, String) = (laneStride(key), try address(key, inSteps: inSteps))
    if isPosition(key) { return stride == 0 ? "ALL_I(\(place))" : "ALL_I(\(place)) + lane_numbers_i() * \(try CText.size(stride))" }
    let name: String = dtype(key).abbreviationInC
    if stride == 0 { return "load_one_\(name)(\(place))" }
    if stride == 1, count == nil { return "load_\(name)(\(place))" }
    return "load_some_\(name)(\(place), \(try CText.size(stride)), \(count ?? "LANES"))"
  }

  func text(_ value: LoopValue, _ count: String?, inSteps: Bool) throws -> String {
    if node(value).operation == .load { return try load(Int(node(value).immediate), count, inSteps: inSteps) }
    return LoopValueRenderer(arena: schedule.arena, name: { name($0) }, load: { _ in "" }).text(value)
  }

  /// A store of a value under its type's name.
  func store(_ index: Int, _ count: String?, inSteps: Bool) throws -> String {
    let (store, key): (Schedule.Kernel.Store, Int) = (kernel.stores[index], -1 - index)
    let target = LoopType(computing: store.access.dtype)
    let own: LoopType = type(store.value)
    let value: String = own == target ? name(store.value) : "\(target.suffix.uppercased())_FROM_\(own.suffix.uppercased())(\(name(store.value)))"
    return try put(key, value, count, inSteps: inSteps)
  }
  private func put(_ key: Int, _ value: String, _ count: String?, inSteps: Bool) throws -> String {
    let (stride, place): (SymbolicInt, String) = (laneStride(key), try address(key, inSteps: inSteps))
    let name: String = dtype(key).abbreviationInC
    if stride == 1, count == nil { return "\(key < 0 && plan.streamed.contains(-1 - key) ? "stream" : "store")_\(name)(\(place), \(value));" }
    return "store_some_\(name)(\(place), \(try CText.size(stride)), \(count ?? "LANES"), \(value));"
  }

  /// What a pass computes for one vector, without the reductions' steps.
  func elements(_ pass: Int, _ count: String?) throws -> [String] {
    var lines: [String] = []
    for value in plan.elementValues(pass, kernel) {
      let place: ReductionPlan.Place? = plan.places[value]
      let lanes: String = type(value).lanes
      if plan.isRead(value, in: pass), let place {
        switch place {
        case .store(let index, _): lines.append("const \(lanes) \(name(value)) = \(try load(-1 - index, count, inSteps: true));")
        case .row(let row): lines.append("const \(lanes) \(name(value)) = load_\(type(value) == .double ? "f64" : "f32")(row\(row) + at);")
        }
        continue
      }
      lines.append("const \(lanes) \(name(value)) = \(try text(value, count, inSteps: true));")
      if plan.firstPasses[value] == pass, let place {
        switch place {
        case .store(_, isFinal: true): break
        case .store(let index, _): lines.append(try put(-1 - index, name(value), count, inSteps: true))
        case .row(let row): lines.append("store_\(type(value) == .double ? "f64" : "f32")(row\(row) + at, \(name(value)));")
        }
      }
    }
    return lines
  }

  // MARK: The frame around the passes

  /// The symbols that the kernel's sizes, strides and positions hold.
  var symbols: [String] {
    var symbols: Set<String> = []
    for size in nest.kept + nest.reduced { symbols.formUnion(size.symbols) }
    for strides in nest.strides.values { for stride in strides.kept + strides.reduced { symbols.formUnion(stride.symbols) } }
    for position in positions { symbols.formUnion(schedule.accesses[position].offset.symbols) }
    return symbols.sorted()
  }

  /// Pointers at a work item's first element; `i0`, `i1`, … are the indices of the outer loops, `first` that of a piece's first row.
  func itemPointers() throws -> [String] {
    try keys.enumerated().map { index, key in
      var place: [String] = [isPosition(key) ? "(int64_t)\(try CText.size(schedule.accesses[key].offset))" : "c->p\(index)"]
      for (dimension, stride) in outerStrides(key).enumerated() where stride != 0 { place.append("i\(dimension) * \(try CText.size(stride))") }
      if isAcross, laneStride(key) != 0 { place.append("first * \(try CText.size(laneStride(key)))") }
      return "\(declaration(key))p\(index) = \(place.joined(separator: " + "));"
    }
  }
  private func declaration(_ key: Int) -> String {
    if isPosition(key) { return "const int64_t " }
    return key < 0 ? "\(CText.storage(dtype(key))) *restrict " : "const \(CText.storage(dtype(key))) *"
  }

  /// The loops over `steps` around a body that is written at their innermost, with pointers at its place.
  func stepping(_ body: [String]) throws -> [String] {
    let (sizes, all): ([SymbolicInt], [Int]) = (steps, keys)
    var lines: [String] = []
    for (dimension, size) in sizes.enumerated() {
      let isCut: Bool = split != nil && dimension == 0
      lines.append("for (intptr_t k\(dimension) = \(isCut ? "from" : "0"); k\(dimension) < \(isCut ? "to" : try CText.size(size)); k\(dimension)++) {")
    }
    for (index, key) in all.enumerated() where stepStrides(key).contains(where: { $0 != 0 }) {
      var place: [String] = ["p\(index)"]
      for (dimension, stride) in stepStrides(key).enumerated() where stride != 0 { place.append("k\(dimension) * \(try CText.size(stride))") }
      lines.append("\(declaration(key))q\(index) = \(place.joined(separator: " + "));")
      lines.append("(void)q\(index);")
    }
    lines += body
    lines += sizes.map { _ in "}" }
    return lines
  }

  /// About how many additions a point costs, in all passes.
  var cost: Int {
    (1...max(plan.passCount, 1)).map { pass in
      1 + plan.elementValues(pass, kernel).map { node($0).operation.cost }.reduce(0, +) / 4
    }.reduce(0, +)
  }

  // MARK: Reductions

  /// Sums of f32 are kept in f32 for a while only.
  func isBlocked(_ value: LoopValue) -> Bool { node(value).operation == .reduceSum && type(value) == .float }
  /// The type whose lanes accumulate: that of the first operand.
  func accumulated(_ value: LoopValue) -> LoopType { type(node(value).operands[0]) }

  func identity(_ value: LoopValue) -> String {
    let type: LoopType = accumulated(value)
    switch node(value).operation {
    case .reduceSum: return "(\(type.lanes)){0}"
    case .reduceProduct: return "ALL_\(type.suffix.uppercased())(1)"
    case .reduceMaximum, .reducePositionOfMaximum: return "LEAST_\(type.suffix.uppercased())"
    default: return "GREATEST_\(type.suffix.uppercased())"
    }
  }
  /// The C that brings `operand` into the accumulator.
  func combined(_ value: LoopValue, _ accumulator: String, _ operand: String) -> String {
    let type: LoopType = accumulated(value)
    switch node(value).operation {
    case .reduceSum: return type == .int ? "\(accumulator) = add_i(\(accumulator), \(operand));" : "\(accumulator) += \(operand);"
    case .reduceProduct: return type == .int ? "\(accumulator) = multiply_i(\(accumulator), \(operand));" : "\(accumulator) *= \(operand);"
    case .reduceMaximum, .reduceMinimum:
      let name: String = node(value).operation == .reduceMaximum ? "maximum" : "minimum"
      if type == .bool { return "\(accumulator) \(name == "maximum" ? "|" : "&")= \(operand);" }
      return "\(accumulator) = \(name)_\(type.suffix)(\(accumulator), \(operand));"
    default: preconditionFailure("\(node(value).operation) takes a position too")
    }
  }
  /// The same with the position, for those that yield one; `w` accumulates it.
  func taken(_ value: LoopValue, _ accumulator: String, _ positions: String, _ operand: String, _ position: String) -> String {
    let name: String = node(value).operation == .reducePositionOfMaximum ? "take_maximum" : "take_minimum"
    return "\(name)_\(accumulated(value).suffix)(&\(accumulator), &\(positions), \(operand), \(position));"
  }
  /// One value for all lanes, combined of them.
  func acrossLanes(_ value: LoopValue, _ accumulator: String) -> String {
    let suffix: String = accumulated(value).suffix
    return switch node(value).operation {
    case .reduceSum: "sum_across_\(suffix)(\(accumulator))"
    case .reduceProduct: "product_across_\(suffix)(\(accumulator))"
    case .reduceMaximum: "maximum_across_\(suffix)(\(accumulator))"
    default: "minimum_across_\(suffix)(\(accumulator))"
    }
  }

  func operand(_ value: LoopValue, _ place: Int = 0) -> String { name(node(value).operands[place]) }
  func position(_ value: LoopValue) -> Bool { node(value).operation.yieldsPosition }
}
