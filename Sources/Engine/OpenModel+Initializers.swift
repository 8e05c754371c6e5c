import Archives
import Capture
import Foundations
import Tensors

// Callers outside the engine (tests of what shows these) make them too.

extension OpenModel {
  package init(at path: String, program: ExportedProgram, summary: ModelSummary) {
    (self.path, self.program, self.summary) = (path, program, summary)
    session = ProgramSession(program.captured)
  }
}

extension RunResult {
  package init(of inputs: [Tensor], outputs: [Tensor], summaries: [TensorSummary], seconds: [Double]) {
    (self.inputs, self.outputs, self.summaries, self.seconds) = (inputs, outputs, summaries, seconds)
  }
}

extension DrivenCall {
  package init(of number: Int, inputs: [String], served: CallServing?, misses: [EntryMiss], seconds: Double, failure: LatheError?) {
    (self.number, self.inputs, self.served, self.misses) = (number, inputs, served, misses)
    (self.seconds, self.failure) = (seconds, failure)
  }
}

extension TensorSummary {
  package init(of name: String, dtype: String, sizes: [Int], minimum: Double?, maximum: Double?, mean: Double?, nanCount: Int) {
    (self.name, self.dtype, self.sizes, self.nanCount) = (name, dtype, sizes, nanCount)
    (self.minimum, self.maximum, self.mean) = (minimum, maximum, mean)
  }
}

extension ModelSummary {
  /// With no inputs, outputs and operators yet.
  package init(of path: String, fileBytes: Int, container: String, schemaVersion: String, parameterCount: Int, parameterBytes: Int, nodeCount: Int) {
    (self.path, self.fileBytes, self.container, self.schemaVersion) = (path, fileBytes, container, schemaVersion)
    (self.parameterCount, self.parameterBytes, self.nodeCount) = (parameterCount, parameterBytes, nodeCount)
    (bufferCount, constantCount, dynamicDimensionCount) = (0, 0, 0)
    (dtypes, inputs, outputs, operators) = ([], [], [], [])
  }
}

extension ModelSummary.Value {
  package init(of name: String, path: String, type: String, dimensions: [ModelSummary.Dimension]) {
    (self.name, self.path, self.type, self.dimensions) = (name, path, type, dimensions)
  }
}

extension ModelSummary.Dimension {
  package init(of size: String, minimum: Int?, maximum: Int?, isDynamic: Bool) {
    (self.size, self.minimum, self.maximum, self.isDynamic) = (size, minimum, maximum, isDynamic)
  }
}
