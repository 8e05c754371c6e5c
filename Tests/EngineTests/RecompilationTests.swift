import Capture
import Dispatch
import Engine
import Foundation
import Foundations
import Operators
import Synchronization
import Tensors
import Testing

/// Programs called with changing inputs, through the engine.
@Suite struct RecompilationTests {
  static let dynamicModels: [String] = ["models-2.6", "models-2.15"].flatMap { folder in
    ["hf_bert", "hf_gpt2", "hf_llama", "hf_t5enc", "hf_whisper_enc", "mlp", "timm_test_resnet", "timm_test_vit"].map { "\(Files.corpus)/\(folder)/\($0).pt2" }
  }.filter { FileManager.default.fileExists(atPath: $0) }

  /// Three sizes of everything that may change: the second compiles once more, the third not.
  @Test(.enabled(if: Files.hasCorpus, Files.noCorpus), arguments: dynamicModels)
  func secondSizeRecompilesOnce(path: String) throws {
    let model: OpenModel = try Engine.open(path)
    let frame: CapturedFrame = try model.session.frame(backend: "aot_eager")
    var counts: [Int] = []
    for size in [3, 5, 7] {
      let sizes: [String: Int] = model.program.symbolHints.mapValues { _ in size }
      var inputs = RandomInputs(model.program, seed: 1, sizes: sizes)
      let bound: [Value] = try model.session.inputs.bind(try inputs.make())
      let outputs: [Value] = try frame.call(bound)
      let expected: [Value] = try model.session.call(bound, mode: .eager)
      for (output, wanted) in zip(outputs, expected) {
        guard case .tensor(let a) = output, case .tensor(let b) = wanted else { continue }
        #expect(try Tolerance.worstElement(a, expected: b) == nil)
      }
      counts.append(frame.compileCount)
    }
    #expect(counts == [1, 2, 2])
  }

  /// Eight threads with four sizes: right results, and one compilation for each miss.
  @Test func threadsShareWhatIsCompiled() throws {
    let model: OpenModel = try Engine.open("\(Files.demoModels)/perceptron.pt2")
    let session: ProgramSession = model.session
    session.changeSettings { $0.dynamic = .never }
    let symbol: String = try #require(model.program.symbolHints.keys.first)
    let cases: [(inputs: [Value], expected: Tensor)] = try (2...5).map { size in
      var inputs = RandomInputs(model.program, seed: UInt64(size), sizes: [symbol: size])
      let bound: [Value] = try session.inputs.bind(try inputs.make())
      return (bound, try #require(try session.call(bound, mode: .eager).first?.tensor))
    }
    let frame: CapturedFrame = try session.frame(.compiled)
    let failures = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for turn in 0..<40 {
        let (inputs, expected) = cases[(thread + turn) % cases.count]
        do {
          guard let output: Tensor = try frame.call(inputs).first?.tensor, try Tolerance.worstElement(output, expected: expected) == nil else {
            failures.withLock { $0.append("thread \(thread), turn \(turn): another result") }
            continue
          }
        } catch { failures.withLock { $0.append("\(error)") } }
      }
    }
    #expect(failures.withLock { $0 } == [])
    #expect(frame.compileCount == 4 && frame.entries.map(\.hits).reduce(0, +) >= 8 * 40 - 4)
  }

  /// Thousands of calls over changing sizes: every event is passed on, in order and numbered without gaps, and history stays small.
  @Test func eventsAreCompleteAndOrdered() throws {
    let model: OpenModel = try Engine.open("\(Files.demoModels)/perceptron.pt2")
    let heard = Mutex<(last: Int, gaps: Int, backwards: Int, time: Int, missed: Int)>((-1, 0, 0, 0, 0))
    let token: Int = model.session.events.subscribe { timed in
      heard.withLock {
        if timed.sequence != $0.last + 1 { $0.gaps += 1 }
        if timed.nanoseconds < $0.time { $0.backwards += 1 }
        ($0.last, $0.time) = (timed.sequence, timed.nanoseconds)
        if case .compile(.missed) = timed.event { $0.missed += 1 }
      }
    }
    defer { model.session.events.unsubscribe(token) }
    try model.session.context.setStance(StanceSetting(.eagerOnRecompile))
    let sweep = try Sweep(parsing: "\(try #require(model.session.inputs.required.first?.name)):0=1,2,3,4,5")
    var calls: Int = 0
    let summary: DriveSummary = try Engine.drive(model, sweep, cycles: 200, mode: .compiled) { _ in calls += 1 }
    #expect(calls == 1000 && summary.eager == 1000 && summary.compiled == 0)
    let (last, gaps, backwards, _, missed) = heard.withLock { $0 }
    #expect(gaps == 0 && backwards == 0 && last + 1 == model.session.events.count)
    // Nothing was ever compiled, so no entry could miss.
    #expect(missed == 0 && model.session.history.eagerCalls.values.reduce(0, +) == 1000)
  }

  /// Which calls' kernels are timed is the user's choice; a call that compiles has no kernels yet when it begins.
  @Test func kernelsAreTimedAtTheRateAsked() throws {
    func timed(_ interval: Duration?) throws -> (calls: [Bool], reported: Int) {
      let model: OpenModel = try Engine.open("\(Files.demoModels)/perceptron.pt2")
      let reports = Mutex(0)
      let token: Int = model.session.events.subscribe { if case .kernelTimes = $0.event { reports.withLock { $0 += 1 } } }
      defer { model.session.events.unsubscribe(token) }
      var calls: [Bool] = []
      _ = try Engine.drive(model, try Sweep(parsing: "features:0=3"), cycles: 4, mode: .compiled, sampleInterval: interval) { call in
        calls.append(!call.kernels.isEmpty)
        #expect(call.kernels.allSatisfy { $0.calls > 0 && $0.nanoseconds > 0 })
      }
      return (calls, reports.withLock { $0 })
    }
    #expect(try timed(nil) == ([false, false, false, false], 0))
    #expect(try timed(.zero) == ([false, true, true, true], 3))
    #expect(try timed(.seconds(1_000_000)) == ([false, true, false, false], 1))
  }

  /// What is wrong with what a user asks for is one sentence.
  @Test(arguments: [
    ("y:0=1,2", "no input 'y'"), ("features:9=1", "no dimension 9"), ("features:0=a", "no number"), ("features:dtype=f31", "element type"), ("=", "written INPUT:DIMENSION"),
    ("features:0", "is written INPUT:DIMENSION"), ("features:0=-1", "cannot be -1"), ("features:1=9", "program fixes it"),
  ]) func sweepsThatCannotBe(text: String, says: String) throws {
    let model: OpenModel = try Engine.open("\(Files.demoModels)/perceptron.pt2")
    let error: LatheError? = #expect(throws: LatheError.self) {
      try Engine.drive(model, try Sweep(parsing: text), cycles: 1, mode: .eager) { _ in }
    }
    #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
  }

  @Test func marksThatCannotBe() throws {
    let session: ProgramSession = try Engine.open("\(Files.demoModels)/perceptron.pt2").session
    #expect(throws: LatheError.self) { try session.mark(.fixed, input: "y", dimension: 0) }
    #expect(throws: LatheError.self) { try session.mark(.fixed, input: "features", dimension: 5) }
    try session.mark(.dynamic(minimum: nil, maximum: nil), input: "features", dimension: 0)
    #expect(throws: LatheError.self) { try session.mark(.fixed, input: "features", dimension: 0) }
    #expect(throws: LatheError.self) { try session.mark(.dynamic(minimum: 9, maximum: 3), input: "features", dimension: 0) }
    // Still as marked before, and compiled once for two sizes.
    let frame: CapturedFrame = try session.frame(backend: "eager")
    let model: OpenModel = try Engine.open("\(Files.demoModels)/perceptron.pt2")
    for size in [3, 4] {
      var inputs = RandomInputs(model.program, seed: 0, sizes: model.program.symbolHints.mapValues { _ in size })
      _ = try frame.call(try session.inputs.bind(try inputs.make()))
    }
    #expect(frame.compileCount == 1)
    // A dimension that the program fixes cannot be dynamic.
    try session.mark(.dynamic(minimum: nil, maximum: nil), input: "features", dimension: 1)
    var inputs = RandomInputs(model.program, seed: 0, sizes: [:])
    let bound: [Value] = try session.inputs.bind(try inputs.make())
    let error: LatheError? = #expect(throws: LatheError.self) { try frame.call(bound) }
    #expect(error?.message.contains("Constraints violated (L['features'].size()[1])") == true)
  }

  /// The stance cannot change while a graph is being compiled.
  @Test func stanceIsRefusedInsideACompilation() throws {
    let model: OpenModel = try Engine.open("\(Files.demoModels)/perceptron.pt2")
    let session: ProgramSession = model.session
    let refusals = Mutex<[String]>([])
    let backend = MeddlingBackend { context in
      do { try context.setStance(StanceSetting(.forceEager)) } catch let error as LatheError { refusals.withLock { $0.append(error.message) } } catch {}
    }
    let context = CaptureContext(backends: [backend])
    backend.context.withLock { $0 = context }
    let frame = try CapturedFrame(session.program, context: context, backend: "meddling")
    var inputs = RandomInputs(model.program, seed: 0, sizes: [:])
    _ = try frame.call(try session.inputs.bind(try inputs.make()))
    #expect(refusals.withLock { $0 } == ["attempted to set_stance in a torch.compile region"])
    #expect(context.stance == .standard)
  }
}

/// Changes the stance while it compiles.
private final class MeddlingBackend: Backend {
  let name = "meddling"
  let context = Mutex<CaptureContext?>(nil)
  private let meddle: @Sendable (CaptureContext) -> Void
  init(_ meddle: @escaping @Sendable (CaptureContext) -> Void) { self.meddle = meddle }
  func compile(_ request: BackendRequest) throws -> any BackendCode {
    if let context = context.withLock({ $0 }) { meddle(context) }
    return try EagerBackend().compile(request)
  }
}
