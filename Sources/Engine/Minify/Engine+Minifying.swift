import Archives
import Capture
import Compiler
import Foundation
import Foundations
import Graphs
import Operators
import Tensors

extension Engine {
  /// Makes a program that fails as small as it can while it still fails in the same way, and writes it, its inputs and scripts that
  /// reproduce the failure, with Lathe and with PyTorch, into a folder (PyTorch's AOTI minifier, `torch/_dynamo/debug_utils.py` and
  /// `torch/_functorch/fx_minifier.py`).
  ///
  /// Inputs are concrete: sizes are the numbers that they have at this call. Each candidate is asked about in a process of its own. Every
  /// accepted size stays in the folder as a checkpoint, also when the work is cancelled. Progress is reported as the number of queries;
  /// each accepted size is a notice.
  /// - Throws: `LatheError`: `badInput` for a program that does not fail, and for a folder that holds something else; `unsupported` for one
  ///   that cannot be made smaller, because it does not run eagerly or at fixed sizes; `system` when the folder cannot be written, `cancelled`.
  package static func minify(
    _ model: OpenModel, inputs source: InputSource, _ options: MinifyOptions, events: some EventSink = NoEvents(),
    cancellation: some Cancellation = NeverCancelled()
  ) throws -> MinifyReport {
    do {
      var options: MinifyOptions = options
      options.folder = URL(fileURLWithPath: options.folder).path
      let start: GraphCase = try minifiable(model, source, options)
      let minifier = try Minifier(options, file: model.path, like: model.program, events: events, cancellation: cancellation)
      return try minifier.run(start)
    } catch let error as LatheError { throw error.about(model.path) }
  }

  /// Asks once, in a process of its own, whether a program fails: what a script that reproduces a failure runs.
  /// - Parameter options: `folder` is only used for what lies there meanwhile.
  /// - Returns: the answer, and whether it is the failure that `options.fails` names.
  /// - Throws: as `minify`, but for a program that does not fail.
  package static func failure(
    of model: OpenModel, inputs source: InputSource, _ options: MinifyOptions, cancellation: some Cancellation = NeverCancelled()
  ) throws -> (answer: MinifyAnswer, isShown: Bool) {
    do {
      let start: GraphCase = try minifiable(model, source, options)
      let queries = try MinifyQueries(options, like: model.program, cancellation: cancellation)
      let answer: MinifyAnswer = try queries.ask(start)
      return (answer, queries.isShown(by: answer))
    } catch let error as LatheError { throw error.about(model.path) }
  }

  private static func minifiable(_ model: OpenModel, _ source: InputSource, _ options: MinifyOptions) throws -> GraphCase {
    guard options.mode != .eager else { throw LatheError.badInput("eager execution is what others are compared with; name a mode that compiles") }
    let bound: [Value] = try model.session.inputs.bind(try tensors(source, for: model.program))
    try model.session.inputs.check(bound)
    return try GraphCase(model.session.program, inputs: bound)
  }
}
