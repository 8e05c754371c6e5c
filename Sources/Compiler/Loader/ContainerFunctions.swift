import CRuntime
import Foundations

/// The AOTInductorModelContainer functions for a library: its own, or this program's where the library has no more than the table of a
/// model that this program compiled for itself (`ArtifactUse.inProcess`).
struct ContainerFunctions: @unchecked Sendable {
  // Safe to share: the table is constant.
  let shared: SharedLibrary
  /// The table of a library that needs this program's functions.
  private let bare: UnsafePointer<lathe_model_info>?
  private let createOwn: Functions.Create?

  /// - Throws: `LatheError` of kind `badFile` for a library that is no compiled program.
  init(_ shared: SharedLibrary) throws {
    self.shared = shared
    bare = shared.variable("lathe_model")
    createOwn = shared.function("AOTInductorModelContainerCreateWithDevice")
    if bare == nil && createOwn == nil { throw missing("AOTInductorModelContainerCreateWithDevice") }
  }

  /// The model's table; nil for a library that Lathe did not make.
  var model: UnsafePointer<lathe_model_info>? {
    let getModel: Functions.GetModel? = shared.function("LatheGetModel")
    return bare ?? getModel?()
  }

  func create(_ container: UnsafeMutablePointer<UnsafeMutableRawPointer?>) -> Int32 {
    if let bare { return lathe_container_create(bare, container) }
    return createOwn!(container, 1, "cpu", nil)
  }

  /// The function of that name, nil where there is none. The caller knows its type.
  func function<Function>(_ name: String, _ type: Function.Type = Function.self) -> Function? {
    bare == nil ? shared.function(name) : lathe_container_function(name).map { unsafeBitCast($0, to: type) }
  }
  /// - Throws: `LatheError` of kind `badFile` where there is none.
  func required<Function>(_ name: String, _ type: Function.Type = Function.self) throws -> Function {
    guard let function = function(name, type) else { throw missing(name) }
    return function
  }
  private func missing(_ name: String) -> LatheError { LatheError.badFile(shared.path, "has no function \(name), so it is no compiled program") }
}
