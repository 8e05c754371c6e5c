import ArgumentParser

@main
struct Lathe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lathe", abstract: "Open, browse and run PyTorch programs in the terminal.", version: "0.1.0",
    subcommands: [OpenCommand.self], defaultSubcommand: OpenCommand.self)
}
