import Foundations

/// A dialog of fields.
enum FormView {
  static func draw(_ grid: inout Grid, _ model: Model, _ form: Form) {
    let wanted: Int = notes(form, width: min(76, model.size.width) - 6).count
    let notes: Int = max(1, min(max(4, min(wanted, 10)), max(0, model.size.height - 2 - form.fields.count - 4)))
    let rect: Rect = LayerView.drawPanel(&grid, model, form.title, width: 76, height: form.fields.count + notes + 4)
    // Where there is no room for all fields, those around the focus are shown.
    let visible: Int = max(1, min(form.fields.count, rect.height - 4 - (notes > 0 ? 1 : 0)))
    let top: Int = max(0, min(form.focus, form.fields.count - 1) - visible + 1)
    let labelWidth: Int = min(rect.width / 3, (form.fields.map(\.label.count).max() ?? 0) + 2)
    if visible < form.fields.count { grid.writeRight(" \(top + 1)–\(top + visible) of \(form.fields.count) ", end: rect.maxX - 2, rect.y, .dim, on: .panel) }
    var y = rect.y + 1
    for (number, field) in form.fields.enumerated().dropFirst(top).prefix(visible) where y < rect.maxY - 2 {
      let isFocused = number == form.focus
      if isFocused { grid.put("▌", rect.x + 1, y, .accent, on: .panel) }
      grid.write(field.label, rect.x + 3, y, width: labelWidth - 1, .label, on: .panel)
      let x: Int = rect.x + 3 + labelWidth
      switch field.kind {
      case .text(let editor): LayerView.drawEditor(&grid, editor, x, y, width: rect.maxX - x - 3, isFocused: isFocused)
      case .variant(let options, let chosen, let editor):
        let used: Int = grid.write("‹ \(options.indices.contains(chosen) ? options[chosen] : "") ›", x, y, width: rect.maxX - x - 3, isFocused ? .accent : .value, on: .panel)
        let start: Int = x + max(used, (options.map(\.count).max() ?? 0) + 4) + 1
        LayerView.drawEditor(&grid, editor, start, y, width: max(1, rect.maxX - start - 3), isFocused: isFocused)
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

  private static func notes(_ form: Form, width: Int) -> [String] {
    form.problem.map { TextBreaking.lines("✗ \($0)", width: width) } ?? (form.meaning + form.outlook).flatMap { TextBreaking.lines($0, width: width) }
  }

  private static func drawNotes(_ grid: inout Grid, _ form: Form, _ area: Rect) {
    let lines: [String] = notes(form, width: area.width)
    for (line, text) in lines.prefix(area.height).enumerated() {
      grid.write(text, area.x, area.y + line, width: area.width, form.problem == nil ? .dim : .error, on: .panel)
    }
  }
}
