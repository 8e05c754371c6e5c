import Foundations
import Glibc
import Graphs
import Testing

@testable import Archives

/// Programs of the corpus against what `torch.export.load(…).graph_module.print_readable()` of the same PyTorch prints, kept in
/// `Tests/Fixtures/readable`.
@Suite(.enabled(if: Corpus.isPresent, Corpus.absent))
struct ReadableTests {
  @Test(arguments: ["2.6-cond", "2.6-mlp", "2.6-lstm_tagger", "2.6-hf_llama", "2.15-cond", "2.15-mlp", "2.15-lstm_tagger", "2.15-hf_bert"])
  func printsAsPyTorchPrints(_ name: String) throws {
    let parts = name.split(separator: "-")
    let program = try ExportedProgram.read(path: Corpus.path("models-\(parts[0])/\(parts[1]).pt2"))
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let bytes = try MappedText(path: "/\(folder)/Fixtures/readable/\(name).txt")
    // Files of PyTorch 2.6 do not say which arguments are passed by name.
    let isOld = parts[0] == "2.6"
    let expected = bytes.lines(withoutKeywords: isOld)
    let printed = MappedText(program.graph.readable(ReadableOptions(showsLastUses: true))).lines(withoutKeywords: isOld)
    #expect(printed.count == expected.count)
    for (line, wanted) in zip(printed, expected) { #expect(line == wanted) }
  }
}

/// The lines of a readable graph that are neither empty nor comments, without indentation.
private struct MappedText {
  let text: String
  init(_ text: String) { self.text = text }
  init(path: String) throws {
    guard let file = fopen(path, "rb") else { throw LatheError(.system, subject: path, "there is no such file") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer: [UInt8] = Array(repeating: 0, count: 65536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    text = String(decoding: bytes, as: UTF8.self)
  }

  func lines(withoutKeywords: Bool) -> [String] {
    text.split(separator: "\n").map { $0.drop { $0 == " " } }.filter { !$0.isEmpty && !$0.hasPrefix("#") }.map { line in
      guard withoutKeywords, line.contains(" = torch") else { return String(line) }
      return String(line.replacing(/([(, ])\w+ = (?=[^,]*[,)])/) { "\($0.output.1)" })
    }
  }
}
