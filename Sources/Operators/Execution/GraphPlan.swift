import Foundations
import Graphs
import Synchronization
import Tensors

/// A graph prepared to be run node by node: arguments resolved to slots, constants converted, values let go after their last use.
package final class GraphPlan: Sendable {
  struct Step: Sendable {
    enum Work: Sendable {
      case placeholder(Int)
      case call(OperatorRecord)
      /// An operator Lathe lacks; running it says so.
      case missing(OperatorName)
      case getItem(Int)
      case output
    }
    var work: Work
    var arguments: [Template]
    /// Slots no later step reads.
    var releases: [Int]
  }
  /// An argument as far as it is known before a run.
  struct Template: Sendable {
    enum Content: Sendable {
      case constant(Value)
      case slot(Int)
      /// A size that the inputs' sizes give.
      case size(SymbolicInt)
      case list([Content])
    }
    var name: String
    var content: Content
  }

  package let graph: Graph
  let steps: [Step]
  package let placeholderCount: Int
  /// Where symbols that arguments name are read from: a placeholder's number and dimension (-1 for a number), and what to take off.
  private let symbols: [(name: String, placeholder: Int, dimension: Int, constant: Int)]

  package init(_ graph: Graph, table: OperatorTable) {
    self.graph = graph
    var lastUse: [Int: Int] = [:]
    for (index, node) in graph.nodes.enumerated() {
      lastUse[index] = index
      for argument in node.arguments { argument.value.forEachNode { lastUse[Int($0.index)] = index } }
    }
    var releasesAt: [Int: [Int]] = [:]
    for (slot, step) in lastUse { releasesAt[step, default: []].append(slot) }
    let subgraphs: [SubgraphReference] = graph.subgraphs.map { SubgraphReference(name: $0.name, graph: $0.graph) }
    var placeholders: Int = 0
    var steps: [Step] = []
    steps.reserveCapacity(graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() {
      let work: Step.Work
      switch node.operation {
      case .placeholder:
        work = .placeholder(placeholders)
        placeholders += 1
      case .call(let name): work = table[name].map { .call($0) } ?? .missing(name)
      case .getItem(let item): work = .getItem(item)
      case .output: work = .output
      }
      let templates: [Template] = node.arguments.map { Template(name: $0.name, content: GraphPlan.template($0.value, subgraphs)) }
      steps.append(Step(work: work, arguments: templates, releases: releasesAt[index] ?? []))
    }
    self.steps = steps
    placeholderCount = placeholders
    symbols = GraphPlan.symbols(of: graph, steps)
  }

  /// Called before each node of a run with its index.
  package typealias Observer = (Int) throws -> Void

  /// Runs the graph.
  /// - Parameter inputs: one value a placeholder, in order.
  /// - Throws: what an operator throws, its sentence naming the node; what `observer` throws.
  package func run(_ inputs: [Value], runner: some OperatorRunner, observer: Observer? = nil) throws -> [Value] {
    guard inputs.count == placeholderCount else {
      throw LatheError.badInput("the graph takes \(placeholderCount) inputs but got \(inputs.count)")
    }
    var slots: [Value] = Array(repeating: .none, count: steps.count)
    let sizes: [String: SymbolicInt] = symbolValues(inputs)
    for index in steps.indices {
      try observer?(index)
      switch steps[index].work {
      case .placeholder(let number): slots[index] = inputs[number]
      case .getItem(let item):
        let source: Value = GraphPlan.resolve(steps[index].arguments[0].content, slots, sizes)
        guard case .list(let items) = source, items.indices.contains(item) else {
          throw LatheError.badInput("node \(graph.nodes[index].name): element \(item) of \(source.kindName) does not exist")
        }
        slots[index] = items[item]
      case .missing(let name):
        throw LatheError.unsupported("node \(graph.nodes[index].name) needs the operator \(name), which Lathe does not have")
      case .output: return steps[index].arguments.map { GraphPlan.resolve($0.content, slots, sizes) }
      case .call(let record):
        let arguments: [(name: String, value: Value)] = steps[index].arguments.map { ($0.name, GraphPlan.resolve($0.content, slots, sizes)) }
        do {
          let results: [Value] = try runner.run(record, arguments)
          slots[index] = results.count == 1 && !record.yieldsTuple ? results[0] : .list(results)
        } catch let error as LatheError where error.kind != .cancelled && !error.message.hasPrefix("node ") {
          throw LatheError(error.kind, subject: error.subject, "node \(graph.nodes[index].name): \(error.message)")
        }
      }
      for slot in steps[index].releases { slots[slot] = .none }
    }
    return []
  }

  private static func template(_ argument: Argument, _ subgraphs: [SubgraphReference]) -> Template.Content {
    switch argument {
    case .node(let id): .slot(Int(id.index))
    case .list(let items): .list(items.map { template($0, subgraphs) })
    case .int(let size) where !size.isConstant: .size(size)
    default: .constant(constant(argument, subgraphs))
    }
  }

  /// The value of an argument that is no node.
  package static func constant(_ argument: Argument, _ subgraphs: [SubgraphReference]) -> Value {
    switch argument {
    case .none: .none
    case .node(let id): preconditionFailure("node \(id.index) is no constant")
    case .int(let size): .int(size)
    case .double(let number): .double(number)
    case .bool(let flag): .bool(flag)
    case .string(let text): .string(text)
    case .complex(let re, let im): .opaque(tag: "complex", "\(re)+\(im)j")
    case .dtype(let type): .dtype(type)
    case .device(let name): .device(name)
    case .layout(let name): .layout(name)
    case .memoryFormat(let format): .memoryFormat(format)
    case .subgraph(let index): .subgraph(subgraphs[index])
    case .opaque(let tag, let text): .opaque(tag: tag, text)
    case .list(let items): .list(items.map { constant($0, subgraphs) })
    }
  }

  private static func resolve(_ content: Template.Content, _ slots: [Value], _ sizes: [String: SymbolicInt]) -> Value {
    switch content {
    case .constant(let value): value
    case .slot(let index): slots[index]
    case .size(let size): .int(size.substituting { sizes[$0] })
    case .list(let items): .list(items.map { resolve($0, slots, sizes) })
    }
  }

  // MARK: Symbols

  private static func symbols(of graph: Graph, _ steps: [Step]) -> [(name: String, placeholder: Int, dimension: Int, constant: Int)] {
    func names(_ content: Template.Content) -> Set<String> {
      switch content {
      case .size(let size): size.symbols
      case .list(let items): items.reduce(into: []) { $0.formUnion(names($1)) }
      case .constant, .slot: []
      }
    }
    var wanted: Set<String> = steps.reduce(into: []) { all, step in step.arguments.forEach { all.formUnion(names($0.content)) } }
    if wanted.isEmpty { return [] }
    var found: [(name: String, placeholder: Int, dimension: Int, constant: Int)] = []
    for (number, id) in graph.placeholders.enumerated() {
      switch graph[id].type {
      case .tensor(let type):
        for (dimension, size) in type.sizes.enumerated() {
          if let (name, coefficient, constant) = size.linear, coefficient == 1, wanted.remove(name) != nil { found.append((name, number, dimension, constant)) }
        }
      case .int(let size): if let name = size.symbolName, wanted.remove(name) != nil { found.append((name, number, -1, 0)) }
      default: continue
      }
    }
    return found
  }

  private func symbolValues(_ inputs: [Value]) -> [String: SymbolicInt] {
    var values: [String: SymbolicInt] = [:]
    for symbol in symbols {
      if symbol.dimension < 0 {
        if case .int(let size) = inputs[symbol.placeholder] { values[symbol.name] = size }
      } else if let type = inputs[symbol.placeholder].tensorType, type.sizes.indices.contains(symbol.dimension) {
        values[symbol.name] = type.sizes[symbol.dimension] - .constant(symbol.constant)
      }
    }
    return values
  }
}

extension OperatorRecord {
  /// Whether its results form a tuple even where there is one.
  package var yieldsTuple: Bool {
    takesGraphs || schema.results.count > 1
  }
}

/// Plans of subgraphs, made once each.
final class SubgraphPlans: Sendable {
  private let plans = Mutex<[ObjectIdentifier: (SubgraphReference, GraphPlan)]>([:])

  func plan(for subgraph: SubgraphReference, table: OperatorTable) -> GraphPlan {
    if let known = plans.withLock({ $0[ObjectIdentifier(subgraph)]?.1 }) { return known }
    let made = GraphPlan(subgraph.graph, table: table)
    plans.withLock { $0[ObjectIdentifier(subgraph)] = (subgraph, made) }
    return made
  }
}
