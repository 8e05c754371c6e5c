import ArgumentParser
import Engine

/// `lathe prebuild`: compiles what every archive has in common.
struct PrebuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prebuild", abstract: "Compile what all archives have in common, for those who build Lathe.",
    discussion: """
      Archives have code that is the same in all: the functions PyTorch calls,
      matrix products, convolutions, threads. It is compiled once into a folder
      'runtime', for each target of `lathe package`; what is there is kept.
      `make release` and `make install` do so. Without it the first archive
      takes some seconds longer.

      Example:
        lathe prebuild .build/release/runtime
      """)
  @Argument(help: "The folder: runtime beside the executable, or share/lathe/runtime beside its folder.")
  var folder: String
  @Flag(help: "Print JSON.")
  var json = false

  private struct Report: Encodable {
    var folder: String
    var compiled: Int
  }

  func run() throws {
    let count: Int = try Engine.prebuild(into: folder, cancellation: Interruption())
    if json { return try Output.print(json: Report(folder: folder, compiled: count)) }
    Output.print(count == 0 ? "up to date   \(folder)" : "compiled     \(count) objects in \(folder)")
  }
}
