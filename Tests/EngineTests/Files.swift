import Foundation
import Testing

/// Files the tests read: the demo models of the checkout, and PyTorch's corpus beside it.
enum Files {
  static let checkout: String = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
  static let demoModels: String = "\(checkout)/demo-models"
  static let corpus: String = "\(checkout)/../shared/corpus"
  static var hasCorpus: Bool { FileManager.default.fileExists(atPath: "\(corpus)/models-2.6") }
  static let noCorpus: Comment = "the corpus of PyTorch's files is not at ../shared/corpus"

  /// A folder of its own for one test, removed by the caller.
  static func temporaryFolder() throws -> String {
    let path: String = NSTemporaryDirectory() + "/lathe-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }
}
