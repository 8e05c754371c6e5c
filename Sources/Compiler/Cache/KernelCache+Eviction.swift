import Glibc

extension KernelCache {
  /// Files used within this many seconds stay, so that one that was just found is there when it is opened.
  private static let youth: Int = 60
  /// A compilation's folder that is this old was left by a process that died.
  private static let abandoned: Int = 24 * 3600

  /// Marks a file as used now; false where it is not there, or not whole.
  func use(_ path: String) -> Bool {
    guard Files.isWhole(path) else { return false }
    utimensat(AT_FDCWD, path, nil, 0)
    return true
  }

  /// Removes the files that were not used for longest until the rest fits, and folders of compilations that died.
  package func evict() {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var files: [(path: String, bytes: Int, used: Int)] = []
    for part in [kernels, "\(folder)/failed"] {
      for name in Files.names(in: part) {
        let path: String = "\(part)/\(name)"
        if let status = Files.status(path) { files.append((path, status.bytes, status.changed)) }
      }
    }
    var total: Int = files.reduce(0) { $0 + $1.bytes }
    files.sort { $0.used < $1.used }
    for file in files where total > capacity && now.tv_sec - file.used > KernelCache.youth {
      unlink(file.path)
      total -= file.bytes
    }
    for name in Files.names(in: work) {
      let path: String = "\(work)/\(name)"
      if let status = Files.status(path), now.tv_sec - status.changed > KernelCache.abandoned { Files.removeFolder(path) }
    }
  }
}
