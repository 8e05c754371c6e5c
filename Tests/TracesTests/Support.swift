import Foundation
import Foundations
import Testing

@testable import Traces

/// A folder of its own for a test, gone afterwards.
final class Folder {
  let path: String = NSTemporaryDirectory() + "lathe-traces-" + UUID().uuidString
  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String = "trace.log", _ bytes: some Sequence<UInt8>) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    return "\(path)/\(name)"
  }
  func append(_ name: String, _ text: String) throws {
    let handle: FileHandle = try #require(FileHandle(forWritingAtPath: "\(path)/\(name)"))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }
  var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}

/// Reads everything of a file that does not grow.
func readTrace(at path: String) throws -> TraceReport {
  var reader = try TraceReader(path: path)
  _ = reader.readMore()
  _ = reader.finish()
  return reader.report
}
func readTrace(of text: String) throws -> (report: TraceReport, folder: Folder) {
  let folder = try Folder()
  return (try readTrace(at: folder.file("trace.log", text.utf8)), folder)
}

/// Records written by hand, in the form that PyTorch's `TorchLogsFormatter` gives them.
enum Hand {
  /// - Parameters:
  ///   - event: the event's key and value, as JSON.
  ///   - ids: what follows it in the envelope.
  static func record(
    _ event: String, ids: String = #""frame_id": 0, "frame_compile_id": 0, "attempt": 0"#, payload: String? = nil, digest: String? = nil, process: Int = 7,
    time: String = "1122 10:00:00.000000"
  ) -> String {
    var fields: [String] = [event]
    if !ids.isEmpty { fields.append(ids) }
    if let payload { fields.append("\"has_payload\": \"\(digest ?? md5(payload))\"") }
    var text: String = "V\(time) \(process) torch/_dynamo/utils.py:1318] {\(fields.joined(separator: ", "))}\n"
    for line in payload?.split(separator: "\n", omittingEmptySubsequences: false) ?? [] { text += "\t\(line)\n" }
    return text
  }
  static func id(_ frame: Int, _ compile: Int, _ attempt: Int = 0) -> String { "\"frame_id\": \(frame), \"frame_compile_id\": \(compile), \"attempt\": \(attempt)" }

  static func start(_ id: String, function: String = "f", line: Int = 2, file: Int = 1, process: Int = 7) -> String {
    record(#""dynamo_start": {"stack": [{"line": \#(line), "name": "\#(function)", "filename": \#(file)}]}"#, ids: id, process: process)
  }
  static func name(_ text: String, _ number: Int, process: Int = 7) -> String { record(#""str": ["\#(text)", \#(number)]"#, ids: "", process: process) }
  static func artifact(_ name: String, _ payload: String, ids: String) -> String {
    record(#""artifact": {"name": "\#(name)", "encoding": "string"}"#, ids: ids, payload: payload)
  }
  static func metrics(_ members: String, ids: String, process: Int = 7) -> String { record(#""compilation_metrics": {\#(members)}"#, ids: ids, process: process) }
  static func chromium(_ phase: String, _ name: String, _ time: Int, ids: String, arguments: String = "{}") -> String {
    record(#""chromium_event": {}"#, ids: ids, payload: "{\n\"name\": \"\(name)\",\n\"ts\": \(time).5,\n\"args\": \(arguments),\n\"ph\": \"\(phase)\"\n}")
  }
}

/// MD5 as the system's tool gives it would need a process each; RFC 1321's examples are checked where MD5 is.
func md5(_ text: String) -> String {
  var hash = MD5()
  hash.update(text)
  return hash.hexDigest()
}

/// What real PyTorch wrote, beside the checkout, and what tlparse lists of it (Tools/trace_facts.py).
enum Samples {
  private static let checkout: String = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  static let folder: String = "\(checkout)/../shared/corpus/traces"
  static let names: [String] = ["torch-2.6", "torch-2.15"]
  static var arePresent: Bool { names.allSatisfy { FileManager.default.fileExists(atPath: "\(folder)/\($0).log") } }
  static let absent: Comment = "the traces that PyTorch wrote are not at ../shared/corpus/traces"
  static func path(_ name: String) -> String { "\(folder)/\(name).log" }

  static func facts(_ name: String) throws -> JSONValue {
    try JSONValue.parse(String(contentsOfFile: "\(checkout)/Tests/Fixtures/traces/\(name).json", encoding: .utf8), subject: name)
  }
}
