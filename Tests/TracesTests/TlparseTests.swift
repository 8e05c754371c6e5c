import Foundation
import Foundations
import Testing

@testable import Traces

/// What the writer writes, through the real tlparse: the program that LATHE_TLPARSE names.
@Suite struct TlparseTests {
  static let program: String? = ProcessInfo.processInfo.environment["LATHE_TLPARSE"]

  @Test(.enabled(if: program != nil, "LATHE_TLPARSE does not name a tlparse")) func tlparseListsEverythingWithoutComplaint() throws {
    let folder = try Folder()
    let writer = TraceWriter(folder: folder.path)
    for id in [TraceCompileID(frame: 0, compile: 2), TraceCompileID(autograd: 1, frame: 0, compile: 3)] { WriterTests.writeCompile(writer, id) }
    var failed = TraceMetrics()
    (failed.function, failed.failType, failed.hasCode) = ("g", "InternalError", false)
    writer.start(stack: [SourceFrame(file: "", line: 1, function: "g", text: "")], of: .init(TraceCompileID(frame: 1, compile: 0)))
    writer.metrics(failed, of: .init(TraceCompileID(frame: 1, compile: 0)))

    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(TlparseTests.program))
    process.arguments = ["--no-browser", "-o", folder.path + "/out", try #require(writer.path)]
    let errors = Pipe()
    (process.standardOutput, process.standardError, process.standardInput) = (FileHandle.nullDevice, errors, FileHandle.nullDevice)
    try process.run()
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(complaint)")
    // It knows no create_symbol, PyTorch's own either.
    let stats = try #require(complaint.firstMatch(of: /Stats \{ ok: (\d+), unknown: (\d+) \}/), "\(complaint)")
    let report = try readTrace(at: folder.path)
    let text = try String(contentsOfFile: #require(writer.path), encoding: .utf8)
    let names: Int = text.components(separatedBy: "{\"str\": ").count - 1
    #expect(Int(stats.1) == report.recordCount - names)
    #expect(Int(stats.2) == text.components(separatedBy: "{\"create_symbol\": ").count - 1)

    let directory = try JSONValue.parse(String(contentsOfFile: folder.path + "/out/compile_directory.json", encoding: .utf8), subject: "")
    let listed: [String] = directory.members?.map(\.key) ?? []
    #expect(Set(listed).isSuperset(of: ["[0/2]", "[0/2_1]", "[!1/0/3]", "[!1/0/3_1]", "[1/0]"]))
    let artifacts: [String] = directory["[0/2_1]"]?["artifacts"]?.array?.compactMap { $0["name"]?.string } ?? []
    for wanted in ["dynamo_output_graph", "aot_inference_graph", "inductor_post_grad_graph", "inductor_output_code_kernels", "dynamo_cpp_guards_str", "compilation_metrics"] {
      #expect(artifacts.contains { $0.hasPrefix(wanted) }, "\(artifacts)")
    }
    let failures = try String(contentsOfFile: folder.path + "/out/failures_and_restarts.html", encoding: .utf8)
    #expect(failures.contains("InternalError") && failures.contains("RestartAnalysis"))
  }
}
