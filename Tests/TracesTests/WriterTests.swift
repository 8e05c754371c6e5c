import Foundation
import Foundations
import Glibc
import Testing

@testable import Traces

@Suite struct WriterTests {
  /// A compilation with everything that one of ours has.
  static func writeCompile(_ writer: TraceWriter, _ id: TraceCompileID, base: Double = 1_795_382_104.25) {
    let (first, second) = (TraceWriter.Attempt(id), TraceWriter.Attempt(id, attempt: 1))
    let user = SourceFrame(file: "work/modèl.py", line: 4, function: "forward", text: "return f(x)")
    let inner = SourceFrame(file: "work/modèl.py", line: 2, function: "f", text: "")
    writer.phase(.begin, "dynamo", seconds: base, of: first)
    writer.recompileReasons(["0/1: L['k'] == 2", "0/0: tensor 'x' size mismatch at index 0. expected 3, actual 5"], of: first)
    writer.start(stack: [user, inner], of: first)
    writer.phase(.begin, "entire_frame_compile", seconds: base + 0.001, arguments: [.init(key: "fn_name", value: .string("compile"))], of: first)
    writer.storage(0, describer: 3, bytes: 80, of: first)
    writer.tensor(0, describer: 3, dtype: "torch.float32", sizes: [.symbol("s0"), .number(4)], strides: [.number(4), .number(1)], storage: 0, source: "L['x']", of: first)
    writer.symbol("s0", value: "5", range: "[2, int_oo]", source: "L['x'].size()[0]", userStack: [inner], stack: [user, inner], of: first)
    writer.symbol("u0", value: nil, range: "[-int_oo, int_oo]", source: nil, of: first)
    writer.graphBreak(reason: "Unsupported: 'no'", userStack: [user, inner], of: first)
    writer.capturedGraph("class GraphModule(torch.nn.Module):\n\tdef forward(self):\n        pass\n", sizes: [("x", [.symbol("s0"), .number(4)])], of: second)
    writer.inferenceGraph("aten", of: second)
    writer.loweredGraph("", of: second)
    writer.code("int main() { return 0; }\n// \"é\"", file: "/cache/ab/kernels.c", of: second)
    writer.guards("TREE_GUARD_MANAGER:\n+- RootGuardManager", of: second)
    writer.phase(.instant, "automatic_dynamic", seconds: base + 0.002, arguments: [.init(key: "new", value: .string("5"))], of: second)
    writer.phase(.end, "entire_frame_compile", seconds: base + 0.5, of: second)
    writer.metrics(metrics, more: [.init(key: "lathe_version", value: .string("0.1.0"))], of: second)
    writer.phase(.end, "dynamo", seconds: base + 0.75, of: second)
    var backward = TraceMetrics(isForward: false)
    backward.inductorSeconds = 0.5
    writer.metrics(backward, of: first)
  }

  static var metrics: TraceMetrics {
    var metrics = TraceMetrics()
    (metrics.function, metrics.file, metrics.firstLine) = ("f", "work/modèl.py", 2)
    (metrics.guardCount, metrics.operatorCount, metrics.hasCode) = (11, 2, true)
    (metrics.startSeconds, metrics.seconds, metrics.frameSeconds) = (1_795_382_104.25, 0.75, 0.5)
    metrics.restartReasons = ["'no'"]
    return metrics
  }

  private let folder: Folder
  init() throws { folder = try Folder() }

  @Test func theFileIsMadeAtTheFirstRecord() throws {
    let place: String = folder.path + "/made/here"
    let writer = TraceWriter(folder: place, rank: 3)
    #expect(writer.path == nil && folder.names.isEmpty)
    writer.start(stack: [], of: .init(TraceCompileID(frame: 0, compile: 0)))
    let path = try #require(writer.path)
    let name: String = String(path.dropFirst(place.count + 1))
    #expect(name.wholeMatch(of: /dedicated_log_torch_trace_rank_3_[a-z0-9_]{8}\.log/) != nil)
    let mode: Int? = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    let report = try readTrace(at: place)
    #expect(report.processes.map(\.rank) == [3] && report.processes.map(\.identifier) == [Int(getpid())])
  }

  /// Each record against the rules themselves: the header that tlparse looks for, the event first, a tab before each line, the MD5.
  @Test func recordsAreFramedAsPyTorchFramesThem() throws {
    let writer = TraceWriter(folder: folder.path)
    WriterTests.writeCompile(writer, TraceCompileID(frame: 0, compile: 2))
    let text = try String(contentsOfFile: #require(writer.path), encoding: .utf8)
    #expect(text.hasSuffix("\n"))
    let lines: [String] = text.components(separatedBy: "\n").dropLast()
    let header = /V\d{4} \d{2}:\d{2}:\d{2}\.\d{6} \d+ [^:]+:\d+\] (.*)/
    var (index, names, events): (Int, [String], [String]) = (0, [], [])
    while index < lines.count {
      let match = try #require(lines[index].wholeMatch(of: header), "\(lines[index])")
      let envelope = try JSONValue.parse(String(match.1), subject: "")
      let keys: [String] = envelope.members?.map(\.key) ?? []
      #expect(match.1.allSatisfy { $0.isASCII })
      index += 1
      var payload: [String] = []
      while index < lines.count, lines[index].hasPrefix("\t") {
        payload.append(String(lines[index].dropFirst()))
        index += 1
      }
      events.append(keys[0])
      if keys[0] == "str" {
        #expect(keys == ["str"] && payload.isEmpty)
        #expect(envelope["str"]?.array?.last?.int == names.count)
        names.append(envelope["str"]?.array?.first?.string ?? "")
        continue
      }
      #expect(Array(keys[1...].prefix(3)) == ["frame_id", "frame_compile_id", "attempt"])
      #expect((envelope["has_payload"] == nil) == payload.isEmpty)
      if let digest = envelope["has_payload"]?.string { #expect(digest == md5(payload.joined(separator: "\n"))) }
    }
    #expect(names == ["work/modèl.py"])
    #expect(
      events.filter { $0 != "chromium_event" } == [
        "artifact", "str", "dynamo_start", "describe_storage", "describe_tensor", "describe_source", "create_symbol", "create_unbacked_symbol", "artifact",
        "dynamo_output_graph", "aot_inference_graph", "inductor_post_grad_graph", "inductor_output_code", "dynamo_cpp_guards_str", "compilation_metrics",
        "bwd_compilation_metrics",
      ])
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let writer = TraceWriter(folder: folder.path)
    WriterTests.writeCompile(writer, TraceCompileID(autograd: nil, frame: 0, compile: 2))
    let report = try readTrace(at: folder.path)
    #expect(report.problems.isEmpty, "\(report.problems)")
    let compile = try #require(report.compiles.first)
    #expect(report.compiles.count == 1 && compile.name == "0/2" && compile.attempts == 2 && compile.status == .succeeded)
    #expect(compile.reasons.map(\.text) == ["L['k'] == 2", "tensor 'x' size mismatch at index 0. expected 3, actual 5"])
    #expect(compile.breaks.map(\.reason) == ["Unsupported: 'no'"])
    #expect(compile.breaks[0].place == SourceFrame(file: "work/modèl.py", line: 2, function: "f", text: ""))
    var metrics = try #require(compile.metrics)
    metrics.record = 0..<0
    #expect(metrics == WriterTests.metrics)
    #expect(compile.backwards.map(\.inductorSeconds) == [0.5])
    let details = try report.details(of: compile)
    #expect(details.stack.map(\.text) == ["return f(x)", ""])
    #expect(details.phases.map(\.name) == ["dynamo"] && details.phases[0].seconds == 0.75 && details.phases[0].parts.map(\.name) == ["entire_frame_compile"])
    #expect(details.instants.map(\.name) == ["automatic_dynamic"])
    #expect(details.symbols.map(\.name) == ["s0", "u0"] && details.tensors.map(\.source) == ["L['x']"] && details.tensors[0].sizes == ["s0", "4"])
    #expect(details.metrics.first?["lathe_version"] == .string("0.1.0"))
    let code = try #require(details.artifacts.first { $0.kind == .code })
    #expect(code.file == "/cache/ab/kernels.c")
    #expect(try report.file(of: compile).text(of: code.payload) == "int main() { return 0; }\n// \"é\"")
    #expect(details.artifacts.filter { $0.kind == .graph }.map(\.name) == ["dynamo_output_graph", "aot_inference_graph", "inductor_post_grad_graph"])
  }

  @Test func timesAreLocal() throws {
    var (whole, parts) = (time_t(1_795_382_104), tm())
    localtime_r(&whole, &parts)
    let header: String = TraceWriter.header(.init(seconds: 1_795_382_104.5, path: "a:b\n.swift", line: 3), process: 42)
    let clock = String(format: "%02d%02d %02d:%02d:%02d.500000", parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec)
    #expect(header == "V\(clock) 42 a_b_.swift:3] ")
  }

  @Test func manyThreadsWriteWholeRecords() async throws {
    let writer = TraceWriter(folder: folder.path)
    await withTaskGroup(of: Void.self) { group in
      for thread in 0..<8 {
        group.addTask {
          for number in 0..<100 {
            let attempt = TraceWriter.Attempt(TraceCompileID(frame: thread, compile: number))
            writer.start(stack: [SourceFrame(file: "file\(number).py", line: 1, function: "f", text: "")], of: attempt)
            writer.guards(String(repeating: "guard \(thread) \(number)\n", count: 50), of: attempt)
          }
        }
      }
    }
    let report = try readTrace(at: folder.path)
    #expect(report.problems.isEmpty && report.compiles.count == 800)
    #expect(report.compiles.allSatisfy { $0.place?.file == "file\($0.id.compile ?? -1).py" })
    #expect(folder.names.count == 1)
  }

  @Test func aPlaceThatCannotBeWrittenIsToldOnce() throws {
    let path: String = try folder.file("taken", [])
    let told = Told()
    let writer = TraceWriter(folder: path + "/below", told: { told.add($0) })
    for number in 0..<3 { writer.start(stack: [], of: .init(TraceCompileID(frame: number, compile: 0))) }
    #expect(told.errors.count == 1 && told.errors.first == writer.failure)
    #expect(writer.failure?.description.hasPrefix("\(path)/below: the trace cannot be written: ") == true)
    #expect(writer.path == nil)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "the system has no /dev/full")) func aFullDiskIsASentence() throws {
    let descriptor: Int32 = open("/dev/full", O_WRONLY)
    defer { close(descriptor) }
    #expect { try TraceWriter.append([1, 2], descriptor, size: 0, path: "t.log") } throws: { "\($0)".hasPrefix("t.log: the trace ends here, it cannot be written on: ") }
  }
}

private final class Told: @unchecked Sendable {
  // Written under the lock alone.
  private let lock = NSLock()
  private var list: [LatheError] = []
  func add(_ error: LatheError) { lock.withLock { list.append(error) } }
  var errors: [LatheError] { lock.withLock { list } }
}
