import ArgumentParser
import Engine
import Foundation
import Foundations

/// `lathe bench`: times of a program in both modes.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Time a program eagerly and compiled, in turns, and its kernels.",
    discussion: """
      Examples:
        lathe bench model.pt2
        lathe bench model.pt2 --inputs x.safetensors --seconds 5 --json
      """)
  @ArgumentParser.Argument(help: "A program that torch.export saved.", completion: .file(extensions: ["pt2"]))
  var file: String
  @Option(help: "A safetensors file with the inputs; made up where none is given.", completion: .file(extensions: ["safetensors"]))
  var inputs: String?
  @Option(help: "About how long each mode is timed.")
  var seconds: Double = 2
  @Flag(help: "Time candidates of the heavy operators' kernels first and choose the fastest; their times are shown and remembered.")
  var autotune = false
  @OptionGroup var capture: CaptureOptions
  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if !(seconds > 0 && seconds <= 3600) { throw ValidationError("--seconds takes a number above 0, at most 3600") }
  }

  private struct Report: Encodable {
    struct Kernel: Encodable {
      var name: String
      var calls: Int
      var seconds: Double
      /// What 99 of 100 calls did not exceed.
      var p99: Double?
      /// Of all kernels' time.
      var share: Double
      /// What it has to do at least, in a second: arithmetic operations, and bytes read and written.
      var operationsPerSecond: Double
      var bytesPerSecond: Double
    }
    struct Limits: Encodable {
      var operationsPerSecond: Double
      var bytesPerSecond: Double
    }
    var file: String
    var compileSeconds: Double
    var phases: [String: Double]
    var eager: RunCommand.Report.Seconds
    var compiled: RunCommand.Report.Seconds
    /// One call of each kernel and operator, the longest in all first.
    var kernels: [Kernel]
    /// The most that this machine was measured to reach.
    var limits: Limits?
    /// Finding the compiled graph that serves a call: seconds, at best, and the number of guards.
    struct Guards: Encodable {
      var seconds: Double?
      var count: Int
    }
    var guards: Guards
    struct Tuning: Encodable {
      struct Candidate: Encodable {
        var name: String
        var seconds: Double
      }
      var subject: String
      /// The fastest first.
      var candidates: [Candidate]
      var isRemembered: Bool
    }
    var tuning: [Tuning]
  }

  func run() throws {
    let events = StandardErrorNotices()
    defer { events.clear() }
    let model: OpenModel = try Engine.open(file)
    try capture.apply(to: model.session)
    let result: BenchResult = try Engine.bench(
      model, inputs: inputs.map { .file($0) } ?? .random(seed: 0, sizes: [:]), seconds: seconds,
      mode: autotune ? .autotuned : .compiled, events: events)
    events.clear()
    let total: Double = max(result.kernels.map(\.seconds).reduce(0, +), 1e-12)
    let works: [CompilationReport.Kernel] = result.report.kernels
    let kernels: [Report.Kernel] = result.kernels.enumerated().sorted { $0.element.seconds > $1.element.seconds }.map { number, time in
      let each: Double = time.seconds / Double(max(time.calls, 1))
      func rate(_ amount: Double) -> Double { each > 0 ? amount / each : 0 }
      return Report.Kernel(
        name: time.name, calls: time.calls, seconds: each, p99: time.p99, share: time.seconds / total, operationsPerSecond: rate(works[number].operations),
        bytesPerSecond: rate(works[number].bytes))
    }
    let report = Report(
      file: file, compileSeconds: result.compileSeconds, phases: Dictionary(result.phases.map { ($0.name, $0.seconds) }) { $1 },
      eager: .init(result.eager), compiled: .init(result.compiled), kernels: kernels,
      limits: result.limits.map { .init(operationsPerSecond: $0.operations, bytesPerSecond: $0.bandwidth) },
      guards: .init(seconds: result.guardSeconds, count: result.guardCount),
      tuning: result.tuning.map { .init(subject: $0.subject, candidates: $0.candidates.map { .init(name: $0.name, seconds: $0.seconds) }, isRemembered: $0.isRemembered) })
    if json { return try Output.print(json: report) }
    Output.print("compiled in \(Output.duration(report.compileSeconds)): \(result.phases.map { "\($0.name) \(Output.duration($0.seconds))" }.joined(separator: ", "))")
    for (name, times, count) in [("eager", report.eager, result.eager.count), ("compiled", report.compiled, result.compiled.count)] {
      Output.print("\(name.padding(toLength: 9, withPad: " ", startingAt: 0)) median \(Output.duration(times.median))  min \(Output.duration(times.minimum))  p99 \(Output.duration(times.p99))  \(count) calls")
    }
    Output.print(String(format: "ratio     %.2f", report.compiled.median / max(report.eager.median, 1e-12)))
    if let limits = result.limits {
      Output.print(String(format: "limits    %.1f GFLOP/s, %.1f GB/s", limits.operations / 1e9, limits.bandwidth / 1e9))
    }
    if let seconds = report.guards.seconds { Output.print("guards    \(report.guards.count) checked in \(Output.duration(seconds))") }
    Output.print("  share  a call     GFLOP/s  of most     GB/s  of most  kernel")
    for kernel in kernels {
      func part(_ rate: Double, _ most: Double?) -> String {
        String(format: "%7.1f   %4.0f %%", rate / 1e9, 100 * rate / max(most ?? .infinity, 1))
      }
      Output.print(
        String(format: "%5.1f %%  ", 100 * kernel.share) + Output.duration(kernel.seconds).padding(toLength: 9, withPad: " ", startingAt: 0)
          + part(kernel.operationsPerSecond, result.limits?.operations) + "  " + part(kernel.bytesPerSecond, result.limits?.bandwidth) + "  \(kernel.name)")
    }
    for tuning in report.tuning {
      Output.print("\(tuning.subject)\(tuning.isRemembered ? " (remembered)" : "")")
      for candidate in tuning.candidates { Output.print("  \(Output.duration(candidate.seconds).padding(toLength: 9, withPad: " ", startingAt: 0))  \(candidate.name)") }
    }
  }
}
