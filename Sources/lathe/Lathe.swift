import ArgumentParser
import Foundation
import Foundations

/// The program: one file a subcommand.
@main
struct Lathe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lathe", abstract: "Open, browse and run PyTorch programs in the terminal.",
    discussion: """
      Without a subcommand the workbench opens, on demo-models where there is such a folder.

      Examples:
        lathe open model.pt2
        lathe inspect model.pt2
        lathe run model.pt2 --random-seed 1
        lathe verify demo-models

      Shell completions: lathe --generate-completion-script bash|zsh|fish
      """,
    version: "0.1.0",
    subcommands: [
      OpenCommand.self, GraphCommand.self, InspectCommand.self, RunCommand.self, VerifyCommand.self, CodeCommand.self, ExportCommand.self,
      PackageCommand.self, MinifyCommand.self, MinifyQueryCommand.self, BenchCommand.self, ExplainCommand.self, TraceCommand.self, EnvCommand.self,
      PrebuildCommand.self,
    ], defaultSubcommand: OpenCommand.self)

  /// Runs, and turns a failure into one sentence on standard error and exit code 1.
  static func main() async {
    do {
      var command: any ParsableCommand = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let error as LatheError {
      FileHandle.standardError.write(Data("lathe: \(error)\n".utf8))
      Foundation.exit(1)
    } catch { exit(withError: error) }
  }
}
