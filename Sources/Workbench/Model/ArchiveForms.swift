import Archives
import Engine
import Foundations
import Graphs

// The forms of the Archive screen: export with its dimension editor, packaging, running a model of an archive.
extension Model {
  /// A dimension of an input tensor.
  struct InputDimension {
    var input: String
    var dimension: Int
    var size: SymbolicInt
    var label: String { "\(input):\(dimension)" }
  }

  /// What a dimension may be wished to be; the order is that of the form's choice.
  private static let wishes: [String] = ["keep", "static", "auto", "dynamic", "named", "derived"]

  func inputDimensions(of opened: OpenModel) -> [InputDimension] {
    opened.session.inputs.required.flatMap { input in
      (input.type.tensor?.sizes ?? []).enumerated().map { InputDimension(input: input.name, dimension: $0, size: $1) }
    }
  }

  // MARK: Export

  mutating func openExportForm() -> [Effect] {
    guard let document else { return [] }
    let dimensions: [InputDimension] = inputDimensions(of: document.opened)
    var form = Form(
      .export(document.id), title: "Export \(document.name)", action: "Export",
      fields: dimensions.map { .init($0.label, variant: Model.wishes) } + [
        .init("layout", choice: ["PyTorch 2.6 and later", "PyTorch 2.8 and later"]), .init("output", text: stem(of: document) + "_exported.pt2"),
      ])
    check(&form)
    layer = .form(form)
    return foresee()
  }

  func exportRequest(_ form: Form, _ id: Int) throws(LatheError) -> (request: WriteRequest, meaning: [String]) {
    guard let opened = documents.first(where: { $0.id == id })?.opened else { throw .badInput("the program was closed") }
    let dimensions: [InputDimension] = inputDimensions(of: opened)
    var wishes: [DimensionWish] = []
    for (field, dimension) in zip(form.fields, dimensions) { wishes += try wish(for: dimension, Model.wishes[field.option ?? 0], field.value.trimmed) }
    let layout: ProgramLayout = form.fields.dropFirst(dimensions.count).first?.option == 1 ? .pt2 : .legacy
    let request = WriteRequest(.export(opened, wishes, layout), to: try outputPath(form))
    guard form.fields.indices.contains(form.focus), form.focus < dimensions.count else { return (request, []) }
    let dimension: InputDimension = dimensions[form.focus]
    return (request, ["\(dimension.label) is \(dimension.size) now; \(sentence(Model.wishes[form.fields[form.focus].option ?? 0]))"])
  }

  private func sentence(_ wish: String) -> String {
    switch wish {
    case "static": "static is one size, that of the export or the number typed"
    case "auto": "auto is dynamic where the program allows it; a range such as 2..64 may follow"
    case "dynamic": "dynamic must stay so; a range such as 2..64 may follow"
    case "named": "named: a name and its range, such as seq 2..512"
    case "derived": "derived from a named dimension, such as 2*seq + 1"
    default: "keep leaves it; ← → change"
    }
  }

  private func wish(for dimension: InputDimension, _ kind: String, _ text: String) throws(LatheError) -> [DimensionWish] {
    var value: String
    switch kind {
    case "static": value = text.isEmpty ? "static" : text
    case "auto", "dynamic": value = text.isEmpty ? kind : "\(kind)(\(text))"
    case "named":
      if text.isEmpty { throw .badInput("\(dimension.label) needs a name, such as seq or seq 2..512") }
      let words: [Substring] = text.split(separator: " ", maxSplits: 1)
      value = words.count == 2 ? "\(words[0])(\(words[1]))" : text
    case "derived":
      if text.isEmpty { throw .badInput("\(dimension.label) needs an expression over a named dimension, such as 2*seq + 1") }
      value = text
    default: return []
    }
    do { return try DimensionWish.parse("\(dimension.label)=\(value)") } catch { throw error as? LatheError ?? .badInput("\(error)") }
  }

  private func outputPath(_ form: Form) throws(LatheError) -> String {
    let path: String = PathCompletion.expanded(form["output"])
    guard path.hasSuffix(".pt2"), PathText.name(path) != ".pt2" else { throw .badInput("output is the path of a file whose name ends in .pt2, as PyTorch wants it") }
    if documents.contains(where: { absolute($0.opened.path) == absolute(path) }) { throw .badInput("\(path) is open here as a program; write another file") }
    return path
  }

  /// The path of a document without its extension.
  private func stem(of document: Document) -> String {
    let path: String = document.opened.path
    return path.hasSuffix(".pt2") ? String(path.dropLast(4)) : path
  }

  // MARK: Package

  mutating func openPackageForm() -> [Effect] {
    guard let document else { return [] }
    let fields: [Form.Field] = documents.map { item in
      let name: String = documents.count == 1 ? "model" : String(PathText.name(stem(of: item)).map { $0.isASCII && ($0.isLetter || $0.isNumber || "_-.".contains($0)) ? $0 : "_" })
      return .init(item.name, variant: ["in", "out"], chosen: item.id == document.id ? 0 : 1, text: name)
    }
    var form = Form(
      .package(documents.map(\.id)), title: "Package", action: "Package",
      fields: fields + [
        .init("dimensions", text: ""), .init("metadata", text: ""), .init("target", choice: PackageTarget.allCases.map(\.rawValue)),
        .init("weights", choice: ModelFacts.Placement.allCases.map(\.rawValue)), .init("autotune", choice: ["no", "yes"]), .init("verify first", choice: ["yes", "no"]),
        .init("output", text: stem(of: document) + "_packaged.pt2"),
      ])
    check(&form)
    layer = .form(form)
    return foresee()
  }

  func packageRequest(_ form: Form, _ ids: [Int]) throws(LatheError) -> (request: WriteRequest, meaning: [String]) {
    var items: [PackageItem] = []
    for (field, id) in zip(form.fields, ids) where field.option == 0 {
      guard let document = documents.first(where: { $0.id == id }) else { throw .badInput("\(field.label) was closed") }
      items.append(PackageItem(name: field.value.trimmed, model: document.opened))
    }
    var metadata: [String: String] = [:]
    for part in form["metadata"].split(separator: ",") {
      let words: [String] = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { String($0).trimmed }
      guard words.count == 2, !words[0].isEmpty else { throw .badInput("metadata looks like version=3, owner=search") }
      metadata[words[0]] = words[1]
    }
    let options = PackageOptions(
      target: PackageTarget(rawValue: form["target"]) ?? .native, weights: ModelFacts.Placement(rawValue: form["weights"]) ?? .inline, tunes: form["autotune"] == "yes",
      metadata: metadata)
    do {
      try CompiledPackage.checkNames(items.map(\.name))
      try options.check()
      try addDimensions(form["dimensions"], to: &items)
    } catch { throw error as? LatheError ?? .badInput("\(error)") }
    let request = WriteRequest(.package(items, options, verifies: form["verify first"] == "yes"), to: try outputPath(form))
    let count: String = items.count == 1 ? "1 model" : "\(items.count) models"
    return (request, ["\(count): \(items.map { "\($0.name) from \(PathText.name($0.model.path))" }.joined(separator: ", "))", hint(form, modelCount: ids.count)])
  }

  private func hint(_ form: Form, modelCount: Int) -> String {
    guard form.fields.indices.contains(form.focus) else { return "it loads in PyTorch from 2.6 on, in Lathe, and from C" }
    if form.focus < modelCount { return "← → put it in or leave it out; type what it is called in the archive" }
    switch form.fields[form.focus].label {
    case "dimensions": return "wishes such as x:0=batch(1..64), several joined by commas; with several models NAME/x:0=…"
    case "metadata": return "version=3, owner=search: what PyTorch's loader gives"
    case "target": return "native is this machine, x86-64-v3 any with AVX2, x86-64-v4 any with AVX-512"
    case "weights": return "inline stand in the code's file, external in a member beside it"
    case "autotune": return "yes times the candidates of heavy kernels first, which takes longer"
    case "verify first": return "yes packages on trial, loads, runs and compares with eager execution before anything is written"
    default: return "it loads in PyTorch from 2.6 on, in Lathe, and from C"
    }
  }

  /// Wishes are split at commas outside parentheses by the parser; a model's name before `/` holds until the next one.
  private func addDimensions(_ text: String, to items: inout [PackageItem]) throws {
    if text.isEmpty { return }
    var depth: Int = 0
    var parts: [String] = [""]
    for character in text {
      if character == "(" { depth += 1 } else if character == ")" { depth -= 1 }
      if character == ",", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
    }
    for part in parts.map(\.trimmed) {
      let words: [Substring] = part.split(separator: "/", maxSplits: 1)
      let named: Int? = words.count == 2 ? items.firstIndex { $0.name == words[0] } : nil
      guard let index = named ?? (items.count == 1 ? 0 : nil) else { throw LatheError.badInput("'\(part)' does not say which model it is for: write NAME/\(part)") }
      items[index].dimensions += try DimensionWish.parse(named == nil ? part : String(words[1]))
    }
  }

  // MARK: Running a model of an archive

  mutating func openArchiveRunForm(_ archive: OpenArchive, _ number: Int) {
    let model: ArchiveSummary.Model = archive.summary.models[number]
    let symbols: [String] = model.ranges.keys.sorted()
    let sizes: String = symbols.compactMap { symbol in model.ranges[symbol].map { "\(symbol)=\(max($0.minimum ?? 2, 2))" } }.joined(separator: " ")
    var form = Form(
      .runArchive(archive.id, number), title: "Run \(model.name) of \(archive.name)", action: "Run",
      fields: [
        .init("inputs", choice: ["made up", "from a file"], chosen: model.inputs.isEmpty ? 1 : 0), .init("seed", text: "0"), .init("sizes", text: sizes), .init("file", text: ""),
        .init("repeats", text: "1"),
      ])
    check(&form)
    layer = .form(form)
  }

  func runRequest(_ form: Form, _ id: Int, _ number: Int) throws(LatheError) -> (call: ArchiveCall, meaning: [String]) {
    guard let archive = shelf.archive(id), archive.summary.models.indices.contains(number), let digest = archive.summary.models[number].library?.digest else {
      throw .badInput("there is no code to run")
    }
    let model: ArchiveSummary.Model = archive.summary.models[number]
    guard let repeats = Int(form["repeats"]), (1...1_000_000).contains(repeats) else { throw .badInput("repeats is a number of 1 or more") }
    let inputs: InputSource
    if form["inputs"] == "from a file" {
      if form["file"].isEmpty { throw .badInput("file is a safetensors file whose tensors are keyed 0, 1, … in order") }
      inputs = .file(PathCompletion.expanded(form["file"]))
    } else {
      if model.inputs.isEmpty { throw .badInput("the archive does not say what its inputs are, so they cannot be made up; name a file") }
      guard let seed = UInt64(form["seed"]) else { throw .badInput("the seed is a number of 0 or more") }
      guard let sizes = RunDialog.sizes(form["sizes"]) else { throw .badInput("sizes look like s0=4 s1=16") }
      inputs = .random(seed: seed, sizes: sizes)
    }
    let takes: String = model.inputs.isEmpty ? "" : "takes \(model.inputs.map { "\($0.name) \($0.dtype ?? "None")[\($0.sizes.joined(separator: ", "))]" }.joined(separator: ", "))"
    return (
      ArchiveCall(archive: id, path: archive.summary.path, model: model.name, digest: digest, task: .run(inputs, repeats: repeats)),
      [takes, model.isTrusted ? "its code was run here before" : "its code was never run here; you are asked before it is"].filter { !$0.isEmpty }
    )
  }
}
