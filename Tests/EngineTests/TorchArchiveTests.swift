import Archives
import CRuntime
import Compiler
import Foundation
import Foundations
import Operators
import Tensors
import Testing

@testable import Engine

/// Archives that PyTorch compiled, run without PyTorch; those of the corpus are for CPUs with AVX-512.
@Suite struct TorchArchiveTests {
  static let archives: [String] = ["2.6", "2.15"].flatMap { version -> [String] in
    let folder: String = "\(Files.corpus)/archives-\(version)"
    let names: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".aoti.pt2") }
    return names.sorted().map { "\(folder)/\($0.dropLast(".aoti.pt2".count))" }
  }
  static var hasAVX512: Bool { lathe_cpu_detect().avx512_vnni }

  @Test(.enabled(if: hasAVX512, "this machine has no AVX-512"), arguments: archives) func everyArchiveOfTheCorpusRuns(stem: String) throws {
    let folder: String = try Files.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let model: PackagedModel = try Engine.load("\(stem).aoti.pt2", trust: .always, store: TrustStore(path: "\(folder)/trust"), cache: KernelCache(folder: "\(folder)/cache"))
    for pair in ["", ".alt"] where FileManager.default.fileExists(atPath: "\(stem)\(pair).inputs.safetensors") {
      let result: RunResult = try Engine.run(model, inputs: .file("\(stem)\(pair).inputs.safetensors"))
      let expected: [String: Tensor] = Dictionary(uniqueKeysWithValues: try SafeTensors.read(path: "\(stem)\(pair).expected.safetensors").map { ($0.name, $0.tensor) })
      #expect(result.outputs.count == expected.count)
      for (index, output) in result.outputs.enumerated() {
        let truth: Tensor = try #require(expected["\(index)"])
        #expect(try Tolerance.difference(output, truth) == nil, "output \(index)")
      }
    }
  }

  @Test(.enabled(if: !hasAVX512, "this machine has AVX-512"), arguments: archives) func anArchiveForAnotherCPUIsRefusedBeforeItIsLoaded(stem: String) throws {
    #expect {
      _ = try Engine.load("\(stem).aoti.pt2", trust: .always)
    } throws: { error in
      "\(error)".contains("was compiled for a CPU with AVX512") && (error as? LatheError)?.kind == .unsupported
    }
  }
}
