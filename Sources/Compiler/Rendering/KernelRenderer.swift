import Foundations
import Graphs
import LoopIR

/// Renders a kernel as a C function over a range of work items.
///
/// The innermost dimension is cut into vectors of `LANES` elements and pieces of `piece` elements; a work item is a piece of one row.
struct KernelRenderer {
  /// Elements of a row in one work item.
  static let piece: Int = 4096
  /// Results with as many elements of f32 are written past the caches, which could not keep them: memory is not read first then.
  static let streamed: Int = 8 << 20

  /// Stands for the kernel's name, so that kernels that differ in nothing else are one.
  static let name: String = "KERNEL"

  let schedule: Schedule
  let kernel: Schedule.Kernel

  /// The kernel as C, and what the caller must know to run it.
  struct Rendered {
    var text: String
    /// The pointers it takes: accesses, loads first, then stores.
    var pointers: [Schedule.Access]
    var symbols: [String]
    /// Work items.
    var items: String
    /// The least work items worth a thread.
    var grain: String
    /// How work items too few for all threads are cut; nil where they are not.
    var split: Split?
  }
  /// A work item is cut into chunks along one dimension, whose results are combined by `NAME_finish`.
  struct Split {
    /// Indices of the dimension, and elements at each of them in one item.
    var length: String
    var elements: String
    var mostChunks: Int
    /// An upper bound of the work items before the cut.
    var mostItems: Int
  }

  func render() throws -> Rendered {
    if !kernel.reduced.isEmpty { return try ReductionRenderer(schedule: schedule, kernel: kernel).render() }
    let loads: [Int] = kernel.loads(in: schedule)
    let stores: [Schedule.Access] = kernel.stores.map(\.access)
    let nest = LoopNest(kernel, loads: loads, accesses: schedule.accesses, stores: stores)
    let keys: [Int] = loads + stores.indices.map { -1 - $0 }
    let pointers: [Schedule.Access] = loads.map { schedule.accesses[$0] } + stores
    var symbols: Set<String> = []
    for size in nest.sizes { symbols.formUnion(size.symbols) }
    for strides in nest.strides.values { for stride in strides { symbols.formUnion(stride.symbols) } }
    let sorted: [String] = symbols.sorted()

    let inner: SymbolicInt = nest.sizes.last ?? 1
    let outer: [SymbolicInt] = Array(nest.sizes.dropLast())
    let name: String = KernelRenderer.name
    var lines: [String] = ["typedef struct {"]
    for (index, access) in pointers.enumerated() {
      let isStore: Bool = index >= loads.count
      lines.append("  \(isStore ? "" : "const ")\(CText.storage(access.dtype)) *p\(index);")
    }
    for symbol in sorted { lines.append("  int64_t \(CText.symbol(symbol));") }
    lines.append("} \(name)_arguments;")
    lines.append("static void \(name)(void *context, intptr_t begin, intptr_t end, int thread) {")
    lines.append("  const \(name)_arguments *c = context;")
    for symbol in sorted { lines.append("  const int64_t \(CText.symbol(symbol)) = c->\(CText.symbol(symbol));") }
    lines.append("  const intptr_t n = \(try CText.size(inner)), pieces = (n + \(KernelRenderer.piece - 1)) / \(KernelRenderer.piece);")
    lines.append("  for (intptr_t item = begin; item < end; item++) {")
    lines.append("    const intptr_t first = item % pieces * \(KernelRenderer.piece), last = n - first < \(KernelRenderer.piece) ? n : first + \(KernelRenderer.piece);")
    if outer.isEmpty { lines.append("    (void)thread;") } else {
      lines.append("    (void)thread;")
      lines.append("    intptr_t row = item / pieces;")
      for dimension in outer.indices.reversed() {
        if dimension == 0 { lines.append("    const intptr_t i0 = row;") } else {
          lines.append("    const intptr_t i\(dimension) = row % (\(try CText.size(outer[dimension])));")
          lines.append("    row /= \(try CText.size(outer[dimension]));")
        }
      }
    }
    for (index, key) in keys.enumerated() {
      let strides: [SymbolicInt] = nest.strides[key] ?? []
      var place: [String] = ["c->p\(index)"]
      for dimension in outer.indices where strides[dimension] != 0 { place.append("i\(dimension) * \(try CText.size(strides[dimension]))") }
      let isStore: Bool = index >= loads.count
      lines.append("    \(isStore ? "" : "const ")\(CText.storage(pointers[index].dtype)) *\(isStore ? "" : "const ")p\(index) = \(place.joined(separator: " + "));")
    }
    let inners: [SymbolicInt] = keys.map { nest.strides[$0]?.last ?? 0 }
    // What is the same for the whole row is loaded once.
    for index in loads.indices where inners[index] == 0 {
      let type: LoopType = LoopType(computing: pointers[index].dtype)
      lines.append("    const \(type.lanes) r\(index) = load_one_\(pointers[index].dtype.abbreviationInC)(p\(index));")
    }
    // Rows that are one begin at an aligned address, and so does each piece.
    let streams: Bool = outer.isEmpty && (inner.constant ?? 0) >= KernelRenderer.streamed && stores.allSatisfy { $0.dtype == .f32 && $0.offset == 0 }
    lines.append("    intptr_t j = first;")
    lines.append("    for (; j + LANES <= last; j += LANES) {")
    lines += try body(loads, pointers, inners, count: nil, streams: streams).map { "      " + $0 }
    lines.append("    }")
    lines.append("    if (j < last) {")
    lines.append("      const int count = (int)(last - j);")
    lines += try body(loads, pointers, inners, count: "count").map { "      " + $0 }
    lines.append("    }")
    lines.append("  }")
    if streams { lines.append("  lathe_streamed();") }
    lines.append("}")

    let rows: String = outer.isEmpty ? "1" : try outer.map { try CText.size($0) }.joined(separator: " * ")
    let items: String = "(\(rows)) * ((\(try CText.size(inner)) + \(KernelRenderer.piece - 1)) / \(KernelRenderer.piece))"
    let cost: Int = max(1, LoopArena.reachable(in: schedule.arena, from: kernel.stores.map(\.value)).map { schedule.arena[$0].operation.cost }.reduce(0, +) / 4)
    let grain: String = "lathe_grain(\(try CText.size(inner)), \(KernelRenderer.piece), \(cost))"
    return Rendered(text: lines.joined(separator: "\n"), pointers: pointers, symbols: sorted, items: items, grain: grain)
  }

  /// The nodes a kernel computes and the model's lines that they come from.
  static func comment(_ nodes: [Graph.NodeID], of graph: Graph) -> String {
    var lines: [String] = []
    var places: [String] = []
    for id in nodes.sorted(by: { $0.index < $1.index }) {
      let node: Graph.Node = graph[id]
      guard case .call(let operation) = node.operation else { continue }
      lines.append("// \(node.name) = \(operation)")
      if let frame = graph.sourceFrames(of: id).last {
        let place: String = "//   \(frame.file):\(frame.line)\(frame.text.isEmpty ? "" : "  \(frame.text)")"
        if places.last != place { lines.append(place) }
        places.append(place)
      }
    }
    return lines.map { $0.replacing("\n", with: " ") + "\n" }.joined()
  }

  private func body(_ loads: [Int], _ pointers: [Schedule.Access], _ inners: [SymbolicInt], count: String?, streams: Bool = false) throws -> [String] {
    var places: [Int: Int] = [:]
    for (index, load) in loads.enumerated() { places[load] = index }
    func address(_ index: Int) throws -> String { inners[index] == 1 ? "p\(index) + j" : "p\(index) + j * (\(try CText.size(inners[index])))" }
    let addresses: [String] = try pointers.indices.map { try address($0) }
    let innerTexts: [String] = try inners.map { try CText.size($0) }
    let values: [LoopValue] = LoopArena.reachable(in: schedule.arena, from: kernel.stores.map(\.value))
    let names: [LoopValue: String] = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, "v\($0)") })
    let renderer = LoopValueRenderer(arena: schedule.arena, name: { names[$0]! }) { load in
      let index: Int = places[load]!
      let dtype: String = pointers[index].dtype.abbreviationInC
      if inners[index] == 0 { return "r\(index)" }
      if inners[index] == 1 && count == nil { return "load_\(dtype)(\(addresses[index]))" }
      return "load_some_\(dtype)(\(addresses[index]), \(innerTexts[index]), \(count ?? "LANES"))"
    }
    var lines: [String] = []
    for value in values {
      lines.append("const \(schedule.arena[value].type.lanes) \(names[value]!) = \(renderer.text(value));")
    }
    for (index, store) in kernel.stores.enumerated() {
      let pointer: Int = loads.count + index
      let target = LoopType(computing: store.access.dtype)
      let type: LoopType = schedule.arena[store.value].type
      let name: String = names[store.value]!
      let value: String = type == target ? name : "\(target.suffix.uppercased())_FROM_\(type.suffix.uppercased())(\(name))"
      let dtype: String = store.access.dtype.abbreviationInC
      if inners[pointer] == 1 && count == nil {
        lines.append("\(streams ? "stream" : "store")_\(dtype)(\(addresses[pointer]), \(value));")
      } else {
        lines.append("store_some_\(dtype)(\(addresses[pointer]), \(innerTexts[pointer]), \(count ?? "LANES"), \(value));")
      }
    }
    return lines
  }
}

extension DType {
  /// In the names of `lathe_lanes.h`.
  var abbreviationInC: String { self == .bool ? "bool" : "\(self)" }
}
