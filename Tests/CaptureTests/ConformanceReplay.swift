import Archives
import Capture
import Engine
import Foundations
import Graphs
import Operators
import Synchronization
import Tensors

/// Runs graphs eagerly and counts how many it was given.
final class CountingBackend: Backend {
  let name: String
  private let eager = EagerBackend()
  private let given = Atomic<Int>(0)
  var count: Int { given.load(ordering: .relaxed) }
  init(_ name: String) { self.name = name }
  func compile(_ request: BackendRequest) throws -> any BackendCode {
    let code: any BackendCode = try eager.compile(request)
    given.wrappingAdd(1, ordering: .relaxed)
    return code
  }
}

/// Does the steps of a record with an exported program, and says what differs from what PyTorch did.
final class ConformanceReplay {
  private let record: ConformanceRecord
  private let counting = CountingBackend("counting")
  private let forced = CountingBackend("forced")
  private let context: CaptureContext
  private let frame: CapturedFrame
  private let heard: Heard
  private var scopes: [StanceSetting] = []
  private var invalidStance: Bool = false
  private(set) var differences: [String] = []

  private final class Heard: EventSink {
    let misses = Mutex<[EntryMiss]>([])
    let limits = Mutex<[String]>([])
    func report(_ event: Event) {
      if case .compile(.missed(_, let all)) = event { misses.withLock { $0 = all } }
      if case .compile(.limitReached(_, let limit, let name, let reason)) = event { limits.withLock { $0.append("\(name) (\(limit)) \(reason ?? "")") } }
    }
  }

  init(_ record: ConformanceRecord) throws {
    self.record = record
    let heard = Heard()
    self.heard = heard
    context = CaptureContext(backends: [counting, forced], events: heard)
    var dispatch = DispatchState(threadCount: 2)
    dispatch.gradMode = true
    context.setDispatch(dispatch)
    var program: Program = try ExportedProgram.read(path: record.programPath).captured
    program.contract = .traced
    frame = try CapturedFrame(program, context: context, backend: "counting", settings: ConformanceReplay.settings(record))
  }

  private static func settings(_ record: ConformanceRecord) -> CaptureSettings {
    var settings = CaptureSettings()
    if let dynamic = record.options["dynamic"]?.bool { settings.dynamic = dynamic ? .always : .never }
    if record.config["assume_static_by_default"]?.bool == false { settings.dynamic = .always }
    if record.config["automatic_dynamic_shapes"]?.bool == false { settings.dynamic = .never }
    settings.isFullGraph = record.options["fullgraph"]?.bool ?? false
    if let limit = record.config["recompile_limit"]?.int { settings.recompileLimit = limit }
    if let limit = record.config["accumulated_recompile_limit"]?.int { settings.accumulatedRecompileLimit = limit }
    if let limit = record.options["recompile_limit"]?.int { settings.recompileLimit = limit }
    settings.failsOnRecompile = record.config["error_on_recompile"]?.bool ?? false
    settings.failsOnRecompileLimit = record.config["fail_on_recompile_limit_hit"]?.bool ?? false
    return settings
  }

  func run() throws {
    for (number, step) in record.steps.enumerated() {
      if let call = step["call"] {
        try replay(call, step, number)
      } else {
        do {
          try change(step)
          if step["raised"] != nil { note(number, "PyTorch raised here") }
        } catch let error as LatheError {
          guard let text = step["raised"]?["text"]?.string else {
            note(number, "raised \(error.message)")
            continue
          }
          if error.message != text { note(number, "raised '\(error.message)', PyTorch '\(text)'") }
        }
      }
    }
  }

  private func note(_ step: Int, _ text: String) { differences.append("step \(step): \(text)") }

  // MARK: Steps that change something

  private func change(_ step: JSONValue) throws {
    if let stance = step["stance"]?.string {
      try set(stance, step)
    } else if let stance = step["enter"]?.string {
      scopes.append(context.stance)
      try set(stance, step)
    } else if step["leave"] != nil {
      if let before = scopes.popLast() { try context.setStance(before) }
    } else if let parts = step["set"]?.members {
      var dispatch: DispatchState = context.dispatch
      for part in parts {
        switch part.key {
        case "default_dtype": dispatch.defaultDType = part.value.string == "float64" ? .f64 : .f32
        case "num_threads": dispatch.threadCount = part.value.int ?? 0
        case "grad_mode": dispatch.gradMode = part.value.bool ?? true
        case "deterministic": dispatch.isDeterministic = part.value.bool ?? false
        case "autocast": dispatch.autocast = part.value.bool == true ? .bf16 : nil
        default: throw LatheError.badInput("no part \(part.key) of the state")
        }
      }
      context.setDispatch(dispatch)
    } else if let limit = step["config"]?["recompile_limit"]?.int {
      frame.changeSettings { $0.recompileLimit = limit }
    } else if step["reset"] != nil {
      frame.reset()
    } else {
      throw LatheError.badInput("no such step")
    }
  }

  private func set(_ name: String, _ step: JSONValue) throws {
    invalidStance = Stance(rawValue: name) == nil
    if invalidStance { return }
    try context.setStance(
      StanceSetting(
        try Stance(named: name), skipsGuards: step["skip_guard_eval_unsafe"]?.bool ?? false, forcedBackend: step["force_backend"]?.string))
  }

  // MARK: Calls

  private func replay(_ call: JSONValue, _ step: JSONValue, _ number: Int) throws {
    heard.misses.withLock { $0 = [] }
    heard.limits.withLock { $0 = [] }
    let before: (StanceSetting, DispatchState) = (context.stance, context.dispatch)
    var dispatch: DispatchState = before.1
    if step["under"] != nil {
      // no_grad and inference_mode
      dispatch.gradMode = false
      context.setDispatch(dispatch)
    }
    defer { context.setDispatch(before.1) }
    var outputs: [Value]?
    do {
      if invalidStance { _ = try Stance(named: "bogus") }
      let arguments: CallArguments = try self.arguments(call)
      outputs = try frame.call(arguments)
      if let raised = step["raised"]?["text"]?.string { note(number, "PyTorch raised '\(raised.prefix(120))'") }
    } catch let error as LatheError {
      guard let raised = step["raised"]?["text"]?.string else {
        note(number, "raised \(error.message)")
        return
      }
      // Errors of the stances are PyTorch's to the letter; others are said in Lathe's words.
      // The exported program knows the line of the first operator, not the line of `def`.
      func shown(_ text: String) -> [String] {
        text.replacing(/line number: \d+/, with: "line number").replacing(/model\.py:\d+/, with: "model.py").split(separator: "\n").compactMap { line in
          // Behind the guard PyTorch shows the user's line, and below it the stack.
          line.hasPrefix("    -   ") || line.hasPrefix("    - User") ? nil : String(line.replacing(/\s+# .*/, with: ""))
        }
      }
      let isStance: Bool = ["Detected recompile", "Recompilation triggered", "Recompiling function"].contains { raised.hasPrefix($0) }
      if isStance, shown(error.message) != shown(raised) {
        note(number, "raised '\(error.message)', PyTorch '\(raised)'")
      }
    }
    compare(outputs, step, number)
  }

  private func compare(_ outputs: [Value]?, _ step: JSONValue, _ number: Int) {
    if let wanted = step["compiles"]?.int, wanted != counting.count { note(number, "\(counting.count) compiles, PyTorch \(wanted)") }
    if (step["forced"]?.int ?? 0) != forced.count { note(number, "\(forced.count) forced compiles, PyTorch \(step["forced"]?.int ?? 0)") }
    if let entries = step["entries"]?.array?.compactMap(\.string), entries != frame.entries.map(\.id.description) {
      note(number, "entries \(frame.entries.map(\.id.description)), PyTorch \(entries)")
    }
    // PyTorch's names of backends are Python objects.
    func shown(_ text: String) -> String { text.hasPrefix("BACKEND_MATCH failure: ") ? "BACKEND_MATCH failure" : text }
    let reasons: [String] = (step["reasons"]?.array ?? []).map { "\($0["entry"]?.string ?? ""): \(shown($0["guard"]?.string ?? ""))" }
    let mine: [String] = heard.misses.withLock { $0 }.map { "\($0.entry): \(shown($0.failures.first?.text ?? ""))" }
    if step["reasons"] != nil, reasons != mine { note(number, "reasons \(mine), PyTorch \(reasons)") }
    if let new = step["new"], let inputs = new["inputs"]?.members { compare(inputs, number) }
    if let result = step["result"], let outputs, case .tensor(let tensor)? = outputs.first { compare(tensor, result, number) }
    let warned: Bool = step["warnings"]?.array?.contains { $0.string?.contains("recompile_limit (") == true } ?? false
    let mineWarned: [String] = heard.limits.withLock { $0 }
    if warned != !mineWarned.isEmpty { note(number, "limit warnings \(mineWarned), PyTorch \(warned)") }
  }

  /// Which sizes of the new graph's inputs are symbols.
  private func compare(_ inputs: [JSONValue.Member], _ number: Int) {
    guard let entry = frame.entries.first else { return note(number, "no entry was made") }
    for input in inputs {
      guard let mine = entry.inputs.first(where: { $0.source == "L['\(input.key)']" || $0.source == "L[\(input.key)]" || $0.name == input.key }) else { continue }
      if let sizes = input.value["size"]?.array {
        let theirs: [String] = sizes.map { $0.int.map(String.init) ?? "dynamic" }
        let ours: [String] = mine.symbolicSizes.map { Int($0) == nil ? "dynamic" : $0 }
        if theirs != ours { note(number, "\(input.key) was compiled with sizes \(ours), PyTorch \(theirs)") }
      } else if let text = input.value.string, text.hasPrefix("s"), Int(mine.symbolicSizes.first ?? "") != nil {
        note(number, "\(input.key) was compiled as \(mine.symbolicSizes), PyTorch \(text)")
      }
    }
  }

  private func compare(_ tensor: Tensor, _ wanted: JSONValue, _ number: Int) {
    if let dtype = wanted["dtype"]?.string, dtype != tensor.dtype.torchName { note(number, "gave \(tensor.dtype.torchName), PyTorch \(dtype)") }
    if let size = wanted["size"]?.array?.compactMap(\.int), size != tensor.sizes { note(number, "gave sizes \(tensor.sizes), PyTorch \(size)") }
    guard let sum = wanted["sum"].flatMap({ $0.int.map(Double.init) ?? $0.double }), let elements = try? tensor.doubles() else { return }
    let mine: Double = elements.reduce(0, +)
    let bound: Double = tensor.dtype == .bf16 || tensor.dtype == .f16 ? 0.05 : 1e-4
    if (mine - sum).magnitude > bound * max(1, sum.magnitude) { note(number, "sum \(mine), PyTorch \(sum)") }
  }

  // MARK: Arguments

  private func arguments(_ call: JSONValue) throws -> CallArguments {
    var storages: [String: Tensor] = [:]
    var flat: [(name: String, value: JSONValue)] = []
    for member in call.members ?? [] where !record.fixed.contains(member.key) {
      if let list = member.value["list"]?.array {
        for (index, item) in list.enumerated() { flat.append(("\(member.key)[\(index)]", item)) }
      } else {
        flat.append((member.key, member.value))
      }
    }
    var made: [String: Value] = [:]
    var values: [Value] = []
    var gradients: [Bool] = []
    var marks = DimensionMarks()
    for (name, item) in flat {
      let value: Value
      if let other = item["same"]?.string {
        value = made[other] ?? .none
      } else if let number = item["int"]?.int {
        value = .integer(number)
      } else if let number = item["float"].flatMap({ $0.double ?? $0.int.map(Double.init) }) {
        value = .double(number)
      } else if let flag = item["bool"]?.bool {
        value = .bool(flag)
      } else {
        value = .tensor(try tensor(item, &storages))
      }
      made[name] = value
      values.append(value)
      gradients.append(item["grad"]?.bool ?? false)
      let all: [JSONValue] = item["mark"]?.array ?? item["mark"].map { [$0] } ?? []
      for mark in all {
        for dimension in mark["dim"]?.array?.compactMap(\.int) ?? mark["dim"]?.int.map({ [$0] }) ?? [] {
          try marks.set(ConformanceReplay.mark(mark), on: .local(name), dimension: dimension)
        }
      }
    }
    frame.replaceMarks(marks)
    return CallArguments(values, requiresGradient: gradients)
  }

  private static func mark(_ value: JSONValue) throws -> DimensionMark {
    switch value["kind"]?.string ?? value["mark"]?.string ?? "" {
    case "dynamic": return .dynamic(minimum: value["min"]?.int, maximum: value["max"]?.int)
    case "maybe_dynamic": return .maybeDynamic
    case "static": return .fixed
    case "unbacked": return .unbacked
    default: throw LatheError.badInput("no such mark: \(value)")
    }
  }

  private func tensor(_ item: JSONValue, _ storages: inout [String: Tensor]) throws -> Tensor {
    guard let dtype = DType.allCases.first(where: { $0.torchName == item["dtype"]?.string }), let sizes = item["size"]?.array?.compactMap(\.int) else {
      throw LatheError.badInput("no tensor: \(item)")
    }
    let strides: [Int] = item["stride"]?.array?.compactMap(\.int) ?? Tensor.contiguousStrides(sizes)
    let offset: Int = item["offset"]?.int ?? 0
    let count: Int = max(zip(sizes, strides).reduce(offset + 1) { $0 + ($1.0 - 1) * $1.1 }, 1)
    let base: Tensor
    if let name = item["storage"]?.string, let known = storages[name] {
      base = known
    } else {
      let length: Int = item["storage"] == nil ? count : 64
      let numbers: [Int] = (0..<length).map { $0 * 37 % 100 - 25 }
      if dtype.isFloatingPoint {
        base = try Tensor(numbers.map { Double($0) / 100 }, sizes: [length], dtype)
      } else if dtype == .bool {
        base = try Tensor((0..<length).map { 1 - $0 % 2 }, sizes: [length], dtype)
      } else {
        base = try Tensor(dtype.isUnsigned ? numbers.map { $0 & 255 } : numbers, sizes: [length], dtype)
      }
      if let name = item["storage"]?.string { storages[name] = base }
    }
    return Tensor(storage: base.storage, dtype: dtype, sizes: sizes, strides: strides, offset: offset)
  }
}

extension JSONValue {
  var double: Double? {
    if case .double(let value) = self { return value }
    return nil
  }
}
