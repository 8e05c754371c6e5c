import ArgumentParser
import Capture
import Engine
import Foundations
import Tensors

/// `lathe run`: call a program.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Call a program with given or made-up inputs.",
    discussion: """
      Inputs and outputs are safetensors files whose tensors are keyed 0, 1, … in the order of the program's inputs and outputs.

      Examples:
        lathe run model.pt2 --inputs x.safetensors --output y.safetensors
        lathe run model.pt2 --random-seed 1 --size s0=8
        lathe run model.pt2 --repeat 20 --json
        lathe run model.pt2 --mode compiled --repeat 20
        lathe run model.pt2 --mode compiled --sweep "x:0=1,2,4,8,16" --cycles 3 --stance default --json
        lathe run served.pt2 --model encoder --inputs x.safetensors
      """)
  @Argument(help: "A program that torch.export saved, or an archive of compiled models.", completion: .file(extensions: ["pt2"]))
  var file: String
  @Option(help: "A safetensors file with the inputs.", completion: .file(extensions: ["safetensors"]))
  var inputs: String?
  @Option(help: "Make inputs up from this seed (0 where no inputs are given).")
  var randomSeed: UInt64?
  @Option(parsing: .singleValue, help: "The size of a symbol for made-up inputs, as SYMBOL=SIZE; may be repeated.")
  var size: [String] = []
  @Option(help: "Write the outputs to this safetensors file.", completion: .file(extensions: ["safetensors"]))
  var output: String?
  @Option(name: .customLong("repeat"), help: "Call this many times and report the times.")
  var count: Int = 1
  @Option(help: "How the program is called.")
  var mode: ExecutionMode = .eager
  @Flag(help: "Time candidates of the heavy operators' kernels first and choose the fastest; the same as --mode autotuned.")
  var autotune = false
  @Option(
    help: ArgumentHelp(
      "Call with changing inputs, as INPUT:DIMENSION=SIZE,SIZE,…, INPUT=NUMBER,… or INPUT:dtype=TYPE,…; parts separated by ';' change in step. With --json one line a call.",
      valueName: "schedule"))
  var sweep: String?
  @Option(help: "How often the schedule is gone through.")
  var cycles: Int = 1
  @Option(help: ArgumentHelp("Time the kernels of a sweep's calls, of at most one call in this many milliseconds; 0 times all.", valueName: "milliseconds"))
  var sampleInterval: Double?
  @Option(help: "The model of an archive of compiled models.")
  var model: String?
  @OptionGroup var capture: CaptureOptions
  @OptionGroup var trust: TrustOption
  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if let sampleInterval, !(0...1e9).contains(sampleInterval) { throw ValidationError("--sample-interval takes milliseconds from 0 on") }
    if sampleInterval != nil && sweep == nil { throw ValidationError("--sample-interval goes with --sweep") }
    if sweep != nil && (inputs != nil || output != nil || count != 1) { throw ValidationError("--sweep makes its own calls: give no --inputs, --output or --repeat with it") }
    if cycles < 1 { throw ValidationError("--cycles takes a number from 1 on") }
    if inputs != nil && randomSeed != nil { throw ValidationError("give --inputs or --random-seed, not both") }
    if count < 1 { throw ValidationError("--repeat takes a number from 1 on") }
  }

  func run() throws {
    if try Engine.isPackage(file) { return try runPackage() }
    if self.model != nil { throw ValidationError("--model chooses one of an archive's models; \(file) is a program") }
    if let sweep { return try drive(try Sweep(parsing: sweep)) }
    let model: OpenModel = try Engine.open(file)
    try capture.apply(to: model.session)
    let source: InputSource = try inputs.map { .file($0) } ?? .random(seed: randomSeed ?? 0, sizes: sizes())
    let events = StandardErrorNotices()
    defer { events.clear() }
    let result: RunResult = try Engine.run(model, inputs: source, repeat: count, mode: autotune ? .autotuned : mode, events: events)
    events.clear()
    try finish(result)
  }

  /// Writes the outputs and prints the report.
  private func finish(_ result: RunResult) throws {
    if let output {
      try SafeTensors.write(result.outputs.enumerated().map { (name: "\($0.offset)", tensor: $0.element) }, path: output)
    }
    let report = Report(file: file, outputs: result.summaries, repeat: Report.Repeat(count: count, seconds: Report.Seconds(result.seconds)))
    if json { try Output.print(json: report) } else { report.show() }
  }

  /// Calls a model of an archive.
  private func runPackage() throws {
    if sweep != nil || mode != .eager || autotune { throw ValidationError("\(file) is compiled already: give no --sweep, --mode or --autotune with it") }
    let events = StandardErrorNotices()
    defer { events.clear() }
    let loaded: PackagedModel = try Engine.load(file, model: model, trust: trust.policy, events: events)
    let source: InputSource = try inputs.map { .file($0) } ?? .random(seed: randomSeed ?? 0, sizes: sizes())
    let result: RunResult = try Engine.run(loaded, inputs: source, repeat: count, events: events)
    events.clear()
    try finish(result)
  }

  /// One call of a drive, as a JSON line.
  private struct CallLine: Encodable {
    var call: Int
    var inputs: [String]
    var served: String?
    var seconds: Double
    var reasons: [CompileSummary.Miss]
    var compile: CompileSummary?
    var kernels: [Kernel]?
    var error: String?

    struct Kernel: Encodable {
      var name: String
      var calls: Int
      var seconds: Double
      init(_ time: KernelTime) { (name, calls, seconds) = (time.name, time.calls, time.seconds) }
    }
  }
  private struct Totals: Encodable {
    var calls: Int
    var cached: Int
    var compiled: Int
    var eager: Int
    var failed: Int
  }

  private func drive(_ sweep: Sweep) throws {
    let model: OpenModel = try Engine.open(file)
    try capture.apply(to: model.session)
    let events = StandardErrorNotices()
    defer { events.clear() }
    let summary: DriveSummary = try Engine.drive(
      model, sweep, cycles: cycles, mode: autotune ? .autotuned : mode, seed: randomSeed ?? 0,
      sampleInterval: sampleInterval.map { .nanoseconds(Int64($0 * 1e6)) }, events: events
    ) { call in
      events.clear()
      var compile: CompileSummary?
      if case .compiled(let id)? = call.served { compile = Engine.summaries(of: model.session).first { $0.id == id.description } }
      let line = CallLine(
        call: call.number, inputs: call.inputs, served: call.served?.text, seconds: call.seconds, reasons: call.misses.map(CompileSummary.Miss.init),
        compile: compile, kernels: call.kernels.isEmpty ? nil : call.kernels.map(CallLine.Kernel.init), error: call.failure?.message)
      if json { return try Output.print(jsonLine: line) }
      Output.print("\(call.number)  \(line.inputs.joined(separator: ", "))  \(line.error.map { "failed: \($0)" } ?? line.served ?? "")  \(Output.duration(call.seconds))")
      for kernel in line.kernels ?? [] { Output.print("     \(kernel.name)  \(kernel.calls) calls  \(Output.duration(kernel.seconds))") }
      for reason in line.reasons {
        for failure in reason.failures { Output.print("     \(reason.entry): \(failure.text)\(failure.fixes.first.map { "; fix: \($0)" } ?? "")") }
      }
    }
    let totals = Totals(calls: summary.calls, cached: summary.cached, compiled: summary.compiled, eager: summary.eager, failed: summary.failed)
    if json { try Output.print(jsonLine: totals) } else {
      Output.print("\(totals.calls) calls: \(totals.cached) from cached graphs, \(totals.compiled) compiled, \(totals.eager) eager, \(totals.failed) failed")
    }
    if totals.failed > 0 { throw ExitCode(1) }
  }

  private func sizes() throws -> [String: Int] {
    var sizes: [String: Int] = [:]
    for text in size {
      let parts: [Substring] = text.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let number = Int(parts[1]), number >= 0 else { throw ValidationError("--size takes SYMBOL=SIZE, not '\(text)'") }
      sizes[String(parts[0])] = number
    }
    return sizes
  }
}

extension RunCommand {
  /// What a run says, in JSON and in text.
  struct Report: Encodable {
    struct Seconds: Encodable {
      var first: Double
      var median: Double
      var minimum: Double
      var p99: Double
      /// The first call is apart where there are others: it prepares what the later ones reuse.
      init(_ all: [Double]) {
        first = all.first ?? 0
        let sorted: [Double] = (all.count > 1 ? Array(all.dropFirst()) : all).sorted()
        minimum = sorted.first ?? 0
        median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        p99 = sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
      }
    }
    struct Repeat: Encodable {
      var count: Int
      var seconds: Seconds
    }
    var file: String
    var outputs: [TensorSummary]
    var `repeat`: Repeat

    func show() {
      for summary in outputs {
        let numbers: String = [("min", summary.minimum), ("max", summary.maximum), ("mean", summary.mean)].compactMap { name, value in
          value.map { "\(name) \(RunCommand.short($0))" }
        }.joined(separator: "  ")
        Output.print("\(summary.name)  \(summary.dtype)\(summary.sizes)  \(numbers)  NaN \(summary.nanCount)")
      }
      let seconds: Seconds = `repeat`.seconds
      if `repeat`.count > 1 {
        Output.print(
          "\(`repeat`.count) calls  first \(Output.duration(seconds.first))  then median \(Output.duration(seconds.median))  min \(Output.duration(seconds.minimum))  p99 \(Output.duration(seconds.p99))")
      } else {
        Output.print("1 call  \(Output.duration(seconds.first))")
      }
    }
  }
  static func short(_ value: Double) -> String { value == value.rounded() && value.magnitude < 1e9 ? "\(Int(value))" : "\(Float(value))" }
}
