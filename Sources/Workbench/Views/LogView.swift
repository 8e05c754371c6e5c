/// Screen 6: what happened, and the jobs that run.
enum LogView {
  static func draw(_ grid: inout Grid, _ model: Model, _ layout: ScreenLayout) {
    let area = layout.body
    let shown = model.shownLog
    let filter = model.logFilter.isEmpty ? "" : "filter \(model.logFilter) · "
    drawTitle(&grid, area, "Log", right: "\(filter)\(shown.count) of \(model.log.count) · \(model.visibleJobs.count) jobs", isActive: true)
    for line in 0..<area.height - 1 {
      let position = model.logList.top + line
      guard position < shown.count else { break }
      let entry = shown[position]
      let y = area.y + 1 + line
      let isChosen = position == model.logList.index
      let ground: Role = isChosen ? .cursor : .text
      if isChosen { grid.tint(Rect(x: area.x, y: y, width: area.width, height: 1), ground: .cursor) }
      grid.write(entry.time, area.x + 1, y, .dim, on: ground)
      let role: Role = entry.level == .info ? .text : entry.level == .warning ? .warning : .error
      grid.write(entry.level.rawValue, area.x + 11, y, role, on: ground)
      grid.write(entry.text, area.x + 20, y, width: area.width - 21, role, on: ground)
    }
  }
}
