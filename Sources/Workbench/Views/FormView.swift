import Foundations

/// A dialog of fields.
enum FormView {
  static func draw(_ grid: inout Grid, _ model: Model, _ form: Form) {
    let room: Int = max(0, model.size.height - 2 - form.fields.count - 4)
    let notes: Int = max(1, min(4, room))
    let rect: Rect = LayerView.drawPanel(&grid, model, form.title, width: 76, height: form.fields.count + notes + 4)
    let labelWidth: Int = (form.fields.map(\.label.count).max() ?? 0) + 2
    var y = rect.y + 1
    for (number, field) in form.fields.enumerated() where y < rect.maxY - 2 {
      let isFocused = number == form.focus
      if isFocused { grid.put("▌", rect.x + 1, y, .accent, on: .panel) }
      grid.write(field.label, rect.x + 3, y, width: labelWidth, .label, on: .panel)
      let x: Int = rect.x + 3 + labelWidth
      switch field.kind {
      case .text(let editor): LayerView.drawEditor(&grid, editor, x, y, width: rect.maxX - x - 3, isFocused: isFocused)
      case .choice(let options, let chosen): drawChoice(&grid, options, chosen, x, y, width: rect.maxX - x - 3, isFocused: isFocused)
      }
      y += 1
    }
    drawNotes(&grid, form, Rect(x: rect.x + 3, y: y, width: rect.width - 6, height: max(0, rect.maxY - 2 - y)))
    let action = "[ \(form.action) ]"
    let start = rect.maxX - action.count - 14
    let buttons = rect.maxY - 2
    let isOnAction = form.focus == form.fields.count
    grid.write(action, start, buttons, isOnAction ? .buttonActive : .button, on: isOnAction ? .cursor : .panel)
    grid.write("[ Cancel ]", start + action.count + 2, buttons, form.isOnCancel ? .buttonActive : .button, on: form.isOnCancel ? .cursor : .panel)
  }

  /// All options where there is room, else the chosen one between arrows.
  private static func drawChoice(_ grid: inout Grid, _ options: [String], _ chosen: Int, _ x: Int, _ y: Int, width: Int, isFocused: Bool) {
    let all: String = options.enumerated().map { "\($0.offset == chosen ? "◉" : "○") \($0.element)" }.joined(separator: "  ")
    let short: String = options.indices.contains(chosen) ? "‹ \(options[chosen]) ›" : "none"
    grid.write(CharacterWidth.columns(of: all) <= width ? all : short, x, y, width: width, isFocused ? .accent : .value, on: .panel)
  }

  private static func drawNotes(_ grid: inout Grid, _ form: Form, _ area: Rect) {
    let lines: [String] = form.problem.map { TextBreaking.lines("✗ \($0)", width: area.width) } ?? form.meaning
    for (line, text) in lines.prefix(area.height).enumerated() {
      grid.write(text, area.x, area.y + line, width: area.width, form.problem == nil ? .dim : .error, on: .panel)
    }
  }
}
