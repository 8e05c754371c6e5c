import CTerminal
import Foundation
import Foundations

/// How the workbench is started.
package struct WorkbenchOptions: Sendable {
  package enum ColorMode: String, Sendable, CaseIterable { case auto, always, never }
  /// Model files to open and folders whose models are listed.
  package var paths: [String] = []
  /// The theme's name; nil for the one used last.
  package var theme: String?
  package var color = ColorMode.auto
  package var usesASCII = false
  package var isReadonly = false
  package var usesMouse = true
  /// Ids of commands that are done at the start, in order.
  package var commands: [String] = []
  package init() {}
}

/// The workbench in the terminal of standard input and output.
package struct WorkbenchApp {
  /// Returns once the user has quit; the terminal is then as it was.
  /// - Throws: `LatheError` where there is no terminal, its type is unknown, or the theme asked for cannot be read.
  package static func run(options: WorkbenchOptions) async throws {
    try await run(options: options, services: EngineServices())
  }

  static func run(options: WorkbenchOptions, services: some WorkbenchServices) async throws {
    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
      let thread = Thread { done.resume(with: Result { try runOnThisThread(options, services) }) }
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  private static func runOnThisThread(_ options: WorkbenchOptions, _ services: some WorkbenchServices) throws {
    let paths = UserPaths.standard()
    let library = ThemeLibrary.standard(paths: paths)
    let isUTF8 = lathe_locale_is_utf8()
    // The state is one small file, and its theme decides what the first frame looks like.
    let (state, note) = options.isReadonly ? (SavedState.peek(folder: paths.state), nil) : SavedState.read(folder: paths.state)
    var model = Model(size: Size(width: 80, height: 24))
    model.saved = state ?? SavedState()
    model.isReadonly = options.isReadonly
    model.isASCII = options.usesASCII || !isUTF8
    model.saved.mouse = model.saved.mouse && options.usesMouse
    model.folder = FileManager.default.currentDirectoryPath
    model.clock = LocalClock.text()
    if let note { model.tell(.warning, note) }
    let theme = try startTheme(options, &model, library)
    let terminal = try CursesTerminal(theme: theme, depth: depth(options.color), mouse: model.saved.mouse)
    defer { terminal.end() }
    var loop = WorkbenchLoop(model: model, terminal: terminal, services: services, themes: library, paths: paths)
    loop.run { $0.start(paths: options.paths, commands: options.commands) }
    terminal.end()
    if !options.isReadonly { try loop.model.saved.write(folder: paths.state) }
  }

  /// A theme named by the user must be there; one remembered or the default may be missing, which the log says.
  private static func startTheme(_ options: WorkbenchOptions, _ model: inout Model, _ library: ThemeLibrary) throws -> Theme {
    let name = options.theme ?? model.saved.theme ?? "default"
    model.theme = name
    model.themes = library.names()
    do {
      let (theme, problems) = try library.load(name)
      for problem in problems { model.tell(.warning, problem) }
      return theme
    } catch let error as LatheError {
      if options.theme != nil { throw error }
      model.tell(.warning, error.description)
      return .fallback
    }
  }

  /// `NO_COLOR` (no-color.org) counts unless colours are asked for.
  private static func depth(_ mode: WorkbenchOptions.ColorMode) -> ColorDepth? {
    switch mode {
    case .always: return nil
    case .never: return .mono
    case .auto:
      let value = ProcessInfo.processInfo.environment["NO_COLOR"] ?? ""
      return value.isEmpty ? nil : .mono
    }
  }
}

extension Model {
  /// What happens after the first frame: files are opened, folders and recent files listed.
  package mutating func start(paths: [String], commands: [String]) -> [Effect] {
    var effects: [Effect] = []
    for path in saved.recent { entries.append(ModelEntry(file: ModelFile(path: path, name: PathText.name(path), bytes: 0, kind: "recent"))) }
    effects += saved.recent.map { job("summarize \($0)", .summarize($0), isVisible: false) }
    var isFolder: ObjCBool = false
    for path in paths {
      if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
        effects.append(job("list \(path)", .list(path), isVisible: false))
      } else {
        effects += open(path: path)
      }
    }
    if paths.isEmpty, FileManager.default.fileExists(atPath: "demo-models", isDirectory: &isFolder), isFolder.boolValue {
      effects.append(job("list demo-models", .list("demo-models"), isVisible: false))
    }
    for command in commands { effects += perform(command) }
    settle()
    return effects
  }
}
