import Archives
import Capture
import Foundations
import Graphs
import Operators
import Tensors

extension ModelSummary {
  /// The facts of a program, from its graph and signature alone; no weight is read.
  package init(_ program: ExportedProgram, path: String, fileBytes: Int, table: OperatorTable = .standard) {
    self.init(
      of: path, fileBytes: fileBytes, container: program.container.rawValue, schemaVersion: "\(program.schemaVersion.major).\(program.schemaVersion.minor)",
      parameterCount: 0, parameterBytes: 0, nodeCount: program.graph.nodes.count)
    torchVersion = program.torchVersion
    countState(program)
    let declared = ProgramInputs(program.captured)
    inputs = declared.inputs.map { input in
      Value(of: input.name, path: input.path, type: ModelSummary.typeName(input.type), dimensions: ModelSummary.dimensions(input.type, program))
    }
    let roles: [Graph.OutputRole] = program.graph.outputRoles
    let paths: [String] = program.outputSpec.leafPaths()
    var outputs: [Value] = []
    for (index, argument) in program.graph.outputs.enumerated() {
      if index < roles.count, roles[index] != .user && roles[index] != .loss { continue }
      guard case .node(let id) = argument else { continue }
      let node: Graph.Node = program.graph[id]
      let path: String = outputs.count < paths.count ? paths[outputs.count] : ""
      outputs.append(Value(of: node.name, path: path, type: ModelSummary.typeName(node.type), dimensions: ModelSummary.dimensions(node.type, program)))
    }
    self.outputs = outputs
    dynamicDimensionCount = Set(inputs.flatMap { $0.dimensions.filter(\.isDynamic).map(\.size) }).count
    var counts: [String: (count: Int, isSupported: Bool)] = [:]
    ModelSummary.countOperators(program.graph, table, into: &counts)
    operators = counts.map { OperatorUse(name: $0.key, count: $0.value.count, isSupported: $0.value.isSupported) }
      .sorted { ($0.count, $1.name) > ($1.count, $0.name) }
  }

  private mutating func countState(_ program: ExportedProgram) {
    var types: [DType: Int] = [:]
    for id in program.graph.placeholders {
      guard case .placeholder(let role) = program.graph[id].operation, let type = program.graph[id].type.tensor else { continue }
      let elements: Int = type.elementCount.constant ?? 0
      switch role {
      case .parameter:
        parameterCount += elements
        parameterBytes += elements * type.dtype.size
        types[type.dtype, default: 0] += elements
      case .buffer: bufferCount += 1
      case .tensorConstant, .customObject: constantCount += 1
      case .user, .token, .constant, .operand: break
      }
    }
    dtypes = types.sorted { ($0.value, $1.key.rawValue) > ($1.value, $0.key.rawValue) }.map { $0.key.torchName }
  }

  private static func countOperators(_ graph: Graph, _ table: OperatorTable, into counts: inout [String: (count: Int, isSupported: Bool)]) {
    for node in graph.nodes {
      guard case .call(let name) = node.operation else { continue }
      counts[name.text, default: (0, table[name] != nil)].count += 1
    }
    for subgraph in graph.subgraphs { countOperators(subgraph.graph, table, into: &counts) }
  }

  private static func typeName(_ type: ValueType) -> String { type.tensor?.dtype.torchName ?? ProgramInputs.describe(type) }

  private static func dimensions(_ type: ValueType, _ program: ExportedProgram) -> [Dimension] {
    (type.tensor?.sizes ?? []).map { size in
      let range: SizeRange? = program.rangeConstraints[size.description]
      return Dimension(of: size.description, minimum: range?.minimum ?? size.constant, maximum: range?.maximum ?? size.constant, isDynamic: !size.isConstant)
    }
  }
}
