import Capture
import Engine
import Foundations

extension Commands {
  static let compileCommands: [Command] = [
    Command("compiles.stance", "Stance", menu: .run, keys: "s", in: .compiles, asks: true, unless: needsSession) { $0.chooseStance() },
    Command("compiles.fix", "Apply the first fix: mark the dimension", menu: .run, keys: "m", in: .compiles, unless: { model in
      if let obstacle = needsSession(model) { return obstacle }
      guard let table = model.compiles, table.current != nil else { return "nothing was compiled yet" }
      if table.misses.isEmpty { return "no guard failed before this one" }
      return CompileLines.firstFix(table) == nil ? "none of its fixes is a mark; they are done to the inputs" : nil
    }) { model in
      model.compiles.flatMap { CompileLines.firstFix($0) }.map { model.applyFix($0) } ?? []
    },
    Command("compiles.mark", "Mark a dimension", menu: .run, keys: "M", in: .compiles, asks: true, unless: needsSession) { model in
      model.openMarkForm()
      return []
    },
    Command("compiles.limit", "Recompile limit", menu: .run, keys: "l", in: .compiles, asks: true, unless: needsSession) { model in
      model.layer = .prompt(Prompt(.recompileLimit, label: "Graphs kept before calls run eagerly", text: "\(model.document?.compiles.choices.recompileLimit ?? 8)", hint: "a number from 1 on"))
      return []
    },
    Command("compiles.dynamic", "Dynamic shapes", menu: .run, keys: "d", in: .compiles, asks: true, unless: needsSession) { $0.chooseDynamic() },
    Command("compiles.drive", "Drive with changing inputs", menu: .run, keys: "D", in: .compiles, asks: true, unless: mayNotDrive) { model in
      model.openDriveForm()
      return []
    },
    Command("compiles.reset", "Reset the cache", menu: .run, keys: "R", in: .compiles, asks: true, unless: { model in
      needsSession(model) ?? (model.document?.compiles.count == 0 ? "nothing was compiled yet" : nil)
    }) { model in
      model.layer = .confirmReset
      return []
    },
    Command("compiles.undo", "Undo the last stance, mark or setting", menu: .run, keys: "z", in: .compiles, unless: { model in
      needsSession(model) ?? (model.document?.compiles.canUndo == true ? nil : "nothing was changed")
    }) { model in
      model.document?.compiles.undoTarget.map { model.apply($0, .undo) } ?? []
    },
    Command("compiles.redo", "Redo", menu: .run, keys: "Z", in: .compiles, unless: { model in
      needsSession(model) ?? (model.document?.compiles.canRedo == true ? nil : "nothing was undone")
    }) { model in
      model.document?.compiles.redoTarget.map { model.apply($0, .redo) } ?? []
    },
    Command("compiles.watch", "Watch a trace of PyTorch", menu: .file, keys: "w", in: .compiles, asks: true) { model in
      model.layer = .prompt(Prompt(.trace, label: "Trace file or folder", text: model.trace?.path ?? "", hint: "Tab completes, Enter opens"))
      return []
    },
    Command("compiles.leaveTrace", "Leave the trace", menu: .file, keys: "W", in: .compiles, unless: { $0.trace == nil ? "no trace is looked at" : nil }) { model in
      model.leaveTrace()
    },
    Command("compiles.filter", "Filter the compilations", menu: .view, keys: "/", in: .compiles, asks: true, unless: needsCompiles) { model in
      let text = model.compiles?.filter ?? ""
      model.layer = .prompt(Prompt(.compileFilter(original: text), label: "Compilations with", text: text, hint: "a part of what their row says"))
      return []
    },
    Command("compiles.code", "The generated code", menu: .view, keys: "c", in: .compiles, unless: { model in
      needsCompiles(model) ?? (model.compiles?.textItems.contains { $0.isCode } == true ? nil : "this one has no generated code")
    }) { model in
      let number: Int? = model.compiles?.textItems.firstIndex { $0.isCode }
      model.changeCompiles { table in if let number { table.choose(text: number) } }
      model.focusCompiles(.texts)
      return []
    },
    Command("compiles.text", "Guards, graph or code", menu: .view, keys: "p", in: .compiles, asks: true, unless: needsTexts) { $0.chooseText() },
    Command("compiles.previousText", "The text before", menu: .view, keys: ",", in: .compiles, unless: needsTexts) { $0.stepText(by: -1) },
    Command("compiles.nextText", "The next text", menu: .view, keys: ".", in: .compiles, unless: needsTexts) { $0.stepText(by: 1) },
    Command("compiles.enter", "Open: the line in the graph, or what the panel's line leads to", keys: "Enter", in: .compiles, unless: needsCompiles) { $0.enterCompile() },
    Command("compiles.escape", "Out: back to the table, clear the filter, leave the trace", keys: "Esc", in: .compiles) { $0.leaveCompiles() },
    Command("compiles.nextPane", "Next pane", keys: "Tab", in: .compiles, unless: needsCompiles) { model in
      model.focusCompiles(CompileTable.Pane(rawValue: ((model.compiles?.pane.rawValue ?? 0) + 1) % 3) ?? .table)
      return []
    },
    Command("compiles.previousPane", "Previous pane", keys: "Shift-Tab", in: .compiles, unless: needsCompiles) { model in
      model.focusCompiles(CompileTable.Pane(rawValue: ((model.compiles?.pane.rawValue ?? 0) + 2) % 3) ?? .table)
      return []
    },
    Command("compiles.left", "Scroll the text to the left", keys: "← h", in: .compiles, unless: needsCompiles) { model in
      model.changeCompiles { $0.textColumn = max(0, $0.textColumn - 8) }
      return []
    },
    Command("compiles.right", "Scroll the text to the right", keys: "→", in: .compiles, unless: needsCompiles) { model in
      model.changeCompiles { $0.textColumn = min($0.textColumn + 8, 1000) }
      return []
    },
    Command("compiles.copy", "Copy the why, or the text where its pane is chosen", menu: .view, keys: "y", in: .compiles, unless: needsCompiles) { $0.copyCompile() },
  ]

  private static func needsSession(_ model: Model) -> String? {
    if model.screen != .compiles { return "only on the Compiles screen" }
    if model.trace != nil { return "this is the trace of another process; Esc leaves it" }
    return needsDocument(model)
  }
  private static func needsCompiles(_ model: Model) -> String? {
    if model.screen != .compiles { return "only on the Compiles screen" }
    return model.compiles == nil ? "no model is open and no trace is looked at" : nil
  }
  private static func needsTexts(_ model: Model) -> String? {
    needsCompiles(model) ?? (model.compiles?.textItems.isEmpty == false ? nil : "this row has no texts")
  }
  private static func mayNotDrive(_ model: Model) -> String? {
    if let obstacle = needsSession(model) { return obstacle }
    if model.isReadonly { return "started with --readonly, and compiling writes to the kernel cache" }
    return model.jobs.contains { $0.work.drivenDocument == model.document?.id } ? "that is being done; Ctrl-X cancels" : nil
  }
}

extension Model {
  /// Stances with a sentence each, then what goes with them; the one in force is marked.
  mutating func chooseStance() -> [Effect] {
    guard let document else { return [] }
    let now: StanceSetting = document.compiles.choices.stance
    var items: [Picker.Item] = Stance.allCases.map { stance in
      Picker.Item(
        id: stance.rawValue, title: "\(stance == now.stance ? "◉" : "○") \(stance.rawValue): \(stance.summary)", keys: stance == now.stance ? "in force" : "",
        obstacle: stance != .default && now.forcedBackend != nil ? "not with force_backend" : nil, detail: stance.summary)
    }
    items.append(
      Picker.Item(id: "skip", title: "skip_guard_eval_unsafe: check only guards that tell entries apart", keys: now.skipsGuards ? "on" : "off", obstacle: nil))
    for backend in ["none"] + document.opened.session.context.backendNames {
      let isForced: Bool = (now.forcedBackend ?? "none") == backend
      items.append(
        Picker.Item(
          id: "backend:\(backend)", title: "force_backend: \(backend)", keys: isForced ? "in force" : "",
          obstacle: backend != "none" && now.stance != .default ? "only with the stance default" : nil))
    }
    var picker = Picker(purpose: .stance, title: "Stance of \(document.name)", items: items)
    picker.list.index = Stance.allCases.firstIndex(of: now.stance) ?? 0
    layer = .picker(picker)
    return []
  }

  mutating func choose(stance item: Picker.Item) -> [Effect] {
    if let obstacle = item.obstacle {
      tell(.warning, "\(item.id): \(obstacle)")
      return []
    }
    guard var setting = document?.compiles.choices.stance else { return [] }
    if item.id == "skip" {
      setting.skipsGuards.toggle()
    } else if item.id.hasPrefix("backend:") {
      let name = String(item.id.dropFirst(8))
      setting.forcedBackend = name == "none" ? nil : name
    } else if let stance = Stance(rawValue: item.id) {
      setting.stance = stance
    }
    return changeChoices { $0.stance = setting }
  }

  mutating func chooseDynamic() -> [Effect] {
    guard let now = document?.compiles.choices.dynamic else { return [] }
    let sentences: [DynamicShapes: String] = [
      .automatic: "fixed at first, what changed is dynamic at the next compilation", .always: "symbols from the first call on", .never: "never symbols",
    ]
    let items = DynamicShapes.allCases.map { setting in
      Picker.Item(id: setting.rawValue, title: "\(setting == now ? "◉" : "○") \(setting.rawValue): \(sentences[setting] ?? "")", keys: setting == now ? "in force" : "", obstacle: nil)
    }
    var picker = Picker(purpose: .dynamic, title: "Dynamic shapes", items: items)
    picker.list.index = DynamicShapes.allCases.firstIndex(of: now) ?? 0
    layer = .picker(picker)
    return []
  }

  mutating func chooseText() -> [Effect] {
    guard let table = compiles else { return [] }
    let items = table.textItems.enumerated().map { Picker.Item(id: "\($0.offset)", title: $0.element.name, keys: "", obstacle: nil) }
    var picker = Picker(purpose: .compileText, title: "Texts of [\(table.current.map { table.row(of: $0).id } ?? "")]", items: items)
    picker.list.index = table.textNumber
    layer = .picker(picker)
    return []
  }

  mutating func stepText(by count: Int) -> [Effect] {
    let last: Int = (compiles?.textItems.count ?? 1) - 1
    changeCompiles { $0.choose(text: max(0, min($0.textNumber + count, last))) }
    focusCompiles(.texts)
    return []
  }

  mutating func leaveCompiles() -> [Effect] {
    guard let table = compiles else { return [] }
    if table.pane != .table {
      changeCompiles { $0.pane = .table }
    } else if !table.filter.isEmpty {
      changeCompiles { $0.setFilter("") }
    } else if trace != nil {
      return leaveTrace()
    }
    return []
  }

  mutating func copyCompile() -> [Effect] {
    guard let table = compiles, let subject = table.current else { return [] }
    let lines: [String]
    if table.pane == .texts {
      let text: CompileTable.ShownText = table.shownText
      lines = (0..<text.count).map { String(text.line($0).text) }
    } else {
      let row: CompileRow = table.row(of: subject)
      lines = ["[\(row.id)] \(row.trigger): \(row.result)"] + CompileLines.lines(table, width: 1000).map { "\($0.label)\t\($0.text)" }
    }
    tell(.info, "copied \(lines.count) lines")
    return [.copy(lines.joined(separator: "\n"))]
  }
}
