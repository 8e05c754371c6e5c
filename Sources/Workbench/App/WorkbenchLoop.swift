import Foundation
import Foundations

/// Brings input and messages to the model, draws what changed, and does the effects; lives on one thread, the UI thread.
package struct WorkbenchLoop<Screen: Terminal, Services: WorkbenchServices> {
  package private(set) var model: Model
  package private(set) var terminal: Screen
  package private(set) var shown: Grid
  private let runner: JobRunner<Services>
  private let inbox: Inbox
  private var flags: [UInt32: CancelFlag] = [:]
  private var isEnding = false

  package init(model: Model, terminal: Screen, services: Services, themes: ThemeLibrary, paths: UserPaths) {
    self.model = model
    self.terminal = terminal
    shown = Grid(size: Size(width: 0, height: 0))
    inbox = Inbox()
    inbox.setWaker(terminal.waker)
    runner = JobRunner(services: services, inbox: inbox, themes: themes, paths: paths)
  }

  /// Runs until the user quits or the terminal is gone.
  /// - Parameter start: done after the first frame is on the screen.
  package mutating func run(start: (inout Model) -> [Effect]) {
    model.size = terminal.size
    draw()
    perform(start(&model))
    draw()
    while !isEnding {
      let input = terminal.nextInput(isIdle: model.jobs.isEmpty)
      model.clock = LocalClock.text()
      switch input {
      case .resize:
        model.size = terminal.size
        step(.input(input))
      case .wake: break
      default: step(.input(input))
      }
      for message in inbox.drain() { step(.message(message)) }
      if !isEnding { draw() }
    }
    for flag in flags.values { flag.cancel() }
  }

  private mutating func step(_ event: WorkbenchEvent) {
    if case .message(.finished(let job, _)) = event { flags[job] = nil }
    perform(model.update(event))
  }

  private mutating func draw() {
    let grid = view(model)
    if grid.size != shown.size { terminal.redraw() }
    let changes = diff(shown, grid)
    if !changes.isEmpty || grid.cursor != shown.cursor || grid.size != shown.size { terminal.apply(changes, of: grid) }
    shown = grid
  }

  private mutating func perform(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .start(let job):
        let flag = CancelFlag()
        flags[job.id] = flag
        runner.start(job, cancellation: flag)
      case .cancel(let job): flags[job]?.cancel()
      case .copy(let text): terminal.send(Clipboard.bytes(for: text, insideTmux: ProcessInfo.processInfo.environment["TMUX"] != nil))
      case .useTheme(let theme):
        terminal.use(theme: theme)
        shown = Grid(size: Size(width: 0, height: 0))
      case .useMouse(let on): terminal.useMouse(on)
      case .suspend:
        terminal.suspend()
        shown = Grid(size: Size(width: 0, height: 0))
      case .redraw:
        terminal.redraw()
        shown = Grid(size: Size(width: 0, height: 0))
      case .quit: isEnding = true
      }
    }
  }
}

/// The terminal's clipboard through OSC 52 (xterm's control sequences, "Manipulate Selection Data").
package enum Clipboard {
  /// Terminals drop longer sequences.
  package static let limit = 50_000

  /// - Parameter insideTmux: wraps it so that tmux passes it on to the terminal.
  package static func bytes(for text: String, insideTmux: Bool) -> [UInt8] {
    let data = Data(text.utf8.prefix(limit)).base64EncodedString()
    let sequence = "\u{1b}]52;c;\(data)\u{07}"
    return Array((insideTmux ? "\u{1b}Ptmux;\u{1b}\(sequence)\u{1b}\\" : sequence).utf8)
  }
}

/// The time of day for the log.
enum LocalClock {
  static func text() -> String {
    var now = time(nil)
    var parts = tm()
    localtime_r(&now, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
  }
}
