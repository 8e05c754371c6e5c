/// The menu bar and its menus.
package enum MenuBar {
  /// Where the titles begin; nearer to one another where the screen is narrow.
  private static func places(_ size: Size) -> [(menu: Menu, column: Int)] {
    let gap: Int = size.width < 60 ? 1 : 2
    var column = 1
    return Menu.allCases.map { menu in
      defer { column += menu.rawValue.count + gap }
      return (menu, column)
    }
  }

  package static func menu(at column: Int, in size: Size) -> Menu? {
    places(size).first { column >= $0.column - 1 && column < $0.column + $0.menu.rawValue.count + 1 }?.menu
  }

  static func draw(_ grid: inout Grid, _ model: Model, _ layout: ScreenLayout) {
    let area = layout.menu
    grid.fill(area, " ", .bar)
    let places = places(model.size)
    let open: Menu? = if case .menu(let state) = model.layer { state.menu } else { nil }
    for (menu, column) in places {
      let role: Role = menu == open ? .buttonActive : .bar
      grid.write(" \(menu.rawValue) ", column - 1, area.y, role)
      if menu != open, let letter = menu.rawValue.unicodeScalars.firstIndex(where: { $0.properties.lowercaseMapping.unicodeScalars.first == menu.letter }) {
        let offset = menu.rawValue.unicodeScalars.distance(from: menu.rawValue.unicodeScalars.startIndex, to: letter)
        grid.put(menu.rawValue.unicodeScalars[letter], column + offset, area.y, .barKey)
      }
    }
    let room = area.width - (places.last.map { $0.column + $0.menu.rawValue.count + 2 } ?? 0)
    let facts = self.facts(model, room: room)
    grid.writeRight(facts, end: area.maxX - 1, area.y, .barTitle)
  }

  /// What is known of the open model, as much as there is room for.
  private static func facts(_ model: Model, room: Int) -> String {
    guard let document = model.document else { return "Lathe" }
    let summary = document.opened.summary
    let parts: [String] = [
      document.name, summary.dtypes.first ?? "", summary.dynamicDimensionCount == 0 ? "static" : "\(summary.dynamicDimensionCount) dyn dims",
      "\(Format.count(summary.parameterCount)) params",
    ].filter { !$0.isEmpty }
    for count in stride(from: parts.count, to: 0, by: -1) {
      let text = parts[..<count].joined(separator: " · ")
      if CharacterWidth.columns(of: text) < room { return text }
    }
    return ""
  }

  package static func dropRect(_ menu: Menu, in size: Size) -> Rect {
    let items = Commands.items(of: menu)
    let width = min(size.width, (items.map { $0.label.count + $0.keyText.count }.max() ?? 10) + 6)
    let column = places(size).first { $0.menu == menu }?.column ?? 1
    return Rect(x: max(0, min(column - 1, size.width - width)), y: 1, width: width, height: min(items.count + 2, size.height - 1))
  }

  static func drawDrop(_ grid: inout Grid, _ model: Model, _ state: MenuState) {
    let items = Commands.items(of: state.menu)
    let rect = dropRect(state.menu, in: model.size)
    grid.fill(rect, " ", .menuItem, on: .panel)
    grid.drawBox(rect, .border, on: .panel)
    let visible = rect.height - 2
    let top = max(0, state.item - visible + 1)
    for (line, command) in items.dropFirst(top).prefix(visible).enumerated() {
      let row = rect.y + 1 + line
      let obstacle = command.obstacle(model)
      let isChosen = line + top == state.item
      let ground: Role = isChosen ? .cursor : .panel
      grid.fill(Rect(x: rect.x + 1, y: row, width: rect.width - 2, height: 1), " ", .menuItem, on: ground)
      grid.write(command.label, rect.x + 2, row, width: rect.width - 4, obstacle == nil ? .menuItem : .menuDisabled, on: ground)
      grid.writeRight(command.keyText, end: rect.maxX - 2, row, obstacle == nil ? .hintKey : .menuDisabled, on: ground)
      if isChosen, let obstacle { StatusView.write(&grid, model, "\(command.title): \(obstacle)", .warning) }
    }
  }
}
