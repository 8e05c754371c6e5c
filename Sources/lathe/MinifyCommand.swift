import ArgumentParser
import Engine
import Foundation
import Foundations

/// `lathe minify`: make a program that fails as small as it can be.
struct MinifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "minify", abstract: "Make a program that fails as small as it can be while it still fails.",
    discussion: """
      WHAT fails is one of
        verify        the compiled outputs differ from the eager ones, by the bounds of lathe verify and by more than roundings explain
        crash         it does not compile, or a compiled call fails, crashes or does not end
        time>SECONDS  the fastest of three compiled calls takes longer
      Sizes are those of the inputs. The folder gets minimal.pt2, its inputs and eager outputs, minimal.txt, reproduce.sh for Lathe,
      reproduce.py for PyTorch, report.json, and every smaller program on the way under checkpoints.

      Examples:
        lathe minify model.pt2 --inputs model.inputs.safetensors --fails verify
        lathe minify model.pt2 --fails crash --check-str "undefined symbol" -o small
        lathe minify model.pt2 --fails "time>0.5" --mode autotuned --json
        lathe minify small/minimal.pt2 --inputs small/minimal.inputs.safetensors --fails crash --run-once
      """)
  @Argument(help: "A program that torch.export saved.", completion: .file(extensions: ["pt2"]))
  var file: String
  @Option(help: "A safetensors file with the inputs, keyed 0, 1, ….", completion: .file(extensions: ["safetensors"]))
  var inputs: String?
  @Option(help: "Make inputs up from this seed (0 where no inputs are given).")
  var randomSeed: UInt64?
  @Option(help: ArgumentHelp("How it fails: verify, crash or time>SECONDS.", valueName: "what"))
  var fails: String
  @Option(name: .shortAndLong, help: "The folder to write (NAME.minified for NAME.pt2).", completion: .directory)
  var output: String?
  @Option(help: "How the program is compiled: compiled or autotuned.")
  var mode: ExecutionMode = .compiled
  @Option(help: ArgumentHelp("Only failures that say this count.", valueName: "text"))
  var checkStr: String?
  @Option(help: ArgumentHelp("The most nodes that are taken away at once.", valueName: "nodes"))
  var maxGranularity: Int?
  @Option(help: ArgumentHelp("Smaller programs tried at most.", valueName: "count"))
  var maxQueries: Int?
  @Option(help: ArgumentHelp("Seconds after which a compilation or a call counts as one that does not end.", valueName: "seconds"))
  var queryLimit: Double?
  @Flag(help: "Only say whether the program fails, with status 1 where it does.")
  var runOnce = false
  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if inputs != nil && randomSeed != nil { throw ValidationError("give --inputs or --random-seed, not both") }
    if let maxGranularity, maxGranularity < 1 { throw ValidationError("--max-granularity takes a number from 1 on") }
    if let maxQueries, maxQueries < 1 { throw ValidationError("--max-queries takes a number from 1 on") }
    if let queryLimit, !(0.1...1e6).contains(queryLimit) { throw ValidationError("--query-limit takes seconds from 0.1 on") }
    if runOnce && output != nil { throw ValidationError("--run-once writes nothing: give no --output with it") }
  }

  func run() throws {
    var options = MinifyOptions(fails: try MinifyFailure(parsing: fails), folder: output ?? folder)
    options.mode = mode
    options.checkText = checkStr
    if let maxGranularity { options.maximumGranularity = maxGranularity }
    if let maxQueries { options.maximumQueries = maxQueries }
    if let queryLimit { options.queryLimit = queryLimit }
    let model: OpenModel = try Engine.open(file)
    let source: InputSource = inputs.map { .file($0) } ?? .random(seed: randomSeed ?? 0, sizes: [:])
    let interruption = Interruption()
    if runOnce { return try runOnce(model, source, options, interruption) }
    let events = StandardErrorNotices()
    defer { events.clear() }
    let report: MinifyReport = try Engine.minify(model, inputs: source, options, events: events, cancellation: interruption)
    events.clear()
    if json { try Output.print(json: report) } else { report.show() }
  }

  private func runOnce(_ model: OpenModel, _ source: InputSource, _ options: MinifyOptions, _ interruption: Interruption) throws {
    var options: MinifyOptions = options
    options.folder = "\(NSTemporaryDirectory())/lathe-minify-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: options.folder) }
    let (answer, isShown) = try Engine.failure(of: model, inputs: source, options, cancellation: interruption)
    if json { try Output.print(json: answer) } else { Output.print("\(isShown ? "fails" : "does not fail (\(fails))"): \(answer.sentence)") }
    if isShown { throw ExitCode(1) }
  }

  private var folder: String { URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent + ".minified" }
}

extension MinifyReport {
  fileprivate func show() {
    Output.print("fails        \(failure.sentence)")
    Output.print("nodes        \(before.nodes) -> \(after.nodes)  (operators \(before.calls) -> \(after.calls), inputs \(before.inputs) -> \(after.inputs))")
    Output.print("queries      \(queries) in \(Output.duration(seconds))\(isCutShort ? ", as many as were allowed" : "")")
    Output.print("program      \(program)\(isConfirmed ? "" : "  (does not fail when read from its file)")")
    Output.print("reproduce    \(script)")
    Output.print("in PyTorch   \(torchScript)")
  }
}

/// `lathe minify-query`: what the minifier starts for each question; its process may crash.
struct MinifyQueryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "minify-query", abstract: "Answer a question of lathe minify about one program.", shouldDisplay: false)
  @Argument(help: "The folder with the question.")
  var folder: String

  func run() throws {
    // A crash is an answer: it is not to be explained at length or kept as a core file.
    for number in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP] { signal(number, SIG_DFL) }
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    try Engine.answerMinifyQuery(in: folder)
  }
}
