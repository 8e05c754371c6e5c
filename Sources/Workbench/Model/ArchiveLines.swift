import Archives
import Engine
import Foundations
import Graphs

/// What is known of a program or of a model in an archive, as lines of the Archive screen's inspector.
package enum ArchiveLines {
  package struct Line: Hashable, Sendable {
    package var label: String
    package var text: String
    package var role: Role
    /// The number of the source that Enter shows.
    package var source: Int?
    package init(_ label: String, _ text: String, _ role: Role = .value, source: Int? = nil) {
      (self.label, self.text, self.role, self.source) = (label, text, role, source)
    }
  }
  package static let labelWidth = 12

  /// - Parameter width: columns of the inspector, into which long texts are broken.
  package static func lines(of model: ArchiveSummary.Model, in archive: ArchiveSummary, width: Int) -> [Line] {
    var lines: [Line] = [
      Line("archive", "\(archive.path), \(Format.bytes(archive.bytes)), laid out for PyTorch \(archive.layouts.joined(separator: " and "))"),
      Line("model", "\(model.name), compiled by \(model.maker)", .title),
      Line("trust", model.isTrusted ? "✓ its code was run here before" : "its code was never run here; running it asks first", model.isTrusted ? .good : .warning),
    ]
    if let problem = model.problem { lines.append(Line("problem", "✗ \(problem)", .error)) }
    lines += list("metadata", model.metadata) { "\($0.key) = \($0.value)" }
    if let target = model.target { lines.append(Line("target", "\(target)\(model.level.map { ", instruction set \($0)" } ?? "")")) }
    lines += list("inputs", model.inputs, .type) { text($0) }
    lines += list("outputs", model.outputs, .type) { text($0) }
    lines += list("ranges", model.ranges.sorted { $0.key < $1.key }, .dynamicDimension) { range($0.key, $0.value.minimum, $0.value.maximum) }
    if let spec = model.inputSpec { lines.append(Line("call spec", "in  \(spec)", .dim)) }
    if let spec = model.outputSpec { lines.append(Line(model.inputSpec == nil ? "call spec" : "", "out \(spec)", .dim)) }
    lines += judgements(model)
    lines += list("calls", model.operators, .op) { "\($0), run by the program that loads the model" }
    lines += model.sources.enumerated().map { Line($0 == 0 ? "sources" : "", "\($1.name), \(Format.bytes($1.bytes))", .link, source: $0) }
    if let library = model.library { lines += code(library) }
    if !model.constants.isEmpty {
      lines.append(Line("constants", "\(model.constants.count) in \(Format.bytes(model.constantBytes))\(model.weights.map { ", \($0)" } ?? "")"))
      lines += model.constants.map { Line("", "\($0.name)  \($0.kind)  \($0.dtype)\($0.sizes)", .name) }
    }
    if let library = model.library { lines += imports(library) }
    return broken(lines, width: width)
  }

  /// The same of a program that is open.
  package static func lines(of opened: OpenModel, width: Int) -> [Line] {
    let summary: ModelSummary = opened.summary
    let program: ExportedProgram = opened.program
    var lines: [Line] = [
      Line("program", "\(opened.path), \(Format.bytes(summary.fileBytes)), \(summary.container)"),
      Line("written by", "\(summary.torchVersion.map { "PyTorch \($0)" } ?? "Lathe or an unnamed version of PyTorch"), schema \(summary.schemaVersion)"),
      Line("holds", "a graph of \(summary.nodeCount) nodes and no native code; P packages it, e exports it with other dimensions", .dim),
    ]
    lines += list("inputs", summary.inputs, .type) { text($0) }
    lines += list("outputs", summary.outputs, .type) { text($0) }
    lines += list("ranges", program.rangeConstraints.sorted { $0.key < $1.key }, .dynamicDimension) { range($0.key, $0.value.minimum, $0.value.maximum) }
    lines.append(Line("call spec", "in  \(program.inputSpec.torchText)", .dim))
    lines.append(Line("", "out \(program.outputSpec.torchText)", .dim))
    let missing: [String] = summary.operators.filter { !$0.isSupported }.map(\.name)
    lines.append(missing.isEmpty ? Line("runs", "✓ every operator is known", .good) : Line("runs", "not yet: \(missing.joined(separator: ", "))", .warning))
    lines += list("operators", summary.operators, .op) { "\($0.count) × \($0.name)" }
    lines.append(Line("constants", "\(Format.count(summary.parameterCount)) parameters, \(Format.bytes(summary.parameterBytes)), \(summary.bufferCount) buffers, \(summary.constantCount) constants"))
    for id in program.graph.placeholders {
      guard case .placeholder(let role) = program.graph[id].operation, let type = program.graph[id].type.tensor else { continue }
      let sizes: String = type.sizes.map(\.description).joined(separator: ", ")
      switch role {
      case .parameter(let name): lines.append(Line("", "\(name)  parameter  \(type.dtype.torchName)[\(sizes)]", .name))
      case .buffer(let name, let persistent): lines.append(Line("", "\(name)  \(persistent ? "buffer" : "buffer that is not saved")  \(type.dtype.torchName)[\(sizes)]", .name))
      case .tensorConstant(let name): lines.append(Line("", "\(name)  constant  \(type.dtype.torchName)[\(sizes)]", .name))
      default: break
      }
    }
    return broken(lines, width: width)
  }

  /// Breaks long texts; their further lines have no label.
  package static func broken(_ lines: [Line], width: Int) -> [Line] {
    let room: Int = max(16, width - labelWidth - 2)
    return lines.flatMap { line in
      let parts: [String] = line.text.isEmpty ? [""] : TextBreaking.lines(line.text, width: room).flatMap { chunks($0, of: room) }
      return parts.enumerated().map { Line($0 == 0 ? line.label : "", $1, line.role, source: line.source) }
    }
  }

  /// Words without blanks, such as hashes, are broken where the room ends: nothing of them is left out.
  private static func chunks(_ text: String, of room: Int) -> [String] {
    var (chunks, rest): ([String], Substring) = ([], text[...])
    while rest.count > room {
      chunks.append(String(rest.prefix(room)))
      rest = rest.dropFirst(room)
    }
    return chunks + (rest.isEmpty && !chunks.isEmpty ? [] : [String(rest)])
  }

  // MARK: Parts

  private static func list<Item>(_ label: String, _ items: [Item], _ role: Role = .value, _ text: (Item) -> String) -> [Line] {
    items.enumerated().map { Line($0 == 0 ? label : "", text($1), role) }
  }

  private static func text(_ value: ModelFacts.Value) -> String {
    "\(value.name)  \(value.dtype.map { "\($0)[\(value.sizes.joined(separator: ", "))]" } ?? "None")  \(value.path)\(value.isNumber == true ? "  a number" : "")"
  }
  private static func text(_ value: ModelSummary.Value) -> String {
    "\(value.name)  \(value.type)[\(value.dimensions.map(\.size).joined(separator: ", "))]  \(value.path)"
  }
  private static func range(_ symbol: String, _ minimum: Int?, _ maximum: Int?) -> String {
    "\(symbol)  \(minimum.map(String.init) ?? "-∞") … \(maximum.map(String.init) ?? "∞")"
  }

  private static func judgements(_ model: ArchiveSummary.Model) -> [Line] {
    guard let library = model.library else { return [Line("loads in", model.problem == nil ? "nothing: it holds sources alone" : "unknown", .warning)] }
    return library.compatibility.enumerated().map { number, judgement in
      let label: String = number == 0 ? "loads in" : ""
      return judgement.isCompatible
        ? Line(label, "✓ PyTorch \(judgement.version) has every function that it needs", .good)
        : Line(label, "✗ PyTorch \(judgement.version) lacks \(judgement.missing.joined(separator: ", "))", .error)
    }
  }

  private static func code(_ library: ArchiveSummary.Library) -> [Line] {
    var lines: [Line] = [
      Line("code", "\(library.member), \(Format.bytes(library.bytes)), for \(library.machine)"), Line("SHA-256", library.digest),
      Line("needs", "\(library.needed.isEmpty ? "no library" : library.needed.joined(separator: ", "))\(library.glibc.map { "; glibc \($0)" } ?? "")"),
    ]
    lines += list("searches", library.searchPaths, .warning) { $0 }
    return lines
  }

  private static func imports(_ library: ArchiveSummary.Library) -> [Line] {
    ["PyTorch", "libc or libm", "other"].flatMap { origin -> [Line] in
      let symbols: [ArchiveSummary.Symbol] = library.symbols.filter { $0.origin == origin }
      if symbols.isEmpty { return [] }
      return [Line("imports", "\(symbols.count) of \(origin)", origin == "other" ? .warning : .value)]
        + symbols.map { symbol in
          let lacking: [String] = library.compatibility.filter { $0.missing.contains(symbol.name) }.map(\.version)
          let judged: String = lacking.isEmpty ? "" : "  not in PyTorch \(lacking.joined(separator: ", "))"
          return Line("", "\(symbol.name)\(symbol.version.map { "  \($0)" } ?? "")\(symbol.isWeak ? "  optional" : "")\(judged)", lacking.isEmpty ? .name : .error)
        }
    }
  }
}
