import Engine
import Foundations

extension Commands {
  static let fileCommands: [Command] = [
    Command("screen.models", "Models", menu: .view, keys: "1") { model in
      model.screen = .models
      return []
    },
    Command("screen.graph", "Graph", menu: .view, keys: "2", unless: needsDocument) { model in
      model.screen = .graph
      return []
    },
    Command("screen.compiles", "Compiles", menu: .view, keys: "3") { model in
      model.screen = .compiles
      return []
    },
    Command("screen.kernels", "Kernels", menu: .view, keys: "4", unless: needsDocument) { model in
      model.screen = .kernels
      return []
    },
    Command("screen.archive", "Archive", menu: .view, keys: "5") { model in
      model.screen = .archive
      return []
    },
    Command("screen.log", "Log", menu: .view, keys: "6") { model in
      model.screen = .log
      return []
    },
    Command("file.open", "Open", menu: .file, keys: "o", asks: true) { model in
      model.layer = .prompt(Prompt(.open, label: "Open", hint: "Tab completes, Enter opens, Esc leaves"))
      return []
    },
    Command("file.openSelected", "Open the chosen model", menu: .file, keys: "Enter", in: .models, unless: { model in
      model.screen != .models ? "only on the Models screen" : model.entries.isEmpty ? "there is none in the list" : nil
    }) { model in model.open(path: model.entries[model.modelList.index].file.path) },
    Command("file.close", "Close the model", menu: .file, keys: "Ctrl-W", unless: needsDocument) { model in
      guard let active = model.active else { return [] }
      let id = model.documents[active].id
      let calling = model.jobs.filter { $0.work.timedDocument == id || $0.work.drivenDocument == id }
      model.tell(.info, "closed \(model.documents[active].name)")
      model.close(document: active)
      return calling.map { model.cancel($0) }
    },
    Command("file.switch", "Switch to another open model", menu: .file, keys: "Ctrl-O", asks: true, unless: needsDocument) { model in
      let items = model.documents.map { Picker.Item(id: "\($0.id)", title: $0.opened.path, keys: "", obstacle: nil) }
      model.layer = .picker(Picker(purpose: .document, title: "Open models", items: items))
      return []
    },
    Command("file.reload", "List the model files again", menu: .file, keys: "Ctrl-R", in: .models) { model in
      let folders = Set(model.entries.map { PathText.folder($0.file.path) }).sorted()
      return folders.map { model.job("list \($0)", .list($0), isVisible: false) }
    },
    Command("log.save", "Save the log", menu: .file, keys: "s", in: .log, asks: true, unless: { $0.isReadonly ? "started with --readonly" : nil }) { model in
      model.layer = .prompt(Prompt(.saveLog, label: "Save the log as", text: "lathe.log"))
      return []
    },
    Command("log.filter", "Filter the log", keys: "/", in: .log, asks: true) { model in
      model.layer = .prompt(Prompt(.logFilter, label: "Log filter", text: model.logFilter))
      return []
    },
    Command("app.suspend", "Suspend", menu: .file, keys: "Ctrl-Z") { _ in [.suspend] },
    Command("app.quit", "Quit", menu: .file, keys: "q") { model in
      if model.busyJobs.isEmpty { return [.quit] }
      model.layer = .confirmQuit
      return []
    },
    Command("app.interrupt", "Cancel the running job, or quit", keys: "Ctrl-C") { model in
      if model.visibleJobs.isEmpty { return [.quit] }
      return model.perform("run.cancel")
    },
  ]

  static let runCommands: [Command] = [
    Command("run.run", "Run", menu: .run, keys: "r", asks: true, unless: { model in
      if model.screen == .models { return model.entries.isEmpty ? "there is no model to run" : nil }
      return needsDocument(model)
    }) { model in
      if model.screen == .models {
        let path = model.entries[model.modelList.index].file.path
        guard let index = model.documents.firstIndex(where: { model.absolute($0.opened.path) == model.absolute(path) }) else {
          model.tell(.info, "opening \(PathText.name(path)) first; run it with r once it is open")
          return model.open(path: path)
        }
        model.active = index
      }
      guard let document = model.document else { return [] }
      var dialog = RunDialog()
      if model.screen == .compiles, !model.isReadonly { dialog.mode = .compiled }
      let hints = document.opened.program.symbolHints
      dialog.sizes = LineEditor(hints.keys.sorted().map { "\($0)=\(hints[$0] ?? 1)" }.joined(separator: " "))
      let inputs = document.opened.path.hasSuffix(".pt2") ? String(document.opened.path.dropLast(4)) + ".inputs.safetensors" : ""
      dialog.file = LineEditor(inputs)
      model.layer = .run(dialog)
      return []
    },
    Command("run.result", "Show the last result", menu: .run, keys: "R", unless: { model in
      needsDocument(model) ?? (model.document?.lastRun == nil ? "this model has not run yet" : nil)
    }) { model in
      model.layer = .result
      return []
    },
    Command("run.benchmark", "Compile and time", menu: .run, keys: "c", unless: mayNotCompile) { $0.benchmark(.compiled) },
    Command("run.autotune", "Compile with the fastest of each template's candidates, and time", menu: .run, keys: "A", unless: mayNotCompile) {
      $0.benchmark(.autotuned)
    },
    Command("run.cancel", "Cancel the running job", menu: .run, keys: "Ctrl-X", unless: { $0.visibleJobs.isEmpty ? "no job runs" : nil }) { model in
      (model.busyJobs.last ?? model.visibleJobs.last).map { [model.cancel($0)] } ?? []
    },
  ]

  private static func mayNotCompile(_ model: Model) -> String? {
    if let obstacle = needsDocument(model) { return obstacle }
    if model.isReadonly { return "started with --readonly, and compiling writes to the kernel cache" }
    return model.document.flatMap { model.benchmark(of: $0.id) } == nil ? nil : "that is being done"
  }
}

extension Model {
  /// Compiles the active document in a mode and times it.
  mutating func benchmark(_ mode: ExecutionMode) -> [Effect] {
    guard let document else { return [] }
    screen = .kernels
    let title = mode == .autotuned ? "tune, compile and time" : "compile and time"
    return [job("\(title) \(document.name)", .benchmark(document: document.id, document.opened, mode: mode))]
  }
}
