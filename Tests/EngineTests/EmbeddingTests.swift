import Foundation
import Foundations
import Tensors
import Testing

@testable import Engine

/// The C library that runs archives, used from C++ programs that have no Swift in them.
@Suite(.serialized) struct EmbeddingTests {
  private static let library: String = "\(Files.checkout)/.build/library"

  /// Runs a command in the checkout; its output where it fails.
  private static func run(_ command: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.currentDirectoryURL = URL(fileURLWithPath: Files.checkout)
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }
  private static func succeed(_ command: [String]) throws -> String {
    let (status, output): (Int32, String) = try run(command)
    try #require(status == 0, "\(command.joined(separator: " ")): \(output)")
    return output
  }
  private static func compile(_ source: String, to program: String, linking library: [String]) throws {
    _ = try succeed(
      ["sh", "-c", "exec \"$(command -v c++ || command -v g++ || command -v clang++)\" \"$@\"", "c++", "-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", source, "-I\(Self.library)", "-o", program] + library
        + ["-lzip", "-lpthread", "-lm", "-ldl"])
  }
  /// The elements alone, as the C++ program reads them.
  private static func writeFloats(of file: String, to path: String) throws -> [Int] {
    let tensor: Tensor = try #require(try Engine.numbered(try SafeTensors.read(path: file), subject: file).first)
    let dense: Tensor = try Tensor.empty(tensor.sizes, .f32)
    dense.copy(from: tensor)
    try Data(bytes: dense.storage.data, count: 4 * dense.elementCount).write(to: URL(fileURLWithPath: path))
    return tensor.sizes
  }

  @Test func aCppProgramRunsAnArchive() throws {
    let folder: String = try Files.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = try Self.succeed(["make", "--no-print-directory", "library"])
    let stem: String = "\(Files.demoModels)/perceptron"
    let sizes: [Int] = try Self.writeFloats(of: "\(stem).inputs.safetensors", to: "\(folder)/input")
    _ = try Self.writeFloats(of: "\(stem).expected.safetensors", to: "\(folder)/expected")
    let source: String = "\(Files.checkout)/Tests/Embedding/embedding.cpp"
    try Self.compile(source, to: "\(folder)/static", linking: ["\(Self.library)/liblathe.a"])
    try Self.compile(source, to: "\(folder)/shared", linking: ["-L\(Self.library)", "-llathe", "-Wl,-rpath,\(Self.library)"])
    for weights in ["inline", "external"] {
      let archive: String = "\(folder)/\(weights).pt2"
      _ = try Engine.package(
        [PackageItem(name: "mixed", model: try Engine.open("\(stem).pt2")), PackageItem(name: "other", model: try Engine.open("\(stem).pt2"))], to: archive,
        options: PackageOptions(weights: weights == "inline" ? .inline : .external, metadata: ["owner": "a \"test\""]))
      for program in ["static", "shared"] {
        let output: String = try Self.succeed(
          ["\(folder)/\(program)", archive, "mixed", "\(folder)/input", "\(folder)/expected", "\(sizes[0])", "\(sizes[1])", "norm.bias"])
        #expect(output == "ok\n")
      }
    }
  }

  @Test func theExampleOfTheDocumentationRuns() throws {
    let folder: String = try Files.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = try Self.succeed(["make", "--no-print-directory", "library"])
    let text: String = try String(contentsOfFile: "\(Files.checkout)/Documentation/EmbeddingC.md", encoding: .utf8)
    let start: Range<String.Index> = try #require(text.range(of: "```cpp\n"))
    let end: Range<String.Index> = try #require(text.range(of: "```\n", range: start.upperBound..<text.endIndex))
    try String(text[start.upperBound..<end.lowerBound]).write(toFile: "\(folder)/example.cpp", atomically: true, encoding: .utf8)
    try Self.compile("\(folder)/example.cpp", to: "\(folder)/example", linking: ["\(Self.library)/liblathe.a"])
    _ = try Engine.package([PackageItem(name: "model", model: try Engine.open("\(Files.demoModels)/perceptron.pt2"))], to: "\(folder)/served.pt2")
    #expect(try Self.succeed(["\(folder)/example", "\(folder)/served.pt2"]) == "output of 2 dimensions: 2 5\n")
    let (status, output): (Int32, String) = try Self.run(["\(folder)/example", "\(folder)/nothing.pt2"])
    #expect(status == 1)
    #expect(output.hasPrefix("\(folder)/nothing.pt2: ") && output.contains("No such file"))
  }

  @Test func theLibraryIsSmall() throws {
    _ = try Self.succeed(["make", "--no-print-directory", "library"])
    let folder: String = try Files.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = try Self.succeed(["strip", "-o", "\(folder)/liblathe.so", "\(Self.library)/liblathe.so"])
    let bytes: Int = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/liblathe.so")).count
    #expect(bytes < 1_000_000)
  }
}
