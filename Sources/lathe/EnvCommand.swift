import ArgumentParser
import Engine
import Foundation
import Foundations

/// `lathe env`: what Lathe finds on this machine.
struct EnvCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "env", abstract: "Show CPU features, threads, folders, compiler and libraries found on this machine.",
    discussion: """
      Examples:
        lathe env
        lathe env --json
      """)
  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let report = EnvironmentReport()
    if json { return try Output.print(json: report) }
    Output.print("version      \(Lathe.configuration.version)")
    Output.print("cpu          \(report.processor), \(report.threads) threads")
    Output.print("features     \(report.features.joined(separator: " "))")
    Output.print("kernels      \(report.instructionSet)\(report.instructionSetCap.map { " (LATHE_ISA=\($0))" } ?? "")")
    Output.print("compiler     \(report.compiler ?? "none found; nothing in this version needs one")")
    for folder in report.folders { Output.print("\(folder.name.padding(toLength: 13, withPad: " ", startingAt: 0))\(folder.path)\(folder.exists ? "" : " (not made yet)")") }
    for library in report.libraries { Output.print("\(library.name.padding(toLength: 13, withPad: " ", startingAt: 0))\(library.version)") }
  }
}
