import CRuntime
import Foundations
import Graphs
import Tensors

/// The operators that compiled programs leave to their host (`aoti_torch_cpu_…` in `lathe_fallback.h`), computed by the eager kernels.
package struct FallbackOperators: Sendable {
  /// From the first call on, C functions of this process find them.
  package static func install() { _ = installed }
  /// All of them, in the order of the C table.
  package static let standard = FallbackOperators(table: .standard)

  private static let installed: Void = {
    let executor = UnsafeMutablePointer<lathe_fallback_executor>.allocate(capacity: 1)  // for the life of the process
    executor.initialize(
      to: lathe_fallback_executor(
        run: { place, words in FallbackOperators.standard.run(Int(place), words!) }, knows: { FallbackOperators.standard.plans[Int($0)] != nil }))
    lathe_fallback_install(executor)
  }()

  /// One C function, and the record that computes it.
  package struct Plan: Sendable {
    /// The name of the C function.
    package let function: String
    package let record: OperatorRecord
    let signature: FallbackSignature
    /// For each argument of the function, the record's parameter it is; nil for one that the function writes its result to.
    let parameters: [String?]
  }
  /// By place in the C table; nil for a function whose operator Lathe lacks.
  package let plans: [Plan?]
  private let runner: EagerRunner

  package init(table: OperatorTable) {
    runner = EagerRunner(table: table)
    plans = (0..<lathe_fallback_count()).map { Plan(lathe_fallback_operator_at($0).pointee, table) }
  }

  /// Runs a function of the table on the words it was called with; 0, or 1 with the failure recorded.
  private func run(_ place: Int, _ words: UnsafePointer<lathe_word>) -> Int32 {
    guard let plan = plans[place] else {
      return lathe_aoti_fail_text("Lathe has no operator \(String(cString: lathe_fallback_operator_at(Int32(place)).pointee.operators))")
    }
    do {
      try run(plan, words)
      return 0
    } catch {
      return lathe_aoti_fail_text("\(plan.record.name): \(error)")
    }
  }

  private func run(_ plan: Plan, _ words: UnsafePointer<lathe_word>) throws {
    var reader = FallbackWords(words)
    var arguments: [(name: String, value: Value)] = []
    var targets: [Tensor] = []
    for (parameter, name) in zip(plan.signature.parameters, plan.parameters) {
      let value: Value = try reader.value(of: parameter)
      if let name { arguments.append((name, value)) }
      if parameter.kind == .written, let target = value.tensor { targets.append(target) }
    }
    let results: [Value] = try runner.run(plan.record, arguments)
    if case .inPlace = plan.record.meaning { return }
    for (target, result) in zip(targets, results) { try FallbackOperators.write(result, to: target) }
    let flat: [Value] = results.flatMap { value in if case .list(let items) = value { items } else { [value] } }
    for (place, isTensor) in plan.signature.resultsAreTensors.enumerated() {
      guard place < flat.count else { throw LatheError.unsupported("it gives \(flat.count) results where \(plan.signature.resultsAreTensors.count) are asked for") }
      try FallbackOperators.give(flat[place], to: reader.take().p, isTensor: isTensor)
    }
  }

  private static func write(_ result: Value, to target: Tensor) throws {
    guard let tensor = result.tensor else { throw LatheError.unsupported("it gives \(result.kindName) where a tensor is asked for") }
    guard tensor.sizes == target.sizes else { throw LatheError.badInput("the result's sizes \(tensor.sizes) are not those of the tensor for it, \(target.sizes)") }
    guard target.storage.isWritable else { throw LatheError.badInput("the tensor for the result is in memory that may only be read") }
    target.copy(from: tensor)
  }

  /// - Parameter place: where the caller wants a handle or a number; nil where it does not want this result.
  private static func give(_ result: Value, to place: UnsafeRawPointer?, isTensor: Bool) throws {
    guard let place = place.map(UnsafeMutableRawPointer.init(mutating:)) else { return }
    switch result {
    case .tensor(let tensor) where isTensor: place.assumingMemoryBound(to: AtenTensorHandle?.self).pointee = try tensor.makeHandle()
    case .none where isTensor: _ = aoti_torch_new_uninitialized_tensor(place.assumingMemoryBound(to: AtenTensorHandle?.self))
    case .int(let number) where !isTensor: place.assumingMemoryBound(to: Int64.self).pointee = Int64(number.constant ?? 0)
    default: throw LatheError.unsupported("it gives \(result.kindName) where \(isTensor ? "a tensor" : "an int") is asked for")
    }
  }
}

extension FallbackOperators.Plan {
  /// Nil where none of the operators that could compute it has a record.
  init?(_ entry: lathe_fallback_operator, _ table: OperatorTable) {
    let names: [OperatorName] = String(cString: entry.operators).split(separator: "|").map { OperatorName(String($0)) }
    guard let record = names.lazy.compactMap({ table[$0] }).first else { return nil }
    let signature = FallbackSignature(String(cString: entry.arguments))
    let known: [String] = record.schema.parameters.map(\.name)
    var parameters: [String?] = []
    for (place, parameter) in signature.parameters.enumerated() {
      if known.contains(parameter.name) {
        parameters.append(parameter.name)
      } else if parameter.kind == .written || parameter.kind == .generator {
        parameters.append(nil)
      } else {
        // Parameters have been renamed between versions of PyTorch; their places have not changed.
        guard place < known.count, !signature.parameters.contains(where: { $0.name == known[place] }) else { return nil }
        parameters.append(known[place])
      }
    }
    (function, self.record, self.signature, self.parameters) = (String(cString: entry.function), record, signature, parameters)
  }
}
