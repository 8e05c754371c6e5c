import Foundation
import Foundations

/// Prints what the user should know on standard error.
struct StandardErrorNotices: EventSink {
  func report(_ event: Event) {
    switch event {
    case .notice(let text): FileHandle.standardError.write(Data("lathe: \(text)\n".utf8))
    default: break
    }
  }
}
