import ArgumentParser
import Foundations
import Workbench

/// `lathe open`, and `lathe` alone: the workbench.
struct OpenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "open", abstract: "Browse and run models in the terminal (what lathe does without a subcommand).")

  @Argument(help: "Model files to open and folders whose models to list; demo-models by default where there is one.")
  var paths: [String] = []
  @Option(help: "The name of a theme; T in the workbench shows them.")
  var theme: String?
  @Option(help: "When to use colours: auto, always or never. auto heeds NO_COLOR.")
  var color: WorkbenchOptions.ColorMode = .auto
  @Flag(help: "Draw with ASCII alone, as happens where the locale is not UTF-8.")
  var ascii = false
  @Flag(help: "Disable whatever writes files.")
  var readonly = false
  @Flag(inversion: .prefixedNo, help: "Take mouse clicks and the wheel.")
  var mouse = true
  @Option(name: .customLong("do"), parsing: .singleValue, help: "A command to do at the start, by its id as the help shows it; may be repeated.")
  var commands: [String] = []

  func run() async throws {
    var options = WorkbenchOptions()
    (options.paths, options.theme, options.color, options.usesASCII) = (paths, theme, color, ascii)
    (options.isReadonly, options.usesMouse, options.commands) = (readonly, mouse, commands)
    try await WorkbenchApp.run(options: options)
  }
}

extension WorkbenchOptions.ColorMode: ExpressibleByArgument {}
