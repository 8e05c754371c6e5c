import Foundation
import Foundations
import Testing

/// What PyTorch did for one sequence of calls; see `Conformance/README.md`.
struct ConformanceRecord: Sendable, CustomTestStringConvertible {
  let name: String
  let program: String
  let options: JSONValue
  let config: JSONValue
  let steps: [JSONValue]
  /// Arguments that the exported program holds as constants.
  let fixed: [String]
  var testDescription: String { name }

  static let folder: String = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Conformance").path

  static func all(_ version: String) -> [ConformanceRecord] {
    let folder: String = "\(self.folder)/\(version)"
    let files: [String] = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".json") }.sorted().compactMap { file in
      guard let text = try? String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8), let value = try? JSONValue.parse(text, subject: file) else { return nil }
      return ConformanceRecord(value)
    }
  }

  init?(_ value: JSONValue) {
    guard let name = value["name"]?.string, let program = value["program"]?.string, let steps = value["steps"]?.array else { return nil }
    (self.name, self.program, self.steps) = (name, program, steps)
    (options, config) = (value["options"] ?? .object([]), value["config"] ?? .object([]))
    fixed = value["fixed"]?.array?.compactMap(\.string) ?? []
  }

  var programPath: String { "\(ConformanceRecord.folder)/programs/\(program).pt2" }
}
