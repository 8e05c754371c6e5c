import Foundation
import Foundations
import Glibc

/// Compiled artifacts in a folder, found by the digest of everything that went into them; many processes may use it at once.
///
/// `kernels/DIGEST.so` are artifacts and `kernels/DIGEST.o` compiled parts of the fixed runtime that are not prebuilt, `failed/` has sources that did not
/// compile, `work/` the folders of compilations under way. A file is written in `work/` and renamed to its place, so that nobody sees
/// half of one; a file's time of change is the time of its last use.
package struct KernelCache: Sendable {
  package let folder: String
  /// The most bytes that `kernels/` and `failed/` keep.
  package let capacity: Int
  /// Where compilations go when the folder cannot be written.
  package let temporaryFolder: String
  /// Parts of the fixed runtime that need no compilation.
  package let prebuilt: PrebuiltRuntime?

  package init(folder: String, capacity: Int = 2_000_000_000, temporaryFolder: String = "/tmp", prebuilt: PrebuiltRuntime? = nil) {
    (self.folder, self.capacity, self.temporaryFolder, self.prebuilt) = (folder, capacity, temporaryFolder, prebuilt)
  }

  /// `$XDG_CACHE_HOME/lathe` or `~/.cache/lathe`; LATHE_CACHE_SIZE is its capacity, in bytes or with KB, MB or GB (powers of 1000).
  /// - Throws: `LatheError` of kind `badInput` for another LATHE_CACHE_SIZE.
  package init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
    let home: String = environment["HOME"] ?? NSHomeDirectory()
    let base: String = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "\(home)/.cache"
    let temporary: String = environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    let capacity: Int = try environment["LATHE_CACHE_SIZE"].map(KernelCache.byteCount) ?? 2_000_000_000
    self.init(folder: "\(base)/lathe", capacity: capacity, temporaryFolder: temporary, prebuilt: .shipped())
  }

  /// What one compilation is made of.
  package struct Request: Sendable {
    package var sources: [CSource]
    /// The templates that the sources call.
    package var libraries: Set<TemplateLibrary>
    /// Libraries that the artifact asks the loader for; see `Toolchain.link`.
    package var needed: [String]
    package init(sources: [CSource], libraries: Set<TemplateLibrary> = [], needed: [String] = []) {
      (self.sources, self.libraries, self.needed) = (sources, libraries, needed)
    }

    func digest(_ toolchain: Toolchain, _ prebuilt: PrebuiltRuntime?) -> String {
      var hash = KernelCache.hash(toolchain)
      if toolchain.use == .archive, let prebuilt { hash.update(field: prebuilt.identity) }
      for source in sources { hash.update(field: source.name); hash.update(field: source.text) }
      for library in needed { hash.update(field: library) }
      return hash.hexDigest()
    }
  }

  /// The artifact of these sources: the one in the cache, or a new one that is put there. Where the folder cannot be written the
  /// artifact lies in a temporary folder until it is let go, and `notice` says why.
  /// - Throws: `LatheError` of kind `system` with the compiler's first error, `cancelled`.
  package func artifact(
    for request: Request, toolchain: Toolchain, cancellation: some Cancellation = NeverCancelled(),
    progress: (_ done: Int, _ of: Int, _ what: String) -> Void = { _, _, _ in }
  ) throws -> Artifact {
    let digest: String = request.digest(toolchain, prebuilt)
    let place: String = "\(kernels)/\(digest).so"
    if use(place) { return Artifact(path: place, digest: digest, origin: .cache) }
    do {
      try Files.makeFolder(kernels)
      try Files.makeFolder(work)
      let folder: String = try Files.makeUniqueFolder(in: work)
      defer { Files.removeFolder(folder) }
      let built: String = try build(request, toolchain, in: folder, cancellation, progress)
      try Files.publish(built, as: place)
      evict()
      return Artifact(path: place, digest: digest, origin: .compiled)
    } catch let failure as FileFailure where failure.isOfPlace {
      return try outside(request, digest, toolchain, cancellation, progress, because: failure.reason)
    } catch let failure as Toolchain.Failure where failure.isFullDisk {
      return try outside(request, digest, toolchain, cancellation, progress, because: "No space left on device")
    } catch let failure as FileFailure {
      throw LatheError(.system, subject: failure.path, "cannot be written: \(failure.reason)")
    } catch let failure as Toolchain.Failure {
      throw error(failure, digest)
    }
  }

  private func outside(
    _ request: Request, _ digest: String, _ toolchain: Toolchain, _ cancellation: some Cancellation,
    _ progress: (Int, Int, String) -> Void, because reason: String
  ) throws -> Artifact {
    do {
      let folder: String = try Files.makeUniqueFolder(in: temporaryFolder)
      do {
        let path: String = try build(request, toolchain, in: folder, cancellation, progress)
        let notice: String = "\(self.folder): compiled code cannot be kept here (\(reason)), so it is compiled anew in every process"
        return Artifact(path: path, digest: digest, origin: .temporary(folder: folder, notice: notice))
      } catch {
        Files.removeFolder(folder)
        throw error
      }
    } catch let failure as FileFailure {
      throw LatheError(.system, subject: failure.path, "cannot be written: \(failure.reason)")
    } catch let failure as Toolchain.Failure {
      throw error(failure, digest)
    }
  }

  private func build(
    _ request: Request, _ toolchain: Toolchain, in folder: String, _ cancellation: some Cancellation,
    _ progress: (Int, Int, String) -> Void
  ) throws -> String {
    let runtime: [(source: CSource, place: String)] = ArtifactRuntime.sources(for: toolchain.use, request.libraries).map { source in
      if let object = prebuilt?.object(of: source, for: toolchain.isa) { return (source, object) }
      var hash = KernelCache.hash(toolchain)
      hash.update(field: source.name)
      return (source, "\(kernels)/\(hash.hexDigest()).o")
    }
    let missing = runtime.filter { $0.place.hasPrefix(kernels) && !use($0.place) }
    let sources: [CSource] = request.sources + missing.map(\.source)
    let made: [String] = try toolchain.compile(sources, in: folder, cancellation: cancellation, progress: progress)
    let own: ArraySlice<String> = made.prefix(request.sources.count)
    // Parts of the runtime are linked from this folder or the cache, always in the same order, so that the bytes are the same.
    let objects: [String] = own + runtime.map { part in
      missing.firstIndex { $0.place == part.place }.map { made[own.count + $0] } ?? part.place
    }
    // Linkers write the file's name into it, which is to say nothing of this machine.
    let artifact: String = try toolchain.link(objects, name: "artifact.so", in: folder, needed: request.needed, cancellation: cancellation)
    if folder.hasPrefix(work) {
      for (path, part) in zip(made.dropFirst(own.count), missing) { try Files.publish(path, as: part.place) }
    }
    return artifact
  }

  /// Keeps the source that did not compile, and says so in one sentence.
  private func error(_ failure: Toolchain.Failure, _ digest: String) -> LatheError {
    guard let source = failure.source else { return LatheError(.system, "the compiled kernels could not be linked: \(failure.reason)") }
    let failed: String = "\(folder)/failed"
    let kept: String = "\(failed)/\(digest.prefix(12))-\(source.name)"
    guard (try? Files.makeFolder(failed)) != nil, (try? Files.write(source.text, to: kept)) != nil else {
      return LatheError(.system, subject: source.name, "was not compiled: \(failure.reason)")
    }
    return LatheError(.system, subject: kept, "was not compiled: \(failure.reason)")
  }

  var kernels: String { "\(folder)/kernels" }
  var work: String { "\(folder)/work" }

  /// What every digest starts with.
  fileprivate static func hash(_ toolchain: Toolchain) -> SHA256 {
    var hash = SHA256()
    hash.update(field: ArtifactRuntime.digest)
    hash.update(field: toolchain.compiler.identity)
    for flag in toolchain.flags.compile + toolchain.flags.target { hash.update(field: flag) }
    hash.update(field: "link")
    for flag in (toolchain.linker == nil ? [] : ["ld"]) + toolchain.flags.link { hash.update(field: flag) }
    return hash
  }

  private static func byteCount(_ text: String) throws -> Int {
    let units: [(String, Int)] = [("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000)]
    let unit = units.first { text.uppercased().hasSuffix($0.0) }
    let digits: String = unit == nil ? text : String(text.dropLast(2)).trimmingCharacters(in: .whitespaces)
    guard let number = Int(digits), number >= 0, case let (bytes, overflow) = number.multipliedReportingOverflow(by: unit?.1 ?? 1), !overflow else {
      throw LatheError.badInput("LATHE_CACHE_SIZE is '\(text)'; it takes a number of bytes, or one with KB, MB or GB")
    }
    return bytes
  }
}
