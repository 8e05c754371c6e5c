import Archives
import Capture
import Foundation
import Foundations
import Graphs
import Operators

extension DimensionSolver {
  /// The program with its dimensions as they were found to be.
  func rewritten() throws -> ExportedProgram {
    var result: ExportedProgram = program
    var graph: Graph = settledTypes(program.graph)
    for id in graph.placeholders { graph.nodes[Int(id.index)].type = type(of: id) }
    if !born.isEmpty { graph = try retyped(graph) }
    result.graph = DimensionSolver.foldingSizes(graph, from: program.graph)
    result.symbolHints = hints.filter { symbol, _ in settled(SymbolicInt(symbol: symbol)).symbolName == symbol }
    result.rangeConstraints = rangeConstraints(of: result.graph)
    result.guardTexts += guardTexts(of: result.graph)
    // The arguments of the export are no example of other sizes.
    if wished.items.contains(where: { $0.size.constant != nil && $0.size.constant != $0.old.evaluate { program.symbolHints[$0] } }) { result.exampleInputs = nil }
    return result
  }

  /// Types over the sizes' symbols, by the operators' rules.
  func retyped(_ graph: Graph) throws -> Graph {
    let retyped: Graph = try Retyping(environment: ShapeEnvironment(hints: hints, ranges: analysed)).retyped(graph)
    for (new, old) in zip(retyped.nodes, graph.nodes) {
      guard let after = new.type.tensor, let before = old.type.tensor else { continue }
      for (size, known) in zip(after.sizes, before.sizes) {
        guard let value = size.evaluate({ hints[$0] }), let wanted = known.evaluate({ hints[$0] }), value != wanted else { continue }
        throw LatheError.unsupported("the size \(known) that the program states for '\(new.name)' is \(size) by Lathe's rule")
      }
    }
    return retyped
  }

  private func settledTypes(_ original: Graph) -> Graph {
    var graph: Graph = original
    for index in graph.nodes.indices { graph.nodes[index].type = settled(graph.nodes[index].type) }
    for index in graph.subgraphs.indices { graph.subgraphs[index].graph = settledTypes(graph.subgraphs[index].graph) }
    for (name, note) in graph.notes {
      graph.notes[name]!.storageOffset = settled(note.storageOffset)
      graph.notes[name]!.description = note.description.map(settled)
    }
    return graph
  }

  private func settled(_ type: ValueType) -> ValueType {
    switch type {
    case .tensor(var tensor):
      tensor.sizes = tensor.sizes.map(settled)
      tensor.strides = tensor.strides.map(settled)
      return .tensor(tensor)
    case .int(let size): return .int(settled(size))
    case .list(let items): return .list(items.map(settled))
    default: return type
    }
  }

  /// The file's description of a symbolic float or bool, with symbols replaced where they stand.
  private func settled(_ description: String) -> String {
    var text: String = description
    let sympy = SympyText(known: program.expressionTexts)
    for symbol in Set(program.symbolHints.keys).union(wished.substitution.keys).sorted() {
      let size: SymbolicInt = settled(SymbolicInt(symbol: symbol))
      if size.symbolName != symbol { text = text.replacing(sympy.text(SymbolicInt(symbol: symbol)), with: sympy.text(size)) }
    }
    return text
  }

  // MARK: Sizes that became numbers

  /// Nodes that compute what is a number now are left out, and the number stands where they were used.
  private static func foldingSizes(_ graph: Graph, from original: Graph) -> Graph {
    var numbers: [Graph.NodeID: Int] = [:]
    for (index, node) in graph.nodes.enumerated() where index < original.nodes.count {
      guard case .call = node.operation, case .int(let size) = node.type, let number = size.constant,
        case .int(let before) = original.nodes[index].type, !before.isConstant
      else { continue }
      numbers[Graph.NodeID(index)] = number
    }
    if numbers.isEmpty { return graph }
    var result: Graph = graph
    result.nodes = []
    var places: [Graph.NodeID: Graph.NodeID] = [:]
    func resolved(_ argument: Argument) -> Argument {
      switch argument {
      case .node(let id): numbers[id].map { .int(SymbolicInt($0)) } ?? .node(places[id] ?? id)
      case .list(let items): .list(items.map(resolved))
      default: argument
      }
    }
    for index in graph.nodes.indices where numbers[Graph.NodeID(index)] == nil {
      var node: Graph.Node = graph.nodes[index]
      for place in node.arguments.indices { node.arguments[place].value = resolved(node.arguments[place].value) }
      places[Graph.NodeID(index)] = result.append(node)
    }
    return result
  }

  // MARK: What calls must keep

  /// Ranges of the symbols and of the expressions that inputs have as sizes.
  private func rangeConstraints(of graph: Graph) -> [String: SizeRange] {
    var result: [String: SizeRange] = [:]
    for (text, range) in program.rangeConstraints {
      guard let expression = try? SymbolicInt.parse(text) else {
        result[text] = range
        continue
      }
      let size: SymbolicInt = settled(expression)
      if size == expression { result[text] = range }
    }
    var sizes: Set<SymbolicInt> = []
    for id in graph.placeholders {
      guard case .placeholder(.user) = graph[id].operation, let type = graph[id].type.tensor else { continue }
      sizes.formUnion(type.sizes.filter { !$0.isConstant })
    }
    for size in sizes {
      for symbol in size.symbols { if let range = ranges[symbol] { result[symbol] = range } }
      guard let (symbol, coefficient, constant) = size.linear, size.symbolName == nil, coefficient > 0, let range = ranges[symbol] else { continue }
      result[size.description] = SizeRange(minimum: range.minimum.map { $0 * coefficient + constant }, maximum: range.maximum.map { $0 * coefficient + constant })
    }
    return result
  }

  /// Relations as the newest PyTorch checks them before a call.
  private func guardTexts(of graph: Graph) -> [String] {
    var sources: [String: String] = [:]
    var places: [Graph.NodeID: Int] = [:]
    var number: Int = 0
    for id in graph.placeholders {
      switch graph[id].operation {
      case .placeholder(.user), .placeholder(.constant):
        places[id] = number
        for (dimension, size) in (graph[id].type.tensor?.sizes ?? []).enumerated() {
          if let symbol = size.symbolName, sources[symbol] == nil { sources[symbol] = "L['flat_args'][\(number)].size()[\(dimension)]" }
        }
        number += 1
      default: continue
      }
    }
    // Sizes derived from others: the newest PyTorch checks them only where it is told.
    var texts: [String] = []
    for item in wished.items {
      let size: SymbolicInt = settled(item.size)
      guard !size.isConstant, size.symbolName == nil, size.symbols.allSatisfy({ sources[$0] != nil }), let place = places[item.node] else { continue }
      texts.append("L['flat_args'][\(place)].size()[\(item.wish.dimension)] == \(size.pythonText { sources[$0] ?? $0 })")
    }
    return texts + relations.compactMap { relation in
      guard (relation.left - relation.right).symbols.allSatisfy({ sources[$0] != nil }) else { return nil }
      func python(_ size: SymbolicInt) -> String { size.pythonText { sources[$0] ?? $0 } }
      return "\(python(relation.left)) \(relation.relation.rawValue) \(python(relation.right))"
    }
  }
}
