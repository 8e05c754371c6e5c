import Foundation
import Foundations
import Tensors

/// How the outputs of a packaged model compare with what eager execution of its program gives for the same inputs.
package struct PackageComparison: Hashable, Sendable, Encodable {
  package struct Output: Hashable, Sendable, Encodable {
    package var name: String
    package var dtype: String
    package var sizes: [Int]
    /// The element that misses by most; nil where all are within `Tolerance`.
    package var difference: String?
    package init(name: String, dtype: String, sizes: [Int], difference: String? = nil) {
      (self.name, self.dtype, self.sizes, self.difference) = (name, dtype, sizes, difference)
    }
  }
  package var model: String
  package var outputs: [Output]
  /// Seconds of one call each.
  package var eagerSeconds: Double
  package var packagedSeconds: Double
  package var hasPassed: Bool { outputs.allSatisfy { $0.difference == nil } }

  package init(model: String, outputs: [Output], eagerSeconds: Double, packagedSeconds: Double) {
    (self.model, self.outputs, self.eagerSeconds, self.packagedSeconds) = (model, outputs, eagerSeconds, packagedSeconds)
  }
}

extension Engine {
  /// Calls a packaged model and its program, eagerly, with the same inputs and compares their outputs.
  /// - Parameter source: of inputs; made up for the program where random.
  /// - Throws: `LatheError`: `badInput` for inputs that do not fit and for another number of outputs, `unsupported`, `cancelled`.
  package static func compare(
    _ packaged: PackagedModel, with model: OpenModel, inputs source: InputSource = .random(seed: 0, sizes: [:]), events: some EventSink = NoEvents(),
    cancellation: some Cancellation = NeverCancelled()
  ) throws -> PackageComparison {
    let eager: RunResult = try run(model, inputs: source, mode: .eager, events: events, cancellation: cancellation)
    try cancellation.check()
    do {
      let inputs: [Tensor] = try PackagedModel.writable(eager.inputs)
      let clock = ContinuousClock()
      let start: ContinuousClock.Instant = clock.now
      var outputs: [Tensor] = try packaged.call(inputs).compactMap { $0 }
      let seconds: Double = (clock.now - start).inSeconds
      if outputs.count != eager.outputs.count { outputs = packaged.tensorOutputs(outputs) }
      guard outputs.count == eager.outputs.count else {
        throw LatheError.badInput("model '\(packaged.model.name)' gives \(outputs.count) outputs, its program \(eager.outputs.count)")
      }
      let compared: [PackageComparison.Output] = try zip(zip(outputs, eager.outputs), eager.summaries).map { pair, summary in
        PackageComparison.Output(name: summary.name, dtype: summary.dtype, sizes: summary.sizes, difference: try Tolerance.worstElement(pair.0, expected: pair.1))
      }
      return PackageComparison(model: packaged.model.name, outputs: compared, eagerSeconds: eager.seconds.first ?? 0, packagedSeconds: seconds)
    } catch let error as LatheError { throw error.about(packaged.package.path) }
  }

  /// Packages programs into a folder of its own, loads the archive, and compares each model with eager execution; the archive is removed.
  /// - Throws: as `package`, `load` and `compare`.
  package static func tryPackaging(
    _ items: [PackageItem], options: PackageOptions = PackageOptions(), events: some EventSink = NoEvents(), cancellation: some Cancellation = NeverCancelled()
  ) throws -> [PackageComparison] {
    let folder: String = NSTemporaryDirectory() + "/lathe-verify-\(UUID().uuidString)"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch { throw LatheError(.system, subject: folder, "cannot be made, so the archive cannot be tried") }
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let archive: String = "\(folder)/packaged.pt2"
    _ = try package(items, to: archive, options: options, events: events, cancellation: cancellation)
    return try items.map { item in
      try cancellation.check()
      let packaged: PackagedModel = try load(archive, model: item.name, trust: .own, events: events)
      let program = try redimensioned(item.model.program, item.dimensions).0
      let model = item.dimensions.isEmpty ? item.model : OpenModel(at: item.model.path, program: program, summary: item.model.summary)
      return try compare(packaged, with: model, events: events, cancellation: cancellation)
    }
  }
}
