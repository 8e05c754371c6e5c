import Foundation
import Foundations
import Testing

@testable import Traces

/// PyTorch's own traces, against what tlparse lists for the same files.
@Suite(.enabled(if: Samples.arePresent, Samples.absent)) struct SampleTests {
  private func attempts(_ facts: JSONValue) -> [(id: String, artifacts: [String], texts: JSONValue)] {
    (facts["attempts"]?.array ?? []).map { ($0["id"]?.string ?? "", $0["artifacts"]?.array?.compactMap(\.string) ?? [], $0["texts"] ?? .null) }
  }

  @Test(arguments: Samples.names) func everyAttemptIsListed(_ name: String) throws {
    let report = try readTrace(at: Samples.path(name))
    #expect(report.problems.isEmpty)
    // An attempt of which tlparse has nothing to show has no entry there, but every entry is one of ours.
    let listed: Set<String> = Set(attempts(try Samples.facts(name)).map(\.id)).subtracting(["-/-"])
    let ours: Set<String> = Set(report.compiles.flatMap { compile in (0..<compile.attempts).map { compile.id.attempt($0) } })
    #expect(listed == ours)
    #expect(report.compiles.map(\.name) == ["0/0", "1/0", "0/1", "1/1", "0/2", "2/0"])
  }

  @Test(arguments: Samples.names) func everyRestartAndFailureIsListed(_ name: String) throws {
    let report = try readTrace(at: Samples.path(name))
    let listed: [[String]] = (try Samples.facts(name)["restarts_and_failures"]?.array ?? []).map { row in
      ["id", "type", "reason"].map { row[$0]?.string ?? "" }
    }
    let ours: [[String]] = report.compiles.flatMap { compile in
      compile.restartReasons.map { [compile.id.attempt(compile.attempts - 1), "RestartAnalysis", $0] }
    }
    #expect(!listed.isEmpty && listed == ours)
    #expect(report.compiles.allSatisfy { $0.status == .succeeded })
  }

  @Test(arguments: Samples.names) func everyArtifactIsThere(_ name: String) throws {
    let report = try readTrace(at: Samples.path(name))
    for (id, artifacts, texts) in attempts(try Samples.facts(name)) where id != "-/-" {
      let compile = try #require(report.compiles.first { $0.id == TraceCompileID(id) })
      let number: Int = Int(id.split(separator: "_").dropFirst().first ?? "0") ?? 0
      let details = try report.details(of: compile)
      let ours: [TraceArtifact] = details.artifacts.filter { $0.attempt == number }
      let names: [String] = ours.map { artifact in
        artifact.file.map { "\(artifact.name)_" + ($0.split(separator: "/").last?.split(separator: ".").first ?? "") } ?? artifact.name
      }
      #expect(names == artifacts.filter { !$0.hasSuffix("compilation_metrics") })
      for text in texts["dynamo_graph_break_reason"]?.array ?? [] {
        let artifact = try #require(ours.first { $0.name == "dynamo_graph_break_reason" })
        #expect(try report.file(of: compile).text(of: artifact.payload) == text.string)
      }
    }
  }

  @Test(arguments: Samples.names) func recompileReasonsAreTheSame(_ name: String) throws {
    let report = try readTrace(at: Samples.path(name))
    var count: Int = 0
    for (id, _, texts) in attempts(try Samples.facts(name)) {
      guard let text = texts["recompile_reasons"]?.array?.first?.string else { continue }
      let lines: [String] = (try? JSONValue.parse(text, subject: "").array?.compactMap(\.string)) ?? [text]
      let compile = try #require(report.compiles.first { $0.id == TraceCompileID(id) })
      #expect(compile.reasons.map { "\($0.entry ?? ""): \($0.text)" } == lines.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) })
      #expect(compile.trigger == .recompile(compile.reasons))
      count += 1
    }
    #expect(count == 3)
  }

  @Test(arguments: Samples.names) func graphBreaksHaveTheirPlace(_ name: String) throws {
    let report = try readTrace(at: Samples.path(name))
    let broken = report.compiles.filter { !$0.breaks.isEmpty }
    #expect(broken.map(\.name) == ["0/0", "0/1", "0/2"])
    for compile in broken {
      let place = try #require(compile.breaks.first?.place)
      #expect(place == SourceFrame(file: "work/tr.py", line: 4, function: "f", text: "torch._dynamo.graph_break()"))
      #expect(compile.breaks[0].attempt == 0 && compile.attempts == 2)
    }
    let reason: String = broken[0].breaks[0].reason
    #expect(
      name == "torch-2.6"
        ? reason == "Unsupported: 'skip function graph_break in file site-packages/torch/_dynamo/decorators.py'"
        : reason.hasPrefix("Encountered graph break when attempting to trace CALL: a function call, e.g. f(x, y):\n\nCall to `torch._dynamo.graph_break()`"))
    #expect(report.compiles[1].trigger == .afterGraphBreak(function: "f", line: 4))
    #expect(report.compiles[0].trigger == .firstCall)
  }

  /// The tree against one built here from the file by another way: depth by counting begins and ends.
  @Test(arguments: Samples.names) func phasesNestAsTheyBeganAndEnded(_ name: String) throws {
    let report = try readTrace(at: Samples.path(name))
    func flat(_ phases: [TracePhase], _ depth: Int) -> [String] {
      phases.flatMap { ["\(depth) \($0.name) \($0.start) \($0.end ?? -1)"] + flat($0.parts, depth + 1) }
    }
    for compile in report.compiles {
      let details = try report.details(of: compile)
      var (expected, open): ([String], [(place: Int, name: String)]) = ([], [])
      for (id, event) in try chromiumEvents(name) where id == compile.id.description {
        let (phase, title) = (event["ph"]?.string, event["name"]?.string ?? "")
        let time: Double = event["ts"].flatMap { if case .double(let value) = $0 { value } else { nil } } ?? 0
        if phase == "B" {
          open.append((expected.count, title))
          expected.append("\(open.count - 1) \(title) \(time)")
        } else if phase == "E" {
          let last = open.removeLast()
          #expect(last.name == title)
          expected[last.place] += " \(time)"
        }
      }
      #expect(flat(details.phases, 0) == expected)
      #expect(details.instants.contains { $0.name == "automatic_dynamic" } == (compile.id.compile != 0))
    }
  }

  private func chromiumEvents(_ name: String) throws -> [(String, JSONValue)] {
    var events: [(String, JSONValue)] = []
    var (id, payload): (String?, String) = (nil, "")
    for line in try String(contentsOfFile: Samples.path(name), encoding: .utf8).components(separatedBy: "\n") + ["V"] {
      if line.hasPrefix("\t") {
        payload += line.dropFirst() + "\n"
        continue
      }
      if let id { events.append((id, try JSONValue.parse(payload, subject: ""))) }
      (id, payload) = (nil, "")
      guard line.contains("\"chromium_event\""), let brace = line.firstIndex(of: "{") else { continue }
      let envelope: JSONValue = try JSONValue.parse(String(line[brace...]), subject: "")
      id = "\(envelope["frame_id"]?.int ?? -1)/\(envelope["frame_compile_id"]?.int ?? -1)"
    }
    return events
  }

  @Test func metricsSymbolsAndInputs() throws {
    let report = try readTrace(at: Samples.path("torch-2.6"))
    let compile = try #require(report.compiles.first { $0.name == "0/2" })
    let metrics = try #require(compile.metrics)
    #expect(metrics.guardCount == 11 && metrics.cacheSize == 2 && metrics.inputCount == 3 && metrics.function == "f")
    let all: JSONValue = try report.json(of: metrics, in: compile)
    #expect(all.members?.count == 67 && all["compile_id"] == .string("0/2"))
    let details = try report.details(of: compile)
    #expect(details.symbols.map(\.name) == ["s0", "s1", "s0", "s1"])
    #expect(details.symbols[1].range == "[-int_oo, int_oo]" && details.symbols[1].source == "L['k']" && details.symbols[1].value == "3")
    #expect(details.symbols[0].userStack == [SourceFrame(file: "work/tr.py", line: 3, function: "f", text: "")])
    #expect(details.tensors.map(\.source) == ["L['x']", "L['x']"] && details.tensors[0].sizes == ["5", "4"])
    #expect(details.stack.map(\.line) == [9, 2])
    let backward = try #require(report.compiles.last?.backwards.first)
    #expect(backward.totalSeconds == 2.7764)
    let newer = try readTrace(at: Samples.path("torch-2.15"))
    #expect(newer.processes.map(\.torchVersion) == ["2.15.0+cu132"] && newer.compiles[2].metrics?.torchVersion == "2.15.0+cu132")
    #expect(try newer.details(of: newer.compiles[1]).stack.map(\.text) == ["c(torch.ones(3,4), 2)", ""])
  }

  /// Python's own bytes: each record's JSON and each JSON payload, parsed and written again.
  @Test(arguments: Samples.names) func jsonIsWrittenAsPythonDoes(_ name: String) throws {
    let lines: [String] = try String(contentsOfFile: Samples.path(name), encoding: .utf8).components(separatedBy: "\n")
    var (payload, count): ([String], Int) = ([], 0)
    for line in lines + [""] {
      if line.hasPrefix("\t") {
        payload.append(String(line.dropFirst()))
        continue
      }
      if payload.first == "{", payload.last == "}" {
        let text: String = payload.joined(separator: "\n")
        if let value = try? JSONValue.parse(text, subject: "") {
          #expect(PythonJSON.text(value, .lines) == text)
          count += 1
        }
      }
      payload = []
      guard let brace = line.range(of: "] {") else { continue }
      let text = String(line[brace.lowerBound...].dropFirst(2))
      #expect(PythonJSON.text(try JSONValue.parse(text, subject: "")) == text)
    }
    #expect(count > 100)
  }

  /// Reading in small pieces comes to the same as reading at once.
  @Test func piecesMakeNoDifference() throws {
    let path: String = Samples.path("torch-2.6")
    let whole = try readTrace(at: path)
    var reader = try TraceReader(path: path)
    while !reader.readMore(limit: 4099).isCaughtUp {}
    _ = reader.finish()
    #expect(reader.report.recordCount == whole.recordCount && reader.report.problems == whole.problems)
    #expect(reader.report.compiles.map(\.extents) == whole.compiles.map(\.extents))
    #expect(reader.report.compiles.map(\.metrics) == whole.compiles.map(\.metrics))
  }
}
