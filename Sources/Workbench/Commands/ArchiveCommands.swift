import Engine
import Foundations

extension Commands {
  static let archiveCommands: [Command] = [
    Command("archive.export", "Export with other dimensions", menu: .archive, keys: "e", in: .archive, asks: true, unless: mayNotWriteProgram) { model in
      model.activateChosen()
      return model.openExportForm()
    },
    Command("archive.package", "Package", menu: .archive, keys: "P", in: .archive, asks: true, unless: { model in
      needsArchiveScreen(model) ?? needsDocument(model) ?? needsWriting(model) ?? needsNoWriter(model)
    }) { model in
      model.activateChosen()
      return model.openPackageForm()
    },
    Command("archive.verify", "Verify against eager execution", menu: .archive, keys: "v", in: .archive, unless: { model in
      if let obstacle = needsRow(model) ?? needsWriting(model) ?? needsNoWriter(model) { return obstacle }
      guard let (_, found) = model.shelf.current else { return nil }
      return obstacle(to: found) ?? (model.documents.isEmpty ? "open the program that it was made from, to compare it with" : nil)
    }) { $0.verifyArchive() },
    Command("archive.run", "Run the chosen program or model", menu: .archive, keys: "r", in: .archive, asks: true, unless: { model in
      if let obstacle = needsRow(model) { return obstacle }
      guard let (_, found) = model.shelf.current else { return nil }
      return needsWriting(model) ?? obstacle(to: found)
    }) { model in
      if case .model(let id, let number)? = model.shelf.chosen, let archive = model.shelf.archive(id) {
        model.openArchiveRunForm(archive, number)
        return []
      }
      model.activateChosen()
      return model.perform("run.run")
    },
    Command("archive.minify", "Minify a program that fails", menu: .archive, keys: "m", in: .archive, asks: true, unless: mayNotWriteProgram) { model in
      if let program = model.chosenProgram { model.openMinifyForm(program) }
      return []
    },
    Command("archive.result", "Show the last result", menu: .archive, keys: "R", in: .archive, unless: { model in
      needsRow(model) ?? (model.shownRun == nil ? "it was not run yet" : nil)
    }) { model in
      model.activateChosen()
      model.layer = .result
      return []
    },
    Command("archive.close", "Close the chosen program or archive", menu: .archive, keys: "Ctrl-W", in: .archive, unless: needsRow) { model in
      if model.shelf.current != nil {
        model.closeArchive()
        return []
      }
      model.activateChosen()
      return model.perform("file.close")
    },
    Command("archive.code", "The source kept inside", menu: .archive, keys: "c", in: .archive, unless: needsSources) { model in
      model.shelf.focus(.source)
      return []
    },
    Command("archive.source", "Which source", menu: .archive, keys: "p", in: .archive, asks: true, unless: needsSources) { $0.chooseArchiveSource() },
    Command("archive.previousSource", "The source before", menu: .archive, keys: ",", in: .archive, unless: needsSources) { model in
      model.shelf.choose(source: model.shelf.sourceNumber - 1)
      return []
    },
    Command("archive.nextSource", "The next source", menu: .archive, keys: ".", in: .archive, unless: needsSources) { model in
      model.shelf.choose(source: model.shelf.sourceNumber + 1)
      return []
    },
    Command("archive.copy", "Copy what is inside, or the source where its pane is chosen", menu: .archive, keys: "y", in: .archive, unless: needsRow) { $0.copyArchive() },
    Command("archive.enter", "Open: what is inside, the source, the program's graph", keys: "Enter", in: .archive, unless: needsRow) { $0.enterArchive() },
    Command("archive.escape", "Out: back to the table", keys: "Esc", in: .archive) { model in
      model.shelf.pane = .table
      return []
    },
    Command("archive.nextPane", "Next pane", keys: "Tab", in: .archive, unless: needsRow) { model in
      model.shelf.focus(ArchiveShelf.Pane(rawValue: (model.shelf.pane.rawValue + 1) % 3) ?? .table)
      return []
    },
    Command("archive.previousPane", "Previous pane", keys: "Shift-Tab", in: .archive, unless: needsRow) { model in
      model.shelf.focus(ArchiveShelf.Pane(rawValue: (model.shelf.pane.rawValue + 2) % 3) ?? .table)
      return []
    },
    Command("archive.left", "Scroll the source to the left", keys: "← h", in: .archive, unless: needsRow) { model in
      model.shelf.column = max(0, model.shelf.column - 8)
      return []
    },
    Command("archive.right", "Scroll the source to the right", keys: "→ l", in: .archive, unless: needsRow) { model in
      model.shelf.column = min(model.shelf.column + 8, 1000)
      return []
    },
  ]

  private static func needsArchiveScreen(_ model: Model) -> String? { model.screen == .archive ? nil : "only on the Archive screen" }
  private static func needsRow(_ model: Model) -> String? {
    needsArchiveScreen(model) ?? (model.shelf.chosen == nil ? "no program and no archive is open" : nil)
  }
  private static func needsSources(_ model: Model) -> String? {
    needsRow(model) ?? (model.shelf.currentSource == nil ? "no source is kept inside what is chosen" : nil)
  }
  private static func needsWriting(_ model: Model) -> String? {
    model.isReadonly ? "started with --readonly, and this writes files or runs code that is kept on disk" : nil
  }
  private static func needsNoWriter(_ model: Model) -> String? {
    model.jobs.contains { $0.work.isWriting } ? "a file is being written or verified; Ctrl-X cancels" : nil
  }
  private static func mayNotWriteProgram(_ model: Model) -> String? {
    if let obstacle = needsRow(model) { return obstacle }
    if model.chosenProgram == nil { return "this is compiled code; choose a program" }
    return needsWriting(model) ?? needsNoWriter(model)
  }
  /// Why a model's code cannot be run.
  private static func obstacle(to model: ArchiveSummary.Model) -> String? {
    model.problem ?? (model.library == nil ? "it holds sources but no compiled code" : nil)
  }
}

extension Model {
  /// Makes the document of the chosen program the active one.
  mutating func activateChosen() {
    guard let chosenProgram, let index = documents.firstIndex(where: { $0.id == chosenProgram.id }) else { return }
    active = index
  }
}
