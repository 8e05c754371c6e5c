import CRuntime
import Foundation
import Foundations

/// The fixed runtime of archives, compiled when Lathe was built, so that no first archive waits for it.
///
/// A folder of `DIGEST.o`; the digest is of the part's name, the instruction set and the text of the whole runtime, so objects of another
/// version of Lathe are never taken. Any compiler's objects do: they call each other as C has it.
package struct PrebuiltRuntime: Sendable {
  package let folder: String
  package init(folder: String) { self.folder = folder }

  /// The first shipped folder that is there, nil where none is: then parts are compiled when they are needed.
  package static func shipped() -> PrebuiltRuntime? {
    ShippedFolders.named("runtime").first { access("\($0)/\(mark)", R_OK) == 0 }.map(PrebuiltRuntime.init(folder:))
  }

  /// Where the part's object is, nil where it is not there or not whole.
  package func object(of part: CSource, for isa: lathe_isa) -> String? {
    let path: String = place(part, isa)
    return Files.isWhole(path) ? path : nil
  }

  /// What tells these objects from others: the compiler that made them, and when.
  var identity: String { (try? String(contentsOfFile: "\(folder)/\(PrebuiltRuntime.mark)", encoding: .utf8)) ?? "" }

  /// Compiles all parts for these instruction sets that are not there yet, and removes objects of other versions.
  /// - Returns: how many were compiled.
  /// - Throws: `LatheError`: `system` for a compiler that fails or a folder that cannot be written, `cancelled`.
  package func make(
    for sets: [lathe_isa], compiler: CCompiler, cancellation: some Cancellation = NeverCancelled(), progress: (_ done: Int, _ of: Int, _ what: String) -> Void = { _, _, _ in }
  ) throws -> Int {
    do {
      try Files.makeFolder(folder)
      var (count, kept): (Int, Set<String>) = (0, [PrebuiltRuntime.mark])
      for isa in sets {
        let parts: [CSource] = ArtifactRuntime.sources(for: .archive, [.products, .convolutions])
        kept.formUnion(parts.map { PrebuiltRuntime.name($0, isa) })
        let missing: [CSource] = parts.filter { object(of: $0, for: isa) == nil }
        if missing.isEmpty { continue }
        let work: String = try Files.makeUniqueFolder(in: folder)
        defer { Files.removeFolder(work) }
        let objects: [String] = try Toolchain(compiler: compiler, isa: isa, use: .archive).compile(missing, in: work, cancellation: cancellation, progress: progress)
        for (object, part) in zip(objects, missing) { try Files.publish(object, as: place(part, isa)) }
        count += missing.count
      }
      if count > 0 || identity.isEmpty { try Files.write("\(compiler.identity)\n\(Date())\n", to: "\(folder)/\(PrebuiltRuntime.mark)") }
      for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".o") && !kept.contains(name) { unlink("\(folder)/\(name)") }
      return count
    } catch let failure as FileFailure {
      throw LatheError(.system, subject: failure.path, "cannot be written: \(failure.reason)")
    } catch let failure as Toolchain.Failure {
      throw LatheError(.system, subject: failure.source?.name ?? folder, "was not compiled: \(failure.reason)")
    }
  }

  private static let mark: String = "compiler.txt"
  private func place(_ part: CSource, _ isa: lathe_isa) -> String { "\(folder)/\(PrebuiltRuntime.name(part, isa))" }
  private static func name(_ part: CSource, _ isa: lathe_isa) -> String {
    var hash = SHA256()
    for field in [ArtifactRuntime.digest, "\(isa.rawValue)", part.name] { hash.update(field: field) }
    return "\(hash.hexDigest()).o"
  }
}
