import Foundation

/// Where files that come with Lathe lie.
package enum ShippedFolders {
  /// Folders that may hold what is shipped under a name, first the most important: in `$LATHE_SHARE`, in `share/lathe` beside the
  /// executable's folder, in the executable's folder, and in those above it (a checkout).
  package static func named(_ name: String, environment: [String: String] = ProcessInfo.processInfo.environment) -> [String] {
    var folders: [String] = []
    if let share = environment["LATHE_SHARE"], !share.isEmpty { folders.append("\(share)/\(name)") }
    var url: URL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    folders.append("\(url.deletingLastPathComponent().path)/share/lathe/\(name)")
    for _ in 0..<6 where url.path != "/" {
      folders.append("\(url.path)/\(name)")
      url = url.deletingLastPathComponent()
    }
    return folders
  }
}
