import Archives
import Capture
import Foundations
import Graphs
import Operators
import Tensors

/// One call of a driven program.
package struct DrivenCall: Sendable {
  package var number: Int
  /// The inputs' types, for example `x: f32[4, 8]`.
  package var inputs: [String]
  package var served: CallServing?
  /// Why no cached entry fitted, where none did.
  package var misses: [EntryMiss]
  package var seconds: Double
  package var failure: LatheError?
  /// The times of its kernels, where this call was one of the samples.
  package var kernels: [KernelTime] = []
}

/// What a driver made of all its calls.
package struct DriveSummary: Sendable {
  package var calls: Int = 0
  package var cached: Int = 0
  package var compiled: Int = 0
  package var eager: Int = 0
  package var failed: Int = 0
  package init() {}
}

extension Engine {
  /// Calls a program with inputs that follow a schedule.
  /// - Parameters:
  ///   - cycles: how often the schedule is gone through.
  ///   - seed: of the made-up inputs.
  ///   - sampleInterval: the least time between two calls whose kernels are timed; nil times none.
  ///   - report: told of each call as it ends; a call that fails does not end the drive.
  /// - Throws: `LatheError` of kind `badInput` for a schedule that the program cannot follow; `cancelled`; what `report` throws.
  package static func drive(
    _ model: OpenModel, _ sweep: Sweep, cycles: Int, mode: ExecutionMode, seed: UInt64 = 0, sampleInterval: Duration? = nil,
    events: some EventSink = NoEvents(), cancellation: some Cancellation = NeverCancelled(), report: (DrivenCall) throws -> Void
  ) throws -> DriveSummary {
    try model.session.events.heard(by: events) {
      do {
        let session: ProgramSession = model.session
        let frame: CapturedFrame = try session.frame(mode, contract: sweep.changesDTypes ? .traced : .declared)
        let clock = ContinuousClock()
        var summary = DriveSummary()
        var sampler = KernelSampler(frame, interval: sampleInterval)
        let bound: [CallArguments] = try (0..<sweep.count).map { try arguments(model, sweep, $0, seed) }
        for number in 0..<sweep.count * cycles {
          try cancellation.check()
          let arguments: CallArguments = bound[number % sweep.count]
          var call = DrivenCall(number: number, inputs: describe(arguments.values, session.inputs), misses: [], seconds: 0)
          let missCount: Int = session.history.lastMisses.count
          sampler.begin()
          let start: ContinuousClock.Instant = clock.now
          do {
            call.served = mode == .eager
              ? try eagerly(frame, arguments) : try frame.callTelling(arguments, cancellation: cancellation).served
          } catch let error as LatheError where error.kind != .cancelled { call.failure = error }
          call.seconds = (clock.now - start).inSeconds
          call.kernels = sampler.end()
          if !call.kernels.isEmpty { session.events.report(.kernelTimes(calls: 1, call.kernels)) }
          let (misses, count) = session.history.lastMisses
          if count != missCount { call.misses = misses }
          summary.add(call)
          events.report(.progress(job: 0, done: number + 1, of: sweep.count * cycles, what: "call \(number + 1)"))
          try report(call)
        }
        return summary
      } catch let error as LatheError { throw error.about(model.path) }
    }
  }

  private static func eagerly(_ frame: CapturedFrame, _ arguments: CallArguments) throws -> CallServing {
    _ = try frame.callEagerly(arguments.values)
    return .eagerly("the mode is eager")
  }

  static func arguments(_ model: OpenModel, _ sweep: Sweep, _ call: Int, _ seed: UInt64) throws -> CallArguments {
    let inputs: ProgramInputs = model.session.inputs
    let (symbols, dtypes) = try sweep.settings(at: call, for: inputs)
    var tensors: [Tensor] = try self.tensors(.random(seed: seed, sizes: symbols), for: model.program)
    for (place, input) in inputs.required.enumerated() {
      if let dtype = dtypes[input.name], dtype != tensors[place].dtype { tensors[place] = try tensors[place].converted(to: dtype) }
    }
    return CallArguments(try inputs.bind(tensors))
  }

  static func describe(_ values: [Value], _ inputs: ProgramInputs) -> [String] {
    zip(inputs.required, values).map { input, value in
      let text: String =
        switch value {
        case .tensor(let tensor): TensorType(tensor).shortDescription
        case .int(let number): "\(number)"
        default: value.kindName
        }
      return "\(input.name): \(text)"
    }
  }
}

extension DriveSummary {
  fileprivate mutating func add(_ call: DrivenCall) {
    calls += 1
    switch call.served {
    case .cached?: cached += 1
    case .compiled?: compiled += 1
    case .eagerly?: eager += 1
    case nil: failed += 1
    }
  }
}
