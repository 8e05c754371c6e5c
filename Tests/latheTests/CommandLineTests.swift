import Foundation
import Testing

/// The binary itself: exit codes, one sentence for each failure, output a script can read.
@Suite struct CommandLineTests {
  private struct Outcome {
    var status: Int32
    var output: String
    var errors: String
  }

  private func lathe(_ arguments: String...) throws -> Outcome { try lathe(arguments) }
  private func lathe(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
    let process = Process()
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.executableURL = URL(fileURLWithPath: Tmux.binary)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: checkout)
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError, process.standardInput) = (output, errors, FileHandle.nullDevice)
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Outcome(status: process.terminationReason == .exit ? process.terminationStatus : -1, output: text, errors: complaint)
  }

  private func expectOneSentence(_ outcome: Outcome, _ words: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(outcome.status == 1, sourceLocation: sourceLocation)
    #expect(outcome.errors.hasPrefix("lathe: "), sourceLocation: sourceLocation)
    #expect(outcome.errors.contains(words), "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
  }

  @Test func verifyEndsWithItsTotals() throws {
    let outcome = try lathe("verify", "demo-models/perceptron.pt2")
    #expect(outcome.status == 0)
    #expect(outcome.output.hasSuffix("2 passed, 0 failed, 0 skipped\n"))
  }

  /// An archive from the shell: packaged, looked into, and run only where it was said that its code may.
  @Test func archivesArePackagedAndRun() throws {
    let folder = NSTemporaryDirectory() + "/lathe-cli-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let archive = "\(folder)/served.pt2"
    let made = try lathe("package", "--name", "net=demo-models/perceptron.pt2", "-o", archive, "--metadata", "owner=tests", "--json")
    #expect(made.status == 0, "\(made.errors)")
    let report = try JSONSerialization.jsonObject(with: Data(made.output.utf8)) as? [String: Any]
    #expect(report?["path"] as? String == archive && (report?["models"] as? [[String: Any]])?.first?["name"] as? String == "net")
    let text = try lathe("inspect", archive)
    for line in ["model        net, compiled by Lathe, not run here yet", "  metadata   owner = tests", "  PyTorch    2.6: has every function that it needs"] {
      #expect(text.output.contains(line), "\(text.output)")
    }
    #expect(try JSONSerialization.jsonObject(with: Data(lathe("inspect", archive, "--json").output.utf8)) is [String: Any])
    // Nobody is at a terminal, and this state folder has no answers.
    let state = ["XDG_STATE_HOME": folder]
    expectOneSentence(try lathe(["run", archive, "--model", "net"], environment: state), "pass --trust to run it")
    expectOneSentence(try lathe(["run", archive, "--model", "nett", "--trust"], environment: state), "has no model 'nett'; its models are net")
    let run = try lathe(["run", archive, "--trust", "--json"], environment: state)
    #expect(run.status == 0, "\(run.errors)")
    #expect(try lathe(["run", archive], environment: state).status == 0)
    #expect(try lathe("package", "demo-models/perceptron.pt2", "-o", "\(folder)/served.zip").status != 0)
    expectOneSentence(try lathe("package", "demo-models/perceptron.pt2", "-o", "\(folder)/none/a.pt2"), "cannot be written")
  }

  @Test func graphsComeInThreeForms() throws {
    #expect(try lathe("graph", "demo-models/perceptron.pt2").output.contains("= torch.ops.aten.linear.default("))
    #expect(try lathe("graph", "demo-models/perceptron.pt2", "--format", "dot").output.hasPrefix("digraph"))
    let json = try lathe("graph", "demo-models/perceptron.pt2", "--format", "json").output
    #expect(try JSONSerialization.jsonObject(with: Data(json.utf8)) is [String: Any])
  }

  @Test func jsonTwinsAreJSON() throws {
    for arguments in [["inspect", "demo-models/gpt.pt2", "--json"], ["env", "--json"], ["run", "demo-models/perceptron.pt2", "--json"]] {
      let outcome = try lathe(arguments[0], arguments[1], arguments.last!)
      #expect(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) is [String: Any], "\(arguments)")
    }
  }

  @Test func theCompilersTwinsAreJSON() throws {
    func objects(_ arguments: String...) throws -> [[String: Any]] {
      let outcome = try lathe(arguments)
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
      return try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]] ?? []
    }
    let passes = try objects("graph", "demo-models/gpt.pt2", "--passes", "--json")
    #expect(passes.first?["name"] as? String == "decompose" && passes.last?["name"] as? String == "dead code")
    let outcome = try lathe("graph", "demo-models/gpt.pt2", "--after", "dead code", "--json")
    let graph = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    let nodes = try #require(graph?["nodes"] as? [[String: Any]])
    #expect(nodes.count == passes.last?["nodes"] as? Int && nodes.contains { $0["origin"] is Int })
    let kernels = try objects("code", "demo-models/gpt.pt2", "--json")
    let listed = try objects("code", "demo-models/gpt.pt2", "--list", "--json")
    #expect(kernels.count == listed.count && kernels.contains { $0["code"] is String } && !listed.contains { $0["code"] is String })
    let names = Set(nodes.compactMap { $0["name"] as? String })
    for kernel in listed {
      #expect((kernel["nodes"] as? [String])?.allSatisfy(names.contains) == true && (kernel["programNodes"] as? [String])?.isEmpty == false)
      #expect((kernel["bytes"] as? Double ?? 0) > 0 && kernel["operations"] is Double)
    }
  }

  @Test func whatDoesNotGoTogetherIsSaid() throws {
    #expect(try lathe("graph", "demo-models/gpt.pt2", "--after", "decompose", "--passes").errors.contains("give --passes or --after, not both"))
    #expect(try lathe("graph", "demo-models/gpt.pt2", "--format", "dot", "--json").errors.contains("--format dot goes with neither"))
  }

  @Test func outputsAreWrittenForAnotherRun() throws {
    let folder = NSTemporaryDirectory() + "/lathe-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let outcome = try lathe("run", "demo-models/perceptron.pt2", "--inputs", "demo-models/perceptron.inputs.safetensors", "--output", "\(folder)/perceptron.expected.safetensors")
    #expect(outcome.status == 0)
    for suffix in ["pt2", "inputs.safetensors"] {
      try FileManager.default.copyItem(atPath: "\(checkout)/demo-models/perceptron.\(suffix)", toPath: "\(folder)/perceptron.\(suffix)")
    }
    #expect(try lathe("verify", "\(folder)/perceptron.pt2").output.hasSuffix("1 passed, 0 failed, 0 skipped\n"))
  }

  @Test func badFilesAreOneSentence() throws {
    expectOneSentence(try lathe("inspect", "no-such.pt2"), "no-such.pt2")
    expectOneSentence(try lathe("inspect", "README.md"), "README.md")
    let folder = NSTemporaryDirectory() + "/lathe-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let whole = try Data(contentsOf: URL(fileURLWithPath: "\(checkout)/demo-models/perceptron.pt2"))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: "\(folder)/half.pt2"))
    expectOneSentence(try lathe("graph", "\(folder)/half.pt2"), "half.pt2")
    expectOneSentence(try lathe("run", "demo-models/gpt.pt2", "--inputs", "demo-models/resnet.inputs.safetensors"), "element type")
    expectOneSentence(try lathe("run", "demo-models/gpt.pt2", "--size", "s1=1000"), "outside the range")
  }
}
