import Foundation
import Testing

/// `lathe trace` itself: what it prints, its exit codes, following a file until it is interrupted.
@Suite struct TraceCommandTests {
  private let folder: String = NSTemporaryDirectory() + "lathe-trace-" + UUID().uuidString
  private let start: String =
    #"V1122 10:00:00.000000 7 a.py:1] {"dynamo_start": {"stack": [{"line": 2, "name": "f", "filename": 0}]}, "frame_id": 0, "frame_compile_id": 1, "attempt": 0}"# + "\n"
  private let metrics: String =
    #"V1122 10:00:01.500000 7 a.py:1] {"compilation_metrics": {"co_name": "f", "recompile_reason": "0/0: x is y"}, "frame_id": 0, "frame_compile_id": 1, "attempt": 0}"# + "\n"

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  private func write(_ text: String, to name: String = "dedicated_log_torch_trace_abcdefgh.log") throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    return "\(folder)/\(name)"
  }
  private func process(_ arguments: [String]) -> (process: Process, output: Pipe, errors: Pipe) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Tmux.binary)
    process.arguments = ["trace"] + arguments
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError, process.standardInput) = (output, errors, FileHandle.nullDevice)
    return (process, output, errors)
  }
  private func lathe(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
    let (process, output, errors) = process(arguments)
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text, complaint)
  }
  private func object(_ text: String) throws -> [String: Any] { try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]) }

  @Test func aTraceIsListed() throws {
    _ = try write(start + metrics + "garbage\n")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let text = try lathe(folder)
    #expect(text.status == 0 && text.errors.isEmpty)
    for words in ["1 compilation, 0 restarts, 0 graph breaks, 1 problem", "[0/1]  11-22 10:00:00.000000  1.5 s  f", "recompile, succeeded", "does not fit 0/0: x is y", "line 3 (byte "] {
      #expect(text.output.contains(words), "\(text.output)")
    }
    let json = try object(lathe(folder, "--json").output)
    let compiles = try #require(json["compiles"] as? [[String: Any]])
    #expect(compiles.map { $0["id"] as? String } == ["0/1"] && compiles[0]["status"] as? String == "succeeded" && json["problemCount"] as? Int == 1)
    let one = try object(lathe(folder, "--json", "--compile", "[0/1]").output)
    #expect(((one["compiles"] as? [[String: Any]])?.first?["metrics"] as? [Any])?.count == 1)
    #expect(try lathe(folder, "--compile", "0/1").output.contains("called from\n  (unknown):2 in f"))
  }

  @Test func whatIsNoTraceIsOneSentence() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (path, words) in [(folder + "/none", "there is no such file or folder"), (folder, "the folder has no trace"), (try write("x\n", to: "x"), "is no trace"), (try write("", to: "y"), "the trace is empty")] {
      let outcome = try lathe(path)
      #expect(outcome.status == 1 && outcome.output.isEmpty)
      #expect(outcome.errors.hasPrefix("lathe: \(path): ") && outcome.errors.contains(words), "\(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count == 1)
    }
    let outcome = try lathe(try write(start), "--compile", "5/5")
    #expect(outcome.status == 1 && outcome.errors.contains("the trace has no compilation 5/5"))
  }

  @Test func followingEndsWhenInterrupted() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (process, output, errors) = process([folder, "--follow", "--json"])
    try process.run()
    let path = try write(start)
    var lines = Lines(output.fileHandleForReading)
    #expect(try object(lines.next())["event"] as? String == "file")
    #expect(try object(lines.next())["event"] as? String == "started")
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data((metrics + "V1122 10:00").utf8))
    let finished = try object(lines.next())
    #expect(finished["event"] as? String == "finished" && (finished["compile"] as? [String: Any])?["seconds"] as? Double == 1.5)
    process.interrupt()
    // The half record is told at the end, and only then.
    #expect(try object(lines.next())["event"] as? String == "problem")
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    #expect(errors.fileHandleForReading.readDataToEndOfFile().isEmpty)
  }

  /// A session of ours with three recompiles, through our reader and, where there is one, tlparse: every compilation, every failed guard.
  @Test func aSessionOfOursIsListed() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Tmux.binary)
    process.arguments = [
      "run", "\(checkout)/demo-models/perceptron.pt2", "--mode", "compiled", "--sweep", "features:0=2,4,8,1", "--dynamic", "false", "--trace", folder,
    ]
    (process.standardOutput, process.standardInput) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let json = try object(lathe(folder, "--json").output)
    let compiles = try #require(json["compiles"] as? [[String: Any]])
    #expect(json["problemCount"] as? Int == 0 && compiles.compactMap { $0["status"] as? String } == Array(repeating: "succeeded", count: 4))
    #expect(compiles.compactMap { $0["trigger"] as? String } == ["first call", "recompile", "recompile", "recompile"])
    // Without the line of the model that needed the guard.
    let reasons = compiles.map { compile in
      (compile["reasons"] as? [[String: Any]] ?? []).map { "\($0["entry"] ?? ""): \($0["text"] ?? "")".components(separatedBy: "  # ")[0] }
    }
    func misses(_ entries: [(String, Int)], _ size: Int) -> [String] {
      entries.map { "\($0.0): tensor 'features' size mismatch at index 0. expected \($0.1), actual \(size)" }
    }
    #expect(reasons == [[], misses([("0/0", 2)], 4), misses([("0/1", 4), ("0/0", 2)], 8), misses([("0/2", 8), ("0/1", 4), ("0/0", 2)], 1)])

    guard let tlparse = ProcessInfo.processInfo.environment["LATHE_TLPARSE"] else { return }
    let judge = Process()
    judge.executableURL = URL(fileURLWithPath: tlparse)
    judge.arguments = ["--no-browser", "-o", folder + "/out"] + (try FileManager.default.contentsOfDirectory(atPath: folder)).map { "\(folder)/\($0)" }
    let errors = Pipe()
    (judge.standardOutput, judge.standardError, judge.standardInput) = (FileHandle.nullDevice, errors, FileHandle.nullDevice)
    try judge.run()
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    judge.waitUntilExit()
    #expect(judge.terminationStatus == 0 && complaint.contains("Stats { ok: ") && !complaint.contains("fail_"), "\(complaint)")
    let listed = try object(String(contentsOfFile: folder + "/out/compile_directory.json", encoding: .utf8))
    #expect(Set(listed.keys).subtracting(["unknown", "[-/-]"]) == ["[0/0]", "[0/1]", "[0/2]", "[0/3]"])
    for number in 1..<4 {
      let artifacts = (listed["[0/\(number)]"] as? [String: Any])?["artifacts"] as? [[String: Any]] ?? []
      let page = try #require(artifacts.first { ($0["name"] as? String)?.hasPrefix("recompile_reasons") == true }?["url"] as? String)
      let text = try String(contentsOfFile: "\(folder)/out/\(page)", encoding: .utf8)
      #expect(reasons[number].allSatisfy { text.contains($0) }, "\(text)")
    }
  }

  /// Lines as they come.
  private struct Lines {
    private let handle: FileHandle
    private var rest = Data()
    init(_ handle: FileHandle) { self.handle = handle }

    mutating func next() throws -> String {
      while true {
        if let end = rest.firstIndex(of: 0x0A) {
          let line = String(decoding: rest[..<end], as: UTF8.self)
          rest = Data(rest[(end + 1)...])
          return line
        }
        let more = handle.availableData
        try #require(!more.isEmpty, "the program ended")
        rest += more
      }
    }
  }
}
