import Archives
import ArgumentParser
import Engine
import Foundation
import Foundations

/// `lathe package`: compile programs into an archive for PyTorch and Lathe.
struct PackageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "package", abstract: "Compile programs into one archive that torch._inductor.aoti_load_package loads, from PyTorch 2.6 on.",
    discussion: """
      One program becomes the model 'model'; several are called as their files, and --name calls one otherwise.
      The archive is written beside its place and renamed when whole. Lathe runs it too: lathe run OUT.pt2.

      Examples:
        lathe package model.pt2 -o served.pt2
        lathe package --name encoder=a.pt2 --name decoder=b.pt2 -o both.pt2 --metadata owner=search --target x86-64-v3
        lathe package model.pt2 -o served.pt2 --dynamic "x:0=batch(1..64)" --weights external
      """)
  @ArgumentParser.Argument(help: "Programs that torch.export saved.", completion: .file(extensions: ["pt2"]))
  var files: [String] = []
  @Option(name: .shortAndLong, help: "The archive to write.", completion: .file(extensions: ["pt2"]))
  var output: String
  @Option(parsing: .singleValue, help: ArgumentHelp("A program and its model's name; may be repeated.", valueName: "name=file"))
  var name: [String] = []
  @Option(parsing: .singleValue, help: ArgumentHelp("An entry of the metadata that PyTorch's loader gives; may be repeated.", valueName: "key=value"))
  var metadata: [String] = []
  @Option(help: "The machines that it is for: this one, or any with AVX2 (x86-64-v3) or AVX-512 (x86-64-v4).")
  var target: PackageTarget = .native
  @Option(help: "Constants in the shared object's file, or in a member of their own beside it.")
  var weights: ModelFacts.Placement = .inline
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("Wishes for dimensions as in lathe export, INPUT:DIMENSION=WHAT,…; with several models NAME/INPUT:…; may be repeated.", valueName: "wishes"))
  var dynamic: [String] = []
  @Flag(help: "Time candidates of the heavy operators' kernels first and choose the fastest.")
  var autotune = false
  @Option(
    help: ArgumentHelp("Where a program cannot be packaged, make it as small as it can be while it cannot (lathe minify) in this folder.", valueName: "folder"),
    completion: .directory)
  var minify: String?
  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if files.isEmpty && name.isEmpty { throw ValidationError("give at least one program, as FILE or --name NAME=FILE") }
    if !output.hasSuffix(".pt2") { throw ValidationError("PyTorch loads archives whose names end in .pt2 only; '\(output)' does not") }
  }

  func run() throws {
    var entries: [String: String] = [:]
    for text in metadata {
      let (key, value) = try PackageCommand.pair(text, "--metadata takes KEY=VALUE")
      entries[key] = value
    }
    let items: [PackageItem] = try items()
    let options = PackageOptions(target: target, weights: weights, tunes: autotune, metadata: entries)
    let events = StandardErrorNotices()
    defer { events.clear() }
    let report: PackageReport
    do { report = try Engine.package(items, to: output, options: options, events: events) } catch let error as LatheError {
      // A compiler's failure is about the source it was given, not about the program.
      guard let minify, error.kind == .unsupported || error.kind == .system, error.subject != output else { throw error }
      let named: [PackageItem] = items.filter { $0.model.path == error.subject }
      throw minified(named.isEmpty ? items : named, error, to: minify, events)
    }
    events.clear()
    if json { try Output.print(json: report) } else { report.show() }
  }

  /// The failure, and what became of the first program that fails.
  private func minified(_ items: [PackageItem], _ error: LatheError, to folder: String, _ events: StandardErrorNotices) -> LatheError {
    var options = MinifyOptions(fails: .crashes, folder: folder)
    options.mode = .aot
    let interruption = Interruption()
    var reason: String = ""
    for item in items {
      do {
        let report: MinifyReport = try Engine.minify(item.model, inputs: .random(seed: 0, sizes: [:]), options, events: events, cancellation: interruption)
        events.clear()
        return LatheError(
          error.kind, subject: item.model.path, "\(error.subject == item.model.path ? error.message : error.description); the smallest program that fails so has \(report.after.nodes) nodes: \(report.program)")
      } catch let why { reason = "\(why)" }
      if interruption.isCancelled { break }
    }
    events.clear()
    return LatheError(error.kind, subject: error.subject, "\(error.message); it was not made smaller: \(reason)")
  }

  private func items() throws -> [PackageItem] {
    var named: [(name: String, file: String)] = files.map { file in
      (files.count + name.count == 1 ? "model" : URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent, file)
    }
    named += try name.map { text in
      let (name, file) = try PackageCommand.pair(text, "--name takes NAME=FILE")
      return (name, file)
    }
    try CompiledPackage.checkNames(named.map(\.name))
    var wishes: [String: [DimensionWish]] = [:]
    for text in dynamic {
      let parts: [Substring] = text.split(separator: "/", maxSplits: 1)
      let isNamed: Bool = parts.count == 2 && named.contains { $0.name == parts[0] }
      guard isNamed || named.count == 1 else { throw LatheError.badInput("'\(text)' does not say which model it is for: write NAME/\(text)") }
      wishes[isNamed ? String(parts[0]) : named[0].name, default: []] += try DimensionWish.parse(isNamed ? String(parts[1]) : text)
    }
    return try named.map { PackageItem(name: $0.name, model: try Engine.open($0.file), dimensions: wishes[$0.name] ?? []) }
  }

  private static func pair(_ text: String, _ usage: String) throws -> (String, String) {
    guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { throw ValidationError("\(usage), not '\(text)'") }
    return (String(text[..<equals]), String(text[text.index(after: equals)...]))
  }
}

extension PackageTarget: ExpressibleByArgument {}
extension ModelFacts.Placement: ExpressibleByArgument {}

extension PackageReport {
  fileprivate func show() {
    Output.print("wrote        \(path), \(Output.bytes(bytes)), in \(Output.duration(seconds)), loaded by PyTorch from 2.6 on")
    Output.print("target       \(target) (\(level)), weights \(weights)")
    for model in models {
      Output.print(
        "model        \(model.name)  \(model.kernels) kernels, code \(Output.bytes(model.codeBytes)), constants \(Output.bytes(model.constantBytes))  SHA-256 \(model.code.prefix(16))…")
      if !model.operators.isEmpty { Output.print("  calls      \(model.operators.joined(separator: ", "))") }
      for condition in model.conditions { Output.print("  counts on  \(condition)") }
      for note in model.notes { Output.print("  note       \(note)") }
    }
  }
}
