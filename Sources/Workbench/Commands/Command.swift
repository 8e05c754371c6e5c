import Foundations

package enum Menu: String, Sendable, CaseIterable {
  case file = "File", graph = "Graph", go = "Go", run = "Run", archive = "Archive", view = "View", help = "Help"
  /// Opens it together with Alt.
  package var letter: Unicode.Scalar {
    switch self {
    case .file: "f"
    case .graph: "g"
    case .go: "o"
    case .run: "r"
    case .archive: "a"
    case .view: "v"
    case .help: "h"
    }
  }
}

/// Something the user can do: the one entry from which menu bar, palette, key map, help and scripts are made.
package struct Command: Sendable {
  /// The screens on which its keys count.
  package enum Scope: Sendable { case anywhere, models, graph, compiles, kernels, archive, log }

  package var id: String
  package var title: String
  package var menu: Menu?
  package var keys: [Key]
  package var scope: Scope
  /// Whether it asks for more before it does anything, which `…` marks.
  package var asks: Bool
  /// Why it cannot be done now; nil where it can.
  package var obstacle: @Sendable (Model) -> String?
  package var action: @Sendable (inout Model) -> [Effect]

  /// - Parameter keys: separated by blanks, in the form `Key.init(_:)` reads.
  package init(
    _ id: String, _ title: String, menu: Menu? = nil, keys: String = "", in scope: Scope = .anywhere, asks: Bool = false,
    unless obstacle: @escaping @Sendable (Model) -> String? = { _ in nil }, action: @escaping @Sendable (inout Model) -> [Effect]
  ) {
    (self.id, self.title, self.menu, self.scope, self.asks) = (id, title, menu, scope, asks)
    self.keys = keys.split(separator: " ").compactMap { Key(String($0)) }
    (self.obstacle, self.action) = (obstacle, action)
  }

  package var label: String { asks ? title + "…" : title }
  package var keyText: String { keys.map(\.description).joined(separator: " ") }

  func applies(to screen: ScreenID) -> Bool {
    switch scope {
    case .anywhere: true
    case .models: screen == .models
    case .graph: screen == .graph
    case .compiles: screen == .compiles
    case .kernels: screen == .kernels
    case .archive: screen == .archive
    case .log: screen == .log
    }
  }
}

/// All commands.
package enum Commands {
  package static let all: [Command] = fileCommands + runCommands + graphCommands + goCommands + viewCommands + compileCommands + kernelCommands + archiveCommands + moveCommands + helpCommands
  package static let byID: [String: Command] = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })

  package static func command(for key: Key, on screen: ScreenID) -> Command? {
    all.first { $0.scope != .anywhere && $0.applies(to: screen) && $0.keys.contains(key) } ?? all.first { $0.scope == .anywhere && $0.keys.contains(key) }
  }
  /// The commands of a menu; those of other screens stay visible and say why they cannot be done.
  package static func items(of menu: Menu) -> [Command] { all.filter { $0.menu == menu } }

  static func needsDocument(_ model: Model) -> String? { model.document == nil ? "no model is open" : nil }
  static func needsGraph(_ model: Model) -> String? {
    needsDocument(model) ?? (model.screen == .graph ? nil : "only on the Graph screen")
  }
}

extension Model {
  /// Does a command by id, or says why it cannot be done now.
  package mutating func perform(_ id: String) -> [Effect] {
    guard let command = Commands.byID[id] else {
      tell(.error, "no command is named '\(id)'")
      return []
    }
    if let obstacle = command.obstacle(self) {
      tell(.warning, "\(command.title): \(obstacle)")
      return []
    }
    return command.action(&self)
  }
}
