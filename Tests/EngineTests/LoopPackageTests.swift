import Archives
import CRuntime
import Engine
import Foundation
import Foundations
import Graphs
import Tensors
import Testing

/// Programs that run graphs again and again, exported by two versions of PyTorch and packaged: checked against what PyTorch gave eagerly.
@Suite struct LoopPackageTests {
  private static let fixtures: String = "\(Files.checkout)/Tests/Fixtures/loops"
  private static let programs: [String] = ["2.6", "2.15"].flatMap { version -> [String] in
    ["countdown", "halved", "nested", "turned", "sized", "mapped", "scanned", "scanned_back"].map { "\(version)/\($0)" }
  } + ["2.15/numbers"]

  /// The second inputs of `countdown`, `halved`, `nested` and `turned` let no loop take a step; those of `sized` are of another size.
  @Test(arguments: programs) func packagedLoopsGiveWhatPyTorchGave(name: String) throws {
    let pairs: Int = FileManager.default.fileExists(atPath: "\(LoopPackageTests.fixtures)/\(name).alt.inputs.safetensors") ? 2 : 1
    var passed: Int = 0
    try Verification(packaging: PackageOptions()).run(["\(LoopPackageTests.fixtures)/\(name).pt2"]) { result in
      #expect(result.outcome == .passed, "\(result.name)")
      passed += 1
    }
    #expect(passed == pairs)
  }

  /// Numbers that a loop makes of sizes are what the steps made of them, not what they were at first.
  @Test(arguments: programs + ["2.15/numbers_sized", "2.6/scanned_sized", "2.15/scanned_sized"]) func compiledLoopsGiveWhatPyTorchGave(name: String) throws {
    for mode in [ExecutionMode.eager, .compiled] {
      try Verification(mode: mode).run(["\(LoopPackageTests.fixtures)/\(name).pt2"]) { #expect($0.outcome == .passed, "\($0.name)") }
    }
  }

  private func packaged(_ name: String) throws -> PackagedModel {
    let folder: String = try Files.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let model: OpenModel = try Engine.open("\(LoopPackageTests.fixtures)/\(name).pt2")
    _ = try Engine.package([PackageItem(name: "model", model: model)], to: "\(folder)/packaged.pt2")
    return try Engine.load("\(folder)/packaged.pt2", trust: .own)
  }

  /// What a loop without a step gives is not the memory of an input, nor of a buffer.
  @Test(arguments: ["2.6", "2.15"]) func withoutAStepResultsAreCopies(version: String) throws {
    let model: PackagedModel = try packaged("\(version)/turned")
    let inputs: [Tensor] = [try Tensor(scalar: .int(0), .i64), try Tensor([1, 2, 3, 4, 5, 6], sizes: [2, 3], .f32)]
    let first: [Tensor] = try model.call(inputs).compactMap { $0 }
    #expect(first.count == 3)
    let before: [[Double]] = try first.map { try $0.doubles() }
    #expect(before == [[0], [1, 4, 2, 5, 3, 6], [0, 1, 2, 3, 4, 5]])
    func overwrite(_ tensor: Tensor) throws { tensor.copy(from: try Tensor([Double](repeating: 9, count: tensor.elementCount), sizes: tensor.sizes, tensor.dtype)) }
    for tensor in first.prefix(2) { try overwrite(tensor) }
    try #require(try inputs.map { try $0.doubles() } == [[0], [1, 2, 3, 4, 5, 6]])
    try overwrite(first[2])
    #expect(try model.call(inputs).compactMap { try $0?.doubles() } == before)
  }

  /// Nothing of a step stays behind: what is carried is 4 MiB, so that 600 steps would leave more than other tests ever have beside this one.
  @Test func stepsLeaveNothingBehind() throws {
    let model: PackagedModel = try packaged("2.6/countdown")
    let rows: Int = 1 << 20
    let before: Int = lathe_memory_statistics_now().live
    for steps in [10, 0, 50] {
      for _ in 0..<10 {
        let outputs: [Tensor?] = try model.call([try Tensor(scalar: .int(steps), .i64), try Tensor.empty([rows], .f32)])
        #expect(outputs.count == 2)
      }
    }
    #expect(lathe_memory_statistics_now().live < before + 1 << 30)
  }

  /// A file may say that a step gives what no step can be handed; a call finds out before it reads past anything.
  @Test func stepsThatGiveSomethingElseAreFound() throws {
    let folder: String = try Files.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let model: OpenModel = try Engine.open("\(LoopPackageTests.fixtures)/2.6/countdown.pt2")
    var program: ExportedProgram = model.program
    let body: Int = try #require(program.graph.subgraphs.firstIndex { $0.name.contains("body") })
    let last: Int = program.graph.subgraphs[body].graph.nodes.count - 1
    program.graph.subgraphs[body].graph.nodes[last].arguments.reverse()
    let changed = OpenModel(at: "changed.pt2", program: program, summary: model.summary)
    _ = try Engine.package([PackageItem(name: "model", model: changed)], to: "\(folder)/packaged.pt2")
    let packaged: PackagedModel = try Engine.load("\(folder)/packaged.pt2", trust: .own)
    func call(_ steps: Int) throws -> [Tensor?] { try packaged.call([try Tensor(scalar: .int(steps), .i64), try Tensor([1.0, 2, 3], sizes: [3])]) }
    #expect(try call(0).compactMap { try $0?.doubles() } == [[0], [1, 2, 3]])
    let error = #expect(throws: LatheError.self) { try call(2) }
    #expect(error?.message.contains("a loop's step gives tensor 0 of dtype number 6 where 4 was carried") == true, "\(String(describing: error))")
  }

  @Test(arguments: [
    ("2.6/scanned_long", "node scan: torch.ops.higher_order.scan takes 129 steps, and an archive has room for 128 at most"),
    ("2.15/scanned_long", "node scan: torch.ops.higher_order.scan takes 129 steps, and an archive has room for 128 at most"),
    ("2.6/scanned_sized", "node scan: torch.ops.higher_order.scan takes as many steps as the size s0, which may change, and an archive has room for a fixed number"),
    ("2.15/numbers_sized", "node while_loop: torch.ops.higher_order.while_loop carries numbers, which cannot be packaged"),
  ])
  func whatCannotBePackagedSaysWhy(name: String, message: String) throws {
    let error = #expect(throws: LatheError.self) { try packaged(name) }
    #expect(error?.kind == .unsupported && error?.message == message)
  }
}
