import CRuntime

/// The types of the functions that an artifact exports (torch/csrc/inductor/aoti_runtime/interface.h).
enum Functions {
  typealias Container = UnsafeMutableRawPointer
  typealias Text = UnsafePointer<CChar>?
  typealias Create = @convention(c) (UnsafeMutablePointer<Container?>, Int, Text, Text) -> Int32
  typealias Delete = @convention(c) (Container) -> Int32
  typealias Run = @convention(c) (
    Container, UnsafeMutablePointer<AtenTensorHandle?>, Int, UnsafeMutablePointer<AtenTensorHandle?>, Int, UnsafeMutableRawPointer?, OpaquePointer?
  ) -> Int32
  typealias GetCount = @convention(c) (Container, UnsafeMutablePointer<Int>) -> Int32
  typealias GetText = @convention(c) (Container, Int, UnsafeMutablePointer<Text>) -> Int32
  typealias GetNumber = @convention(c) (Container, Int, UnsafeMutablePointer<Int32>) -> Int32
  typealias GetBool = @convention(c) (Container, Int, UnsafeMutablePointer<Bool>) -> Int32
  typealias GetSpec = @convention(c) (Container, UnsafeMutablePointer<Text>, UnsafeMutablePointer<Text>) -> Int32
  typealias Update = @convention(c) (Container, UnsafePointer<lathe_constant_pair>, Int, Bool, Bool) -> Int32
  typealias Act = @convention(c) (Container) -> Int32
  typealias Fold = @convention(c) (Container, Bool, UnsafeMutableRawPointer?, OpaquePointer?) -> Int32
  typealias GetBytes = @convention(c) (Container, UnsafeMutablePointer<UInt64>) -> Int32
  typealias UseBytes = @convention(c) (Container, UnsafeRawPointer?) -> Int32
  typealias GetLastError = @convention(c) (UnsafeMutablePointer<Text>) -> Int32
  typealias GetModel = @convention(c) () -> UnsafePointer<lathe_model_info>?
  typealias SetProfile = @convention(c) (Container, UnsafeMutablePointer<UInt64>?, UnsafeMutablePointer<UInt64>?) -> Int32

  /// Why the last call in this thread failed: what the function of this program said that failed in it, for what generated code says of
  /// that is no more than where it called it; else the artifact's own words. Nil where nobody says.
  static func reason(_ lastError: GetLastError?) -> String? {
    let host: UnsafePointer<CChar> = torch_exception_get_what_without_backtrace()
    return host.pointee != 0 ? String(cString: host) : message(lastError)
  }

  /// The artifact's last failure in this thread; nil where it does not say.
  private static func message(_ lastError: GetLastError?) -> String? {
    var text: Text = nil
    guard let lastError, lastError(&text) == 0, let text, text.pointee != 0 else { return nil }
    return String(cString: text)
  }
}
