import Foundations
import Graphs
import LoopIR

/// Renders the expressions of a kernel that has a template as the template's epilogue (`lathe_epilogue.h`): a C function over a piece
/// of finished sums.
struct EpilogueRenderer {
  let schedule: Schedule
  let kernel: Schedule.Kernel
  let template: Schedule.Template

  /// Dimensions of the template's rows, neighbours made one where every access walks through them as through one.
  private struct Rows {
    var sizes: [SymbolicInt] = []
    /// By pointer: strides over `sizes`.
    var strides: [[SymbolicInt]]

    init(_ kernel: Schedule.Kernel, columns: Int, _ accesses: [Schedule.Access]) {
      strides = accesses.map { _ in [] }
      for dimension in kernel.sizes.indices where dimension != columns && kernel.sizes[dimension] != 1 {
        let size: SymbolicInt = kernel.sizes[dimension]
        if let last = sizes.last, accesses.indices.allSatisfy({ strides[$0].last == accesses[$0].strides[dimension] * size }) {
          sizes[sizes.count - 1] = last * size
          for index in strides.indices { strides[index][sizes.count - 1] = accesses[index].strides[dimension] }
        } else {
          sizes.append(size)
          for index in strides.indices { strides[index].append(accesses[index].strides[dimension]) }
        }
      }
    }
  }

  func render() throws -> KernelRenderer.Rendered {
    let loads: [Int] = kernel.loads(in: schedule).filter { schedule.accesses[$0].buffer != template.sums }
    let stores: [Schedule.Access] = kernel.stores.map(\.access)
    let pointers: [Schedule.Access] = loads.map { schedule.accesses[$0] } + stores
    let rows = Rows(kernel, columns: template.columns, pointers)
    let columns: [SymbolicInt] = pointers.map { $0.strides[template.columns] }
    var symbols: Set<String> = []
    for size in rows.sizes + rows.strides.joined() + columns { symbols.formUnion(size.symbols) }
    let sorted: [String] = symbols.sorted()
    let name: String = KernelRenderer.name

    var lines: [String] = ["typedef struct {"]
    for (index, access) in pointers.enumerated() { lines.append("  \(index < loads.count ? "const " : "")\(CText.storage(access.dtype)) *p\(index);") }
    for symbol in sorted { lines.append("  int64_t \(CText.symbol(symbol));") }
    lines.append("} \(name)_arguments;")
    lines.append(
      "static void \(name)(const void *context, float *values, intptr_t stride, intptr_t row, intptr_t column, intptr_t rows, intptr_t columns) {")
    lines.append("  const \(name)_arguments *c = context;")
    for symbol in sorted { lines.append("  const int64_t \(CText.symbol(symbol)) = c->\(CText.symbol(symbol));") }
    lines.append("  for (intptr_t i = 0; i < rows; i++) {")
    lines.append("    const float *sums = values + i * stride;")
    lines += try rowIndices(rows.sizes).map { "    " + $0 }
    for (index, access) in pointers.enumerated() {
      var place: [String] = ["c->p\(index)"]
      for (dimension, stride) in rows.strides[index].enumerated() where stride != 0 { place.append(product("i\(dimension)", try CText.size(stride))) }
      if columns[index] != 0 { place.append(product("column", try CText.size(columns[index]))) }
      lines.append("    \(index < loads.count ? "const " : "")\(CText.storage(access.dtype)) *p\(index) = \(place.joined(separator: " + "));")
    }
    for index in loads.indices where columns[index] == 0 {
      lines.append("    const \(LoopType(computing: pointers[index].dtype).lanes) r\(index) = load_one_\(pointers[index].dtype.abbreviationInC)(p\(index));")
    }
    lines.append("    intptr_t j = 0;")
    lines.append("    for (; j + LANES <= columns; j += LANES) {")
    lines += try body(loads, pointers, columns, count: nil).map { "      " + $0 }
    lines.append("    }")
    lines.append("    if (j < columns) {")
    lines.append("      const int count = (int)(columns - j);")
    lines += try body(loads, pointers, columns, count: "count").map { "      " + $0 }
    lines.append("    }")
    lines.append("  }")
    lines.append("}")
    return KernelRenderer.Rendered(text: lines.joined(separator: "\n"), pointers: pointers, symbols: sorted, items: "", grain: "")
  }

  private func product(_ index: String, _ stride: String) -> String { stride == "1" ? index : "\(index) * (\(stride))" }

  /// The row's index along each of the rows' dimensions.
  private func rowIndices(_ sizes: [SymbolicInt]) throws -> [String] {
    if sizes.isEmpty { return ["(void)row;"] }
    if sizes.count == 1 { return ["const intptr_t i0 = row + i;"] }
    var lines: [String] = ["intptr_t rest = row + i;"]
    for dimension in sizes.indices.dropFirst().reversed() {
      let size: String = try CText.size(sizes[dimension])
      lines.append("const intptr_t i\(dimension) = rest % (\(size));")
      lines.append("rest /= \(size);")
    }
    return lines + ["const intptr_t i0 = rest;"]
  }

  /// One vector of elements, `count` of them where not all are there.
  private func body(_ loads: [Int], _ pointers: [Schedule.Access], _ columns: [SymbolicInt], count: String?) throws -> [String] {
    let places: [Int: Int] = Dictionary(uniqueKeysWithValues: loads.enumerated().map { ($1, $0) })
    let strides: [String] = try columns.map { try CText.size($0) }
    let values: [LoopValue] = LoopArena.reachable(in: schedule.arena, from: kernel.stores.map(\.value))
    let names: [LoopValue: String] = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, "v\($0)") })
    func address(_ index: Int) -> String { columns[index] == 1 ? "p\(index) + j" : "p\(index) + j * (\(strides[index]))" }
    let renderer = LoopValueRenderer(arena: schedule.arena, name: { names[$0]! }) { load in
      guard let index = places[load] else { return "load_f32(sums + j)" }
      let dtype: String = pointers[index].dtype.abbreviationInC
      if columns[index] == 0 { return "r\(index)" }
      if columns[index] == 1 && count == nil { return "load_\(dtype)(\(address(index)))" }
      return "load_some_\(dtype)(\(address(index)), \(strides[index]), \(count ?? "LANES"))"
    }
    var lines: [String] = values.map { "const \(schedule.arena[$0].type.lanes) \(names[$0]!) = \(renderer.text($0));" }
    for (index, store) in kernel.stores.enumerated() {
      let pointer: Int = loads.count + index
      let value: String = renderer.stored(names[store.value]!, schedule.arena[store.value].type, as: store.access.dtype)
      let dtype: String = store.access.dtype.abbreviationInC
      if columns[pointer] == 1 && count == nil {
        lines.append("store_\(dtype)(\(address(pointer)), \(value));")
      } else {
        lines.append("store_some_\(dtype)(\(address(pointer)), \(strides[pointer]), \(count ?? "LANES"), \(value));")
      }
    }
    return lines
  }
}
