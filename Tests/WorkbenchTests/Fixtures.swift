import Archives
import Engine
import Foundation
import Foundations
import Graphs
import Synchronization

@testable import Workbench

/// Graphs and programs made up for tests.
enum Fixture {
  /// A small transformer: embedding, `blocks` blocks of attention and MLP with residual edges, a head.
  static func transformer(blocks: Int) -> Graph {
    var graph = Graph()
    let s0 = SymbolicInt(symbol: "s0")
    func tensor(_ dtype: DType, _ sizes: [SymbolicInt]) -> ValueType { .tensor(TensorType(dtype: dtype, sizes: sizes)) }
    let hidden = tensor(.f32, [s0, 16, 64])
    func stack(_ scopes: [(String, String)]) -> Int32 {
      graph.moduleStacks.append([ModuleScope(path: "", type: "zoo.Tiny")] + scopes.map { ModuleScope(path: $0.0, type: $0.1) })
      return Int32(graph.moduleStacks.count - 1)
    }
    func parameter(_ name: String, _ sizes: [SymbolicInt]) -> Graph.NodeID {
      graph.append(.init(operation: .placeholder(.parameter(name)), name: "p_" + name.replacing(".", with: "_"), type: tensor(.f32, sizes)))
    }
    var weights: [Graph.NodeID] = []
    for block in 0..<blocks {
      weights.append(parameter("h.\(block).attn.qkv.weight", [192, 64]))
      weights.append(parameter("h.\(block).mlp.weight", [64, 64]))
    }
    let table = parameter("wte.weight", [100, 64])
    let ids = graph.append(.init(operation: .placeholder(.user(0)), name: "ids", type: tensor(.i64, [s0, 16])))
    graph.stackTraces = ["  File \"/home/u/zoo/tiny.py\", line 12, in forward\n    x = self.wte(ids)\n  File \"/usr/lib/torch/nn/linear.py\", line 125, in forward\n    return F.linear(input)\n"]
    var x = graph.append(
      .init(
        operation: .call("aten.embedding.default"), arguments: [NamedArgument(name: "weight", .node(table)), NamedArgument(name: "indices", .node(ids))],
        name: "embedding", type: hidden, moduleStack: stack([("wte", "torch.nn.modules.sparse.Embedding")]), stackTrace: 0))
    for block in 0..<blocks {
      let base: [(String, String)] = [("h.\(block)", "zoo.Block")]
      let attention = stack(base + [("h.\(block).attn", "zoo.Attention")])
      let linear = stack(base + [("h.\(block).attn", "zoo.Attention"), ("h.\(block).attn.qkv", "torch.nn.modules.linear.Linear")])
      let mlp = stack(base + [("h.\(block).mlp", "zoo.MLP")])
      let own = stack(base)
      func call(_ name: OperatorName, _ label: String, _ arguments: [NamedArgument], _ type: ValueType, _ module: Int32) -> Graph.NodeID {
        graph.append(.init(operation: .call(name), arguments: arguments, name: "\(label)_\(block)", type: type, moduleStack: module, stackTrace: 0))
      }
      let qkv = call("aten.linear.default", "linear", [NamedArgument(name: "input", .node(x)), NamedArgument(name: "weight", .node(weights[2 * block]))], tensor(.f32, [s0, 16, 192]), linear)
      let split = call("aten.split.Tensor", "split", [NamedArgument(name: "self", .node(qkv)), NamedArgument(name: "split_size", .int(64))], .list([hidden, hidden, hidden]), attention)
      let parts = (0..<3).map { part in
        graph.append(.init(operation: .getItem(part), arguments: [NamedArgument(.node(split))], name: "getitem_\(3 * block + part)", type: hidden, moduleStack: attention, stackTrace: 0))
      }
      let names = ["query", "key", "value"]
      let attended = call("aten.scaled_dot_product_attention.default", "sdpa", zip(names, parts).map { NamedArgument(name: $0, .node($1)) } + [NamedArgument(name: "is_causal", .bool(true))], hidden, attention)
      let added = call("aten.add.Tensor", "add", [NamedArgument(name: "self", .node(x)), NamedArgument(name: "other", .node(attended))], hidden, own)
      let inner = call("aten.gelu.default", "gelu", [NamedArgument(name: "self", .node(added)), NamedArgument(name: "approximate", .string("tanh"))], hidden, mlp)
      x = call("aten.add.Tensor", "sum", [NamedArgument(name: "self", .node(added)), NamedArgument(name: "other", .node(inner))], hidden, own)
    }
    _ = graph.append(.init(operation: .output, arguments: [NamedArgument(.node(x))], name: "output"))
    return graph
  }

  /// A condition on an input with two branches, one of which wraps a graph of its own.
  static func conditional() -> Graph {
    let type: ValueType = .tensor(TensorType(dtype: .f32, sizes: [4, 16]))
    func branch(_ label: String, _ body: (inout Graph, Graph.NodeID) -> Graph.NodeID) -> Graph {
      var graph = Graph()
      graph.moduleStacks = [[ModuleScope(path: label, type: "torch.nn.modules.linear.Linear")]]
      let operand = graph.append(.init(operation: .placeholder(.operand(0)), name: "arg0_1", type: type))
      let result = body(&graph, operand)
      _ = graph.append(.init(operation: .output, arguments: [NamedArgument(.node(result))], name: "output"))
      return graph
    }
    func call(_ graph: inout Graph, _ name: OperatorName, _ label: String, _ arguments: [NamedArgument]) -> Graph.NodeID {
      graph.append(.init(operation: .call(name), arguments: arguments, name: label, type: type, moduleStack: graph.moduleStacks.isEmpty ? -1 : 0))
    }
    let body = branch("exit.act") { graph, x in call(&graph, "aten.gelu.default", "gelu", [NamedArgument(name: "self", .node(x))]) }
    let yes = branch("exit") { graph, x in
      let sine = call(&graph, "aten.sin.default", "sin", [NamedArgument(name: "self", .node(x))])
      return call(&graph, "aten.relu.default", "relu", [NamedArgument(name: "self", .node(sine))])
    }
    let no = branch("rest") { graph, x in
      graph.subgraphs = [.init(name: "body_graph_0", graph: body)]
      return call(&graph, "higher_order.wrap", "wrap", [NamedArgument(.subgraph(0)), NamedArgument(.node(x))])
    }
    var graph = Graph()
    let x = graph.append(.init(operation: .placeholder(.user(0)), name: "x", type: type))
    let flag = graph.append(.init(operation: .placeholder(.user(1)), name: "flag", type: .tensor(TensorType(dtype: .bool, sizes: []))))
    graph.subgraphs = [.init(name: "true_graph_0", graph: yes), .init(name: "false_graph_0", graph: no)]
    let cond = call(
      &graph, "higher_order.cond", "cond", [NamedArgument(.node(flag)), NamedArgument(.subgraph(0)), NamedArgument(.subgraph(1)), NamedArgument(.list([.node(x)]))])
    _ = graph.append(.init(operation: .output, arguments: [NamedArgument(.node(cond))], name: "output"))
    return graph
  }

  /// What passes would leave: `first` writes each gelu as a product and a sigmoid, `second` changes nothing, `last` drops the splits.
  static func passes(of graph: Graph) -> [CompilationReport.Pass] {
    func rewritten(_ graph: Graph, _ replacements: (Graph.Node) -> [Graph.Node]) -> Graph {
      var result = graph
      result.nodes = []
      var places: [Graph.NodeID] = []
      for node in graph.nodes {
        let made = replacements(node)
        for (step, piece) in made.enumerated() {
          var piece = piece
          piece.arguments = piece.arguments.map { argument in
            var argument = argument
            argument.value = moved(argument.value) { step == 0 ? places[Int($0.index)] : Graph.NodeID(result.nodes.count - 1) }
            return argument
          }
          _ = result.append(piece)
        }
        places.append(Graph.NodeID(max(0, result.nodes.count - 1)))
      }
      return result
    }
    func moved(_ value: Argument, _ place: (Graph.NodeID) -> Graph.NodeID) -> Argument {
      switch value {
      case .node(let id): .node(place(id))
      case .list(let items): .list(items.map { moved($0, place) })
      default: value
      }
    }
    var marked = graph
    for number in marked.nodes.indices { marked.nodes[number].origin = Int32(number) }
    let first = rewritten(marked) { node in
      guard case .call("aten.gelu.default") = node.operation else { return [node] }
      var (sigmoid, product) = (node, node)
      (sigmoid.operation, sigmoid.name) = (.call("aten.sigmoid.default"), "sigmoid_of_" + node.name)
      sigmoid.arguments = [node.arguments[0]]
      (product.operation, product.arguments) = (.call("aten.mul.Tensor"), [NamedArgument(name: "self", node.arguments[0].value)])
      return [sigmoid, product]
    }
    let last = rewritten(first) { node in if case .call("aten.split.Tensor") = node.operation { [] } else { [node] } }
    return [
      .init(name: "first", seconds: 0.0012, graph: first), .init(name: "second", seconds: 0.0001, graph: nil), .init(name: "last", seconds: 0.0003, graph: last),
    ]
  }

  /// Elementwise neighbours in C, every other operator a call.
  static func compilation(of graph: Graph) -> CompilationReport {
    var kernels: [CompilationReport.Kernel] = []
    var pointwise: [Int] = []
    for (number, node) in graph.nodes.enumerated() {
      guard case .call(let name) = node.operation else { continue }
      if ["add", "gelu"].contains(name.base) {
        pointwise.append(number)
        continue
      }
      kernels.append(.init(name: "call_\(name.base)_\(kernels.count)", code: nil, nodes: [number]))
    }
    for (block, nodes) in stride(from: 0, to: pointwise.count, by: 3).map({ Array(pointwise[$0..<min($0 + 3, pointwise.count)]) }).enumerated() {
      let name = "fused_add_gelu_\(kernels.count)"
      let body = (0..<20).map { "  const lathe_f32 v\($0) = lathe_load_f32(a->p0 + i + \($0 * 8)) + lathe_load_f32(a->p1 + i);" }.joined(separator: "\n")
      kernels.append(.init(name: name, code: "// block \(block)\nstatic void \(name)(void *arguments, int64_t begin, int64_t end) {\n\(body)\n}", nodes: nodes))
    }
    let passes = passes(of: graph)
    for number in kernels.indices {
      let work = Double(kernels[number].nodes.count)
      (kernels[number].operations, kernels[number].bytes) = (kernels[number].code == nil ? 4e5 : 1e5 * work, 2e5 * work)
      let nodes = passes[2].graph?.nodes ?? []
      kernels[number].lastNodes = nodes.indices.filter { place in
        if case .call = nodes[place].operation { return kernels[number].nodes.contains(Int(nodes[place].origin)) }
        return false
      }
    }
    return CompilationReport(phases: [("passes", 0.0021), ("lower", 0.0008), ("render", 0.0004), ("compile", 1.24), ("load", 0.0007)], passes: passes, kernels: kernels)
  }
  static func times(_ kernels: [CompilationReport.Kernel], calls: Int) -> [KernelTime] {
    kernels.enumerated().map { number, kernel in
      let each = kernel.code == nil ? 7 * number + 3 : 40 + number
      return KernelTime(name: kernel.name, calls: calls * (1 + number % 2), nanoseconds: calls * 1000 * each, p99: Double(each) * 1.25e-6)
    }
  }

  static let limits = MachineLimits(operations: 200e9, bandwidth: 40e9)

  static func program(_ graph: Graph) -> ExportedProgram {
    var program = ExportedProgram(name: "model", container: .legacyZip, graph: graph)
    program.rangeConstraints = ["s0": .init(minimum: 2, maximum: 64)]
    program.symbolHints = ["s0": 4]
    return program
  }

  static func open(_ path: String, _ graph: Graph) -> OpenModel {
    var summary = ModelSummary(
      of: path, fileBytes: 1_234_567, container: "torch.export zip", schemaVersion: "8.2", parameterCount: 124_400, parameterBytes: 497_600, nodeCount: graph.nodes.count)
    summary.dtypes = ["float32"]
    summary.dynamicDimensionCount = 1
    summary.torchVersion = "2.6.0"
    summary.inputs = [
      .init(of: "ids", path: "[0]", type: "int64", dimensions: [.init(of: "s0", minimum: 2, maximum: 64, isDynamic: true), .init(of: "16", minimum: nil, maximum: nil, isDynamic: false)])
    ]
    return OpenModel(at: path, program: program(graph), summary: summary)
  }

  /// Edges drawn at random from the last `reach` nodes, so that values live for long and lanes run out.
  static func random(nodes: Int, reach: Int, seed: UInt64) -> Graph {
    var generator = SplitMix(state: seed)
    var graph = Graph()
    for number in 0..<nodes {
      let count = number == 0 ? 0 : Int(generator.next() % 4)
      let arguments = (0..<count).map { _ in NamedArgument(.node(Graph.NodeID(number - 1 - Int(generator.next() % UInt64(min(number, reach)))))) }
      _ = graph.append(.init(operation: .call("aten.add.Tensor"), arguments: arguments, name: "n\(number)"))
    }
    return graph
  }
}

/// Sebastiano Vigna's SplitMix64.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// An engine that opens made-up programs; runs pass a gate where one is given.
struct FakeServices: WorkbenchServices {
  var gate: Gate?
  var compileGate: Gate?
  var blocks = 3
  let cache = FakeCache()
  var files = FakeFiles()

  func open(_ path: String, events: some EventSink, cancellation: some Cancellation) throws -> OpenModel {
    if path.hasSuffix("broken.pt2") { throw LatheError.badFile(path, "not a zip archive") }
    if path.hasSuffix("cond.pt2") { return Fixture.open(path, Fixture.conditional()) }
    return Fixture.open(path, Fixture.transformer(blocks: blocks))
  }
  func run(_ model: OpenModel, inputs: InputSource, repeats: Int, mode: ExecutionMode, events: some EventSink, cancellation: some Cancellation) throws -> RunResult {
    let count = model.program.graph.nodes.count
    events.report(.progress(job: 0, done: 7, of: count, what: "sdpa_0"))
    gate?.pass()
    try cancellation.check()
    for node in 0..<count { events.report(.operatorSample(node: UInt32(node), .microseconds(node))) }
    return RunResult(
      of: [], outputs: [], summaries: [TensorSummary(of: "sum_2", dtype: "float32", sizes: [4, 16, 64], minimum: -2.5, maximum: 3, mean: 0.125, nanCount: 0)],
      seconds: Array(repeating: 0.0125, count: repeats))
  }
  func compile(_ model: OpenModel, mode: ExecutionMode, events: some EventSink, cancellation: some Cancellation) throws -> CompilationReport {
    if model.path.hasSuffix("cond.pt2") { throw LatheError.unsupported("higher_order.wrap cannot be compiled").about(model.path) }
    events.report(.phase(job: 0, name: "passes", .microseconds(2100)))
    events.report(.progress(job: 0, done: 1, of: 3, what: "model.c"))
    compileGate?.pass()
    try cancellation.check()
    var report = Fixture.compilation(of: model.program.graph)
    if mode == .autotuned {
      report.isTuned = true
      for number in report.kernels.indices where report.kernels[number].name.contains("linear") {
        report.kernels[number].tuning = [.init(subject: "product f32 64x192x64", candidates: [.init(name: "rows of 64", seconds: 4.1e-4), .init(name: "OpenBLAS", seconds: 4.7e-4)])]
      }
    }
    return report
  }
  func bench(_ model: OpenModel, mode: ExecutionMode, events: some EventSink, cancellation: some Cancellation) throws -> BenchResult {
    let kernels = Fixture.compilation(of: model.program.graph).kernels
    events.report(.kernelTimes(calls: 10, Fixture.times(kernels, calls: 10)))
    gate?.pass()
    try cancellation.check()
    var result = BenchResult(compileSeconds: 1.25)
    (result.eager, result.compiled) = ([0.003, 0.002, 0.0025], [0.001, 0.0012, 0.0011])
    (result.kernels, result.profiledCalls) = (Fixture.times(kernels, calls: 40), 40)
    result.limits = measureLimits()
    return result
  }
  /// Reports ever more calls until cancelled.
  func watch(_ model: OpenModel, mode: ExecutionMode, events: some EventSink, cancellation: some Cancellation) throws -> Int {
    let kernels = Fixture.compilation(of: model.program.graph).kernels
    for turn in 1...4 { events.report(.kernelTimes(calls: 100 * turn * turn, Fixture.times(kernels, calls: 100 * turn * turn))) }
    gate?.pass()
    return 1600
  }
  func measureLimits() -> MachineLimits { Fixture.limits }
  func passes(of model: OpenModel, events: some EventSink, cancellation: some Cancellation) throws -> [CompilationReport.Pass] {
    if model.path.hasSuffix("cond.pt2") { throw LatheError.unsupported("higher_order.wrap cannot be compiled").about(model.path) }
    return Fixture.passes(of: model.program.graph)
  }
  func operators(of graph: Graph) -> [OperatorName: OperatorFacts] { Engine.operatorFacts(of: graph) }
  func listModels(_ folder: String) throws -> [ModelFile] {
    ["tiny.pt2", "broken.pt2"].map { ModelFile(path: "\(folder)/\($0)", name: $0, bytes: 1_234_567, kind: "torch.export zip") }
  }
}

/// A folder of its own that goes away with the value.
final class TemporaryFolder: Sendable {
  let path: String
  init() {
    path = NSTemporaryDirectory() + "/lathe-workbench-\(UUID().uuidString)"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
  func write(_ text: String, to name: String) throws { try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8) }
}

/// The checkout's top folder.
let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

/// Runs a script against the real update loop and hands back the loop and what was recorded.
func play(
  _ steps: [TestTerminal.Step], size: Size = Size(width: 120, height: 40), services: FakeServices = FakeServices(), folders: [String] = ["models"],
  prepare: (inout Model) -> Void = { _ in }
) -> (model: Model, record: TestTerminal.Record) {
  let folder = TemporaryFolder()
  let terminal = TestTerminal(size: size, script: steps)
  var model = Model(size: size)
  model.themes = ["default", "dusk", "mono"]
  prepare(&model)
  let library = ThemeLibrary(folders: [checkout + "/themes"])
  var loop = WorkbenchLoop(model: model, terminal: terminal, services: services, themes: library, paths: UserPaths(config: folder.path, state: folder.path))
  loop.run { model in folders.map { model.job("list \($0)", .list($0), isVisible: false) } }
  return (loop.model, terminal.record)
}
