import Foundations
import Testing

@testable import Archives

/// The files that real PyTorch wrote, beside the checkout.
enum Corpus {
  static let root: String? = {
    // Tests/ArchivesTests/Corpus.swift, three up is the package.
    let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let path = "/\(package)/../shared/corpus"
    return (try? FileKind.detect(path: "\(path)/models-2.6/mlp.pt2")) == nil ? nil : path
  }()
  static var isPresent: Bool { root != nil }
  static let absent: Comment = "the corpus of PyTorch's files is not at ../shared/corpus"

  static let models26: [String] = [
    "cond", "hf_bert", "hf_gpt2", "hf_llama", "hf_t5enc", "hf_whisper_enc", "lstm_tagger", "mlp", "timm_test_convnext", "timm_test_efficientnet",
    "timm_test_resnet", "timm_test_vit",
  ]
  static let models215: [String] = ["cond", "hf_bert", "hf_gpt2", "lstm_tagger", "mlp", "timm_test_resnet"]
  static let models: [String] = models26.map { "models-2.6/\($0).pt2" } + models215.map { "models-2.15/\($0).pt2" }

  static func path(_ name: String) -> String { "\(root!)/\(name)" }
}
