import Dispatch
import Foundation
import Foundations
import Synchronization

/// Prints what the user should know on standard error and, where that is a terminal, what long work is at: one line, written over and
/// over from 200 ms on, and taken away by `clear`.
final class StandardErrorNotices: EventSink {
  private struct State {
    /// What work is at, and what of it is on the screen; nil where nothing is.
    var line: String?
    var drawn: String?
    var isDrawingDue: Bool = false
  }
  private let state = Mutex(State())
  private let isTerminal: Bool = isatty(2) == 1

  func report(_ event: Event) {
    switch event {
    case .notice(let text):
      clear()
      StandardErrorNotices.write("lathe: \(text)\n")
    case .progress(_, let done, let count, let what):
      if isTerminal { show((count > 0 ? "\(done)/\(count) " : "") + what) }
    case .compile(.limitReached(_, let limit, let name, let reason)):
      clear()
      StandardErrorNotices.write(
        "lathe: \(name) (\(limit)) is reached, so calls that fit no compiled graph run eagerly from now on\(reason.map { "; last reason: \($0)" } ?? "")\n")
    default: break
    }
  }

  /// Draws later, so that work that is soon done shows nothing and the last of many reports is never left out.
  private func show(_ line: String) {
    let delay: Int? = state.withLock { state in
      state.line = line
      if state.isDrawingDue { return nil }
      state.isDrawingDue = true
      return state.drawn == nil ? 200 : 50
    }
    guard let delay else { return }
    DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + .milliseconds(delay)) { self.draw() }
  }

  private func draw() {
    state.withLock { state in
      state.isDrawingDue = false
      guard let line = state.line, line != state.drawn else { return }
      state.drawn = line
      let shown: String.UnicodeScalarView.SubSequence = line.unicodeScalars.prefix(max(0, StandardErrorNotices.width - 1))
      StandardErrorNotices.write("\r\u{1B}[K" + String(shown.map { $0.value < 32 || $0.value == 127 ? " " : Character($0) }))
    }
  }

  /// Takes the progress line away; called before anything else is printed.
  func clear() {
    state.withLock { state in
      if state.drawn != nil { StandardErrorNotices.write("\r\u{1B}[K") }
      (state.line, state.drawn) = (nil, nil)
    }
  }

  private static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  private static var width: Int {
    var size = winsize()
    return ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }
}
