import Archives
import Engine
import Foundation
import Foundations
import Tensors
import Testing

@Suite struct VerificationTests {
  private func outcomes(_ paths: [String], _ mode: ExecutionMode = .eager) throws -> [Verification.Result] {
    var results: [Verification.Result] = []
    try Verification(mode: mode).run(paths) { results.append($0) }
    return results
  }

  /// What PyTorch computed for the demo models is what Lathe computes, in both modes and at both sizes.
  @Test(arguments: ExecutionMode.allCases) func demoModelsPass(mode: ExecutionMode) throws {
    let results = try outcomes([Files.demoModels], mode)
    #expect(results.count >= 12)
    for result in results { #expect(result.outcome == .passed, "\(result.name)") }
  }

  /// Real models of timm, transformers and torchvision, in both layouts.
  @Test(.enabled(if: Files.hasCorpus, Files.noCorpus), arguments: ["models-2.6", "models-2.15"], ExecutionMode.allCases)
  func corpusModelsPass(folder: String, mode: ExecutionMode) throws {
    let results = try outcomes(["\(Files.corpus)/\(folder)"], mode)
    #expect(!results.isEmpty)
    for result in results { #expect(result.outcome == .passed, "\(result.name)") }
  }

  @Test func aWrongExpectationFails() throws {
    let folder: String = try Files.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for suffix in ["pt2", "inputs.safetensors"] {
      try FileManager.default.copyItem(atPath: "\(Files.demoModels)/perceptron.\(suffix)", toPath: "\(folder)/perceptron.\(suffix)")
    }
    let expected: Tensor = try SafeTensors.read(path: "\(Files.demoModels)/perceptron.expected.safetensors").tensors["0"]!
    var numbers: [Double] = try expected.doubles()
    numbers[3] += 0.01
    let wrong = try Tensor(numbers, sizes: expected.sizes)
    try SafeTensors.write([(name: "0", tensor: wrong)], path: "\(folder)/perceptron.expected.safetensors")
    guard case .failed(let why) = try outcomes([folder]).first?.outcome else {
      Issue.record("a wrong element passed")
      return
    }
    #expect(why.contains("expected \(try wrong.doubles()[3])"))
  }

  @Test(arguments: [
    (DType.f32, 1.0, 1.00019, true), (.f32, 1.0, 1.0003, false), (.f64, 1.0, 1.0 + 1e-9, true), (.f64, 1.0, 1.0 + 1e-8, false), (.bf16, 1.0, 1.05, true),
    (.f16, 1.0, 1.03, false), (.i64, 1.0, 2.0, false), (.f32, .nan, .nan, true), (.f32, .infinity, 1e30, false), (.f32, .infinity, .infinity, true),
  ] as [(DType, Double, Double, Bool)])
  func tolerances(dtype: DType, expected: Double, actual: Double, accepted: Bool) {
    #expect(Tolerance(for: dtype).accepts(actual, expected: expected) == accepted)
  }
}
