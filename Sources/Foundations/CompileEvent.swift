/// What happened to a program that is called and compiled; `Event.compile` carries it.
package enum CompileEvent: Sendable {
  case started(CompileID, CompileStart)
  /// Phases nest: one that begins inside another ends before it.
  case phaseBegan(CompileID, name: String)
  case phaseEnded(CompileID, name: String, Duration)
  /// A text that the compilation made (its guards, a graph after a pass, the generated code), written out only where somebody asks.
  case made(CompileID, CompileText)
  /// What was done so far was given up, and the compilation began again under a new number.
  case restarted(CompileID, reason: String)
  case finished(CompileID, CompileResult)
  /// No cached entry fitted a call; why, for each entry, the one tried first first.
  case missed(frame: Int, [EntryMiss])
  /// A call ran operator by operator, and why.
  case ranEagerly(frame: Int, reason: String)
  /// A frame compiles no more: the limit, its name in PyTorch's configuration, and the last miss.
  case limitReached(frame: Int, limit: Int, name: String, lastReason: String?)
  case stanceChanged(to: String)
  /// Every entry and everything learnt of sizes was forgotten.
  case reset
}

/// Why and of what a compilation begins.
package struct CompileStart: Sendable {
  package enum Trigger: Hashable, Sendable {
    case firstCall
    case recompilation([EntryMiss])
    case graphBreak(reason: String)
  }
  /// The code's name, as in `forward`.
  package var function: String
  package var file: String
  package var line: Int
  package var trigger: Trigger
  /// The backend's name.
  package var backend: String
  /// The inputs as they came, for example `x: f32[4, 8]`.
  package var inputs: [CompileInput]
  package init(function: String, file: String, line: Int, trigger: Trigger, backend: String, inputs: [CompileInput]) {
    (self.function, self.file, self.line, self.trigger) = (function, file, line, trigger)
    (self.backend, self.inputs) = (backend, inputs)
  }
}

/// One input of a compilation.
package struct CompileInput: Hashable, Sendable {
  package var name: String
  /// How guards call it, for example `L['x']`.
  package var source: String
  /// nil for a number.
  package var dtype: DType?
  package var sizes: [Int]
  package var strides: [Int]
  /// Sizes as the graph has them: numbers, and symbols for what may change.
  package var symbolicSizes: [String]
  package init(name: String, source: String, dtype: DType?, sizes: [Int], strides: [Int], symbolicSizes: [String]) {
    (self.name, self.source, self.dtype, self.sizes, self.strides, self.symbolicSizes) = (name, source, dtype, sizes, strides, symbolicSizes)
  }
}

/// A text a compilation made, by the name PyTorch's structured trace has for it where it has one.
package struct CompileText: Sendable {
  package enum Kind: String, Sendable { case guards, capturedGraph, passGraph, finalGraph, code }
  package var kind: Kind
  /// A pass's or a file's name.
  package var name: String
  package var text: @Sendable () -> String
  package init(_ kind: Kind, name: String, text: @escaping @Sendable () -> String) { (self.kind, self.name, self.text) = (kind, name, text) }
}

/// How a compilation ended.
package struct CompileResult: Sendable {
  package var duration: Duration
  package var kernelCount: Int
  package var nodeCount: Int
  package var guardCount: Int
  package var shapeGuardCount: Int
  package var symbols: [CompileSymbol]
  /// The error, where it failed.
  package var failure: LatheError?
  package init(duration: Duration, kernelCount: Int = 0, nodeCount: Int = 0, guardCount: Int = 0, shapeGuardCount: Int = 0, symbols: [CompileSymbol] = [], failure: LatheError? = nil) {
    (self.duration, self.kernelCount, self.nodeCount, self.guardCount) = (duration, kernelCount, nodeCount, guardCount)
    (self.shapeGuardCount, self.symbols, self.failure) = (shapeGuardCount, symbols, failure)
  }
}

/// A size that a compiled graph leaves open.
package struct CompileSymbol: Hashable, Sendable, CustomStringConvertible {
  package var name: String
  /// At the call it was compiled for.
  package var value: Int
  /// nil is unbounded.
  package var minimum: Int?
  package var maximum: Int?
  /// Where it is read from, for example `L['x'].size()[0]`.
  package var source: String?
  package init(name: String, value: Int, minimum: Int?, maximum: Int?, source: String?) {
    (self.name, self.value, self.minimum, self.maximum, self.source) = (name, value, minimum, maximum, source)
  }
  /// For example `s0 in [2, 512]`.
  package var description: String { "\(name) in [\(minimum.map(String.init) ?? "-∞"), \(maximum.map(String.init) ?? "∞")]" }
}

/// A cached entry that did not fit a call, with every guard that failed.
package struct EntryMiss: Hashable, Sendable {
  package var entry: CompileID
  /// In the order in which guards are checked; never empty.
  package var failures: [GuardMiss]
  /// Guards that held.
  package var heldCount: Int
  package init(entry: CompileID, failures: [GuardMiss], heldCount: Int) { (self.entry, self.failures, self.heldCount) = (entry, failures, heldCount) }
}

/// A guard that did not hold.
package struct GuardMiss: Hashable, Sendable {
  /// What was looked at, for example `L['x'].size()[0]`.
  package var source: String
  package var expected: String
  package var actual: String
  /// PyTorch's words for it.
  package var text: String
  /// The line of the user's model that needed it.
  package var neededBy: SourceFrame?
  /// What would have avoided it, the best first.
  package var remedies: [Remedy]
  package init(source: String, expected: String, actual: String, text: String, neededBy: SourceFrame? = nil, remedies: [Remedy] = []) {
    (self.source, self.expected, self.actual, self.text) = (source, expected, actual, text)
    (self.neededBy, self.remedies) = (neededBy, remedies)
  }
}

/// What would stop a recompilation.
package enum Remedy: Hashable, Sendable, CustomStringConvertible {
  case markDynamic(input: String, dimension: Int)
  case markUnbacked(input: String, dimension: Int)
  case passAsTensor(input: String)
  case pad(input: String, dimension: Int, toMultipleOf: Int)
  case keepBelow(input: String, dimension: Int, limit: Int)
  case convert(input: String, to: DType)
  case makeContiguous(input: String)
  case passDistinct(inputs: [String])
  case restoreState(String)

  package var description: String {
    switch self {
    case .markDynamic(let input, let dimension): "mark dimension \(dimension) of \(input) dynamic before the first call"
    case .markUnbacked(let input, let dimension): "mark dimension \(dimension) of \(input) unbacked, so that 0 and 1 are sizes like others"
    case .passAsTensor(let input): "pass \(input) as a tensor of one element"
    case .pad(let input, let dimension, let multiple): "pad dimension \(dimension) of \(input) to a multiple of \(multiple)"
    case .keepBelow(let input, let dimension, let limit): "keep dimension \(dimension) of \(input) at most \(limit), or cut it in parts"
    case .convert(let input, let dtype): "convert \(input) to \(dtype.torchName) before the call"
    case .makeContiguous(let input): "make \(input) contiguous before the call"
    case .passDistinct(let inputs): "pass different tensors for \(inputs.joined(separator: " and "))"
    case .restoreState(let what): "keep \(what) the same for every call"
    }
  }
}
