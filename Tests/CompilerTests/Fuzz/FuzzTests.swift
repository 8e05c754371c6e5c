import Compiler
import Foundation
import Foundations
import Graphs
import Operators
import Tensors
import Testing

/// Random graphs compiled equal eager. `LATHE_FUZZ=1000` draws a thousand, `LATHE_FUZZ_FIRST=7` begins at seed 7;
/// see Documentation/Compiler.md.
@Suite struct FuzzTests {
  private static func number(_ name: String) -> UInt64? { ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) } }

  @Test func compiledEqualsEager() async throws {
    let environment: [String: String] = ProcessInfo.processInfo.environment
    let wanted: UInt64? = FuzzTests.number("LATHE_FUZZ")
    let first: UInt64 = FuzzTests.number("LATHE_FUZZ_FIRST") ?? 1
    let folder = try ScratchFolder()
    var run = try FuzzRun(folder: environment["LATHE_FUZZ_CACHE"] ?? folder.path)
    if let limit = FuzzTests.number("LATHE_FUZZ_SHRINK") { run.shrinkLimit = Int(limit) }
    let summary: FuzzRun.Summary = await run.run(first..<first + (wanted ?? 60)) { seed, outcome in
      if wanted != nil, case .failed(let report) = outcome { print(report) }
    }
    for failure in summary.failures { Issue.record("\(failure.report)") }
    if wanted != nil { print(summary.description) }
    #expect(summary.compared > 10_000)
  }
}
