import Engine
import Foundation
import Foundations
import Testing
import Traces

/// What a session writes as a trace, as `lathe trace` and the real tlparse (the program that LATHE_TLPARSE names) read it.
@Suite struct TraceSinkTests {
  static let tlparse: String? = ProcessInfo.processInfo.environment["LATHE_TLPARSE"]

  /// A session of three recompilations: sizes, a size of 1, and an element type.
  private func session(folder: String) throws -> (path: String, compiles: [CompileSummary]) {
    let model: OpenModel = try Engine.open("\(Files.demoModels)/perceptron.pt2")
    let sink = TraceSink(folder: folder, stream: model.session.events) { Issue.record("\($0)") }
    _ = model.session.events.subscribe { sink.take($0) }
    for sweep in ["features:0=3,5,1", "features:0=7,8"] {
      _ = try Engine.drive(model, try Sweep(parsing: sweep), cycles: 1, mode: .compiled) { _ in }
    }
    model.session.reset()
    _ = try Engine.drive(model, try Sweep(parsing: "features:0=4"), cycles: 1, mode: .autotuned) { _ in }
    return (try #require(sink.path), Engine.summaries(of: model.session))
  }

  @Test func readsBack() throws {
    let folder: String = try Files.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (path, compiles) = try session(folder: folder)
    var reader = try TraceReader(path: path)
    while !reader.readMore().isCaughtUp {}
    _ = reader.finish()
    #expect(reader.report.problems.isEmpty && reader.report.unknownEvents.isEmpty)
    #expect(reader.report.compiles.map(\.name) == compiles.map(\.id))
    for (read, compile) in zip(reader.report.compiles, compiles) {
      #expect(read.status == .succeeded && read.function == "forward")
      let reasons: [String] = compile.reasons.map { "\($0.entry): \($0.failures[0].text)" }
      if case .recompile(let all) = read.trigger { #expect(all.count == reasons.count) } else { #expect(reasons.isEmpty) }
    }
  }

  @Test(.enabled(if: tlparse != nil, "LATHE_TLPARSE does not name a tlparse")) func tlparseReports() throws {
    let folder: String = try Files.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (path, compiles) = try session(folder: folder)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(TraceSinkTests.tlparse))
    process.arguments = ["--no-browser", "-o", folder + "/out", path]
    let errors = Pipe()
    (process.standardOutput, process.standardError, process.standardInput) = (FileHandle.nullDevice, errors, FileHandle.nullDevice)
    try process.run()
    let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(said)")
    let stats = try #require(said.firstMatch(of: /Stats \{ ok: (\d+)(.*) \}/), "\(said)")
    #expect((Int(stats.1) ?? 0) > 0 && stats.2.isEmpty, "\(said)")
    let directory = try JSONValue.parse(String(contentsOfFile: folder + "/out/compile_directory.json", encoding: .utf8), subject: "")
    #expect(Set(directory.members?.map(\.key) ?? []) == Set(compiles.map { "[\($0.id)]" }))
    for compile in compiles {
      let names: [String] = directory["[\(compile.id)]"]?["artifacts"]?.array?.compactMap { $0["name"]?.string } ?? []
      for wanted in ["dynamo_output_graph", "inductor_post_grad_graph", "inductor_output_code", "dynamo_cpp_guards_str", "compilation_metrics"] {
        #expect(names.contains { $0.hasPrefix(wanted) }, "\(compile.id) has \(names)")
      }
      #expect(compile.reasons.isEmpty || names.contains { $0.hasPrefix("recompile_reasons") })
    }
  }
}
