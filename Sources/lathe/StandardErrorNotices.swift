import Foundation
import Foundations
import Synchronization

/// Prints what the user should know on standard error and, where that is a terminal, what long work is at: one line, written over and
/// over from 200 ms on, and taken away by `clear`.
final class StandardErrorNotices: EventSink {
  private struct State {
    var start: ContinuousClock.Instant = .now
    var lastDrawn: ContinuousClock.Instant?
  }
  private let state = Mutex(State())
  private let isTerminal: Bool = isatty(2) == 1

  func report(_ event: Event) {
    switch event {
    case .notice(let text):
      clear()
      FileHandle.standardError.write(Data("lathe: \(text)\n".utf8))
    case .progress(_, let done, let count, let what): if isTerminal { draw(done, count, what) }
    default: break
    }
  }

  private func draw(_ done: Int, _ count: Int, _ what: String) {
    let now: ContinuousClock.Instant = .now
    let isDue: Bool = state.withLock { state in
      guard now - (state.lastDrawn ?? state.start) >= .milliseconds(state.lastDrawn == nil ? 200 : 50) else { return false }
      state.lastDrawn = now
      return true
    }
    if isDue { write("\r\u{1B}[K" + line(done, count, what, width: StandardErrorNotices.width)) }
  }

  /// Takes the progress line away; called before anything else is printed.
  func clear() {
    let isDrawn: Bool = state.withLock { state in
      defer { (state.start, state.lastDrawn) = (.now, nil) }
      return state.lastDrawn != nil
    }
    if isDrawn { write("\r\u{1B}[K") }
  }

  /// For example `3/7 model.c`, in at most `width` columns less one.
  func line(_ done: Int, _ count: Int, _ what: String, width: Int) -> String {
    let place: String = count > 0 ? "\(done)/\(count) " : ""
    return String((place + what).unicodeScalars.filter { $0.value >= 32 && $0.value != 127 }.prefix(max(0, width - 1)).map(Character.init))
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  private static var width: Int {
    var size = winsize()
    return ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }
}
