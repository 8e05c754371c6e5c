import ArgumentParser
import Engine
import Foundation
import Foundations

/// `lathe verify`: run programs on saved inputs and compare with saved outputs.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Run programs on saved inputs and compare with the outputs PyTorch saved.",
    discussion: """
      A NAME.pt2 is run on NAME.inputs.safetensors and compared with NAME.expected.safetensors, and likewise with the NAME.alt. pair
      where there is one; tensors are keyed 0, 1, …. A folder is walked, a .zip of such files is read in place.
      Bounds, absolute plus relative: float32 1e-4, float16 1e-2, bfloat16 3e-2, float64 1e-9; integers and bool exactly; NaN equals NaN.

      Examples:
        lathe verify demo-models
        lathe verify model.pt2 --json
      """)
  @Argument(help: "Programs, folders of them, or zips of them.", completion: .file(extensions: ["pt2", "zip"]))
  var paths: [String]
  @Option(help: "How programs are run; aot packages each, loads the archive and calls its model.")
  var mode: VerificationMode = .eager
  @Flag(help: "Time candidates of the heavy operators' kernels first and choose the fastest; the same as --mode autotuned.")
  var autotune = false
  @Flag(help: "Print one JSON object a line for each case, then one for the totals.")
  var json = false
  @Flag(help: "Print failures and unsupported cases only.")
  var quiet = false

  private struct Line: Encodable {
    var name: String
    var outcome: String
    var detail: String?
  }
  private struct Totals: Encodable {
    var passed: Int = 0
    var failed: Int = 0
    var skipped: Int = 0
  }

  func run() throws {
    var totals = Totals()
    let events = StandardErrorNotices()
    defer { events.clear() }
    try mode.verification(tunes: autotune).run(paths, events: events) { result in
      events.clear()
      let line: Line
      switch result.outcome {
      case .passed:
        totals.passed += 1
        line = Line(name: result.name, outcome: "pass")
      case .failed(let detail):
        totals.failed += 1
        line = Line(name: result.name, outcome: "FAIL", detail: detail)
      case .unsupported(let detail):
        totals.skipped += 1
        line = Line(name: result.name, outcome: "unsupported", detail: detail)
      case .skipped(let detail):
        totals.skipped += 1
        line = Line(name: result.name, outcome: "skipped", detail: detail)
      }
      if json {
        try Output.print(jsonLine: line)
      } else if !(quiet && line.outcome == "pass") {
        Output.print("\(line.outcome.padding(toLength: 12, withPad: " ", startingAt: 0))\(line.name)\(line.detail.map { ": \($0)" } ?? "")")
      }
    }
    if json { try Output.print(jsonLine: totals) } else { Output.print("\(totals.passed) passed, \(totals.failed) failed, \(totals.skipped) skipped") }
    if totals.failed > 0 { throw ExitCode(1) }
  }
}

/// The ways of running a program that `verify` knows.
enum VerificationMode: String, ExpressibleByArgument, CaseIterable {
  case eager, compiled, autotuned, aot

  func verification(tunes: Bool) -> Verification {
    switch self {
    case .aot: Verification(packaging: PackageOptions(tunes: tunes))
    case .eager, .compiled, .autotuned: Verification(mode: tunes ? .autotuned : ExecutionMode(rawValue: rawValue) ?? .eager)
    }
  }
}
