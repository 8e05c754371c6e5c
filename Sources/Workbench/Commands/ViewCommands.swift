import Foundations

extension Commands {
  static let viewCommands: [Command] = [
    Command("view.theme", "Theme", menu: .view, keys: "T", asks: true) { model in
      let items = model.themes.map { Picker.Item(id: $0, title: $0, keys: "", obstacle: nil) }
      var picker = Picker(purpose: .theme(original: model.theme), title: "Theme", items: items)
      picker.list.index = model.themes.firstIndex(of: model.theme) ?? 0
      model.layer = .picker(picker)
      return []
    },
    Command("view.mouse", "Mouse on or off", menu: .view, keys: "M") { model in
      model.saved.mouse.toggle()
      model.tell(.info, model.saved.mouse ? "the mouse works here" : "the mouse is left to the terminal")
      return [.useMouse(model.saved.mouse)]
    },
    Command("view.narrower", "Left pane narrower", menu: .view, keys: "<", in: .graph) { model in
      model.saved.treeShare = max(10, model.saved.treeShare - 2)
      return []
    },
    Command("view.wider", "Left pane wider", menu: .view, keys: ">", in: .graph) { model in
      model.saved.treeShare = min(50, model.saved.treeShare + 2)
      return []
    },
    Command("view.inspectorSmaller", "Inspector smaller", menu: .view, keys: "{", in: .graph) { model in
      model.saved.inspectorShare = max(16, model.saved.inspectorShare - 2)
      return []
    },
    Command("view.inspectorLarger", "Inspector larger", menu: .view, keys: "}", in: .graph) { model in
      model.saved.inspectorShare = min(60, model.saved.inspectorShare + 2)
      return []
    },
    Command("view.redraw", "Draw the screen again", menu: .view, keys: "Ctrl-L") { _ in [.redraw] },
  ]

  static let helpCommands: [Command] = [
    Command("help.keys", "Keys and commands", menu: .help, keys: "? F1") { model in
      model.layer = .picker(Picker(purpose: .help, title: "Help", items: model.pickerItems()))
      return []
    },
    Command("help.palette", "Command palette", menu: .help, keys: ": Ctrl-P") { model in
      model.layer = .picker(Picker(purpose: .palette, title: "Commands", items: model.pickerItems()))
      return []
    },
    Command("help.menu", "Menu bar", keys: "F10") { model in
      model.layer = .menu(MenuState(menu: .file))
      return []
    },
  ]
}

extension Model {
  package func pickerItems() -> [Picker.Item] {
    Commands.all.map { Picker.Item(id: $0.id, title: $0.label, keys: $0.keyText, obstacle: $0.obstacle(self)) }
  }
}
