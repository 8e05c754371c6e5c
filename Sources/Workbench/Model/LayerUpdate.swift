import Capture
import Engine
import Foundations

// Keys while something lies over the screen.
extension Model {
  mutating func handleLayer(_ key: Key) -> [Effect] {
    switch layer {
    case .menu(let state): return handleMenu(state, key)
    case .picker(let picker): return handlePicker(picker, key)
    case .prompt(let prompt): return handlePrompt(prompt, key)
    case .run(let dialog): return handleRun(dialog, key)
    case .form(let form): return handleForm(form, key)
    case .sheet(let sheet): return handleSheet(sheet, key)
    case .confirmReset:
      layer = nil
      guard key.code == .character("y") || key.code == .enter, let document else { return [] }
      return [job("reset the cache of \(document.name)", .session(document: document.id, document.opened, .reset))]
    case .confirmQuit:
      layer = nil
      switch key.code {
      case .character("y"), .enter: return [.quit]
      default: return []
      }
    case .result:
      layer = nil
      return []
    case nil: return []
    }
  }

  private mutating func handleMenu(_ state: MenuState, _ key: Key) -> [Effect] {
    var state = state
    let items = Commands.items(of: state.menu)
    let menus = Menu.allCases
    let position = menus.firstIndex(of: state.menu) ?? 0
    switch key.code {
    case .escape, .function(10):
      layer = nil
      return []
    case .left, .character("h"): state = MenuState(menu: menus[(position + menus.count - 1) % menus.count])
    case .right, .character("l"): state = MenuState(menu: menus[(position + 1) % menus.count])
    case .down, .character("j"): state.item = (state.item + 1) % max(1, items.count)
    case .up, .character("k"): state.item = (state.item + items.count - 1) % max(1, items.count)
    case .home: state.item = 0
    case .end: state.item = max(0, items.count - 1)
    case .enter:
      layer = nil
      return items.indices.contains(state.item) ? perform(items[state.item].id) : []
    case .character(let letter):
      if key.alt, let menu = menus.first(where: { $0.letter == letter }) {
        state = MenuState(menu: menu)
      } else if let command = items.first(where: { $0.keys.contains(key) }) {
        layer = nil
        return perform(command.id)
      }
    default: break
    }
    layer = .menu(state)
    return []
  }

  private mutating func handlePicker(_ picker: Picker, _ key: Key) -> [Effect] {
    var picker = picker
    let shown = picker.shown
    let height = LayerView.pickerHeight(self)
    switch key.code {
    case .escape:
      layer = nil
      if case .theme(let original) = picker.purpose, original != theme { return [chooseTheme(original)] }
      return []
    case .down, .control("n"), .tab: picker.list.index = min(picker.list.index + 1, shown.count - 1)
    case .up, .control("p"), .backTab: picker.list.index = max(0, picker.list.index - 1)
    case .pageDown: picker.list.index = min(picker.list.index + height, shown.count - 1)
    case .pageUp: picker.list.index = max(0, picker.list.index - height)
    case .enter:
      layer = nil
      return shown.indices.contains(picker.list.index) ? choose(shown[picker.list.index], for: picker.purpose) : []
    default: if picker.editor.handle(key) { picker.list = ListCursor() }
    }
    picker.list.settle(count: picker.shown.count, height: height)
    layer = .picker(picker)
    if case .theme = picker.purpose, picker.shown.indices.contains(picker.list.index) {
      let name = picker.shown[picker.list.index].id
      if name != theme { return [chooseTheme(name)] }
    }
    return []
  }

  package mutating func chooseTheme(_ name: String) -> Effect {
    theme = name
    return job("theme \(name)", .theme(name), isVisible: false)
  }

  mutating func choose(_ item: Picker.Item, for purpose: Picker.Purpose) -> [Effect] {
    switch purpose {
    case .palette, .help: return perform(item.id)
    case .theme:
      saved.theme = item.id
      let effects: [Effect] = item.id == theme ? [] : [chooseTheme(item.id)]
      tell(.info, "theme \(item.id)")
      return effects + saveState()
    case .subgraph:
      if let subgraph = Int(item.id) { navigate { $0.enter(subgraph: subgraph, height: $1) } }
      return []
    case .stage: return Int(item.id).map { show(stage: $0) } ?? []
    case .stance: return choose(stance: item)
    case .dynamic: return DynamicShapes(rawValue: item.id).map { setting in changeChoices { $0.dynamic = setting } } ?? []
    case .compileText:
      if let number = Int(item.id) { changeCompiles { $0.choose(text: number) } }
      focusCompiles(.texts)
      return []
    case .archiveSource:
      if let number = Int(item.id) { shelf.choose(source: number) }
      return []
    case .comparedProgram: return Int(item.id).map { compare(with: $0) } ?? []
    case .document:
      if let index = documents.firstIndex(where: { "\($0.id)" == item.id }) { (active, screen) = (index, .graph) }
      return []
    }
  }

  // MARK: Prompts

  private mutating func handlePrompt(_ prompt: Prompt, _ key: Key) -> [Effect] {
    var prompt = prompt
    switch key.code {
    case .escape:
      layer = nil
      switch prompt.purpose {
      case .filter(let original): changeView { view, index, _ in view.setFilter(original, index) }
      case .kernelFilter(let original): changeKernels { $0.setFilter(original) }
      case .compileFilter(let original): changeCompiles { $0.setFilter(original) }
      default: break
      }
      return []
    case .enter:
      layer = nil
      return accept(prompt)
    case .tab:
      if prompt.purpose == .open || prompt.purpose == .saveLog || prompt.purpose == .trace {
        return [job("complete", .complete(prompt.editor.string), isVisible: false)]
      }
      if prompt.purpose == .goTo, let name = prompt.candidates.first {
        prompt.editor = LineEditor(name)
        layer = .prompt(prompt)
        return promptChanged()
      }
      return []
    default:
      guard prompt.editor.handle(key) else { return [] }
      prompt.candidates = []
      layer = .prompt(prompt)
      return promptChanged()
    }
  }

  /// Shows what the typed text would do while it is typed.
  mutating func promptChanged() -> [Effect] {
    guard case .prompt(var prompt) = layer else { return [] }
    let text = prompt.editor.string
    switch prompt.purpose {
    case .filter:
      changeView { view, index, _ in view.setFilter(text, index) }
      let count = document?.view.matchCount ?? 0
      prompt.hint = text.isEmpty ? "words, op: shape: dtype: module:" : "\(count) node\(count == 1 ? "" : "s")"
    case .goTo:
      let part = Array(text.lowercased().utf8)
      var names: [String] = []
      if let document, !part.isEmpty {
        for node in document.index.graph.nodes where GraphFilter.contains(node.name, part) {
          names.append(node.name)
          if names.count == 200 { break }
        }
      }
      prompt.candidates = names.filter { $0.hasPrefix(text) } + names.filter { !$0.hasPrefix(text) }
    case .logFilter: logFilter = text
    case .kernelFilter:
      changeKernels { $0.setFilter(text) }
      prompt.hint = "\(document?.kernels?.shown.count ?? 0) shown"
    case .compileFilter:
      changeCompiles { $0.setFilter(text) }
      prompt.hint = "\(compiles?.shown.count ?? 0) shown"
    case .recompileLimit: prompt.hint = Int(text).map { $0 > 0 } == true ? "" : "a number from 1 on"
    case .open, .saveLog, .trace: break
    }
    layer = .prompt(prompt)
    return []
  }

  mutating func complete(_ prefix: String, _ candidates: [String]) {
    switch layer {
    case .prompt(var prompt) where prompt.editor.string == prefix:
      let shared = PathCompletion.sharedPrefix(candidates)
      if shared.utf8.count > prefix.utf8.count { prompt.editor = LineEditor(shared) }
      prompt.candidates = candidates.count == 1 ? [] : candidates
      if candidates.isEmpty { prompt.hint = "nothing begins like that" }
      layer = .prompt(prompt)
    case .run(var dialog) where dialog.file.string == prefix:
      let shared = PathCompletion.sharedPrefix(candidates)
      if shared.utf8.count > prefix.utf8.count { dialog.file = LineEditor(shared) }
      dialog.candidates = candidates.count == 1 ? [] : candidates
      layer = .run(dialog)
    default: break
    }
  }

  private mutating func accept(_ prompt: Prompt) -> [Effect] {
    let text = prompt.editor.string
    switch prompt.purpose {
    case .open: return text.isEmpty ? [] : open(path: PathCompletion.expanded(text))
    case .filter:
      if document?.view.currentRow.map({ document?.view.isMatch($0) == true }) == false { goToMatch(forward: true) }
      let count = document?.view.matchCount ?? 0
      if !text.isEmpty { tell(count == 0 ? .warning : .info, "\(count) node\(count == 1 ? " matches" : "s match") '\(text)'") }
    case .goTo:
      guard let document, !text.isEmpty else { return [] }
      if let node = document.index.node(named: text) ?? prompt.candidates.first.flatMap({ document.index.node(named: $0) }) {
        navigate { $0.go(to: node, height: $1) }
      } else {
        tell(.warning, "no node's name holds '\(text)'")
      }
    case .saveLog:
      let lines = shownLog.map { "\($0.time) \($0.level.rawValue) \($0.text)" }.joined(separator: "\n")
      return text.isEmpty ? [] : [job("save \(text)", .save(path: text, text: lines + "\n"))]
    case .logFilter: logFilter = text
    case .kernelFilter: changeKernels { $0.setFilter(text) }
    case .compileFilter: changeCompiles { $0.setFilter(text) }
    case .trace: return text.isEmpty ? [] : watch(trace: text)
    case .recompileLimit:
      guard let limit = Int(text), limit > 0 else {
        tell(.warning, "'\(text)' is no recompile limit: it is a number from 1 on")
        return []
      }
      return changeChoices { $0.recompileLimit = limit }
    }
    return []
  }

  // MARK: Run dialog

  private mutating func handleRun(_ dialog: RunDialog, _ key: Key) -> [Effect] {
    var dialog = dialog
    dialog.problem = nil
    switch key.code {
    case .escape:
      layer = nil
      return []
    case .tab where dialog.field == .file:
      layer = .run(dialog)
      return [job("complete", .complete(dialog.file.string), isVisible: false)]
    case .down, .tab: dialog.step(by: 1)
    case .up, .backTab: dialog.step(by: -1)
    case .character(" ") where dialog.field == .source, .left where dialog.field == .source, .right where dialog.field == .source:
      dialog.usesFile.toggle()
    case .character(" ") where dialog.field == .mode, .left where dialog.field == .mode, .right where dialog.field == .mode:
      let (modes, step) = (ExecutionMode.allCases, key.code == .left ? -1 : 1)
      dialog.mode = modes[((modes.firstIndex(of: dialog.mode) ?? 0) + step + modes.count) % modes.count]
    case .left where dialog.field == .cancel, .right where dialog.field == .run: dialog.field = dialog.field == .run ? .cancel : .run
    case .enter:
      if dialog.field == .cancel {
        layer = nil
        return []
      }
      return startRun(dialog)
    default:
      if var editor = dialog.editor, editor.handle(key) { dialog.editor = editor }
      dialog.candidates = []
    }
    layer = .run(dialog)
    return []
  }

  private mutating func startRun(_ dialog: RunDialog) -> [Effect] {
    var dialog = dialog
    func refused(_ reason: String) -> [Effect] {
      dialog.problem = reason
      layer = .run(dialog)
      return []
    }
    guard let document else { return [] }
    guard let repeats = Int(dialog.repeats.string), repeats >= 1, repeats <= 1_000_000 else { return refused("repeats is a number of 1 or more") }
    if dialog.mode != .eager, isReadonly { return refused("started with --readonly, and compiling writes to the kernel cache") }
    let inputs: InputSource
    let name: String
    if dialog.usesFile {
      if dialog.file.string.isEmpty { return refused("name a safetensors file") }
      inputs = .file(PathCompletion.expanded(dialog.file.string))
      name = PathText.name(dialog.file.string)
    } else {
      guard let seed = UInt64(dialog.seed.string) else { return refused("the seed is a number of 0 or more") }
      guard let sizes = RunDialog.sizes(dialog.sizes.string) else { return refused("sizes look like s0=4 s1=16") }
      inputs = .random(seed: seed, sizes: sizes)
      name = "seed \(seed)"
    }
    layer = nil
    let mode = dialog.mode == .eager ? "" : ", \(dialog.mode.rawValue)"
    return [job("run \(document.name) (\(name)\(mode))", .run(document: document.id, document.opened, inputs, repeats: repeats, mode: dialog.mode))]
  }
}
