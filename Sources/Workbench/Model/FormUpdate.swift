import Capture
import Engine
import Foundations

// Forms in general, and those of the Compiles screen.
extension Model {
  mutating func handleForm(_ form: Form, _ key: Key) -> [Effect] {
    var form = form
    switch key.code {
    case .escape:
      layer = nil
      return []
    case .down, .tab: step(&form, by: 1)
    case .up, .backTab: step(&form, by: -1)
    case .enter:
      layer = nil
      return form.isOnCancel ? [] : accept(form)
    default:
      guard form.handle(key) else { break }
      check(&form)
      layer = .form(form)
      return foresee()
    }
    layer = .form(form)
    return []
  }

  /// Goes to another field, of which the form then says what it takes.
  private func step(_ form: inout Form, by count: Int) {
    let outlook = form.outlook
    form.step(by: count)
    check(&form)
    form.outlook = outlook
  }

  /// Says what a form's fields mean, or what is wrong with them.
  func check(_ form: inout Form) {
    (form.problem, form.meaning, form.outlook) = (nil, [], [])
    do throws(LatheError) {
      switch form.purpose {
      case .drive: form.meaning = try driveRequest(form).meaning
      case .mark: form.meaning = try markRequest(form).meaning
      case .export(let document): form.meaning = try exportRequest(form, document).meaning
      case .package(let documents): form.meaning = try packageRequest(form, documents).meaning
      case .minify(let document): form.meaning = try minifyRequest(form, document).meaning
      case .runArchive(let archive, let number): form.meaning = try runRequest(form, archive, number).meaning
      }
    } catch { form.problem = error.message }
  }

  private mutating func accept(_ form: Form) -> [Effect] {
    var form = form
    do throws(LatheError) {
      switch form.purpose {
      case .drive: return start(try driveRequest(form), text: form["sweep"])
      case .mark:
        let mark: SessionChoices.Mark = try markRequest(form).mark
        return changeChoices { $0.marks.append(mark) }
      case .export(let document):
        let request: WriteRequest = try exportRequest(form, document).request
        return ask(request, form)
      case .package(let documents):
        let request: WriteRequest = try packageRequest(form, documents).request
        return ask(request, form)
      case .minify(let document):
        let (model, options, _) = try minifyRequest(form, document)
        return [job("minify \(PathText.name(model.path))", .minify(model, options))]
      case .runArchive(let archive, let number):
        let call: ArchiveCall = try runRequest(form, archive, number).call
        return ask(call)
      }
    } catch {
      form.problem = error.message
      layer = .form(form)
      return []
    }
  }

  // MARK: Driving

  struct DriveRequest {
    var sweep: Sweep
    var cycles: Int
    var mode: ExecutionMode
    var meaning: [String]
  }

  mutating func openDriveForm() {
    guard let document else { return }
    let text: String = document.lastSweep ?? Sweep.suggestion(for: document.opened)
    let modes: [ExecutionMode] = [.compiled, .autotuned, .eager]
    var form = Form(
      .drive, title: "Drive \(document.name)", action: "Drive",
      fields: [.init("sweep", text: text), .init("cycles", text: "1"), .init("mode", choice: modes.map(\.rawValue))])
    check(&form)
    layer = .form(form)
  }

  private func driveRequest(_ form: Form) throws(LatheError) -> DriveRequest {
    guard let document else { throw .badInput("no model is open") }
    guard let cycles = Int(form["cycles"]), (1...1_000_000_000).contains(cycles) else { throw .badInput("cycles is a number of 1 or more") }
    let sweep: Sweep
    let steps: [String]
    do {
      sweep = try Sweep(parsing: form["sweep"])
      steps = try sweep.meaning(for: document.opened)
    } catch { throw error as? LatheError ?? .badInput("\(error)") }
    let mode: ExecutionMode = ExecutionMode(rawValue: form["mode"]) ?? .compiled
    let calls: Int = sweep.count * cycles
    return DriveRequest(sweep: sweep, cycles: cycles, mode: mode, meaning: ["\(calls) call\(calls == 1 ? "" : "s"), \(sweep.count) a cycle"] + steps)
  }

  private mutating func start(_ request: DriveRequest, text: String) -> [Effect] {
    guard let active else { return [] }
    documents[active].lastSweep = text
    let document: Document = documents[active]
    return [job("drive \(document.name) (\(text))", .drive(document: document.id, document.opened, request.sweep, cycles: request.cycles, mode: request.mode))]
  }

  // MARK: Marking

  mutating func openMarkForm() {
    guard let document else { return }
    let inputs: [String] = document.opened.session.inputs.required.filter { $0.type.tensor != nil }.map(\.name)
    let failed: SessionChoices.Mark? = document.compiles.misses.lazy.flatMap(\.failures).flatMap(\.remedies).compactMap(\.mark).first
    var form = Form(
      .mark, title: "Mark a dimension", action: "Mark",
      fields: [
        .init("input", choice: inputs, chosen: failed.flatMap { inputs.firstIndex(of: $0.input) } ?? 0), .init("dimension", text: "\(failed?.dimension ?? 0)"),
        .init("as", choice: ["dynamic", "maybe dynamic", "static", "unbacked"]), .init("at least", text: ""), .init("at most", text: ""),
      ])
    check(&form)
    layer = .form(form)
  }

  private func markRequest(_ form: Form) throws(LatheError) -> (mark: SessionChoices.Mark, meaning: [String]) {
    guard let input = document?.opened.session.inputs.required.first(where: { $0.name == form["input"] }), let type = input.type.tensor else {
      throw .badInput("the program has no tensor input to mark")
    }
    guard let dimension = Int(form["dimension"]), type.sizes.indices.contains(dimension) else {
      throw .badInput(type.rank == 0 ? "\(input.name) has no dimensions" : "dimension is a number from 0 to \(type.rank - 1)")
    }
    func bound(_ label: String) throws(LatheError) -> Int? {
      if form[label].isEmpty { return nil }
      guard let number = Int(form[label]), number >= 0 else { throw .badInput("'\(label)' is a number of 0 or more, or empty") }
      return number
    }
    let (minimum, maximum) = (try bound("at least"), try bound("at most"))
    if let minimum, let maximum, minimum > maximum { throw .badInput("nothing is at least \(minimum) and at most \(maximum)") }
    let mark: DimensionMark
    switch form["as"] {
    case "dynamic": mark = .dynamic(minimum: minimum, maximum: maximum)
    case "maybe dynamic": mark = .maybeDynamic
    case "static": mark = .fixed
    default: mark = .unbacked
    }
    if minimum != nil || maximum != nil, form["as"] != "dynamic" { throw .badInput("only a dynamic dimension has bounds") }
    let sizes: String = type.sizes.map { "\($0)" }.joined(separator: ", ")
    return (SessionChoices.Mark(input.name, dimension, mark), ["\(input.name) is [\(sizes)]: dimension \(dimension), \(type.sizes[dimension]), is marked \(mark.name)"])
  }
}

extension Sweep {
  /// The sizes and element types that the calls of one cycle have, a line for each input that changes.
  /// - Throws: `LatheError` of kind `badInput` for what the program has not, or fixes.
  package func meaning(for model: OpenModel) throws -> [String] {
    let inputs: ProgramInputs = model.session.inputs
    let hints: [String: Int] = model.program.symbolHints
    var shapes: [String: [String]] = [:]
    for call in 0..<count {
      let (symbols, dtypes) = try settings(at: call, for: inputs)
      guard call < 6 else { continue }
      for input in inputs.required {
        let text: String
        switch input.type {
        case .tensor(let type):
          let sizes: [String] = type.sizes.map { size in size.evaluate { symbols[$0] ?? hints[$0] }.map(String.init) ?? "\(size)" }
          text = "\((dtypes[input.name] ?? type.dtype).abbreviation)[\(sizes.joined(separator: ", "))]"
        case .int(let size): text = size.evaluate { symbols[$0] ?? hints[$0] }.map(String.init) ?? "\(size)"
        default: continue
        }
        shapes[input.name, default: []].append(text)
      }
    }
    let rest: String = count > 6 ? " → …" : ""
    return inputs.required.compactMap { input in
      guard let all = shapes[input.name], Set(all).count > 1 || count == 1 else { return nil }
      return "\(input.name)  \(all.joined(separator: " → "))\(rest)"
    }
  }

  /// A schedule that the program can follow: three sizes of its first dynamic dimension, else two element types.
  static func suggestion(for model: OpenModel) -> String {
    for input in model.session.inputs.required {
      for (dimension, size) in (input.type.tensor?.sizes ?? []).enumerated() {
        guard let symbol = size.symbolName, let hint = model.program.symbolHints[symbol] else { continue }
        let range: SizeRange? = model.program.rangeConstraints[symbol]
        let sizes: [Int] = [hint, hint + 1, hint + 2, hint - 1, hint - 2].filter { $0 > 0 && range?.contains($0) != false }
        return "\(input.name):\(dimension)=\(sizes.prefix(3).sorted().map(String.init).joined(separator: ","))"
      }
    }
    let float: String? = model.session.inputs.required.first { $0.type.tensor?.dtype == .f32 }?.name
    return float.map { "\($0):dtype=float32,bfloat16" } ?? ""
  }
}
