import ArgumentParser
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
      """)
  @Argument(help: "A program that torch.export saved.", completion: .file(extensions: ["pt2"]))
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
  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if inputs != nil && randomSeed != nil { throw ValidationError("give --inputs or --random-seed, not both") }
    if count < 1 { throw ValidationError("--repeat takes a number from 1 on") }
  }

  func run() throws {
    let model: OpenModel = try Engine.open(file)
    let source: InputSource = try inputs.map { .file($0) } ?? .random(seed: randomSeed ?? 0, sizes: sizes())
    let events = StandardErrorNotices()
    defer { events.clear() }
    let result: RunResult = try Engine.run(model, inputs: source, repeat: count, mode: autotune ? .autotuned : mode, events: events)
    events.clear()
    if let output {
      try SafeTensors.write(result.outputs.enumerated().map { (name: "\($0.offset)", tensor: $0.element) }, path: output)
    }
    let report = Report(file: file, outputs: result.summaries, repeat: Report.Repeat(count: count, seconds: Report.Seconds(result.seconds)))
    if json { try Output.print(json: report) } else { report.show() }
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
