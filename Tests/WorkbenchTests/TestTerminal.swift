import Foundation
import Synchronization
import Testing

@testable import Workbench

/// A terminal in memory that types a script and keeps what a real one would show.
struct TestTerminal: Terminal {
  enum Step {
    /// Given once nothing is left to do.
    case input(Input)
    /// Given at once, though jobs run.
    case immediately(Input)
    /// Given once the screen shows the text; jobs go on meanwhile.
    case when(String, Input)
    case resize(Size)
    /// Keeps the screen under a name, once nothing is left to do.
    case keep(String)
    /// Does something outside, at once.
    case action(@Sendable () -> Void)
    /// Lets a gate open, so that a job held by it goes on.
    case open(Gate)
  }
  final class Record: Sendable {
    struct State {
      var kept: [String: String] = [:]
      var changeCounts: [Int] = []
      var sent: [[UInt8]] = []
      var suspensions = 0
      var mouse: [Bool] = []
      var themes: [String] = []
      var last = ""
    }
    let state = Mutex(State())
    /// The screen that was kept under a name; a script that never came there is an issue.
    func kept(_ name: String) -> String {
      let (kept, last) = state.withLock { ($0.kept[name], $0.last) }
      if kept == nil { Issue.record("the script never came to '\(name)'; the last screen was\n\(last)") }
      return kept ?? ""
    }
  }

  var size: Size
  let record = Record()
  private var script: ArraySlice<Step>
  private var cells: [[Cell]]
  private let wakes = DispatchSemaphore(value: 0)

  init(size: Size, script: [Step]) {
    (self.size, self.script) = (size, script[...])
    cells = Array(repeating: Array(repeating: .blank, count: size.width), count: size.height)
  }

  var waker: @Sendable () -> Void { { [wakes] in wakes.signal() } }
  var text: String {
    cells.map { row in
      var line = row.map(\.text).joined()
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }

  mutating func apply(_ changes: [CellChange], of grid: Grid) {
    for change in changes { cells[change.row][change.column] = change.cell }
    let text = text
    record.state.withLock {
      $0.changeCounts.append(changes.count)
      $0.last = text
    }
  }

  mutating func nextInput(isIdle: Bool) -> Input {
    while let step = script.first {
      switch step {
      case .input(let input):
        guard isIdle else { return waitForWake() }
        script.removeFirst()
        return input
      case .immediately(let input):
        script.removeFirst()
        return input
      case .when(let part, let input):
        guard text.contains(part) else { return waitForWake() }
        script.removeFirst()
        return input
      case .resize(let size):
        script.removeFirst()
        self.size = size
        redraw()
        return .resize
      case .keep(let name):
        guard isIdle else { return waitForWake() }
        script.removeFirst()
        let text = text
        record.state.withLock { $0.kept[name] = text }
      case .action(let action):
        script.removeFirst()
        action()
      case .open(let gate):
        script.removeFirst()
        gate.open()
      }
    }
    return .end
  }

  /// A script that waits for what never comes ends instead of hanging.
  private func waitForWake() -> Input { wakes.wait(timeout: .now() + 20) == .success ? .wake : .end }

  mutating func use(theme: Theme) { record.state.withLock { $0.themes.append(theme.name) } }
  mutating func useMouse(_ on: Bool) { record.state.withLock { $0.mouse.append(on) } }
  mutating func send(_ bytes: [UInt8]) { record.state.withLock { $0.sent.append(bytes) } }
  mutating func suspend() { record.state.withLock { $0.suspensions += 1 } }
  mutating func redraw() { cells = Array(repeating: Array(repeating: .blank, count: size.width), count: size.height) }
}

/// Holds whoever passes until it is opened.
final class Gate: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)
  func pass() {
    semaphore.wait()
    semaphore.signal()
  }
  func open() { semaphore.signal() }
}

extension TestTerminal.Step {
  /// Keys by name, separated by blanks.
  static func keys(_ text: String) -> [TestTerminal.Step] { text.split(separator: " ").compactMap { Key(String($0)) }.map { .input(.key($0)) } }
  /// A text key by key.
  static func type(_ text: String) -> [TestTerminal.Step] { text.unicodeScalars.map { .input(.key(Key(.character($0)))) } }
}
