import Archives
import Engine
import Foundation
import Foundations
import Graphs
import Synchronization
import Tensors
import Testing

@Suite struct MinifyTests {
  /// A folder with a program of one `tanh` among many nodes.
  private final class Case {
    let folder: String
    let program: String
    init(nodes: Int) throws {
      folder = NSTemporaryDirectory() + "/lathe-test-\(UUID().uuidString)"
      program = "\(folder)/planted.pt2"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try PlantedProgram.make(nodes: nodes).write(to: program, layout: .legacy)
    }
    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// What the binary, or a script that is left, says and ends with.
    func run(_ arguments: [String], of program: String = Tmux.binary, compiler: String? = nil) throws -> (status: Int32, output: String, errors: String) {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = arguments
      process.environment = ProcessInfo.processInfo.environment.merging(["LATHE": Tmux.binary]) { $1 }
      process.environment?["LATHE_CC"] = compiler
      let (output, errors) = (Pipe(), Pipe())
      (process.standardOutput, process.standardError, process.standardInput) = (output, errors, FileHandle.nullDevice)
      try process.run()
      let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      return (process.terminationStatus, text, complaint)
    }

    func minified(_ what: String, _ fault: PlantedFault) throws -> MinifyReport {
      let compiler = try fault.compiler(in: folder)
      let outcome = try run(["minify", program, "--fails", what, "-o", "\(folder)/small", "--json"], compiler: compiler)
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try JSONDecoder().decode(MinifyReport.self, from: Data(outcome.output.utf8))
    }
  }

  private func operators(_ program: ExportedProgram) -> [String] {
    program.graph.nodes.compactMap { if case .call(let name) = $0.operation { name.text } else { nil } }
  }

  /// The one wrong kernel of 400 nodes: an input, the operator and the output are left.
  @Test func aWrongKernelAmongFourHundredNodesIsFound() throws {
    let item = try Case(nodes: 400)
    let report = try item.minified("verify", .wrong)
    #expect(report.before.nodes == 400 && report.after.nodes <= 3)
    #expect(report.isConfirmed && !report.isCutShort)
    let program = try ExportedProgram.read(path: report.program)
    #expect(operators(program) == ["aten.tanh.default"])
    // The outputs that are saved are those of eager execution, and the files are those that `verify` takes.
    let input = try SafeTensors.read(path: report.inputs).tensors["0"]!, expected = try SafeTensors.read(path: report.expected).tensors["0"]!
    #expect(zip(try input.doubles(), try expected.doubles()).allSatisfy { (tanh($0) - $1).magnitude < 1e-5 })
    #expect(try item.run(["verify", report.program]).status == 0)
    // The script fails with the compiler that was used, though it is not named again.
    let again = try item.run([], of: report.script)
    #expect(again.status == 1 && again.output.hasPrefix("fails: output 0"), "\(again)")
    // Every size on the way is a program that is smaller than the one before.
    let sizes: [Int] = report.steps.map(\.size.nodes)
    #expect(sizes == sizes.sorted(by: >) && sizes.first ?? 400 < 400)
    for step in report.steps { #expect(FileManager.default.fileExists(atPath: step.checkpoint)) }
    #expect(!FileManager.default.fileExists(atPath: "\(item.folder)/small/work"))
  }

  @Test(arguments: [(PlantedFault.crashingCode, MinifyAnswer.Kind.codeDies), (.crashingCompiler, .doesNotCompile)])
  func aCrashIsFound(_ fault: PlantedFault, _ kind: MinifyAnswer.Kind) throws {
    let item = try Case(nodes: 40)
    let report = try item.minified("crash", fault)
    #expect(report.failure.kind == kind && report.after.nodes == 3 && report.isConfirmed, "\(report)")
    #expect(operators(try ExportedProgram.read(path: report.program)) == ["aten.tanh.default"])
    let healthy = try item.run(["minify", report.program, "--inputs", report.inputs, "--fails", "crash", "--run-once"])
    #expect(healthy.status == 0 && healthy.output == "does not fail (crash): it compiles and runs\n")
  }

  @Test func aProgramThatDoesNotFailIsOneSentence() throws {
    let item = try Case(nodes: 20)
    for (what, words) in [("verify", "elements agree"), ("crash", "it compiles and runs"), ("time>100", "a call takes")] {
      let outcome = try item.run(["minify", item.program, "--fails", what, "-o", "\(item.folder)/small"])
      #expect(outcome.status == 1 && outcome.output.isEmpty)
      #expect(outcome.errors.hasPrefix("lathe: \(item.program): the program does not fail as asked (\(try MinifyFailure(parsing: what).text)): "))
      #expect(outcome.errors.contains(words) && outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }
    #expect(try item.run(["minify", item.program, "--fails", "sometimes"]).errors == "lathe: 'sometimes' is no failure: write verify, crash or time>SECONDS\n")
    let occupied = try item.run(["minify", item.program, "--fails", "crash", "-o", item.folder])
    #expect(occupied.status == 1 && occupied.errors.contains("holds other files"))
    #expect(try item.run(["minify", item.program, "--fails", "verify", "--mode", "eager"]).errors.contains("name a mode that compiles"))
  }

  /// Hears what the minifier reports; cancels once something became smaller.
  private final class Watcher: EventSink, Cancellation {
    private let notices = Mutex<[String]>([])
    private let progress = Mutex<[String]>([])
    let cancels: Bool
    init(cancels: Bool) { self.cancels = cancels }
    var heard: [String] { notices.withLock { $0 } }
    var shown: [String] { progress.withLock { $0 } }
    var isCancelled: Bool { cancels && heard.contains { $0.hasPrefix("went from") } }
    func report(_ event: Event) {
      switch event {
      case .notice(let text): notices.withLock { $0.append(text) }
      case .progress(_, _, _, let what): progress.withLock { $0.append(what) }
      default: break
      }
    }
  }

  /// Any program is slower than no time at all; what is left of one is what the strategies cannot take away.
  @Test func theEngineReportsAndCanBeCancelled() throws {
    let item = try Case(nodes: 30)
    var options = MinifyOptions(fails: .slower(seconds: 1e-9), folder: "\(item.folder)/small")
    options.executable = Tmux.binary
    let model: OpenModel = try Engine.open(item.program)
    let watcher = Watcher(cancels: false)
    let report = try Engine.minify(model, inputs: .random(seed: 0, sizes: [:]), options, events: watcher)
    #expect(report.after.calls <= 1 && report.failure.kind == .slow)
    #expect(watcher.heard.first?.hasPrefix("started off with 30 nodes: ") == true)
    #expect(watcher.heard.contains { $0.hasPrefix("went from 30 to ") })
    #expect(watcher.shown.contains { $0.contains("Delta Debugging (G: 1)") || $0.contains("Truncate suffix") })

    let hasty = Watcher(cancels: true)
    options.folder = "\(item.folder)/cut"
    do {
      _ = try Engine.minify(model, inputs: .random(seed: 0, sizes: [:]), options, events: hasty, cancellation: hasty)
      Issue.record("it goes on")
    } catch let error as LatheError {
      #expect(error.kind == .cancelled && error.message.contains("\(options.folder)/checkpoints/"), "\(error)")
    }
    // What was found so far is a program that runs; nothing else is left.
    let names = try FileManager.default.contentsOfDirectory(atPath: options.folder)
    #expect(names == ["checkpoints"])
    let checkpoint = try #require(try FileManager.default.contentsOfDirectory(atPath: "\(options.folder)/checkpoints").first { $0.hasSuffix(".pt2") })
    #expect(try ExportedProgram.read(path: "\(options.folder)/checkpoints/\(checkpoint)").graph.nodes.count < 30)
  }
}
