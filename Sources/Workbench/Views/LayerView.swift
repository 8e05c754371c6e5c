import Engine
import Foundations

/// Menus, pickers, prompts and dialogs over the screen.
package enum LayerView {
  package static func pickerRect(_ model: Model) -> Rect {
    var width = min(model.size.width - 2, 78)
    // Sentences get the room they need where there is some.
    if case .picker(let picker) = model.layer, picker.purpose == .stance { width = min(model.size.width - 2, 118) }
    let height = min(model.size.height - 3, 22)
    return Rect(x: (model.size.width - width) / 2, y: max(1, (model.size.height - height) / 3), width: width, height: height)
  }
  package static func pickerHeight(_ model: Model) -> Int { max(1, pickerRect(model).height - 4) }

  static func draw(_ grid: inout Grid, _ model: Model, _ layout: ScreenLayout) {
    switch model.layer {
    case .menu(let state): MenuBar.drawDrop(&grid, model, state)
    case .picker(let picker): drawPicker(&grid, model, picker)
    case .prompt(let prompt): drawPrompt(&grid, model, prompt, layout)
    case .run(let dialog): drawRun(&grid, model, dialog)
    case .form(let form): FormView.draw(&grid, model, form)
    case .sheet(let sheet): SheetView.draw(&grid, model, sheet)
    case .result: drawResult(&grid, model)
    case .confirmReset:
      let count = model.document?.compiles.facts.entries.count ?? 0
      let rect = drawPanel(&grid, model, "Reset the cache?", width: 64, height: 5)
      let what = "\(count) cached graph\(count == 1 ? "" : "s") and what was learnt of sizes are forgotten;"
      grid.write(what, rect.x + 2, rect.y + 1, width: rect.width - 4, .text, on: .panel)
      grid.write("marks and stance stay. y resets, any other key leaves it", rect.x + 2, rect.y + 2, width: rect.width - 4, .hint, on: .panel)
    case .confirmQuit:
      let jobs = model.busyJobs.map(\.title)
      let rect = drawPanel(&grid, model, "Quit?", width: 60, height: min(8, jobs.count) + 5)
      grid.write(jobs.count == 1 ? "A job still runs:" : "\(jobs.count) jobs still run:", rect.x + 2, rect.y + 1, .text, on: .panel)
      for (line, job) in jobs.prefix(8).enumerated() { grid.write(job, rect.x + 4, rect.y + 2 + line, width: rect.width - 6, .value, on: .panel) }
      grid.write("y quits and cancels, any other key stays", rect.x + 2, rect.maxY - 2, width: rect.width - 4, .hint, on: .panel)
    case nil: break
    }
  }

  @discardableResult
  static func drawPanel(_ grid: inout Grid, _ model: Model, _ title: String, width: Int, height: Int) -> Rect {
    let width = min(width, model.size.width)
    let height = min(height, model.size.height - 2)
    let rect = Rect(x: (model.size.width - width) / 2, y: max(1, (model.size.height - height) / 3), width: width, height: height)
    grid.fill(rect, " ", .text, on: .panel)
    grid.drawBox(rect, .border, on: .panel)
    grid.write(" \(title) ", rect.x + 2, rect.y, width: rect.width - 4, .heading, on: .panel)
    return rect
  }

  private static func drawPicker(_ grid: inout Grid, _ model: Model, _ picker: Picker) {
    let rect = pickerRect(model)
    grid.fill(rect, " ", .text, on: .panel)
    grid.drawBox(rect, .border, on: .panel)
    let shown = picker.shown
    grid.write(" \(picker.title) ", rect.x + 2, rect.y, .heading, on: .panel)
    grid.writeRight(" \(shown.count) of \(picker.items.count) ", end: rect.maxX - 2, rect.y, .dim, on: .panel)
    grid.write(">", rect.x + 2, rect.y + 1, .accent, on: .panel)
    drawEditor(&grid, picker.editor, rect.x + 4, rect.y + 1, width: rect.width - 6)
    grid.fill(Rect(x: rect.x + 1, y: rect.y + 2, width: rect.width - 2, height: 1), "─", .border, on: .panel)
    let keyWidth = min(18, rect.width / 3, 1 + (picker.items.map { CharacterWidth.columns(of: $0.keys) }.max() ?? 0))
    if let detail = shown.indices.contains(picker.list.index) ? shown[picker.list.index].detail : nil { StatusView.write(&grid, model, detail, .status) }
    for line in 0..<rect.height - 4 {
      let position = picker.list.top + line
      guard position < shown.count else { break }
      drawItem(&grid, shown[position], Rect(x: rect.x + 1, y: rect.y + 3 + line, width: rect.width - 2, height: 1), keyWidth: keyWidth, isChosen: position == picker.list.index)
    }
    if shown.isEmpty { grid.write("nothing of that name", rect.x + 4, rect.y + 3, width: rect.width - 6, .dim, on: .panel) }
  }

  private static func drawItem(_ grid: inout Grid, _ item: Picker.Item, _ area: Rect, keyWidth: Int, isChosen: Bool) {
    let ground: Role = isChosen ? .cursor : .panel
    grid.fill(area, " ", .menuItem, on: ground)
    if isChosen { grid.put("▌", area.x, area.y, .accent, on: ground) }
    var x = area.x + 2
    x += grid.write(item.title, x, area.y, width: area.maxX - x - keyWidth - 1, item.obstacle == nil ? .menuItem : .menuDisabled, on: ground) + 2
    if let obstacle = item.obstacle, x + 10 < area.maxX - keyWidth { grid.write(obstacle, x, area.y, width: area.maxX - x - keyWidth - 1, .menuDisabled, on: ground) }
    grid.writeRight(item.keys, end: area.maxX - 1, area.y, .hintKey, on: ground)
  }

  static func drawEditor(_ grid: inout Grid, _ editor: LineEditor, _ column: Int, _ row: Int, width: Int, isFocused: Bool = true) {
    grid.fill(Rect(x: column, y: row, width: width, height: 1), " ", .input, on: .panel)
    // Of a long text the part around the caret is shown.
    let skipped = max(0, CharacterWidth.columns(of: editor.beforeCaret) - width + 2)
    var text = editor.string[...]
    var dropped = 0
    while dropped < skipped, let first = text.first {
      dropped += CharacterWidth.columns(of: String(first))
      text = text.dropFirst()
    }
    grid.write(text, column, row, width: width, .input, on: .panel)
    if isFocused { grid.cursor = Position(column: min(column + CharacterWidth.columns(of: editor.beforeCaret) - dropped, grid.size.width - 1), row: row) }
  }

  private static func drawPrompt(_ grid: inout Grid, _ model: Model, _ prompt: Prompt, _ layout: ScreenLayout) {
    let area = layout.status
    grid.fill(area, " ", .text, on: .panel)
    let label = "\(prompt.label): "
    let x = area.x + 1 + grid.write(label, area.x + 1, area.y, .accent, on: .panel)
    let hintWidth = CharacterWidth.columns(of: prompt.hint)
    let showsHint = hintWidth > 0 && area.maxX - x - hintWidth > 20
    drawEditor(&grid, prompt.editor, x, area.y, width: area.maxX - x - 1 - (showsHint ? hintWidth + 2 : 0))
    if showsHint { grid.writeRight(prompt.hint, end: area.maxX - 1, area.y, .dim, on: .panel) }
    drawCandidates(&grid, prompt.candidates, above: area)
  }

  private static func drawCandidates(_ grid: inout Grid, _ candidates: [String], above area: Rect) {
    let shown = candidates.prefix(min(10, area.y - 2))
    for (line, candidate) in shown.enumerated() {
      let y = area.y - shown.count + line
      grid.fill(Rect(x: area.x, y: y, width: area.width, height: 1), " ", .text, on: .panel)
      grid.write(candidate, area.x + 3, y, width: area.width - 4, .value, on: .panel)
    }
    if candidates.count > shown.count { grid.writeRight("\(candidates.count) in all", end: area.maxX - 1, area.y - 1, .dim, on: .panel) }
  }

  // MARK: Running

  private static func drawRun(_ grid: inout Grid, _ model: Model, _ dialog: RunDialog) {
    let fields = dialog.fields
    let rect = drawPanel(&grid, model, "Run \(model.document?.name ?? "")", width: 70, height: fields.count - 2 + 6)
    var y = rect.y + 1
    for field in fields where field != .run && field != .cancel {
      let isFocused = field == dialog.field
      if isFocused { grid.put("▌", rect.x + 1, y, .accent, on: .panel) }
      grid.write(label(field), rect.x + 3, y, width: 10, .label, on: .panel)
      if field == .source {
        grid.write("\(dialog.usesFile ? "○" : "◉") random   \(dialog.usesFile ? "◉" : "○") file", rect.x + 14, y, width: rect.width - 16, isFocused ? .accent : .value, on: .panel)
      } else if field == .mode {
        let modes = ExecutionMode.allCases.map { "\($0 == dialog.mode ? "◉" : "○") \($0.rawValue)" }.joined(separator: "   ")
        grid.write(modes, rect.x + 14, y, width: rect.width - 16, isFocused ? .accent : .value, on: .panel)
      } else {
        var copy = dialog
        copy.field = field
        if let editor = copy.editor { drawEditor(&grid, editor, rect.x + 14, y, width: rect.width - 17, isFocused: isFocused) }
      }
      y += 1
    }
    if let problem = dialog.problem { grid.write("✗ " + problem, rect.x + 3, y, width: rect.width - 6, .error, on: .panel) }
    let buttons = rect.maxY - 2
    let start = rect.maxX - 24
    grid.write("[ Run ]", start, buttons, dialog.field == .run ? .buttonActive : .button, on: dialog.field == .run ? .cursor : .panel)
    grid.write("[ Cancel ]", start + 10, buttons, dialog.field == .cancel ? .buttonActive : .button, on: dialog.field == .cancel ? .cursor : .panel)
    drawCandidates(&grid, dialog.candidates, above: ScreenLayout(model).status)
  }

  private static func label(_ field: RunDialog.Field) -> String {
    switch field {
    case .source: "inputs"
    case .seed: "seed"
    case .sizes: "sizes"
    case .file: "file"
    case .repeats: "repeats"
    case .mode: "mode"
    case .run, .cancel: ""
    }
  }

  private static func drawResult(_ grid: inout Grid, _ model: Model) {
    guard let report = model.shownRun else { return }
    let rect = drawPanel(&grid, model, "Result", width: 90, height: report.outputs.count + 6)
    grid.write(report.inputs, rect.x + 2, rect.y + 1, width: rect.width - 4, .title, on: .panel)
    let times = report.seconds.sorted()
    var text = times.first.map { Format.seconds($0) } ?? ""
    if times.count > 1 { text = "best \(text), median \(Format.seconds(times[times.count / 2])), \(times.count) calls" }
    grid.write("time  \(text)", rect.x + 2, rect.y + 2, width: rect.width - 4, .value, on: .panel)
    let isWide = rect.width >= 74
    let y = rect.y + 3
    grid.write("output", rect.x + 2, y, .label, on: .panel)
    let numbers: [(String, Int)] = isWide ? [("min", 40), ("max", 52), ("mean", 64), ("NaN", 72)] : [("mean", rect.width - 8), ("NaN", rect.width - 3)]
    for (title, end) in numbers { grid.writeRight(title, end: rect.x + end, y, .label, on: .panel) }
    for (line, output) in report.outputs.prefix(rect.height - 5).enumerated() {
      let row = y + 1 + line
      let shape = "\(output.name) \(output.dtype)[\(output.sizes.map(String.init).joined(separator: ", "))]"
      grid.write(shape, rect.x + 2, row, width: (isWide ? 28 : rect.width - 18), .type, on: .panel)
      let values: [String] =
        isWide ? [Format.value(output.minimum), Format.value(output.maximum), Format.value(output.mean), "\(output.nanCount)"] : [Format.value(output.mean), "\(output.nanCount)"]
      for (position, value) in values.enumerated() {
        let isNaN = position == values.count - 1 && output.nanCount > 0
        grid.writeRight(value, end: rect.x + numbers[position].1, row, isNaN ? .error : .number, on: .panel)
      }
    }
  }
}
