import CRuntime
import Foundations
import Glibc
import Operators

/// A loaded shared object; its names stay its own. It stays loaded when the last reference goes where `keepLoaded` was called.
final class SharedLibrary: @unchecked Sendable {
  // Safe to share: the loader's functions are thread-safe, the handle never changes, and the flag is set before others see it.
  let path: String
  private let handle: UnsafeMutableRawPointer
  private var staysLoaded: Bool = false

  /// - Throws: `LatheError` of kind `badFile` when it cannot be loaded or needs a function that this program lacks.
  init(path: String) throws {
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      let reason: String = String(cString: dlerror())
      throw LatheError.badFile(path, "cannot be loaded: \(reason.hasPrefix("\(path): ") ? String(reason.dropFirst(path.count + 2)) : reason)")
    }
    (self.path, self.handle) = (path, handle)
  }
  /// A library that may have been compiled against PyTorch's: it finds their functions in this program (`lathe_foreign_open`).
  /// - Throws: `LatheError` of kind `badFile` when it is no library for this machine, or needs what this program or the system lacks, which
  ///   the sentence names; none of its code has run then.
  init(compiledForPyTorch path: String) throws {
    FallbackOperators.install()
    guard let handle = lathe_foreign_open(path) else {
      throw LatheError.badFile(path, String(cString: torch_exception_get_what_without_backtrace()))
    }
    (self.path, self.handle) = (path, handle)
  }
  deinit { if !staysLoaded { dlclose(handle) } }

  /// For a library whose bytes tensors may view.
  func keepLoaded() { staysLoaded = true }

  /// The address of that name's variable, nil where there is none. The caller knows its type.
  func variable<Content>(_ name: String, _ type: Content.Type = Content.self) -> UnsafePointer<Content>? {
    dlsym(handle, name).map { UnsafePointer($0.assumingMemoryBound(to: type)) }
  }
  /// The function of that name, nil where there is none. The caller knows its type.
  func function<Function>(_ name: String, _ type: Function.Type = Function.self) -> Function? {
    dlsym(handle, name).map { unsafeBitCast($0, to: type) }
  }
}
