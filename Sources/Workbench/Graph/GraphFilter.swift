import Foundations
import Graphs

/// Which nodes a filter text selects: words that must all hold, each plain or after `op:`, `shape:`, `dtype:`, `module:`,
/// `source:`.
///
/// A plain word is looked for in a node's name, operator and module path. Case does not matter. `shape:` compares without blanks;
/// `source:model.py:12` selects what was captured while that line ran.
package struct GraphFilter: Hashable, Sendable {
  package enum Field: String, Sendable, CaseIterable { case op, shape, dtype, module, source, any }
  package struct Term: Hashable, Sendable {
    package var field: Field
    package var text: String
  }
  package var text: String
  package var terms: [Term]

  package init(_ text: String) {
    self.text = text
    terms = text.split(separator: " ").compactMap { word in
      for field in Field.allCases where field != .any && word.hasPrefix("\(field.rawValue):") {
        let rest = word.dropFirst(field.rawValue.utf8.count + 1)
        return rest.isEmpty ? nil : Term(field: field, text: rest.lowercased())
      }
      return Term(field: .any, text: word.lowercased())
    }
  }
  package var isEmpty: Bool { terms.isEmpty }

  /// For each node whether it is selected; nodes that are not drawn never are.
  package func matches(_ index: GraphIndex) -> [Bool] {
    var selected = index.isDrawn
    for term in terms {
      let bytes = Array(term.text.utf8)
      let operators = index.operatorTexts.texts.map { GraphFilter.contains($0, bytes) }
      let types = index.typeTexts.texts.map { typeMatches($0, term) }
      let modules = index.modules.modules.map { GraphFilter.contains($0.path, bytes) }
      let traces = term.field == .source ? GraphFilter.traces(index.graph.stackTraces, from: term.text) : []
      for node in selected.indices where selected[node] {
        let isInOperator = operators[Int(index.operatorTexts.ids[node])]
        let isInModule = modules[Int(index.modules.moduleOfNode[node])]
        switch term.field {
        case .op: selected[node] = isInOperator
        case .shape, .dtype: selected[node] = types[Int(index.typeTexts.ids[node])]
        case .module: selected[node] = isInModule
        case .source:
          let trace = Int(index.graph.nodes[node].stackTrace)
          selected[node] = trace >= 0 && traces[trace]
        case .any: selected[node] = isInOperator || isInModule || GraphFilter.contains(index.graph.nodes[node].name, bytes)
        }
      }
    }
    return selected
  }

  /// For each traceback whether it has a line of a file, `model.py:12`, or any of a file, `model.py`.
  private static func traces(_ traces: [String], from text: String) -> [Bool] {
    let parts = text.split(separator: ":", maxSplits: 1)
    let file = parts.first.map(String.init) ?? text
    let place = parts.count == 2 ? "\(file)\", line \(parts[1])," : "\(file)\", line "
    return traces.map { contains($0, Array(place.utf8)) }
  }

  private func typeMatches(_ text: String, _ term: Term) -> Bool {
    guard let open = text.firstIndex(of: "[") else { return false }
    if term.field == .dtype { return GraphFilter.contains(String(text[..<open]), Array(term.text.utf8)) }
    return term.field == .shape && GraphFilter.contains(String(text[open...]), Array(term.text.utf8))
  }

  /// Whether ASCII lower case text occurs in another, ignoring its case.
  static func contains(_ text: String, _ part: [UInt8]) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      guard bytes.count >= part.count else { return false }
      search: for start in 0...bytes.count - part.count {
        for offset in part.indices {
          let byte = bytes[start + offset]
          let lower = byte >= 65 && byte <= 90 ? byte | 32 : byte
          if lower != part[offset] { continue search }
        }
        return true
      }
      return false
    }
  }
}
