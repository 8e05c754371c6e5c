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
    let model: PackagedModel = try Engine.load("\(stem).aoti.pt2", trust: .own, cache: KernelCache(folder: "\(folder)/cache"))
    for pair in ["", ".alt"] where FileManager.default.fileExists(atPath: "\(stem)\(pair).inputs.safetensors") {
      let result: RunResult = try Engine.run(model, inputs: .file("\(stem)\(pair).inputs.safetensors"))
      let truths: [Tensor] = try Engine.numbered(try SafeTensors.read(path: "\(stem)\(pair).expected.safetensors"), subject: stem)
      #expect(result.outputs.count == truths.count)
      for (output, truth) in zip(result.outputs, truths) { #expect(try Tolerance.worstElement(output, expected: truth) == nil) }
    }
  }

  @Test(.enabled(if: !hasAVX512, "this machine has AVX-512"), arguments: archives) func anArchiveForAnotherCPUIsRefusedBeforeItIsLoaded(stem: String) throws {
    #expect {
      _ = try Engine.load("\(stem).aoti.pt2", trust: .own)
    } throws: { error in
      "\(error)".contains("was compiled for a CPU with AVX512") && (error as? LatheError)?.kind == .unsupported
    }
  }
}
