import Archives
import Compiler
import Engine
import Foundations
import Graphs
import Operators
import Synchronization
import Tensors
import Testing

@Suite struct CompiledTests {
  /// After every pass the graph still computes the same.
  @Test(arguments: ["bert", "gpt", "resnet", "lstm_tagger", "early_exit", "mixer_bf16"])
  func passesKeepTheProgramSound(name: String) throws {
    let model: OpenModel = try Engine.open("\(Files.demoModels)/\(name).pt2")
    for report in try Engine.render(model).passes {
      guard let graph = report.graph else { continue }
      let problems: [String] = GraphVerifier(environment: ShapeEnvironment(hints: model.program.symbolHints)).problems(in: graph)
      #expect(problems.isEmpty, "after \(report.name): \(problems.prefix(3))")
    }
  }

  /// The passes alone leave what a compilation's passes leave, and tell of each before it runs.
  @Test func passesRunAlone() throws {
    let model: OpenModel = try Engine.open("\(Files.demoModels)/gpt.pt2")
    let events = Recorder()
    let passes: [CompilationReport.Pass] = try Engine.passes(model, events: events)
    let rendered: RenderedGraph = try Engine.render(model)
    #expect(passes.map(\.name) == Engine.passNames && events.progress == Engine.passNames)
    for (pass, report) in zip(passes, rendered.passes) { #expect(pass.graph?.json() == report.graph?.json(), "\(pass.name)") }
  }

  /// Calls go on until cancelled, and what is reported of kernels only grows.
  @Test func watchingEndsWhenCancelled() throws {
    let model: OpenModel = try Engine.open("\(Files.demoModels)/perceptron.pt2")
    let events = Recorder(reportsUntilCancelled: 2)
    let calls: Int = try Engine.watch(model, events: events, cancellation: events)
    let reports: [(calls: Int, times: [KernelTime])] = events.reports
    #expect(reports.count == 2 && reports[0].calls < reports[1].calls && reports[1].calls <= calls)
    for (first, second) in zip(reports[0].times, reports[1].times) {
      #expect(first.calls < second.calls && first.nanoseconds < second.nanoseconds)
      #expect((second.p99 ?? 0) > 0)
    }
    #expect(events.phases.prefix(5) == ["passes", "lower", "render", "compile", "load"])
  }

  /// A kernel of the profile stands for nodes of the graph, and every call of the program runs it.
  @Test func kernelsAreTimed() throws {
    let model: OpenModel = try Engine.open("\(Files.demoModels)/perceptron.pt2")
    let result: BenchResult = try Engine.bench(model, inputs: .random(seed: 0, sizes: [:]), seconds: 0.05)
    let artifact: RenderedArtifact = try Engine.render(model).artifact
    #expect(result.kernels.map(\.name) == artifact.kernels.map(\.name))
    #expect(result.kernels.allSatisfy { $0.calls >= result.profiledCalls && $0.calls % result.profiledCalls == 0 })
    #expect(artifact.kernels.allSatisfy { !$0.nodes.isEmpty })
  }

  /// What the kernels compute is told by nodes of the program's own graph, whatever the passes made of it.
  @Test(arguments: ["gpt", "early_exit"]) func kernelsLeadToTheProgramsNodes(name: String) throws {
    let model: OpenModel = try Engine.open("\(Files.demoModels)/\(name).pt2")
    let report: CompilationReport = try Engine.compile(model)
    #expect(report.phases.map(\.name) == ["passes", "lower", "render", "compile", "load"])
    #expect(report.kernels.contains { $0.code != nil } && report.kernels.contains { $0.code == nil })
    for kernel in report.kernels {
      #expect(!kernel.nodes.isEmpty, "\(kernel.name)")
      for node in kernel.nodes {
        if case .placeholder = model.program.graph.nodes[node].operation { Issue.record("\(kernel.name) computes the input \(model.program.graph.nodes[node].name)") }
      }
    }
    let products: [Int] = model.program.graph.nodes.indices.filter { model.program.graph.nodes[$0].operation == .call("aten.linear.default") }
    let computed = Set(report.kernels.flatMap(\.nodes))
    #expect(!products.isEmpty && products.allSatisfy(computed.contains))
  }

  /// While a program is profiled its kernels' times are told, and they only grow.
  @Test func kernelTimesAreTold() throws {
    final class Told: EventSink {
      let calls = Mutex<[Int]>([])
      func report(_ event: Event) {
        if case .kernelTimes(let calls, let times) = event, times.allSatisfy({ $0.calls >= calls }) { self.calls.withLock { $0.append(calls) } }
      }
    }
    let told = Told()
    let model: OpenModel = try Engine.open("\(Files.demoModels)/perceptron.pt2")
    let result: BenchResult = try Engine.bench(model, inputs: .random(seed: 0, sizes: [:]), seconds: 0.01, profileSeconds: 0.6, events: told)
    let calls: [Int] = told.calls.withLock { $0 }
    #expect(!calls.isEmpty && calls.count <= 2 && calls == calls.sorted() && (calls.last ?? 0) <= result.profiledCalls)
  }
}

/// Keeps what the compiler and profiled calls report; cancels after some reports of kernels.
private final class Recorder: EventSink, Cancellation {
  private struct State {
    var progress: [String] = []
    var phases: [String] = []
    var reports: [(calls: Int, times: [KernelTime])] = []
  }
  private let state = Mutex(State())
  private let limit: Int
  init(reportsUntilCancelled limit: Int = Int.max) { self.limit = limit }

  var progress: [String] { state.withLock { $0.progress } }
  var phases: [String] { state.withLock { $0.phases } }
  var reports: [(calls: Int, times: [KernelTime])] { state.withLock { $0.reports } }
  var isCancelled: Bool { state.withLock { $0.reports.count >= limit } }

  func report(_ event: Event) {
    state.withLock { state in
      switch event {
      case .progress(_, _, _, let what): state.progress.append(what)
      case .phase(_, let name, _): state.phases.append(name)
      case .kernelTimes(let calls, let times): state.reports.append((calls, times))
      default: break
      }
    }
  }
}
