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
    lines.append("} \(name)_arguments;")
    lines.append("static void \(name)(void *context, intptr_t begin, intptr_t end, int thread) {")
    lines.append("  const \(name)_arguments *c = context;")
    lines.append("  (void)thread;")
    for symbol in symbols { lines.append("  const int64_t \(CText.symbol(symbol)) = c->\(CText.symbol(symbol));") }
    lines.append("  const intptr_t n = \(try CText.size(laneSize));")
    lines.append("  for (intptr_t item = begin; item < end; item++) {")
    var body: [String] = try itemIndices()
    body += try itemPointers()
    body += isAcross ? try columnBody() : try rowBody()
    lines += ReductionRenderer.indented(body, by: 2)
    lines.append("  }")
    lines.append("}")

    let rows: String = outer.isEmpty ? "1" : try outer.map { try CText.size($0) }.joined(separator: " * ")
    let elements: String = try CText.size(nest.count)
    if isAcross {
      let pieces: String = "((\(try CText.size(laneSize)) + (\(ReductionRenderer.pieceVectors) * LANES - 1)) / (\(ReductionRenderer.pieceVectors) * LANES))"
      let grain: String = "lathe_grain(\(elements) * lathe_least(\(try CText.size(laneSize)), \(ReductionRenderer.pieceVectors) * LANES), INT64_MAX, \(cost))"
      return .init(text: lines.joined(separator: "\n"), pointers: pointers, symbols: symbols, items: "(\(rows)) * \(pieces)", grain: grain)
    }
    return .init(
      text: lines.joined(separator: "\n"), pointers: pointers, symbols: symbols, items: rows, grain: "lathe_grain(\(elements), INT64_MAX, \(cost))")
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
