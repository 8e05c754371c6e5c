import Compiler
import Foundations

extension Engine {
  /// Compiles what all archives have in common, for every target, into a folder that is shipped beside the executable; see
  /// `PrebuiltRuntime`.
  /// - Returns: how many objects were not there yet.
  /// - Throws: `LatheError`: `system` where there is no compiler, it fails, or the folder cannot be written, `cancelled`.
  package static func prebuild(into folder: String, cancellation: some Cancellation = NeverCancelled()) throws -> Int {
    let levels = Set(PackageTarget.allCases.map(\.level)).sorted { $0.rawValue < $1.rawValue }
    return try PrebuiltRuntime(folder: folder).make(for: levels, compiler: try CCompiler.find(), cancellation: cancellation)
  }
}
