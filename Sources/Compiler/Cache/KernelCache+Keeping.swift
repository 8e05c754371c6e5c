import Foundations

extension KernelCache {
  /// A shared object that was compiled elsewhere, as a file to load: the one that is kept under this digest, or these bytes written now.
  /// Where the folder cannot be written it lies in a temporary folder until it is let go.
  /// - Throws: `LatheError` of kind `system` when neither can be written.
  package func file(of digest: String, bytes: () throws -> [UInt8]) throws -> Artifact {
    let place: String = "\(kernels)/\(digest).so"
    if use(place) { return Artifact(path: place, digest: digest, origin: .cache) }
    let content: [UInt8] = try bytes()
    do {
      try Files.makeFolder(kernels)
      try Files.makeFolder(work)
      let folder: String = try Files.makeUniqueFolder(in: work)
      defer { Files.removeFolder(folder) }
      try Files.write(content, to: "\(folder)/code.so")
      try Files.publish("\(folder)/code.so", as: place)
      evict()
      return Artifact(path: place, digest: digest, origin: .compiled)
    } catch let failure as FileFailure where failure.isOfPlace {
      do {
        let folder: String = try Files.makeUniqueFolder(in: temporaryFolder)
        let notice: String = "\(self.folder): code cannot be kept here (\(failure.reason)), so it is written anew in every process"
        let artifact = Artifact(path: "\(folder)/code.so", digest: digest, origin: .temporary(folder: folder, notice: notice))
        try Files.write(content, to: artifact.path)
        return artifact
      } catch let failure as FileFailure {
        throw LatheError(.system, subject: failure.path, "cannot be written: \(failure.reason)")
      }
    } catch let failure as FileFailure {
      throw LatheError(.system, subject: failure.path, "cannot be written: \(failure.reason)")
    }
  }
}
