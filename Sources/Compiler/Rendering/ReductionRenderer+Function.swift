import Foundations
import LoopIR

/// The function around the passes, and how its work is shared out.
extension ReductionRenderer {
  func render() throws -> KernelRenderer.Rendered {
    let symbols: [String] = self.symbols
    let pointers: [Schedule.Access] = loads.map { schedule.accesses[$0] } + kernel.stores.map(\.access)
    let name: String = KernelRenderer.name
    var lines: [String] = ["typedef struct {"]
    for (index, access) in pointers.enumerated() {
      lines.append("  \(index >= loads.count ? "" : "const ")\(CText.storage(access.dtype)) *p\(index);")
    }
    for symbol in symbols { lines.append("  int64_t \(CText.symbol(symbol));") }
    if split != nil {
      lines.append("  struct \(name)_partial *partials;")
      lines.append("  int64_t chunks;")
    }
    lines.append("} \(name)_arguments;")
    if split != nil { lines += partialType() }
    let start: [String] = ["  const \(name)_arguments *c = context;"] + symbols.map { "  const int64_t \(CText.symbol($0)) = c->\(CText.symbol($0));" }
    lines.append("static void \(name)(void *context, intptr_t begin, intptr_t end, int thread) {")
    lines += start
    lines.append("  (void)thread;")
    if split == nil { lines.append("  const intptr_t n = \(try CText.size(laneSize));") }
    lines.append("  for (intptr_t \(split == nil ? "item" : "chunk") = begin; \(split == nil ? "item" : "chunk") < end; \(split == nil ? "item" : "chunk")++) {")
    if let split { lines += ReductionRenderer.indented(try chunkBounds(split), by: 2) }
    var body: [String] = try itemIndices()
    body += try itemPointers()
    lines += ReductionRenderer.indented(body + (isAcross ? try columnBody() : try rowBody()), by: 2)
    lines.append("  }")
    if !plan.streamed.isEmpty { lines.append("  lathe_streamed();") }
    lines.append("}")
    let items: String = try self.items()
    if split != nil {
      lines.append("static void \(name)_finish(\(name)_arguments *context) {")
      lines += start
      lines.append("  const intptr_t n = \(try CText.size(laneSize));")
      lines.append("  (void)n;")
      lines.append("  for (intptr_t item = 0; item < \(items); item++) {")
      lines += ReductionRenderer.indented(body + (isAcross ? try columnFinish() : try rowFinish()), by: 2)
      lines.append("  }")
      lines.append("}")
    }
    let elements: String = try CText.size(nest.count)
    let row: String = isAcross ? "\(elements) * lathe_least(\(try CText.size(laneSize)), \(ReductionRenderer.pieceVectors) * LANES)" : elements
    return .init(
      text: lines.joined(separator: "\n"), pointers: pointers, symbols: symbols, items: items, grain: "lathe_grain(\(row), INT64_MAX, \(cost))", split: split)
  }

  /// Rows, or pieces of rows beside each other.
  private func items() throws -> String {
    let rows: String = outer.isEmpty ? "1" : try outer.map { try CText.size($0) }.joined(separator: " * ")
    if !isAcross { return rows }
    let piece: String = "(\(ReductionRenderer.pieceVectors) * LANES)"
    return "(\(rows)) * ((\(try CText.size(laneSize)) + \(piece) - 1) / \(piece))"
  }

  // MARK: Few long rows

  /// How the work items are cut into chunks: where they are few, long, and need one pass.
  static func split(_ nest: ReductionNest, _ plan: ReductionPlan, isAcross: Bool) throws -> KernelRenderer.Split? {
    guard plan.passCount == 1, !plan.reductions(1).isEmpty, let rows = nest.kept.product.constant, let longest = nest.reduced.first else { return nil }
    if let count = nest.count.constant, count < (isAcross ? 2048 : 65536) { return nil }
    // A piece has at least 4 lanes in each of its vectors.
    let last: Int = nest.kept.last?.constant ?? 1
    let items: Int = isAcross ? rows / last * ((last + 4 * pieceVectors - 1) / (4 * pieceVectors)) : rows
    guard items <= 16 else { return nil }
    let rest: SymbolicInt = nest.reduced.dropFirst().product
    return .init(
      length: try CText.size(longest), elements: "\(try CText.size(rest)) * \(isAcross ? min(last, 16 * pieceVectors) : 1)", mostChunks: 64 / items, mostItems: items)
  }

  private func chunkBounds(_ split: KernelRenderer.Split) throws -> [String] {
    var lines: [String] = [
      "const intptr_t item = chunk / c->chunks, part = chunk % c->chunks, length = \(split.length), share = (length + c->chunks - 1) / c->chunks;",
      "const intptr_t from = part * share, to = from + share < length ? from + share : length;",
    ]
    lines.append("const intptr_t n = \(steps.isEmpty ? "to" : try CText.size(laneSize));")
    return lines
  }

  private func partialType() -> [String] {
    let count: String = isAcross ? "[\(ReductionRenderer.pieceVectors)]" : ""
    var lines: [String] = ["typedef struct \(KernelRenderer.name)_partial {"]
    for value in plan.reductions(1) {
      let number: Int = numbers[value]!
      lines.append(isBlocked(value) ? "  lanes_d t\(number)\(count);" : "  \(accumulated(value).lanes) s\(number)\(count);")
      if position(value) { lines.append("  lanes_i w\(number)\(count);") }
    }
    return lines + ["} \(KernelRenderer.name)_partial;"]
  }
  /// Stores a chunk's accumulators; `sum` names one by its number.
  func partials(_ pass: Int, _ sum: (Int) -> String) -> [String] {
    let place: String = isAcross ? "[u]" : ""
    return plan.reductions(pass).flatMap { value -> [String] in
      let number: Int = numbers[value]!
      if isBlocked(value) { return ["c->partials[chunk].t\(number)\(place) = t\(number)\(place);"] }
      let store: String = "c->partials[chunk].s\(number)\(place) = \(sum(number));"
      return position(value) ? [store, "c->partials[chunk].w\(number)\(place) = w\(number)\(isAcross ? "[u]" : "_0");"] : [store]
    }
  }

  /// The indices of a work item's row, and across rows the piece of them that it is.
  private func itemIndices() throws -> [String] {
    var lines: [String] = []
    if isAcross {
      let piece: String = "(\(ReductionRenderer.pieceVectors) * LANES)"
      lines.append("const intptr_t pieces = (n + \(piece) - 1) / \(piece), first = item % pieces * \(piece);")
      lines.append("const int rows = (int)(n - first < \(piece) ? n - first : \(piece)), vectors = rows / LANES, count = rows % LANES, used = vectors + (count > 0);")
      lines.append("(void)used;")
      if !outer.isEmpty { lines.append("intptr_t row = item / pieces;") }
    } else if !outer.isEmpty {
      lines.append("intptr_t row = item;")
    }
    for dimension in outer.indices.reversed() {
      if dimension == 0 { lines.append("const intptr_t i0 = row;") } else {
        lines.append("const intptr_t i\(dimension) = row % (\(try CText.size(outer[dimension])));")
        lines.append("row /= \(try CText.size(outer[dimension]));")
      }
    }
    return lines
  }

  /// Lines with the depth of their braces as indentation.
  static func indented(_ lines: [String], by depth: Int) -> [String] {
    var depth: Int = depth
    return lines.map { line in
      if line.hasPrefix("}") { depth -= 1 }
      let result: String = String(repeating: "  ", count: depth) + line
      if line.hasSuffix("{") { depth += 1 }
      return result
    }
  }
}
