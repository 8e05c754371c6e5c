/// A compiled artifact on the disk. One that is not in the cache is removed when the last reference goes; a loaded library stays loaded.
package final class Artifact: Sendable {
  package enum Origin: Hashable, Sendable {
    /// It was there.
    case cache
    /// It was compiled now and is in the cache.
    case compiled
    /// It was compiled now into a folder of its own, because the cache cannot be written.
    case temporary(folder: String, notice: String)
  }
  package let path: String
  /// The SHA-256 of what it was made of.
  package let digest: String
  package let origin: Origin

  /// What the user should know: why the cache was not used.
  package var notice: String? {
    if case .temporary(_, let notice) = origin { notice } else { nil }
  }

  init(path: String, digest: String, origin: Origin) { (self.path, self.digest, self.origin) = (path, digest, origin) }
  deinit {
    if case .temporary(let folder, _) = origin { Files.removeFolder(folder) }
  }
}
