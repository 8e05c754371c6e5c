import Foundation
import Foundations

/// Finds theme files: the user's own come before the shipped ones of the same name.
package struct ThemeLibrary: Sendable {
  /// Folders with `NAME.toml` files, most important first.
  package var folders: [String]
  package init(folders: [String]) { self.folders = folders }

  /// The user's folder, then those of what is shipped.
  package static func standard(paths: UserPaths) -> ThemeLibrary { ThemeLibrary(folders: [paths.config + "/themes"] + ShippedFolders.named("themes")) }

  /// The names of all themes, shipped and own, sorted.
  package func names() -> [String] {
    var names: Set<String> = []
    for folder in folders {
      for file in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where file.hasSuffix(".toml") {
        names.insert(String(file.dropLast(5)))
      }
    }
    return names.sorted()
  }

  /// A theme with what it inherits, and sentences about keys that are wrong.
  /// - Throws: `LatheError` where no file has the name, it cannot be read, is not TOML, or inherits from itself.
  package func load(_ name: String) throws -> (theme: Theme, problems: [String]) {
    let contents = try read(name, seen: [])
    let theme = Theme(name: name, description: contents.description ?? "", entries: contents.entries)
    return (theme, contents.problems)
  }

  private func read(_ name: String, seen: [String]) throws -> ThemeReader.Contents {
    guard let file = path(of: name) else { throw LatheError.badInput("no theme is named '\(name)'; there are \(names().joined(separator: ", "))") }
    if seen.contains(name) { throw LatheError.badFile(file, "inherits from itself through \((seen + [name]).joined(separator: " → "))") }
    guard let data = FileManager.default.contents(atPath: file) else { throw LatheError(.system, subject: file, "cannot be read") }
    guard let text = String(data: data, encoding: .utf8) else { throw LatheError.badFile(file, "not UTF-8 text") }
    return try ThemeReader.read(text, file: file) { parent in path(of: parent) == nil ? nil : try read(parent, seen: seen + [name]) }
  }

  private func path(of name: String) -> String? {
    if name.isEmpty || name.contains("/") { return nil }
    return folders.map { "\($0)/\(name).toml" }.first { FileManager.default.fileExists(atPath: $0) }
  }
}

/// Where the user's files are, after the XDG Base Directory Specification.
package struct UserPaths: Sendable {
  /// `$XDG_CONFIG_HOME/lathe`: the user's own themes.
  package var config: String
  /// `$XDG_STATE_HOME/lathe`: recent files and layout.
  package var state: String
  package init(config: String, state: String) { (self.config, self.state) = (config, state) }

  package static func standard(environment: [String: String] = ProcessInfo.processInfo.environment) -> UserPaths {
    let home = environment["HOME"] ?? NSHomeDirectory()
    func folder(_ variable: String, _ fallback: String) -> String {
      let value = environment[variable] ?? ""
      return (value.hasPrefix("/") ? value : home + "/" + fallback) + "/lathe"
    }
    return UserPaths(config: folder("XDG_CONFIG_HOME", ".config"), state: folder("XDG_STATE_HOME", ".local/state"))
  }
}
