import Archives
import Compiler
import Engine
import Foundation
import Foundations
import Graphs
import Operators
import Tensors

/// A C compiler that makes a fault of every `tanh` in compiled code: a script that changes the generated C before it hands it on.
enum PlantedFault: String, CaseIterable {
  /// What is computed is 1 % too large.
  case wrong
  /// The compiled code writes to address 0.
  case crashingCode
  /// The compiler dies.
  case crashingCompiler

  /// Writes the compiler into a folder.
  /// - Returns: its path, for LATHE_CC.
  func compiler(in folder: String) throws -> String {
    let path = "\(folder)/compiler-\(rawValue)"
    let fault =
      switch self {
      case .wrong: "sed -i 's/ tanh_f(/ 1.01f * tanh_f(/' \"$file\""
      case .crashingCode: "sed -i 's/^\\( *\\)const lanes_f v[0-9]* = tanh_f(.*/&\\n*(volatile int *)0 = 1;/' \"$file\""
      case .crashingCompiler: "if grep -q ' tanh_f(' \"$file\"; then kill -SEGV $$; fi"
      }
    let text = """
      #!/bin/sh
      for file in "$@"; do
        case "$file" in *.c) \(fault);; esac
      done
      exec \(try CCompiler.find().path) "$@"
      """
    // Written by another process: a child that a test beside this one starts just then would hold the file open for writing, and a file that
    // somebody writes cannot be run.
    let writer = Process()
    writer.executableURL = URL(fileURLWithPath: "/bin/sh")
    writer.arguments = ["-c", "printf %s \"$1\" > \"$2\" && chmod 755 \"$2\"", "sh", text, path]
    try writer.run()
    writer.waitUntilExit()
    guard writer.terminationStatus == 0 else { throw LatheError(.system, subject: path, "cannot be written") }
    return path
  }
}

/// A made-up program of any number of nodes, of which one is a `tanh`: layers of linear products, normalisations, softmax and elementwise
/// functions that reach back to earlier values, and pieces that are split off and joined again.
struct PlantedProgram {
  private let tracer = GraphTracer(from: Graph(), environment: ShapeEnvironment(hints: [:], ranges: [:]), table: .standard, expandsComposites: false)
  private var random: SplitMix64
  private var tensors: [Tensor] = []
  private var recent: [Value] = []

  /// - Returns: a program whose graph has so many nodes, placeholders and output among them.
  static func make(nodes: Int, seed: UInt64 = 1) throws -> ExportedProgram {
    var program = PlantedProgram(random: SplitMix64(state: seed))
    return try program.grown(to: nodes)
  }
  private init(random: SplitMix64) { self.random = random }

  private var count: Int { tracer.result.graph.nodes.count }

  private mutating func placeholder(_ role: Graph.InputRole, _ name: String, _ sizes: [Int], scale: Double) throws -> Value {
    let tensor = try Tensor((0..<sizes.reduce(1, *)).map { _ in random.normal() * scale }, sizes: sizes, .f32)
    tensors.append(tensor)
    return tracer.placeholder(Graph.Node(operation: .placeholder(role), name: name, type: .tensor(TensorType(tensor))))
  }
  private func call(_ name: OperatorName, _ arguments: Value...) throws -> Value { try tracer.run(name, arguments.map { ("", $0) })[0] }
  private mutating func draw(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

  private mutating func grown(to nodes: Int) throws -> ExportedProgram {
    let rows = 16, columns = 32
    var weights: [Value] = []
    for index in 0..<max(nodes / 50, 1) { weights.append(try placeholder(.parameter("weight_\(index)"), "p_weight_\(index)", [columns, columns], scale: 0.25)) }
    for index in 0..<2 { recent.append(try placeholder(.user(index), "x_\(index)", [rows, columns], scale: 1)) }
    var value: Value = recent[1]
    let functions: [OperatorName] = ["aten.sin.default", "aten.sigmoid.default", "aten.cos.default", "aten.relu.default", "aten.abs.default"]
    let whole: Value = .list([.integer(columns)])
    var isPlanted = false
    // What comes last takes up to six nodes.
    while count < nodes - 6 {
      if !isPlanted, count >= nodes / 2 {
        value = try call("aten.tanh.default", value)
        isPlanted = true
      }
      switch draw(10) {
      case 0: value = try call("aten.linear.default", value, weights[draw(weights.count)], .none)
      case 1: value = try call("aten.layer_norm.default", value, whole)
      case 2: value = try call("aten.mul.Tensor", try call("aten.softmax.int", value, .integer(-1)), recent[draw(recent.count)])
      case 3:
        guard case .list(let halves) = try call("aten.split.Tensor", value, .integer(columns / 2), .integer(1)) else { break }
        value = try call("aten.cat.default", .list(halves.reversed()), .integer(1))
      case 4: value = try call("aten.sub.Tensor", value, try call("aten.mean.dim", value, .list([.integer(-1)]), .bool(true)))
      case 5, 6: value = try call("aten.add.Tensor", value, recent[draw(recent.count)])
      default: value = try call(functions[draw(functions.count)], value)
      }
      recent.append(value)
      if recent.count > 8 { recent.removeFirst() }
    }
    while count < nodes - 1 { value = try call("aten.add.Tensor", value, recent[draw(recent.count)]) }
    try tracer.output([value, recent[0]], roles: [.user, .user])
    return ExportedProgram(GraphCase(graph: tracer.result.graph, inputs: tensors))
  }
}
