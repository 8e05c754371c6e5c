import Foundation
import Foundations

/// What outlives a session: recent files, theme, layout.
package struct SavedState: Codable, Hashable, Sendable {
  package var recent: [String] = []
  package var theme: String?
  package var mouse: Bool = true
  /// Shares of the width in percent.
  package var treeShare: Int = 24
  package var inspectorShare: Int = 32
  package init() {}

  private static func file(in folder: String) -> String { folder + "/workbench.json" }

  /// The saved state; nil where there is none. A file that cannot be read as one is moved aside, which the note says.
  package static func read(folder: String) -> (state: SavedState?, note: String?) {
    let path = file(in: folder)
    guard let data = FileManager.default.contents(atPath: path) else { return (nil, nil) }
    do {
      return (try JSONDecoder().decode(SavedState.self, from: data), nil)
    } catch {
      let aside = path + ".broken"
      try? FileManager.default.removeItem(atPath: aside)
      let isMoved = (try? FileManager.default.moveItem(atPath: path, toPath: aside)) != nil
      return (nil, "\(path): not a saved state; \(isMoved ? "moved to \(aside)" : "it could not be moved aside")")
    }
  }

  /// The saved state without moving a broken file aside; nil where there is none or it is broken.
  package static func peek(folder: String) -> SavedState? {
    FileManager.default.contents(atPath: file(in: folder)).flatMap { try? JSONDecoder().decode(SavedState.self, from: $0) }
  }

  /// Writes beside the old file and renames.
  package func write(folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try encoder.encode(self).write(to: URL(fileURLWithPath: SavedState.file(in: folder)), options: .atomic)
    } catch {
      throw LatheError(.system, subject: SavedState.file(in: folder), "cannot be written: \(error.localizedDescription)")
    }
  }

  package mutating func remember(_ path: String) {
    recent.removeAll { $0 == path }
    recent.insert(path, at: 0)
    if recent.count > 20 { recent.removeLast(recent.count - 20) }
  }
}
