import Engine
import Foundations
import Graphs

/// A call's arguments as lines of the inspector, in the order of the operator's schema: what the graph gives, and the defaults of what
/// it leaves out.
enum ArgumentLines {
  /// - Parameter parameters: of the operator's schema; none where it is not known.
  static func lines(_ arguments: [NamedArgument], _ parameters: [OperatorFacts.Parameter], _ index: GraphIndex) -> [Inspector.Line] {
    var lines: [Inspector.Line] = []
    var isShown: [Bool] = Array(repeating: false, count: arguments.count)
    for (position, parameter) in parameters.enumerated() {
      // Higher-order operators take their arguments by place.
      let byPlace = arguments.indices.contains(position) && arguments[position].name.isEmpty ? position : nil
      if let place = arguments.firstIndex(where: { $0.name == parameter.name }) ?? byPlace {
        isShown[place] = true
        lines += line(parameter.name, arguments[place].value, index)
      } else if let text = parameter.defaultText {
        lines.append(Inspector.Line(parameter.name, "\(text)  default", .dim))
      }
    }
    for (place, argument) in arguments.enumerated() where !isShown[place] { lines += line(argument.name, argument.value, index) }
    return lines
  }

  private static func line(_ name: String, _ value: Argument, _ index: GraphIndex) -> [Inspector.Line] {
    switch value {
    case .node(let id): return [link(name, id, index)]
    case .subgraph(let number): return [Inspector.Line(name, Inspector.text(of: value, index), .link, link: .subgraph(number))]
    case .list(let items) where items.contains(where: { if case .node = $0 { true } else { false } }):
      return items.enumerated().map { position, item in
        let label = position == 0 ? name : ""
        if case .node(let id) = item { return link(label, id, index) }
        return Inspector.Line(label, Inspector.text(of: item, index))
      }
    default: return [Inspector.Line(name, Inspector.text(of: value, index))]
    }
  }

  private static func link(_ label: String, _ id: Graph.NodeID, _ index: GraphIndex) -> Inspector.Line {
    let node = Int(id.index)
    let type = index.typeText(of: node)
    return Inspector.Line(label, index.graph.nodes[node].name + (type.isEmpty ? "" : "  \(type)"), .link, link: .node(node))
  }
}
