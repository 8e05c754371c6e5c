import Engine
import Foundations

/// What lies over the screen and takes the keys.
package enum Layer: Sendable {
  case menu(MenuState)
  case picker(Picker)
  case prompt(Prompt)
  case run(RunDialog)
  case form(Form)
  case result
  case sheet(Sheet)
  case confirmQuit, confirmReset
}

/// An open menu: which one and which of its commands.
package struct MenuState: Hashable, Sendable {
  package var menu: Menu
  package var item: Int = 0
}

/// A list to choose from that filters while one types: palette, help, themes.
package struct Picker: Sendable {
  package enum Purpose: Hashable, Sendable { case palette, help, theme(original: String), document, subgraph, stage, stance, dynamic, compileText, archiveSource, comparedProgram }
  package struct Item: Sendable {
    package var id: String
    package var title: String
    package var keys: String
    /// Why it cannot be chosen now.
    package var obstacle: String?
    /// A sentence about it, shown in the status line while it is chosen.
    package var detail: String?
  }
  package var purpose: Purpose
  package var title: String
  package var editor = LineEditor()
  package var items: [Item]
  package var list = ListCursor()

  /// The items whose titles hold all typed words; best ones first.
  package var shown: [Item] {
    let words = editor.string.lowercased().split(separator: " ")
    if words.isEmpty { return items }
    var ranked: [(Int, Int, Item)] = []
    for (index, item) in items.enumerated() {
      let title = item.title.lowercased()
      let text = title + " " + item.id.lowercased() + " " + item.keys.lowercased()
      guard words.allSatisfy({ text.contains($0) }) else { continue }
      ranked.append((title.hasPrefix(words[0]) ? 0 : title.contains(words[0]) ? 1 : 2, index, item))
    }
    return ranked.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
  }
}

/// A line to type.
package struct Prompt: Sendable {
  package enum Purpose: Hashable, Sendable { case open, filter(original: String), goTo, saveLog, logFilter, kernelFilter(original: String), compileFilter(original: String), recompileLimit, trace }
  package var purpose: Purpose
  package var label: String
  package var editor: LineEditor
  package var candidates: [String] = []
  package var hint: String = ""
  package init(_ purpose: Purpose, label: String, text: String = "", hint: String = "") {
    (self.purpose, self.label, self.editor, self.hint) = (purpose, label, LineEditor(text), hint)
  }
}

/// What a run is asked for with.
package struct RunDialog: Sendable {
  package enum Field: Int, Sendable, CaseIterable { case mode, source, seed, sizes, file, repeats, run, cancel }
  package var usesFile = false
  package var seed = LineEditor("0")
  package var sizes = LineEditor("")
  package var file = LineEditor("")
  package var repeats = LineEditor("1")
  package var mode = ExecutionMode.eager
  package var field = Field.run
  package var problem: String?
  package var candidates: [String] = []

  /// The fields that matter for the chosen source.
  package var fields: [Field] { usesFile ? [.mode, .source, .file, .repeats, .run, .cancel] : [.mode, .source, .seed, .sizes, .repeats, .run, .cancel] }

  package mutating func step(by count: Int) {
    let fields = fields
    let position = fields.firstIndex(of: field) ?? 0
    field = fields[(position + count + fields.count) % fields.count]
  }
  package var editor: LineEditor? {
    get {
      switch field {
      case .seed: seed
      case .sizes: sizes
      case .file: file
      case .repeats: repeats
      default: nil
      }
    }
    set {
      guard let newValue else { return }
      switch field {
      case .seed: seed = newValue
      case .sizes: sizes = newValue
      case .file: file = newValue
      case .repeats: repeats = newValue
      default: break
      }
    }
  }

  /// `s0=4 s1=16` as a table; nil where it is not of that form.
  package static func sizes(_ text: String) -> [String: Int]? {
    var table: [String: Int] = [:]
    for word in text.split(whereSeparator: { $0 == " " || $0 == "," }) {
      let parts = word.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, let value = Int(parts[1]), value >= 0 else { return nil }
      table[String(parts[0])] = value
    }
    return table
  }
}
