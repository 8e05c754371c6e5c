import Archives
import Capture
import Foundation
import Foundations
import Graphs
import Operators
import Tensors

/// What the workbench and the subcommands both call: open a program, run it, list a folder's models.
package enum Engine {
  /// A model file in a folder, known without opening its program.
  package struct ListedFile: Sendable {
    package var name: String
    package var bytes: Int
    package var kind: String
  }

  /// Opens a program; weights stay in the mapped file.
  /// - Throws: `LatheError` naming the file and the cause.
  package static func open(
    _ path: String, events: some EventSink = NoEvents(), cancellation: some Cancellation = NeverCancelled()
  ) throws -> OpenModel {
    let program: ExportedProgram
    do {
      program = try ExportedProgram.read(path: path, events: events, cancellation: cancellation)
    } catch let error as LatheError { throw error.about(path) }
    let size: Int = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    return OpenModel(at: path, program: program, summary: ModelSummary(program, path: path, fileBytes: size))
  }

  /// Calls a program `repeat` times with the same inputs. Reports progress by node, and the time of every node on the last call.
  /// - Throws: `LatheError` of kind `badInput`, `unsupported` or `cancelled`.
  package static func run(
    _ model: OpenModel, inputs source: InputSource, repeat count: Int = 1, mode: ExecutionMode = .eager, events: some EventSink = NoEvents(),
    cancellation: some Cancellation = NeverCancelled()
  ) throws -> RunResult {
    try model.session.events.heard(by: events) { try runHeard(model, source, count, mode, events, cancellation) }
  }

  private static func runHeard(
    _ model: OpenModel, _ source: InputSource, _ count: Int, _ mode: ExecutionMode, _ events: some EventSink, _ cancellation: some Cancellation
  ) throws -> RunResult {
    do {
      let session: ProgramSession = model.session
      let inputs: [Tensor] = try tensors(source, for: model.program)
      let bound: [Value] = try session.inputs.bind(inputs)
      let total: Int = model.program.graph.nodes.count
      var seconds: [Double] = []
      var outputs: [Value] = []
      for turn in 0..<max(count, 1) {
        let clock = ContinuousClock()
        let start: ContinuousClock.Instant = clock.now
        if turn == 0 {
          // The first call reports where it is; later ones are timed undisturbed.
          var last: ContinuousClock.Instant = start
          outputs = try session.call(bound, mode: mode, observer: { node in
            try cancellation.check()
            let now: ContinuousClock.Instant = clock.now
            if node > 0 { events.report(.operatorSample(node: UInt32(node - 1), now - last)) }
            if node % 16 == 0 { events.report(.progress(job: 0, done: node, of: total, what: model.program.graph.nodes[node].name)) }
            last = now
          }, cancellation: cancellation)
        } else {
          try cancellation.check()
          outputs = try session.call(bound, mode: mode, cancellation: cancellation)
        }
        let elapsed: Duration = clock.now - start
        seconds.append(Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18)
      }
      events.report(.progress(job: 0, done: total, of: total, what: "done"))
      let results: [(name: String, tensor: Tensor)] = try named(outputs, of: model)
      return RunResult(
        of: inputs, outputs: results.map(\.tensor), summaries: try results.map { try TensorSummary(of: $0.tensor, name: $0.name) }, seconds: seconds)
    } catch let error as LatheError { throw error.about(model.path) }
  }

  /// Flattened outputs as tensors; numbers become tensors of one element, and outputs that are None are left out.
  static func named(_ outputs: [Value], of model: OpenModel) throws -> [(name: String, tensor: Tensor)] {
    var results: [(name: String, tensor: Tensor)] = []
    let names: [String] = model.summary.outputs.map(\.name)
    for (index, value) in outputs.enumerated() {
      let name: String = index < names.count && outputs.count == names.count ? names[index] : "\(index)"
      if let tensor = try tensor(value) { results.append((name, tensor)) }
    }
    return results
  }

  static func tensor(_ value: Value) throws -> Tensor? {
    switch value {
    case .tensor(let tensor): tensor
    case .int(let size): try size.constant.map { try Tensor([$0], sizes: []) }
    case .double(let number): try Tensor([number], sizes: [], .f64)
    case .bool(let flag): try Tensor([flag ? 1 : 0], sizes: [], .bool)
    default: nil
    }
  }

  static func tensors(_ source: InputSource, for program: ExportedProgram) throws -> [Tensor] {
    switch source {
    case .tensors(let tensors): return tensors
    case .random(let seed, let sizes):
      var generator = RandomInputs(program, seed: seed, sizes: sizes)
      return try generator.make()
    case .file(let path): return try numbered(try SafeTensors.read(path: path), subject: path)
    }
  }

  /// The tensors of a file keyed `0`, `1`, …, in order.
  /// - Throws: `LatheError` of kind `badInput` when a key is not a number or one is missing.
  package static func numbered(_ file: SafeTensors, subject: String) throws -> [Tensor] {
    try (0..<file.tensors.count).map { index in
      guard let tensor = file.tensors["\(index)"] else {
        throw LatheError(.badInput, subject: subject, "has \(file.tensors.count) tensors but none is keyed '\(index)'; inputs are keyed 0, 1, … in order")
      }
      return tensor
    }
  }

  /// The model files of a folder, by name.
  /// - Throws: `LatheError` of kind `system` when the folder cannot be read.
  package static func listModels(_ folder: String) throws -> [ListedFile] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch { throw LatheError(.system, subject: folder, "cannot be listed as a folder") }
    return names.filter { $0.hasSuffix(".pt2") || $0.hasSuffix(".pt") }.sorted().map { name in
      let path: String = "\(folder)/\(name)"
      let bytes: Int = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
      return ListedFile(name: name, bytes: bytes, kind: ((try? FileKind.detect(path: path)) ?? .unknown).rawValue)
    }
  }
}
