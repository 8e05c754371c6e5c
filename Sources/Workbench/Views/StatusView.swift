/// The line for jobs and messages, and the key hints below it.
enum StatusView {
  static func draw(_ grid: inout Grid, _ model: Model, _ layout: ScreenLayout) {
    drawStatus(&grid, model, layout.status)
    drawHints(&grid, model, layout.hints)
  }

  static func write(_ grid: inout Grid, _ model: Model, _ text: String, _ role: Role) {
    let area = ScreenLayout(model).status
    grid.fill(area)
    grid.write(text, area.x + 1, area.y, width: area.width - 2, role)
  }

  private static func drawStatus(_ grid: inout Grid, _ model: Model, _ area: Rect) {
    if let job = model.busyJobs.last ?? (model.notice == nil ? model.visibleJobs.last : nil) {
      var text = job.isCancelled ? "cancelling " : ""
      text += job.title
      let others = model.visibleJobs.count - 1
      if others > 0 { text += " (and \(others) more)" }
      var column = area.x + 1 + grid.write(text, area.x + 1, area.y, width: area.width / 2, .status) + 1
      let barWidth = max(4, min(24, area.width / 5))
      if job.of > 0 {
        let filled = min(barWidth, job.done * barWidth / job.of)
        grid.write(String(repeating: "█", count: filled), column, area.y, .progress)
        grid.write(String(repeating: "·", count: barWidth - filled), column + filled, area.y, .progressRest)
        column += barWidth + 1
        column += grid.write("\(job.done)/\(job.of)", column, area.y, .number) + 1
      }
      let hint = "Ctrl-X cancel"
      grid.write(job.what, column, area.y, width: area.maxX - column - hint.count - 2, .dim)
      grid.writeRight(hint, end: area.maxX - 1, area.y, .hint)
    } else if let notice = model.notice {
      let mark = notice.level == .info ? "" : notice.level == .warning ? "! " : "✗ "
      let role: Role = notice.level == .info ? .status : notice.level == .warning ? .warning : .error
      grid.write(mark + notice.text, area.x + 1, area.y, width: area.width - 2, role)
    } else if model.screen == .graph, let view = model.document?.view, !view.filter.isEmpty {
      grid.write("filter \(view.filter.text) · \(view.matchCount) match\(view.matchCount == 1 ? "" : "es")", area.x + 1, area.y, width: area.width - 2, .status)
    }
  }

  private static func drawHints(_ grid: inout Grid, _ model: Model, _ area: Rect) {
    var column = area.x + 1
    for (key, text) in hints(model) {
      let width = CharacterWidth.columns(of: key) + CharacterWidth.columns(of: text) + 3
      if column + width > area.maxX { break }
      column += grid.write(key, column, area.y, .hintKey) + 1
      column += grid.write(text, column, area.y, .hint) + 2
    }
  }

  private static func hints(_ model: Model) -> [(String, String)] {
    switch model.layer {
    case .menu: return [("↑↓", "choose"), ("←→", "menu"), ("Enter", "do"), ("Esc", "leave")]
    case .picker: return [("type", "filter"), ("↑↓", "choose"), ("Enter", "do"), ("Esc", "leave")]
    case .prompt: return [("Enter", "accept"), ("Tab", "complete"), ("Esc", "leave")]
    case .run: return [("↑↓", "field"), ("Space", "change"), ("Enter", "run"), ("Esc", "leave")]
    case .result: return [("any key", "closes")]
    case .form: return [("↑↓", "field"), ("←→", "change"), ("Enter", "do"), ("Esc", "leave")]
    case .sheet(let sheet):
      if sheet.answer == nil { return [("↑↓", "more"), ("any other key", "closes")] }
      let yes: String =
        switch sheet.purpose {
        case .trust: "trust and run"
        case .minify: "minify"
        case .read, .write: "write"
        }
      return [("y", yes), ("↑↓", "more"), ("any other key", "leave it")]
    case .confirmReset: return [("y", "reset"), ("any other key", "leave it")]
    case .confirmQuit: return [("y", "quit"), ("any other key", "stay")]
    case nil: break
    }
    let common: [(String, String)] = [(":", "commands"), ("?", "help"), ("F10", "menu"), ("q", "quit")]
    switch model.screen {
    case .models: return [("Enter", "open"), ("o", "open path"), ("r", "run")] + (model.document == nil ? [] : [("2", "graph")]) + common
    case .log: return [("/", "filter"), ("s", "save"), ("Ctrl-X", "cancel job"), ("1", "models")] + common
    case .archive:
      let program: [(String, String)] = [("e", "export"), ("P", "package"), ("v", "verify"), ("r", "run")]
      let archive: [(String, String)] = [("r", "run"), ("v", "verify"), ("c", "source"), ("P", "package")]
      return [("Enter", "inside"), ("Tab", "pane")] + (model.shelf.current == nil ? program : archive) + common
    case .compiles:
      if model.trace != nil { return [("Enter", "open"), ("Tab", "pane"), ("c", "code"), (", .", "texts"), ("/", "filter"), ("Esc", "leave"), ("w", "other trace")] + common }
      return [
        ("Enter", "graph"), ("c", "code"), ("m", "mark"), ("s", "stance"), ("D", "drive"), ("r", "run"), ("R", "reset"), ("l", "limit"), ("w", "trace"), ("Tab", "pane"),
      ] + common
    case .kernels:
      return [("c", "compile and time"), ("L", "live"), ("f", "hold"), ("Enter", "open"), ("Tab", "pane"), ("s", "sort"), ("/", "filter"), ("2", "graph")] + common
    case .graph:
      return [
        ("Enter", "open"), ("Tab", "pane"), ("/", "filter"), ("u", "users"), ("d", "definition"), ("Space", "fold"), ("r", "run"), ("t", "overlay"), ("p", "passes"), ("[ ]", "back/fwd"),
      ] + common
    }
  }
}
