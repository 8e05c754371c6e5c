import Compiler
import Foundations
import Graphs
import Operators
import Tensors

/// A graph written call by call.
struct GraphMaker {
  let tracer: GraphTracer
  let environment: ShapeEnvironment

  init(hints: [String: Int] = [:], ranges: [String: ClosedRange<Int>] = [:]) {
    environment = ShapeEnvironment(hints: hints, ranges: ranges)
    tracer = GraphTracer(from: Graph(), environment: environment, table: .standard, expandsComposites: false)
  }

  func input(_ name: String, _ number: Int, _ dtype: DType = .f32, _ sizes: [SymbolicInt], strides: [SymbolicInt]? = nil) -> Value {
    tracer.placeholder(Graph.Node(operation: .placeholder(.user(number)), name: name, type: .tensor(TensorType(dtype: dtype, sizes: sizes, strides: strides))))
  }
  func callAsFunction(_ name: OperatorName, _ arguments: Value..., keywords: KeyValuePairs<String, Value> = [:]) throws -> Value {
    try tracer.run(name, arguments.map { ("", $0) } + keywords.map { ($0.key, $0.value) })[0]
  }
  func finish(_ outputs: Value...) throws -> Graph { try finish(outputs) }
  func finish(_ outputs: [Value]) throws -> Graph {
    try tracer.output(outputs, roles: outputs.map { _ in .user })
    return tracer.result.graph
  }
}

extension Graph {
  /// The graph's outputs, operator by operator: the reference.
  func eager(_ inputs: [Tensor]) throws -> [Tensor] {
    try GraphPlan(self, table: .standard).run(inputs.map { .tensor($0) }, runner: EagerRunner()).compactMap(\.tensor)
  }
  /// The graph compiled.
  func compiled(_ environment: ShapeEnvironment) throws -> CompiledGraph {
    try CompiledGraph(self, environment: environment, toolchain: Toolchain(compiler: try CCompiler.find()), cache: try KernelCache())
  }
  /// Names of the operators it calls, in order.
  var operators: [String] {
    nodes.compactMap { if case .call(let name) = $0.operation { name.text } else { nil } }
  }
}

extension Tensor {
  /// 0, 1, 2, … scaled.
  static func counting(_ sizes: [Int], _ dtype: DType = .f32, by step: Double = 1) throws -> Tensor {
    try Tensor((0..<sizes.reduce(1, *)).map { Double($0) * step }, sizes: sizes, dtype)
  }
}
